"""Simulator of Pro Santé Connect: a real OpenID Connect provider process, with synthetic professionals.

Published shape (identity.md §3): discovery under `wallet-openid-configuration`, another path for the authorization
page, access tokens of 120 s, refresh of 30 min, RS256, userinfo with empty strings for missing values; CIBA with a page that stands
for the telephone; back-channel logout.

    python -m carnet.desk.simulators.psc --port 8090 --people people.json --redirect-uri http://127.0.0.1:8080/signin/callback
"""

import html
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
from joserfc import jwt
from joserfc.errors import JoseError

from carnet.desk.simulators import provider
from carnet.desk.simulators.provider import ACCESS_LIFE, Fields, People, Token, page_of

REALM = "/auth/realms/esante-wallet"
PROTOCOL = f"{REALM}/protocol/openid-connect"
REFRESH_LIFE = 1800
CIBA = "urn:openid:params:grant-type:ciba"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class Waiting:
    """A sign-in that waits for a telephone: whose, with which digits, and what the person answered."""

    person: str
    client: str
    digits: str
    expires: float
    answer: str = ""


@dataclass
class Provider(provider.Provider):
    """The provider as Pro Santé Connect is shaped."""

    software: tuple[str, ...] = ("logiciel-demo", "logiciel-regulation")
    """Other relying parties: software that signs its users in by itself and exchanges its token at Carnet."""
    backchannel: tuple[str, ...] = ()
    """Where logout tokens are posted."""
    waiting: dict[str, Waiting] = field(default_factory=dict)

    name = "Simulateur de Pro Santé Connect"
    choose = "Choisissez un professionnel fictif."
    algorithm, kid, authorize = "RS256", "psc-simulator", "/auth"

    @property
    def issuer(self) -> str:
        """Issuer of the tokens."""
        return self.base + REALM

    def discovery(self) -> dict[str, Any]:
        """Provider metadata, of the published shape."""
        protocol = self.base + PROTOCOL
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.base}/auth",
            "token_endpoint": f"{protocol}/token",
            "introspection_endpoint": f"{protocol}/token/introspect",
            "userinfo_endpoint": f"{protocol}/userinfo",
            "backchannel_authentication_endpoint": f"{protocol}/ext/ciba/auth",
            "backchannel_token_delivery_modes_supported": ["poll"],
            "end_session_endpoint": f"{protocol}/logout",
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "jwks_uri": f"{protocol}/certs",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", CIBA],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "scope_all"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def redeem(self, form: Fields) -> dict[str, Any] | None:
        """Tokens for a code, or for a refresh token."""
        if form.get("grant_type") != "refresh_token":
            return super().redeem(form)
        held = self.tokens.pop(form.get("refresh_token", ""), Token())
        return self.tokens_for(held.person, held.client, held.session, {}) if held.expires > time.time() else None

    def tokens_for(self, person: str, client: str, session: str, request: Fields) -> dict[str, Any]:
        """The tokens of a session, with one that renews them."""
        made = super().tokens_for(person, client, session, request | {"client_id": client, "session": session})
        refresh = secrets.token_urlsafe(32)
        self.tokens[refresh] = Token(person, client, session, time.time() + REFRESH_LIFE)
        return made | {"refresh_token": refresh, "refresh_expires_in": REFRESH_LIFE}

    def claims(self, person: str, request: Fields) -> dict[str, Any]:
        """Client, session, level and means."""
        return {
            "azp": request["client_id"],
            "sid": request["session"],
            "acr": "eidas1",
            "authMode": self.people[person]["authMode"],
        }

    def userinfo(self, person: str) -> tuple[bytes, str]:
        """What is told of a professional, in JSON."""
        return json.dumps(self.of(person)).encode(), "application/json"

    def ask_telephone(self, form: Fields, client: str) -> dict[str, Any] | None:
        """CIBA Core 1.0 §7: a request that waits for the telephone of a person; None for somebody unknown."""
        person = form.get("login_hint", "")
        if person not in self.people:
            return None
        request = secrets.token_urlsafe(24)
        self.waiting[request] = Waiting(person, client, form.get("binding_message", ""), time.time() + ACCESS_LIFE)
        return {"auth_req_id": request, "expires_in": ACCESS_LIFE, "interval": 1}

    def poll(self, form: Fields) -> dict[str, Any]:
        """CIBA Core 1.0 §10.1: tokens once the person confirmed, else what stands in the way."""
        request = form.get("auth_req_id", "")
        held = self.waiting.get(request)
        if held is None or held.expires < time.time():
            return {"error": "expired_token"}
        if not held.answer:
            return {"error": "authorization_pending"}
        del self.waiting[request]
        if held.answer != "yes":
            return {"error": "access_denied"}
        return self.tokens_for(held.person, held.client, secrets.token_urlsafe(16), {})

    def introspect(self, token: str) -> dict[str, Any]:
        """RFC 7662: what a token is, or that it is nothing."""
        person, held = self.person_of(token), self.tokens.get(token, Token())
        if not person:
            return {"active": False}
        proved, subject = int(held.expires) - ACCESS_LIFE, self.people[person]["sub"]
        return {"active": True, "client_id": held.client, "azp": held.client, "sub": subject,
                "username": person, "sid": held.session,
                "exp": int(held.expires), "iat": proved, "auth_time": proved}  # fmt: skip

    def log_out(self, id_token: str) -> None:
        """End the session of an ID token, here and at every relying party that gave an address."""
        claims = jwt.decode(id_token, self.key, algorithms=[self.algorithm]).claims
        self.tokens = {name: held for name, held in self.tokens.items() if held.session != claims["sid"]}
        for address in self.backchannel:
            httpx.post(address, data={"logout_token": self.logout_token(claims["sub"], claims["sid"])}, timeout=10)

    def logout_token(self, subject: str, session: str, **changes: Any) -> str:
        """A logout token for Carnet (OIDC Back-Channel Logout §2.4)."""
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": int(time.time()), "jti": secrets.token_urlsafe(16),
                  "sub": subject, "sid": session, "events": {LOGOUT_EVENT: {}}} | changes  # fmt: skip
        return self.signed({name: value for name, value in claims.items() if value is not None}, typ="logout+jwt")


