"""The profile as a page shows it: the same thing stated by several sources stands once, with all of them.

A statement that nothing of a kind is known is told apart: it is never one of the things, and it never hides them.
"""

import itertools
import re
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
        """The source that counts: see `_ordered`."""
        return self.entries[0]

    @property
    def detail(self) -> str:
        """What completes it, by all its sources: a newer one that says less takes away neither a reaction nor a side.

        Of what the first source says of itself (a degree, a status) the others add nothing.
        """
        said = _parts(self.first)
        told, known = [self.first.content.detail], {normalise_name(part) for part in said}
        kinds = {part.partition(" :")[0] for part in said if " :" in part}
        for entry in self.entries[1:]:
            more = [part for part in _parts(entry) if normalise_name(part) not in known and part.partition(" :")[0] not in kinds
                    and not part.startswith(_ITS_OWN)]  # fmt: skip
            known |= {normalise_name(part) for part in more}
            on = "/".join(reversed(said_on(entry).split("-")))
            told += [f"{', '.join(more)}{'' if said_on(entry) == said_on(self.first) else f' (dit le {on})'}"] if more else []
        return " ; ".join(filter(None, told))

    @property
    def comment(self) -> str:
        """What was noted beside it, by all its sources."""
        return " ; ".join(dict.fromkeys(e.content.comment for e in self.entries if e.content.comment))

    @property
    def performer(self) -> str:
        """Who did it, by the first source that names somebody."""
        return next((e.content.performer for e in self.entries if e.content.performer), "")

    @property
    def also(self) -> list[Entry]:
        """Sources that date it otherwise, or tell another side: another bout, or the same told in another way."""
        found: list[Entry] = []
        for entry in sorted(self.entries[1:], key=lambda e: not _SIDE.search(e.content.detail)):
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


_ITS_OWN = ("fin inconnue", "dates contradictoires", "état :", "certitude :")
"""What a source says of its own statement alone."""
_SIDE = re.compile(r"\b(gauches?|droite?s?|bilat[ée]ral\w*|des deux c[ôo]t[ée]s)\b", re.IGNORECASE)


def _parts(entry: Entry) -> list[str]:
    return [part for part in entry.content.detail.split(", ") if part]


def _alike(one: Entry, other: Entry) -> bool:
    """Whether two sources tell the same: dates of which one is the other more precisely, and no other side."""
    (a, b), (c, d) = ((said.start, said.end) for said in (one.content, other.content))
    dated = all(x.startswith(y) or y.startswith(x) for x, y in ((a, c), (b, d)))
    sides = [{side.lower() for side in _SIDE.findall(entry.content.detail)} for entry in (one, other)]
    return bool(a) and dated and (sides[0] == sides[1] or not all(sides))


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


def _ordered(group: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sources, the one that counts first. What a person notes of what a professional states stands beside it, and not in its place;
    where those say that it is over, and the person notes it since, it is there by their word."""
    found = sorted(group, key=_newest, reverse=True)
    others = [e for e in found if e.source not in (PERSON, SERVICE)]
    stands = bool(others) and others[0].content.active and not others[0].content.end
    return tuple(sorted(found, key=lambda e: e is not others[0])) if stands else tuple(found)


def _newest(entry: Entry) -> tuple[bool, str, bool, str]:
    # A document that tells of a bout that is over and of one that lasts says that the illness lasts.
    return (
        entry.confirmed,
        said_on(entry),
        entry.content.active and not entry.content.end,
        day_of(entry),
    )


def stated(entries: Iterable[Entry], section: str) -> list[Stated]:
    """What a section holds, grouped by what it names, the newest first."""
    kept = [e for e in entries if e.section == section and not e.content.polarity]
    found = [Stated(_ordered(group)) for _, group in itertools.groupby(sorted(kept, key=_same), _same)]
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
