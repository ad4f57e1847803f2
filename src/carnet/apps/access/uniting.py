"""The choices of a person whose two records become one: the stricter of both stands, and what stood before can come back.

Rights themselves are rows that move with the record; a block of either record ends what the other one authorised.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from carnet.apps.access.acts import record_of_grant
from carnet.apps.storage.api import Work
from carnet.kernel.grant import Grant

_ROW = "SELECT to_jsonb(c) - 'record_id' FROM access_choices c WHERE record_id = %s"
_TIGHTER = """INSERT INTO access_choices AS c SELECT * FROM jsonb_populate_record(NULL::access_choices, %s)
    ON CONFLICT (record_id) DO UPDATE SET break_glass = c.break_glass AND excluded.break_glass,
    regulation = c.regulation AND excluded.regulation,
    masked_in_emergency = c.masked_in_emergency AND excluded.masked_in_emergency,
    masks_new = coalesce(c.masks_new, false) OR coalesce(excluded.masks_new, false),
    objects_to_deposits_of = ARRAY(SELECT DISTINCT unnest(c.objects_to_deposits_of || excluded.objects_to_deposits_of)),
    masked_categories = ARRAY(SELECT DISTINCT unnest(c.masked_categories || excluded.masked_categories)),
    hidden_sections = ARRAY(SELECT DISTINCT unnest(c.hidden_sections || excluded.hidden_sections))"""
_BLOCKED = """DELETE FROM access_authorisation a USING access_block b WHERE a.record_id = %s AND b.record_id = a.record_id
    AND b.subject_id = a.subject_id AND b.subject_kind = a.subject_kind"""


def raw_choices(work: Work, record_id: UUID) -> dict[str, Any] | None:
    """What a holder chose, as it is kept; None where nothing was chosen. In the scope of the record."""
    row = work.row(_ROW, record_id)
    return dict(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class Tightened:
    """What stood in a record before a union, and what stood after it."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None


def tighten(work: Work, granted: Grant, other: dict[str, Any] | None) -> Tightened:
    """Have the stricter of two choices stand in the record of a Grant, in its scope.

    An authorisation that the other record blocks ends: unblocking restores none.
    """
    record_id = record_of_grant(granted)
    before = raw_choices(work, record_id)
    if other is not None:
        work.run(_TIGHTER, Jsonb(other | {"record_id": str(record_id)}))
    work.run(_BLOCKED, record_id)
    return Tightened(before, raw_choices(work, record_id))


def restore_choices(work: Work, granted: Grant, kept: Tightened) -> None:
    """Put back what a holder had chosen before a union, in the scope of the record of a Grant; not what they chose since."""
    record_id = record_of_grant(granted)
    if raw_choices(work, record_id) != kept.after:
        return
    work.run("DELETE FROM access_choices WHERE record_id = %s", record_id)
    if kept.before is not None:
        values = Jsonb(kept.before | {"record_id": str(record_id)})
        work.run("INSERT INTO access_choices SELECT * FROM jsonb_populate_record(NULL::access_choices, %s)", values)
