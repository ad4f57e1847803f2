"""The safety case names tests: each exists, and there are enough of them to be one."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_that_the_safety_case_names_exists() -> None:
    case = (ROOT / "docs/clinical-safety.md").read_text(encoding="utf-8")
    lines = [line for line in case.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len(lines) >= 25
    written = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    for line in lines:
        named = re.findall(r"`(test_\w+)`", line)
        assert named, f"a control without a test: {line[:60]}"
        assert [name for name in named if f"def {name}(" not in written] == []


def test_every_picture_of_the_safety_case_is_there() -> None:
    case = (ROOT / "docs/clinical-safety.md").read_text(encoding="utf-8")
    pictures = re.findall(r"\((safety/[\w-]+\.png)\)", case)
    assert len(pictures) >= 6
    assert [p for p in pictures if not (ROOT / "docs" / p).exists()] == []
