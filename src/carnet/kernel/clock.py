"""Time is injected: nothing in Carnet asks the machine for the hour except through a Clock."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
log = logging.getLogger("carnet.timers")


def system_clock() -> datetime:
    """The hour of the machine, aware, in UTC."""
    return datetime.now(UTC)


_clock: Clock = system_clock


def moment() -> datetime:
    """The present moment, by the clock of this process."""
    return _clock()


def set_clock(clock: Clock = system_clock) -> None:
    """Give the process another clock; without one, the machine's again."""
    global _clock
    _clock = clock


def begins(day: date, zone: str) -> datetime:
    """When a day begins in a civil zone."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def civil(moment_: datetime, zone: str) -> datetime:
    """A moment on the clock of a civil zone. Raises OverflowError at the ends of the calendar, which no zone can move."""
    return moment_.astimezone(ZoneInfo(zone))


def day_in(moment_: datetime, zone: str) -> date:
    """The day of a moment as people of a civil zone count it."""
    return civil(moment_, zone).date()


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that time brings about. `run(now)` does everything that is due, once, and returns how many things it did.

    What is due is a state, never a missed tick: a worker that was away catches up in one run, and a second run does nothing.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], int]


BATCH, MOST_LEFT = 500, 20_000
"""Records of a batch; and after how many that fail a run gives up."""


def catch_up(due: Callable[[int], Sequence[UUID]], do: Callable[[UUID], bool], batch: int = BATCH) -> int:
    """Do something for every record that is due, batch by batch, until none is left. Returns how many were done.

    `due` gives so many of those that are. One that fails is left for the next run and keeps nobody else waiting in this one: a
    batch holds as many more as were left.
    """
    done, left = 0, set[UUID]()
    while len(left) < MOST_LEFT:
        found = [record_id for record_id in due(batch + len(left)) if record_id not in left]
        if not found:
            break
        for record_id in found:
            if _attempt(do, record_id):
                done += 1
            else:
                left.add(record_id)
    return done


def _attempt(do: Callable[[UUID], bool], record_id: UUID) -> bool:
    try:
        return do(record_id)
    except Exception as error:
        # The text of the exception may carry values: its type alone is logged.
        log.error("timer-failure type=%s", type(error).__name__)
        return False
