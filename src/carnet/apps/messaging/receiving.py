"""A mail to a person: matched, judged, kept with its files in one transaction, told once; acknowledged only after the commit."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.messaging import keeping, outgoing, rows
from carnet.apps.messaging.conversation import INBOUND_MOST_BYTES, after_mail
from carnet.apps.messaging.packing import Unpacked, unpacked
from carnet.apps.messaging.rows import Correspondent, Message, Thread, serialise
from carnet.apps.messaging.trust import is_trusted
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.records.api import Visit, acting, receives_messages, scan
from carnet.formats.mss import Address, Closing, Mail, MailError, domain_of, matricule_of, read_mail
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.refusal import No, Refusal

NEW, AGAIN, REPORTED = "new", "again", "reported"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person whose mailbox is open."""

    record_id: UUID
    ins: Ins


def recipient(address: str) -> Recipient:
    """Who an address means. Raises Refusal `message-mailbox-unknown`, alike for nobody, a closed record, one without espace."""
    matricule = matricule_of(address, settings.CARNET.mss_patient_domain)
    for oid in sorted(settings.LAW.accepted_ins_oids) if matricule else []:
        try:
            ins = Ins.of(matricule or "", oid)
        except InsError:
            continue
        record_id = identity.find(ins)
        if record_id is not None and receives_messages(record_id):
            return Recipient(record_id, ins)
    raise Refusal(No.MESSAGE_MAILBOX_UNKNOWN)


def correspondent_actor(address: str, name: str, operator: str, at: datetime) -> Actor:
    """The actor that a mailbox of the trusted space is: another operator stands for it, for as long as this mail takes."""
    proof = Authentication(Means.TRUSTED_OPERATOR, expires_at=at + timedelta(minutes=10), at=at)
    return Actor(ActorKind.CORRESPONDENT, address, name or address, proof, software=operator)


def opened(content: bytes) -> Mail:
    """Read a mail of another operator: its words, and whether its addresses are of the trusted space. Raises Refusal."""
    if len(content) > INBOUND_MOST_BYTES:
        raise Refusal(No.MESSAGE_TOO_LARGE)
    try:
        mail = read_mail(content)
    except MailError as error:
        raise Refusal(No.MESSAGE_MALFORMED, {"problem": str(error)}) from None
    if mail.report is None:
        _check_addresses(domain_of(mail.sender.address), domain_of(mail.answers_to.address))
    scan(a.content for a in mail.attachments)
    return mail


def _check_addresses(sender: str, answers: str) -> None:
    """Who writes and where answers go are of one domain of the trusted space: nobody has answers go to another's mailbox, or
    speaks for a mailbox that is held here. (A report comes from a machine of the operator, and speaks for no mailbox.)"""
    if settings.CARNET.mss_patient_domain in (sender, answers):
        raise Refusal(No.MESSAGE_BETWEEN_PERSONS)
    if sender != answers or sender == settings.CARNET.mss_domain or not is_trusted(sender):
        raise Refusal(No.MESSAGE_SENDER_NOT_TRUSTED)


def receive(mail: Mail, to: Recipient, operator: str, at: datetime) -> str:
    """Keep a mail for one person. Returns `new`, `again` or `reported`; it is on the disk then. Raises Refusal: nothing is kept."""
    # A report may come from a machine that has no mailbox: it speaks of the mailbox that it reports on.
    sender = mail.answers_to if mail.answers_to.address else Address(mail.report.recipient if mail.report else "")
    ask = Ask(correspondent_actor(sender.address, mail.sender.name or sender.name, operator, at), Act.RECEIVE_MESSAGE, at, to.ins)
    if mail.report is not None:
        return _report(mail, ask)
    with acting(ask, Act.RECEIVE_MESSAGE, refused_on_record=False) as visit:
        # What was refused may be what is not announced yet, or a minor's secret: no line of the record's journal tells it.
        serialise(visit)
        found, secret = _looked_at(visit, mail)
        visit.line.veil = REPRESENTATIVES if secret else ""
        if not _keep(visit, mail, found, secret):
            raise _AgainError
        access.write_entry(visit.work, visit.granted, (), "message", REPRESENTATIVES if secret else "")
    return NEW


class _AgainError(Exception):
    """The same mail came before: the unit of work is rolled back, nothing is written twice."""


def deliver(content: bytes, addresses: list[str], operator: str, at: datetime) -> list[Refusal | None]:
    """Keep a mail for each of its recipients. Answers one by one, in their order: None when it is kept, now or before."""
    mail = opened(content)
    answers: list[Refusal | None] = []
    for address in addresses:
        try:
            receive(mail, recipient(address), operator, at)
            answers.append(None)
        except _AgainError:
            answers.append(None)
        except Refusal as refusal:
            answers.append(refusal)
    return answers


def _looked_at(visit: Visit, mail: Mail) -> tuple[Unpacked, bool]:
    """What the mail carries, and whether it is a minor's secret: by a document in it, by what it answers, or by who writes."""
    known = rows.correspondent_at(visit.work, visit.key, mail.answers_to.address)
    if known and known.blocks(secret=True):
        raise Refusal(No.MESSAGE_MAILBOX_UNKNOWN)
    found = unpacked(visit, mail.attachments)
    secret = found.secret or (known is not None and known.secret) or any(s for _, s in _answered(visit, mail))
    secret = visit.facts.minor and secret
    if known and known.blocks(secret):
        raise Refusal(No.MESSAGE_MAILBOX_UNKNOWN)
    return found, secret


