"""Filing a document that came by a message: an act of the person; its author stays its own (access law §6). It is filed once.

A document that is in the record already, by its uniqueId, is linked and not written again.
"""

from dataclasses import dataclass
from uuid import UUID

from carnet.apps.messaging import rows
from carnet.apps.messaging.packing import entries_of
from carnet.apps.messaging.rows import Attachment, Message, Thread
from carnet.apps.messaging.sending import send_receipt
from carnet.apps.records.api import Visit, acting, deposit
from carnet.dicah.application_codes import APPLICATION_CODES, application_code
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.xds import Author, Coding, DocumentEntry, SubmissionSet
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import HIDDEN_FROM_REPRESENTATIVES
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

FILEABLE = frozenset({"text/xml", "application/pdf", "image/jpeg", "image/png", "image/tiff", "text/plain", "application/rtf"})


@dataclass(frozen=True, slots=True)
class Filing:
    """What a plain file is said to be; a document with metadata says it itself."""

    type_code: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    one: Attachment
    message: Message
    thread: Thread
    entry: DocumentEntry
    content: bytes
    own: bool
    """Whether it says itself what it is."""


def can_be_filed(one: Attachment) -> bool:
    """Whether a button is offered: what is in the record already, what the record refuses and archives have none."""
    return one.filed_as is None and not one.problem and one.mime in FILEABLE


def _of_archive(visit: Visit, one: Attachment) -> DocumentEntry:
    """The metadata of a document, read again in the archive that it came in."""
    packed, *_ = rows.attachment(visit, one.archive or one.id)
    content = rows.content_of(visit, one)
    return next(entry for entry, inside in entries_of(rows.content_of(visit, packed)) if inside == content)


def _plain(visit: Visit, one: Attachment, message: Message, filing: Filing) -> DocumentEntry:
    sent = message.at
    return DocumentEntry(
        unique_id=f"2.25.{one.id.int}", type=Coding(filing.type_code), title=filing.title or one.label, mime=one.mime,
        creation_time=sent, date=sent, service_start=sent, authors=(Author(family=message.name),),
    )  # fmt: skip


def _found(ask: Ask, record_id: UUID, number: UUID, filing: Filing) -> tuple[_Found, Ask] | UUID:
    """What is to be filed, and in whose name; its number in the record where it is there already."""
    with acting(ask, Act.READ_MESSAGES, record_id) as visit:
        one, message, thread = rows.attachment(visit, number)
        if one.filed_as is not None:
            return one.filed_as
        if not can_be_filed(one) or not message.incoming:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        own = one.archive is not None or one.mime == "text/xml"
        entry = (
            _of_archive(visit, one) if one.archive else DocumentEntry(mime=one.mime) if own else _plain(visit, one, message, filing)
        )
        if message.secret or thread.secret:
            entry = replace(entry, confidentiality=(*entry.confidentiality, Coding(HIDDEN_FROM_REPRESENTATIVES)))
        return _Found(one, message, thread, replace(entry, patient=("record", str(visit.record_id))),
                      rows.content_of(visit, one), own), visit.ask  # fmt: skip


def file_attachment(ask: Ask, record_id: UUID, number: UUID, filing: Filing = Filing()) -> UUID:
    """File a document of a message in the record. Returns its number there; filing again returns the same. Raises Refusal."""
    to_file = _found(ask, record_id, number, filing)
    if isinstance(to_file, UUID):
        return to_file
    found, named = to_file
    question = replace(named, act=Act.FILE_MESSAGE if found.own or found.message.secret or found.thread.secret else Act.FEED)
    lot = Submission(
        SubmissionSet(patient=found.entry.patient), (SubmittedDocument(found.entry, found.content, 0),), ("DocumentReference",)
    )
    try:
        done = deposit(question, lot).documents[0]
    except Refusal as refusal:
        _receipt(ask, record_id, found, refusal)
        raise
    with acting(ask, Act.READ_MESSAGES, record_id) as visit:
        visit.work.run("UPDATE messaging_attachment SET filed_at = %s, filed_as = %s WHERE record_id = %s AND id = %s",
                       ask.at, done.logical_id, visit.record_id, number)  # fmt: skip
    _receipt(ask, record_id, found, None)
    return done.logical_id


def _receipt(ask: Ask, record_id: UUID, found: _Found, refusal: Refusal | None) -> None:
    """Tell the sender whose system asked for it that the document is in, or why it is not (MDN-01)."""
    if not found.message.told.get("receipt_to") or found.one.archive is None:
        return
    with acting(ask, Act.READ_MESSAGES, record_id) as visit:
        code = application_code(refusal.code) if refusal else ""
        send_receipt(visit, found.message, code=code, label=APPLICATION_CODES.get(code, ""), processed=True)
