"""Services: the catalogue, the page of each, what one opens to it line by line, what is connected, and taking it back."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import Agreement
from carnet.apps.catalogue import api as catalogue
from carnet.apps.records.api import Visit, consulted
from carnet.apps.signin.api import name_of
from carnet.interfaces.espace.door import Asked, page, public, render, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.home import journal_lines
from carnet.interfaces.espace.wording import Line
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.clock import day_in
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import saying

PATH = "/services"
FILTERS = {"gratuit": "Gratuit", "dispositif": "Dispositif médical", "sans-echange": "Sans échange de données"}
_HOLDING = tuple(c.section for c in catalogue.CATEGORIES.values() if c.section)


@dataclass(frozen=True, slots=True)
class Choice:
    """A thing that may be opened, as one row: reading, writing, and what is ticked today."""

    label: str
    perimeter: str
    why: str
    read: str
    write: str
    reads: bool
    writes: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What is asked for one purpose."""

    title: str
    rows: list[Choice]


def _group(purpose: catalogue.Purpose, offers: list[catalogue.Offer], held: frozenset[str]) -> Group:
    rows: dict[str, Choice] = {}
    for offer in offers:
        line, key = offer.line, offer.key
        known = rows.get(line.category) or Choice(
            gettext(catalogue.label_of(line.category)),
            gettext(catalogue.perimeter_of(line.category, line.perimeter)),
            line.why,
            "",
            "",
            False,
            False,
        )
        read, write = (key, known.write) if offer.verb == "read" else (known.read, key)
        rows[line.category] = Choice(known.label, known.perimeter, known.why, read, write, read in held, write in held)
    return Group(purpose.title, list(rows.values()))


def _groups(offers: list[tuple[catalogue.Purpose, list[catalogue.Offer]]], agreement: Agreement | None = None) -> list[Group]:
    lines = agreement.lines if agreement is not None else ()
    held = frozenset(f"{x.purpose}/{x.category}/{x.verb}" for x in lines)
    return [_group(purpose, listed, held) for purpose, listed in offers]


def _ends(opened: Opened, held: Agreement | None) -> Context:
    """The ends that may be chosen, and the one that is chosen at first: that of the agreement, which no change moves by itself."""
    zone = settings.LAW.civil_zone
    same = [(catalogue.SAME_END, day_in(held.expires_at, zone))] if held is not None else []
    ends = [(key, catalogue.months_later(opened.asked.today, months)) for key, months in catalogue.DURATIONS.items()]
    return {"ends": [*same, *ends], "proposed": catalogue.SAME_END if held is not None else catalogue.PROPOSED}


@dataclass(frozen=True, slots=True)
class ConnectedService:
    """A connected service in words."""

    service: catalogue.Service
    agreement: Agreement
    reads: str
    writes: str
    last: Line | None


def _words(categories: Iterable[str]) -> str:
    found = list(dict.fromkeys(gettext(catalogue.label_of(c)) for c in categories))
    return ", ".join([*found[:1], *(f"{f[:1].lower()}{f[1:]}" for f in found[1:])])


def _last(lines: list[Line], service: UUID) -> Line | None:
    keys = (f"service:{service}", f"assistant:{service}")
    return next((x for x in lines if x.actor in keys and not x.refused), None)


def _connected(visit: Visit, lines: list[Line]) -> list[ConnectedService]:
    return [
        ConnectedService(
            c.service, c.agreement, _words(x.category for x in c.agreement.lines if x.verb == "read"),
            _words(x.category for x in c.agreement.lines if x.verb == "write"), _last(lines, c.service.id),
        ) for c in catalogue.connected_in(visit)
    ]  # fmt: skip


def _found(request: HttpRequest, visit: Visit | None = None) -> Context:
    words, theme = request.GET.get("q", "")[:80], request.GET.get("theme", "")
    chosen = [f for f in request.GET.getlist("filtre") if f in catalogue.FILTERS]
    services = catalogue.found_services(visit, words, theme if theme in catalogue.THEMES else "", chosen)
    return {
        "services": services, "words": words, "theme": theme, "chosen": chosen,
        "themes": [(code, gettext(label)) for code, label in catalogue.THEMES.items()],
        "filters": [(code, gettext(label)) for code, label in FILTERS.items()],
    }  # fmt: skip


