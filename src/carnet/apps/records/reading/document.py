"""TD3.2 / ITI-68: one document, its metadata or its bytes. What may not be seen is unknown."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records.entry.facts import (
    DOCUMENT,
    DOCUMENT_COLUMNS,
    Entered,
    StoredDocument,
    entering,
    named_by,
    opened_resource,
    record_of,
    same_person,
    stored_document,
)
from carnet.apps.records.entry.reading import Reading, Ready, last
from carnet.apps.records.reading.relations import readable, trimmed
from carnet.apps.records.reading.search import notices_of_access
from carnet.apps.records.reading.visit import Visit
from carnet.apps.storage.api import SCOPE, BlobMissingError, Elsewhere, RecordKey, Steps, Work, get, is_large
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

Found = TypeVar("Found")
_BY_NAME = f"SELECT {DOCUMENT_COLUMNS} FROM records_document WHERE record_id = {SCOPE} AND unique_id = %s"
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


def _decided(ask: Ask, entered: Entered, place: access.Place) -> tuple[Ask, StoredDocument, access.Decided]:
    rows, known_as = entered.extra if entered.extra else ([], [])
    if not rows:
        raise _unknown()
    document = stored_document(rows[0])
    place.veil, place.documents = access.veil_of(document.facts), (str(document.logical_id),)
    question = named_by(ask, entered, known_as)
    decided = access.decide_or_refuse(question, entered.with_document(document.facts), entered.record_id, place.documents)
    return question, document, decided


def _reading(
    ask: Ask, named: UUID | str, ready: Callable[[Entered, StoredDocument, frozenset[UUID]], Found], content: bool = False
) -> Reading[Found]:
    """A reading of one document, and of which of those that it is tied to the asker may read too. `content`: of its bytes.

    The document is named by its logicalId, or by its uniqueId in the record of the person whom the question names.
    """
    number = named if isinstance(named, UUID) else None
    asked = (DOCUMENT if number else _BY_NAME, (named,)), (identity.INS_IN_FORCE, ())

    def steps(place: access.Place, work: Work | None) -> Steps[Ready[Found]]:
        entered = yield from entering(work, ask, number, asked)
        # What concerns the asker alone comes before the record is known: a line in its journal would tell of the number.
        access.before_record(ask)
        if number:
            place.record_id = entered.record_id
            yield from same_person(ask, entered)
        elif any(entered.extra[:1]):
            # A name that is none of the record's tells nothing in its journal, as a number that is none.
            place.record_id = entered.record_id
        question, document, decided = _decided(ask, entered, place)
        if work is None and content and is_large(record_of(entered), document.address):
            raise Elsewhere("bytes that others would wait for")
        lookups = yield from access.noting_lookup(decided.grant)
        seen = yield from readable(question, entered.facts, document.parents)
        # A secret act of a minor leaves no notice.
        secret = document.facts.hidden_from_representatives
        yield last(decided, *lookups, *([] if secret else notices_of_access(question, entered.record_id)))
        return lambda: ready(entered, document, seen)

    return Reading(ask, steps, (str(number),) if number else ())


def _for_somebody(ask: Ask) -> Ask:
    """The question, of somebody: the same answer for any identifier, where nothing is looked up. Raises Refusal."""
    if ask.actor.kind is ActorKind.ANONYMOUS:
        raise Refusal(No.AUTHENTICATION_MISSING)
    return ask


def _bytes(entered: Entered, document: StoredDocument, _: frozenset[UUID]) -> Content:
    return _content(entered.key, document)


def reading_content(ask: Ask, logical_id: UUID) -> Reading[Content]:
    """A reading of the bytes of a document, after a decision journaled and committed."""
    return _reading(_for_somebody(ask), logical_id, _bytes, content=True)


def read_content(ask: Ask, logical_id: UUID) -> Content:
    """The bytes of a document, in a unit of its own: `reading_content`."""
    return reading_content(ask, logical_id).take()


def read_named(ask: Ask, unique_id: str) -> Content:
    """The bytes of the document of this uniqueId, in the record of the person whom the question names (TD3.2).

    It is found, decided and journaled in one unit. Raises Refusal: `document-unknown` alike where there is none and where it may
    not be seen.
    """
    return _reading(_for_somebody(ask), unique_id, _bytes, content=True).take()


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


def reading_metadata(ask: Ask, logical_id: UUID) -> Reading[bytes]:
    """A reading of the FHIR resource of a document, ready to send. It stands under the same rules as its bytes."""

    def ready(entered: Entered, document: StoredDocument, seen: frozenset[UUID]) -> bytes:
        return trimmed(opened_resource(entered.key, document.resource, logical_id), document.parents, seen)

    return _reading(_for_somebody(replace(ask, act=Act.READ)), logical_id, ready)


def read_metadata(ask: Ask, logical_id: UUID) -> bytes:
    """The FHIR resource of a document, in a unit of its own: `reading_metadata`."""
    return reading_metadata(ask, logical_id).take()
