"""How far a long command is, on the terminal of whoever waits; nothing where nobody looks (a pipe, a log)."""

import sys
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
WIDTH = 30
PAUSE = 0.2
"""Seconds between two drawings."""


class Progress:
    """A bar on the error output, drawn a few times a second."""

    def __init__(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._drawn = what, total, 0, 0.0
        self._shown = sys.stderr.isatty()

    def step(self, result: T) -> T:
        """Count one more, and return the result that it gave."""
        self._done += 1
        if self._shown and monotonic() - self._drawn > PAUSE:
            self._drawn = monotonic()
            self._draw()
        return result

    def end(self) -> None:
        """Draw the last state and leave the line."""
        if self._shown:
            self._draw()
            print(file=sys.stderr)

    def _draw(self) -> None:
        full = WIDTH * self._done // max(self._total, 1)
        bar = "█" * full + "·" * (WIDTH - full)
        print(f"\r{self._what} {bar} {self._done}/{self._total}", end="", file=sys.stderr, flush=True)
