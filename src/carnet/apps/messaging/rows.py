"""Rows of messages: what is stored, sealed under the key of the record, and what a reader sees of it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from carnet.apps.messaging.conversation import Exchange, Link
from carnet.apps.records.api import Visit
from carnet.apps.storage.api import RecordKey, Row, Table, Values, Work, get, unit
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

MESSAGE, RENEWAL, APPOINTMENT = "message", "renewal", "appointment"
OPEN, ASKED, PROGRESS, ANSWERED, REFUSED, WITHDRAWN = "open", "asked", "progress", "answered", "refused", "withdrawn"
"""Status of a request; `open` for a plain conversation."""
RECEIVED, DRAFT, WAITING, SENT, DELIVERED, DISPLAYED, PROCESSED, FAILED = (
    "received", "draft", "waiting", "sent", "delivered", "displayed", "processed", "failed",
)  # fmt: skip
"""State of a message. `waiting` to `processed` is the way of one that left; each was said by somebody, none is guessed."""
PROFESSIONAL, PHARMACY = "professional", "pharmacy"


def _plain(row: Values) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(row["sealed"]))
    return found


def address_index(key: RecordKey, address: str) -> str:
    """The keyed digest under which a correspondent of a record is found."""
    return key.address(f"address:{address}".encode())


def mail_index(key: RecordKey, message_id: str) -> str | None:
    """The keyed digest under which a mail is found by its Message-ID; None without one."""
    return key.address(f"mail:{message_id}".encode()) if message_id else None


def content_index(key: RecordKey, fingerprint: str) -> str | None:
    """The keyed digest by which the same mail is known when it comes again."""
    return key.address(f"content:{fingerprint}".encode()) if fingerprint else None


_SEALED = {"sealed": lambda row: f"messaging/{row['id']}"}
TABLES = (
    Table("messaging_correspondent", _SEALED,
          digests={"address_index": lambda key, row: address_index(key, _plain(row)["address"])}),
    Table("messaging_thread", _SEALED, within=("correspondent_id", "messaging_correspondent")),
    Table("messaging_message", _SEALED, within=("thread_id", "messaging_thread"), digests={
        "mail_index": lambda key, row: mail_index(key, _plain(row).get("message_id", "")),
        "content_index": lambda key, row: content_index(key, _plain(row).get("fingerprint", "")),
    }),
    Table("messaging_attachment", _SEALED, stored="address", within=("message_id", "messaging_message")),
    Table("messaging_outgoing", _SEALED, stored="address"),
)  # fmt: skip


def forget(work: Work, record_id: UUID) -> None:
    """Erase the messages of a record that is destroyed."""
    for table in TABLES:
        work.run(f"DELETE FROM {table.name} WHERE record_id = %s", record_id)


def sees_secrets(ask: Ask) -> bool:
    """Whether the asker sees what a minor keeps from the representatives: the minor does, and whoever the minor writes with."""
    return ask.actor.kind not in (ActorKind.REPRESENTATIVE, ActorKind.CARER)


def seal(key: RecordKey, number: UUID, told: Mapping[str, Any]) -> bytes:
    """Seal what a row says."""
    return key.seal(json.dumps(told, ensure_ascii=False).encode(), f"messaging/{number}")


def unseal(key: RecordKey, number: UUID, sealed: bytes) -> dict[str, Any]:
    """Open what a row says."""
    found: dict[str, Any] = json.loads(key.unseal(bytes(sealed), f"messaging/{number}"))
    return found


@dataclass(frozen=True, slots=True)
class Correspondent:
    """Somebody with whom the person exchanges."""

    id: UUID
    address: str
    name: str
    kind: str
    mailbox: UUID | None
    learnt_at: datetime
    last_at: datetime
    ended_at: datetime | None = None
    blocked_at: datetime | None = None
    reported_at: datetime | None = None
    secret: bool = False
    blocked_by: str = ""
    """Kind of whoever blocked them; empty for nobody, and for who did it before it was kept."""

    @property
    def link(self) -> Link:
        """What the conversation looks at."""
        return self.link_in(secret=False)

    def link_in(self, *, secret: bool) -> Link:
        """The same in a conversation that is, or is not, a minor's secret."""
        return Link(
            self.kind == PROFESSIONAL, self.kind == PHARMACY, self.ended_at, self.blocked_at if self.blocks(secret) else None
        )

    def blocks(self, secret: bool) -> bool:
        """Whether a block holds: that of a representative reaches no secret of the minor, of which they do not know."""
        return self.blocked_at is not None and not (secret and self.blocked_by == ActorKind.REPRESENTATIVE)

    def heard(self, secret: bool, at: datetime, ended_at: datetime | None, name: str = "") -> "Correspondent":
        """The same once they wrote. A secret of a minor changes nothing of somebody whom the representatives know: neither the name
        that they read, nor the place in the list, nor whether they may be written to."""
        if secret and not self.secret:
            return self
        return replace(
            self, kind=PROFESSIONAL, name=name or self.name, last_at=at, ended_at=ended_at, secret=self.secret and secret
        )

    @property
    def label(self) -> str:
        """What people read."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation."""

    id: UUID
    correspondent_id: UUID
    mailbox: UUID | None
    kind: str
    status: str
    opened_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    assigned_to: str
    secret: bool
    subject: str
    request: dict[str, Any] = field(default_factory=dict)
    """What a structured request says: lines of a renewal, wishes for an appointment."""

    @property
    def exchange(self) -> Exchange:
        """What the conversation looks at."""
        return Exchange(self.ended_at)


