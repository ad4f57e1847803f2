"""What a message becomes when it leaves: a mail to another operator, a line in a mailbox held here, a mail to its store."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.messaging import keeping, outgoing, rows
from carnet.apps.messaging.keeping import Piece
from carnet.apps.messaging.mailboxes import Mailbox, mailbox
from carnet.apps.messaging.rows import Correspondent, Message, Thread
from carnet.apps.records.api import Visit
from carnet.formats.mss import Address, Attachment, Draft, patient_address, shown_subject, write_mail, write_receipt, xdm_subject


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message that was just kept and leaves."""

    thread: Thread
    to: Correspondent
    message: Message
    pieces: tuple[Piece, ...] = ()


def person_address(visit: Visit) -> Address:
    """The address and the name of the person of a record."""
    traits = visit.traits
    name = f"{traits.given_names.split(' ')[0]} {traits.birth_name}".strip()
    return Address(patient_address(visit.ins, settings.CARNET.mss_patient_domain), name)


def new_message_id() -> str:
    """A Message-ID of the domain of persons."""
    return f"<{uuid4()}@{settings.CARNET.mss_patient_domain}>"


def references_of(visit: Visit, thread: Thread) -> tuple[str, ...]:
    """Message-IDs of a thread, the latest first: what a mail program groups by (CLI-07)."""
    found = [m.told.get("message_id", "") for m in rows.messages(visit, [thread.id]) if m.state != rows.DRAFT]
    return tuple(reversed([one for one in found if one]))[:20]


def _mail(visit: Visit, leaving: Leaving, references: tuple[str, ...]) -> bytes:
    message, thread = leaving.message, leaving.thread
    subject = shown_subject(thread.subject, visit.traits)
    codes = ",".join(dict.fromkeys(p.code for p in leaving.pieces if p.code))
    told = (("X-MSS-INS", "O"), ("X-MSS-NIL", settings.CARNET.mss_nil), *((("X-MSS-CODECDA", codes),) if codes else ()))
    if codes:
        subject = xdm_subject(next(p.title for p in leaving.pieces if p.code), visit.traits)
    elif references:
        subject = f"Re: {subject}"
    files = tuple(Attachment(p.name, p.mime, p.content) for p in leaving.pieces)
    return write_mail(Draft(
        person_address(visit), (Address(leaving.to.address, leaving.to.name),), subject,
        message.text, message.at, message.told["message_id"], references, files, receipt=True,
        national=told,
    ))  # fmt: skip


def leave(visit: Visit, leaving: Leaving, references: tuple[str, ...]) -> str:
    """Have a message of the person leave. Returns its state: `waiting` for the relay, `delivered` in a mailbox held here."""
    held = mailbox(visit.work, leaving.to.mailbox) if leaving.to.mailbox else None
    if held is None:
        content = _mail(visit, leaving, references)
        outgoing.enqueue(
            visit.work,
            visit.key,
            leaving.message.id,
            outgoing.SMTP,
            person_address(visit).address,
            leaving.to.address,
            content,
            leaving.message.at,
        )
        return rows.WAITING
    if held.imap:
        content = _mail(visit, leaving, references)
        outgoing.enqueue(
            visit.work,
            visit.key,
            None,
            outgoing.LMTP,
            person_address(visit).address,
            held.owner or held.address,
            content,
            leaving.message.at,
        )
    return rows.DELIVERED


def answer_automatically(visit: Visit, thread: Thread, held: Mailbox | None, at: datetime) -> None:
    """Put the automatic reply of a mailbox held here under a message, once a day in a thread."""
    day = settings.LAW.day(at)
    text = held.replies(day) if held else ""
    answered = any(m.told.get("automatic") and settings.LAW.day(m.at) == day for m in rows.messages(visit, [thread.id]))
    if held is None or not text or answered:
        return
    told = {"text": text, "name": held.label, "from": held.address, "automatic": True, "fingerprint": str(uuid4())}
    keeping.keep_message(
        visit.work,
        visit.key,
        Message(uuid4(), thread.id, True, at, f"mailbox:{held.id}", rows.RECEIVED, None, "", None, False, thread.secret, told),
    )


def send_receipt(visit: Visit, message: Message, *, code: str = "", label: str = "", processed: bool = False) -> None:
    """Answer the receipt that a mail asked for: the person cannot refuse it (INB-07). Nobody is told of it by a name."""
    told = message.told
    subject = f"[KO Intégration système !][{code}] {told['subject']}" if code else f"Lu : {told['subject']}"
    text = "Le document n’a pas pu être rangé." if code else "Le document est rangé." if processed else "Le message est lu."
    content = write_receipt(person_address(visit), told["receipt_to"], told["message_id"], subject, new_message_id(), visit.ask.at,
                            code=code, label=label, processed=processed, text=text)  # fmt: skip
    outgoing.enqueue(visit.work, visit.key, None, outgoing.SMTP, "", told["receipt_to"], content, visit.ask.at)


def mailbox_of(visit: Visit, number: UUID | None) -> Mailbox | None:
    """A mailbox held here, by its number."""
    return mailbox(visit.work, number) if number else None
