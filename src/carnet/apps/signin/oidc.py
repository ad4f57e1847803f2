"""What two relying parties share: discovery, keys, and every check on an ID token (OpenID Connect Core 1.0 §3.1.3.7)."""

import secrets
import ssl
from dataclasses import dataclass
from functools import cache, lru_cache
from time import monotonic
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from carnet.apps.signin.attempts import refused

TIMEOUT = 10.0
REFRESH = 300.0
"""Seconds after which a provider's metadata and keys are read again."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is sent to the browser and what must be remembered."""

    nonce: str
    verifier: str


def begin() -> Start:
    """Fresh nonce and PKCE verifier."""
    return Start(secrets.token_urlsafe(24), secrets.token_urlsafe(48))


@cache
def trusted() -> ssl.SSLContext:
    """The authorities that providers are checked against: read once, as a call of httpx would read them again each time."""
    return httpx.create_ssl_context()


@lru_cache(maxsize=8)
def _metadata(url: str, period: int) -> dict[str, Any]:
    answer = httpx.get(url, timeout=TIMEOUT, verify=trusted())
    answer.raise_for_status()
    document: dict[str, Any] = answer.json()
    return document


def discovery_of(issuer: str, path: str, name: str) -> dict[str, Any]:
    """A provider's metadata, read again every five minutes. Its issuer must be the configured one."""
    try:
        found = _metadata(issuer + path, int(monotonic() // REFRESH))
    except (httpx.HTTPError, ValueError):
        raise refused(f"{name} does not answer") from None
    if found.get("issuer") != issuer:
        raise refused("issuer of the discovery document")
    return found


@lru_cache(maxsize=8)
def keys_at(url: str, period: int) -> KeySet:
    """The keys of a provider. `period` changes with time, so that they are read again."""
    answer = httpx.get(url, timeout=TIMEOUT, verify=trusted())
    answer.raise_for_status()
    return KeySet.import_key_set(answer.json())


def period() -> int:
    """The number of the present period of five minutes."""
    return int(monotonic() // REFRESH)


def id_claims(
    token: str, keys: KeySet, *, issuer: str, client: str, algorithms: list[str], acr: list[str], nonce: str
) -> dict[str, Any]:
    """Check signature (pinned algorithms), issuer, audience, azp, expiry, acr, and the nonce where the browser carried one."""
    registry = jwt.JWTClaimsRegistry(
        leeway=30,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client},
        exp={"essential": True},
        iat={"essential": True},
        acr={"essential": True, "values": acr},
    )
    try:
        claims: dict[str, Any] = jwt.decode(token, keys, algorithms=algorithms).claims
        registry.validate(claims)
    except (JoseError, ValueError) as error:
        raise refused(f"id_token: {type(error).__name__}") from None
    if claims.get("azp", client) != client:
        raise refused("id_token: azp")
    # What a telephone confirms (CIBA) began in no browser, so there is no nonce to find again.
    if nonce and claims.get("nonce") != nonce:
        raise refused("id_token: nonce")
    return claims