@dataclass(frozen=True, slots=True)
class Message:
    """A message. `told` holds its words: text, who wrote it, identifiers of the mail."""

    id: UUID
    thread_id: UUID
    incoming: bool
    at: datetime
    author: str
    state: str
    state_at: datetime | None
    problem: str
    read_at: datetime | None
    receipt_due: bool
    secret: bool
    told: dict[str, Any]

    @property
    def text(self) -> str:
        """Its words."""
        return str(self.told.get("text", ""))

    @property
    def name(self) -> str:
        """Who wrote it."""
        return str(self.told.get("name", ""))


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message. One out of an XDM names the archive that it came in."""

    id: UUID
    message_id: UUID
    position: int
    mime: str
    size: int
    address: str
    archive: UUID | None
    problem: str
    filed_at: datetime | None
    filed_as: UUID | None
    name: str
    title: str

    @property
    def label(self) -> str:
        """What people read."""
        return self.title or self.name


_CORRESPONDENT = "id, kind, mailbox_id, learnt_at, last_at, ended_at, blocked_at, reported_at, secret, sealed"
_THREAD = """id, correspondent_id, mailbox_id, kind, status, opened_at, updated_at, ended_at, assigned_to, secret, sealed"""
_MESSAGE = "id, thread_id, incoming, at, author, state, state_at, problem, read_at, receipt_due, secret, sealed"
_ATTACHMENT = "id, message_id, position, mime, size, address, archive, problem, filed_at, filed_as, sealed"


def _correspondent(key: RecordKey, row: Row) -> Correspondent:
    number, kind, mailbox, learnt, last, ended, blocked, reported, secret, sealed = row
    told = unseal(key, number, sealed)
    return Correspondent(number, told["address"], told["name"], kind, mailbox, learnt, last, ended, blocked, reported, secret,
                         told.get("blocked_by", ""))  # fmt: skip


def _thread(key: RecordKey, row: Row) -> Thread:
    told = unseal(key, row[0], row[-1])
    values: list[Any] = [*row[:-1], told["subject"], told.get("request", {})]
    return Thread(*values)


def _message(key: RecordKey, row: Row) -> Message:
    values: list[Any] = [*row[:-1], unseal(key, row[0], row[-1])]
    return Message(*values)


def _attachment(key: RecordKey, row: Row) -> Attachment:
    told = unseal(key, row[0], row[-1])
    values: list[Any] = [*row[:-1], told["name"], told.get("title", "")]
    return Attachment(*values)


def serialise(visit: Visit) -> None:
    """One change of a record's messages at a time, until the end of the unit: two that cross would wait for each other's rows."""
    visit.work.run("SELECT pg_advisory_xact_lock(hashtextextended('messaging/' || %s, 0))", str(visit.record_id))


def has_messages(record_id: UUID) -> bool:
    """Whether a record holds any message."""
    with unit(record_id) as work:
        return bool(work.rows("SELECT 1 FROM messaging_message WHERE record_id = %s LIMIT 1", record_id))


def correspondents(visit: Visit) -> list[Correspondent]:
    """Those whom the reader may know of, the latest first."""
    rows = visit.work.rows(
        f"""SELECT {_CORRESPONDENT} FROM messaging_correspondent WHERE record_id = %s AND (NOT secret OR %s)
        ORDER BY last_at DESC LIMIT 500""",
        visit.record_id, sees_secrets(visit.ask),
    )  # fmt: skip
    return [_correspondent(visit.key, row) for row in rows]


def correspondent_at(work: Work, key: RecordKey, address: str) -> Correspondent | None:
    """The correspondent of an address, locked until the end of the unit."""
    row = work.row(
        f"SELECT {_CORRESPONDENT} FROM messaging_correspondent WHERE record_id = %s AND address_index = %s FOR UPDATE",
        key.record_id, address_index(key, address),
    )  # fmt: skip
    return _correspondent(key, row) if row else None


def correspondent(visit: Visit, number: UUID) -> Correspondent:
    """One correspondent. Raises Refusal for one that the reader may not know of."""
    row = visit.work.row(
        f"SELECT {_CORRESPONDENT} FROM messaging_correspondent WHERE record_id = %s AND id = %s AND (NOT secret OR %s)",
        visit.record_id, number, sees_secrets(visit.ask),
    )  # fmt: skip
    if row is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return _correspondent(visit.key, row)


def threads(visit: Visit, most: int = 200) -> list[Thread]:
    """Threads that the reader sees, the latest first."""
    rows = visit.work.rows(
        f"SELECT {_THREAD} FROM messaging_thread WHERE record_id = %s AND (NOT secret OR %s) ORDER BY updated_at DESC, id LIMIT %s",
        visit.record_id, sees_secrets(visit.ask), most,
    )  # fmt: skip
    return [_thread(visit.key, row) for row in rows]


def thread(visit: Visit, number: UUID, lock: bool = False) -> Thread:
    """One thread. Raises Refusal for one that the reader does not see: it is as unknown as any."""
    row = visit.work.row(
        f"SELECT {_THREAD} FROM messaging_thread WHERE record_id = %s AND id = %s AND (NOT secret OR %s){' FOR UPDATE' * lock}",
        visit.record_id, number, sees_secrets(visit.ask),
    )  # fmt: skip
    if row is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return _thread(visit.key, row)


def thread_in(work: Work, key: RecordKey, number: UUID) -> Thread | None:
    """A thread by its number, for a list that was decided before any record was named."""
    row = work.row(f"SELECT {_THREAD} FROM messaging_thread WHERE record_id = %s AND id = %s", key.record_id, number)
    return _thread(key, row) if row else None


def thread_of(work: Work, key: RecordKey, message: UUID) -> UUID | None:
    """The thread of a message of the record; None for one that is not there."""
    row = work.row("SELECT thread_id FROM messaging_message WHERE record_id = %s AND id = %s", key.record_id, message)
    found: UUID | None = row[0] if row else None
    return found


def said_in(work: Work, key: RecordKey, number: UUID) -> list[Message]:
    """What was said in a thread, for such a list."""
    rows = work.rows(
        f"SELECT {_MESSAGE} FROM messaging_message WHERE record_id = %s AND thread_id = %s AND state <> 'draft' "
        "ORDER BY at DESC, state_at DESC NULLS LAST, id DESC LIMIT 200",
        key.record_id,
        number,
    )
    return [_message(key, row) for row in reversed(rows)]


def messages(visit: Visit, of: list[UUID]) -> list[Message]:
    """Messages of threads, the oldest first. What is still being written is its author's alone."""
    rows = visit.work.rows(
        f"""SELECT {_MESSAGE} FROM messaging_message WHERE record_id = %s AND thread_id = ANY(%s) AND (NOT secret OR %s)
        AND (state <> 'draft' OR author = %s) ORDER BY at DESC, state_at DESC NULLS LAST, id DESC LIMIT 2000""",
        visit.record_id, of, sees_secrets(visit.ask), visit.ask.actor.key,
    )  # fmt: skip
    return [_message(visit.key, row) for row in reversed(rows)]


