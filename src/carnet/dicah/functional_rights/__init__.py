"""Functional rights: transaction × actor × access mode, from the official matrix (PDT-INF-526 v1.8, PDT-INF-606 v1.3).

The edition is a file named by its date. A combination outside the table is refused.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

EDITION = "2025-07-08"
BASIS = "official: PDT-INF-526 v1.8 (2024-09-25) and PDT-INF-606 v1.3 (2025-07-08)"


@dataclass(frozen=True, slots=True)
class Right:
    """One cell: allowed or not, with the condition that the matrix writes beside it."""

    allowed: bool
    conditions: frozenset[str]


NO_RIGHT = Right(False, frozenset())

Key = tuple[str, str, str, str]
"""transaction, authentication column, actor column, mode."""


@cache
def table() -> dict[Key, Right]:
    """The whole matrix, 537 cells."""
    text = resources.files(__name__).joinpath(f"{EDITION}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {
        (r["transaction"], r["auth"], r["actor"], r["mode"]): Right(
            r["allowed"] == "yes", frozenset(filter(None, r["condition"].split("+")))
        )
        for r in rows
    }


def right(transaction: str, auth: str, actor: str, mode: str) -> Right:
    """Look a right up. What the matrix does not name is refused."""
    return table().get((transaction, auth, actor, mode), NO_RIGHT)
