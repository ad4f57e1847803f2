"""Orphans: bytes that a crash left without metadata. They are swept; metadata without bytes never exists."""

from uuid import UUID

from carnet.apps.records.hooks import named_bytes
from carnet.apps.storage.api import stored_records, sweep, unit


def _known(record_id: UUID) -> frozenset[str]:
    with unit(record_id) as work:
        rows = work.rows("SELECT address FROM records_document WHERE record_id = %s", record_id)
        return frozenset(row[0] for row in rows) | named_bytes(work, record_id)


def sweep_orphans(older_than: float = 3600.0) -> int:
    """Remove orphan files of every record that are older than so many seconds. Returns how many.

    The age protects a deposit in progress: its bytes are written before its metadata.
    """
    return sum(sweep(record_id, _known(record_id), older_than) for record_id in stored_records())
