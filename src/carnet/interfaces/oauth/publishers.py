"""The space of publishers: their services, the file of each, its examination, the clients that their software registers."""

import json
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from carnet.apps.access.api import told
from carnet.apps.catalogue import api as catalogue
from carnet.apps.signin.api import return_publisher, start_publisher
from carnet.interfaces.oauth.done import said
from carnet.interfaces.oauth.door import page_view, render
from carnet.interfaces.oauth.wording import ACTS, LINES, STATES, problem_of
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages import safety
from carnet.pages.door import PageDoor, Posting
from carnet.pages.safety import form_token
from carnet.pages.said import forgotten, said_here, saying
from carnet.pages.sealed import opened_text, sealed_text

COOKIE, STARTED, CONTEXT = "carnet-editeur", "carnet-editeur-debut", "publisher-session"
LASTS = timedelta(hours=1)
PATH = "/editeur"
_NOBODY = {"siret": "", "name": "", "company": "", "email": "", "ends": "1970-01-01T00:00:00+00:00"}


class Asked(Posting):
    """A request of somebody who acts for a publisher."""

    said_cookie = f"{COOKIE}-dit"

    @property
    def door_url(self) -> str:
        """The address of this door."""
        return str(settings.CARNET.oauth_url)

    def __init__(self, request: HttpRequest, who: dict[str, str], token: str) -> None:
        self.at, self.request = moment(), request
        self.email = who["email"]
        self.by = catalogue.By(catalogue.Side.PUBLISHER, who["name"], who["siret"], who["company"])
        self.form_token = form_token("publisher", token)