@record_page("acces", "GET", detail="services", sections=_HOLDING)
def overview(opened: Opened) -> Shown:
    """The catalogue, and what is connected. What may be of use is worked out from the page and kept nowhere."""
    visit, asked = opened.visit, opened.asked
    mine = visit.may(Act.CHOOSE_RIGHTS)
    # Carers see the catalogue, which is everybody's; what is connected is not theirs to know.
    consulting = mine and visit.may(Act.OWN_TRACES)
    if consulting:
        consulted(visit, Act.OWN_TRACES)
    lines = journal_lines(visit, asked.actor.key) if consulting else []
    connected = _connected(visit, lines) if mine else []
    context = _found(asked.request, visit)
    held = {c.code for c in catalogue.CATEGORIES.values() if any(e.section == c.section for e in opened.entries)}
    proposed = catalogue.proposed(held, [c.service.id for c in connected], catalogue.found_services(visit)) if mine else []
    return Shown("services/list", context | {
        "connected": connected, "mine": mine, "connected_ids": {c.service.id for c in connected}, "base": "espace/base.html",
        "proposed": [(s, gettext(catalogue.label_of(c))) for s, c in proposed], "path": PATH,
    })  # fmt: skip


def _card(service: catalogue.Service) -> Context:
    card = service.listed
    if card is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return {
        "service": service, "card": card, "groups": _groups(catalogue.offers_of(card)), "assistant": card.kind == "assistant",
        "themes": [gettext(catalogue.THEMES[t]) for t in card.themes], "count": catalogue.criteria_count(service),
    }  # fmt: skip


@record_page("acces", "GET", detail="services")
def one(opened: Opened, number: UUID) -> Shown:
    """The page of a service."""
    service = catalogue.shown_service(opened.visit, number)
    held = _connected(opened.visit, []) if opened.visit.may(Act.CHOOSE_RIGHTS) else []
    mine = next((c for c in held if c.service.id == number), None)
    return Shown("services/service", _card(service) | {
        "mine": mine, "may_launch": mine is not None and service.listed is not None and bool(service.listed.launch),
        "base": "espace/base.html", "path": PATH, "signed": True,
    })  # fmt: skip


@public("GET")
def catalogue_list(request: HttpRequest) -> HttpResponse:
    """The catalogue for everybody, without signing in."""
    return render("services/list", _found(request) | {"base": "espace/public.html", "path": "/catalogue", "mine": False})


@public("GET")
def catalogue_one(request: HttpRequest, number: UUID) -> HttpResponse:
    """The page of a service for everybody."""
    service = catalogue.shown_service(None, number)
    return render("services/service", _card(service) | {"base": "espace/public.html", "path": "/catalogue", "signed": False})


def _leave(address: str) -> HttpResponse:
    """Leave for the authorisation server, and from there for the service, by a page of its own: a redirection after a form would be
    held by the policy of our forms, at our own door and at every door that the service sends its people on to."""
    return render("services/leaving", {"address": address})


def _form(opened: Opened, asking: catalogue.Asked, ticket: str, problem: str = "", status: int = 200) -> Shown:
    """The page of consent: purposes, lines, an end. Nothing is ticked but what holds already."""
    if not opened.visit.may(Act.CONNECT_SERVICE):
        raise Refusal(No.MINOR_THROUGH_REPRESENTATIVE if opened.minor else No.FUNCTION_NOT_ALLOWED)
    held = next((c.agreement for c in catalogue.connected_in(opened.visit) if c.service.id == asking.service.id), None)
    traits = opened.visit.traits
    return Shown("services/consent", {
        "service": asking.service, "card": asking.card, "groups": _groups(asking.offers, held), "agreement": held,
        "ticket": ticket, "action": f"{PATH}/accord", "again": f"{PATH}/accord?demande={ticket}",
        "problem": problem, "assistant": asking.card.kind == "assistant", "whose": name_of(traits), "minor": opened.minor,
        "until_of_age": opened.asked.actor.kind is ActorKind.REPRESENTATIVE,
    } | _ends(opened, held), status)  # fmt: skip


@record_page("acces", "GET", detail="services")
def _consent(opened: Opened) -> Shown:
    """What a service asks for: the page where the browser was sent by it."""
    ticket = opened.asked.request.GET.get("demande", "")[:64]
    return _form(opened, catalogue.asked_in(opened.visit, ticket), ticket)


