"""The ten-second record: what is new, what is dangerous, what is current; each line opens its document at the right place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.http import HttpResponse

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, criteria, documents, previous_visit
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.interfaces.webps.record.possible import possible
from carnet.interfaces.webps.record.prevention import due_context
from carnet.pages.changes import changes
from carnet.pages.rows import Row, row
from carnet.pages.sparks import Spark, spark

NEW, RECENT, LINES = 5, 5, 5
_SECTIONS = ("vaccinations", "results", "vitals", "habits", "obstetrics", "equipment", "stays", "problems", "history", "contacts")
_C = profile.Course
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Result:
    """The last value of an examination with its trend."""

    series: profile.Series
    bound: int
    spark: Spark | None


def results(entries: list[profile.Entry], most: int, section: str = "results") -> list[Result]:
    """Examinations with the newest value first."""
    found = profile.series(entries, section)[:most]
    return [Result(s, profile.out_of_bounds(s.last), spark(s)) for s in found]


def new_documents(opened: Opened) -> tuple[list[tuple[Row, list[str]]], bool]:
    """Documents that changed since the reader's last visit, with what is offered at once; and whether there are more."""
    found = documents(opened.visit, Query(count=NEW, new_since_last_visit=True))
    rows = [(row(d), [p.name for p in possible(opened.visit, d) if p.name == "annoncer"]) for d in found.items]
    return rows, found.more


def _history(entries: list[profile.Entry], today: date) -> list[profile.Stated]:
    """Illnesses and what was done, those that last first."""
    both = [*profile.stated(entries, "problems"), *profile.stated(entries, "history")]
    return sorted(both, key=lambda s: s.first.content.over(today))


def _over(entries: list[profile.Entry], section: str, today: date) -> list[profile.Stated]:
    """What was there and is over, by the word of its source: not among the dangers, and not gone from the record."""
    return [s for s in profile.stated(entries, section) if s.first.content.over(today)]


def _treatments(opened: Opened) -> Context:
    """Treatments by what is known of them today: going on, silent, and those that ended within a year."""
    today = opened.asked.today
    return {
        "treatments": profile.in_course(opened.taken, _C.CURRENT, _C.LATER), "silent": profile.in_course(opened.taken, _C.SILENT),
        "ended": profile.ended_lately(opened.taken, today), "no_treatments": profile.absences(opened.entries, "treatments"),
    }  # fmt: skip


ON_PAPER = 8
"""Lines of a part of the sheet for a colleague; allergies and treatments are never cut, and what is cut says so."""


def _cut(lines: Sequence[_T]) -> tuple[Sequence[_T], int]:
    return lines[:ON_PAPER], max(len(lines) - ON_PAPER, 0)


@record_page("essentiel", "GET", detail="summary", sections=_SECTIONS)
def colleague_sheet(opened: Opened) -> Shown | HttpResponse:
    """One sheet of paper for a colleague: what is dangerous, taken and known, the last results, the last documents."""
    entries, today = opened.entries, opened.asked.today
    found = documents(opened.visit, Query((criteria.by_statuses(["Approved"]),), sort="date", count=ON_PAPER, total=True))
    context: Context = {
        "allergies": opened.going("allergies"), "devices": opened.going("devices"),
        "history": _cut(_history(entries, today)), "results": _cut(results(entries, profile.SUMMARY)),
        "contacts": _cut(profile.stated(entries, "contacts")), "wishes": _cut(profile.stated(entries, "wishes")),
        "documents": ([row(d) for d in found.items], max((found.total or 0) - ON_PAPER, 0)),
    }  # fmt: skip
    return Shown("sheet", context | _treatments(opened))


@record_page("essentiel", "GET", detail="summary", sections=_SECTIONS)
def essential(opened: Opened) -> Shown | HttpResponse:
    """One screen."""
    visit, entries, today = opened.visit, opened.entries, opened.asked.today
    recent = documents(visit, Query(sort="date", count=RECENT))
    new, more = new_documents(opened)
    since = previous_visit(visit)
    changed, more_changes = changes(entries, opened.taken, since, opened.asked.at)
    context: Context = {
        "new": new, "more_new": more, "since": since, "changed": changed, "more_changes": more_changes,
        "recent": [row(d) for d in recent.items],
        "allergies": opened.going("allergies"), "results": results(entries, LINES), "history": _history(entries, today),
        "measures": [r for s in ("vitals", "habits", "obstetrics") for r in results(entries, LINES, s)],
        "stays": profile.stays_of(entries)[:3],
        "contacts": profile.stated(entries, "contacts"), "wishes": profile.stated(entries, "wishes"),
        "devices": opened.going("devices"), "equipment": opened.going("equipment"),
        "gone": {s: _over(entries, s, today) for s in ("allergies", "devices")},
        "absent": {s: profile.absences(entries, s) for s in ("problems", "history", "vaccinations", "devices")},
    }  # fmt: skip
    return Shown("essential", context | _treatments(opened) | due_context(opened))
