"""Public face of the outbox: a notice is a row of the writer's transaction; the courier delivers it."""

from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.storage.api import Work

HOLDER = "holder"
TREATING_DOCTOR = "treating_doctor"

__all__ = ["HOLDER", "TREATING_DOCTOR", "notify", "pending"]


def notify(work: Work, record_id: UUID, kind: str, recipient: str, at: datetime) -> None:
    """Leave a notice in the transaction of what it tells: both are there, or neither."""
    work.run(
        "INSERT INTO outbox_notice (record_id, id, kind, recipient, created_at) VALUES (%s, %s, %s, %s, %s)",
        record_id, uuid4(), kind, recipient, at,
    )  # fmt: skip


def pending(work: Work, record_id: UUID) -> list[tuple[str, str]]:
    """Kinds and recipients of the notices of a record that wait for the courier, oldest first."""
    rows = work.rows(
        "SELECT kind, recipient FROM outbox_notice WHERE record_id = %s AND delivered_at IS NULL ORDER BY created_at, id",
        record_id,
    )
    return [(str(kind), str(recipient)) for kind, recipient in rows]
