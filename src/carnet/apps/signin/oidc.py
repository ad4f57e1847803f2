"""What two relying parties share: discovery, keys, and every check on an ID token (OpenID Connect Core 1.0 §3.1.3.7)."""

import secrets
import ssl
from dataclasses import dataclass
from functools import cache, lru_cache
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from carnet.apps.signin.attempts import refused
from carnet.apps.signin.pkce import challenge_of

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


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Carnet at one provider: code flow with PKCE, the level that is asked for, userinfo as a signed JWT."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    algorithms: tuple[str, ...]
    acr: tuple[str, ...]
    callback: str
    scope: str
    discovery_path: str = "/.well-known/openid-configuration"

    def discovery(self) -> dict[str, Any]:
        """The metadata of the provider."""
        return discovery_of(self.issuer, self.discovery_path, self.name)

    def authorization_url(self, start: Start, state: str) -> str:
        """Where the browser is sent. `prompt=login`: an old session at the provider opens nothing here."""
        parameters = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.callback, "scope": self.scope,
            "acr_values": self.acr[0], "prompt": "login", "state": state, "nonce": start.nonce,
            "code_challenge": challenge_of(start.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self.discovery()['authorization_endpoint']}?{urlencode(parameters)}"

    def _tokens(self, code: str, verifier: str) -> dict[str, Any]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, "code_verifier": verifier}
        try:
            answer = httpx.post(
                self.discovery()["token_endpoint"], data=form, timeout=TIMEOUT, verify=trusted(),
                auth=(self.client_id, self.client_secret),
            )  # fmt: skip
            tokens: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError):
            raise refused("token endpoint") from None
        if answer.status_code != 200 or "id_token" not in tokens or "access_token" not in tokens:
            raise refused("token endpoint")
        return tokens

    def _keys(self) -> KeySet:
        return keys_at(self.discovery()["jwks_uri"], period())

    def _signed(self, text: str) -> dict[str, Any]:
        try:
            return dict(jwt.decode(text, self._keys(), algorithms=list(self.algorithms)).claims)
        except (JoseError, ValueError) as error:
            raise refused(f"userinfo: {type(error).__name__}") from None

    def _userinfo(self, access_token: str, subject: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        try:
            answer = httpx.get(self.discovery()["userinfo_endpoint"], headers=headers, timeout=TIMEOUT, verify=trusted())
        except httpx.HTTPError:
            raise refused("userinfo endpoint") from None
        info = self._signed(answer.text) if answer.status_code == 200 else {}
        if info.get("sub") != subject or info.get("iss") != self.issuer:
            raise refused("userinfo: sub")
        return info

    def identify(self, code: str, start: Start) -> tuple[str, dict[str, Any]]:
        """Exchange the code and check everything. Returns the subject and what is said of it.

        Raises Refusal `sign-in-refused` with the check that failed.
        """
        tokens = self._tokens(code, start.verifier)
        claims = id_claims(
            tokens["id_token"], self._keys(), issuer=self.issuer, client=self.client_id, algorithms=list(self.algorithms),
            acr=list(self.acr), nonce=start.nonce,
        )  # fmt: skip
        subject = str(claims.get("sub", ""))
        return subject, self._userinfo(tokens["access_token"], subject)
