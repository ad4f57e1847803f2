"""Reading the directory: who a professional is, in which open situations, and which structure an id means."""

from collections.abc import Iterable
from dataclasses import dataclass

from carnet.apps.storage.api import Row, Work
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


_SITUATIONS = """SELECT s.profession_system, s.profession_code, s.savoir_faire, s.structure_id, coalesce(t.name, ''),
    s.sector, s.role, s.open FROM identity_situation s LEFT JOIN identity_structure t ON t.id = s.structure_id
    WHERE s.professional_id = %s ORDER BY s.number"""


def professional(work: Work, identifier: str) -> Professional | None:
    """Look a professional up by PS_IdNat."""
    person = work.row("SELECT family, given FROM identity_professional WHERE id = %s", identifier)
    if person is None:
        return None
    situations = tuple(
        Situation(Code(system, code), savoir_faire, structure, name, sector, role, is_open)
        for system, code, savoir_faire, structure, name, sector, role, is_open in work.rows(_SITUATIONS, identifier)
    )
    return Professional(identifier, person[0], person[1], situations)


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure of the directory."""

    id: str
    name: str
    sector: str


def structure(work: Work, identifier: str) -> Structure | None:
    """Look a structure up by any of its Struct_IdNat."""
    row = work.row(
        "SELECT id, name, sector FROM identity_structure WHERE id = %s OR other_ids @> ARRAY[%s]::varchar[] LIMIT 1",
        identifier, identifier,
    )  # fmt: skip
    return Structure(*row) if row else None


WITH_SPECIALTY = "EXISTS (SELECT FROM identity_situation i WHERE i.professional_id = ANY(author_ids) AND i.savoir_faire = %s)"
"""A fragment for a statement about documents: one of the authors has this savoir-faire in the directory."""


def known_professionals(work: Work, identifiers: frozenset[str]) -> frozenset[str]:
    """Those of the identifiers that the directory knows."""
    rows = work.rows("SELECT id FROM identity_professional WHERE id = ANY(%s)", sorted(identifiers))
    return frozenset(row[0] for row in rows)


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
