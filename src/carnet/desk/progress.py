"""How far a long command is, on the terminal of whoever waits; nothing where nobody looks (a pipe, a log)."""

import sys
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
WIDTH = 30
PAUSE = 0.2
"""Seconds between two drawings."""


class Progress:
    """A bar on the error output, drawn a few times a second, with the time that remains."""

    def __init__(self, what: str, total: int, unit: str = "") -> None:
        self._what, self._total, self._unit, self._done, self._drawn, self._beside = what, total, unit, 0, 0.0, ""
        self._begun, self._from = monotonic(), -1
        self._shown = sys.stderr.isatty()

    def step(self, result: T) -> T:
        """Count one more, and return the result that it gave."""
        self.to(self._done + 1)
        return result

    def to(self, done: int, beside: str = "") -> None:
        """Say how much is done, and a word beside it."""
        if self._from < 0:
            self._from = self._done
        self._done, self._beside = done, beside
        if self._shown and monotonic() - self._drawn > PAUSE:
            self._drawn = monotonic()
            self._draw()

    def end(self) -> None:
        """Draw the last state and leave the line."""
        if self._shown:
            self._draw()
            print(file=sys.stderr)

    def _remains(self) -> str:
        seconds, moved = monotonic() - self._begun, self._done - self._from
        if seconds < 2 or moved <= 0 or self._done >= self._total:
            return ""
        left = round(seconds * (self._total - self._done) / moved)
        return f", encore {left // 60} min {left % 60:02d} s"

    def _draw(self) -> None:
        full = WIDTH * self._done // max(self._total, 1)
        bar = "█" * full + "·" * (WIDTH - full)
        beside = f", {self._beside}" if self._beside else ""
        unit = f" {self._unit}" if self._unit else ""
        print(
            f"\r{self._what} {bar} {self._done}/{self._total}{unit}{beside}{self._remains()}   ",
            end="",
            file=sys.stderr,
            flush=True,
        )
