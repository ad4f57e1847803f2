"""Reading the directory: who a professional is, in which open situations, and which structure an id means."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carnet.apps.storage.api import Row, Work, unit
from carnet.kernel.actor import Situation
from carnet.kernel.codes import Code


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional and the situations that the directory knows, open and closed."""

    id: str
    family: str
    given: str
    situations: tuple[Situation, ...]

    @property
    def name(self) -> str:
        """Name as people read it."""
        return f"{self.given} {self.family}".strip()


_PROFESSIONAL = """SELECT p.family, p.given, s.profession_system, s.profession_code, s.savoir_faire, s.structure_id,
    coalesce(t.name, ''), s.sector, s.role, s.open FROM identity_professional p
    LEFT JOIN identity_situation s ON s.professional_id = p.id LEFT JOIN identity_structure t ON t.id = s.structure_id
    WHERE p.id = %s ORDER BY s.number"""


def professional(work: Work, identifier: str) -> Professional | None:
    """Look a professional up by PS_IdNat."""
    sql, values = professional_of(identifier)
    return read_professional(identifier, work.rows(sql, *values))


def professional_of(identifier: str) -> tuple[str, tuple[str]]:
    """The statement that looks a professional up by PS_IdNat."""
    return _PROFESSIONAL, (identifier,)


def read_professional(identifier: str, rows: Sequence[Row]) -> Professional | None:
    """Read the rows of `professional_of`."""
    if not rows:
        return None
    situations = tuple(
        Situation(Code(system, code), savoir_faire, structure, name, sector, role, is_open)
        for _, _, system, code, savoir_faire, structure, name, sector, role, is_open in rows
        if system is not None
    )
    return Professional(identifier, rows[0][0], rows[0][1], situations)


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure of the directory."""

    id: str
    name: str
    sector: str


_STRUCTURE = "SELECT id, name, sector FROM identity_structure WHERE id = %s OR other_ids @> ARRAY[%s]::varchar[] LIMIT 1"


def structure(work: Work, identifier: str) -> Structure | None:
    """Look a structure up by any of its Struct_IdNat."""
    sql, values = structure_of(identifier)
    row = work.row(sql, *values)
    return Structure(*row) if row else None


def structure_of(identifier: str) -> tuple[str, tuple[str, str]]:
    """The statement that looks a structure up by any of its Struct_IdNat."""
    return _STRUCTURE, (identifier, identifier)


WITH_SPECIALTY = "EXISTS (SELECT FROM identity_situation i WHERE i.professional_id = ANY(author_ids) AND i.savoir_faire = %s)"
"""A fragment for a statement about documents: one of the authors has this savoir-faire in the directory."""


def known_professionals(work: Work, identifiers: frozenset[str]) -> frozenset[str]:
    """Those of the identifiers that the directory knows."""
    rows = work.rows("SELECT id FROM identity_professional WHERE id = ANY(%s)", sorted(identifiers))
    return frozenset(row[0] for row in rows)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who exercises in a structure."""

    id: str
    name: str


def colleagues(structure_id: str) -> list[Colleague]:
    """Professionals with an open situation in a structure, by name."""
    if not structure_id:
        return []
    with unit() as work:
        rows = work.rows(
            """SELECT DISTINCT p.id, p.family, p.given FROM identity_professional p JOIN identity_situation s
            ON s.professional_id = p.id WHERE s.structure_id = %s AND s.open ORDER BY p.family, p.given LIMIT 500""",
            structure_id,
        )
    return [Colleague(number, f"{given} {family}".strip()) for number, family, given in rows]


def names(work: Work, identifiers: Iterable[str]) -> dict[str, tuple[str, Situation | None]]:
    """Name and first situation of professionals, and names of structures, by their national identifiers."""
    wanted = sorted(set(identifiers))
    people = work.rows(
        """SELECT p.id, p.given || ' ' || p.family, s.profession_system, s.profession_code, s.savoir_faire, s.structure_id,
        coalesce(t.name, ''), s.sector FROM identity_professional p LEFT JOIN LATERAL (SELECT * FROM identity_situation s
        WHERE s.professional_id = p.id ORDER BY NOT open, number LIMIT 1) AS s ON true
        LEFT JOIN identity_structure t ON t.id = s.structure_id WHERE p.id = ANY(%s)
        UNION ALL SELECT id, name, NULL, NULL, NULL, NULL, name, sector FROM identity_structure WHERE id = ANY(%s)""",
        wanted, wanted,
    )  # fmt: skip
    return {row[0]: (row[1], _named(row)) for row in people}


def _named(row: Row) -> Situation | None:
    if row[2] is None:
        return None
    return Situation(Code(row[2], row[3]), row[4], row[5] or "", row[6], row[7] or "")


def search_professionals(question: str, limit: int = 30) -> list[tuple[str, str, str, Situation | None]]:
    """People and structures of the national directory whose name holds the words, or whose number it is (public data).

    Identifier, `person` or `structure`, name, first situation.
    """
    words = [f"%{w}%" for w in question.replace("%", "").replace("_", "").split()][:5]
    if not words:
        return []
    with unit() as work:
        return _found(work, question, words, limit)


def _found(work: Work, question: str, words: list[str], limit: int) -> list[tuple[str, str, str, Situation | None]]:
    people = work.rows(
        """SELECT id FROM identity_professional WHERE (given || ' ' || family) ILIKE ALL(%s) OR id = %s ORDER BY family, given
        LIMIT %s""",
        words, question, limit,
    )  # fmt: skip
    places = work.rows("SELECT id FROM identity_structure WHERE name ILIKE ALL(%s) OR id = %s ORDER BY name LIMIT %s",
                       words, question, limit)  # fmt: skip
    known, structures = names(work, [row[0] for row in people]), {row[0] for row in places}
    found = [(number, "person", *known[number]) for (number,) in people if number in known]
    return found + [(number, "structure", name, None) for number, (name, _) in names(work, structures).items()]
