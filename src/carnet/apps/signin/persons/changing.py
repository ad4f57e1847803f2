"""A person changes their own ways in: password, login, application of codes, recovery codes.

Each change is proved by the password and a one-time code of now, or a recovery code: a session that somebody left open is not
enough. It ends the other sessions, and is told at every address that the record knows.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password

from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.signin.attempts import keep, take
from carnet.apps.signin.persons import accounts
from carnet.apps.signin.persons.sessions import PersonSession, cut_all
from carnet.apps.storage.api import Work, unit
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves who changes something: the password, and a code of the application or a recovery code."""

    password: str
    code: str


@dataclass(frozen=True, slots=True)
class NewApplication:
    """An application of codes that is being tied: the secret that it was shown, and whose account."""

    account: UUID
    secret: str


def has_password(account: UUID) -> bool:
    """Whether an account signs in with a password and codes; another has a passkey, or comes by FranceConnect+."""
    with unit() as work:
        row = work.row("SELECT password FROM signin_account WHERE id = %s", account)
    return row is not None and row[0] is not None


def _prove(account: UUID, proof: Proof, at: datetime) -> None:
    """Raises Refusal `credentials-wrong`, counted as a failed sign-in is, or `credentials-locked`."""
    with unit() as work:
        row = work.row("SELECT password FROM signin_account WHERE id = %s", account)
    if row is None or not check_password(proof.password, row[0] or ""):
        accounts.count_failure(account, at)
        raise Refusal(No.CREDENTIALS_WRONG)
    accounts.second_factor(account, proof.code, at)


def _told(work: Work, session: PersonSession, at: datetime) -> None:
    cut_all(work, session.account, at, session.id)
    work.enter(session.own_record)
    outbox.notify(work, session.own_record, "credentials-changed", outbox.HOLDER, at)


def _words(session: PersonSession) -> list[str]:
    """The person's own names and year of birth, which no password may hold."""
    with unit() as work:
        _, traits = identity.known(work, session.own_record) or ("", Traits())
    return [*traits.given_names.split(" "), traits.birth_name, traits.birth_date[:4]]


def change_password(session: PersonSession, proof: Proof, password: str, at: datetime) -> None:
    """Choose another password. Raises CredentialError for one that cannot be kept, Refusal for a proof that does not hold."""
    accounts.check_password_chosen(password, _words(session))
    _prove(session.account, proof, at)
    with unit() as work:
        work.run("UPDATE signin_account SET password = %s WHERE id = %s", make_password(password), session.account)
        _told(work, session, at)


def change_login(session: PersonSession, proof: Proof, login: str, at: datetime) -> None:
    """Choose another login. Raises CredentialError, or Refusal: `login-taken`, or a proof that does not hold."""
    accounts.check_login(login)
    _prove(session.account, proof, at)
    with unit() as work:
        accounts.set_login(work, session.account, login)
        _told(work, session, at)


def renew_recovery(session: PersonSession, proof: Proof, at: datetime) -> list[str]:
    """New recovery codes; those before them are over. Returns them, this once. Raises Refusal."""
    _prove(session.account, proof, at)
    with unit() as work:
        codes = accounts.set_recovery(work, session.account)
        _told(work, session, at)
    return codes


def begin_application(session: PersonSession, at: datetime) -> tuple[str, str]:
    """Begin to tie another application of codes. Returns the ticket of this step and the secret to show."""
    secret = accounts.fresh_secret()
    return keep(NewApplication(session.account, secret), at), secret


def finish_application(session: PersonSession, ticket: str, proof: Proof, new_code: str, at: datetime) -> None:
    """Tie the application that shows this code; the one before it opens nothing any more. Raises CredentialError or Refusal."""
    step = take(NewApplication, ticket, at)
    if step.account != session.account:
        raise Refusal(No.CREDENTIALS_WRONG)
    if not accounts.code_holds(step.secret, new_code, at):
        raise accounts.CredentialError("nouveau-code", [accounts.NEW_CODE_WRONG])
    _prove(session.account, proof, at)
    with unit() as work:
        accounts.set_secret(work, session.account, step.secret)
        _told(work, session, at)
