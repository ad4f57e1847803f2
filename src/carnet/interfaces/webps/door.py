"""What every request of the portal goes through: session, legal notice, origin of forms, and what an error becomes."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string

from carnet.apps.access.api import may_act_for, told
from carnet.apps.signin.api import PortalSession, portal_session
from carnet.interfaces.webps.done import said, undoing
from carnet.interfaces.webps.handles import Sought
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.clock import moment
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.pages import safety
from carnet.pages.door import PageDoor, Posting, View, by_script
from carnet.pages.drafts import draft_of
from carnet.pages.safety import form_token, local_path
from carnet.pages.said import forgotten, said_here
from carnet.pages.sealed import opened_text, sealed_text

COOKIE, DEVICE = "carnet-webps", "carnet-webps-device"
_A_YEAR = 365 * 24 * 3600


class Asked(Posting):
    """A request with its session: what a view of the portal receives."""

    said_cookie = f"{COOKIE}-dit"

    @property
    def door_url(self) -> str:
        """The address of this portal."""
        return str(settings.CARNET.webps_url)

    def __init__(self, request: HttpRequest, session: PortalSession, token: str) -> None:
        self.at = moment()
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
        return Ask(
            self.actor,
            act,
            self.at,
            sought.ins,
            sought.mode,
            reason,
            sought.traits,
            present=sought.present(self.at),
            secret=sought.secret,
        )

    @property
    def employee(self) -> bool:
        """Whether a structure's employee (CPE) signed in: deposits and prepares, reads nothing."""
        return self.actor.kind is ActorKind.EMPLOYEE

    @property
    def fragment(self) -> bool:
        """Whether HTMX asks for a part of a page."""
        return by_script(self.request)


def render(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page without a session (sign-in, errors)."""
    return HttpResponse(render_to_string(f"webps/{name}.html", context), status=status)


def page(asked: Asked, name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page of somebody who signed in."""
    done, more = said_here(asked)
    shared: dict[str, object] = {
        "me": asked.actor, "session": asked.session, "form_token": asked.form_token, "now": asked.at,
        "shortcuts": asked.session.shortcuts, "regulation": may_regulate(asked), "path": asked.request.path,
        "employee": asked.employee, "done": said(done),
        "undo": undoing(more, str(context.get("handle", ""))), "undo_on": more.get("sur", ""),
        "draft": draft_of("webps", asked.actor.id, str(getattr(context.get("ins"), "cx", ""))),
    }  # fmt: skip
    return forgotten(asked, HttpResponse(render_to_string(f"webps/{name}.html", shared | context), status=status))


def may_regulate(asked: Asked) -> bool:
    """Whether this portal offers the search by traits to this person: a setting, and a proof of regulation."""
    return bool(settings.CARNET.webps_regulation) and asked.actor.authentication.regulation


def again_to(request: HttpRequest) -> str:
    """The query of the page of sign-in for whoever proves the identity again, and then comes back here."""
    then = onward(request.get_full_path()) if request.method == "GET" else "/patients"
    return urlencode({"suite": then, "encore": "1"})


def refused_page(request: HttpRequest, refusal: Refusal, status: int) -> HttpResponse:
    """A refusal that concerns no open record. Where a new sign-in answers it, the way leads there and back."""
    again = again_to(request) if refusal.code == No.STEP_UP_REQUIRED else ""
    context: dict[str, object] = {"told": told(refusal.code), "problem": refusal.details.get("problem", ""), "again": again}
    return render("refused", context, status)


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


_DOOR = PageDoor(
    url=lambda: settings.CARNET.webps_url,
    language=lambda _request: "fr",
    cookie=COOKIE,
    session=lambda request, token: Asked(request, portal_session(token, moment()), token),
    sign_in=to_sign_in,
    stranger=lambda: render("foreign", {}, 403),
    refused=refused_page,
    failed=lambda reference: render("failed", {"reference": reference}, 500),
)
public = _DOOR.public


def signed_in(*methods: str, legal: bool = True) -> Callable[[View], View]:
    """A view for somebody who signed in and read the legal notice; a form carries the token of the session."""

    def decorate(function: View) -> View:
        @wraps(function)
        def informed(asked: Asked, **kwargs: object) -> HttpResponse:
            if legal and not asked.session.legal_read:
                return HttpResponseRedirect(f"/mentions?{urlencode({'suite': onward(local(asked.request.get_full_path()))})}")
            return function(asked, **kwargs)

        return _DOOR.signed_in(*methods)(informed)

    return decorate


def set_cookie(response: HttpResponse, name: str, value: str, seconds: int, path: str = "/") -> None:
    """A cookie of this portal."""
    safety.set_cookie(response, name, value, seconds, settings.CARNET.webps_url, path)


def remember_device(response: HttpResponse, value: str) -> None:
    """Keep the secret by which a browser is recognised."""
    set_cookie(response, DEVICE, value, _A_YEAR, "/connexion")
