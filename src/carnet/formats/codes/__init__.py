"""Value sets as dated data: ended codes are accepted on read and refused on write.

Sources: JDV_J02, J04, J06, J07, J08, J10 of the CI-SIS and their association table type → class (ASS_X04, ASS_X16), read
on 2026-11-22; savoir-faire: JDV_J107 (SM, SCD, SI). The exact members of the DMP subsets (J57 to J66) were not available:
the CI-SIS sets are used.
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal

Name = Literal["type_codes", "class_codes", "format_codes", "facility_types", "practice_settings",
               "confidentiality_codes", "professions", "sectors", "specialties"]  # fmt: skip
State = Literal["valid", "ended", "unknown"]


@dataclass(frozen=True, slots=True)
class Member:
    """A code of a value set. `valid_to` is the last day of its validity."""

    code: str
    system: str
    label: str
    valid_to: date | None
    class_code: str = ""


NO_MEMBER = Member("", "", "", None)


@cache
def members(name: Name) -> dict[tuple[str, str], Member]:
    """All members of a value set, by system and code, ended ones included."""
    text = resources.files(__name__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    rows = (
        Member(r["code"], r["system"], r["label"], date.fromisoformat(r["valid_to"]) if r["valid_to"] else None,
               r.get("class_code", ""))
        for r in csv.DictReader(text.splitlines())
    )  # fmt: skip
    return {(row.system, row.code): row for row in rows}


@cache
def _by_code(name: Name) -> dict[str, Member]:
    return {code: member for (_, code), member in reversed(members(name).items())}


def member(name: Name, code: str, system: str = "") -> Member | None:
    """The member with this code; without a system, the first that carries it."""
    return members(name).get((system, code)) if system else _by_code(name).get(code)


def state(name: Name, code: str, on: date, system: str = "") -> State:
    """Whether a code may be written on a day."""
    found = member(name, code, system)
    if found is None:
        return "unknown"
    return "ended" if found.valid_to and found.valid_to < on else "valid"


def label(name: Name, code: str, system: str = "") -> str:
    """The French label, or the code itself when the source gave none."""
    found = member(name, code, system)
    return found.label if found and found.label else code
