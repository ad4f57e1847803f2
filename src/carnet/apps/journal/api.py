"""Public face of the journal: append in the caller's transaction, read what a scope may see, verify.

Nothing updates or deletes an entry: a trigger forbids it to everybody, the owner included.
"""

import json
from typing import Any
from uuid import UUID

from carnet.apps.journal.entries import Event, body_of, chain_of
from carnet.apps.journal.verify import Fault, Line, check_chain, entry_hash, stored_lines, verify_all
from carnet.apps.storage.api import Statement, Work, unit

__all__ = [
    "Event",
    "Fault",
    "Line",
    "append",
    "append_statement",
    "check_chain",
    "entries_of_record",
    "entry_hash",
    "record_alone",
    "stored_lines",
    "verify_all",
]

_APPEND = "SELECT journal_append(%s, %s, %s, %s)"


def append_statement(event: Event) -> Statement:
    """The statement that appends an entry, for a caller that sends several together."""
    record_id = UUID(event.record_id) if event.record_id else None
    return _APPEND, (chain_of(record_id, event.actor), event.at, event.actor, body_of(event))


def append(work: Work, event: Event) -> None:
    """Append an entry in the transaction of what it tells."""
    sql, values = append_statement(event)
    work.row(sql, *values)


def record_alone(event: Event) -> None:
    """Append an entry in a transaction of its own: a refusal survives whatever follows."""
    with unit() as work:
        append(work, event)


def entries_of_record(work: Work, record_id: UUID) -> list[dict[str, Any]]:
    """Entries of a record, oldest first, in the scope of that record."""
    rows = work.rows("SELECT body FROM journal_entry WHERE chain_id = %s ORDER BY counter", record_id)
    return [json.loads(body) for (body,) in rows]