def _answered(visit: Visit, mail: Mail) -> list[tuple[UUID, bool]]:
    """Threads of the messages that a mail answers, the latest first, and whether each message is secret."""
    indexes = [rows.mail_index(visit.key, r) for r in mail.references]
    found = visit.work.rows(
        "SELECT thread_id, secret FROM messaging_message WHERE record_id = %s AND mail_index = ANY(%s) ORDER BY at DESC LIMIT 50",
        visit.record_id, indexes,
    )  # fmt: skip
    return [(row[0], row[1]) for row in found]


def _thread_of(visit: Visit, mail: Mail, known: Correspondent | None, secret: bool) -> Thread | None:
    """The thread of a mail: that of a mail it answers, with the same correspondent. What is secret joins no open thread, and
    nothing open a secret one."""
    answered = (rows.thread(visit, number, lock=True) for number in dict.fromkeys(n for n, _ in _answered(visit, mail)))
    return next((t for t in answered if known and t.correspondent_id == known.id and t.secret is secret), None)


def fingerprint(mail: Mail) -> str:
    """What makes a mail the same mail when it comes again, whatever its way added to its headers."""
    digest = hashlib.sha256(f"{mail.message_id}|{mail.sender.address}|{mail.subject}|{mail.sent_at}|{mail.text}".encode())
    for one in mail.attachments:
        digest.update(hashlib.sha256(one.content).digest())
    return digest.hexdigest()


def _keep(visit: Visit, mail: Mail, found: Unpacked, secret: bool) -> bool:
    at, work, key, sender = visit.ask.at, visit.work, visit.key, mail.answers_to
    known = rows.correspondent_at(work, key, sender.address)
    name = mail.sender.name or sender.name
    who = known or Correspondent(uuid4(), sender.address, name, rows.PROFESSIONAL, None, at, at, secret=secret)
    thread = _thread_of(visit, mail, known, secret) or Thread(
        uuid4(), who.id, None, rows.MESSAGE, rows.OPEN, at, at, None, "", secret, mail.subject
    )
    link, exchange = after_mail(who.link, thread.exchange, mail.closes, at)
    thread = replace(thread, updated_at=at, ended_at=exchange.ended_at, status=_status(thread, found))
    told = {
        "text": mail.text, "name": name or sender.address, "from": mail.sender.address, "subject": mail.subject,
        "message_id": mail.message_id, "references": list(mail.references), "receipt_to": _receipt_to(mail),
        "fingerprint": fingerprint(mail), "closes": mail.closes.value, "from_html": mail.from_html, "automatic": mail.automatic,
        "sent_at": mail.sent_at.isoformat() if mail.sent_at else "", "national": dict(mail.national),
    }  # fmt: skip
    message = Message(uuid4(), thread.id, True, at, visit.ask.actor.key[:120], rows.RECEIVED, None, "", None,
                      bool(_receipt_to(mail)), secret, told)  # fmt: skip
    if not keeping.keep_message(work, key, message):
        return False
    keeping.keep_correspondent(work, key, who.heard(secret, at, link.ended_at, name))
    keeping.keep_thread(work, key, thread)
    keeping.keep_pieces(work, key, message.id, list(found.pieces), at)
    if mail.closes is Closing.ALL:
        keeping.end_threads(work, visit.record_id, who.id, at, secret)
    if not secret:
        notify(work, visit.record_id, "new-message", HOLDER, at)
    return True


def _receipt_to(mail: Mail) -> str:
    """Where the receipt goes that a mail asks for: to its sender, and nowhere else."""
    return mail.receipt_to if mail.receipt_to in (mail.sender.address, mail.answers_to.address) else ""


def _status(thread: Thread, found: Unpacked) -> str:
    """A request that gets an answer is in progress; one that gets a document is answered."""
    if thread.kind == rows.MESSAGE or thread.status in (rows.WITHDRAWN, rows.REFUSED):
        return thread.status
    return rows.ANSWERED if found.pieces else rows.PROGRESS


_STATES = {"delivered": rows.DELIVERED, "displayed": rows.DISPLAYED, "processed": rows.PROCESSED, "dispatched": rows.DISPLAYED,
           "failed": rows.FAILED}  # fmt: skip


def _of_correspondent(visit: Visit, thread: UUID, recipient: str) -> bool:
    """Whether a report is about what its recipient got: nobody says of a message to somebody else that it was read."""
    who = rows.correspondent(visit, rows.thread(visit, thread).correspondent_id)
    return not recipient or recipient == who.address


def _report(mail: Mail, ask: Ask) -> str:
    """Note what a receipt or a failure says of a message that left. One that concerns none of this mailbox is refused."""
    report = mail.report
    with acting(ask, Act.RECEIVE_MESSAGE, refused_on_record=False) as visit:
        serialise(visit)
        found = visit.work.row(
            "SELECT id, secret, thread_id FROM messaging_message WHERE record_id = %s AND mail_index = %s AND NOT incoming",
            visit.record_id, rows.mail_index(visit.key, report.about if report else ""),
        )  # fmt: skip
        if report is None or found is None or not _of_correspondent(visit, found[2], report.recipient):
            raise Refusal(No.MESSAGE_MALFORMED, {"problem": "a report about no message of this mailbox"})
        visit.line.veil = REPRESENTATIVES if found[1] else ""
        if report.outcome in _STATES:
            keeping.mark(visit.work, visit.key, found[0], _STATES[report.outcome], ask.at, report.code)
            if report.outcome == "failed":
                outgoing.tell_failure(visit.work, visit.record_id, found[0], ask.at)
    return REPORTED
