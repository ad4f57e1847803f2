"""The side of professionals whose mailbox Carnet holds: their list across patients, a thread, an answer, hand-over, the end of an
exchange. Whoever exercises in a structure reads the mailbox of its team.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from cryptography.exceptions import InvalidTag

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.messaging import keeping, rows
from carnet.apps.messaging.conversation import after_mail
from carnet.apps.messaging.keeping import Piece
from carnet.apps.messaging.mailboxes import PERSON, Mailbox, mailboxes_of
from carnet.apps.messaging.packing import check_sent
from carnet.apps.messaging.reading import Conversation, conversation
from carnet.apps.messaging.rows import Correspondent, Message, Thread
from carnet.apps.messaging.sending import new_message_id
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.records.api import Visit, acting, receives_messages, scan
from carnet.apps.storage.api import KeyDestroyedError, key_of, unit
from carnet.dicah.facts import Facts
from carnet.formats.mss import Closing, shown_subject
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, normalise_name

LONGEST, MOST = 20_000, 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation as the list of a mailbox shows it."""

    record_id: UUID
    thread: Thread
    mailbox: Mailbox
    traits: Traits
    subject: str
    last: Message | None
    new: int
    """Messages of the person that nobody of the mailbox has read."""


@dataclass(frozen=True, slots=True)
class Board:
    """The list of the mailboxes of a professional."""

    listed: list[Waiting]
    whole: bool
    """Whether every conversation was looked at; else the latest `MOST`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written to a person: words, files, and what it does to the exchange or to the request."""

    text: str
    pieces: tuple[Piece, ...] = ()
    closes: Closing = Closing.NOTHING
    status: str = ""
    secret: bool = False
    """For a minor: kept from the representatives."""
    subject: str = ""
    form: str = ""
    """The number of the form that it was written in: the same words and files of one form sent twice are one message."""

    def number(self, actor: str) -> UUID:
        """What the same message has when it comes twice; another one each time, where no form has a number."""
        if not self.form:
            return uuid4()
        files = [sha256(piece.content).hexdigest() for piece in self.pieces]
        return uuid5(
            NAMESPACE_URL, repr((actor, self.form, self.text, self.subject, self.closes.value, self.status, self.secret, files))
        )


def board(ask: Ask, question: str = "", only: str = "") -> Board:
    """The conversations of the mailboxes of a professional, the latest first. One decision and one line, in their own chain."""
    ask = replace(ask, act=Act.LIST_MESSAGES)
    with access.asking(ask), unit() as work:
        doubt = access.of_question(work, ask)
        access.grant(work, ask, Facts(settings=access.law(), edition=access.edition(ask.at), plausibility=doubt), None)
        held = {m.id: m for m in mailboxes_of(ask.actor, work)}
        found = work.rows("SELECT record_id, thread_id FROM messaging_of_mailboxes(%s, %s)", sorted(held), MOST)
    listed = [one for record_id, thread_id in found if (one := _waiting(record_id, thread_id, held))]
    words = normalise_name(question).split()
    kept = {"nouveaux": lambda o: o.new, "demandes": lambda o: o.thread.kind != rows.MESSAGE,
            "moi": lambda o: o.thread.assigned_to == ask.actor.id}  # fmt: skip
    return Board([one for one in listed if _named(one, words) and (only not in kept or kept[only](one))], len(found) < MOST)


def _named(one: Waiting, words: list[str]) -> bool:
    text = normalise_name(f"{one.traits.birth_name} {one.traits.given_names} {one.subject} {one.mailbox.label}")
    return all(word in text for word in words)


def _waiting(record_id: UUID, thread_id: UUID, held: dict[UUID, Mailbox]) -> Waiting | None:
    """A line of the list; none for a record that is closed, or that cannot be opened: one of them must not close all others."""
    if not receives_messages(record_id):
        return None
    with unit(record_id) as work:
        known = identity.known(work, record_id)
        try:
            key = key_of(work, record_id)
            thread = rows.thread_in(work, key, thread_id)
            said = rows.said_in(work, key, thread_id)
        except (InvalidTag, KeyDestroyedError):
            return None
    if known is None or thread is None or thread.mailbox is None:
        return None
    new = sum(not m.incoming and m.state in (rows.DELIVERED, rows.SENT) for m in said)
    return Waiting(
        record_id, thread, held[thread.mailbox], known[1], shown_subject(thread.subject, known[1]), said[-1] if said else None, new
    )


