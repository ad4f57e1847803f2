"""Professionals, situations of exercise and structures, from the national directory's flat extraction.

The extraction (« PS_LibreAcces_Personne_activite ») is text with `|` between columns, one line per activity, a header
of French column names. Columns are found by name: their number changes between versions.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from carnet.apps.storage.api import Work
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


@dataclass(slots=True)
class Person:
    """A professional with the activities read so far."""

    id: str
    family: str
    given: str
    civility: str
    activities: list[Activity] = field(default_factory=list)


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


def read(lines: Iterable[str]) -> tuple[dict[str, Person], dict[str, StructureLine], list[str]]:
    """Read an extraction: persons, structures, and the lines left out with the reason."""
    persons: dict[str, Person] = {}
    structures: dict[str, StructureLine] = {}
    left_out = []
    for number, line in enumerate(_clean(lines), start=2):
        try:
            identifier, structure = ps_id(line[PERSON]), _structure(line)
        except IdentifierError as error:
            left_out.append(f"line {number}: {error}")
            continue
        person = persons.setdefault(
            identifier,
            Person(identifier, line["Nom d'exercice"], line["Prénom d'exercice"], line.get("Code civilité", "")),
        )
        person.activities.append(_activity(line, structure))
        if structure:
            structures[structure.id] = structure
    return persons, structures, left_out


def _store_person(work: Work, person: Person, at: datetime) -> None:
    work.run(
        """INSERT INTO identity_professional (id, family, given, civility, updated_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET family = excluded.family, given = excluded.given,
        civility = excluded.civility, updated_at = excluded.updated_at""",
        person.id, person.family, person.given, person.civility, at,
    )  # fmt: skip
    # Situations that the extraction no longer shows are closed, not forgotten: documents still name them.
    work.run("UPDATE identity_situation SET open = false WHERE professional_id = %s", person.id)
    for number, activity in enumerate(person.activities, start=1):
        work.run(
            """INSERT INTO identity_situation (professional_id, number, profession_system, profession_code, category,
            savoir_faire, structure_id, sector, mode, role, open) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, true)
            ON CONFLICT (professional_id, number) DO UPDATE SET profession_system = excluded.profession_system,
            profession_code = excluded.profession_code, category = excluded.category,
            savoir_faire = excluded.savoir_faire, structure_id = excluded.structure_id, sector = excluded.sector,
            mode = excluded.mode, role = excluded.role, open = true""",
            person.id, number, activity.profession_system, activity.profession_code, activity.category,
            activity.savoir_faire, activity.structure_id, activity.sector, activity.mode, activity.role,
        )  # fmt: skip


def store(work: Work, persons: Iterable[Person], structures: Iterable[StructureLine], at: datetime) -> None:
    """Write what was read, all or nothing."""
    for structure in structures:
        work.run(
            """INSERT INTO identity_structure (id, name, sector, other_ids) VALUES (%s, %s, %s, %s)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, sector = excluded.sector,
            other_ids = excluded.other_ids""",
            structure.id, structure.name, structure.sector, sorted(structure.other_ids),
        )  # fmt: skip
    for person in persons:
        _store_person(work, person, at)


def close_situations(work: Work, professional_id: str) -> None:
    """Close every situation of a professional who left the directory."""
    work.run("UPDATE identity_situation SET open = false WHERE professional_id = %s", professional_id)
