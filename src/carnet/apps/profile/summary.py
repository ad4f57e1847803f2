"""The profile as a page shows it: the same thing stated by several sources stands once, with all of them.

A statement that nothing of a kind is known is told apart: it is never one of the things, and it never hides them.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from carnet.apps.profile.entries import DOCUMENT, PERSON, SERVICE, Entry
from carnet.kernel.traits import normalise_name

ABSENT, PARTLY, NOBODY_KNOWS = "known-absent", "partly-absent", "no-information"


@dataclass(frozen=True, slots=True)
class Stated:
    """Something that one or several sources state. `first` is the newest that somebody else than the person says, if anybody."""

    entries: tuple[Entry, ...]

    @property
    def first(self) -> Entry:
        """The newest of the sources: a confirmed one before others, and those of professionals before what the person says."""
        return self.entries[0]

    @property
    def detail(self) -> str:
        """What completes it, by all its sources: a newer one that says less takes away neither a reaction nor a side."""
        told = {normalise_name(self.first.content.detail): self.first.content.detail}
        for entry in self.entries[1:]:
            on = "/".join(reversed(said_on(entry).split("-")))
            when = "" if said_on(entry) == said_on(self.first) else f" (dit le {on})"
            told.setdefault(normalise_name(entry.content.detail), f"{entry.content.detail}{when}")
        return " ; ".join(said for name, said in told.items() if name)

    @property
    def also(self) -> list[Entry]:
        """Sources that date it otherwise, or tell another side or an end: another bout, or the same told in another way."""
        found: list[Entry] = []
        for entry in self.entries[1:]:
            if entry.content.start and not any(_alike(other, entry) for other in (self.first, *found)):
                found.append(entry)
        return sorted(found, key=day_of, reverse=True)

    @property
    def confirmed(self) -> bool:
        """Whether a professional confirmed it."""
        return any(e.confirmed for e in self.entries)

    @property
    def declared_only(self) -> bool:
        """Whether the person alone states it."""
        return all(e.source in (PERSON, SERVICE) for e in self.entries)

    @property
    def occurrences(self) -> list["Stated"]:
        """What happened once, however many documents tell it: the same day, and no two lots for it."""
        found: list[list[Entry]] = []
        for entry in self.entries:
            same = next((group for group in found if _once(group, entry)), None)
            if same is None:
                found.append([entry])
            else:
                same.append(entry)
        return [Stated(tuple(group)) for group in sorted(found, key=lambda g: day_of(g[0]), reverse=True)]


def _alike(one: Entry, other: Entry) -> bool:
    """Whether two sources tell the same: dates of which one is the other more precisely, and no other detail."""
    (a, b), (c, d) = ((said.start, said.end) for said in (one.content, other.content))
    dated = all(x.startswith(y) or y.startswith(x) for x, y in ((a, c), (b, d)))
    return bool(a) and dated and normalise_name(other.content.detail) in ("", normalise_name(one.content.detail))


def _once(group: list[Entry], entry: Entry) -> bool:
    start = entry.content.start
    details = {e.content.detail for e in [*group, entry] if e.content.detail.startswith("lot ")}
    # Two doses without a date may be one or two: nobody can say, so both stand.
    return bool(start) and group[0].content.start == start and len(details) <= 1


def said_on(entry: Entry) -> str:
    """The day on which it was said: that of its document; of whoever wrote, confirmed or answered it, the day they did."""
    written = entry.written_at if entry.source == DOCUMENT else None
    return settings.LAW.day(written or entry.recorded_at).isoformat()


def day_of(entry: Entry) -> str:
    """The day that orders an entry: its own, else the day on which it was said."""
    return entry.content.start or said_on(entry)


def _same(entry: Entry) -> tuple[str, str, str]:
    # "Metformine 1000 mg" of a prescription and of a dispensation is one treatment; another dose is another line.
    label = entry.content.label.strip()
    return entry.section, normalise_name(label), label[-1:] if label.endswith(("+", "-", "−")) else ""


def _newest(entry: Entry) -> tuple[bool, bool, str, bool, str]:
    # What a person notes of what a professional states stands beside it, and never in its place.
    # A document that tells of a bout that is over and of one that lasts says that the illness lasts.
    return (
        entry.confirmed,
        entry.source not in (PERSON, SERVICE),
        said_on(entry),
        entry.content.active and not entry.content.end,
        day_of(entry),
    )


def stated(entries: Iterable[Entry], section: str) -> list[Stated]:
    """What a section holds, grouped by what it names, the newest first."""
    kept = [e for e in entries if e.section == section and not e.content.polarity]
    groups = {k: tuple(g) for k, g in itertools.groupby(sorted(kept, key=_same), _same)}
    found = [Stated(tuple(sorted(g, key=_newest, reverse=True))) for g in groups.values()]
    return sorted(found, key=lambda s: (s.first.content.active, day_of(s.first)), reverse=True)


def active(entries: Iterable[Entry], section: str, today: date) -> list[Stated]:
    """What is not over on a day. The newest word counts: a cure that came after is told by it."""
    return [s for s in stated(entries, section) if not s.first.content.over(today)]


def absences(entries: Iterable[Entry], section: str) -> list[Stated]:
    """Statements that nothing of a kind is known, or that nobody knows, the newest first."""
    kept = [e for e in entries if e.section == section and e.content.polarity in (ABSENT, PARTLY, NOBODY_KNOWS)]
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(kept, key=said_on, reverse=True):
        kind = normalise_name(entry.content.label) if entry.content.polarity == PARTLY else entry.content.polarity
        groups.setdefault(kind, []).append(entry)
    return [Stated(tuple(g)) for g in groups.values()]


def stays_of(entries: Iterable[Entry]) -> list[Stated]:
    """Stays, the newest first: one that several documents tell is one, two places on one day are two."""
    groups: dict[tuple[str, str], dict[str, list[Entry]]] = {}
    # A document that does not name the place says nothing against one that does.
    for entry in sorted((e for e in entries if e.section == "stays"), key=lambda e: not e.content.label):
        places = groups.setdefault((entry.content.start, entry.content.end), {})
        place = normalise_name(entry.content.label) or next(iter(places), "")
        places.setdefault(place, []).append(entry)
    stays = [Stated(tuple(group)) for places in groups.values() for group in places.values()]
    return sorted(stays, key=lambda s: s.first.content.start, reverse=True)
