"""Relying party of a provider shaped like FranceConnect+: code flow with PKCE, level eIDAS substantial, and the pivot identity.

Parameters and claims are those of the public documentation of FranceConnect (identité pivot). FranceConnect+ also encrypts its
tokens for the client (JWE), which is not done here: see docs/divergences/psc.md.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from django.conf import settings
from joserfc import jwt
from joserfc.errors import JoseError

from carnet.apps.signin.attempts import refused
from carnet.apps.signin.oidc import TIMEOUT, Start, discovery_of, id_claims, keys_at, period, trusted
from carnet.apps.signin.pkce import challenge_of
from carnet.kernel.traits import Traits

CALLBACK = "/connexion/retour"
_SCOPE = "openid given_name family_name birthdate gender birthplace birthcountry"
_SEX = {"male": "M", "female": "F"}


@dataclass(frozen=True, slots=True)
class Pivot:
    """Who signed in: the subject at the provider, and the pivot identity as strict traits."""

    subject: str
    traits: Traits


def discovery() -> dict[str, Any]:
    """The metadata of the provider."""
    config = settings.CARNET
    return discovery_of(config.franceconnect_issuer, "/.well-known/openid-configuration", "FranceConnect+")


def callback_uri() -> str:
    """The portal's redirect URI."""
    return f"{settings.CARNET.espace_url}{CALLBACK}"


def authorization_url(start: Start, state: str) -> str:
    """Where the browser is sent. `prompt=login`: an old session at the provider opens no health record."""
    parameters = {
        "response_type": "code", "client_id": settings.CARNET.franceconnect_client_id, "redirect_uri": callback_uri(),
        "scope": _SCOPE, "acr_values": settings.CARNET.franceconnect_acr[0], "prompt": "login", "state": state,
        "nonce": start.nonce, "code_challenge": challenge_of(start.verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{discovery()['authorization_endpoint']}?{urlencode(parameters)}"


def _tokens(code: str, verifier: str) -> dict[str, Any]:
    config = settings.CARNET
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback_uri(), "code_verifier": verifier}
    try:
        answer = httpx.post(
            discovery()["token_endpoint"], data=form, timeout=TIMEOUT, verify=trusted(),
            auth=(config.franceconnect_client_id, config.franceconnect_client_secret),
        )  # fmt: skip
        tokens: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError):
        raise refused("token endpoint") from None
    if answer.status_code != 200 or "id_token" not in tokens or "access_token" not in tokens:
        raise refused("token endpoint")
    return tokens


def _signed(text: str) -> dict[str, Any]:
    """Userinfo comes as a signed JWT."""
    keys = keys_at(discovery()["jwks_uri"], period())
    try:
        return dict(jwt.decode(text, keys, algorithms=list(settings.CARNET.franceconnect_algorithms)).claims)
    except (JoseError, ValueError) as error:
        raise refused(f"userinfo: {type(error).__name__}") from None


def _userinfo(access_token: str, subject: str) -> dict[str, Any]:
    config = settings.CARNET
    try:
        answer = httpx.get(
            discovery()["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"}, timeout=TIMEOUT, verify=trusted()
        )
    except httpx.HTTPError:
        raise refused("userinfo endpoint") from None
    info = _signed(answer.text) if answer.status_code == 200 else {}
    if info.get("sub") != subject or info.get("iss") != config.franceconnect_issuer:
        raise refused("userinfo: sub")
    return info


def identify(code: str, start: Start) -> Pivot:
    """Exchange the code and check everything. Raises Refusal `sign-in-refused` with the check that failed."""
    config, tokens = settings.CARNET, _tokens(code, start.verifier)
    claims = id_claims(
        tokens["id_token"], keys_at(discovery()["jwks_uri"], period()), issuer=config.franceconnect_issuer,
        client=config.franceconnect_client_id, algorithms=list(config.franceconnect_algorithms),
        acr=list(config.franceconnect_acr), nonce=start.nonce,
    )  # fmt: skip
    subject = str(claims.get("sub", ""))
    info = _userinfo(tokens["access_token"], subject)
    traits = Traits(
        str(info.get("family_name", "")), str(info.get("given_name", "")), _SEX.get(str(info.get("gender", "")), ""),
        str(info.get("birthdate", "")), str(info.get("birthplace", "")),
    )  # fmt: skip
    if not subject or not traits.birth_name or not traits.birth_date:
        raise refused("pivot identity")
    return Pivot(subject, traits)
