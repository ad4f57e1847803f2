"""The directory's extraction becomes what this Carnet knows: one transaction, by differences of sets.

The lines are copied to a staging table as they are read, so that memory does not grow with the file; the database then says who is
new, who changed, and who left. A situation that is not shown any more is closed, not forgotten: documents still name it. Whoever
has a line that cannot be read has not left, and loses no situation: the line may be the one that shows it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carnet.apps.identity.directory import ExtractionError, LeftOut, Line, parse
from carnet.apps.storage.api import Work

SHOWN = 20
"""Lines left out that are told one by one; the others are counted."""
USUAL_GONE, USUAL_SHARE = 20, 0.02
"""So many people (never more than half of a small directory), or this share of those in exercise, leave between two extractions;
more is a file that was cut short."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import changed."""

    professionals: int
    structures: int
    new: int
    changed: int
    gone: tuple[str, ...]
    """Professionals in exercise until now whom the extraction does not name: every situation of theirs is closed."""
    left_out: tuple[str, ...]
    left_out_count: int
    sessions: int = 0
    """Sessions that ended with those who left (`signin`)."""


_STAGE = """CREATE TEMPORARY TABLE incoming (line bigint, id text, family text, given text, civility text, system text, code text,
    category text, savoir_faire text, structure_id text, sector text, mode text, role text, structure_name text,
    structure_sector text, other_ids text[], unread boolean) ON COMMIT DROP"""
_COPY = "COPY incoming FROM STDIN"
_KEY = ("profession_system", "profession_code", "category", "savoir_faire", "structure_id", "sector", "mode", "role")
_COLUMNS, _INCOMING = ", ".join(_KEY), ", ".join(f"i.{name}" for name in _KEY)
_SAME = " AND ".join(f"s.{name} = i.{name}" for name in _KEY)
_PREPARE = (
    "CREATE INDEX ON incoming (id)",
    "CREATE INDEX ON incoming (id) WHERE unread",
    """CREATE TEMPORARY TABLE incoming_person ON COMMIT DROP AS
    SELECT DISTINCT ON (id) id, family, given, civility FROM incoming WHERE NOT unread ORDER BY id, line""",
    """CREATE TEMPORARY TABLE incoming_situation ON COMMIT DROP AS SELECT id, system AS profession_system,
    code AS profession_code, category, savoir_faire, structure_id, sector, mode, role, min(line) AS line FROM incoming
    WHERE NOT unread GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9""",
    """CREATE TEMPORARY TABLE incoming_structure ON COMMIT DROP AS SELECT DISTINCT ON (structure_id) structure_id AS id,
    structure_name AS name, structure_sector AS sector, other_ids FROM incoming WHERE structure_id <> ''
    ORDER BY structure_id, line DESC""",
    "CREATE UNIQUE INDEX ON incoming_person (id)",
    "CREATE INDEX ON incoming_situation (id)",
    "ANALYZE incoming_person, incoming_situation, incoming_structure",
)
_COUNTS = "SELECT (SELECT count(*) FROM incoming_person), (SELECT count(*) FROM incoming_structure)"
_GONE = """SELECT DISTINCT s.professional_id FROM identity_situation s WHERE s.open
    AND NOT EXISTS (SELECT FROM incoming i WHERE i.id = s.professional_id) ORDER BY 1"""
_IN_EXERCISE = "SELECT count(DISTINCT professional_id) FROM identity_situation WHERE open"
_STRUCTURES = """INSERT INTO identity_structure AS t (id, name, sector, other_ids)
    SELECT id, name, sector, other_ids FROM incoming_structure
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, sector = excluded.sector, other_ids = excluded.other_ids
    WHERE (t.name, t.sector, t.other_ids) IS DISTINCT FROM (excluded.name, excluded.sector, excluded.other_ids)"""
_PERSONS = """INSERT INTO identity_professional AS p (id, family, given, civility, updated_at)
    SELECT id, family, given, civility, %s FROM incoming_person ON CONFLICT (id) DO UPDATE SET family = excluded.family,
    given = excluded.given, civility = excluded.civility, updated_at = excluded.updated_at
    WHERE (p.family, p.given, p.civility) IS DISTINCT FROM (excluded.family, excluded.given, excluded.civility)
    RETURNING id, xmax = 0"""
