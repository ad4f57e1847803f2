"""What every request of the operator's pages goes through. They belong on the administration network, never on the Internet.

An operator enters by a single-use link that `carnet operator link` prints on the server, and stays an hour.
"""

import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import override

from carnet.apps.access.api import told
from carnet.apps.signin.api import take_operator_link
from carnet.interfaces.operator.done import said
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import Refusal
from carnet.pages import safety
from carnet.pages.safety import check_request, clock, failure_reference, foreign, form_token, secure
from carnet.pages.sealed import opened_text, sealed_text

View = Callable[..., HttpResponse]
COOKIE, CONTEXT = "carnet-operator", "operator-session"
LASTS = timedelta(hours=1)


class Asked:
    """A request of an operator."""

    def __init__(self, request: HttpRequest, name: str, token: str) -> None:
        self.at, self.request, self.name = clock()(), request, name
        self.form_token = form_token("operator", token)

    def ask(self) -> Ask:
        """A question of this operator: configuration and help desk, never a content."""
        actor = Actor(
            ActorKind.OPERATOR, self.name, self.name, Authentication(Means.PERSON_SESSION, at=self.at), software="Exploitant"
        )
        return Ask(actor, Act.CONFIGURE, self.at)

    def posted(self, name: str, length: int = 4000) -> str:
        """A field of the form, without blanks around it."""
        return self.request.POST.get(name, "").strip()[:length]


def _page(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    return HttpResponse(render_to_string(f"operator/{name}.html", context), status=status)


def page(asked: Asked, name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page of an operator."""
    shared: dict[str, object] = {"form_token": asked.form_token, "operator": asked.name, "now": asked.at,
                                 "done": said(asked.request.GET.get("fait", ""))}  # fmt: skip
    return _page(name, shared | context, status)


def _answer(request: HttpRequest, function: Callable[[], HttpResponse]) -> HttpResponse:
    with override("fr"):
        try:
            check_request(request)
            return secure(function())
        except Refusal as refusal:
            return secure(_page("refused", {"told": told(refusal.code), "code": refusal.code}, 403))
        except Exception as error:
            return secure(_page("failed", {"reference": failure_reference(error)}, 500))


def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Enter by a link, once."""

    def function() -> HttpResponse:
        at = clock()()
        name = take_operator_link(token, at)
        session = sealed_text(json.dumps({"name": name, "ends": (at + LASTS).isoformat()}), CONTEXT)
        response = HttpResponseRedirect("/")
        safety.set_cookie(response, COOKIE, session, int(LASTS.total_seconds()), settings.CARNET.operator_url)
        return response

    return _answer(request, function)


def _name_of(token: str) -> str:
    text = opened_text(token, CONTEXT) if token else None
    told_ = json.loads(text) if text else {"name": "", "ends": "1970-01-01T00:00:00+00:00"}
    return str(told_["name"]) if datetime.fromisoformat(told_["ends"]) > clock()() else ""


def signed_in(*methods: str) -> Callable[[View], View]:
    """A view for an operator; a form carries the token of the session."""

    def decorate(function: View) -> View:
        @wraps(function)
        def wrapped(request: HttpRequest, **kwargs: object) -> HttpResponse:
            if request.method not in methods:
                return secure(HttpResponseNotAllowed(methods))
            return _answer(request, lambda: _signed_in(request, function, kwargs))

        return wrapped

    return decorate


def _signed_in(request: HttpRequest, function: View, kwargs: dict[str, object]) -> HttpResponse:
    token = request.COOKIES.get(COOKIE, "")
    name = _name_of(token)
    if not name:
        return _page("out", {}, 401)
    asked = Asked(request, name, token)
    if request.method == "POST":
        given = request.POST.get("form_token", "")
        if foreign(request, settings.CARNET.operator_url) or not hmac.compare_digest(given.encode(), asked.form_token.encode()):
            return _page("out", {}, 403)
    return function(asked, **kwargs)


def outside(request: HttpRequest, name: str, status: int) -> HttpResponse:
    """A page for somebody who did not sign in."""
    return _answer(request, lambda: _page(name, {}, status))
