"""Ways of a person into the portal: FranceConnect+, password and one-time code, passkey, provisional code."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.outbox.api import HOLDER, forget_contact, owner_of
from carnet.apps.signin.attempts import keep, same_browser, take
from carnet.apps.signin.oidc import Start, begin
from carnet.apps.signin.persons import accounts, franceconnect
from carnet.apps.signin.persons.sessions import cut_all
from carnet.apps.storage.api import Work, unit
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, dates_agree, is_minor, majority, mismatches, normalise_name

LIMIT = 20


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody who came back from FranceConnect+: their account, when their record is here, and where they were going."""

    account: UUID | None
    then: str


@dataclass(frozen=True, slots=True)
class PersonStarted:
    """On the way to FranceConnect+."""

    start: Start
    browser: str
    then: str


@dataclass(frozen=True, slots=True)
class PersonPassword:
    """Between the password and the one-time code."""

    account: UUID
    browser: str
    then: str


@dataclass(frozen=True, slots=True)
class PersonActivation:
    """Between the provisional code and the account. The secret of one-time codes is made at the first page that shows it."""

    code: str
    record_id: UUID
    traits: Traits
    secret: str = ""


def start_franceconnect(then: str, at: datetime) -> tuple[str, str]:
    """Begin with FranceConnect+. Returns its address and the secret that the browser keeps in a cookie."""
    begun, browser = begin(), secrets.token_urlsafe(24)
    state = keep(PersonStarted(begun, browser, then), at)
    return franceconnect.authorization_url(begun, state), browser


def name_of(traits: Traits) -> str:
    """How a person is named: first given name, and birth name in capitals."""
    return f"{traits.given_names.split(' ')[0].capitalize()} {traits.birth_name.upper()}".strip()


def _record_of(traits: Traits) -> tuple[UUID, Traits] | None:
    """The one record whose strict traits are those of the pivot identity. None when there is none, or more than one.

    A pivot identity comes from the national register, but two people may share five traits: then nobody is let in, and the
    help desk tells them apart.
    """
    found = []
    with unit() as work:
        for record_id in identity.candidates(work, traits, LIMIT):
            status, known = identity.known(work, record_id) or ("", Traits())
            named = bool(known.birth_name) and normalise_name(known.birth_name) == normalise_name(traits.birth_name)
            if status == "QUAL" and named and not mismatches(traits, known):
                found.append((record_id, known))
    return found[0] if len(found) == 1 else None


def return_franceconnect(state: str, code: str, browser: str, at: datetime) -> Arrived:
    """Come back from FranceConnect+. The account is the one tied to the subject, else that of the person's record."""
    step = take(PersonStarted, state, at)
    same_browser(step.browser, browser)
    pivot = franceconnect.identify(code, step.start)
    with unit() as work:
        known = accounts.by_subject(work, pivot.subject)
    if known is not None:
        return Arrived(known.id, step.then)
    found = _record_of(pivot.traits)
    if found is None:
        return Arrived(None, step.then)
    with unit() as work:
        account = _opened(work, found[0], found[1], at)
        accounts.tie_subject(work, account.id, pivot.subject)
    return Arrived(account.id, step.then)


def _opened(work: Work, record_id: UUID, traits: Traits, at: datetime) -> accounts.Account:
    """The account of a record's person. The first one ends the address that a representative had given while they were a minor."""
    of_age = majority(traits.birth_date)
    if accounts.account_of_record(work, record_id) is None and of_age is not None:
        # An address is in the scope of its record: outside, nothing would be found, and nothing would be said.
        work.enter(record_id)
        forget_contact(work, owner_of(HOLDER, record_id), before=settings.LAW.begins(of_age))
    return accounts.open_account(work, record_id, name_of(traits), at)


def start_password(login: str, password: str, then: str, at: datetime) -> tuple[str, str]:
    """First factor. Returns the ticket of the second and the secret that the browser keeps. Raises Refusal."""
    account, browser = accounts.password_holds(login, password, at), secrets.token_urlsafe(24)
    return keep(PersonPassword(account, browser, then), at), browser


def finish_password(ticket: str, code: str, browser: str, at: datetime) -> tuple[UUID, str] | str:
    """Second factor. Returns the account and where to go on; or, when the code does not hold, the next ticket.

    Raises Refusal when the account is locked or the step is over.
    """
    step = take(PersonPassword, ticket, at)
    same_browser(step.browser, browser)
    try:
        accounts.second_factor(step.account, code, at)
    except Refusal as refusal:
        if refusal.code != No.CREDENTIALS_WRONG:
            raise
        return keep(step, at)
    return step.account, step.then


def start_activation(code: str, birth_date: str, at: datetime) -> str:
    """A provisional code with the date of birth of its person. Returns the ticket of the next step. Raises Refusal."""
    record_id, traits = owner_of_code(code, birth_date, at)
    with unit() as work:
        _check_own_account(work, record_id, traits, at)
    return keep(PersonActivation(code, record_id, traits), at)


def _check_own_account(work: Work, record_id: UUID, traits: Traits, at: datetime) -> None:
    """A code for a minor goes to whoever has parental authority: it opens no account that the minor has. Raises Refusal, the same
    as for a code that is unknown."""
    if is_minor(traits.birth_date, settings.LAW.day(at)) and accounts.account_of_record(work, record_id) is not None:
        raise Refusal(No.CODE_UNKNOWN)


def owner_of_code(code: str, birth_date: str, at: datetime, channel: str = "") -> tuple[UUID, Traits]:
    """The record and the traits of whom a provisional code was given for, with their date of birth. Raises Refusal."""
    with unit() as work:
        record_id = accounts.code_owner(work, code, at, channel)
        _, traits = identity.known(work, record_id) or ("", Traits())
        wrong = not dates_agree(birth_date, traits.birth_date)
        if wrong:
            # A code that was found, with another person's date of birth, has five tries and no more.
            accounts.count_try(work, code, at)
    if wrong:
        raise Refusal(No.CODE_UNKNOWN)
    return record_id, traits


@dataclass(frozen=True, slots=True)
class Activating:
    """A step of an activation: whose record, and the ticket of what follows."""

    ticket: str
    record_id: UUID
    traits: Traits
    secret: str
    code: str


def activating(ticket: str, at: datetime, secret: str = "") -> Activating:
    """Go on with an activation: the ticket is used, another one is given."""
    step = take(PersonActivation, ticket, at)
    step = replace(step, secret=secret or step.secret or accounts.fresh_secret())
    return Activating(keep(step, at), step.record_id, step.traits, step.secret, step.code)


def activate(step: Activating, at: datetime, login: str = "", password: str = "", code: str = "") -> tuple[UUID, list[str]]:
    """Finish an activation: the provisional code is used up, the account is there, with credentials when they were chosen.

    Returns the account and its recovery codes. Raises Refusal, or CredentialError; then the provisional code still lives.
    """
    if login:
        words = [*step.traits.given_names.split(" "), step.traits.birth_name, step.traits.birth_date[:4]]
        accounts.check_credentials(login, password, words)
        if not accounts.code_holds(step.secret, code, at):
            raise accounts.CredentialError("code", [accounts.CODE_WRONG])
    with unit() as work:
        record_id = accounts.use_code(work, step.code, at)
        _check_own_account(work, record_id, step.traits, at)
        account = _opened(work, record_id, step.traits, at)
        accounts.forget_credentials(work, account.id)
        cut_all(work, account.id, at)
        recovery = accounts.set_credentials(work, account.id, login, password, step.secret, at) if login else []
    take(PersonActivation, step.ticket, at)
    return account.id, recovery
