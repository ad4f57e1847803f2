"""Results over time: values of one examination in one unit, the bounds of the laboratory that gave each, words beside numbers."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.apps.profile.entries import Entry, number_of
from carnet.apps.profile.examinations import CHAPTERS, OTHERS, Examination, examination_of, plain_unit
from carnet.apps.profile.measures import DIASTOLIC, SYSTOLIC
from carnet.apps.profile.summary import day_of
from carnet.formats.cda.statements.values import NOT_TOLD
from carnet.formats.timestamps import from_fhir, from_hl7
from carnet.kernel.traits import normalise_name

PROVISIONAL = frozenset({"active", "suspended"})
"""Statuses of a result that is not final."""
GROUPS = ("results", "vitals", "obstetrics", "habits")
"""Sections whose entries have values."""


@dataclass(frozen=True, slots=True)
class Series:
    """Results of one examination, the oldest first. `points` holds values below a limit and words too.

    They are in one unit (`unit`, that of the newest), or in units between which the examination converts.
    """

    label: str
    unit: str
    points: tuple[Entry, ...]
    examination: Examination | None = None

    @property
    def identity(self) -> str:
        """What tells this series from others of a record: it names the examination, so no address carries it."""
        return "|".join(_name(self.last))

    @property
    def name(self) -> str:
        """The name that people know, else the laboratory's own."""
        return self.examination.name if self.examination else self.label

    @property
    def chapter(self) -> str:
        """The chapter that it stands in."""
        return self.examination.chapter if self.examination else OTHERS

    @property
    def last(self) -> Entry:
        """The newest result."""
        return self.points[-1]

    @property
    def numeric(self) -> bool:
        """Whether any of them is a number, be it only a limit."""
        return any(number_of(e.content.value) is not None for e in self.points)

    @property
    def drawn(self) -> list[Entry]:
        """Those that are one number: what stands below a limit is in the list, not on the trend."""
        return [e for e in self.points if self.value_of(e) is not None]

    def value_of(self, entry: Entry) -> float | None:
        """A value as a number in the unit of the series; None for words, and for what is only below or above a limit."""
        return None if entry.content.measured is None else self.told_in_unit(entry, entry.content.value)

    def told_in_unit(self, entry: Entry, number: str) -> float | None:
        """A number of an entry (its value, its limit, one of its bounds) in the unit of the series."""
        value = number_of(number)
        if value is None or entry.content.unit == self.unit:
            return value
        return self.examination.converted(value, entry.content.unit, self.unit) if self.examination else None

    def converted(self, entry: Entry) -> str:
        """A value as it reads in the unit of the series, where it was written in another one; empty elsewhere."""
        same = plain_unit(entry.content.unit) == plain_unit(self.unit)
        value = None if same else self.value_of(entry)
        return "" if value is None else f"{value:.3g}"


def moment_of(entry: Entry) -> tuple[str, str, str]:
    """What orders values: the day, the hour where one was told, and when it was written."""
    # A value whose day nobody knows, or can read, is none of the last.
    day = "" if entry.content.origin in ("unknown", "unreadable") and not entry.content.start else day_of(entry)
    return day, _hour(entry.content.instant), entry.recorded_at.isoformat()


def _hour(told: str) -> str:
    """A moment as it was written, in UTC: two zones are then in order. Empty where no hour was told."""
    try:
        return (from_fhir(told) if "T" in told else from_hl7(told, ZoneInfo(settings.LAW.civil_zone))).isoformat() if told else ""
    except (ValueError, OverflowError):
        return ""


def _codes(entry: Entry) -> tuple[tuple[str, str, str], ...]:
    return entry.content.codes or ((entry.content.code, entry.content.system, ""),)


def _converting(entry: Entry) -> Examination | None:
    """The examination of a result, where its unit is one of those that it converts."""
    found = examination_of(_codes(entry))
    return found if found and plain_unit(entry.content.unit) in found.units else None


def _name(entry: Entry) -> tuple[str, str, str]:
    content, known = entry.content, _converting(entry)
    if known:
        return known.key, "", content.organism
    # A germ that is isolated or a susceptibility is of one germ: two of them are two examinations.
    # A code means something in its own system: two laboratories number their examinations each in their way.
    name = f"{content.system}|{content.code}" if content.code else normalise_name(content.label)
    return name, plain_unit(content.unit), content.organism


