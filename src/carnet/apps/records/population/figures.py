"""Figures of a population: how many records were created, announced, opposed, opened, activated, by week, age and territory.

Counts alone, without one health datum. A small count is hidden, and a second one with it where the first could be worked out from a
total: whoever reads the figures learns nothing of one person.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from carnet.apps.access import api as access
from carnet.apps.storage.api import unit

EVENTS = ("created", "notified", "returned", "opposed", "opened", "activated", "closed")
WEEKS = 26
Counts = defaultdict[str, Counter[str]]
"""How often each event, by something."""


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of events by something: rows in their order, None for a count that is hidden."""

    rows: list[tuple[str, dict[str, int | None]]]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is published: totals since the first day that is counted, and three tables of them."""

    since: date
    totals: dict[str, int | None]
    by_week: Table
    by_age: Table
    by_territory: Table
    least: int


def hidden(counts: Mapping[str, int], least: int) -> dict[str, int | None]:
    """Counts with the small ones hidden; where one alone would be, the next smallest is hidden with it, for a total tells the rest.

    A count of none is no person's: it is shown.
    """
    small = {name for name, n in counts.items() if 0 < n < least}
    if len(small) == 1:
        others = sorted((n, name) for name, n in counts.items() if n >= least)
        small |= {others[0][1]} if others else set()
    return {name: None if name in small else n for name, n in counts.items()}


def _table(counts: Mapping[str, Counter[str]], least: int, order: Callable[[str], Any]) -> Table:
    names = sorted(counts, key=order)
    columns = {event: hidden({name: counts[name][event] for name in names}, least) for event in EVENTS}
    return Table([(name, {event: columns[event][name] for event in EVENTS}) for name in names])


KEPT_FOR = timedelta(minutes=10)
_counting = threading.Lock()
_kept: tuple[datetime, Figures] | None = None
"""The figures that this process counted last: a page that everybody opens counts them now and then, and once at a time."""


def public_figures(at: datetime) -> Figures:
    """The figures for everybody, counted some minutes ago at most."""
    global _kept
    with _counting:
        if _kept is None or not timedelta(0) <= at - _kept[0] < KEPT_FOR:
            _kept = at, figures(at)
        return _kept[1]


def figures(at: datetime) -> Figures:
    """The figures of the last half year, of whole weeks: the present one is not over."""
    law = access.law()
    today = law.day(at)
    until = today - timedelta(days=today.weekday())
    since = until - timedelta(weeks=WEEKS)
    weeks = Counts(Counter, {(since + timedelta(weeks=n)).isoformat(): Counter() for n in range(WEEKS)})
    ages, territories = Counts(Counter), Counts(Counter)
    with unit() as work:
        rows = work.rows("SELECT week, event, territory, age, people FROM records_figures(%s)", since)
    totals: Counter[str] = Counter()
    for week, event, territory, age, people in rows:
        if event in EVENTS and week < until:
            totals[event] += people
            weeks[week.isoformat()][event] += people
            ages[str(age)][event] += people
            territories[territory][event] += people
    least = law.figures_least
    return Figures(
        since, hidden({event: totals[event] for event in EVENTS}, least), _table(weeks, least, str), _table(ages, least, int),
        _table(territories, least, str), least,
    )  # fmt: skip