@signed_in("POST")
def _agree(asked: Asked) -> HttpResponse:
    """Agree to what is ticked, or refuse everything; then leave for the service."""
    ticket, ticked = asked.form.text("demande", 64), asked.request.POST.getlist("ligne")
    if asked.form.text("choix", 10) == "refuser":
        return _leave(catalogue.refuse(asked.ask(Act.CONNECT_SERVICE), asked.record, ticket))
    session = catalogue.Session(asked.session.id, asked.session.signed_in_at)
    return _leave(
        catalogue.agree(asked.ask(Act.CONNECT_SERVICE), asked.record, ticket, ticked, asked.form.text("duree", 4), session)
    )


@record_page("acces", "GET", detail="services")
def _change(opened: Opened, number: UUID) -> Shown:
    """Change what one opened to a connected service."""
    held = next((c for c in catalogue.connected_in(opened.visit) if c.service.id == number), None)
    if held is None or held.service.listed is None or not opened.visit.may(Act.CHOOSE_RIGHTS):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    card = held.service.listed
    return Shown("services/consent", {
        "service": held.service, "card": card, "groups": _groups(catalogue.offers_of(card), held.agreement),
        "agreement": held.agreement, "ticket": "",
        "action": f"{PATH}/{number}/accord", "assistant": card.kind == "assistant", "whose": name_of(opened.visit.traits),
        "until_of_age": opened.asked.actor.kind is ActorKind.REPRESENTATIVE, "minor": opened.minor,
    } | _ends(opened, held.agreement))  # fmt: skip


@signed_in("POST")
def _changed(asked: Asked, number: UUID) -> HttpResponse:
    """Keep what is ticked now; nothing ticked withdraws."""
    ticked = asked.request.POST.getlist("ligne")
    catalogue.change_agreement(asked.ask(Act.CONNECT_SERVICE), asked.record, number, ticked, asked.form.text("duree", 4))
    return saying(asked, PATH, "service-change" if ticked else "service-retire")


@signed_in("POST")
def withdraw(asked: Asked, number: UUID) -> HttpResponse:
    """Take the agreement back: the next reading is refused, the service is told."""
    catalogue.withdraw_service(asked.ask(Act.CHOOSE_RIGHTS), asked.record, number)
    return saying(asked, PATH, "service-retire")


@signed_in("POST")
def launch(asked: Asked, number: UUID) -> HttpResponse:
    """Open a connected service from here."""
    return _leave(catalogue.launch(asked.ask(Act.CHOOSE_RIGHTS), asked.record, number))


@record_page("acces", "GET", detail="services")
def preview(opened: Opened, number: UUID) -> Shown:
    """What a connected assistant is told, in the very words that it gets."""
    if not opened.visit.may(Act.CHOOSE_RIGHTS):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    service = catalogue.shown_service(opened.visit, number)
    if not catalogue.is_assistant(service):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    words = opened.asked.request.GET.get("mots", "")[:80]
    # Looking through the eyes of an assistant is the person's own act, and the journal says so.
    consulted(opened.visit, Act.PREVIEW_RIGHTS)
    told = [(tool, catalogue.previewed(opened.visit, service, tool.name, words if tool.name == "chercher" else ""))
            for tool in catalogue.TOOLS if tool.name != "chercher" or words]  # fmt: skip
    return Shown("services/preview", {"service": service, "told": told, "words": words})


@record_page("acces", "GET", detail="services")
def complaint(opened: Opened, number: UUID) -> Shown:
    """The form of somebody who reports a problem with a service."""
    return Shown("services/complaint", {"service": catalogue.shown_service(opened.visit, number)})


@signed_in("POST")
def complain(asked: Asked, number: UUID) -> HttpResponse:
    """Keep what is reported, without who reports it."""
    text = asked.form.text("texte", 2000)
    if not text:
        return page(asked, "services/complaint", {"tab": "acces", "service": catalogue.shown_service(None, number),
                                                  "problems": [("texte", gettext("Écrivez ce qui ne va pas."))]}, 400)  # fmt: skip
    catalogue.complain(number, text, asked.at)
    return saying(asked, f"{PATH}/{number}", "service-signale")


def consent_page(request: HttpRequest) -> HttpResponse:
    """The page where a service sends its person, and its form."""
    return _agree(request) if request.method == "POST" else _consent(request)


def change_page(request: HttpRequest, number: UUID) -> HttpResponse:
    """The page that changes an agreement, and its form."""
    return _changed(request, number=number) if request.method == "POST" else _change(request, number=number)
