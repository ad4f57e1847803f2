"""What every request of the patients' portal goes through: session, language, origin of forms, and what an error becomes."""

from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import get_language

from carnet.apps.records.api import mine
from carnet.apps.signin.api import PersonSession, person_session
from carnet.interfaces.espace.done import said, undoing
from carnet.interfaces.espace.refusals import told_to_person
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import moment
from carnet.kernel.refusal import Refusal
from carnet.pages import safety
from carnet.pages.door import PageDoor, Posting
from carnet.pages.drafts import Draft, draft_of
from carnet.pages.safety import form_token, local_path
from carnet.pages.said import forgotten, said_here

COOKIE, DEVICE, LANGUAGE = "carnet-espace", "carnet-espace-device", "carnet-espace-language"
HOME = "/"
UNDO_FIELDS = ("numero", "sorte", "jusqu-au")
"""What the button that takes an act back sends with it, where the address does not say all."""
LANGUAGES = ("fr", "en")
_A_YEAR = 365 * 24 * 3600


class Asked(Posting):
    """A request with its session: what a view of the portal receives."""

    said_cookie = f"{COOKIE}-dit"

    @property
    def door_url(self) -> str:
        """The address of this portal."""
        return str(settings.CARNET.espace_url)

    def __init__(self, request: HttpRequest, session: PersonSession, token: str) -> None:
        self.at, self.request, self.session = moment(), request, session
        # A form is for one record and one way of acting on it: sent after another choice, it is refused.
        self.form_token = form_token("espace", f"{token}/{session.acting}/{session.actor.kind.value}")

    @property
    def actor(self) -> Actor:
        """Who asks, as what they are to the record that the session acts on."""
        return self.session.actor

    @property
    def record(self) -> UUID:
        """The record that the session acts on."""
        return self.session.acting

    @property
    def own(self) -> bool:
        """Whether the person acts on their own record."""
        return self.actor.kind is ActorKind.HOLDER

    def ask(self, act: Act, reason: str = "") -> Ask:
        """A question of this request, about the record of the session."""
        return Ask(self.actor, act, self.at, reason=reason)


def render(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page without a session (sign-in, opening, errors)."""
    shared: dict[str, object] = {"language": get_language(), "support": settings.LAW.support_line}
    return HttpResponse(render_to_string(f"espace/{name}.html", shared | context), status=status)


def _whose(asked: Asked) -> dict[str, object]:
    """Whose record it is, where somebody acts in another's: a page that opened none says it too, before anything is closed."""
    held = (standing for standing, _, _ in mine(asked.session.account, asked.at) if standing.record_id == asked.record)
    return {"traits": one.traits} if (one := next(held, None)) else {}


def page(asked: Asked, name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page of somebody who signed in."""
    done, more = said_here(asked)
    shared: dict[str, object] = {
        "me": asked.actor, "session": asked.session, "form_token": asked.form_token, "now": asked.at, "own": asked.own,
        "carer": asked.actor.kind is ActorKind.CARER, "path": asked.request.path, "done": said(done),
        "undo": undoing(more), "undo_fields": {k: v for k, v in more.items() if k in UNDO_FIELDS}, "draft": draft(asked),
    }  # fmt: skip
    shared |= _whose(asked) if not asked.own and "traits" not in context else {}
    return forgotten(asked, render(name, shared | context, status))


def draft(asked: Asked) -> Draft:
    """Where what is typed is kept: for this person, in the record that they act on, as what they are to it."""
    return draft_of("espace", str(asked.session.account), f"{asked.record}/{asked.actor.kind.value}")


def refused_page(_request: HttpRequest, refusal: Refusal, status: int) -> HttpResponse:
    """A refusal in the words for the person."""
    context: dict[str, object] = {"told": told_to_person(refusal.code), "code": refusal.code}
    return render("refused", context, status)


def _language(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(LANGUAGE, "")
    return chosen if chosen in LANGUAGES else "fr"


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Go and sign in, then come back to what was asked for."""
    then = local_path(request.get_full_path(), HOME) if request.method == "GET" else HOME
    response = HttpResponseRedirect("/connexion" if then == HOME else f"/connexion?{urlencode({'suite': then})}")
    response.delete_cookie(COOKIE)
    return response


_DOOR = PageDoor(
    url=lambda: settings.CARNET.espace_url,
    language=_language,
    cookie=COOKIE,
    session=lambda request, token: Asked(request, person_session(token, moment()), token),
    sign_in=to_sign_in,
    stranger=lambda: render("foreign", {}, 403),
    refused=refused_page,
    failed=lambda reference: render("failed", {"reference": reference}, 500),
)
public, signed_in = _DOOR.public, _DOOR.signed_in


def set_cookie(response: HttpResponse, name: str, value: str, seconds: int, path: str = "/") -> None:
    """A cookie of this portal."""
    safety.set_cookie(response, name, value, seconds, settings.CARNET.espace_url, path)


def remember(response: HttpResponse, name: str, value: str) -> None:
    """Keep something for a year: a device, a language."""
    set_cookie(response, name, value, _A_YEAR)