_CLOSE = f"""UPDATE identity_situation s SET open = false WHERE s.open
    AND EXISTS (SELECT FROM incoming_person p WHERE p.id = s.professional_id)
    AND NOT EXISTS (SELECT FROM incoming u WHERE u.unread AND u.id = s.professional_id)
    AND NOT EXISTS (SELECT FROM incoming_situation i WHERE i.id = s.professional_id AND {_SAME}) RETURNING s.professional_id"""
_REOPEN = f"""UPDATE identity_situation s SET open = true FROM incoming_situation i
    WHERE NOT s.open AND i.id = s.professional_id AND {_SAME} RETURNING s.professional_id"""
_ADD = f"""INSERT INTO identity_situation (professional_id, number, {_COLUMNS}, open)
    SELECT i.id, coalesce(m.number, 0) + row_number() OVER (PARTITION BY i.id ORDER BY i.line), {_INCOMING}, true
    FROM incoming_situation i LEFT JOIN (SELECT professional_id, max(number) AS number FROM identity_situation GROUP BY 1) AS m
    ON m.professional_id = i.id WHERE NOT EXISTS (SELECT FROM identity_situation s WHERE s.professional_id = i.id AND {_SAME})
    RETURNING professional_id"""
_CLOSE_GONE = "UPDATE identity_situation SET open = false WHERE open AND professional_id = ANY(%s)"


def _copied(work: Work, lines: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """Stage every line: one that cannot be read tells whose it is, no more. Returns those, and how many they are."""
    shown: list[str] = []
    count = 0
    with work.connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for found in parse(lines):
            if isinstance(found, LeftOut):
                count += 1
                shown += [str(found)] if len(shown) < SHOWN else []
                copy.write_row((found.number, found.person, *("",) * 13, [], True))
            else:
                copy.write_row(_row(found))
    return tuple(shown), count


def _row(line: Line) -> tuple[object, ...]:
    person, activity, structure = line.person, line.activity, line.structure
    place = (structure.name, structure.sector, sorted(structure.other_ids)) if structure else ("", "", [])
    return (line.number, person.id, person.family, person.given, person.civility, activity.profession_system,
            activity.profession_code, activity.category, activity.savoir_faire, activity.structure_id, activity.sector,
            activity.mode, activity.role, *place, False)  # fmt: skip


def _leavers(work: Work, most: int | None) -> tuple[str, ...]:
    gone = tuple(row[0] for row in work.rows(_GONE))
    known = int(work.rows(_IN_EXERCISE)[0][0])
    bound = most if most is not None else max(min(USUAL_GONE, known // 2), int(known * USUAL_SHARE))
    if len(gone) > bound:
        raise ExtractionError(
            f"{len(gone)} of {known} professionals in exercise are not in the file, which is more than {bound}: if the file is "
            f"whole, import it again with --accept-gone {len(gone)}; if it is a part of the directory, with --partial"
        )
    return gone


def import_extraction(
    work: Work, lines: Iterable[str], at: datetime, *, partial: bool = False, most_gone: int | None = None
) -> Difference:
    """Import an extraction in the caller's transaction (`storage.streaming`).

    `partial`: the file is a part of the directory, and nobody outside it leaves. `most_gone`: how many may leave.
    Raises ExtractionError for a file that is none, or that lacks more people than leave; then nothing is kept.
    """
    work.run(_STAGE)
    left_out, count = _copied(work, lines)
    for statement in _PREPARE:
        work.run(statement)
    people, structures = work.rows(_COUNTS)[0]
    if not people:
        raise ExtractionError("no professional in the file")
    gone = () if partial else _leavers(work, most_gone)
    work.run(_STRUCTURES)
    persons = work.rows(_PERSONS, at)
    touched = {row[0] for sql in (_CLOSE, _REOPEN, _ADD) for row in work.rows(sql)}
    work.run(_CLOSE_GONE, list(gone))
    new = {row[0] for row in persons if row[1]}
    changed = (touched | {row[0] for row in persons}) - new
    return Difference(people, structures, len(new), len(changed), gone, left_out, count)