@contextmanager
def attending(ask: Ask, act: Act, record_id: UUID, number: UUID) -> Iterator[tuple[Visit, Thread, Mailbox]]:
    """Open a thread of a mailbox that is the asker's: any other is unknown. Raises Refusal.

    What was refused may be what is not announced yet, or a minor's secret: no line of the record's journal tells it.
    """
    with acting(ask, act, record_id, refused_on_record=False) as visit:
        rows.serialise(visit)
        thread = rows.thread(visit, number, lock=True)
        visit.line.veil = REPRESENTATIVES if thread.secret else ""
        held = {m.id: m for m in mailboxes_of(ask.actor, visit.work)}
        if thread.mailbox not in held:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        yield visit, thread, held[thread.mailbox]


def _check(answer: Answer) -> None:
    silent = not answer.text.strip() and not answer.pieces
    # Nobody is told that what they asked for is there when nothing is.
    empty = silent and (answer.status == rows.ANSWERED or (answer.closes is Closing.NOTHING and not answer.status))
    if empty or len(answer.text) > LONGEST:
        raise Refusal(No.MESSAGE_MALFORMED, {"problem": f"a message of 1 to {LONGEST} characters"})
    scan(p.content for p in answer.pieces)


def _put(visit: Visit, thread: Thread, who: Correspondent, box: Mailbox, answer: Answer) -> None:
    """Put an answer into a thread, as a mail of the correspondent would be."""
    work, key, at = visit.work, visit.key, visit.ask.at
    number = answer.number(visit.ask.actor.key)
    if rows.thread_of(work, key, number):
        return
    link, exchange = after_mail(who.link, thread.exchange, answer.closes, at)
    name = visit.ask.actor.name if box.kind == "PER" else f"{visit.ask.actor.name}, {box.label}"
    identifier = new_message_id()
    told = {"text": answer.text.strip(), "name": name, "from": box.address, "message_id": identifier, "fingerprint": identifier,
            "closes": answer.closes.value, "subject": thread.subject}  # fmt: skip
    status = answer.status or (rows.PROGRESS if thread.status == rows.ASKED else thread.status)
    keeping.keep_correspondent(work, key, who.heard(thread.secret, at, link.ended_at))
    keeping.keep_thread(work, key, replace(thread, updated_at=at, ended_at=exchange.ended_at, status=status))
    message = Message(
        number, thread.id, True, at, visit.ask.actor.key[:120], rows.RECEIVED, None, "", None, False, thread.secret, told
    )
    keeping.keep_message(work, key, message)
    keeping.keep_pieces(work, key, message.id, list(answer.pieces), at)
    if answer.closes is Closing.ALL:
        keeping.end_threads(work, visit.record_id, who.id, at, thread.secret)
    if not thread.secret:
        notify(work, visit.record_id, "new-message", HOLDER, at)
    access.write_entry(work, visit.granted, (), "message", REPRESENTATIVES if thread.secret else "")


def _reachable(record_id: UUID | None) -> None:
    """Raises Refusal for a person without a mailbox."""
    if record_id is None or not receives_messages(record_id):
        raise Refusal(No.MESSAGE_MAILBOX_UNKNOWN)


def _wanted(who: Correspondent | None, secret: bool) -> None:
    """Raises Refusal, in the same words, for a mailbox from which the person wants nothing more."""
    if who is not None and who.blocks(secret):
        raise Refusal(No.MESSAGE_MAILBOX_UNKNOWN)


def _held(visit: Visit, number: UUID) -> Mailbox:
    """A mailbox of the asker: any other is unknown."""
    found = next((m for m in mailboxes_of(visit.ask.actor, visit.work) if m.id == number), None)
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found


def _known(visit: Visit, box: Mailbox) -> Correspondent | None:
    """What the person's record knows of a mailbox."""
    return rows.correspondent_at(visit.work, visit.key, box.address)


def answer(ask: Ask, record_id: UUID, number: UUID, given: Answer) -> None:
    """Answer in a thread of one of one's mailboxes: what is kept is on the disk when this returns. Raises Refusal."""
    _check(given)
    _reachable(record_id)
    with attending(ask, Act.WRITE_MESSAGE, record_id, number) as (visit, thread, box):
        who = rows.correspondent(visit, thread.correspondent_id)
        _wanted(who, thread.secret)
        if check_sent(visit, given.pieces) and visit.facts.minor and not thread.secret:
            raise Refusal(No.MESSAGE_SECRET_DOCUMENT)
        _note_read(visit, thread.id, ask.at)
        _put(visit, thread, who, box, given)


