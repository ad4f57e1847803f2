"""Results over time: values of one examination in one unit, the bounds of the laboratory that gave each, words beside numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

from carnet.apps.profile.entries import Entry, number_of
from carnet.apps.profile.summary import day_of
from carnet.kernel.traits import normalise_name

GROUPS = ("results", "vitals", "obstetrics", "habits")
"""Sections whose entries have values."""


@dataclass(frozen=True, slots=True)
class Series:
    """Results of one examination in one unit, the oldest first. `points` holds values below a limit and words too."""

    label: str
    unit: str
    points: tuple[Entry, ...]

    @property
    def last(self) -> Entry:
        """The newest result."""
        return self.points[-1]

    @property
    def drawn(self) -> list[Entry]:
        """Those that are one number: what stands below a limit is in the list, not on the curve."""
        return [e for e in self.points if e.content.measured is not None]


def _moment(entry: Entry) -> tuple[str, str, str]:
    return day_of(entry), entry.content.instant, entry.recorded_at.isoformat()


def _name(entry: Entry) -> tuple[str, str, str]:
    content = entry.content
    # A germ that is isolated or a susceptibility is of one germ: two of them are two examinations.
    # A code means something in its own system: two laboratories number their examinations each in their way.
    name = f"{content.system}|{content.code}" if content.code else normalise_name(content.label)
    return name, content.unit, content.organism


def _value(entry: Entry) -> tuple[str, str, str, str, str]:
    content = entry.content
    number = number_of(content.value)
    told = f"{number:g}" if number is not None else content.value
    return content.start, content.instant, content.comparator, told, content.upper


def series(entries: Iterable[Entry], section: str = "results") -> list[Series]:
    """Results grouped by examination and unit, those with the newest value first.

    The same value at the same time that two documents state stands once: their first.
    """
    kept = [e for e in entries if e.section == section and e.content.value and not e.content.polarity]
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    seen: dict[tuple[object, ...], Entry] = {}
    for entry in sorted(kept, key=_moment):
        first = seen.setdefault((_name(entry), _value(entry)), entry)
        if first is entry or not entry.content.start or first.document_id == entry.document_id:
            groups.setdefault(_name(entry), []).append(entry)
    found = [Series(g[-1].content.label, g[-1].content.unit, tuple(g)) for g in groups.values()]
    return sorted(found, key=lambda s: _moment(s.last), reverse=True)


_LIKE = str.maketrans({"µ": "u", "μ": "u"})


def comparable(entry: Entry) -> bool:
    """Whether a value and its bounds are in one unit: other units are shown, and nothing is judged."""
    unit, of_bounds = (t.translate(_LIKE).replace(" ", "").lower() for t in (entry.content.unit, entry.content.bounds_unit))
    return not of_bounds or unit == of_bounds


def out_of_bounds(entry: Entry) -> int:
    """1 above the laboratory's own bounds, -1 below, 0 within them, without them, or where they cannot be compared."""
    content = entry.content
    value, low, high = content.measured, number_of(content.low), number_of(content.high)
    if value is None or not comparable(entry):
        return 0
    return 1 if high is not None and value > high else -1 if low is not None and value < low else 0
