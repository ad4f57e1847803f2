"""The profile as a page shows it: the same thing stated by several sources stands once, with all of them."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from carnet.apps.profile.entries import DOCUMENT, PERSON, Entry
from carnet.kernel.traits import normalise_name

STATED_LASTS = timedelta(days=365)
"""A treatment without an end is shown as current when it was stated less than this ago."""
ANTICOAGULANTS = "B01A"
"""ATC class of antithrombotic agents: told by its code, never guessed from a name."""
TREND = 6


@dataclass(frozen=True, slots=True)
class Stated:
    """Something that one or several sources state. `first` is the newest."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The newest of the sources, a confirmed one before others."""
        return self.entries[0]

    @property
    def confirmed(self) -> bool:
        """Whether a professional confirmed it."""
        return any(e.confirmed for e in self.entries)

    @property
    def declared_only(self) -> bool:
        """Whether the person alone states it."""
        return all(e.source == PERSON for e in self.entries)


def _same(entry: Entry) -> tuple[str, str]:
    # "Metformine 1000 mg" of a prescription and of a dispensation is one treatment; another dose is another line.
    return entry.section, normalise_name(entry.content.label)


def stated(entries: Iterable[Entry], section: str) -> list[Stated]:
    """Entries of a section, grouped by what they name, the newest first."""
    kept = [e for e in entries if e.section == section]
    groups = {k: tuple(g) for k, g in itertools.groupby(sorted(kept, key=_same), _same)}
    found = [Stated(tuple(sorted(g, key=_newest, reverse=True))) for g in groups.values()]
    return sorted(found, key=lambda s: (s.first.content.active, _day(s.first)), reverse=True)


def _day(entry: Entry) -> str:
    return entry.content.start or entry.recorded_at.date().isoformat()


def _newest(entry: Entry) -> tuple[bool, str]:
    return entry.confirmed, _day(entry)


def current_treatments(entries: Iterable[Entry], today: date) -> list[Stated]:
    """Treatments that go on today, or that were stated lately without an end."""
    return [s for s in stated(entries, "treatments") if any(_current(e, today) for e in s.entries)]


def _current(entry: Entry, today: date) -> bool:
    content = entry.content
    if not content.active or (content.ends and content.ends < today):
        return False
    since = content.starts or entry.recorded_at.date()
    return content.ends is not None or entry.source != DOCUMENT or today - since <= STATED_LASTS


@dataclass(frozen=True, slots=True)
class Series:
    """Results of one examination in one unit, the oldest first."""

    label: str
    unit: str
    points: tuple[Entry, ...]

    @property
    def last(self) -> Entry:
        """The newest result."""
        return self.points[-1]


def series(entries: Iterable[Entry]) -> list[Series]:
    """Results grouped by examination and unit, those with the newest value first. One value a day and document."""
    kept = [e for e in entries if e.section == "results" and _number(e.content.value) is not None]
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in sorted(kept, key=lambda e: (_day(e), e.recorded_at)):
        name = entry.content.code or normalise_name(entry.content.label)
        groups.setdefault((name, entry.content.unit), []).append(entry)
    found = [Series(g[-1].content.label, g[-1].content.unit, tuple(g)) for g in groups.values()]
    return sorted(found, key=lambda s: _day(s.last), reverse=True)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def number_of(text: str) -> float | None:
    """A value as a number, with a comma or a point; None for words."""
    return _number(text)


def out_of_bounds(entry: Entry) -> int:
    """1 above the laboratory's own bounds, -1 below, 0 within or without bounds."""
    value, low, high = (_number(t) for t in (entry.content.value, entry.content.low, entry.content.high))
    if value is None:
        return 0
    return 1 if high is not None and value > high else -1 if low is not None and value < low else 0


def anticoagulants(treatments: Iterable[Stated]) -> list[Stated]:
    """Current treatments of the ATC class of antithrombotic agents."""
    return [s for s in treatments if any(e.content.code.startswith(ANTICOAGULANTS) for e in s.entries)]