def may_write(ask: Ask, ins: Ins, box: UUID, secret: bool, pieces: Sequence[Piece] = (), begun: bool = False) -> bool:
    """Whether a message from this mailbox would be taken, asked before anything is deposited with it. Raises Refusal if not.

    Returns whether it would be kept from the representatives: because it is asked for, or because the record keeps from them what
    it carries. A conversation that is `begun` and open to them takes no such document.
    """
    record_id = identity.find(ins)
    _reachable(record_id)
    with acting(replace(ask, ins=ins), Act.WRITE_MESSAGE, refused_on_record=False) as visit:
        known = _known(visit, _held(visit, box))
        _wanted(known, secret=True)
        kept = check_sent(visit, pieces) and visit.facts.minor
        if kept and begun and not secret:
            raise Refusal(No.MESSAGE_SECRET_DOCUMENT)
        veiled = kept or (secret and visit.facts.minor)
        _wanted(known, veiled)
        visit.line.veil = REPRESENTATIVES if veiled else ""
        return veiled


def write_to(ask: Ask, ins: Ins, box: UUID, given: Answer) -> tuple[UUID, UUID]:
    """Begin a conversation with a person, from one of one's mailboxes. Returns the record and the thread. Raises Refusal."""
    _check(given)
    _reachable(identity.find(ins))
    with acting(replace(ask, ins=ins), Act.WRITE_MESSAGE, refused_on_record=False) as visit:
        rows.serialise(visit)
        kept = check_sent(visit, given.pieces)
        before = rows.thread_of(visit.work, visit.key, given.number(visit.ask.actor.key))
        one, at, secret = _held(visit, box), ask.at, (given.secret or kept) and visit.facts.minor
        visit.line.veil = REPRESENTATIVES if secret else ""
        if before:
            return visit.record_id, before
        known = _known(visit, one)
        _wanted(known, secret)
        who = known or Correspondent(uuid4(), one.address, one.label, rows.PROFESSIONAL, one.id, at, at, secret=secret)
        thread = Thread(
            uuid4(), who.id, one.id, rows.MESSAGE, rows.OPEN, at, at, None, "", secret, given.subject.strip()[:200] or "Message"
        )
        _put(visit, thread, who, one, given)
        return visit.record_id, thread.id


def _note_read(visit: Visit, thread: UUID, at: datetime) -> None:
    for one in rows.messages(visit, [thread]):
        if not one.incoming and one.state in (rows.DELIVERED, rows.SENT):
            keeping.mark(visit.work, visit.key, one.id, rows.DISPLAYED, at)


def open_thread(ask: Ask, record_id: UUID, number: UUID) -> tuple[Conversation, Traits, Ins, bool]:
    """A thread of one of one's mailboxes, whose it is, and whether they are a minor. Raises Refusal."""
    with attending(ask, Act.READ_MESSAGES, record_id, number) as (visit, thread, _):
        return conversation(visit, thread.id), visit.traits, visit.ins, visit.facts.minor


def attachment_of_team(ask: Ask, record_id: UUID, number: UUID) -> tuple[rows.Attachment, bytes]:
    """A file of a thread of one of one's mailboxes. Raises Refusal."""
    with acting(ask, Act.READ_MESSAGES, record_id) as visit:
        one, _, thread = rows.attachment(visit, number)
        visit.line.veil = REPRESENTATIVES if thread.secret else ""
        if thread.mailbox not in {m.id for m in mailboxes_of(ask.actor, visit.work)}:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        return one, rows.content_of(visit, one)


def note_read_by_team(ask: Ask, record_id: UUID, number: UUID) -> None:
    """Note that what the person wrote is read: they are told so."""
    with attending(ask, Act.READ_MESSAGES, record_id, number) as (visit, thread, _):
        _note_read(visit, thread.id, ask.at)


def take_on(ask: Ask, record_id: UUID, number: UUID, colleague: str = "") -> None:
    """Say that it is being handled, by oneself or by a colleague it is handed over to: the person is told that, not by whom."""
    with attending(ask, Act.READ_MESSAGES, record_id, number) as (visit, thread, box):
        if colleague and box.kind == PERSON:
            # Nobody else reads a mailbox of one's own: what is handed over would be seen by nobody.
            raise Refusal(No.DELEGATION_MISSING)
        _note_read(visit, thread.id, ask.at)
        for one in rows.messages(visit, [thread.id]):
            if not one.incoming and one.state == rows.DISPLAYED:
                keeping.mark(visit.work, visit.key, one.id, rows.PROCESSED, ask.at)
        status = rows.PROGRESS if thread.status == rows.ASKED else thread.status
        keeping.keep_thread(visit.work, visit.key, replace(thread, assigned_to=(colleague or ask.actor.id)[:64], status=status))
