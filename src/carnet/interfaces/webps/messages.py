"""Messages of a professional's mailboxes: the list across patients, a conversation, an answer with documents, hand-over, the end.

An address names no record and no thread: both are sealed for the professional who reads (ADR 8).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import told
from carnet.apps.identity.api import colleagues
from carnet.apps.messaging import api as messaging
from carnet.apps.messaging.api import Answer, Piece
from carnet.apps.records.api import TYPES_OF_CDA, Content, deposit
from carnet.formats import codes
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.mss import Closing
from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
from carnet.interfaces.webps.acting.band import band
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of, sought_of
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.pages.bodies import KINDS, NAMED, body_of, bytes_answer
from carnet.pages.civil import begins, day_of
from carnet.pages.collation import in_order
from carnet.pages.proposing import Proposal, field_of, propose, taken
from carnet.pages.said import saying
from carnet.pages.sealed import opened_text, sealed_text

_CONTEXT = "message/"
STATUSES = {"": "", "ordonnance": messaging.ANSWERED, "refuser": messaging.REFUSED}


@dataclass(frozen=True, slots=True)
class Named:
    """A conversation that an address names."""

    record_id: UUID
    thread: UUID


def ref_of(asked: Asked, record_id: UUID, thread: UUID) -> str:
    """The part of an address that names a conversation, for this professional alone."""
    return sealed_text(f"{record_id}|{thread}", _CONTEXT + asked.actor.key)


def named(asked: Asked, ref: str) -> Named:
    """The conversation of an address. Raises Refusal for one that is not this professional's."""
    text = opened_text(ref, _CONTEXT + asked.actor.key)
    if text is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    record_id, _, thread = text.partition("|")
    return Named(UUID(record_id), UUID(thread))


@signed_in("GET")
def board(asked: Asked) -> HttpResponse:
    """The list of one's mailboxes: one's own, and that of the team."""
    boxes = messaging.offered_mailboxes(asked.actor)
    question, only = asked.request.GET.get("q", "")[:100], asked.request.GET.get("voir", "")
    found = messaging.board(asked.ask(Act.LIST_MESSAGES), question, only)
    people = {c.id: c.name for c in colleagues(asked.actor.situation.structure)}
    listed = [(one, ref_of(asked, one.record_id, one.thread.id), people.get(one.thread.assigned_to, "")) for one in found.listed]
    context: dict[str, object] = {
        "tab": "messages", "boxes": boxes, "listed": listed, "whole": found.whole, "question": question, "only": only,
    }  # fmt: skip
    return page(asked, "messages/board", context)


