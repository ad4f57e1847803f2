"""Public face of the journal: append in the caller's transaction, read what a scope may see, verify.

Nothing updates or deletes an entry: a trigger forbids it to everybody, the owner included.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from carnet.apps.journal.entries import (
    BOTH,
    PATIENT,
    REPRESENTATIVES,
    UNNAMED,
    VEILS,
    Event,
    body_of,
    chain_of,
    chains_of,
    veiled_chain,
)
from carnet.apps.journal.export import (
    chain_export,
    chains_export,
    checkpoint_of,
    export_all,
    is_sealed,
    restore_chain,
    sealed_rows,
    stored_chain,
    stored_veil,
)
from carnet.apps.journal.lag import last_seal, stands_still
from carnet.apps.journal.maps import build_if_due as build_map_if_due
from carnet.apps.journal.merkle import consistent
from carnet.apps.journal.notes import COSIGNATURE_KEY, Checkpoint, Note, NoteError, Signer, Verifier
from carnet.apps.journal.receipts import ReceiptsError, all_receipts, missed, remember, standing
from carnet.apps.journal.sealing import Sealer, SealerBusyError, log_signer, signer
from carnet.apps.journal.tiles import write_file
from carnet.apps.journal.verify import Fault, Line, check_chain, entry_hash, stored_lines, verify_all
from carnet.apps.journal.witnesses import Witnesses
from carnet.apps.storage.api import Row, Statement, Work, after_commit, blind_index, unit

__all__ = [
    "BOTH",
    "COSIGNATURE_KEY",
    "PATIENT",
    "REPRESENTATIVES",
    "UNNAMED",
    "VEILS",
    "Checkpoint",
    "Event",
    "Fault",
    "Line",
    "Note",
    "NoteError",
    "Numbered",
    "ReceiptsError",
    "Row",
    "Sealer",
    "SealerBusyError",
    "Signer",
    "Verifier",
    "Witnesses",
    "all_receipts",
    "append",
    "append_statement",
    "begin_chains",
    "build_map_if_due",
    "chain_export",
    "chain_of_statement",
    "chains_export",
    "chains_of",
    "check_chain",
    "checkpoint_of",
    "consistent",
    "entries_of_actor",
    "entries_of_record",
    "entry_hash",
    "export_all",
    "is_sealed",
    "last_seal",
    "last_visit",
    "log_signer",
    "missed",
    "numbered_entries",
    "record_alone",
    "restore_chain",
    "sealed_rows",
    "signer",
    "standing",
    "stands_still",
    "stored_chain",
    "stored_lines",
    "stored_veil",
    "veiled_chain",
    "verify_all",
    "write_file",
]

_APPEND = "SELECT journal_append(%s, %s, %s, %s)"
after_commit(_APPEND, remember)


_BEGIN = "SELECT journal_begin(%s::uuid[], %s::timestamptz[], %s::text[], %s::text[])"


def _remember_begun(begun: Sequence[tuple[Sequence[Any], Row]]) -> None:
    for (chains, _, _, bodies), _ in begun:
        remember([((chain, None, None, body), (1,)) for chain, body in zip(chains, bodies, strict=True)])


after_commit(_BEGIN, _remember_begun)


def begin_chains(work: Work, events: Sequence[Event]) -> None:
    """Write the first line of many records at once, in the transaction that makes them; for the owner of the tables.

    A chain that is there already fails the transaction: its lines are appended one by one, under the lock of its head.
    """
    chains = [UUID(event.record_id) for event in events]
    work.row(_BEGIN, chains, [e.at for e in events], [e.actor for e in events], [body_of(e) for e in events])


def append_statement(event: Event, veil: str = "") -> Statement:
    """The statement that appends an entry, for a caller that sends several together. `veil`: from whom it is hidden."""
    record_id = UUID(event.record_id) if event.record_id else None
    chain = veiled_chain(record_id, veil) if record_id and veil else chain_of(record_id, event.actor)
    return _APPEND, (chain, event.at, event.actor, body_of(event))


def chain_of_statement(statement: Statement) -> UUID:
    """The chain to which a statement of `append_statement` appends."""
    values: Any = statement[1]
    chain: UUID = values[0]
    return chain


def append(work: Work, event: Event, veil: str = "") -> None:
    """Append an entry in the transaction of what it tells."""
    # What it answers is remembered once it is committed: nobody waits for it before.
    work.send(append_statement(event, veil))


def record_alone(event: Event, veil: str = "") -> None:
    """Append an entry in a transaction of its own: a refusal survives whatever follows."""
    with unit() as work:
        append(work, event, veil)


@dataclass(frozen=True, slots=True)
class Numbered:
    """An entry of a record with its place: in which chain, and its number there."""

    chain: UUID
    counter: int
    entry: dict[str, Any]

    @property
    def name(self) -> UUID:
        """A name that tells nothing of the number: a gap between two would tell of what others did."""
        return UUID(bytes=blind_index("trace", f"{self.chain}/{self.counter}")[:16])


def _across(work: Work, record_id: UUID, *values: Any) -> list[Numbered]:
    """Entries of every chain of a record, the newest first, in one round trip. Leaves the scope as it was."""
    rows = work.rows("SELECT * FROM journal_across(%s, %s, %s, %s)", list(chains_of(record_id)), *(values or (None,) * 3))
    found = [Numbered(chain, counter, json.loads(body)) for chain, counter, body in rows]
    return sorted(found, key=lambda n: (n.entry["at"], n.counter), reverse=True)


_ENTRIES = "SELECT counter, body FROM journal_entry WHERE chain_id = %s ORDER BY counter"
LAST_VISIT = """SELECT max(at) FROM (SELECT at, lag(at) OVER (ORDER BY at DESC, counter DESC) AS later FROM journal_entry
    WHERE chain_id = %s AND actor = %s AND at <= %s AND body::jsonb ->> 'outcome' = 'permit'
    AND body::jsonb ->> 'act' IN ('TD3.1:metadata', 'TD3.2')) AS visits WHERE coalesce(later, %s) - at > %s"""
"""The end of an actor's last visit to a record: the latest reading that a pause separates from the next one, or from now."""


def last_visit(record_id: UUID, actor: str, at: datetime, pause: timedelta) -> Statement:
    """The statement that says when this actor's visit before the present one ended; null when there was none."""
    return LAST_VISIT, (record_id, actor, at, at, pause)


def entries_of_record(work: Work, record_id: UUID) -> list[dict[str, Any]]:
    """Entries of a record, oldest first, in the scope of that record."""
    return [json.loads(body) for _, body in work.rows(_ENTRIES, record_id)]


def numbered_entries(work: Work, record_id: UUID) -> list[Numbered]:
    """Every entry of a record, veiled ones included, the newest first."""
    return _across(work, record_id)


def entries_of_actor(work: Work, record_id: UUID, actor: str, since: datetime, count: int) -> list[Numbered]:
    """Entries of one actor on a record, the newest first, at most `count`.

    Without the refusals of documents that are unknown to the actor: that such a line stands in the chain of this record, and
    not in the actor's own, would tell that the document exists, and whose it is.
    """
    return _across(work, record_id, actor, since, count)[:count]
