"""Who would have met a bound in the last days under an edition: what is normal is measured before it is bounded.

Sign-ins are not looked at: a soft bound is told as reached also where a sign-in had answered it. Negative answers and searches by
traits keep no profession and are not part of it.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from carnet.apps.access import bounds, budgets
from carnet.apps.access.decision import law
from carnet.apps.storage.api import streaming
from carnet.kernel.actor import Situation
from carnet.kernel.codes import Code

KEPT_DAYS = 31


@dataclass(frozen=True, slots=True)
class Met:
    """The most that a subject had of a measure in a window, and when it first met each bound."""

    subject: str
    measure: str
    hours: int
    most: int
    soft: int | None
    soft_at: datetime | None
    hard: int | None
    hard_at: datetime | None


class _Window:
    """Distinct records in one sliding window."""

    def __init__(self, bound: bounds.Bound) -> None:
        self.bound, self.seen, self.order = bound, dict[int, datetime](), deque[tuple[datetime, int]]()
        self.most = 0
        self.soft_at: datetime | None = None
        self.hard_at: datetime | None = None

    def add(self, record: int, at: datetime) -> None:
        self.order.append((at, record))
        self.seen[record] = at
        while self.order[0][0] < at - timedelta(hours=self.bound.hours):
            when, gone = self.order.popleft()
            if self.seen.get(gone) == when:
                del self.seen[gone]
        # The bound lets in so many: the next would have met it.
        self.most = max(self.most, len(self.seen))
        if self.bound.soft is not None and len(self.seen) > self.bound.soft and self.soft_at is None:
            self.soft_at = at
        if self.bound.hard is not None and len(self.seen) > self.bound.hard and self.hard_at is None:
            self.hard_at = at


def _rows(since: datetime) -> Iterator[tuple[int, str, str, str, datetime, str, str, Situation]]:
    with streaming() as work, work.connection.cursor(name="openings") as cursor:
        cursor.execute("SELECT * FROM access_openings_since(%s)", (since,))
        for record, person, kind, care, at, certificate, structure, profession, savoir_faire, sector in cursor:
            code, _, system = profession.partition("^")
            situation = Situation(Code(system, code) if code else None, savoir_faire, structure, sector=sector)
            yield record, person, kind, care, at, certificate, structure, situation


def met(edition: bounds.Edition, since: datetime) -> list[Met]:
    """Who met a bound of this edition since a moment, the hard ones first. Memory is that of a week of openings."""
    windows: dict[tuple[str, str], list[_Window]] = {}
    for record, person, kind, care, at, certificate, structure, situation in _rows(since):
        if care == budgets.PRESENT:
            continue
        measure, traits = budgets.MEASURES[kind, care], bounds.traits_of(situation, law())
        named = ((bounds.PERSON, person), (bounds.CERTIFICATE, certificate), (bounds.STRUCTURE, structure))
        for by, number in named:
            subject = budgets.Subject(by, number)
            if not number:
                continue
            if (subject.key, measure) not in windows:
                windows[subject.key, measure] = [_Window(bound) for bound in edition.of(by, measure, traits)]
            for window in windows[subject.key, measure]:
                window.add(record, at)
    found = [
        Met(subject, measure, w.bound.hours, w.most, w.bound.soft, w.soft_at, w.bound.hard, w.hard_at)
        for (subject, measure), several in windows.items()
        for w in several
        if w.soft_at or w.hard_at
    ]
    return sorted(found, key=lambda m: (m.hard_at is None, -m.most, m.subject, m.measure, m.hours))
