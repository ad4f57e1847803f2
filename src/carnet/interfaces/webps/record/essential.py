"""The ten-second record: what is new, what is dangerous, what is current; each line opens its document at the right place."""

from dataclasses import dataclass

from django.http import HttpResponse

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, documents, previous_visit
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.interfaces.webps.record.possible import possible
from carnet.pages.rows import Row, row
from carnet.pages.sparks import Spark, spark

NEW, RECENT, LINES = 5, 5, 5
_SECTIONS = ("vaccinations", "results", "stays", "problems", "history", "contacts")


@dataclass(frozen=True, slots=True)
class Result:
    """The last value of an examination with its trend."""

    series: profile.Series
    bound: int
    spark: Spark | None


def results(entries: list[profile.Entry], most: int) -> list[Result]:
    """Examinations with the newest value first."""
    found = profile.series(entries)[:most]
    return [Result(s, profile.out_of_bounds(s.last), spark(s)) for s in found]


def new_documents(opened: Opened) -> tuple[list[tuple[Row, list[str]]], bool]:
    """Documents that changed since the reader's last visit, with what is offered at once; and whether there are more."""
    found = documents(opened.visit, Query(count=NEW, new_since_last_visit=True))
    rows = [(row(d), [p.name for p in possible(opened.visit, d) if p.name == "annoncer"]) for d in found.items]
    return rows, found.more


def _history(entries: list[profile.Entry]) -> list[profile.Stated]:
    both = [*profile.stated(entries, "problems"), *profile.stated(entries, "history")]
    return sorted(both, key=lambda s: not s.first.content.active)


def _stays(entries: list[profile.Entry]) -> list[profile.Entry]:
    found = {(e.content.start, e.content.end): e for e in entries if e.section == "stays"}
    return sorted(found.values(), key=lambda e: e.content.start, reverse=True)


@record_page("essentiel", "GET", detail="summary", sections=_SECTIONS)
def essential(opened: Opened) -> Shown | HttpResponse:
    """One screen."""
    visit, entries = opened.visit, opened.entries
    recent = documents(visit, Query(sort="date", count=RECENT))
    new, more = new_documents(opened)
    context: Context = {
        "new": new, "more_new": more, "since": previous_visit(visit), "recent": [row(d) for d in recent.items],
        "treatments": opened.treatments(), "allergies": opened.allergies(), "results": results(entries, LINES),
        "vaccinations": profile.stated(entries, "vaccinations")[:LINES], "history": _history(entries),
        "stays": _stays(entries)[:3], "contacts": profile.stated(entries, "contacts"),
        "wishes": profile.stated(entries, "wishes"), "devices": profile.stated(entries, "devices"),
        "year": opened.asked.at.year,
    }  # fmt: skip
    return Shown("essential", context)
