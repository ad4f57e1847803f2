"""Professionals, situations of exercise and structures, from the national directory's flat extraction.

The extraction (« PS_LibreAcces_Personne_activite ») is text with `|` between columns, one line per activity, a header
of French column names. Columns are found by name: their number changes between versions.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM
from carnet.kernel.identifiers import IdentifierError, ps_id, structure_id

SOCIAL_SYSTEM = "1.2.250.1.213.1.6.1.4"
"""TRE_R94, social workers."""
TITLE_SYSTEM = "1.2.250.1.213.1.6.1.109"
"""TRE_R95, titles (osteopath, psychologist…)."""
STUDENT_CATEGORY = "E"
"""Category of students (R09, recalled): the profession code is then one of TRE_G16."""
_SOCIAL = frozenset({"41", "42", "43", "44", "45", "46", "47", "48", "49", "51", "52", "53"})
_TITLES = frozenset({"71", "72", "73", "93", "97"})

PERSON = "Identification nationale PP"
REQUIRED = (PERSON, "Nom d'exercice", "Prénom d'exercice", "Code profession", "Code secteur d'activité")


class ExtractionError(ValueError):
    """The file is not an extraction of the directory; the message says what is missing or where it stops."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of a professional."""

    profession_system: str
    profession_code: str
    category: str
    savoir_faire: str
    structure_id: str
    sector: str
    mode: str
    role: str


@dataclass(frozen=True, slots=True)
class StructureLine:
    """A structure as an activity line describes it: one id for us, every id that it is known by."""

    id: str
    name: str
    sector: str
    other_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
    """A professional as an activity line names them."""

    id: str
    family: str
    given: str
    civility: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the extraction: a person, one activity, and its structure where it names one."""

    number: int
    person: Person
    activity: Activity
    structure: StructureLine | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that cannot be read, and why; whose it is, where that much can be read."""

    number: int
    why: str
    person: str = ""

    def __str__(self) -> str:
        return f"line {self.number}: {self.why}"


def _structure_ids(line: dict[str, str]) -> list[str]:
    kinds = (("FINESS", "Numéro FINESS site"), ("SIRET", "Numéro SIRET site"), ("SIREN", "Numéro SIREN site"))
    typed = [structure_id(line[column], kind) for kind, column in kinds if line.get(column)]
    loose = (line.get("Ancien identifiant de la structure"), line.get("Identifiant technique de la structure"))
    return typed + [structure_id(value) for value in loose if value]


def _structure(line: dict[str, str]) -> StructureLine | None:
    ids = _structure_ids(line)
    if not ids:
        return None
    name = line.get("Raison sociale site") or line.get("Enseigne commerciale site") or ids[0]
    return StructureLine(ids[0], name[:200], line["Code secteur d'activité"], frozenset(ids))


def profession_system(code: str, category: str) -> str:
    """The table that a bare profession code of the extraction belongs to: the file does not say it."""
    if category == STUDENT_CATEGORY:
        return TRAINEE_SYSTEM
    return SOCIAL_SYSTEM if code in _SOCIAL else TITLE_SYSTEM if code in _TITLES else PROFESSION_SYSTEM


def _activity(line: dict[str, str], structure: StructureLine | None) -> Activity:
    category = line.get("Code catégorie professionnelle", "")
    return Activity(
        profession_system=profession_system(line["Code profession"], category),
        profession_code=line["Code profession"],
        category=category,
        savoir_faire=line.get("Code savoir-faire", ""),
        structure_id=structure.id if structure else "",
        sector=line["Code secteur d'activité"],
        mode=line.get("Code mode exercice", ""),
        role=line.get("Code rôle", ""),
    )


def _clean(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    reader = csv.DictReader((line.rstrip("\r\n").removesuffix("|") for line in lines), delimiter="|", quoting=csv.QUOTE_NONE)
    missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if missing:
        raise ExtractionError(f"not a directory extraction: no column {', '.join(missing)}")
    for row in reader:
        yield {name: (value or "").strip() for name, value in row.items() if name is not None}


_LONGEST = {
    "Code profession": 8, "Code catégorie professionnelle": 4, "Code savoir-faire": 12, "Code secteur d'activité": 8,
    "Code mode exercice": 4, "Code rôle": 12,
}  # fmt: skip


def _whose(line: dict[str, str]) -> str:
    try:
        return ps_id(line[PERSON])
    except IdentifierError:
        return ""


def _read(number: int, line: dict[str, str]) -> Line | LeftOut:
    too_long = [name for name, most in _LONGEST.items() if len(line.get(name, "")) > most]
    if too_long:
        return LeftOut(number, f"not a code: {', '.join(too_long)}", _whose(line))
    try:
        identifier, structure = ps_id(line[PERSON]), _structure(line)
    except IdentifierError as error:
        return LeftOut(number, str(error), _whose(line))
    person = Person(identifier, line["Nom d'exercice"][:120], line["Prénom d'exercice"][:120], line.get("Code civilité", "")[:12])
    return Line(number, person, _activity(line, structure), structure)


def parse(lines: Iterable[str]) -> Iterator[Line | LeftOut]:
    """Read an extraction line by line. Raises ExtractionError for a file without its columns."""
    for number, line in enumerate(_clean(lines), start=2):
        yield _read(number, line)
