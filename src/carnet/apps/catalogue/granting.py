"""Codes and tokens for what a person agreed to: given, exchanged, refreshed with rotation, looked into, ended.

Every gift asks again whether the agreement lives and whether the catalogue lets the service act: a code or a refresh token that was
given before is worth nothing after.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.catalogue import rows, signing, tokens
from carnet.apps.catalogue.connecting import Decided, is_assistant, subject_of
from carnet.apps.catalogue.rows import Client
from carnet.apps.storage.api import Work, unit
from carnet.kernel.copies import replace
from carnet.kernel.refusal import Refusal


class TokenError(ValueError):
    """A gift that is refused: the code of RFC 6749 §5.2."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(code)
        self.code, self.why = code, why


@dataclass(frozen=True, slots=True)
class Granted:
    """What the token endpoint answers with. `held`: what the tokens stand for."""

    held: tokens.Held
    access: str
    seconds: int
    refresh: str = ""
    id_token: str = ""

    @property
    def subject(self) -> str:
        """The number under which the service knows the person."""
        return subject_of(self.held.service_id, self.held.record)


def code_for(done: Decided, at: datetime) -> str:
    """A code for what a person decided (RFC 6749 §4.1.2), alive for a minute, once."""
    asked, parameters = done.asked, done.asked.parameters
    kept = {name: parameters.get(name, "") for name in ("redirect_uri", "code_challenge", "nonce", "scope")}
    held = tokens.Held(
        tokens.CODE, asked.service.id, asked.client_id, record_id=done.record_id, person_id=done.person_id,
        person_kind=done.person_kind, scope=done.scope, audience=asked.audience,
        data=kept | {"auth_time": done.auth_time, "sid": done.sid},
    )  # fmt: skip
    with unit() as work:
        _hold(work, held)
        if tokens.was_ended(work, tokens.TICKET, done.ticket):
            raise TokenError("access_denied", "the session of the person is over")
        return tokens.issue(work, held, at)


def _hold(work: Work, held: tokens.Held) -> None:
    """Be alone to give under these names: whoever ends waits, and then ends what was given."""
    tokens.hold(work, tokens.pair_of(held.record, held.service_id))
    if held.data.get("sid"):
        tokens.hold(work, tokens.session_of(str(held.data["sid"])))
    tokens.hold(work, tokens.family_of(held))


def _stands(work: Work, held: tokens.Held, at: datetime) -> datetime:
    """When what is given must end at the latest: the agreement lives, and the service may act. Raises TokenError."""
    service = rows.service_of(work, held.service_id)
    if service is None or not service.lives or held.record_id is None:
        raise TokenError("invalid_grant", "the service is not referenced any more")
    work.enter(held.record_id)
    try:
        return access.agreement_of(work, held.record_id, held.service_id, at).expires_at
    except Refusal:
        raise TokenError("invalid_grant", "the person took the agreement back, or it is over") from None


def _give(work: Work, source: str, held: tokens.Held, client: Client, at: datetime, scope: str = "") -> Granted:
    """Give tokens for what was used up, a code or a refresh token, unless it was ended since.

    `scope`: of the access token, when it is to have fewer scopes than what is kept.
    """
    _hold(work, held)
    ends = _stands(work, held, at)
    if tokens.was_ended(work, held.kind, source):
        raise TokenError("invalid_grant", "what came of this authorisation was ended")
    narrow = replace(held, scope=scope or held.scope)
    seconds = min(settings.CARNET.service_token_seconds, int((ends - at).total_seconds()))
    text = tokens.issue(work, replace(narrow, kind=tokens.ACCESS), at, at + timedelta(seconds=seconds))
    wants_more = {"offline_access", "online_access"} & set(held.scopes) and "refresh_token" in client.metadata["grant_types"]
    service = rows.service_of(work, held.service_id)
    # An assistant stays connected as long as its person says, and no token of it lives for long.
    keeps = bool(wants_more) or (
        service is not None and is_assistant(service) and "refresh_token" in client.metadata["grant_types"]
    )
    until = min(ends, at + timedelta(days=settings.CARNET.service_refresh_days))
    again = tokens.issue(work, replace(held, kind=tokens.REFRESH), at, until) if keeps else ""
    return Granted(narrow, text, max(seconds, 1), again)


def _id_token(granted: Granted, nonce: str, at: datetime) -> Granted:
    held = granted.held
    if "openid" not in held.scopes:
        return granted
    told: dict[str, Any] = {"nonce": nonce, "auth_time": held.data.get("auth_time"), "sid": held.data.get("sid"), "acr": "eidas2"}
    if "fhirUser" in held.scopes:
        told["fhirUser"] = fhir_user(held)
    return replace(granted, id_token=signing.id_token(granted.subject, held.client_id, at, told))


