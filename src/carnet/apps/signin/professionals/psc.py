"""Relying party of Pro Santé Connect: discovery, code flow with PKCE, and every check on what comes back.

OpenID Connect Core 1.0 §3.1; référentiel Pro Santé Connect. Tokens are never logged nor stored.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError

from carnet.apps.identity.api import profession_system
from carnet.apps.signin.attempts import refused
from carnet.apps.signin.oidc import TIMEOUT, Start, discovery_of, id_claims, period, trusted
from carnet.apps.signin.oidc import keys_at as _keys
from carnet.apps.signin.pkce import challenge_of
from carnet.apps.signin.professionals.sessions import Place, Proved
from carnet.kernel.codes import Code
from carnet.kernel.identifiers import IdentifierError, ps_id, structure_id

_ROLE_SEPARATOR = "^"


@dataclass(frozen=True, slots=True)
class PscSituation:
    """One situation of exercise as Pro Santé Connect tells it."""

    profession_code: str
    category: str
    savoir_faire: str
    structure: str
    structure_name: str
    sector: str
    role: str


@dataclass(frozen=True, slots=True)
class PscIdentity:
    """Who signed in, after all checks."""

    professional_id: str
    name: str
    level: str
    regulation: bool
    situations: tuple[PscSituation, ...]
    proved_at: int
    """When the person proved the identity to Pro Santé Connect, in seconds: an old session there answers no step-up."""
    subject: str = ""
    session: str = ""
    """Subject and session at Pro Santé Connect, which its back-channel logout names."""


def proved(who: PscIdentity) -> Proved:
    """Who signed in, as every means of sign-in tells it."""
    places = tuple(
        Place(Code(profession_system(s.profession_code, s.category), s.profession_code), s.savoir_faire, s.structure,
              s.structure_name, s.sector, s.role)
        for s in who.situations
    )  # fmt: skip
    at = datetime.fromtimestamp(who.proved_at, UTC)
    return Proved(who.professional_id, who.name, who.level, who.regulation, at, places, subject=who.subject, session=who.session)


def discovery() -> dict[str, Any]:
    """The metadata of Pro Santé Connect."""
    config = settings.CARNET
    return discovery_of(config.psc_issuer, config.psc_discovery, "Pro Santé Connect")


def authorization_url(start: Start, state: str, redirect_uri: str = "", anew: bool = False) -> str:
    """Where the browser is sent (scope scope_all, acr_values eidas1, PKCE S256); `anew`: the identity is proved again there."""
    config = settings.CARNET
    parameters = {
        "response_type": "code",
        "client_id": config.psc_client_id,
        "redirect_uri": redirect_uri or callback_uri(),
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": state,
        "nonce": start.nonce,
        "code_challenge": challenge_of(start.verifier),
        "code_challenge_method": "S256",
    } | ({"prompt": "login"} if anew else {})
    return f"{discovery()['authorization_endpoint']}?{urlencode(parameters)}"


def callback_uri() -> str:
    """Our redirect URI."""
    return f"{settings.CARNET.base_url}/signin/callback"


def _asked(endpoint: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Ask an endpoint of the provider as its client. Returns status and answer."""
    config = settings.CARNET
    try:
        ours = (config.psc_client_id, config.psc_client_secret)
        answer = httpx.post(discovery()[endpoint], data=form, auth=ours, timeout=TIMEOUT, verify=trusted())
        told: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError, KeyError):
        raise refused(endpoint.replace("_", " ")) from None
    return answer.status_code, told


def _tokens(form: dict[str, str]) -> dict[str, Any]:
    status, tokens = _asked("token_endpoint", form)
    if status != 200 or "id_token" not in tokens or "access_token" not in tokens:
        raise refused("token endpoint")
    return tokens


def _id_claims(id_token: str, nonce: str) -> dict[str, Any]:
    config = settings.CARNET
    return id_claims(
        id_token, _keys(discovery()["jwks_uri"], period()), issuer=config.psc_issuer, client=config.psc_client_id,
        algorithms=list(config.psc_algorithms), acr=list(config.psc_acr), nonce=nonce,
    )  # fmt: skip


def _userinfo(access_token: str, subject: str) -> dict[str, Any]:
    try:
        answer = httpx.get(
            discovery()["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"}, timeout=TIMEOUT, verify=trusted()
        )
        info: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        raise refused("userinfo endpoint") from None
    if answer.status_code != 200 or info.get("sub") != subject:
        raise refused("userinfo: sub")
    return info


def _structure(activity: dict[str, Any]) -> str:
    typed = (("FINESS", "numeroFinessSite"), ("SIRET", "numeroSiretSite"), ("SIREN", "numeroSirenSite"))
    for kind, name in typed:
        if activity.get(name):
            return structure_id(str(activity[name]), kind)
    loose = activity.get("ancienIdentifiantDeLaStructure") or activity.get("identifiantTechniqueDeLaStructure") or ""
    return structure_id(str(loose)) if loose else ""