def page(asked: Asked, name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page of a publisher."""
    shared: dict[str, object] = {"form_token": asked.form_token, "by": asked.by, "now": asked.at,
                                 "done": said(said_here(asked)[0])}  # fmt: skip
    return forgotten(asked, render(f"publisher/{name}", shared | context, status))


def _session(request: HttpRequest, token: str) -> Asked:
    who = json.loads((opened_text(token, CONTEXT) if token else None) or json.dumps(_NOBODY))
    if datetime.fromisoformat(who["ends"]) <= moment() or catalogue.visit_ended(token):
        raise Refusal(No.AUTHENTICATION_MISSING)
    return Asked(request, who, token)


_DOOR = PageDoor(
    url=lambda: settings.CARNET.oauth_url,
    language=lambda _request: "fr",
    cookie=COOKIE,
    session=_session,
    # The first address is the entrance itself, and no error.
    sign_in=lambda request: render("publisher/out", {}, 200 if request.path == "/editeur" else 401),
    stranger=lambda: render("publisher/out", {}, 403),
    refused=lambda _request, refusal, status: render("refused", {"told": told(refusal.code), "code": refusal.code}, status),
    failed=lambda reference: render("broken", {"reference": reference}, 500),
)
signed_in = _DOOR.signed_in


def _cookie(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    safety.set_cookie(response, name, value, seconds, settings.CARNET.oauth_url, PATH)


@page_view("GET")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Leave for ProConnect."""
    address, browser = start_publisher(moment())
    response = HttpResponseRedirect(address)
    _cookie(response, STARTED, browser, 600)
    return response


@page_view("GET")
def returned(request: HttpRequest) -> HttpResponse:
    """Come back from ProConnect."""
    at = moment()
    who = return_publisher(request.GET.get("state", ""), request.GET.get("code", ""), request.COOKIES.get(STARTED, ""), at)
    kept = {"siret": who.siret, "name": who.name, "company": who.company, "email": who.email, "ends": (at + LASTS).isoformat()}
    response = HttpResponseRedirect(PATH)
    _cookie(response, COOKIE, sealed_text(json.dumps(kept), CONTEXT), int(LASTS.total_seconds()))
    response.delete_cookie(STARTED, path=PATH)
    return response


@signed_in("POST")
def leave(asked: Asked) -> HttpResponse:
    """Leave: the cookie ends here as well as in the browser."""
    catalogue.end_visit(asked.request.COOKIES.get(COOKIE, ""), asked.at + LASTS)
    response = HttpResponseRedirect(PATH)
    response.delete_cookie(COOKIE, path=PATH)
    return response


@signed_in("GET")
def home(asked: Asked) -> HttpResponse:
    """The services of the publisher."""
    return page(asked, "home", {"services": [(s, STATES[s.state]) for s in catalogue.files_of(asked.by)]})


@signed_in("POST")
def new(asked: Asked) -> HttpResponse:
    """Begin a file."""
    name = asked.form.text("nom", 60)
    if len(name) < 2:
        return page(asked, "home", {"services": [(s, STATES[s.state]) for s in catalogue.files_of(asked.by)],
                                    "problems": [("nom", "Écrivez le nom du service.")]}, 400)  # fmt: skip
    try:
        number = catalogue.open_file(asked.by, asked.email, name, asked.at)
    except catalogue.ReferencingError as error:
        return page(asked, "home", {"services": [(s, STATES[s.state]) for s in catalogue.files_of(asked.by)],
                                    "problems": [("nom", problem_of(error))]}, 409)  # fmt: skip
    return saying(asked, f"{PATH}/{number}", "ouvert")


def _problems(file: catalogue.File) -> list[tuple[str, str]]:
    """What is wrong with the card as it is kept, field by field."""
    try:
        catalogue.read_card(file.service.draft)
    except catalogue.CardError as error:
        return _named(error)
    return []


def _named(error: catalogue.CardError) -> list[tuple[str, str]]:
    return [(field, f"{_FIELDS.get(field, field)} : {why}") for field, why in error.problems]


_FOR_GOOD = ("submit", "sign", "hide")
"""Acts that are read about before they are done."""
_FIELDS = {
    "name": "Nom", "tagline": "En une phrase", "themes": "Thèmes", "price": "Prix", "hosting": "Hébergement", "site": "Site",
    "terms": "Conditions d’utilisation", "privacy": "Confidentialité", "launch": "Adresse d’ouverture", "purposes": "Finalités",
    "device": "Dispositif médical", "accessibility": "Accessibilité", "destination": "Où partent les données",
}  # fmt: skip


def _file(
    asked: Asked, number: UUID, problems: list[tuple[str, str]] | None = None, status: int = 200, shown: str = "",
    typed: tuple[dict[str, Any], dict[str, dict[str, str]]] | None = None,
) -> HttpResponse:  # fmt: skip
    """`typed`: what was sent and could not be kept, shown again so that nothing typed is lost."""
    file = catalogue.file_of(asked.by, number)
    card, answers = typed or (file.service.draft, file.service.answers)
    families = [
        (file.criteria.families[family], [(c, answers.get(c.code, {})) for c in file.concerned if c.family == family])
        for family in file.criteria.families
    ]
    context: dict[str, object] = {
        "file": file, "service": file.service, "card": card, "state": STATES[file.service.state],
        "themes": catalogue.THEMES, "families": [(title, rows) for title, rows in families if rows],
        "purposes": _purposes(card), "perimeters": catalogue.PERIMETERS, "missing": file.missing,
        "acts": [(act, ACTS[act], catalogue.MOVES[act].reasoned, act in _FOR_GOOD) for act in file.acts(catalogue.Side.PUBLISHER)],
        "editable": file.editable, "months": file.criteria.agreement_months,
        "problems": problems or [], "still": _problems(file), "clients": catalogue.clients_of(asked.by, number),
        "steps": [(s, LINES.get(s.act, s.act), STATES[s.state]) for s in file.steps], "shown": shown,
        "registration": f"{settings.CARNET.oauth_url}/register", "may_register": file.service.lives,
        "screens": "\n".join(card.get("screens", ())),
    }  # fmt: skip
    return page(asked, "file", context, status)


@signed_in("GET")
def file_page(asked: Asked, number: UUID) -> HttpResponse:
    """A file: card, criteria, examination, clients."""
    return _file(asked, number)


MOST_PURPOSES = 4


def _rows() -> list[tuple[str, str, catalogue.Category]]:
    """What a line may name: code, label, category. Measures one by one."""
    found = []
    for category in catalogue.CATEGORIES.values():
        if category.code == "measures":
            found += [(f"measures.{m.code}", m.label, category) for m in catalogue.MEASURES_LIST]
        else:
            found += [(category.code, category.label, category)]
    return found


def _purposes(card: dict[str, Any]) -> list[dict[str, object]]:
    """Purposes as the form shows them: those that are written, and an empty one."""
    held = list(card.get("purposes", ()))
    shown = [*held, *([{}] if len(held) < MOST_PURPOSES else [])]
    return [
        {"number": n, "code": p.get("code", ""), "title": p.get("title", ""), "rows": [
            (code, label, category, next((x for x in p.get("lines", ()) if x.get("category") == code), {}),
             catalogue.writable(code))
            for code, label, category in _rows()
        ]} for n, p in enumerate(shown)
    ]  # fmt: skip


def _posted_purposes(asked: Asked) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for n in range(MOST_PURPOSES):
        title = asked.form.text(f"f{n}-titre", 120)
        lines = []
        for code, _label, _category in _rows():
            verbs = [v for v, field in (("read", "lire"), ("write", "ecrire")) if asked.form.yes(f"f{n}-{code}-{field}")]
            if verbs:
                lines.append({"category": code, "verbs": verbs, "perimeter": asked.form.text(f"f{n}-{code}-perimetre", 10) or "all",
                              "why": asked.form.text(f"f{n}-{code}-pourquoi", 160)})  # fmt: skip
        if title or lines:
            code = asked.form.text(f"f{n}-code", 31) or _code_of(title, n)
            found.append({"code": code, "title": title, "lines": lines})
    return found


def _code_of(title: str, number: int) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", title.lower().encode("ascii", "ignore").decode()).strip("-")[:24]
    return f"{plain or 'finalite'}-{number + 1}" if not plain[:1].isalpha() else plain if len(plain) > 1 else f"{plain}-1"


def _posted_card(asked: Asked) -> dict[str, Any]:
    form = asked.form
    return {
        "name": form.text("name", 60), "tagline": form.text("tagline", 120), "description": form.text("description", 4000),
        "kind": "assistant" if form.text("kind", 12) == "assistant" else "application",
        "themes": form.many("themes", catalogue.THEMES), "device": form.text("device", 4), "price": form.text("price", 120),
        "model": form.text("model", 300), "hosting": form.text("hosting", 200), "accessibility": form.text("accessibility", 300),
        "destination": form.text("destination", 600), "site": form.text("site", 300), "terms": form.text("terms", 300),
        "privacy": form.text("privacy", 300), "help": form.text("help", 300), "launch": form.text("launch", 300),
        "screens": [line.strip()[:200] for line in form.text("screens", 1300).splitlines() if line.strip()][:6],
        "purposes": _posted_purposes(asked),
    }  # fmt: skip


def _version(asked: Asked) -> int:
    return asked.form.number("version", 10**6) or 0


@signed_in("POST")
def write(asked: Asked, number: UUID) -> HttpResponse:
    """Keep the card and what was answered to the criteria: one form, so that neither is lost for the other."""
    file = catalogue.file_of(asked.by, number)
    answers = {
        c.code: {"answer": a, "proof": asked.form.text(f"{c.code}-preuve", 2000)}
        for c in file.criteria.criteria if (a := asked.form.text(c.code, 16)) in catalogue.ANSWERS
    }  # fmt: skip
    card = _posted_card(asked)
    try:
        catalogue.write_file(asked.by, number, _version(asked), card, answers, asked.at)
    except catalogue.ReferencingError as error:
        return _file(asked, number, [("fiche", problem_of(error))], 409, typed=(card, answers))
    return saying(asked, f"{PATH}/{number}", "dossier-liste" if file.service.lives else "dossier")


@signed_in("POST")
def act(asked: Asked, number: UUID) -> HttpResponse:
    """Do an act of the file's life: submit, answer, sign, hide, show, ask for a renewal."""
    try:
        name = asked.form.text("acte", 20)
        catalogue.act_on_file(asked.by, number, name, asked.form.text("texte", 2000), asked.at)
    except catalogue.CardError as error:
        return _file(asked, number, _named(error), 400)
    except catalogue.ReferencingError as error:
        return _file(asked, number, [("acte", problem_of(error))], 409)
    return saying(asked, f"{PATH}/{number}", name)


@signed_in("POST")
def client_token(asked: Asked, number: UUID) -> HttpResponse:
    """Give the token with which software registers a client of this service, once, within a week."""
    try:
        token = catalogue.registration_token(asked.by, number, asked.at)
    except catalogue.ReferencingError as error:
        return _file(asked, number, [("clients", problem_of(error))], 409)
    return _file(asked, number, shown=token)


@signed_in("POST")
def cut_client(asked: Asked, number: UUID) -> HttpResponse:
    """End a client of this service, with everything that it holds."""
    catalogue.cut_client(asked.by, number, asked.form.text("client", 64), asked.at)
    return saying(asked, f"{PATH}/{number}", "client-fin")
