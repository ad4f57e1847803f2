"""Public face of the journal: append in the caller's transaction, read what a scope may see, verify.

Nothing updates or deletes an entry: a trigger forbids it to everybody, the owner included.
"""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from carnet.apps.journal.entries import Event, body_of, chain_of
from carnet.apps.journal.export import chain_export, checkpoint_of, export_all, restore_chain, sealed_rows, stored_chain
from carnet.apps.journal.maps import build_if_due as build_map_if_due
from carnet.apps.journal.merkle import consistent
from carnet.apps.journal.notes import COSIGNATURE_KEY, Checkpoint, Note, NoteError, Signer, Verifier
from carnet.apps.journal.sealing import Sealer, SealerBusyError, log_signer, signer
from carnet.apps.journal.tiles import write_file
from carnet.apps.journal.verify import Fault, Line, check_chain, entry_hash, stored_lines, verify_all
from carnet.apps.journal.witnesses import Witnesses
from carnet.apps.storage.api import Statement, Work, unit

__all__ = [
    "COSIGNATURE_KEY",
    "Checkpoint",
    "Event",
    "Fault",
    "Line",
    "Note",
    "NoteError",
    "Sealer",
    "SealerBusyError",
    "Signer",
    "Verifier",
    "Witnesses",
    "append",
    "append_statement",
    "build_map_if_due",
    "chain_export",
    "check_chain",
    "checkpoint_of",
    "consistent",
    "entries_of_actor",
    "entries_of_record",
    "entry_hash",
    "export_all",
    "last_visit",
    "log_signer",
    "numbered_entries",
    "record_alone",
    "restore_chain",
    "sealed_rows",
    "signer",
    "stored_chain",
    "stored_lines",
    "verify_all",
    "write_file",
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


_ENTRIES = "SELECT counter, body FROM journal_entry WHERE chain_id = %s"
LAST_VISIT = """SELECT max(at) FROM (SELECT at, lag(at) OVER (ORDER BY at DESC, counter DESC) AS later FROM journal_entry
    WHERE chain_id = %s AND actor = %s AND at <= %s AND body::jsonb ->> 'outcome' = 'permit'
    AND body::jsonb ->> 'act' IN ('TD3.1:metadata', 'TD3.2')) AS visits WHERE coalesce(later, %s) - at > %s"""
"""The end of an actor's last visit to a record: the latest reading that a pause separates from the next one, or from now."""


def last_visit(record_id: UUID, actor: str, at: datetime, pause: timedelta) -> Statement:
    """The statement that says when this actor's visit before the present one ended; null when there was none."""
    return LAST_VISIT, (record_id, actor, at, at, pause)


def entries_of_record(work: Work, record_id: UUID) -> list[dict[str, Any]]:
    """Entries of a record, oldest first, in the scope of that record."""
    return [json.loads(body) for _, body in work.rows(f"{_ENTRIES} ORDER BY counter", record_id)]


def numbered_entries(work: Work, record_id: UUID) -> list[tuple[int, dict[str, Any]]]:
    """Entries of a record with their numbers, the newest first."""
    return [(counter, json.loads(body)) for counter, body in work.rows(f"{_ENTRIES} ORDER BY counter DESC", record_id)]


def entries_of_actor(work: Work, record_id: UUID, actor: str, since: datetime, count: int) -> list[tuple[int, dict[str, Any]]]:
    """Numbered entries of one actor on a record, the newest first, at most `count`.

    Without the refusals of documents that are unknown to the actor: that such a line stands in the chain of this record, and
    not in the actor's own, would tell that the document exists, and whose it is.
    """
    rows = work.rows(
        f"""{_ENTRIES} AND actor = %s AND at >= %s AND body::jsonb ->> 'code' IS DISTINCT FROM 'document-unknown'
        ORDER BY counter DESC LIMIT %s""",
        record_id, actor, since, count,
    )  # fmt: skip
    return [(counter, json.loads(body)) for counter, body in rows]
