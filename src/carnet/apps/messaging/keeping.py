"""Keeping messages: rows and bytes, written in the transaction of whatever they belong to."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.messaging.rows import (
    DELIVERED,
    DISPLAYED,
    PROCESSED,
    SENT,
    WAITING,
    Correspondent,
    Message,
    Thread,
    address_index,
    content_index,
    mail_index,
    seal,
)
from carnet.apps.storage.api import RecordKey, Work, put


@dataclass(frozen=True, slots=True)
class Piece:
    """A file that is to be kept with a message. `within` is the position of the archive that it came in."""

    name: str
    mime: str
    content: bytes = field(repr=False)
    title: str = ""
    within: int | None = None
    problem: str = ""
    filed_as: UUID | None = None
    secret: bool = False
    """Whether it is hidden from the representatives in the record."""
    code: str = ""
    """Type of the CDA that it carries."""


def keep_pieces(work: Work, key: RecordKey, message_id: UUID, pieces: list[Piece], at: datetime) -> list[UUID]:
    """Keep the files of a message: their bytes are on the disk before the rows are written."""
    numbers = [uuid4() for _ in pieces]
    for position, (number, one) in enumerate(zip(numbers, pieces, strict=True)):
        archive = numbers[one.within] if one.within is not None else None
        work.run(
            """INSERT INTO messaging_attachment (record_id, id, message_id, position, mime, size, address, archive,
            problem, filed_at, filed_as, sealed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            key.record_id,
            number,
            message_id,
            position,
            one.mime[:120],
            len(one.content),
            put(key, one.content),
            archive,
            one.problem,
            at if one.filed_as else None,
            one.filed_as,
            seal(key, number, {"name": one.name, "title": one.title}),
        )
    return numbers


def end_threads(work: Work, record_id: UUID, correspondent: UUID, at: datetime, secret: bool) -> None:
    """End every conversation with somebody; in a minor's secret those that are secret, for the others show it to the parents."""
    work.run(
        """UPDATE messaging_thread SET ended_at = %s WHERE record_id = %s AND correspondent_id = %s AND ended_at IS NULL
        AND (secret OR NOT %s)""",
        at, record_id, correspondent, secret,
    )  # fmt: skip


def keep_message(work: Work, key: RecordKey, message: Message) -> bool:
    """Keep a message; False for one that is there already: the same mail, come again."""
    told = message.told
    rows = work.rows(
        """INSERT INTO messaging_message (record_id, id, thread_id, incoming, at, author, state, state_at, problem, read_at,
        mail_index, content_index, receipt_due, secret, sealed) VALUES
        (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (record_id, content_index) DO NOTHING RETURNING 1""",
        key.record_id,
        message.id,
        message.thread_id,
        message.incoming,
        message.at,
        message.author,
        message.state,
        message.state_at,
        message.problem,
        message.read_at,
        mail_index(key, told.get("message_id", "")),
        content_index(key, told.get("fingerprint", "")),
        message.receipt_due,
        message.secret,
        seal(key, message.id, told),
    )
    return bool(rows)


def keep_thread(work: Work, key: RecordKey, one: Thread) -> None:
    """Keep a thread, new or changed."""
    sealed = seal(key, one.id, {"subject": one.subject, "request": one.request})
    work.run(
        """INSERT INTO messaging_thread (record_id, id, correspondent_id, mailbox_id, kind, status, opened_at, updated_at, ended_at,
        assigned_to, secret, sealed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (record_id, id) DO UPDATE SET
        mailbox_id = excluded.mailbox_id, status = excluded.status, updated_at = excluded.updated_at, ended_at = excluded.ended_at,
        assigned_to = excluded.assigned_to, secret = excluded.secret, sealed = excluded.sealed""",
        key.record_id,
        one.id,
        one.correspondent_id,
        one.mailbox,
        one.kind,
        one.status,
        one.opened_at,
        one.updated_at,
        one.ended_at,
        one.assigned_to,
        one.secret,
        sealed,
    )


def keep_correspondent(work: Work, key: RecordKey, one: Correspondent) -> None:
    """Keep a correspondent, new or changed."""
    told = {k: v for k, v in asdict(one).items() if k in ("address", "name", "blocked_by")}
    work.run(
        """INSERT INTO messaging_correspondent (record_id, id, address_index, kind, mailbox_id, learnt_at, last_at, ended_at,
        blocked_at, reported_at, secret, sealed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (record_id, id) DO UPDATE SET
        kind = excluded.kind, mailbox_id = excluded.mailbox_id, last_at = excluded.last_at, ended_at = excluded.ended_at,
        blocked_at = excluded.blocked_at, reported_at = excluded.reported_at, secret = excluded.secret, sealed = excluded.sealed""",
        key.record_id,
        one.id,
        address_index(key, one.address),
        one.kind,
        one.mailbox,
        one.learnt_at,
        one.last_at,
        one.ended_at,
        one.blocked_at,
        one.reported_at,
        one.secret,
        seal(key, one.id, told),
    )


def mark(work: Work, key: RecordKey, message_id: UUID, state: str, at: datetime, problem: str = "") -> None:
    """Note what became of a message that left. What is known already is not taken back by a report that comes late."""
    order = [WAITING, SENT, DELIVERED, DISPLAYED, PROCESSED]
    later = order[order.index(state) :] if state in order else [DISPLAYED, PROCESSED]
    work.run(
        "UPDATE messaging_message SET state = %s, state_at = %s, problem = %s "
        "WHERE record_id = %s AND id = %s AND NOT state = ANY(%s)",
        state,
        at,
        problem[:40],
        key.record_id,
        message_id,
        later,
    )
