"""Parcours de soins: documents and stays by year, month and day."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpResponse

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, criteria, documents
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.pages.civil import begins, civil, number_of
from carnet.pages.rows import Row, row

MOST = 400
"""Lines of one year: more are read in the list, month by month."""
YEARS_BACK = 120


@dataclass(frozen=True, slots=True)
class Step:
    """A day of the path: documents of that day, or a stay that begins on it."""

    day: date
    documents: list[Row]
    stay: profile.Stated | None = None
    told: str = ""
    """A year or a month, where that is all that the documents say: they stand with its first day."""


def _civil(iso: str) -> date:
    whole = profile.first_day(iso) if len(iso) <= len("2026-11-29") else None
    return whole or civil(datetime.fromisoformat(iso)).date()


def _steps(rows: list[Row], stays: list[profile.Stated]) -> list[Step]:
    days: dict[tuple[date, str], list[Row]] = defaultdict(list)
    for one in rows:
        days[_civil(one.date), one.date if len(one.date) < len("2026-11-29") else ""].append(one)
    steps = [Step(day, found, told=told) for (day, told), found in days.items()]
    steps += [Step(starts, [], s) for s in stays if (starts := s.first.content.starts)]
    return sorted(steps, key=lambda s: (s.day, s.stay is None), reverse=True)


def _by_month(steps: list[Step]) -> list[tuple[int, list[Step]]]:
    months: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        months[step.day.month].append(step)
    return list(months.items())


def _year(text: str, present: int) -> int:
    found = number_of(text, present)
    return found if found is not None and found >= present - YEARS_BACK else present


@record_page("parcours", "GET", detail="path", sections=("stays",))
def path(opened: Opened) -> Shown | HttpResponse:
    """One year of the path; the years that have something are the way to the others."""
    visit, present = opened.visit, opened.asked.at.year
    year = _year(opened.asked.request.GET.get("annee", ""), present)
    low, high = begins(date(year, 1, 1)), begins(date(year + 1, 1, 1)) - timedelta(microseconds=1)
    between = (criteria.by_date("date", "ge", low, low), criteria.by_date("date", "lt", high, high))
    found = documents(visit, Query(between, sort="date", count=MOST))
    older = documents(visit, Query((criteria.by_date("date", "lt", low, low),), sort="date", count=1)).items
    stays = profile.stays_of(opened.entries)
    of_year = [s for s in stays if s.first.content.start[:4] == str(year)]
    before = [_civil(row(d).date).year for d in older]
    before += [int(s.first.content.start[:4]) for s in stays if s.first.content.start[:4] < str(year)]
    context: Context = {
        "year": year, "months": _by_month(_steps([row(d) for d in found.items], of_year)), "more": found.more,
        "next_year": year + 1 if year < present else None, "previous_year": max(before) if before else None,
    }  # fmt: skip
    return Shown("path", context)
