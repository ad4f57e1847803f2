"""TD3.2 / ITI-68: one document, its metadata or its bytes. What may not be seen is unknown."""

from dataclasses import dataclass, replace
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.records.entering import DOCUMENT, Entered, StoredDocument, enter, named_by_document, stored_document
from carnet.apps.storage.api import Work, get, lookup, unit
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a document as they were deposited, and the warnings that go with them."""

    mime: str
    data: bytes
    hidden_from_patient: bool
    hidden_from_representatives: bool


def locate(logical_id: UUID) -> UUID | None:
    """The record that a document is in."""
    row = lookup("SELECT record_id FROM records_locate(%s)", logical_id)
    return row[0] if row else None


def _unknown() -> Refusal:
    return Refusal("document-unknown", "document-unknown")


def _decide(work: Work, ask: Ask, record_id: UUID, logical_id: UUID) -> tuple[Entered, StoredDocument]:
    entered = enter(work, ask, record_id, ((DOCUMENT, (record_id, logical_id)),))
    rows = entered.extra[0] if entered.extra else []
    if not rows:
        raise _unknown()
    document = stored_document(rows[0])
    question = named_by_document(work, ask, entered)
    access.grant(work, question, entered.with_document(document.facts), record_id, (str(logical_id),))
    return entered, document


def _read(ask: Ask, logical_id: UUID) -> tuple[Entered, StoredDocument]:
    if ask.actor.kind is ActorKind.ANONYMOUS:
        # The same answer for any identifier: nothing is looked up.
        raise Refusal("authentication-missing", "authentication-missing")
    record_id = locate(logical_id)
    with access.asking(ask, record_id, (str(logical_id),)):
        if record_id is None:
            raise _unknown()
        with unit(record_id) as work:
            return _decide(work, ask, record_id, logical_id)


def read_content(ask: Ask, logical_id: UUID) -> Content:
    """The bytes of a document, after a decision journaled and committed."""
    entered, document = _read(ask, logical_id)
    data = get(entered.key, document.address)
    facts = document.facts
    return Content(document.mime, data, facts.hidden_from_patient, facts.hidden_from_representatives)


def read_metadata(ask: Ask, logical_id: UUID) -> bytes:
    """The FHIR resource of a document, ready to send. It stands under the same rules as its bytes."""
    entered, document = _read(replace(ask, act=Act.READ), logical_id)
    return entered.key.unseal(document.resource, f"resource/{logical_id}")
