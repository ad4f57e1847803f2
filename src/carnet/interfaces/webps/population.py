"""Who is due among the patients of a treating doctor: one visit to each record, each with its trace in the patient's journal."""

from dataclasses import dataclass

from django.http import HttpResponse

from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Listed, own_list, visiting
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import Refusal
from carnet.pages.civil import number_of
from carnet.pages.collation import in_order
from carnet.pages.prevention import Row, rows_of

PER_PAGE = 12
"""Records of one page: each is a consultation that its patient sees, so that nobody opens hundreds by a click."""
FAMILIES = ("vaccination", "screening")


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient, and what is due for them as far as their doctor may know."""

    listed: Listed
    handle: str
    due: list[Row]
    unstated: int
    closed: bool = False
    ageless: bool = False
    """Whether the birth date is not known whole: nothing can be computed."""
    partial: bool = False
    """Whether a part of the vaccinations is closed to the doctor: what is said due may have been done."""


def _own(asked: Asked) -> tuple[list[Listed], str]:
    try:
        listed = own_list(asked.ask(Act.OWN_LIST))
    except Refusal as refusal:
        return [], refusal.code
    # By name: pages stay the same when a record has something new.
    return sorted(
        (one for one in listed if one.treating_doctor and not one.obstacle and not one.secret), key=lambda one: in_order(one.name)
    ), ""


def _patient(asked: Asked, listed: Listed) -> Patient:
    handle = handle_of(Sought(listed.ins), asked.actor)
    try:
        with visiting(replace(asked.ask(Act.SEARCH), ins=listed.ins), detail="prevention") as visit:
            if not visit.opens("vaccinations"):
                return Patient(listed, handle, [], 0, closed=True)
            agenda = prevention.agenda_in(visit, profile.entries(visit, prevention.SECTIONS), asked.today)
            if agenda is None:
                return Patient(listed, handle, [], 0, ageless=True)
            due = [x for x in agenda.now if x.rule.family in FAMILIES]
            unstated = sum(x.rule.family in FAMILIES for x in agenda.to_tell)
            partial = bool(profile.narrowed(visit) & {"vaccinations"})
            return Patient(listed, handle, rows_of(agenda, due), unstated, partial=partial)
    except Refusal:
        return Patient(listed, handle, [], 0, closed=True)


@signed_in("GET", "POST")
def population(asked: Asked) -> HttpResponse:
    """The page: it opens records only when its button is pressed, a few at a time; an address alone opens none."""
    listed, refused = _own(asked)
    get = asked.request.GET
    number = min(number_of(get.get("page", "1"), 9999) or 1, max(1, -(-len(listed) // PER_PAGE)))
    shown = listed[(number - 1) * PER_PAGE : number * PER_PAGE]
    opened = [_patient(asked, one) for one in shown] if asked.request.method == "POST" else None
    context: dict[str, object] = {
        "tab": "patients", "total": len(listed), "count": len(shown), "patients": opened, "refused": refused, "page_number": number,
        "next": number + 1 if number * PER_PAGE < len(listed) else 0, "previous": number - 1,
    }  # fmt: skip
    return page(asked, "patients/population", context)
