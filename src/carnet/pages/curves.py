"""Curves over time: each value with the shape of whoever gave it and the bounds that they gave with it; a triangle for « < ».

Coordinates are percents, so that text and marks keep their size from a phone to a wall (look.md, Density). The sentence says every
value; a table stands beside it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.translation import gettext

from carnet.apps.profile import api as profile
from carnet.pages.sparks import numbers
from carnet.pages.templatetags.pages import long_day

SHAPES = ("circle", "diamond", "square", "plus")
MOST = 60
"""Values that one curve draws, the newest."""
LEFT, RIGHT, TOP, BOTTOM = 12.0, 94.0, 8.0, 84.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One value: where it stands, its shape, and the bounds of its laboratory behind it (top and height)."""

    x: str
    y: str
    shape: str
    bound: tuple[str, str, str] | None


@dataclass(frozen=True, slots=True)
class Curve:
    """What is drawn, and the sentence that says the same. Coordinates are percents as text."""

    label: str
    marks: list[Mark]
    links: list[tuple[str, str, str, str]]
    grid: list[tuple[str, str]]
    """Height and number of each line."""
    days: list[tuple[str, str, str]]
    """Place, anchor and words of each date under the curve."""
    legend: list[tuple[str, str]]
    """Shape and name of each laboratory."""
    limited: bool
    """Whether a value is only below or above a limit."""
    bounded: bool
    cut: bool
    """Whether older values are in the table alone."""


@dataclass(frozen=True, slots=True)
class _Point:
    day: date
    value: float
    entry: profile.Entry
    low: float | None
    high: float | None


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers that hold both ends."""
    rough = (high - low) / 3 or abs(high) / 3 or 1.0
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough)
    first = math.floor(low / step)
    return [round((first + n) * step, 10) for n in range(max(math.ceil(high / step) - first, 1) + 1)]


def _points(series: profile.Series) -> list[_Point]:
    found = []
    for entry in series.points:
        value, day = series.told_in_unit(entry, entry.content.value), profile.first_day(profile.day_of(entry))
        if value is None or day is None or entry.content.upper:
            continue
        same = profile.comparable(entry)
        low, high = (series.told_in_unit(entry, t) if same else None for t in (entry.content.low, entry.content.high))
        found.append(_Point(day, value, entry, low, high))
    return found


def _said(point: _Point) -> str:
    limit = {"<": gettext("moins de"), ">": gettext("plus de")}.get(point.entry.content.comparator[:1], "")
    return f"{limit} {numbers([point.value])}".strip() + f", {long_day(point.day)}"


def _shape(point: _Point, shapes: dict[str, str]) -> str:
    limit = point.entry.content.comparator[:1]
    return {"<": "below", ">": "above"}.get(limit) or shapes[_place(point)]


def _place(point: _Point) -> str:
    own = gettext("noté par la personne") if point.entry.source == profile.PERSON else ""
    return point.entry.content.place or point.entry.content.author or own


def _days(points: list[_Point], across: Callable[[date], float]) -> list[tuple[str, str, str]]:
    """The first day and the last, and the years between them."""
    first, last = points[0].day, points[-1].day
    ends = [(f"{LEFT:g}%", "start", long_day(first)), (f"{RIGHT:g}%", "end", long_day(last))]
    if last.year - first.year < 2:
        return ends if first != last else ends[:1]
    years = range(first.year + 1, last.year + 1)
    every = math.ceil(len(years) / 6)
    return [(f"{across(date(year, 1, 1)):.1f}%", "middle", str(year)) for year in years[::every]]


def curve(series: profile.Series) -> Curve | None:
    """The curve of a series; None for fewer than three values, which show none (look.md)."""
    every = sorted(_points(series), key=lambda p: p.day)
    points = every[-MOST:]
    if len(points) < 3:
        return None
    ends = [v for p in points for v in (p.value, p.low, p.high) if v is not None]
    ticks = _ticks(min(ends), max(ends))
    span, rise = (points[-1].day - points[0].day).days or 1, ticks[-1] - ticks[0]

    def across(day: date) -> float:
        return LEFT + 2 + (day - points[0].day).days / span * (RIGHT - LEFT - 2)

    def down(value: float) -> float:
        return BOTTOM - (value - ticks[0]) / rise * (BOTTOM - TOP)

    def bound(point: _Point) -> tuple[str, str, str] | None:
        if point.low is None and point.high is None:
            return None
        top, bottom = down(ticks[-1] if point.high is None else point.high), down(ticks[0] if point.low is None else point.low)
        return f"{across(point.day) - 1.2:.1f}%", f"{top:.1f}%", f"{max(bottom - top, 0.5):.1f}%"

    places = list(dict.fromkeys(_place(p) for p in points))
    shapes = {place: SHAPES[min(n, len(SHAPES) - 1)] for n, place in enumerate(places)}
    marks = [Mark(f"{across(p.day):.1f}%", f"{down(p.value):.1f}%", _shape(p, shapes), bound(p)) for p in points]
    return Curve(
        f"{gettext(series.name)}, {series.unit} : {' ; '.join(map(_said, points))}.", marks,
        [(a.x, a.y, b.x, b.y) for a, b in pairwise(marks)],
        [(f"{down(t):.1f}%", numbers([t])) for t in ticks], _days(points, across), _legend(shapes),
        any(m.shape in ("below", "above") for m in marks), any(m.bound for m in marks), len(every) > len(points),
    )  # fmt: skip


def _legend(shapes: dict[str, str]) -> list[tuple[str, str]]:
    """One line a shape; past three places the last shape stands for the others."""
    named = [(shape, place or gettext("Source non dite")) for place, shape in shapes.items()]
    kept, others = named[: len(SHAPES) - 1], named[len(SHAPES) - 1 :]
    return kept + ([(others[0][0], ", ".join(place for _, place in others))] if others else [])


def curve_of(entries: Sequence[profile.Entry]) -> Curve | None:
    """The curve of measures of one kind, the oldest first."""
    return curve(profile.Series(entries[-1].content.label, entries[-1].content.unit, tuple(entries))) if entries else None
