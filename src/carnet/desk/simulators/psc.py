"""Simulator of Pro Santé Connect: a real OpenID Connect provider process, with synthetic professionals.

Published shape (identity.md §3): discovery under `wallet-openid-configuration`, another path for the authorization
page, access tokens of 120 s, refresh of 30 min, RS256, userinfo with empty strings for missing values. Nothing of it is
secure in the way a national service must be: it signs in whoever chooses a name.

    python -m carnet.desk.simulators.psc --port 8090 --people people.json --redirect-uri http://127.0.0.1:8080/signin/callback
"""

import argparse
import base64
import hashlib
import html
import json
import secrets
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from carnet.config.environment import DEMONSTRATION_SECRET

REALM = "/auth/realms/esante-wallet"
ACCESS_LIFE = 120
REFRESH_LIFE = 1800
CIBA = "urn:openid:params:grant-type:ciba"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
Fields = dict[str, str]


@dataclass(frozen=True)
class Token:
    """An access or refresh token: whose, of which client, in which session, until when."""

    person: str = ""
    client: str = ""
    session: str = ""
    expires: float = 0.0


@dataclass
class Waiting:
    """A sign-in that waits for a telephone: whose, with which digits, and what the person answered."""

    person: str
    client: str
    digits: str
    expires: float
    answer: str = ""


@dataclass
class Provider:
    """State of the provider: key, client, people, codes and tokens in memory."""

    base: str
    people: dict[str, dict[str, Any]]
    redirect_uris: list[str]
    client_id: str = "carnet"
    client_secret: str = DEMONSTRATION_SECRET
    software: tuple[str, ...] = ("logiciel-demo", "logiciel-regulation")
    """Other relying parties: software that signs its users in by itself and exchanges its token at Carnet."""
    backchannel: tuple[str, ...] = ()
    """Where logout tokens are posted."""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "psc-simulator", "use": "sig"}))
    codes: dict[str, Fields] = field(default_factory=dict)
    tokens: dict[str, "Token"] = field(default_factory=dict)
    waiting: dict[str, "Waiting"] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        """Issuer of the tokens."""
        return self.base + REALM

    def discovery(self) -> dict[str, Any]:
        """Provider metadata, of the published shape."""
        protocol = f"{self.issuer}/protocol/openid-connect"
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

    def code_for(self, request: Fields, person: str) -> str:
        """A code for the person who was chosen."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = request | {"person": person, "expires": str(time.time() + 60)}
        return code

    def redeem(self, form: Fields) -> dict[str, Any] | None:
        """Tokens for a code, once, with its PKCE verifier; or for a refresh token."""
        if form.get("grant_type") == "refresh_token":
            held = self.tokens.pop(form.get("refresh_token", ""), Token())
            alive = held.person and held.expires > time.time()
            return self._tokens(held.person, held.client, held.session, "") if alive else None
        kept = self.codes.pop(form.get("code", ""), None)
        if kept is None or float(kept["expires"]) < time.time() or kept["redirect_uri"] != form.get("redirect_uri"):
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != kept["code_challenge"]:
            return None
        return self._tokens(kept["person"], kept["client_id"], secrets.token_urlsafe(16), kept.get("nonce", ""))

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
        return self._tokens(held.person, held.client, secrets.token_urlsafe(16), "")

    def _tokens(self, person: str, client: str, session: str, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.tokens[access] = Token(person, client, session, now + ACCESS_LIFE)
        self.tokens[refresh] = Token(person, client, session, now + REFRESH_LIFE)
        claims = {
            "iss": self.issuer,
            "sub": self.people[person]["sub"],
            "aud": client,
            "azp": client,
            "sid": session,
            "exp": now + ACCESS_LIFE,
            "iat": now,
            "auth_time": now,
            **({"nonce": nonce} if nonce else {}),
            "acr": "eidas1",
            "authMode": self.people[person]["authMode"],
        }
        id_token = jwt.encode({"alg": "RS256", "kid": "psc-simulator"}, claims, self.key)
        return {
            "access_token": access,
            "refresh_token": refresh,
            "id_token": id_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFE,
            "refresh_expires_in": REFRESH_LIFE,
        }

    def person_of(self, token: str) -> dict[str, Any] | None:
        """Userinfo of an access token that lives."""
        held = self.tokens.get(token, Token())
        return self.people[held.person] if held.person and held.expires > time.time() else None

    def introspect(self, token: str) -> dict[str, Any]:
        """RFC 7662: what a token is, or that it is nothing."""
        person, held = self.person_of(token), self.tokens.get(token, Token())
        if person is None:
            return {"active": False}
        proved = int(held.expires) - ACCESS_LIFE
        return {"active": True, "client_id": held.client, "azp": held.client, "sub": person["sub"], "sid": held.session,
                "exp": int(held.expires), "iat": proved, "auth_time": proved}  # fmt: skip

    def log_out(self, id_token: str) -> None:
        """End the session of an ID token, here and at every relying party that gave an address."""
        claims = jwt.decode(id_token, self.key, algorithms=["RS256"]).claims
        self.tokens = {name: held for name, held in self.tokens.items() if held.session != claims["sid"]}
        for address in self.backchannel:
            httpx.post(address, data={"logout_token": self.logout_token(claims["sub"], claims["sid"])}, timeout=10)

    def logout_token(self, subject: str, session: str, **changes: Any) -> str:
        """A logout token for Carnet (OIDC Back-Channel Logout §2.4)."""
        claims = {"iss": self.issuer, "aud": self.client_id, "iat": int(time.time()), "jti": secrets.token_urlsafe(16),
                  "sub": subject, "sid": session, "events": {LOGOUT_EVENT: {}}} | changes  # fmt: skip
        header = {"alg": "RS256", "kid": "psc-simulator", "typ": "logout+jwt"}
        return jwt.encode(header, {name: value for name, value in claims.items() if value is not None}, self.key)


PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Simulateur de Pro Santé Connect</title>
<meta name="viewport" content="width=device-width"><style>body{{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto}}
button{{font:inherit;display:block;width:100%;text-align:left;margin:.3rem 0;padding:.6rem}}</style>
<h1>Simulateur de Pro Santé Connect</h1><p>Ceci n'est pas le service national. Choisissez un professionnel fictif.</p>
<form method="post" action="/auth?{query}">{people}</form></html>"""


