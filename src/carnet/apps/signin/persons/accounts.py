"""Accounts of persons: opened with a provisional code, then a password with a one-time code, or a passkey.

An account belongs to the person of one record. What else that person may open, their children's or a parent's record, is a
relation (`access`), never another account. Nothing here opens a record.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pyotp
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import (
    CommonPasswordValidator,
    MinimumLengthValidator,
    NumericPasswordValidator,
    validate_password,
)
from django.core.exceptions import ValidationError

from carnet.apps.signin.spelling import as_typed, readable_code
from carnet.apps.storage.api import Row, Work, blind_index, derived, seal, unit, unseal
from carnet.kernel.refusal import No, Refusal

CODE_LASTS = timedelta(hours=48)
LETTER_LASTS = timedelta(days=30)
"""A provisional code that goes by post lives longer than one that goes by mail."""
TRIES, LOCKED_FOR = 5, timedelta(minutes=15)
RECOVERY_CODES, RECOVERY_LENGTH = 10, 12
PASSWORD_LENGTH, LOGIN_LENGTH = 12, 8
_VALIDATORS = (MinimumLengthValidator(PASSWORD_LENGTH), CommonPasswordValidator(), NumericPasswordValidator())
LOGIN_ASKED = "Choisissez un identifiant d’au moins huit caractères, sans espace."
TOO_WEAK = "Choisissez un mot de passe d’au moins douze caractères, peu courant, qui n’est pas fait que de chiffres."
OWN_WORDS = "Choisissez un mot de passe sans votre nom, votre date de naissance ni votre identifiant."
CODE_WRONG = "Ce code n’est pas celui de l’application à cet instant."
NEW_CODE_WRONG = "Ce code n’est pas celui que la nouvelle application affiche à cet instant."
SENTENCES = (LOGIN_ASKED, TOO_WEAK, OWN_WORDS, CODE_WRONG, NEW_CODE_WRONG)
"""What a person is told of what they chose; the page translates."""
_COLUMNS = "id, record_id, login, password, secret, recovery, failures, locked_until, last_step, name, activated_at"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as sign-in looks at it."""

    id: UUID
    record_id: UUID
    has_login: bool
    name: str
    activated_at: datetime | None


