"""Passkeys of persons (WebAuthn Level 3): made by the browser, checked by a library, two factors in one gesture."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from carnet.apps.signin.attempts import keep, take
from carnet.apps.storage.api import Work, unit
from carnet.kernel.refusal import No, Refusal

MOST = 10


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey in the list of a person's own."""

    number: int
    label: str
    created_at: datetime
    used_at: datetime | None


@lru_cache(maxsize=4)
def _server(address: str) -> Fido2Server:
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    return Fido2Server(PublicKeyCredentialRpEntity(id=str(parts.hostname), name="Carnet"), verify_origin=lambda o: o == origin)


def _here() -> Fido2Server:
    return _server(settings.CARNET.espace_url)


def _refused() -> Refusal:
    return Refusal(No.CREDENTIALS_WRONG)


@dataclass(frozen=True, slots=True)
class PasskeyMade:
    """A passkey that is being made: the challenge of the library, and whose account."""

    state: dict[str, Any]
    account: UUID


@dataclass(frozen=True, slots=True)
class PasskeyAsked:
    """A sign-in with a passkey: the challenge of the library."""

    state: dict[str, Any]


def _known(work: Work, account: UUID) -> list[AttestedCredentialData]:
    rows = work.rows("SELECT credential FROM signin_passkey WHERE account_id = %s", account)
    return [AttestedCredentialData(bytes(row[0])) for row in rows]


def begin_passkey(account: UUID, name: str, at: datetime) -> tuple[str, dict[str, Any]]:
    """Begin to make a passkey. Returns the ticket of this step and what the browser's API is given."""
    with unit() as work:
        known = _known(work, account)
    user = PublicKeyCredentialUserEntity(id=account.bytes, name=name, display_name=name)
    options, state = _here().register_begin(
        user, known, resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )  # fmt: skip
    return keep(PasskeyMade(state, account), at), json.loads(json.dumps(dict(options)))


def finish_passkey(account: UUID, ticket: str, response: Mapping[str, Any], label: str, at: datetime) -> None:
    """Check what the browser made and keep it. Raises Refusal."""
    step = take(PasskeyMade, ticket, at)
    if step.account != account:
        raise _refused()
    try:
        made = AttestedCredentialData(bytes(_here().register_complete(step.state, response).credential_data or b""))
    except Exception:
        # The library raises its own kinds, an AssertionError among them, for what is no credential: each is a no.
        raise _refused() from None
    with unit() as work:
        count = work.rows("SELECT count(*) FROM signin_passkey WHERE account_id = %s", account)[0][0]
        if count >= MOST:
            raise _refused()
        work.run(
            "INSERT INTO signin_passkey (id, account_id, credential, label, created_at) VALUES (%s, %s, %s, %s, %s)",
            made.credential_id, account, bytes(made), label[:80], at,
        )  # fmt: skip


def begin_with_passkey(at: datetime) -> tuple[str, dict[str, Any]]:
    """Begin a sign-in with any passkey of this portal: nobody is named before it answers."""
    options, state = _here().authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
    return keep(PasskeyAsked(state), at), json.loads(json.dumps(dict(options)))


def account_of_passkey(ticket: str, response: Mapping[str, Any], at: datetime) -> UUID:
    """The account of the passkey that answered. Raises Refusal."""
    step = take(PasskeyAsked, ticket, at)
    try:
        answer = AuthenticationResponse.from_dict(response)
    except Exception:
        raise _refused() from None
    with unit() as work:
        row = work.row("SELECT account_id, credential FROM signin_passkey WHERE id = %s", answer.raw_id)
    if row is None:
        raise _refused()
    try:
        _here().authenticate_complete(step.state, [AttestedCredentialData(bytes(row[1]))], answer)
    except Exception:
        # The library raises its own kinds for a signature, a challenge or an origin that does not hold: each is a no.
        raise _refused() from None
    with unit() as work:
        work.run("UPDATE signin_passkey SET used_at = %s WHERE id = %s", at, answer.raw_id)
    found: UUID = row[0]
    return found


def passkeys(account: UUID) -> list[Passkey]:
    """The passkeys of a person, the oldest first."""
    with unit() as work:
        rows = work.rows(
            "SELECT label, created_at, used_at FROM signin_passkey WHERE account_id = %s ORDER BY created_at, id", account
        )
    return [Passkey(n, *row) for n, row in enumerate(rows)]


def remove_passkey(account: UUID, number: int) -> bool:
    """Remove a passkey by its place in the list."""
    with unit() as work:
        rows = work.rows("SELECT id FROM signin_passkey WHERE account_id = %s ORDER BY created_at, id", account)
        if not 0 <= number < len(rows):
            return False
        work.run("DELETE FROM signin_passkey WHERE account_id = %s AND id = %s", account, rows[number][0])
    return True
