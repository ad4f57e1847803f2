"""What every request of the operator's pages goes through. They belong on the administration network, never on the Internet.

An operator enters by a single-use link that `carnet operator link` prints on the server, and stays an hour.
"""

import json
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string

from carnet.apps.access.api import told
from carnet.apps.signin.api import take_operator_link
from carnet.interfaces.operator.done import said
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages import safety
from carnet.pages.door import PageDoor, Posting
from carnet.pages.safety import form_token
from carnet.pages.said import forgotten, said_here
from carnet.pages.sealed import opened_text, sealed_text

COOKIE, CONTEXT = "carnet-operator", "operator-session"
LASTS = timedelta(hours=1)


class Asked(Posting):
    """A request of an operator."""

    said_cookie = f"{COOKIE}-dit"

    @property
    def door_url(self) -> str:
        """The address of this portal."""
        return str(settings.CARNET.operator_url)

    def __init__(self, request: HttpRequest, name: str, token: str) -> None:
        self.at, self.request, self.name = moment(), request, name
        self.form_token = form_token("operator", token)

    def ask(self) -> Ask:
        """A question of this operator: configuration and help desk, never a content."""
        actor = Actor(
            ActorKind.OPERATOR, self.name, self.name, Authentication(Means.PERSON_SESSION, at=self.at), software="Exploitant"
        )
        return Ask(actor, Act.CONFIGURE, self.at)


def _page(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    return HttpResponse(render_to_string(f"operator/{name}.html", context), status=status)


def page(asked: Asked, name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page of an operator."""
    shared: dict[str, object] = {"form_token": asked.form_token, "operator": asked.name, "now": asked.at,
                                 "done": said(said_here(asked)[0])}  # fmt: skip
    return forgotten(asked, _page(name, shared | context, status))


def _name_of(token: str) -> str:
    text = opened_text(token, CONTEXT) if token else None
    told_ = json.loads(text) if text else {"name": "", "ends": "1970-01-01T00:00:00+00:00"}
    return str(told_["name"]) if datetime.fromisoformat(told_["ends"]) > moment() else ""


def _session(request: HttpRequest, token: str) -> Asked:
    name = _name_of(token)
    if not name:
        raise Refusal(No.AUTHENTICATION_MISSING)
    return Asked(request, name, token)


_DOOR = PageDoor(
    url=lambda: settings.CARNET.operator_url,
    language=lambda _request: "fr",
    cookie=COOKIE,
    session=_session,
    sign_in=lambda _request: _page("out", {}, 401),
    stranger=lambda: _page("out", {}, 403),
    refused=lambda _request, refusal, status: _page("refused", {"told": told(refusal.code), "code": refusal.code}, status),
    failed=lambda reference: _page("failed", {"reference": reference}, 500),
)
signed_in = _DOOR.signed_in


def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Enter by a link, once."""

    def function() -> HttpResponse:
        at = moment()
        name = take_operator_link(token, at)
        session = sealed_text(json.dumps({"name": name, "ends": (at + LASTS).isoformat()}), CONTEXT)
        response = HttpResponseRedirect("/")
        safety.set_cookie(response, COOKIE, session, int(LASTS.total_seconds()), settings.CARNET.operator_url)
        return response

    return _DOOR.answer(request, function)


def outside(request: HttpRequest, name: str, status: int) -> HttpResponse:
    """A page for somebody who did not sign in."""
    return _DOOR.answer(request, lambda: _page(name, {}, status))
