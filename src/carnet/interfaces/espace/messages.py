"""Messages: the list, a conversation, what is joined and filed in one gesture, and how it is said that something is read."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import told
from carnet.apps.messaging import api as messaging
from carnet.apps.messaging.api import Conversation, Sending
from carnet.apps.records.api import TYPES_OF_CDA, Content, Visit
from carnet.formats.codes.public import CATEGORIES, TYPE_TO_DEPOSIT
from carnet.formats.mss import patient_address
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import NOT_OPEN, Context, Shown, not_open
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.bodies import KINDS, NAMED, body_of, bytes_answer
from carnet.pages.proposing import mime_of, taken
from carnet.pages.said import saying


def address_of(visit: Visit) -> str:
    """The address of the person."""
    return patient_address(visit.ins, settings.CARNET.mss_patient_domain)


RECENT, MOST = 100, 2000
"""Conversations of a list, and those that a search, a filter or « plus anciennes » looks at."""
FILTERS = {"": "Toutes", "non-lus": "Non lues", "demandes": "Demandes", "pieces": "Avec un document"}
_DOC_BEGINS = b"\xd0\xcf\x11\xe0"
"""Beginning of a DOC: a person may attach one, the record takes none."""


def _base(visit: Visit) -> Context:
    return {"tab": "messages", "traits": visit.traits, "minor": visit.facts.minor, "unread": messaging.unread_in(visit)}


def messages_page(*methods: str) -> Callable[[Callable[..., Shown | HttpResponse]], Callable[..., HttpResponse]]:
    """A page of the messages of the record of the session: one decision, one line of the journal."""

    def decorate(function: Callable[..., Shown | HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(function)
        def view(asked: Asked, **kwargs: object) -> HttpResponse:
            try:
                with messaging.reading(asked.ask(Act.READ_MESSAGES), asked.record) as visit:
                    shown = function(asked, visit, **kwargs)
                    base = _base(visit)
            except Refusal as refusal:
                if refusal.code in NOT_OPEN:
                    return not_open(asked, refusal)
                raise
            return page(asked, shown.template, base | shown.context, shown.status) if isinstance(shown, Shown) else shown

        return signed_in(*methods)(view)

    return decorate


def _listing(asked: Asked, visit: Visit) -> Context:
    question, only = asked.request.GET.get("q", "")[:200], asked.request.GET.get("voir", "")
    filters = [(key, gettext(label)) for key, label in FILTERS.items()]
    whole = "tout" in asked.request.GET
    looked_at = MOST if whole or question or only else RECENT
    listed = messaging.inbox(visit, question, only, looked_at)
    older = len(listed) == RECENT == looked_at
    return {"listed": listed, "question": question, "only": only, "filters": filters, "older": older}


@messages_page("GET")
def box(asked: Asked, visit: Visit) -> Shown:
    """The list of conversations."""
    return Shown("messages/box", _listing(asked, visit) | {"may_write": visit.may(Act.WRITE_MESSAGE), "address": address_of(visit)})


def _shown(asked: Asked, visit: Visit, found: Conversation, problems: list[tuple[str, str]], status: int = 200) -> Shown:
    fileable = {f.id for s in found.said for f in s.files if messaging.can_be_filed(f) and s.message.incoming}
    context = _listing(asked, visit) | {
        "talk": found, "fileable": fileable, "problems": problems, "may_write": visit.may(Act.WRITE_MESSAGE),
        "may_file": visit.may(Act.FILE_MESSAGE), "types": _types(), "kinds": NAMED, "given": asked.request.POST,
        "blocked": found.correspondent.blocks(found.thread.secret),
        "may_unblock": asked.own or found.correspondent.blocked_by != ActorKind.HOLDER,
        "can_reply": found.reply in (messaging.Reply.REPLY, messaging.Reply.REPLY_TO_ALL),
        "fresh": any(s.message.incoming and s.message.read_at is None for s in found.said),
        "limit": messaging.PERSON_MOST_BYTES,
    }  # fmt: skip
    return Shown("messages/box", context, status)


def _types() -> list[tuple[str, str]]:
    return [(code, gettext(CATEGORIES[code])) for code in TYPE_TO_DEPOSIT]


@messages_page("GET")
def thread(asked: Asked, visit: Visit, number: UUID) -> Shown:
    """One conversation."""
    return _shown(asked, visit, messaging.conversation(visit, number), [])


@signed_in("POST")
def read(asked: Asked, number: UUID) -> HttpResponse:
    """What came in a conversation is read: the page says so when it shows, or its reader by the button."""
    messaging.note_read(asked.ask(Act.READ_MESSAGES), asked.record, number)
    return saying(asked, f"/messages/{number}", "")


def pieces_of(asked: Asked) -> tuple[messaging.Piece, ...]:
    """The files that a form sent. Raises Refusal for a form that a person may not attach."""
    found = []
    for one in asked.request.FILES.getlist("fichiers"):
        data = taken(one.read())
        mime = "application/msword" if data.startswith(_DOC_BEGINS) else mime_of(data)
        if mime not in messaging.PERSON_MEDIA:
            raise Refusal(No.MESSAGE_ATTACHMENT_REFUSED)
        found.append(messaging.Piece(str(one.name or "piece")[:200], mime, data))
    return tuple(found)


def sentence_of(refusal: Refusal) -> str:
    """A refusal as a form tells it."""
    words = told(refusal.code)
    return f"{words.patient} {words.next_step}"


@signed_in("POST")
def reply(asked: Asked, number: UUID) -> HttpResponse:
    """Answer, or keep what was written as a draft."""
    text = asked.form.text("texte", 20_000)
    if "brouillon" in asked.request.POST:
        messaging.keep_draft(asked.ask(Act.WRITE_MESSAGE), asked.record, number, text)
        return saying(asked, f"/messages/{number}", "brouillon-sans-fichiers" if asked.request.FILES else "brouillon")
    try:
        messaging.write(asked.ask(Act.WRITE_MESSAGE), asked.record, Sending(text, number, pieces=pieces_of(asked)))
    except Refusal as refusal:
        if refusal.code in (No.DOCUMENT_UNKNOWN, No.OUTSIDE_SCOPE):
            raise
        return _again(asked, number, sentence_of(refusal))
    return saying(asked, f"/messages/{number}", "message-envoye")


def _again(asked: Asked, number: UUID, sentence: str) -> HttpResponse:
    """The conversation with what was wrong, and with what was written."""
    with messaging.reading(asked.ask(Act.READ_MESSAGES), asked.record) as visit:
        found = _shown(asked, visit, messaging.conversation(visit, number), [("rep", sentence)], 400)
        base = _base(visit)
    return page(asked, found.template, base | found.context, found.status)


@signed_in("POST")
def withdraw(asked: Asked, number: UUID) -> HttpResponse:
    """Take a request back."""
    messaging.withdraw_request(asked.ask(Act.WRITE_MESSAGE), asked.record, number)
    return saying(asked, f"/messages/{number}", "demande-retiree")


@signed_in("POST")
def file_piece(asked: Asked, number: UUID, piece: UUID) -> HttpResponse:
    """File a document of a message in the record: one gesture."""
    category = asked.form.text("categorie", 20)
    filing = messaging.Filing(TYPE_TO_DEPOSIT.get(category, TYPE_TO_DEPOSIT["AUTR_DOC"]), asked.form.text("titre", 300))
    try:
        messaging.file_attachment(asked.ask(Act.FILE_MESSAGE), asked.record, piece, filing)
    except Refusal as refusal:
        if refusal.code in (No.DOCUMENT_UNKNOWN, No.OUTSIDE_SCOPE, No.CARER_READS_ONLY):
            raise
        return _again(asked, number, sentence_of(refusal))
    return saying(asked, f"/messages/{number}", "range")


@messages_page("GET")
def piece_page(asked: Asked, visit: Visit, number: UUID) -> Shown:
    """A file of a message, shown as the record shows its own."""
    one, message, talk = messaging.attachment(visit, number)
    mime = one.mime if one.mime in KINDS or one.mime in TYPES_OF_CDA else "application/octet-stream"
    body = body_of(mime, messaging.content_of(visit, one), f"/messages/piece/{number}/contenu")
    return Shown("messages/piece", {"one": one, "message": message, "talk": talk, "body": body,
                                    "content": f"/messages/piece/{number}/contenu", "shown": {"title": one.label}})  # fmt: skip


@messages_page("GET")
def piece_content(asked: Asked, visit: Visit, number: UUID) -> HttpResponse:
    """The bytes of a file of a message."""
    one, _, _ = messaging.attachment(visit, number)
    found = Content(one.mime, messaging.content_of(visit, one), False, False)
    return bytes_answer(found, number, asked.request.GET, one.name)


@signed_in("POST")
def correspondent(asked: Asked, number: UUID, act: str) -> HttpResponse:
    """Get nothing more from somebody, or again; report them to the operator."""
    if act not in ("bloquer", "debloquer", "signaler"):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    messaging.block(asked.ask(Act.WRITE_MESSAGE), asked.record, number, act != "debloquer", act == "signaler")
    return saying(asked, "/messages", f"correspondant-{act}")
