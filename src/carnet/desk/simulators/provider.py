"""An OpenID Connect provider for tests and demonstrations: code flow with PKCE, keys, tokens, userinfo, a page of names.

The two simulators are this provider with their own metadata, claims and ways in. JSON Web Tokens are made by joserfc. It signs in
whoever chooses a name: nothing of it is secure in the way a national service must be.
"""

import argparse
import base64
import html
import json
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeyParameters, RSAKey

from carnet.apps.signin.pkce import challenge_of
from carnet.config.fitness import DEMONSTRATION_SECRET

CODE_LIFE, ACCESS_LIFE = 60, 120
Fields = dict[str, str]
People = dict[str, dict[str, Any]]
"""Claims of each person. Names that begin with `_` are the simulator's own: `_label` is what its page shows."""


@dataclass(frozen=True)
class Token:
    """An access or refresh token: whose, of which client, in which session, until when."""

    person: str = ""
    client: str = ""
    session: str = ""
    expires: float = 0.0


@dataclass
class Provider(ABC):
    """State of a provider: key, clients, people, codes and tokens in memory."""

    base: str
    people: People
    redirect_uris: list[str]
    client_id: str = "carnet"
    client_secret: str = DEMONSTRATION_SECRET
    software: tuple[str, ...] = ()
    """Other relying parties, with the same secret."""
    codes: dict[str, Fields] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    key: RSAKey | ECKey = field(init=False)

    name: ClassVar[str]
    choose: ClassVar[str]
    """What its page asks for."""
    algorithm: ClassVar[str]
    kid: ClassVar[str]
    authorize: ClassVar[str]
    """Path of the page of names."""

    def __post_init__(self) -> None:
        parameters: KeyParameters = {"kid": self.kid, "use": "sig"}
        self.key = RSAKey.generate_key(2048, parameters) if self.algorithm == "RS256" else ECKey.generate_key("P-256", parameters)

    @property
    def issuer(self) -> str:
        """Issuer of the tokens."""
        return self.base

    @abstractmethod
    def discovery(self) -> dict[str, Any]:
        """Provider metadata."""

    @abstractmethod
    def claims(self, person: str, request: Fields) -> dict[str, Any]:
        """Claims of an ID token beside the common ones."""

    @abstractmethod
    def userinfo(self, person: str) -> tuple[bytes, str]:
        """Body and media type of the answer about a person."""

    def signed(self, claims: dict[str, Any], **header: str) -> str:
        """A JWT of this provider."""
        return jwt.encode({"alg": self.algorithm, "kid": self.kid, **header}, claims, self.key)

    def of(self, person: str) -> dict[str, Any]:
        """What the provider tells of a person."""
        return {name: value for name, value in self.people[person].items() if not name.startswith("_")}

    def request(self, query: str) -> Fields | None:
        """An authorization request of a known client and address."""
        fields = dict(parse_qsl(query))
        right = fields.get("client_id") in (self.client_id, *self.software) and fields.get("response_type") == "code"
        return fields if right and fields.get("redirect_uri") in self.redirect_uris else None

    def code_for(self, request: Fields, person: str) -> str:
        """A code for the person who was chosen."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = request | {"person": person, "expires": str(time.time() + CODE_LIFE)}
        return code

    def redeem(self, form: Fields) -> dict[str, Any] | None:
        """Tokens for a code, once, with its PKCE verifier."""
        kept = self.codes.pop(form.get("code", ""), None)
        if kept is None or float(kept["expires"]) < time.time() or kept["redirect_uri"] != form.get("redirect_uri"):
            return None
        if challenge_of(form.get("code_verifier", "")) != kept["code_challenge"]:
            return None
        return self.tokens_for(kept["person"], kept["client_id"], secrets.token_urlsafe(16), kept)

    def tokens_for(self, person: str, client: str, session: str, request: Fields) -> dict[str, Any]:
        """An access token and its ID token."""
        now, access = int(time.time()), secrets.token_urlsafe(32)
        self.tokens[access] = Token(person, client, session, now + ACCESS_LIFE)
        claims = {"iss": self.issuer, "sub": self.people[person]["sub"], "aud": client, "exp": now + ACCESS_LIFE, "iat": now,
                  "auth_time": now} | self.claims(person, request)  # fmt: skip
        if "nonce" in request:
            claims["nonce"] = request["nonce"]
        return {"access_token": access, "id_token": self.signed(claims), "token_type": "Bearer", "expires_in": ACCESS_LIFE}

    def person_of(self, token: str) -> str:
        """Whose an access token is that lives; nothing for any other."""
        held = self.tokens.get(token, Token())
        return held.person if held.expires > time.time() else ""


STYLE = """<meta name="viewport" content="width=device-width"><style>body{font:16px/1.5 system-ui;max-width:44rem;margin:2rem auto}
button{font:inherit;padding:.6rem;margin:.3rem}.names button{display:block;width:100%;text-align:left}b{font-size:3rem}</style>"""


def page_of(title: str, body: str, more: str = "") -> bytes:
    """A page of a simulator."""
    head = f'<!doctype html><html lang="fr"><meta charset="utf-8"><title>{title}</title>{STYLE}{more}'
    return f"{head}<h1>{title}</h1>{body}</html>".encode()


class Handler(BaseHTTPRequestHandler):
    """HTTP face of a provider: `gets` and `posts` say which path is answered by which method."""

    provider: Provider
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses carry codes."""

    def gets(self) -> dict[str, Callable[[], None]]:
        """Paths of GET."""
        return {self.provider.authorize: self.names}

    def posts(self) -> dict[str, Callable[[], None]]:
        """Paths of POST."""
        return {self.provider.authorize: self.chosen}

    def do_GET(self) -> None:
        """Answer a GET."""
        self.gets().get(urlsplit(self.path).path, self.nothing)()

    def do_POST(self) -> None:
        """Answer a POST."""
        self.posts().get(urlsplit(self.path).path, self.nothing)()

    def send(self, status: int, body: bytes = b"", content_type: str = "text/plain", **headers: str) -> None:
        """An answer that nobody keeps."""
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Cache-Control": "no-store", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def json(self, value: Any, status: int = 200) -> None:
        """An answer in JSON."""
        self.send(status, json.dumps(value).encode(), "application/json")

    def page(self, body: bytes) -> None:
        """A page."""
        self.send(200, body, "text/html; charset=utf-8")

    def form(self) -> Fields:
        """The form that was posted."""
        length = int(self.headers.get("Content-Length", "0"))
        return {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}

    def query(self) -> str:
        """The query of the address."""
        return urlsplit(self.path).query

    def bearer(self) -> str:
        """The access token of the request."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def known(self, *others: str) -> bool:
        """Whether the request carries the secret of Carnet, or of one of these others."""
        names = (self.provider.client_id, *others)
        right = {base64.b64encode(f"{name}:{self.provider.client_secret}".encode()).decode() for name in names}
        return self.headers.get("Authorization", "").removeprefix("Basic ") in right

    def nothing(self) -> None:
        """There is nothing at this address."""
        self.send(404)

    def metadata(self) -> None:
        """The provider's metadata."""
        self.json(self.provider.discovery())

    def keys(self) -> None:
        """The provider's public key."""
        self.json({"keys": [self.provider.key.as_dict(private=False)]})

    def names(self) -> None:
        """The page of names."""
        if self.provider.request(self.query()) is None:
            self.send(400, b"unknown client or redirect_uri")
            return
        buttons = "".join(
            f'<button name="person" value="{html.escape(k)}">{html.escape(p["_label"])}</button>'
            for k, p in self.provider.people.items()
        )
        address = html.escape(f"{self.provider.authorize}?{self.query()}")
        self.page(page_of(self.provider.name, f"<p>Ceci n'est pas le service national. {self.provider.choose}</p>"
                          f'<form class="names" method="post" action="{address}">{buttons}</form>'))  # fmt: skip

    def chosen(self) -> None:
        """Back to the client, with a code for the person who was chosen."""
        request, person = self.provider.request(self.query()), self.form().get("person", "")
        if request is None or person not in self.provider.people:
            self.send(400, b"unknown person or request")
            return
        back = {"code": self.provider.code_for(request, person), "state": request.get("state", "")}
        self.send(302, Location=f"{request['redirect_uri']}?{urlencode(back)}")

    def token(self) -> None:
        """Tokens for a code."""
        form = self.form()
        if not self.known(*self.provider.software):
            self.json({"error": "invalid_client"}, 401)
            return
        tokens = self.provider.redeem(form)
        self.json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def userinfo(self) -> None:
        """What the provider tells of the person of a token."""
        person = self.provider.person_of(self.bearer())
        if person:
            self.send(200, *self.provider.userinfo(person))
        else:
            self.json({"error": "invalid_token"}, 401)


def server(port: int, handler: type[Handler], provider: Provider) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    return ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (handler,), {"provider": provider}))


def arguments(what: str | None, port: int) -> argparse.ArgumentParser:
    """What the process of a simulator is told: `people` is a JSON file of `People`."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--port", type=int, default=port)
    parser.add_argument("--people", type=lambda path: json.loads(Path(path).read_text(encoding="utf-8")), required=True)
    parser.add_argument("--redirect-uri", action="append", required=True)
    return parser
