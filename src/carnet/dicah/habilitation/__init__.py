"""The habilitation matrix: profession × document type, one dated immutable file per edition.

The cells of the official matrix (order of 26 October 2023) are not published as a table. The editions shipped here are
**reconstructions, not official**, except for their cells of basis `confirmed`; `press` cells follow press readings of its annex.
An edition stays readable for the decisions of its time. An operator imports another edition with
`carnet habilitation import FILE --effective DATE`.
"""

import csv
import hashlib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

from carnet.kernel.codes import Code

COLUMNS = ("profession_system", "profession_code", "type_code", "consult", "basis")
BASES = frozenset({"confirmed", "press", "reconstructed", "official"})
"""Where a cell comes from: a published statement, press readings of the order's annex, our reconstruction, the matrix itself."""
READ = frozenset({"confirmed", "official"})
"""Bases of which a source was read: of `press` only what others read in it."""


class EditionError(ValueError):
    """The file is not an edition of the matrix; the message names the line and what to do."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition: from which day it applies, and which profession may consult which type."""

    effective: date
    digest: str
    # Two editions of one digest are the same: comparing ten thousand cells took longer than the whole decision.
    cells: dict[tuple[Code, str], bool] = field(compare=False)
    confirmed: frozenset[tuple[Code, str]] = field(compare=False)
    press: frozenset[tuple[Code, str]] = field(default=frozenset(), compare=False)

    @property
    def official(self) -> bool:
        """Whether every cell was confirmed: a reconstruction is not official."""
        return len(self.confirmed) == len(self.cells)

    @property
    def name(self) -> str:
        """How the edition is named to software and on a command line, its nature included."""
        return f"{self.effective.isoformat()} ({'official' if self.official else 'reconstruction, not official'})"

    def professions(self) -> frozenset[Code]:
        """Professions that the matrix names. The others have no right (roles are not in force)."""
        return _professions(self)

    def consultable(self, profession: Code) -> frozenset[str]:
        """Types that a profession may consult."""
        return _consultable(self, profession)

    def basis(self, profession: Code, type_code: str) -> str:
        """`confirmed`, `reconstructed` or, for a cell that does not exist, `none`."""
        key = (profession, type_code)
        if key in self.press:
            return "press"
        return "none" if key not in self.cells else "confirmed" if key in self.confirmed else "reconstructed"


@cache
def _professions(edition: Edition) -> frozenset[Code]:
    return frozenset(profession for profession, _ in edition.cells)


@cache
def _consultable(edition: Edition, profession: Code) -> frozenset[str]:
    return frozenset(t for (p, t), allowed in edition.cells.items() if allowed and p == profession)


def _check(row: dict[str, str], line: int) -> None:
    if row["consult"] not in ("yes", "no"):
        raise EditionError(f"line {line}: consult is {row['consult']!r}; write yes or no")
    if row["basis"] not in BASES:
        raise EditionError(f"line {line}: basis is {row['basis']!r}; write one of {', '.join(sorted(BASES))}")
    if not all(row[c] for c in COLUMNS):
        raise EditionError(f"line {line}: an empty cell; fill every column")


def parse(text: str, effective: date) -> Edition:
    """Read an edition from CSV text. Raises EditionError on the first line that is wrong."""
    rows = csv.DictReader(text.splitlines())
    missing = [c for c in COLUMNS if c not in (rows.fieldnames or ())]
    if missing:
        raise EditionError(f"missing columns: {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    cells: dict[tuple[Code, str], bool] = {}
    confirmed, press = set(), set()
    for number, row in enumerate(rows, start=2):
        _check(row, number)
        key = (Code(row["profession_system"], row["profession_code"]), row["type_code"])
        if key in cells:
            raise EditionError(f"line {number}: the cell {key[0]} × {key[1]} stands twice")
        cells[key] = row["consult"] == "yes"
        if row["basis"] in READ:
            confirmed.add(key)
        elif row["basis"] == "press":
            press.add(key)
    if not cells:
        raise EditionError("no line in the file: an empty matrix would close every record")
    return Edition(effective, hashlib.sha256(text.encode()).hexdigest(), cells, frozenset(confirmed), frozenset(press))


def load(path: Path) -> Edition:
    """Read the edition of a file named by its date (`2023-10-29.csv`)."""
    return parse(path.read_text(encoding="utf-8"), date.fromisoformat(path.stem))


@cache
def shipped() -> tuple[Edition, ...]:
    """Editions that come with Carnet."""
    files = (f for f in resources.files(__name__).iterdir() if f.name.endswith(".csv"))
    editions = (parse(f.read_text(encoding="utf-8"), date.fromisoformat(f.name[:10])) for f in files)
    return tuple(sorted(editions, key=lambda e: e.effective))


@cache
def _imported(directory: Path) -> tuple[Edition, ...]:
    return tuple(load(path) for path in sorted(directory.glob("*.csv")))


def in_force(on: date, directory: Path | None = None) -> Edition:
    """The edition in force on a day: the latest that is effective.

    An imported edition wins over every shipped one: a reconstruction that comes with a later Carnet takes the place of no matrix
    an operator put in force.
    """
    imported = [e for e in (_imported(directory) if directory else ()) if e.effective <= on]
    return max(imported or [e for e in shipped() if e.effective <= on], key=lambda e: e.effective)


def import_edition(source: Path, effective: date, directory: Path) -> Edition:
    """Check a file and keep it as the edition of that day. An edition that exists is never overwritten."""
    edition = parse(source.read_text(encoding="utf-8"), effective)
    target = directory / f"{effective.isoformat()}.csv"
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as out:
            out.write(source.read_text(encoding="utf-8"))
    except FileExistsError:
        raise EditionError(f"an edition of {effective} exists already; editions are immutable: choose another date") from None
    target.chmod(0o444)
    _imported.cache_clear()
    return edition
