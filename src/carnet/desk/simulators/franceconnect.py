"""Simulator of a provider shaped like FranceConnect+: a real OpenID Connect provider process, with synthetic people.

Level eIDAS substantial, ES256, userinfo as a signed JWT, the pivot identity. It signs in whoever chooses a name: nothing of it is
secure in the way a national service must be, and the settings of production refuse its secret.

    python -m carnet.desk.simulators.franceconnect --port 8091 --people people.json --redirect-uri http://localhost:8082/connexion/retour
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

from joserfc import jwt
from joserfc.jwk import ECKey

from carnet.config.environment import DEMONSTRATION_SECRET

LIFE = 120
KEY_ID = "franceconnect-simulator"
Fields = dict[str, str]
PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Simulateur de FranceConnect+</title>
<meta name="viewport" content="width=device-width"><style>body{{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto}}
button{{font:inherit;display:block;width:100%;text-align:left;margin:.3rem 0;padding:.6rem}}</style>
<h1>Simulateur de FranceConnect+</h1><p>Ceci n'est pas le service national. Choisissez une personne fictive.</p>
<form method="post" action="/authorize?{query}">{people}</form></html>"""


@dataclass
class Provider:
    """State of the provider: key, client, people, codes and tokens in memory."""

    issuer: str
    people: dict[str, dict[str, Any]]
    redirect_uris: list[str]
    client_id: str = "carnet"
    client_secret: str = DEMONSTRATION_SECRET
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": KEY_ID, "use": "sig", "alg": "ES256"}))
    codes: dict[str, Fields] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)

    def discovery(self) -> dict[str, Any]:
        """Provider metadata."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "userinfo_signing_alg_values_supported": ["ES256"],
            "acr_values_supported": ["eidas2", "eidas3"],
            "code_challenge_methods_supported": ["S256"],
        }

    def signed(self, claims: dict[str, Any]) -> str:
        """A JWT of this provider."""
        return jwt.encode({"alg": "ES256", "kid": KEY_ID}, claims, self.key)

    def code_for(self, request: Fields, person: str) -> str:
        """A code for the person who was chosen."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = request | {"person": person, "expires": str(time.time() + 60)}
        return code

    def redeem(self, form: Fields) -> dict[str, Any] | None:
        """Tokens for a code, once, with its PKCE verifier."""
        kept = self.codes.pop(form.get("code", ""), None)
        if kept is None or float(kept["expires"]) < time.time() or kept["redirect_uri"] != form.get("redirect_uri"):
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != kept["code_challenge"]:
            return None
        now, access = int(time.time()), secrets.token_urlsafe(32)
        self.tokens[access] = (kept["person"], now + LIFE)
        claims = {
            "iss": self.issuer, "sub": self.people[kept["person"]]["sub"], "aud": self.client_id, "exp": now + LIFE, "iat": now,
            "auth_time": now, "nonce": kept.get("nonce", ""), "acr": kept.get("acr_values", "eidas2"),
        }  # fmt: skip
        return {"access_token": access, "id_token": self.signed(claims), "token_type": "Bearer", "expires_in": LIFE}

    def userinfo(self, token: str) -> str | None:
        """The pivot identity of an access token that lives, as a signed JWT."""
        person, expires = self.tokens.get(token, ("", 0.0))
        if not person or expires < time.time():
            return None
        told = {k: v for k, v in self.people[person].items() if not k.startswith("_")}
        return self.signed(told | {"iss": self.issuer, "aud": self.client_id})


class Handler(BaseHTTPRequestHandler):
    """HTTP face of the provider."""

    provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses carry codes."""

    def _send(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _json(self, value: Any, status: int = 200) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _form(self) -> Fields:
        length = int(self.headers.get("Content-Length", "0"))
        return {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}

    def _request(self, query: str) -> Fields | None:
        fields = dict(parse_qsl(query))
        right = fields.get("client_id") == self.provider.client_id and fields.get("response_type") == "code"
        return fields if right and fields.get("redirect_uri") in self.provider.redirect_uris else None

    def do_GET(self) -> None:
        """Discovery, keys, the page of names, userinfo."""
        url = urlsplit(self.path)
        if url.path == "/.well-known/openid-configuration":
            self._json(self.provider.discovery())
        elif url.path == "/jwks":
            self._json({"keys": [self.provider.key.as_dict(private=False)]})
        elif url.path == "/userinfo":
            told = self.provider.userinfo(self.headers.get("Authorization", "").removeprefix("Bearer "))
            self._send(200 if told else 401, (told or "").encode(), "application/jwt")
        elif url.path == "/authorize" and self._request(url.query):
            buttons = "".join(
                f'<button name="person" value="{html.escape(k)}">{html.escape(p["_label"])}</button>'
                for k, p in self.provider.people.items()
            )
            self._send(200, PAGE.format(query=html.escape(url.query), people=buttons).encode(), "text/html; charset=utf-8")
        elif url.path == "/":
            self._send(200, b"FranceConnect+ (simulateur)", "text/plain")
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        """The choice of a person, and tokens."""
        url, form = urlsplit(self.path), self._form()
        if url.path == "/token":
            secret = base64.b64encode(f"{self.provider.client_id}:{self.provider.client_secret}".encode()).decode()
            known = self.headers.get("Authorization", "") == f"Basic {secret}"
            tokens = self.provider.redeem(form) if known else None
            self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)
            return
        request, person = self._request(url.query), form.get("person", "")
        if url.path != "/authorize" or request is None or person not in self.provider.people:
            self._send(400, b"unknown person or request", "text/plain")
            return
        back = {"code": self.provider.code_for(request, person), "state": request.get("state", "")}
        self._send(302, b"", "text/plain", Location=f"{request['redirect_uri']}?{urlencode(back)}")


def serve(port: int, people: dict[str, dict[str, Any]], redirect_uris: list[str]) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    provider = Provider(f"http://127.0.0.1:{port}", people, redirect_uris)
    return ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (Handler,), {"provider": provider}))


def main() -> None:
    """Run the provider until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8091)
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--redirect-uri", action="append", required=True)
    options = parser.parse_args()
    people = json.loads(options.people.read_text(encoding="utf-8"))
    serve(options.port, people, options.redirect_uri).serve_forever()


if __name__ == "__main__":
    main()