TELEPHONE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Simulateur de téléphone e-CPS</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="3">
<style>body{{font:16px/1.5 system-ui;max-width:28rem;margin:2rem auto}}b{{font-size:3rem}}
button{{font:inherit;padding:.6rem;margin:.3rem}}</style>
<h1>Téléphone (simulateur)</h1><p>Comparez les deux chiffres avec ceux de l'écran avant de confirmer.</p>{requests}</html>"""


class Handler(BaseHTTPRequestHandler):
    """HTTP face of the provider."""

    provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses carry codes."""

    def _send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _form(self) -> Fields:
        length = int(self.headers.get("Content-Length", "0"))
        return {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}

    def _authorization(self, query: str) -> Fields | None:
        fields = dict(parse_qsl(query))
        right = (
            fields.get("client_id") in (self.provider.client_id, *self.provider.software) and fields.get("response_type") == "code"
        )
        return fields if right and fields.get("redirect_uri") in self.provider.redirect_uris else None

    def _page(self, query: str) -> None:
        if self._authorization(query) is None:
            self._send(400, b"unknown client or redirect_uri", "text/plain")
            return
        buttons = "".join(
            f'<button name="person" value="{html.escape(k)}">{html.escape(p["_label"])}</button>'
            for k, p in self.provider.people.items()
        )
        self._send(200, PAGE.format(query=html.escape(query), people=buttons).encode(), "text/html; charset=utf-8")

    def _chosen(self, query: str) -> None:
        request, person = self._authorization(query), self._form().get("person", "")
        if request is None or person not in self.provider.people:
            self._send(400, b"unknown person or request", "text/plain")
            return
        back = {"code": self.provider.code_for(request, person), "state": request.get("state", "")}
        self._send(302, b"", "text/plain", Location=f"{request['redirect_uri']}?{urlencode(back)}")

    def _bearer(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _userinfo(self) -> None:
        person = self.provider.person_of(self._bearer())
        if person is None:
            self._json({"error": "invalid_token"}, 401)
            return
        self._json({name: value for name, value in person.items() if not name.startswith("_")})

    def _client(self, *others: str) -> bool:
        """Whether the request carries the secret of Carnet, or of one of these others."""
        names = (self.provider.client_id, *others)
        known = {base64.b64encode(f"{name}:{self.provider.client_secret}".encode()).decode() for name in names}
        return self.headers.get("Authorization", "").removeprefix("Basic ") in known

    def _logout(self, query: str) -> None:
        fields = dict(parse_qsl(query))
        try:
            self.provider.log_out(fields.get("id_token_hint", ""))
        except (JoseError, ValueError):
            self._send(400, b"id_token_hint", "text/plain")
            return
        self._send(200, b"", "text/plain")

    def _telephone(self) -> None:
        """The page of the telephone: what waits for whom."""
        requests = "".join(
            f'<form method="post" action="/telephone"><p>{html.escape(self.provider.people[w.person]["_label"])}</p>'
            f"<p><b>{html.escape(w.digits)}</b></p>"
            f'<input type="hidden" name="request" value="{html.escape(name)}"><button name="answer" value="yes">Confirmer</button>'
            f'<button name="answer" value="no">Refuser</button></form>'
            for name, w in self.provider.waiting.items()
            if not w.answer
        )
        page = TELEPHONE.format(requests=requests or "<p>Aucune demande.</p>")
        self._send(200, page.encode(), "text/html; charset=utf-8")

    def _answered(self) -> None:
        form = self._form()
        held = self.provider.waiting.get(form.get("request", ""))
        if held is not None:
            held.answer = form.get("answer", "no")
        self._send(303, b"", "text/plain", Location="/telephone")

    def _ciba(self) -> None:
        form = self._form()
        asked = self.provider.ask_telephone(form, self.provider.client_id) if self._client() else None
        self._json(asked or {"error": "unknown_user_id"}, 200 if asked else 400)

    def _token(self) -> None:
        form = self._form()
        if not self._client(*self.provider.software):
            self._json({"error": "invalid_client"}, 401)
            return
        if form.get("grant_type") == CIBA:
            told = self.provider.poll(form)
            self._json(told, 400 if "error" in told else 200)
            return
        tokens = self.provider.redeem(form)
        self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def do_GET(self) -> None:
        """Discovery, keys, the page, userinfo, logout."""
        url = urlsplit(self.path)
        if url.path == f"{REALM}/.well-known/wallet-openid-configuration":
            self._json(self.provider.discovery())
        elif url.path == f"{REALM}/protocol/openid-connect/certs":
            self._json({"keys": [self.provider.key.as_dict(private=False)]})
        elif url.path == "/auth":
            self._page(url.query)
        elif url.path == "/telephone":
            self._telephone()
        elif url.path == f"{REALM}/protocol/openid-connect/userinfo":
            self._userinfo()
        elif url.path == f"{REALM}/protocol/openid-connect/logout":
            self._logout(url.query)
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        """The choice of a person, tokens, introspection."""
        url = urlsplit(self.path)
        if url.path == "/auth":
            self._chosen(url.query)
        elif url.path == "/telephone":
            self._answered()
        elif url.path == f"{REALM}/protocol/openid-connect/ext/ciba/auth":
            self._ciba()
        elif url.path == f"{REALM}/protocol/openid-connect/token":
            self._token()
        elif url.path == f"{REALM}/protocol/openid-connect/token/introspect":
            form = self._form()
            known = self._client()
            self._json(self.provider.introspect(form.get("token", "")) if known else {"error": "invalid_client"},
                       200 if known else 401)  # fmt: skip
        else:
            self._send(404, b"", "text/plain")


def serve(
    port: int, people: dict[str, dict[str, Any]], redirect_uris: list[str], backchannel: tuple[str, ...] = ()
) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    provider = Provider(f"http://127.0.0.1:{port}", people, redirect_uris, backchannel=backchannel)
    return ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (Handler,), {"provider": provider}))


def main() -> None:
    """Run the provider until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--redirect-uri", action="append", required=True)
    parser.add_argument("--backchannel", action="append", default=[], help="address of a relying party's back-channel logout")
    options = parser.parse_args()
    people = json.loads(options.people.read_text(encoding="utf-8"))
    serve(options.port, people, options.redirect_uri, tuple(options.backchannel)).serve_forever()


if __name__ == "__main__":
    main()
