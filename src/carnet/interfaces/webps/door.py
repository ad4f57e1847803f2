"""What every request of the portal goes through: session, legal notice, origin of forms, and what an error becomes."""

import hmac
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import override

from carnet.apps.access.api import may_act_for, told
from carnet.apps.signin.api import PortalSession, portal_session
from carnet.interfaces.webps.done import said, undoing
from carnet.interfaces.webps.handles import Sought
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import Refusal
from carnet.pages import safety
from carnet.pages.safety import check_request, clock, failure_reference, foreign, form_token, local_path, secure
from carnet.pages.sealed import opened_text, sealed_text

View = Callable[..., HttpResponse]
COOKIE, DEVICE = "carnet-webps", "carnet-webps-device"
_A_YEAR = 365 * 24 * 3600
_SIGN_IN = frozenset({"authentication-missing", "authentication-expired", "certificate-refused", "certificate-revoked"})
_STATUS = {
    "record-absent": 404,
    "document-unknown": 404,
    "request-malformed": 400,
    "request-too-large": 413,
    "step-up-required": 403,
}


class Asked:
    """A request with its session: what a view of the portal receives."""

    def __init__(self, request: HttpRequest, session: PortalSession, token: str) -> None:
        self.at = clock()()
        if session.actor.on_behalf_of and not may_act_for(session.actor, session.actor.on_behalf_of, self.at):
            # The delegation ended, or is of another structure: what follows is in one's own name, and says so.
            session = replace(session, actor=replace(session.actor, on_behalf_of=""))
        self.request, self.session = request, session
        self.form_token = form_token("webps", token)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.session.actor

    def ask(self, act: Act, ins: Ins | None = None, mode: Mode = Mode.NORMAL, reason: str = "") -> Ask:
        """A question of this request."""
        return Ask(self.actor, act, self.at, ins, mode, reason)

    def about(self, sought: Sought, act: Act, reason: str = "") -> Ask:
        """A question about somebody who was sought, with the local traits that came along: they must not contradict."""
        return Ask(self.actor, act, self.at, sought.ins, sought.mode, reason, sought.traits)

    @property
    def employee(self) -> bool:
        """Whether a structure's employee (CPE) signed in: deposits and prepares, reads nothing."""
        return self.actor.kind is ActorKind.EMPLOYEE

    @property
    def fragment(self) -> bool:
        """Whether HTMX asks for a part of a page."""
        return self.request.headers.get("HX-Request") == "true"

    def posted(self, name: str, length: int = 4000) -> str:
        """A field of the form, without blanks around it."""
        return self.request.POST.get(name, "").strip()[:length]


def render(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page without a session (sign-in, errors)."""
    return HttpResponse(render_to_string(f"webps/{name}.html", context), status=status)


def page(asked: Asked, name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page of somebody who signed in."""
    shared: dict[str, object] = {
        "me": asked.actor, "session": asked.session, "form_token": asked.form_token, "now": asked.at,
        "shortcuts": asked.session.shortcuts, "regulation": may_regulate(asked), "path": asked.request.path,
        "employee": asked.employee, "done": said(asked.request.GET.get("fait", "")),
        "undo": undoing(asked.request.GET, str(context.get("handle", ""))), "undo_on": asked.request.GET.get("sur", ""),
    }  # fmt: skip
    return HttpResponse(render_to_string(f"webps/{name}.html", shared | context), status=status)


def may_regulate(asked: Asked) -> bool:
    """Whether this portal offers the search by traits to this person: a setting, and a proof of regulation."""
    return bool(settings.CARNET.webps_regulation) and asked.actor.authentication.regulation


def refused_page(refusal: Refusal) -> HttpResponse:
    """A refusal that concerns no open record."""
    context: dict[str, object] = {"told": told(refusal.code), "problem": refusal.details.get("problem", "")}
    return render("refused", context, _STATUS.get(refusal.code, 403))


def _failed(error: Exception) -> HttpResponse:
    return render("failed", {"reference": failure_reference(error)}, 500)


_THEN = "suite"


def onward(path: str) -> str:
    """A path as it may stand in another address: a contextual call carries an INS, and goes on sealed."""
    return f"~{sealed_text(path, _THEN)}" if path.startswith("/AccesDirect/") else path


def local(path: str) -> str:
    """A path of this portal to go on to, or the first page. One that names a person comes sealed (`to_sign_in`)."""
    path = opened_text(path[1:], _THEN) or "" if path.startswith("~") else path
    return local_path(path, "/patients")


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Go and sign in, then come back to what was asked for."""
    then = onward(request.get_full_path()) if request.method == "GET" else "/patients"
    response = HttpResponseRedirect(f"/connexion?{urlencode({'suite': then})}")
    response.delete_cookie(COOKIE)
    return response


def _answer(request: HttpRequest, function: Callable[[], HttpResponse]) -> HttpResponse:
    with override("fr"):
        try:
            check_request(request)
            return secure(function())
        except Refusal as refusal:
            signs = refusal.code in _SIGN_IN and request.COOKIES.get(COOKIE)
            return secure(to_sign_in(request) if signs else refused_page(refusal))
        except Exception as error:
            return secure(_failed(error))


def public(*methods: str) -> Callable[[View], View]:
    """A view for everybody: sign-in, guide, files of the look."""

    def decorate(function: View) -> View:
        @wraps(function)
        def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
            if request.method not in methods:
                return secure(HttpResponseNotAllowed(methods))
            if request.method == "POST" and foreign(request, settings.CARNET.webps_url):
                return secure(render("foreign", {}, 403))
            return _answer(request, lambda: function(request, **kwargs))

        return wrapped

    return decorate


def signed_in(*methods: str, legal: bool = True) -> Callable[[View], View]:
    """A view for somebody who signed in and read the legal notice; a form carries the token of the session."""

    def decorate(function: View) -> View:
        @wraps(function)
        def wrapped(request: HttpRequest, **kwargs: object) -> HttpResponse:
            if request.method not in methods:
                return secure(HttpResponseNotAllowed(methods))
            return _answer(request, lambda: _signed_in(request, function, legal, kwargs))

        return wrapped

    return decorate


def _signed_in(request: HttpRequest, function: View, legal: bool, kwargs: dict[str, object]) -> HttpResponse:
    token = request.COOKIES.get(COOKIE, "")
    try:
        asked = Asked(request, portal_session(token, clock()()), token)
    except Refusal:
        return to_sign_in(request)
    if request.method == "POST":
        given = request.POST.get("form_token", "")
        if foreign(request, settings.CARNET.webps_url) or not hmac.compare_digest(given.encode(), asked.form_token.encode()):
            return render("foreign", {}, 403)
    if legal and not asked.session.legal_read:
        return HttpResponseRedirect(f"/mentions?{urlencode({'suite': onward(local(request.get_full_path()))})}")
    return function(asked, **kwargs)


def set_cookie(response: HttpResponse, name: str, value: str, seconds: int, path: str = "/") -> None:
    """A cookie of this portal."""
    safety.set_cookie(response, name, value, seconds, settings.CARNET.webps_url, path)


def remember_device(response: HttpResponse, value: str) -> None:
    """Keep the secret by which a browser is recognised."""
    set_cookie(response, DEVICE, value, _A_YEAR, "/connexion")


def saying(path: str, done: str, **more: str) -> HttpResponseRedirect:
    """Go on to a page that says what was done. `done` is a key of the sentences in `done.py`."""
    separator = "&" if "?" in path else "?"
    return HttpResponseRedirect(f"{path}{separator}{urlencode({'fait': done} | more)}")