def attachments(visit: Visit, of: list[UUID]) -> list[Attachment]:
    """Attachments of messages, in order."""
    rows = visit.work.rows(
        f"SELECT {_ATTACHMENT} FROM messaging_attachment WHERE record_id = %s AND message_id = ANY(%s) "
        "ORDER BY message_id, position",
        visit.record_id,
        of,
    )
    return [_attachment(visit.key, row) for row in rows]


def attachment(visit: Visit, number: UUID) -> tuple[Attachment, Message, Thread]:
    """One attachment with the message and the thread that it stands in. Raises Refusal where the reader sees no such thread."""
    row = visit.work.row(
        f"SELECT {_ATTACHMENT} FROM messaging_attachment WHERE record_id = %s AND id = %s", visit.record_id, number
    )
    if row is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    found = _attachment(visit.key, row)
    rows = visit.work.rows(f"SELECT {_MESSAGE} FROM messaging_message WHERE record_id = %s AND id = %s AND (NOT secret OR %s)",
                           visit.record_id, found.message_id, sees_secrets(visit.ask))  # fmt: skip
    if not rows:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    message = _message(visit.key, rows[0])
    if message.state == DRAFT and message.author != visit.ask.actor.key:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found, message, thread(visit, message.thread_id)


def content_of(visit: Visit, one: Attachment) -> bytes:
    """The bytes of an attachment."""
    return get(visit.key, one.address)
