"""What is normal for whom: the bounds of the budgets, by profession and context, as dated editions (access law §1, plausibility).

A bound is how many in a sliding hour, day and week before a step-up (soft) and before an operator has to look (hard). The lines of
an edition are read from the top: the first that fits whoever asks counts. The figures are Carnet's own, not a measure of what is
normal in a country: `carnet budgets report` measures it where Carnet runs, and an installation lays its own editions beside ours.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from django.conf import settings

from carnet.dicah.settings import LawSettings
from carnet.kernel.actor import Situation

CONTENT, OWN_CONTENT, REACH, OWN_REACH, NEGATIVE, TRAITS = "content", "own-content", "reach", "own-reach", "negative", "traits"
MEASURES = frozenset({CONTENT, OWN_CONTENT, REACH, OWN_REACH, NEGATIVE, TRAITS})
PERSON, CERTIFICATE, STRUCTURE = "person", "certificate", "structure"
HOURS = (1, 24, 168)
_WINDOWS = ("hour", "day", "week")
COLUMNS = ("who", "subject", "measure", *(f"{window}_{sort}" for window in _WINDOWS for sort in ("soft", "hard")))
_FITTING = frozenset({"profession", "speciality", "sector", "context"})


class BoundsError(ValueError):
    """The file is no edition of the bounds; the message names the line and what to do."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How many in so many hours; None where nothing is bounded."""

    hours: int
    soft: int | None
    hard: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an edition."""

    who: tuple[tuple[str, str], ...]
    subject: str
    measure: str
    bounds: tuple[Bound, ...]

    def fits(self, traits: dict[str, str]) -> bool:
        """Whether it is for somebody with these traits."""
        return all(traits.get(name) == value for name, value in self.who)


@dataclass(frozen=True, slots=True)
class Edition:
    """The bounds from a day on."""

    effective: date
    lines: tuple[Line, ...]

    def of(self, subject: str, measure: str, traits: dict[str, str]) -> tuple[Bound, ...]:
        """The bounds of one measure for somebody; none where no line speaks of it."""
        found = (line.bounds for line in self.lines if (line.subject, line.measure) == (subject, measure) and line.fits(traits))
        return next(found, ())


def traits_of(situation: Situation, law: LawSettings) -> dict[str, str]:
    """What lines can ask of a situation of exercise."""
    context = law.context_of(situation.sector)
    return {"profession": situation.profession.code if situation.profession else "", "speciality": situation.savoir_faire,
            "sector": situation.sector, "context": context.value if context else ""}  # fmt: skip


def _number(text: str, line: int) -> int | None:
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise BoundsError(f"line {line}: {text!r} is not a number from 1 up; leave it empty for no bound")
    return int(text)


def _who(text: str, line: int) -> tuple[tuple[str, str], ...]:
    if text == "*":
        return ()
    pairs = tuple((name, value) for name, _, value in (part.partition("=") for part in text.split("&")))
    for name, value in pairs:
        if name not in _FITTING or not value:
            raise BoundsError(f"line {line}: {text!r}; write * or {', '.join(sorted(_FITTING))} = a code, joined by &")
    return pairs


def _line(row: dict[str, str], number: int) -> Line:
    if set(row) != set(COLUMNS) or None in row.values():
        raise BoundsError(f"line {number}: it has more or fewer columns than the first")
    if row["subject"] not in (PERSON, CERTIFICATE, STRUCTURE) or row["measure"] not in MEASURES:
        raise BoundsError(f"line {number}: subject {row['subject']!r}, measure {row['measure']!r}; see the edition of Carnet")
    numbers = [(_number(row[f"{w}_soft"], number), _number(row[f"{w}_hard"], number)) for w in _WINDOWS]
    if any(soft is not None and hard is not None and soft > hard for soft, hard in numbers):
        raise BoundsError(f"line {number}: a soft bound above its hard one asks for nothing")
    bounds = tuple(Bound(hours, soft, hard) for hours, (soft, hard) in zip(HOURS, numbers, strict=True))
    return Line(_who(row["who"], number), row["subject"], row["measure"], bounds)


def read_edition(lines: Iterable[str], effective: date) -> Edition:
    """Read the lines of a file. Raises BoundsError."""
    reader = csv.DictReader(lines)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BoundsError(f"the first line is not {','.join(COLUMNS)}")
    read = tuple(_line(row, number) for number, row in enumerate(reader, 2))
    everybody = {(line.subject, line.measure) for line in read if not line.who}
    if not {(PERSON, measure) for measure in MEASURES} <= everybody:
        raise BoundsError("each measure needs a line for every person (who = *): a profession without one would have no bound")
    return Edition(effective, read)


def _day(name: str) -> date:
    try:
        return date.fromisoformat(name.removesuffix(".csv"))
    except ValueError:
        raise BoundsError(f"{name}: an edition is named by its first day, for example 2026-12-01.csv") from None


def _read(files: Iterable[Path | Traversable]) -> dict[date, Edition]:
    found = {}
    for file in files:
        if file.name.endswith(".csv"):
            day = _day(file.name)
            with file.open(encoding="utf-8") as lines:
                found[day] = read_edition(lines, day)
    return found


@cache
def _editions(folder: Path) -> dict[date, Edition]:
    ours = _read(resources.files("carnet.apps.access").joinpath("budget_editions").iterdir())
    return ours | (_read(sorted(folder.iterdir())) if folder.is_dir() else {})


def in_force(on: date) -> Edition:
    """The edition of a day: the latest that has begun, an installation's own before ours of the same day. Raises BoundsError."""
    found = _editions(settings.CARNET.bounds())
    begun = [day for day in found if day <= on]
    return found[max(begun) if begun else min(found)]
