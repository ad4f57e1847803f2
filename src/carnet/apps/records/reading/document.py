"""TD3.2 / ITI-68: one document, its metadata or its bytes. What may not be seen is unknown."""

import logging
from dataclasses import dataclass, replace
from uuid import UUID

from cryptography.exceptions import InvalidTag

from carnet.apps.access import api as access
from carnet.apps.records.entry.facts import (
    DOCUMENT,
    Entered,
    StoredDocument,
    enter,
    named_by_document,
    same_person,
    stored_document,
)
from carnet.apps.records.reading.relations import readable, trimmed
from carnet.apps.records.reading.search import notices_of_access
from carnet.apps.records.reading.visit import Visit
from carnet.apps.storage.api import BlobMissingError, RecordKey, Work, get, unit
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal

log = logging.getLogger("carnet.records")


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a document as they were deposited, and the warnings that go with them."""

    mime: str
    data: bytes
    hidden_from_patient: bool
    hidden_from_representatives: bool


def _unknown() -> Refusal:
    return Refusal(No.DOCUMENT_UNKNOWN)


def _decide(work: Work, ask: Ask, entered: Entered, logical_id: UUID, place: access.Place) -> StoredDocument:
    rows = entered.extra[0] if entered.extra else []
    if not rows:
        raise _unknown()
    document = stored_document(rows[0])
    place.veil = access.veil_of(document.facts)
    question = named_by_document(work, ask, entered)
    granted = access.grant(work, question, entered.with_document(document.facts), entered.record_id, (str(logical_id),))
    access.note_lookup(work, granted)
    if not document.facts.hidden_from_representatives:
        # A secret act of a minor leaves no notice.
        work.send(*notices_of_access(question, entered.record_id))
    return document


def _read(ask: Ask, logical_id: UUID) -> tuple[Entered, StoredDocument, frozenset[UUID]]:
    """The record, the document, and which of the documents that it is tied to the asker may read too."""
    if ask.actor.kind is ActorKind.ANONYMOUS:
        # The same answer for any identifier: nothing is looked up.
        raise Refusal(No.AUTHENTICATION_MISSING)
    with access.asking(ask, (str(logical_id),)) as place, unit() as work:
        entered = enter(work, ask, logical_id, ((DOCUMENT, (logical_id,)),))
        # What concerns the asker alone comes before the record is known: a line in its journal would tell that the number is one.
        access.before_record(ask)
        place.record_id = entered.record_id
        same_person(work, ask, entered)
        document = _decide(work, ask, entered, logical_id, place)
        seen = readable(work, named_by_document(work, ask, entered), entered.facts, document.parents) if document.parents else None
        return entered, document, seen or frozenset()


def read_content(ask: Ask, logical_id: UUID) -> Content:
    """The bytes of a document, after a decision journaled and committed."""
    entered, document, _ = _read(ask, logical_id)
    return _content(entered.key, document)


def read_in(visit: Visit, logical_id: UUID) -> Content:
    """The bytes of a document inside a visit: a decision and a trace of its own (TD3.2). Raises Refusal."""
    rows = visit.work.rows(DOCUMENT, logical_id)
    if not rows:
        raise _unknown()
    document = stored_document(rows[0])
    facts = replace(visit.facts, document=document.facts)
    access.grant(visit.work, replace(visit.ask, act=Act.READ), facts, visit.record_id, (str(logical_id),))
    return _content(visit.key, document)


def _content(key: RecordKey, document: StoredDocument) -> Content:
    facts = document.facts
    try:
        data = get(key, document.address)
    except (BlobMissingError, InvalidTag) as error:
        log.error("document-damaged document=%s type=%s", document.logical_id, type(error).__name__)
        raise Refusal(No.DOCUMENT_DAMAGED) from None
    return Content(document.mime, data, facts.hidden_from_patient, facts.hidden_from_representatives)


def read_metadata(ask: Ask, logical_id: UUID) -> bytes:
    """The FHIR resource of a document, ready to send. It stands under the same rules as its bytes."""
    entered, document, seen = _read(replace(ask, act=Act.READ), logical_id)
    return trimmed(entered.key.unseal(document.resource, f"resource/{logical_id}"), document.parents, seen)
