"""What the person's side does: write, answer, ask for a renewal or an appointment, keep a draft, note as read, block, report."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.messaging import keeping, rows
from carnet.apps.messaging.conversation import PERSON_MEDIA, PERSON_MOST_BYTES, obstacle, signature
from carnet.apps.messaging.keeping import Piece
from carnet.apps.messaging.mailboxes import Mailbox
from carnet.apps.messaging.reading import pharmacies
from carnet.apps.messaging.rows import Correspondent, Message, Thread
from carnet.apps.messaging.sending import (
    Leaving,
    answer_automatically,
    leave,
    mailbox_of,
    new_message_id,
    references_of,
    send_receipt,
)
from carnet.apps.messaging.trust import is_trusted
from carnet.apps.records.api import Visit, acting, scan, visiting
from carnet.formats.mss import domain_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

LONGEST, SUBJECT = 20_000, 200


@dataclass(frozen=True, slots=True)
class Sending:
    """What is to be sent: in a thread, or in a new one to somebody whom the person may write to (`c:` a correspondent, `m:` a
    pharmacy's mailbox)."""

    text: str
    thread: UUID | None = None
    to: str = ""
    subject: str = ""
    kind: str = rows.MESSAGE
    request: dict[str, Any] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    secret: bool = False
    """A minor keeps it from the representatives."""
    becomes: str = ""
    """Status of the request after it."""
    tells_secret: bool = False
    """Whether its words tell of what a minor keeps from the representatives: a treatment, a measure."""


def _check(sending: Sending) -> None:
    if not (sending.text.strip() or sending.pieces or sending.request) or len(sending.text) > LONGEST:
        raise Refusal(No.MESSAGE_MALFORMED, {"problem": f"a message of 1 to {LONGEST} characters"})
    if sum(len(p.content) for p in sending.pieces) > PERSON_MOST_BYTES:
        raise Refusal(No.MESSAGE_TOO_LARGE)
    if any(p.mime not in PERSON_MEDIA and not p.filed_as for p in sending.pieces):
        raise Refusal(No.MESSAGE_ATTACHMENT_REFUSED)
    scan(p.content for p in sending.pieces)


def _veiled(visit: Visit, secret: bool) -> str:
    """From whom the lines about a thread are hidden, the permit and a refusal as well."""
    visit.line.veil = REPRESENTATIVES if secret else ""
    return visit.line.veil


def _pharmacy(ask: Ask, record_id: UUID, number: UUID) -> Mailbox:
    """A pharmacy that the person went to, looked for among the documents that they see."""
    with visiting(ask, record_id, "messages") as visit:
        found = [m for m in pharmacies(visit) if m.id == number]
    if not found:
        raise Refusal(No.MESSAGE_CORRESPONDENT_UNKNOWN)
    return found[0]


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(No.MESSAGE_CORRESPONDENT_UNKNOWN) from None


def _recipient(visit: Visit, sending: Sending, pharmacy: Mailbox | None) -> Correspondent:
    at = visit.ask.at
    if pharmacy is not None:
        known = rows.correspondent_at(visit.work, visit.key, pharmacy.address)
        return known or Correspondent(uuid4(), pharmacy.address, pharmacy.label, rows.PHARMACY, pharmacy.id, at, at)
    return rows.correspondent(visit, _number(sending.to.removeprefix("c:")))


def _thread(visit: Visit, sending: Sending, pharmacy: Mailbox | None) -> tuple[Thread, Correspondent]:
    """The thread of a message, existing or new, with its correspondent. Raises Refusal when the person may not write there."""
    if sending.thread:
        thread = rows.thread(visit, sending.thread, lock=True)
        who, exchange = rows.correspondent(visit, thread.correspondent_id), thread.exchange
        if sending.becomes and thread.status not in (rows.ASKED, rows.PROGRESS):
            raise Refusal(No.DOCUMENT_UNKNOWN)
    else:
        who, exchange, at = _recipient(visit, sending, pharmacy), None, visit.ask.at
        secret = sending.secret and visit.facts.minor and visit.ask.actor.kind is ActorKind.HOLDER
        status = rows.OPEN if sending.kind == rows.MESSAGE else rows.ASKED
        thread = Thread(uuid4(), who.id, who.mailbox, sending.kind, status, at, at, None, "", secret,
                        sending.subject.strip()[:SUBJECT] or "Message", sending.request)  # fmt: skip
    _veiled(visit, thread.secret)
    if (sending.tells_secret or any(p.secret for p in sending.pieces)) and not thread.secret:
        # What is hidden from the representatives in the record would show in a conversation that they see; so would this refusal.
        _veiled(visit, secret=True)
        raise Refusal(No.MESSAGE_SECRET_DOCUMENT)
    if who.mailbox is None and not is_trusted(domain_of(who.address), visit.work):
        raise Refusal(No.MESSAGE_CORRESPONDENT_UNKNOWN)
    denial = obstacle(who.address, settings.CARNET.mss_patient_domain, who.link_in(secret=thread.secret), exchange)
    if denial:
        raise Refusal(denial)
    return thread, who


def _message(visit: Visit, sending: Sending, thread: Thread) -> Message:
    ask, traits = visit.ask, visit.traits
    line = signature(ask.actor.name, f"{traits.given_names.split(' ')[0]} {traits.birth_name}", ask.actor.kind.value)
    text = "\n\n".join(filter(None, [sending.text.strip(), line]))
    identifier = new_message_id()
    told = {"text": text, "name": ask.actor.name, "message_id": identifier, "fingerprint": identifier}
    return Message(
        uuid4(), thread.id, False, ask.at, ask.actor.key[:120], rows.WAITING, ask.at, "", ask.at, False, thread.secret, told
    )


def write(ask: Ask, record_id: UUID, sending: Sending) -> UUID:
    """Send a message of the person: kept and queued in one transaction. Returns its thread. Raises Refusal: nothing is kept."""
    _check(sending)
    pharmacy = _pharmacy(ask, record_id, _number(sending.to[2:])) if sending.to.startswith("m:") else None
    with acting(ask, Act.WRITE_MESSAGE, record_id) as visit:
        rows.serialise(visit)
        thread, who = _thread(visit, sending, pharmacy)
        references = references_of(visit, thread)
        message = _message(visit, sending, thread)
        seen = who.last_at if thread.secret and not who.secret else ask.at
        keeping.keep_correspondent(visit.work, visit.key, replace(who, last_at=seen, secret=who.secret and thread.secret))
        keeping.keep_thread(visit.work, visit.key, replace(thread, updated_at=ask.at, status=sending.becomes or thread.status))
        state = leave(visit, Leaving(thread, who, message, sending.pieces), references)
        keeping.keep_message(visit.work, visit.key, replace(message, state=state))
        keeping.keep_pieces(visit.work, visit.key, message.id, list(sending.pieces), ask.at)
        _drop_draft(visit, thread.id)
        answer_automatically(visit, thread, mailbox_of(visit, thread.mailbox), ask.at)
        access.write_entry(visit.work, visit.granted, (), "message", visit.line.veil)
    return thread.id


def _drop_draft(visit: Visit, thread: UUID) -> None:
    visit.work.run("DELETE FROM messaging_message WHERE record_id = %s AND thread_id = %s AND state = 'draft' AND author = %s",
                   visit.record_id, thread, visit.ask.actor.key)  # fmt: skip


def keep_draft(ask: Ask, record_id: UUID, thread: UUID, text: str) -> None:
    """Keep what is being written in a thread: it is its author's alone. An empty text drops it. No line of the journal tells it."""
    if len(text) > LONGEST:
        raise Refusal(No.MESSAGE_MALFORMED)
    with acting(ask, Act.WRITE_MESSAGE, record_id) as visit:
        rows.serialise(visit)
        found = rows.thread(visit, thread, lock=True)
        _veiled(visit, found.secret)
        _drop_draft(visit, found.id)
        if text.strip():
            draft = Message(uuid4(), found.id, False, ask.at, ask.actor.key[:120], rows.DRAFT, None, "", ask.at, False,
                            found.secret, {"text": text, "fingerprint": str(uuid4())})  # fmt: skip
            keeping.keep_message(visit.work, visit.key, draft)


def note_read(ask: Ask, record_id: UUID, thread: UUID) -> int:
    """Note that what came in a thread is read, and answer the receipts that were asked for. Returns how many were new.

    Whoever may read and not write looks on: for the person and for the correspondent it is as unread as before.
    """
    with acting(ask, Act.READ_MESSAGES, record_id) as visit:
        if not visit.may(Act.WRITE_MESSAGE):
            return 0
        rows.serialise(visit)
        found = rows.thread(visit, thread, lock=True)
        _veiled(visit, found.secret)
        fresh = [m for m in rows.messages(visit, [found.id]) if m.incoming and m.read_at is None]
        for one in fresh:
            visit.work.run("UPDATE messaging_message SET read_at = %s, receipt_due = false WHERE record_id = %s AND id = %s",
                           ask.at, visit.record_id, one.id)  # fmt: skip
            if one.receipt_due:
                send_receipt(visit, one)
    return len(fresh)


def withdraw_request(ask: Ask, record_id: UUID, thread: UUID) -> None:
    """Take a request back that nobody has answered. Raises Refusal for any other thread."""
    write(ask, record_id, Sending("Je retire ma demande.", thread, becomes=rows.WITHDRAWN))


def block(ask: Ask, record_id: UUID, number: UUID, blocked: bool, reported: bool = False) -> None:
    """Get nothing more from a correspondent, or again; and tell the operator, by a case, that their messages were not in order.

    Raises Refusal for a report of one whom a minor keeps secret: the lines of a case are for whoever reads the journal.
    """
    with acting(ask, Act.WRITE_MESSAGE, record_id) as visit:
        rows.serialise(visit)
        who = rows.correspondent(visit, number)
        veil = _veiled(visit, who.secret)
        if reported and who.secret:
            raise Refusal(No.VISIBILITY_NOT_ALLOWED)
        # What the person blocked stays blocked: a representative's act neither lifts it nor takes its place.
        theirs = who.blocked_at is not None and who.blocked_by == ActorKind.HOLDER and ask.actor.kind is not ActorKind.HOLDER
        wider = blocked and ask.actor.kind is ActorKind.HOLDER and who.blocked_by == ActorKind.REPRESENTATIVE
        changes = not theirs and ((who.blocked_at is not None) is not blocked or wider)
        if not (reported or changes):
            return
        if reported:
            who = replace(who, reported_at=ask.at)
            about = who.address if who.label == who.address else f"{who.label}, {who.address}"
            access.open_case(visit.work, visit.granted, access.MESSAGE_CASE, str(who.id), about, "")
        if changes:
            who = replace(who, blocked_at=ask.at if blocked else None, blocked_by=ask.actor.kind.value if blocked else "")
        keeping.keep_correspondent(visit.work, visit.key, who)
        done = "message-report" if reported else "message-block" if blocked else "message-unblock"
        access.write_entry(visit.work, visit.granted, (), done, veil)
