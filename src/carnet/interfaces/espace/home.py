"""The first page: what waits for me, who looked, my confidentiality in sentences."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse

from carnet.apps.access import api as access
from carnet.apps.catalogue import api as catalogue
from carnet.apps.prevention import api as prevention
from carnet.apps.records import api as records
from carnet.apps.records.api import Query, Visit, criteria, documents, lines_shown, unseen_actors, waiting_since
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.wording import PERSONS, Line, line_of, merged, worth_telling
from carnet.kernel.ask import Act
from carnet.pages.rows import row

NEW, SEEN = 4, 4
RECENT = timedelta(days=30)
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Privacy:
    """The state of one's confidentiality, in figures that the page says in sentences."""

    readers: int
    masked: int
    blocked: int
    choices: access.Choices


def journal_lines(visit: Visit, me: str) -> list[Line]:
    """The lines that the reader may see, in words, the newest first."""
    shown = [n for n in lines_shown(visit) if worth_telling(n.entry)]
    behalf = {str(n.entry["on_behalf_of"]) for n in shown if n.entry.get("on_behalf_of")}
    about = {str(n.entry.get("detail", "")).partition(":")[2] for n in shown}
    # Whom the reader may not know of is named by no line: not by one that is about them either.
    unseen = unseen_actors(visit)
    named = behalf | {one for one in about if one.isdecimal() and f"professional:{one}" not in unseen}
    known = {number: name for number, (name, _) in records.names_in(visit, named).items()}
    known |= {one: place.name for one in sorted(named - set(known)) if (place := records.structure_in(visit, one))}
    known |= catalogue.names_of(visit, about)
    return [line_of(n, me, known) for n in shown]


def privacy_of(visit: Visit, at: datetime) -> Privacy:
    """Counts of what the reader sees."""
    found = records.named_in(visit)
    readers = {
        n.subject_id for n in found if n.kind == "authorised" and n.subject_kind == "person" and (not n.until or n.until > at)
    }
    masked = documents(visit, Query((criteria.by_label("MASQUE_PS"),), count=1, total=True)).total or 0
    blocked = sum(1 for n in found if n.kind == "blocked")
    return Privacy(len(readers), masked, blocked, records.choices_in(visit))


def _unread(visit: Visit, lines: list[Line], at: datetime) -> list[UUID]:
    """Documents that came in the last month and that the person has not opened."""
    query = Query((criteria.by_date("_lastUpdated", "ge", at - RECENT, at - RECENT), criteria.by_statuses(["Approved"])), count=60)
    read = {d for line in lines if line.kind in PERSONS and line.act == Act.READ for d in line.documents}
    return [d.logical_id for d in documents(visit, query).items if not d.facts.by_patient and str(d.logical_id) not in read]


def _coming(opened: Opened) -> list[prevention.Event]:
    """What is booked for today and tomorrow: the reminder that stands here says what it is, as no mail does."""
    today = opened.asked.today
    held = prevention.events_in(opened.visit, today, today + timedelta(days=1))
    return [e for e in held if e.status == prevention.BOOKED]


def _open_cases(opened: Opened) -> list[access.Case]:
    return [c for c in records.cases_in(opened.visit) if c.state != "answered"]


def _answers(opened: Opened) -> list[access.Case]:
    """Answers of the last month: what was concluded stands on the first page."""
    at = opened.asked.at
    return [c for c in records.cases_in(opened.visit) if c.answered_at is not None and at - c.answered_at <= RECENT]


@record_page("accueil", "GET", detail="home")
def home(opened: Opened) -> Shown | HttpResponse:
    """The page. Somebody who may not read the journal (a carer) gets the documents alone."""
    visit, at = opened.visit, opened.asked.at
    may_look = visit.may(Act.OWN_TRACES)
    lines = journal_lines(visit, opened.asked.actor.key) if may_look else []
    unread = _unread(visit, lines, at) if may_look else []
    listed = documents(visit, Query(sort="date", count=60)).items
    new = [row(d) for d in listed if d.logical_id in unread][:NEW]
    waits = waiting_since(visit)
    others = [
        line for line in merged(lines) if line.kind not in PERSONS and line.kind not in ("timer", "operator", "correspondent")
    ]
    context: Context = {
        "new": new, "more_new": len(unread) > NEW, "recent": [row(d) for d in listed[:NEW]],
        "opens_at": waits + settings.LAW.visible_by_itself_after if waits else None,
        "lines": [line for line in others if at - line.at <= WEEK][:SEEN], "may_look": may_look,
        "privacy": privacy_of(visit, at) if visit.may(Act.CHOOSE_RIGHTS) else None,
        "cases": _open_cases(opened) if may_look else [], "answers": _answers(opened) if may_look else [],
        "coming": _coming(opened),
    }  # fmt: skip
    return Shown("home", context)