def fhir_user(held: tokens.Held) -> str:
    """The resource of whoever signed in: the person of the record, or somebody who acts for them (SMART, `fhirUser`)."""
    base, subject = f"{settings.CARNET.base_url}/services/fhir", subject_of(held.service_id, held.record)
    return f"{base}/Patient/{subject}" if held.person_kind == "holder" else f"{base}/RelatedPerson/{subject}"


def redeem_code(client: Client, text: str, bound: str, at: datetime) -> tuple[tokens.Held, "Gift"]:
    """Take a code up, once. Returns what it stands for, and what gives the tokens once the caller has checked the rest.

    Raises TokenError. A code that comes twice, or from another client, ends everything that came of it.
    """
    with unit() as work:
        held = tokens.use(work, tokens.CODE, text, at)
        stolen = held is not None and held.client_id != client.client_id
        if held is not None and stolen:
            tokens.end_family(work, held, at)
    if held is None or stolen:
        raise TokenError("invalid_grant", "this code is over, used, or another client's")
    return held, Gift(text, replace(held, bound=bound), client)


@dataclass(frozen=True, slots=True)
class Gift:
    """Tokens that may be given for a code."""

    code: str = field(repr=False)
    held: tokens.Held
    client: Client

    def give(self, at: datetime) -> Granted:
        """Give them. Raises TokenError."""
        with unit() as work:
            granted = _give(work, self.code, self.held, self.client, at)
        return _id_token(granted, str(self.held.data.get("nonce", "")), at)


def refreshed(client: Client, text: str, scope: str, bound: str, at: datetime) -> Granted:
    """Give new tokens for a refresh token, which is used up. One that was used before ends its family: somebody has a copy.

    `scope`: fewer scopes for the new access token; the refresh token keeps its own. Raises TokenError.
    """
    with unit() as work:
        held = tokens.find(work, tokens.REFRESH, text)
        if held is None or not secrets.compare_digest(held.client_id, client.client_id):
            raise TokenError("invalid_grant", "this token is unknown")
        if held.bound and held.bound != bound and not held.bound.startswith("x5t:"):
            raise TokenError("invalid_dpop_proof", "this token is bound to another key")
        if held.bound.startswith("x5t:") and held.bound != bound:
            raise TokenError("invalid_grant", "this token is bound to another certificate")
        wanted = scope.split()
        if set(wanted) == set(str(held.data.get("scope", "")).split()):
            # Clients repeat what they first asked for (Authlib does): that asks for nothing more than what was granted of it.
            wanted = []
        if not set(wanted) <= set(held.scopes):
            raise TokenError("invalid_scope", "a scope that was not granted")
        if held.used_at is None:
            # What cannot be given now uses nothing up: a service that is suspended goes on when it is listed again.
            _stands(work, held, at)
        # A token that was rotated ends its family; that end is kept, whatever is answered.
        used = tokens.use(work, tokens.REFRESH, text, at)
    if used is None:
        raise TokenError("invalid_grant", "this token is over, or was used: every token that came of it is ended")
    with unit() as work:
        granted = _give(work, text, used, client, at, " ".join(wanted))
    return _id_token(granted, "", at)


def _seconds(at: datetime | None) -> int:
    return int(at.timestamp()) if at is not None else 0


def introspected(client: Client, text: str, at: datetime) -> dict[str, Any]:
    """What a token of this client is worth now (RFC 7662 §2.2). Of another client's, nothing is said."""
    with unit() as work:
        held = tokens.find(work, tokens.ACCESS, text) or tokens.find(work, tokens.REFRESH, text)
        if held is None or held.client_id != client.client_id or not held.lives(at) or held.record_id is None:
            return {"active": False}
        if held.kind == tokens.REFRESH and held.used_at is not None:
            return {"active": False}
        try:
            _stands(work, held, at)
        except TokenError:
            return {"active": False}
    subject = subject_of(held.service_id, held.record)
    bound = {"jkt": {"jkt": held.bound[4:]}, "x5t": {"x5t#S256": held.bound[4:]}}.get(held.bound[:3])
    return {
        "active": True, "client_id": held.client_id, "sub": subject, "patient": subject, "scope": held.scope,
        "iss": settings.CARNET.oauth_url, "aud": held.audience, "exp": _seconds(held.expires_at),
        "iat": _seconds(held.made_at), "token_type": "DPoP" if held.bound.startswith("jkt:") else "Bearer",
    } | ({"cnf": bound} if bound else {}) | ({"fhirUser": fhir_user(held)} if "fhirUser" in held.scopes else {})  # fmt: skip


def revoke_token(client: Client, text: str, at: datetime) -> None:
    """End a token of this client, and everything that came of the same authorisation (RFC 7009). An unknown one is no error."""
    with unit() as work:
        held = tokens.find(work, tokens.REFRESH, text) or tokens.find(work, tokens.ACCESS, text)
        if held is not None and held.client_id == client.client_id:
            tokens.end_family(work, held, at)
