"""A service in front of the authorisation server and the FHIR door of services: registered, authorised by somebody, calling."""

import base64
import hashlib
import html
import re
import secrets
import weakref
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx

from carnet.apps.catalogue import api as catalogue
from carnet.desk.demonstration import services as demo
from support.espace import Space
from support.people import now
from support.roles import as_role

BACK = "https://service.example/retour"
EVERYTHING = "openid fhirUser launch/patient patient/*.crus"


def referenced(until: str = "online", publisher: str = "1", **card: Any) -> UUID:
    """A service that was examined, up to a state. Its card is the diary's, changed."""
    name = card.pop("name", f"Service {secrets.token_hex(4)}")
    with as_role("postgres"):
        return demo.reference(publisher, demo.DIARY | card | {"name": name}, until, now())


def purposes(*lines: tuple[str, ...], code: str = "soin") -> list[dict[str, Any]]:
    """One purpose with lines: a category, then `read`, `write`, or a perimeter after an at sign."""
    told = []
    for category, *rest in lines:
        perimeter = next((r[1:] for r in rest if r.startswith("@")), "all")
        told.append(
            {
                "category": category,
                "verbs": [r for r in rest if not r.startswith("@")] or ["read"],
                "perimeter": perimeter,
                "why": "",
            }
        )
    return [{"code": code, "title": "Pour un essai", "lines": told}]


def registration(service_id: UUID, publisher: str = "1") -> str:
    """An initial access token."""
    with as_role("carnet_oauth"):
        return catalogue.registration_token(demo.by_publisher(publisher), service_id, now())


def register(oauth: str, service_id: UUID, publisher: str = "1", **metadata: Any) -> httpx.Response:
    """Register a client over HTTP."""
    told = {"redirect_uris": [BACK], "token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "refresh_token"]}
    return httpx.post(
        f"{oauth}/register", json=told | metadata, headers={"Authorization": f"Bearer {registration(service_id, publisher)}"}
    )


def challenge(verifier: str) -> str:
    """S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass
class App:
    """A client of a service: public with PKCE unless it was registered otherwise."""

    oauth: str
    fhir: str
    client_id: str
    secret: str = ""
    redirect: str = BACK
    tokens: dict[str, Any] = field(default_factory=dict)
    browser: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30.0))

    def __post_init__(self) -> None:
        weakref.finalize(self, self.browser.close)

    def begin(self, scope: str = EVERYTHING, **more: str) -> tuple[httpx.Response, str]:
        """Send a browser to the authorisation endpoint. Returns its answer and the verifier."""
        verifier = secrets.token_urlsafe(48)
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.redirect, "scope": scope, "state": "etat",
            "code_challenge": challenge(verifier), "code_challenge_method": "S256", "aud": f"{self.fhir}/services/fhir",
        } | more  # fmt: skip
        return self.browser.get(f"{self.oauth}/authorize", params={k: v for k, v in asked.items() if v}), verifier

    def decide(
        self, space: Space, left: httpx.Response, ticked: list[str] | None = None, choice: str = "accepter", duration: str = "6"
    ) -> httpx.Response:
        """Decide on the page of consent, and come back. `ticked`: lines by their keys; every line that is offered when None."""
        location = urlsplit(left.headers["location"])
        page = space.get(f"{location.path}?{location.query}")
        assert page.status_code == 200, page.text
        lines = re.findall(r'name="ligne" value="([^"]+)"', page.text) if ticked is None else ticked
        ticket = parse_qs(location.query)["demande"][0]
        answer = space.post("/services/accord", {"demande": ticket, "ligne": lines, "duree": duration, "choix": choice})
        return self.browser.get(onward(answer))

    def code(self, space: Space, scope: str = EVERYTHING, ticked: list[str] | None = None, **more: str) -> tuple[str, str]:
        """The whole way to a code. Returns it with its verifier."""
        left, verifier = self.begin(scope, **more)
        assert left.status_code == 302, left.text
        back = self.decide(space, left, ticked)
        assert back.status_code == 302, back.text
        asked = parse_qs(urlsplit(back.headers["location"]).query)
        assert asked["state"] == ["etat"]
        assert asked["iss"] == [self.oauth]
        return asked["code"][0], verifier

    def token(self, **form: Any) -> httpx.Response:
        """Ask the token endpoint."""
        headers = form.pop("headers", {})
        auth = (self.client_id, self.secret) if self.secret else None
        told = form if self.secret else form | {"client_id": self.client_id}
        return httpx.post(f"{self.oauth}/token", data=told, headers=headers, **({"auth": auth} if auth else {}))

    def redeem(self, code: str, verifier: str, **more: Any) -> httpx.Response:
        """Exchange a code."""
        return self.token(grant_type="authorization_code", code=code, redirect_uri=self.redirect, code_verifier=verifier, **more)

    def refresh(self, token: str = "", **more: Any) -> httpx.Response:
        """Refresh."""
        return self.token(grant_type="refresh_token", refresh_token=token or self.tokens["refresh_token"], **more)

    def connect(self, space: Space, scope: str = EVERYTHING, ticked: list[str] | None = None) -> "App":
        """Be authorised by somebody, and hold tokens."""
        answer = self.redeem(*self.code(space, scope, ticked))
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self

    @property
    def patient(self) -> str:
        """The number of the person."""
        return str(self.tokens["patient"])

    def call(self, path: str, method: str = "GET", token: str = "", **options: Any) -> httpx.Response:
        """Call the FHIR door of services."""
        headers = {"Authorization": f"Bearer {token or self.tokens['access_token']}"} | options.pop("headers", {})
        return httpx.request(method, f"{self.fhir}/services/fhir/{path}", headers=headers, timeout=30.0, **options)

    def resources(self, path: str) -> list[dict[str, Any]]:
        """The resources of a search."""
        answer = self.call(path)
        assert answer.status_code == 200, answer.text
        return [e["resource"] for e in answer.json().get("entry", ())]


def app(oauth: str, fhir: str, service_id: UUID | None = None, **metadata: Any) -> App:
    """A registered client of a service; of a fresh one by default."""
    answer = register(oauth, service_id or referenced(), **metadata)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    return App(oauth, fhir, told["client_id"], told.get("client_secret", ""), told["redirect_uris"][0])


def onward(page: httpx.Response) -> str:
    """Where a page of leaving sends the browser."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    assert page.status_code == 200, page.text
    assert found, page.text
    return html.unescape(found[1])


def text_of(page: httpx.Response) -> str:
    """The words of a page."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


def later(days: int) -> timedelta:
    """Days, to move a clock by."""
    return timedelta(days=days)