def _situations(info: dict[str, Any]) -> tuple[PscSituation, ...]:
    # Missing values are empty strings; a person has several exercises, and several activities in each.
    found = []
    for exercise in (info.get("SubjectRefPro") or {}).get("exercices") or []:
        for activity in exercise.get("activities") or []:
            found.append(
                PscSituation(
                    profession_code=str(exercise.get("codeProfession", "")),
                    category=str(exercise.get("codeCategorieProfessionnelle", "")),
                    savoir_faire=str(exercise.get("codeSavoirFaire", "")),
                    structure=_structure(activity),
                    structure_name=str(activity.get("raisonSocialeSite", "")),
                    sector=str(activity.get("codeSecteurDactivite", "")),
                    role=str(activity.get("codeRole", "")),
                )
            )
    return tuple(found)


def _identity(info: dict[str, Any], proved_at: int, session: str) -> PscIdentity:
    try:
        professional, situations = ps_id(str(info.get("SubjectNameID", ""))), _situations(info)
    except IdentifierError:
        raise refused("userinfo: SubjectNameID") from None
    if not situations:
        raise refused("userinfo: no situation of exercise")
    return PscIdentity(
        professional_id=professional,
        name=f"{info.get('given_name', '')} {info.get('family_name', '')}".strip(),
        level=str(info.get("Palier_Authentification", "")).split(_ROLE_SEPARATOR)[0],
        regulation=info.get("Acces_Regulation_Medicale") == "VRAI",
        situations=situations,
        proved_at=proved_at,
        subject=str(info.get("sub", "")),
        session=session,
    )


def identify_token(access_token: str, client_id: str) -> tuple[PscIdentity, str]:
    """Who an access token of a software names: alive by introspection, and issued to that software.

    Returns the identity and the session at Pro Santé Connect. Raises Refusal `sign-in-refused`.
    """
    config = settings.CARNET
    try:
        answer = httpx.post(
            discovery()["introspection_endpoint"],
            data={"token": access_token, "token_type_hint": "access_token"},
            auth=(config.psc_client_id, config.psc_client_secret),
            timeout=TIMEOUT,
            verify=trusted(),
        )
        told: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        raise refused("introspection endpoint") from None
    if answer.status_code != 200 or told.get("active") is not True:
        raise refused("subject_token")
    if client_id not in (told.get("client_id"), told.get("azp")):
        # A token that somebody else's software got must not open a door in this one.
        raise refused("subject_token: issued to another software")
    info = _userinfo(access_token, str(told.get("sub", "")))
    session = str(told.get("sid", ""))
    # When the token was issued is no sign-in: a software renews its token alone.
    return _identity(info, int(told.get("auth_time", 0)), session), session


def logout_claims(token: str, at: datetime) -> dict[str, Any]:
    """The claims of a logout token: signature by the provider's keys, issuer, audience. Raises Refusal."""
    config = settings.CARNET
    registry = jwt.JWTClaimsRegistry(
        now=int(at.timestamp()),
        leeway=30,
        iss={"essential": True, "value": config.psc_issuer},
        aud={"essential": True, "value": config.psc_client_id},
        iat={"essential": True},
    )
    keys = _keys(discovery()["jwks_uri"], period())
    try:
        claims: dict[str, Any] = jwt.decode(token, keys, algorithms=list(config.psc_algorithms)).claims
        registry.validate(claims)
    except (JoseError, ValueError) as error:
        raise refused(f"logout_token: {type(error).__name__}") from None
    return claims


def identify(code: str, verifier: str, nonce: str, redirect_uri: str = "") -> PscIdentity:
    """Exchange the code and check everything. Raises Refusal `sign-in-refused` with the check that failed."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri or callback_uri(),
            "code_verifier": verifier}  # fmt: skip
    return _who(_tokens(form), nonce)


def _who(tokens: dict[str, Any], nonce: str) -> PscIdentity:
    claims = _id_claims(tokens["id_token"], nonce)
    info = _userinfo(tokens["access_token"], str(claims.get("sub", "")))
    return _identity(info, int(claims.get("auth_time", claims["iat"])), str(claims.get("sid", "")))


CIBA = "urn:openid:params:grant-type:ciba"


def ciba_start(identifier: str, digits: str) -> str:
    """Ask the telephone of a professional to confirm (CIBA Core 1.0 §7; identity.md §3.6). Returns the request to poll.

    `digits` are shown here and on the telephone: the person compares them before confirming.
    """
    status, told = _asked(
        "backchannel_authentication_endpoint",
        {"scope": "openid scope_all", "login_hint": identifier, "binding_message": digits, "acr_values": "eidas1"},
    )
    if status != 200 or not told.get("auth_req_id"):
        raise refused("the telephone cannot be reached for this identifier")
    return str(told["auth_req_id"])


def ciba_poll(request: str) -> PscIdentity | None:
    """Whether the telephone confirmed: who it is, or None while it waits. Raises Refusal when it was denied or is too old."""
    status, tokens = _asked("token_endpoint", {"grant_type": CIBA, "auth_req_id": request})
    if tokens.get("error") in ("authorization_pending", "slow_down"):
        return None
    if status != 200 or "id_token" not in tokens:
        raise refused("the telephone did not confirm")
    return _who(tokens, "")
