"""A month as a table of weeks, from Monday; a day that holds something leads to it."""

from calendar import Calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext

from carnet.apps.prevention import api as prevention
from carnet.apps.prevention.api import long_day
from carnet.kernel.copies import replace

WEEK = (
    ("lun", "lundi"),
    ("mar", "mardi"),
    ("mer", "mercredi"),
    ("jeu", "jeudi"),
    ("ven", "vendredi"),
    ("sam", "samedi"),
    ("dim", "dimanche"),
)
_FARTHEST = 36


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the table; 0 for one of another month."""

    number: int
    events: tuple[prevention.Event, ...] = ()
    today: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its weeks, what it holds, and the months beside it, as addresses write them."""

    first: date
    today: date
    weeks: tuple[tuple[Day, ...], ...] = ()
    events: tuple[prevention.Event, ...] = ()

    @property
    def last(self) -> date:
        """Its last day."""
        return _moved(self.first, 1) - timedelta(days=1)

    @property
    def name(self) -> str:
        """Its name: `décembre 2026`."""
        return long_day(self.first).split(" ", 1)[1]

    @property
    def week(self) -> list[tuple[str, str]]:
        """Names of the days, short and whole."""
        return [(gettext(short), gettext(whole)) for short, whole in WEEK]

    @property
    def before(self) -> str:
        """The month before; empty at the end of what an agenda holds."""
        return _written(_moved(self.first, -1), self.today)

    @property
    def after(self) -> str:
        """The month after."""
        return _written(_moved(self.first, 1), self.today)

    def with_events(self, events: Iterable[prevention.Event]) -> "Month":
        """The same month with what it holds."""
        held = [e for e in events if self.first <= e.on_day <= self.last]
        weeks = tuple(
            tuple(
                Day(d.day if d.month == self.first.month else 0,
                    tuple(e for e in held if e.on_day == d and d.month == self.first.month), d == self.today)
                for d in week
            )
            for week in Calendar().monthdatescalendar(self.first.year, self.first.month)
        )  # fmt: skip
        return replace(self, weeks=weeks, events=tuple(held))


def _moved(first: date, months: int) -> date:
    over = first.year * 12 + first.month - 1 + months
    return date(over // 12, over % 12 + 1, 1)


def _written(first: date, today: date) -> str:
    apart = abs((first.year - today.year) * 12 + first.month - today.month)
    return f"{first.year:04d}-{first.month:02d}" if apart <= _FARTHEST else ""


def month_of(text: str, today: date) -> Month:
    """The month that an address names; this one for what is none, or too far."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = today.replace(day=1)
    return Month(first if _written(first, today) else today.replace(day=1), today)
