"""Criteria of referencing, as dated data: one immutable file per edition, read whole or refused."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

PACKAGED = Path(__file__).with_name("editions")
ALL, EXCHANGE, ASSISTANT, DEVICE = "all", "exchange", "assistant", "device"


class Criterion(BaseModel):
    """One criterion: what must hold, the proof that is asked for, and whether a service that lacks it can be listed."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: str
    family: str
    text: str
    proof: str
    applies: str = Field(pattern=f"^({ALL}|{EXCHANGE}|{ASSISTANT}|{DEVICE})$")
    weight: int = Field(ge=1, le=3)
    blocking: bool
    status: str = Field(pattern="^[CRI]$")
    """C: read in a source; R: recalled; I: inferred."""
    source: str = ""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    title: str
    in_force_from: date
    agreement_months: int = Field(ge=1, le=120)
    to_verify: str = ""
    families: dict[str, str]
    criteria: list[Criterion]


@dataclass(frozen=True, slots=True)
class Criteria:
    """An edition. `agreement_months`: how long a service is listed before it is examined again."""

    id: str
    title: str
    in_force_from: date
    agreement_months: int
    families: dict[str, str]
    criteria: tuple[Criterion, ...]

    def of(self, *applies: str) -> tuple[Criterion, ...]:
        """The criteria that concern a service of these sorts."""
        return tuple(c for c in self.criteria if c.applies == ALL or c.applies in applies)


def read_criteria(content: bytes) -> Criteria:
    """Read an edition. Raises ValueError, which says where."""
    held = _File.model_validate(tomllib.loads(content.decode("utf-8")))
    codes = [c.code for c in held.criteria]
    unknown = {c.family for c in held.criteria} - set(held.families)
    if len(set(codes)) != len(codes) or unknown:
        raise ValueError(f"a code twice, or an unknown family: {sorted(unknown)}")
    return Criteria(held.id, held.title, held.in_force_from, held.agreement_months, held.families, tuple(held.criteria))


@lru_cache(maxsize=1)
def _packaged() -> tuple[Criteria, ...]:
    return tuple(read_criteria(path.read_bytes()) for path in sorted(PACKAGED.glob("*.toml")))


def criteria_on(day: date) -> Criteria:
    """The edition in force on a day; before the first one, the first one."""
    found = sorted(_packaged(), key=lambda e: e.in_force_from)
    return next((e for e in reversed(found) if e.in_force_from <= day), found[0])


def criteria_named(number: str) -> Criteria:
    """An edition by its id: what a file was examined by stays what it was. Raises KeyError."""
    return next(e for e in _packaged() if e.id == number)
