"""Bounds of the budgets for tests: none for a whole run, which is no professional's hour, and small ones for the tests of budgets."""

from datetime import date
from pathlib import Path

import pytest

_MEASURES = ("content", "own-content", "reach", "own-reach", "negative", "traits")
_FIRST = "who,subject,measure,hour_soft,hour_hard,day_soft,day_hard,week_soft,week_hard"


def unbounded(folder: Path) -> Path:
    """Write an edition without any bound, and return its folder."""
    into = folder / "bounds"
    into.mkdir()
    lines = [_FIRST, *(f"*,person,{measure},,,,,," for measure in _MEASURES)]
    (into / "2026-11-27.csv").write_text("\n".join(lines) + "\n")
    return into


def bound(patch: pytest.MonkeyPatch, *lines: str) -> None:
    """Lay these lines before an edition without bounds, for this test."""
    from carnet.apps.access import bounds

    text = [_FIRST, *lines, *(f"*,person,{measure},,,,,," for measure in _MEASURES)]
    edition = bounds.read_edition(text, date(2026, 11, 27))
    patch.setattr(bounds, "in_force", lambda on: edition)


def shipped(patch: pytest.MonkeyPatch) -> None:
    """The edition that Carnet ships, for this test."""
    from carnet.apps.access import bounds

    edition = bounds._editions(Path("/nowhere"))[date(2026, 11, 27)]
    patch.setattr(bounds, "in_force", lambda on: edition)
