"""A person and their doses, broken into antigens (CDSi §4.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from carnet.apps.prevention.immunisation.dates import Period, plus
from carnet.apps.prevention.immunisation.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a schedule is for. `observations` are codes that hold, with their day when it is known; `unknown` cannot be told."""

    birth: date
    sex: str = ""
    observations: Mapping[str, date | None] = field(default_factory=dict)
    country: str = ""
    _ages: dict[Period, date] = field(default_factory=dict, repr=False, compare=False)

    def at(self, length: Period) -> date:
        """The day on which the person reaches an age: each age is asked for many times."""
        found = self._ages.get(length)
        if found is None:
            found = self._ages[length] = plus(self.birth, length)
        return found

    def aged(self, length: Period | None) -> date | None:
        """The same; None for no age."""
        return self.at(length) if length is not None else None

    def between(self, day: date, begin: Period | None, end: Period | None) -> bool:
        """Whether a day falls between two ages, the second exclusive."""
        return (begin is None or self.at(begin) <= day) and (end is None or day < self.at(end))


@dataclass(frozen=True, slots=True, order=True)
class Dose:
    """A dose that was given on a day that is known whole: one of an unknown day is no dose of the engine."""

    day: date
    vaccine: str
    id: str = ""
    maker: str = ""
    flawed: bool = False
    """Recalled, broken cold chain, after its lot's end: not evaluated (CDSi §6.1)."""


def by_antigen(person: Person, doses: Iterable[Dose], schedule: Schedule) -> dict[str, list[Dose]]:
    """Doses of each antigen, in the order of their days. One vaccine may count for another antigen by the age it is given at."""
    found: dict[str, list[Dose]] = {}
    for dose in sorted(doses):
        for part in schedule.vaccines.get(dose.vaccine, ()):
            if person.between(dose.day, part.begin, part.end):
                found.setdefault(part.antigen, []).append(dose)
    return found