def _value(entry: Entry) -> tuple[str, ...]:
    content = entry.content
    number = number_of(content.value)
    told = f"{number:g}" if number is not None else content.value
    return content.start, content.instant, content.comparator, told, content.upper, plain_unit(content.unit)


def _told(entry: Entry) -> tuple[bool, int]:
    """How much is said with a value: final before provisional, then what stands beside it."""
    said = entry.content
    beside = (said.low, said.high, said.bounds_text, said.interpretation, said.comment)
    return said.status not in PROVISIONAL, sum(map(bool, beside))


def _not_awaited(entries: list[Entry]) -> list[Entry]:
    """Without results that were awaited or provisional where a final one of the same moment came from another document, and without
    those that say why there is no value where there is one."""

    def moment(entry: Entry) -> tuple[str, ...]:
        return entry.content.code or normalise_name(entry.content.label), entry.content.start, entry.content.instant

    told = [e for e in entries if e.content.value not in NOT_TOLD]
    final = {moment(e): e.document_id for e in told if e.content.status not in PROVISIONAL and e.content.start}
    known = {moment(e) for e in told if e.content.start}
    return [
        e for e in entries if (e.content.status not in PROVISIONAL or final.get(moment(e), e.document_id) == e.document_id)
        and (e.content.value not in NOT_TOLD or moment(e) not in known)
    ]  # fmt: skip


def series(entries: Iterable[Entry], section: str = "results") -> list[Series]:
    """Results grouped by examination and unit, those with the newest value first.

    The same value at the same time that two documents state stands once: their first, but for a final one behind a provisional
    one, and for one that says more (bounds, the laboratory's word, a comment).
    """
    kept = [e for e in entries if e.section == section and e.content.value and not e.content.polarity]
    groups: dict[tuple[str, str, str], list[Entry]] = {}
    seen: dict[tuple[object, ...], Entry] = {}
    for entry in sorted(_not_awaited(kept), key=moment_of):
        group, name = groups.setdefault(_name(entry), []), (_name(entry), _value(entry))
        first = seen.setdefault(name, entry)
        if first is entry or not entry.content.start or first.document_id == entry.document_id:
            group.append(entry)
        elif _told(entry) > _told(first):
            group[group.index(first)] = seen[name] = entry
    found = [Series(g[-1].content.label, g[-1].content.unit, tuple(g), examination_of(_codes(g[-1]))) for g in groups.values()]
    return sorted(found, key=lambda s: moment_of(s.last), reverse=True)


def by_chapter(found: Iterable[Series]) -> list[tuple[str, list[Series]]]:
    """Series in the chapters of examinations, each in the order of names; chapters without any are left out."""
    chapters: dict[str, list[Series]] = {name: [] for name in CHAPTERS}
    for one in found:
        chapters[one.chapter].append(one)
    return [(name, held) for name, held in chapters.items() if held]


_LIKE = str.maketrans({"µ": "u", "μ": "u"})


def comparable(entry: Entry) -> bool:
    """Whether a value and its bounds are in one unit: other units are shown, and nothing is judged."""
    if not entry.content.unit and number_of(entry.content.value) is None:
        # Words have no unit: nothing is said of another one.
        return True
    unit, of_bounds = (t.translate(_LIKE).replace(" ", "").lower() for t in (entry.content.unit, entry.content.bounds_unit))
    return not of_bounds or unit == of_bounds


def out_of_bounds(entry: Entry) -> int:
    """1 above the laboratory's own bounds, -1 below, 0 within them, without them, or where they cannot be compared."""
    content = entry.content
    value, low, high = content.measured, number_of(content.low), number_of(content.high)
    inverted = low is not None and high is not None and low > high
    if value is None or inverted or not comparable(entry):
        return 0
    return 1 if high is not None and value > high else -1 if low is not None and value < low else 0


def pressures(entries: Iterable[Entry]) -> list[tuple[Entry | None, Entry | None]]:
    """Blood pressures, in the order in which they come: the two numbers that one hand wrote at one moment, of one moment.

    A number that stands alone has None beside it: what was not measured with it is not guessed.
    """
    groups: dict[tuple[str, ...], tuple[list[Entry], list[Entry]]] = {}
    for entry in entries:
        told = entry.content
        if told.code in (SYSTOLIC, DIASTOLIC):
            moment = (told.start, told.instant, entry.recorded_at.isoformat(), entry.source, entry.recorded_by)
            groups.setdefault(moment, ([], []))[told.code == DIASTOLIC].append(entry)
    return [pair for highs, lows in groups.values() for pair in zip_longest(highs, lows)]