class Handler(provider.Handler):
    """HTTP face of the provider."""

    @property
    def psc(self) -> Provider:
        """The provider, with what is its own."""
        return cast(Provider, self.provider)

    def gets(self) -> dict[str, Callable[[], None]]:
        """Paths of GET."""
        return super().gets() | {
            f"{REALM}/.well-known/wallet-openid-configuration": self.metadata, f"{PROTOCOL}/certs": self.keys,
            f"{PROTOCOL}/userinfo": self.userinfo, f"{PROTOCOL}/logout": self._logout, "/telephone": self._telephone,
        }  # fmt: skip

    def posts(self) -> dict[str, Callable[[], None]]:
        """Paths of POST."""
        return super().posts() | {
            f"{PROTOCOL}/token": self.token, f"{PROTOCOL}/token/introspect": self._introspect,
            f"{PROTOCOL}/ext/ciba/auth": self._ciba, "/telephone": self._answered,
        }  # fmt: skip

    def _logout(self) -> None:
        try:
            self.psc.log_out(dict(parse_qsl(self.query())).get("id_token_hint", ""))
        except (JoseError, ValueError):
            self.send(400, b"id_token_hint")
            return
        self.send(200)

    def _telephone(self) -> None:
        """The page of the telephone: what waits for whom."""
        requests = "".join(
            f'<form method="post" action="/telephone"><p>{html.escape(self.psc.people[w.person]["_label"])}</p>'
            f"<p><b>{html.escape(w.digits)}</b></p>"
            f'<input type="hidden" name="request" value="{html.escape(name)}"><button name="answer" value="yes">Confirmer</button>'
            f'<button name="answer" value="no">Refuser</button></form>'
            for name, w in self.psc.waiting.items()
            if not w.answer
        )
        told = "<p>Comparez les deux chiffres avec ceux de l'écran avant de confirmer.</p>"
        again = '<meta http-equiv="refresh" content="3">'
        self.page(page_of("Téléphone (simulateur)", told + (requests or "<p>Aucune demande.</p>"), again))

    def _answered(self) -> None:
        form = self.form()
        held = self.psc.waiting.get(form.get("request", ""))
        if held is not None:
            held.answer = form.get("answer", "no")
        self.send(303, Location="/telephone")

    def _ciba(self) -> None:
        form = self.form()
        asked = self.psc.ask_telephone(form, self.psc.client_id) if self.known() else None
        self.json(asked or {"error": "unknown_user_id"}, 200 if asked else 400)

    def token(self) -> None:
        """Tokens for a code, a refresh token, or a telephone that answered."""
        form = self.form()
        if not self.known(*self.psc.software):
            self.json({"error": "invalid_client"}, 401)
        elif form.get("grant_type") == CIBA:
            told = self.psc.poll(form)
            self.json(told, 400 if "error" in told else 200)
        else:
            tokens = self.psc.redeem(form)
            self.json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def _introspect(self) -> None:
        form, known = self.form(), self.known()
        self.json(self.psc.introspect(form.get("token", "")) if known else {"error": "invalid_client"}, 200 if known else 401)


def serve(port: int, people: People, redirect_uris: list[str], backchannel: tuple[str, ...] = ()) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    return provider.server(port, Handler, Provider(f"http://127.0.0.1:{port}", people, redirect_uris, backchannel=backchannel))


def main() -> None:
    """Run the provider until it is stopped."""
    parser = provider.arguments(__doc__, 8090)
    parser.add_argument("--backchannel", action="append", default=[], help="address of a relying party's back-channel logout")
    options = parser.parse_args()
    serve(options.port, options.people, options.redirect_uri, tuple(options.backchannel)).serve_forever()


if __name__ == "__main__":
    main()
