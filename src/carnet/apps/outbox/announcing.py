"""Announcements of records: many at once, and what became of each, which starts or stops the six weeks of its person."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.outbox.contacts import IMMEDIATE, owner_of
from carnet.apps.outbox.notices import HOLDER
from carnet.apps.storage.api import Work, derived, seal

KIND = "record-announced"


@dataclass(frozen=True, slots=True)
class ToAnnounce:
    """Whom a record is announced to by mail: number, address, code, name."""

    record_id: UUID
    address: str
    code: str
    name: str


def announce_many(work: Work, people: Sequence[ToAnnounce], at: datetime) -> None:
    """Keep where many people are told, and leave the announcement of each (`Work.copy_in`).

    The day until which one may oppose is not sealed: the courier says it as it sends, since the six weeks run from there.
    """
    owners = [owner_of(HOLDER, one.record_id) for one in people]
    address, code = derived("notice-address"), derived("notice-code")
    work.copy_in(
        "outbox_contact (owner, address, muted, digest, updated_at)",
        ((o, seal(address, p.address.encode(), o.encode()), [], IMMEDIATE, at) for o, p in zip(owners, people, strict=True)),
    )
    work.copy_in("outbox_notice (record_id, id, kind, recipient, created_at, secret)", (_notice(p, code, at) for p in people))


def _notice(one: ToAnnounce, key: bytes, at: datetime) -> tuple[object, ...]:
    number = uuid4()
    told = json.dumps([one.code, one.name, ""])
    return one.record_id, number, KIND, HOLDER, at, seal(key, told.encode(), number.bytes)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the announcement of a record: sent then, or neither now nor later."""

    sent_at: datetime | None


def unsettled(work: Work, limit: int) -> list[UUID]:
    """Records whose announcement has an outcome that nobody noted."""
    return [row[0] for row in work.rows("SELECT record_id FROM outbox_announced(%s)", limit)]


def settle(work: Work, record_id: UUID) -> Outcome | None:
    """Note, once, what became of the latest announcement of a record, in its scope. None where another worker did."""
    rows = work.rows(
        """UPDATE outbox_notice SET settled = true WHERE record_id = %s AND kind = %s AND NOT settled AND outcome <> 'waiting'
        RETURNING delivered_at""",
        record_id, KIND,
    )  # fmt: skip
    sent = [row[0] for row in rows if row[0] is not None]
    return Outcome(max(sent) if sent else None) if rows else None
