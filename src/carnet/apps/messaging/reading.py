"""What a reader sees of messages: the list, searched and filtered, and one conversation with what may be done in it."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from carnet.apps.messaging import rows
from carnet.apps.messaging.conversation import Reply, reply_of
from carnet.apps.messaging.mailboxes import Mailbox, mailboxes_in, of_structures
from carnet.apps.messaging.rows import Attachment, Correspondent, Message, Thread
from carnet.apps.records.api import Query, Visit, acting, criteria, documents
from carnet.formats.mss import shown_subject
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import Refusal
from carnet.kernel.traits import normalise_name

DISPENSATION = "60593-1"
"""Type of the documents by which a pharmacy is known to have been gone to."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message with its files."""

    message: Message
    files: list[Attachment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation as a list shows it."""

    thread: Thread
    correspondent: Correspondent
    subject: str
    last: Message | None
    unread: int
    files: int

    @property
    def blocked(self) -> bool:
        """Whether what the correspondent would write in this conversation is blocked."""
        return self.correspondent.blocks(self.thread.secret)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation, with what its reader may do in it."""

    thread: Thread
    correspondent: Correspondent
    subject: str
    said: list[Said]
    reply: Reply
    mailbox: Mailbox | None = None
    draft: str = ""

    @property
    def was_read(self) -> bool:
        """Whether the correspondent said that the last message of the person is read."""
        mine = [s.message.state for s in self.said if not s.message.incoming]
        return bool(mine) and mine[-1] in (rows.DISPLAYED, rows.PROCESSED)

    @property
    def waiting(self) -> bool:
        """Whether a request of the person still waits."""
        return self.thread.status in (rows.ASKED, rows.PROGRESS)


@contextmanager
def reading(ask: Ask, record_id: UUID | None = None) -> Iterator[Visit]:
    """Open the messages of a record: decided and journaled. Raises Refusal."""
    with acting(ask, Act.READ_MESSAGES, record_id) as visit:
        yield visit


def _by_thread(found: list[Message]) -> dict[UUID, list[Message]]:
    grouped: dict[UUID, list[Message]] = defaultdict(list)
    for one in found:
        grouped[one.thread_id].append(one)
    return grouped


def _matches(words: list[str], one: Listed, said: list[Message], names: list[str]) -> bool:
    text = normalise_name(
        " ".join([one.correspondent.label, one.subject, *(m.text for m in said), *(m.name for m in said), *names])
    )
    return all(word in text for word in words)


def inbox(visit: Visit, question: str = "", only: str = "", most: int = 200) -> list[Listed]:
    """Conversations that the reader sees, the latest first; those that hold every word of a question. `only`: `non-lus`,
    `demandes` or `pieces`."""
    known = {c.id: c for c in rows.correspondents(visit)}
    found = [t for t in rows.threads(visit, most) if t.correspondent_id in known]
    by_thread = _by_thread(rows.messages(visit, [t.id for t in found]))
    files = _files(visit, by_thread)
    words = normalise_name(question).split()
    listed = []
    for thread in found:
        said = [m for m in by_thread[thread.id] if m.state != rows.DRAFT]
        pieces = [f for m in said for f in files[m.id] if f.archive is None]
        unread = sum(m.incoming and m.read_at is None for m in said)
        one = Listed(
            thread,
            known[thread.correspondent_id],
            shown_subject(thread.subject, visit.traits),
            said[-1] if said else None,
            unread,
            len(pieces),
        )
        if _matches(words, one, said, [f.label for f in pieces]):
            listed.append(one)
    kept = {"non-lus": lambda o: o.unread, "demandes": lambda o: o.thread.kind != rows.MESSAGE, "pieces": lambda o: o.files}
    return [one for one in listed if only not in kept or kept[only](one)]


def _files(visit: Visit, by_thread: dict[UUID, list[Message]]) -> dict[UUID, list[Attachment]]:
    grouped: dict[UUID, list[Attachment]] = defaultdict(list)
    for one in rows.attachments(visit, [m.id for said in by_thread.values() for m in said]):
        grouped[one.message_id].append(one)
    return grouped


def unread_in(visit: Visit) -> int:
    """Messages that wait to be read, among those that the reader sees; none for whom messages are closed to."""
    if not visit.may(Act.READ_MESSAGES):
        return 0
    row = visit.work.row(
        """SELECT count(*) FROM messaging_message WHERE record_id = %s AND incoming AND read_at IS NULL AND (NOT secret OR %s)""",
        visit.record_id, rows.sees_secrets(visit.ask),
    )  # fmt: skip
    return int(row[0]) if row else 0


def conversation(visit: Visit, number: UUID) -> Conversation:
    """One conversation. Raises Refusal for one that the reader does not see."""
    thread = rows.thread(visit, number)
    who = rows.correspondent(visit, thread.correspondent_id)
    found = rows.messages(visit, [thread.id])
    files = _files(visit, {thread.id: found})
    drafts = [m.text for m in found if m.state == rows.DRAFT]
    said = [Said(m, files[m.id]) for m in found if m.state != rows.DRAFT]
    held = mailboxes_in(visit.work, [thread.mailbox]) if thread.mailbox else {}
    came = [s.message for s in said if s.message.incoming]
    # What a program alone wrote is read by nobody: an answer would be lost.
    answerable = not came or not all(m.told.get("automatic") for m in came) or thread.mailbox is not None
    reply = reply_of(who.link_in(secret=thread.secret), replace(thread.exchange, answerable=answerable))
    return Conversation(thread, who, shown_subject(thread.subject, visit.traits), said, reply,
                        held.get(thread.mailbox) if thread.mailbox else None, drafts[-1] if drafts else "")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody to whom the person may write a new message."""

    key: str
    name: str
    since: datetime | None = None
    pharmacy: bool = False


def pharmacies(visit: Visit) -> list[Mailbox]:
    """Mailboxes of the pharmacies that the person went to: those that wrote a dispensation that the reader sees (CIT-03)."""
    query = Query((criteria.by_codes("type", [DISPENSATION]),), count=200)
    structures = sorted({s for d in documents(visit, query).items for s in d.facts.author_structures})
    return of_structures(visit.work, structures)


def choices_of(visit: Visit) -> list[Choice]:
    """Whom the person may write to: whoever wrote first and did not end it, then pharmacies they went to."""
    known = rows.correspondents(visit)
    written = [Choice(f"c:{c.id}", c.label, c.learnt_at, c.kind == rows.PHARMACY) for c in known
               if reply_of(c.link, None) is Reply.NEW_MESSAGE]  # fmt: skip
    held = {c.mailbox for c in known}
    try:
        fresh = [m for m in pharmacies(visit) if m.id not in held]
    except (Refusal, PermissionError):
        fresh = []
    return written + [Choice(f"m:{m.id}", m.label, None, True) for m in fresh]
