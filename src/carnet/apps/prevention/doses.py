"""Doses of a record, as the engine takes them: what each entry names, and the day, whole, in part or unknown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from carnet.apps.prevention.edition import Edition
from carnet.apps.prevention.immunisation import Dose
from carnet.apps.profile.api import PERSON, Entry, Stated, first_day, last_day, stated
from carnet.kernel.traits import normalise_name

ATC = "2.16.840.1.113883.6.73"
_WHOLE = len("2026-11-27")


@dataclass(frozen=True, slots=True)
class Shot:
    """A dose that the record states, once, whatever its sources. `vaccine` is empty when the rules do not know the product."""

    number: str
    vaccine: str
    stated: Stated
    comes: bool = False
    """Whether its day has not come: it is told as it is stated, and compared with nothing."""

    @property
    def attested(self) -> bool:
        """Whether somebody else than the person states it."""
        return any(e.source != PERSON for e in self.stated.entries)

    @property
    def _sources(self) -> tuple[Entry, ...]:
        """What it is told by: where somebody else attests it, the person's words do not stand in their place."""
        others = tuple(e for e in self.stated.entries if e.source != PERSON)
        return others or self.stated.entries

    @property
    def entry(self) -> Entry:
        """The newest of its sources; of those that attest it, where there are."""
        return self._sources[0]

    @property
    def start(self) -> str:
        """The day as it was stated: whole, a month, a year, or nothing."""
        return self.entry.content.start

    @property
    def day(self) -> date | None:
        """The day, when it is known whole."""
        return date.fromisoformat(self.start) if len(self.start) == _WHOLE else None

    @property
    def lot(self) -> str:
        """The lot, when one of the sources that it is told by gives it."""
        return _lot(self._sources)

    @property
    def said_lot(self) -> str:
        """The lot that the person alone says, of a dose that others attest without one."""
        return "" if self.lot else _lot(self.stated.entries)

    def dose(self, late: bool = False) -> Dose | None:
        """The dose for the engine: on its day, or at one end of the month or the year that is known. None without a year, and for
        a day that has not come."""
        if self.comes:
            return None
        day = last_day(self.start) if late else first_day(self.start)
        return Dose(day, self.vaccine, self.number) if day is not None and self.vaccine else None


def _lot(entries: Iterable[Entry]) -> str:
    lots = (e.content.detail.removeprefix("lot ") for e in entries if e.content.detail.startswith("lot "))
    return next(lots, "")


@lru_cache(maxsize=8192)
def _spoken(label: str) -> str:
    return f" {normalise_name(label)} "


def recognise(edition: Edition, label: str, codes: Iterable[tuple[str, str, str]] = ()) -> str:
    """The vaccine that a record names, by its name first, then by its ATC code; empty when nothing tells.

    The name comes first because one ATC code may stand for products that the rules part (the pneumococcal vaccines).
    """
    spoken, by_code = _spoken(label), edition.index.by_code
    found = next((code for word, code in edition.index.by_words if word in spoken), "")
    return found or next((by_code[code] for code, system, _ in codes if system in (ATC, "") and code in by_code), "")


def shots(edition: Edition, entries: Iterable[Entry], today: date) -> list[Shot]:
    """The doses that a record states, the newest first: a day and a vaccine make one dose, however it is named."""
    found: dict[tuple[str, str, str], Shot] = {}
    for group in stated(entries, "vaccinations"):
        for once in group.occurrences:
            content = once.first.content
            vaccine = recognise(edition, content.label, ((content.code, content.system, ""), *content.codes))
            known = vaccine if vaccine and len(content.start) == _WHOLE else str(once.first.id)
            key, lot = (known, content.start, ""), _lot(once.entries)
            same = found.get(key)
            if same and lot and _lot(same.stated.entries) not in ("", lot):
                # Two lots are two boxes: whoever reads decides, and neither is lost.
                key = (known, content.start, lot)
                same = found.get(key)
            both = Stated((*same.stated.entries, *once.entries)) if same else once
            comes = (first_day(content.start) or today) > today
            found[key] = Shot(str(both.first.id), vaccine, both, comes)
    return sorted(found.values(), key=lambda s: (s.start, s.number), reverse=True)