class CredentialError(ValueError):
    """A login or password that cannot be kept; `problems` are sentences for the person."""

    def __init__(self, field: str, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.field, self.problems = field, list(problems)


def _sealed(text: str, account: UUID, name: str) -> bytes:
    return seal(derived("person-account"), text.encode(), f"{account}/{name}".encode())


def opened_name(sealed: bytes, account: UUID) -> str:
    """The name of the person of an account."""
    return _unsealed(sealed, account, "name")


def _unsealed(sealed: bytes, account: UUID, name: str) -> str:
    return unseal(derived("person-account"), bytes(sealed), f"{account}/{name}".encode()).decode()


ENDED = """expires_at = least(expires_at, %s),
    opposes_until = CASE WHEN opposes_until > %s THEN %s ELSE opposes_until END"""
"""A code that is over, with the moment three times. One that never opposed does not become one that did."""


def code_digest(code: str) -> bytes:
    """The keyed digest under which a provisional code is kept."""
    return blind_index("provisional-code", as_typed(code))


def provisional_code(work: Work, record_id: UUID, channel: str, by: str, at: datetime) -> str:
    """Make a provisional code for the person of a record; the ones before it are over. Returns it, this once."""
    code = readable_code()
    work.run(
        f"UPDATE signin_code SET {ENDED} WHERE record_id = %s AND used_at IS NULL AND greatest(expires_at, opposes_until) > %s",
        at, at, at, record_id, at,
    )  # fmt: skip
    work.run(
        """INSERT INTO signin_code (code, record_id, channel, made_at, expires_at, made_by, tries)
        VALUES (%s, %s, %s, %s, %s, %s, 0)""",
        code_digest(code), record_id, channel, at, at + (LETTER_LASTS if channel == "letter" else CODE_LASTS), by,
    )  # fmt: skip
    return code


def code_owner(work: Work, code: str, at: datetime, channel: str = "") -> UUID:
    """The record of a provisional code that lives, of one channel (`letter`) or of any. Raises Refusal `code-unknown`, the same for
    every other one."""
    row = work.row(
        "SELECT record_id FROM signin_code WHERE code = %s AND used_at IS NULL AND expires_at > %s AND channel LIKE %s",
        code_digest(code), at, channel or "%",
    )  # fmt: skip
    if row is None:
        raise Refusal(No.CODE_UNKNOWN)
    found: UUID = row[0]
    return found


def count_try(work: Work, code: str, at: datetime) -> None:
    """Count a try with another date of birth; the fifth ends the code."""
    work.run("UPDATE signin_code SET tries = tries + 1 WHERE code = %s", code_digest(code))
    work.run(f"UPDATE signin_code SET {ENDED} WHERE code = %s AND tries >= %s", at, at, at, code_digest(code), TRIES)


def use_code(work: Work, code: str, at: datetime) -> UUID:
    """Use a provisional code up. Raises Refusal `code-unknown`."""
    row = work.row(
        "UPDATE signin_code SET used_at = %s WHERE code = %s AND used_at IS NULL AND expires_at > %s RETURNING record_id",
        at, code_digest(code), at,
    )  # fmt: skip
    if row is None:
        raise Refusal(No.CODE_UNKNOWN)
    found: UUID = row[0]
    return found


def account_of_record(work: Work, record_id: UUID) -> Account | None:
    """The account of the person of a record."""
    row = work.row(f"SELECT {_COLUMNS} FROM signin_account WHERE record_id = %s", record_id)
    return _account(row) if row else None


def _account(row: Row) -> Account:
    number, record_id, login, *_, name, activated_at = row
    return Account(number, record_id, login is not None, opened_name(name, number), activated_at)


def open_account(work: Work, record_id: UUID, name: str, at: datetime) -> Account:
    """The account of the person of a record, made when there is none."""
    known = account_of_record(work, record_id)
    if known is not None:
        return known
    number = uuid4()
    work.run(
        """INSERT INTO signin_account (id, record_id, recovery, failures, name, created_at, activated_at, language, last_step)
        VALUES (%s, %s, '{}', 0, %s, %s, %s, 'fr', 0)""",
        number, record_id, _sealed(name, number, "name"), at, at,
    )  # fmt: skip
    return Account(number, record_id, False, name, at)


def check_credentials(login: str, password: str, words: Sequence[str] = ()) -> None:
    """Check a login and a password that somebody chose. Raises CredentialError with the field and the sentences.

    `words`: the person's own names and dates, which no password may hold.
    """
    check_login(login)
    check_password_chosen(password, [login, *words])


def check_login(login: str) -> None:
    """Check a login that somebody chose. Raises CredentialError."""
    if len(login) < LOGIN_LENGTH or len(login) > 80 or any(c.isspace() for c in login):
        raise CredentialError("identifiant", [LOGIN_ASKED])


def check_password_chosen(password: str, words: Sequence[str]) -> None:
    """Check a password that somebody chose, which holds none of their own words. Raises CredentialError."""
    try:
        validate_password(password, password_validators=_VALIDATORS)
    except ValidationError:
        raise CredentialError("mot-de-passe", [TOO_WEAK]) from None
    low = password.lower()
    if any(len(w) > 3 and w.lower() in low for w in words):
        raise CredentialError("mot-de-passe", [OWN_WORDS])


def _login_digest(login: str) -> bytes:
    return blind_index("person-login", login.strip().lower())


def fresh_secret() -> str:
    """A secret for an application of one-time codes (RFC 6238)."""
    return pyotp.random_base32()


def secret_uri(secret: str, login: str) -> str:
    """The address that such an application reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Carnet")


def step_of(secret: str, code: str, at: datetime) -> int:
    """The step (RFC 6238, thirty seconds) whose one-time code this is, the present one or a neighbour; 0 for none."""
    typed, totp, present = as_typed(code), pyotp.TOTP(secret), int(at.timestamp()) // 30
    return next((s for s in (present, present - 1, present + 1) if hmac.compare_digest(totp.generate_otp(s), typed)), 0)


def code_holds(secret: str, code: str, at: datetime) -> bool:
    """Whether a one-time code is the one of this moment, give or take thirty seconds."""
    return step_of(secret, code, at) > 0


def forget_credentials(work: Work, account: UUID) -> None:
    """Whoever comes back with a provisional code starts again: what somebody else may hold opens nothing any more."""
    work.run("DELETE FROM signin_passkey WHERE account_id = %s", account)
    work.run("UPDATE signin_account SET login = NULL, password = NULL, secret = NULL, recovery = '{}' WHERE id = %s", account)


def set_credentials(work: Work, account: UUID, login: str, password: str, secret: str, at: datetime) -> list[str]:
    """Keep a login, a password and the secret of one-time codes. Returns recovery codes, this once.

    Raises Refusal `login-taken`.
    """
    set_login(work, account, login)
    set_secret(work, account, secret)
    work.run(
        "UPDATE signin_account SET password = %s, failures = 0, locked_until = NULL WHERE id = %s", make_password(password), account
    )
    return set_recovery(work, account)


def set_login(work: Work, account: UUID, login: str) -> None:
    """Keep a login. Raises Refusal `login-taken`."""
    if work.row("SELECT 1 FROM signin_account WHERE login = %s AND id <> %s", _login_digest(login), account):
        raise Refusal(No.LOGIN_TAKEN)
    work.run("UPDATE signin_account SET login = %s WHERE id = %s", _login_digest(login), account)


def set_secret(work: Work, account: UUID, secret: str) -> None:
    """Keep the secret of an application of one-time codes; codes of the one before serve no more."""
    sealed = _sealed(secret, account, "secret")
    work.run("UPDATE signin_account SET secret = %s, last_step = 0 WHERE id = %s", sealed, account)


def set_recovery(work: Work, account: UUID) -> list[str]:
    """Make recovery codes, in digits alone: the field of a code brings up the keyboard of digits on a telephone."""
    codes = ["".join(secrets.choice("0123456789") for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    digests = [blind_index("recovery-code", f"{account}/{code}") for code in codes]
    work.run("UPDATE signin_account SET recovery = %s WHERE id = %s", digests, account)
    return codes


def count_failure(account: UUID, at: datetime) -> None:
    """Count a failure in a transaction of its own; five lock the account for a quarter of an hour."""
    with unit() as work:
        work.run(
            """UPDATE signin_account SET failures = failures + 1,
            locked_until = CASE WHEN failures + 1 >= %s THEN %s ELSE locked_until END WHERE id = %s""",
            TRIES, at + LOCKED_FOR, account,
        )  # fmt: skip


def _wrong() -> Refusal:
    return Refusal(No.CREDENTIALS_WRONG)


def password_holds(login: str, password: str, at: datetime) -> UUID:
    """The account of a login and its password. Raises Refusal: the same for a login that nobody has."""
    with unit() as work:
        row = work.row(f"SELECT {_COLUMNS} FROM signin_account WHERE login = %s", _login_digest(login))
    if row is None:
        # The same work as for a login that exists.
        make_password(password)
        raise _wrong()
    if not check_password(password, row[3] or ""):
        count_failure(row[0], at)
        raise _wrong()
    # Only whoever knows the password learns that the account is locked.
    _unlocked(row, at)
    found: UUID = row[0]
    return found


def _unlocked(row: Sequence[object], at: datetime) -> None:
    until = row[7]
    if isinstance(until, datetime) and until > at:
        raise Refusal(No.CREDENTIALS_LOCKED)


def second_factor(account: UUID, code: str, at: datetime) -> None:
    """Check a one-time code, once each, or use a recovery code up. Raises Refusal."""
    with unit() as work:
        row = work.row(f"SELECT {_COLUMNS} FROM signin_account WHERE id = %s FOR UPDATE", account)
        if row is None or row[4] is None:
            raise _wrong()
        _unlocked(row, at)
        recovery = blind_index("recovery-code", f"{account}/{as_typed(code)}")
        step = step_of(_unsealed(row[4], account, "secret"), code, at)
        if step > row[8]:
            work.run("UPDATE signin_account SET failures = 0, locked_until = NULL, last_step = %s WHERE id = %s", step, account)
            return
        if any(bytes(kept) == recovery for kept in row[5]):
            work.run(
                "UPDATE signin_account SET failures = 0, locked_until = NULL, recovery = array_remove(recovery, %s) WHERE id = %s",
                recovery, account,
            )  # fmt: skip
            return
    count_failure(account, at)
    raise _wrong()


def by_subject(work: Work, subject: str) -> Account | None:
    """The account that a subject of FranceConnect+ is tied to."""
    row = work.row(f"SELECT {_COLUMNS} FROM signin_account WHERE subject = %s", blind_index("franceconnect", subject))
    return _account(row) if row else None


def tie_subject(work: Work, account: UUID, subject: str) -> None:
    """Tie an account to a subject of FranceConnect+."""
    work.run("UPDATE signin_account SET subject = %s WHERE id = %s", blind_index("franceconnect", subject), account)


def set_language(account: UUID, language: str) -> None:
    """Keep the language in which a person reads."""
    with unit() as work:
        work.run("UPDATE signin_account SET language = %s WHERE id = %s", language, account)


def forget_account(work: Work, record_id: UUID) -> None:
    """Erase the account of a record that is destroyed, its passkeys, codes and sessions."""
    for table in ("signin_passkey", "signin_person_session"):
        work.run(f"DELETE FROM {table} WHERE account_id IN (SELECT id FROM signin_account WHERE record_id = %s)", record_id)
    work.run("DELETE FROM signin_code WHERE record_id = %s", record_id)
    work.run("DELETE FROM signin_letter WHERE record_id = %s", record_id)
    work.run("DELETE FROM signin_account WHERE record_id = %s", record_id)


def has_account(work: Work, record_id: UUID) -> bool:
    """Whether the person of a record has an account."""
    return account_of_record(work, record_id) is not None


def account_named(work: Work, record_id: UUID) -> tuple[UUID, str] | None:
    """Number and name of the account of a record's person: what a help desk may know of it."""
    row = work.row("SELECT id, name FROM signin_account WHERE record_id = %s", record_id)
    return (row[0], opened_name(row[1], row[0])) if row else None
