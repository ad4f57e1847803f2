"""Calendar arithmetic of the specification (CALCDT-1 to CALCDT-6): years, then months, then days.

A date that does not exist moves forward to the first day of the next month: 31 January and one month is 1 March. Libraries that
move it back to the last day of the month give another answer, so that none is used here.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

_PART = re.compile(r"\s*([+-]?)\s*(\d+)\s*(years?|months?|weeks?|days?|y|m|w|d)")
_IN_DAYS = {"w": 7, "d": 1}


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time in calendar units. Weeks are seven days; days may be fewer than none (`2 years - 4 days`)."""

    years: int = 0
    months: int = 0
    days: int = 0


@lru_cache(maxsize=4096)
def period(text: str) -> Period:
    """A period from its words: `6 weeks`, `11 years - 4 days`, `2 m`. Raises ValueError."""
    held, at = {"y": 0, "m": 0, "d": 0}, 0
    while at < len(text.rstrip()):
        part = _PART.match(text, at)
        if part is None:
            raise ValueError(f"not a period: {text!r}")
        sign, number, unit = part.group(1), int(part.group(2)), part.group(3)[0]
        held["d" if unit in _IN_DAYS else unit] += (-number if sign == "-" else number) * _IN_DAYS.get(unit, 1)
        at = part.end()
    if at == 0:
        raise ValueError("a period that says nothing")
    return Period(held["y"], held["m"], held["d"])


def plus(day: date, length: Period) -> date:
    """The day a period after another. Raises OverflowError beyond the calendar."""
    if length.years:
        day = _on(day.year + length.years, day.month, day.day)
    if length.months:
        over = day.month - 1 + length.months
        day = _on(day.year + over // 12, over % 12 + 1, day.day)
    return day + timedelta(days=length.days) if length.days else day


def _on(year: int, month: int, number: int) -> date:
    if not 1 <= year <= date.max.year:
        raise OverflowError("a date beyond the calendar")
    if number <= 28 or number <= monthrange(year, month)[1]:
        return date(year, month, number)
    return date(year + month // 12, month % 12 + 1, 1)
