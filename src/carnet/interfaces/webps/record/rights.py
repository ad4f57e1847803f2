"""Wishes, contacts, administrative data; who is authorised and who is not; alerts; the calendar of announcements; presence."""

from django.http import HttpResponse

from carnet.apps.access.api import Named
from carnet.apps.profile import api as profile
from carnet.apps.records.api import (
    Query,
    alert_of,
    consulted,
    criteria,
    documents,
    named_in,
    names_in,
    presence_card,
    set_alert,
    withdraw_authorisation,
)
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import secrecy_of, sought_of
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.kernel.actor import Situation
from carnet.kernel.ask import Act
from carnet.kernel.codes import HIDDEN_FROM_PATIENT
from carnet.pages.rows import clinical_classes, row
from carnet.pages.said import saying

_SECTIONS = ("contacts", "wishes")


def _people(opened: Opened, found: list[Named]) -> list[tuple[Named, str, Situation | None]]:
    known = names_in(opened.visit, [n.subject_id for n in found])
    return [(n, *known.get(n.subject_id, (n.subject_id, None))) for n in found]


def _waiting(opened: Opened) -> list[object]:
    """Documents that the patient does not see yet, with the day on which each opens by itself."""
    query = Query((criteria.by_label(HIDDEN_FROM_PATIENT), criteria.by_statuses(("Approved",))), sort="date", count=50)
    return [row(d) for d in documents(opened.visit, query).items]


@record_page("volontes", "GET", detail="wishes", sections=_SECTIONS)
def wishes(opened: Opened) -> Shown | HttpResponse:
    """Wishes and contacts, what waits for an announcement, alerts, the presence card."""
    entries, stated = opened.entries, profile.stated
    context: Context = {
        "contacts": stated(entries, "contacts"), "wishes": stated(entries, "wishes"), "alert": alert_of(opened.visit),
        "classes": clinical_classes(), "waiting": _waiting(opened),
    }  # fmt: skip
    return Shown("wishes", context)


@record_page("volontes", "GET", detail="rights")
def rights(opened: Opened) -> Shown | HttpResponse:
    """Who is authorised (TD1.6) and administrative data (TD1.3a): consultations of their own, each with its trace."""
    visit, context = opened.visit, dict[str, object]()
    if visit.may(Act.LIST_AUTHORISED):
        consulted(visit, Act.LIST_AUTHORISED)
        context["people"] = _people(opened, named_in(visit))
    if visit.may(Act.READ_ADMINISTRATIVE):
        consulted(visit, Act.READ_ADMINISTRATIVE)
        context["switches"] = visit.facts.access
    return Shown("rights", context)


@record_page("volontes", "POST")
def alert(opened: Opened) -> Shown | HttpResponse:
    """Be told, by mail and without content, of new documents of these classes."""
    post = opened.asked.request.POST
    wanted = frozenset(post.getlist("classe")) if "suivre" in post else None
    set_alert(opened.visit, wanted)
    return saying(opened.asked, f"{opened.base}/volontes", "alerte" if wanted is not None else "alerte-fin")


@signed_in("POST")
def withdraw(asked: Asked, handle: str) -> HttpResponse:
    """The professional gives their own access up (TD0.3 SUPPRESSION)."""
    withdraw_authorisation(asked.about(sought_of(handle, asked.actor), Act.WITHDRAW_AUTHORISATION))
    return saying(asked, f"/porte/{handle}", "accord-retire")


@signed_in("POST")
def card(asked: Asked, handle: str) -> HttpResponse:
    """A card of single-use codes for the patient, to be printed: it is shown once and kept nowhere in clear."""
    sought = sought_of(handle, asked.actor)
    codes_of_card, until = presence_card(asked.about(sought, Act.DECLARE_AUTHORISATION))
    context: Context = {"codes": codes_of_card, "until": until, "handle": handle, "ins": sought.ins, "tab": "patients",
                        **secrecy_of(sought, asked.actor)}  # fmt: skip
    return page(asked, "record/presence_card", context)