def _shown(asked: Asked, ref: str, problems: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    one = named(asked, ref)
    talk, traits, ins, minor = messaging.open_thread(asked.ask(Act.READ_MESSAGES), one.record_id, one.thread)
    people = sorted((c.name, c.id) for c in colleagues(asked.actor.situation.structure))
    context: dict[str, object] = {
        "tab": "messages", "ref": ref, "talk": talk, "traits": traits, "ins": ins,
        "handle": handle_of(Sought(ins, secret=talk.thread.secret), asked.actor),
        "minor": minor, "problems": problems, "given": asked.request.POST, "kinds": NAMED,
        "colleagues": people if talk.mailbox and talk.mailbox.kind != "PER" else [],
        "sending": asked.form.text("envoi", 40) or uuid4(),
        "assigned": {i: n for n, i in people}.get(talk.thread.assigned_to, talk.thread.assigned_to), "types": _types(),
        "fresh": any(not s.message.incoming and s.message.state in ("delivered", "sent") for s in talk.said),
    }  # fmt: skip
    return page(asked, "messages/thread", context, status)


def _types() -> list[tuple[str, str]]:
    return sorted(((m.code, m.label) for m in codes.members("type_codes").values()), key=lambda p: in_order(p[1]))


@signed_in("GET")
def thread(asked: Asked, ref: str) -> HttpResponse:
    """A conversation."""
    return _shown(asked, ref, [])


@signed_in("POST")
def read(asked: Asked, ref: str) -> HttpResponse:
    """What the person wrote is read: they are told so."""
    one = named(asked, ref)
    messaging.note_read_by_team(asked.ask(Act.READ_MESSAGES), one.record_id, one.thread)
    return saying(asked, f"/messages/{ref}", "")


@signed_in("POST")
def take(asked: Asked, ref: str) -> HttpResponse:
    """Take it on, or hand it over to a colleague of the structure."""
    one, colleague = named(asked, ref), asked.form.text("confrere", 64)
    if colleague and colleague not in {c.id for c in colleagues(asked.actor.situation.structure)}:
        raise Refusal(No.DELEGATION_MISSING)
    messaging.take_on(asked.ask(Act.READ_MESSAGES), one.record_id, one.thread, colleague)
    return saying(asked, f"/messages/{ref}", "message-transmis" if colleague else "message-pris")


def _files(asked: Asked) -> Iterator[tuple[Proposal, bytes]]:
    for one in asked.request.FILES.getlist("fichiers"):
        data = taken(one.read())
        proposal = propose(str(one.name or ""), data, asked.actor, asked.today)
        if proposal.problem:
            raise Refusal(proposal.problem if isinstance(proposal.problem, No) else No.MESSAGE_ATTACHMENT_REFUSED)
        yield proposal, data


def _deposited(asked: Asked, ins: Ins, files: list[tuple[Proposal, bytes]]) -> list[UUID]:
    """What is joined is deposited in the record too, in the name of its author: the person finds it there (R.1111-46 CSP)."""
    if not files:
        return []
    items = tuple(SubmittedDocument(_entry(asked, ins, p, data), data, n) for n, (p, data) in enumerate(files))
    lot = Submission(SubmissionSet(patient=(ins.oid.value, ins.matricule)), items, ("DocumentReference",) * len(items))
    return [d.logical_id for d in deposit(asked.ask(Act.FEED, ins), lot).documents]


def _unique_id(asked: Asked, data: bytes) -> str:
    """The identifier of a file that a form sends: the same form sent twice deposits it once."""
    form = asked.form.text("envoi", 40)
    number = uuid5(NAMESPACE_URL, f"{asked.actor.id}/{form}/{hashlib.sha256(data).hexdigest()}") if form else uuid4()
    return f"2.25.{number.int}"


def _entry(asked: Asked, ins: Ins, proposal: Proposal, data: bytes) -> DocumentEntry:
    patient = (ins.oid.value, ins.matricule)
    if proposal.mime == "text/xml":
        return DocumentEntry(mime="text/xml", patient=patient)
    type_code = asked.form.text("type", 40) or proposal.type_code
    day = day_of(proposal.date)
    at = min(begins(day), asked.at) if day else asked.at
    return DocumentEntry(
        unique_id=_unique_id(asked, data), type=Coding(type_code), title=proposal.title, mime=proposal.mime, creation_time=at,
        date=at, service_start=at, patient=patient,
    )  # fmt: skip


def _plain(files: list[tuple[Proposal, bytes]]) -> list[Piece]:
    return [Piece(p.name or p.title, p.mime, data, p.title) for p, data in files]


def _pieces(asked: Asked, ins: Ins, secret: bool, files: list[tuple[Proposal, bytes]]) -> tuple[Piece, ...]:
    # A document of a minor's secret stays in the conversation: in the record it would need a visibility that only its author gives.
    numbers: list[UUID | None] = [None] * len(files) if secret else list(_deposited(asked, ins, files))
    return tuple(replace(piece, filed_as=number) for piece, number in zip(_plain(files), numbers, strict=True))


def _secret(asked: Asked, sought: Sought) -> bool:
    """Whether a conversation begins in secret: where the form says so, and always in a secret connection."""
    return sought.secret or asked.form.yes("secret")


def _answer(asked: Asked, pieces: tuple[Piece, ...], secret: bool) -> Answer:
    closing = {"fil": Closing.THREAD, "tout": Closing.ALL}.get(asked.form.text("fin", 10), Closing.NOTHING)
    status = STATUSES.get(asked.form.text("suite", 12), "")
    return Answer(
        asked.form.text("texte", 20_000), pieces, closing, status, secret, asked.form.text("objet", 200),
        asked.form.text("envoi", 40),
    )  # fmt: skip


@signed_in("POST")
def reply(asked: Asked, ref: str) -> HttpResponse:
    """Answer: words, documents, the end of the exchange, what becomes of a request."""
    one = named(asked, ref)
    try:
        talk, _, ins, _ = messaging.open_thread(asked.ask(Act.READ_MESSAGES), one.record_id, one.thread)
        if talk.mailbox is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        files = list(_files(asked))
        if asked.form.text("suite", 12) == "ordonnance" and not files and not asked.form.text("texte", 20_000):
            return _shown(asked, ref, [("texte", gettext("Joignez l’ordonnance, ou écrivez ce qu’il en est."))], 400)
        # Asked before anything is deposited: a page that says nothing was sent leaves nothing in the record.
        messaging.may_write(asked.ask(Act.WRITE_MESSAGE), ins, talk.mailbox.id, talk.thread.secret, _plain(files), begun=True)
        pieces = _pieces(asked, ins, talk.thread.secret, files)
        messaging.answer(asked.ask(Act.WRITE_MESSAGE), one.record_id, one.thread, _answer(asked, pieces, talk.thread.secret))
        secret = talk.thread.secret
    except Refusal as refusal:
        if refusal.code == No.DOCUMENT_UNKNOWN:
            raise
        return _shown(asked, ref, [(field_of(refusal), _sentence(refusal))], 400)
    return saying(asked, f"/messages/{ref}", "message-secret" if secret else "message-envoye")


def _sentence(refusal: Refusal) -> str:
    words = told(refusal.code)
    return f"{words.professional} {words.next_step}"


def _form(asked: Asked, handle: str, sought: Sought, problems: list[tuple[str, str]], status: int = 200) -> HttpResponse:
    context: dict[str, object] = {
        **band(asked, handle, sought), "tab": "messages", "boxes": messaging.offered_mailboxes(asked.actor),
        "problems": problems, "given": asked.request.POST, "types": _types(), "sending": asked.form.text("envoi", 40) or uuid4(),
    }  # fmt: skip
    return page(asked, "messages/write", context, status)


@signed_in("GET", "POST")
def write(asked: Asked, handle: str) -> HttpResponse:
    """Begin a conversation with a person, by the INS that was sought: no agreement is needed to write."""
    sought = sought_of(handle, asked.actor)
    if asked.request.method == "GET":
        return _form(asked, handle, sought, [])
    problems = []
    if not asked.form.text("texte", 20_000):
        problems.append(("texte", gettext("Écrivez votre message.")))
    chosen = next((m for m in messaging.open_mailboxes(asked.actor, asked.at) if m.kind == asked.form.text("boite", 40)), None)
    box = chosen.id if chosen else None
    if box is None:
        problems.append(("boite", gettext("Choisissez la boîte qui écrit.")))
    if problems or box is None:
        return _form(asked, handle, sought, problems, 400)
    try:
        files = list(_files(asked))
        secret = messaging.may_write(asked.about(sought, Act.WRITE_MESSAGE), sought.ins, box, _secret(asked, sought), _plain(files))
        pieces = _pieces(asked, sought.ins, secret, files)
        answer = _answer(asked, pieces, _secret(asked, sought))
        record_id, number = messaging.write_to(asked.about(sought, Act.WRITE_MESSAGE), sought.ins, box, answer)
    except Refusal as refusal:
        return _form(asked, handle, sought, [(field_of(refusal), _sentence(refusal))], 400)
    return saying(asked, f"/messages/{ref_of(asked, record_id, number)}", "message-secret" if secret else "message-envoye")


def _piece(asked: Asked, ref: str, number: UUID) -> tuple[messaging.Attachment, bytes]:
    one = named(asked, ref)
    return messaging.attachment_of_team(asked.ask(Act.READ_MESSAGES), one.record_id, number)


@signed_in("GET")
def piece(asked: Asked, ref: str, number: UUID) -> HttpResponse:
    """A file of a conversation, shown."""
    one, data = _piece(asked, ref, number)
    content = f"/messages/{ref}/piece/{number}/contenu"
    mime = one.mime if one.mime in KINDS or one.mime in TYPES_OF_CDA else "application/octet-stream"
    context: dict[str, object] = {"tab": "messages", "ref": ref, "one": one, "content": content,
                                  "body": body_of(mime, data, content),
                                  "shown": {"title": one.label}}  # fmt: skip
    return page(asked, "messages/piece", context)


@signed_in("GET")
def piece_content(asked: Asked, ref: str, number: UUID) -> HttpResponse:
    """Its bytes."""
    one, data = _piece(asked, ref, number)
    return bytes_answer(Content(one.mime, data, False, False), number, asked.request.GET, one.name)


@signed_in("POST")
def settings_of_box(asked: Asked, kind: str) -> HttpResponse:
    """When a mailbox is read, its automatic reply, whether others find it."""
    told_ = messaging.Settings(
        asked.form.text("horaires", 120), asked.form.text("reponse", 2000), asked.form.day("jusqu-au"), asked.form.yes("rouge"),
        asked.form.text("telephone", 40),
    )  # fmt: skip
    chosen = next((m for m in messaging.open_mailboxes(asked.actor, asked.at) if m.kind == kind), None)
    if chosen is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    messaging.change_mailbox(asked.actor, chosen.id, told_)
    return saying(asked, "/messages", "boite")


@signed_in("GET")
def directory(asked: Asked) -> HttpResponse:
    """Look an address up: a person, an organisation, an application; those on the red list are found by nobody."""
    question, kind = asked.request.GET.get("q", "")[:100], asked.request.GET.get("sorte", "")
    found = messaging.look_up(question, kind if kind in ("PER", "ORG", "APP", "CAB") else "")
    return page(asked, "messages/directory", {"tab": "messages", "question": question, "kind": kind, "found": found})
