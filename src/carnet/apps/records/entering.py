"""Entering a record: the facts of a question, loaded in one round trip inside the scope of the record."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.storage.api import KEY_OF_RECORD, KeyDestroyedError, RecordKey, Row, Statement, Work, open_key
from carnet.dicah import Permit, decide
from carnet.dicah.facts import DocumentFacts, Facts, IdentityFacts, Plausibility, RecordFacts, RecordState
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import Refusal
from carnet.kernel.visibility import Status

RECORD = "SELECT state, since, reason FROM records_record WHERE record_id = %s"
DOCUMENT_COLUMNS = """logical_id, type_code, status, masked, hidden_from_patient, hidden_from_representatives, technical,
    by_patient, author_ids, author_structures, depositor, depositor_structure, address, mime, resource, entry_uuid,
    version"""
DOCUMENT = "SELECT " + DOCUMENT_COLUMNS + " FROM records_document WHERE record_id = %s AND logical_id = %s"


@dataclass(frozen=True, slots=True)
class Entered:
    """What was found at the door of a record: its facts, its key, and the rows of the extra statements."""

    record_id: UUID | None
    facts: Facts
    found_key: RecordKey | None
    extra: list[list[Row]] = field(default_factory=list)

    @property
    def key(self) -> RecordKey:
        """The key of the record. Raises KeyDestroyedError where there is none: nothing can be read or written."""
        if self.found_key is None:
            raise KeyDestroyedError(str(self.record_id))
        return self.found_key

    def with_document(self, document: DocumentFacts | None) -> Facts:
        """The same facts about one document."""
        return replace(self.facts, document=document)


def absent(ask: Ask, requested: frozenset[str] = frozenset(), doubt: Plausibility = Plausibility.PLAUSIBLE) -> Entered:
    """Facts when no record is behind the INS: unknown to INSi, or simply without a record."""
    known = ask.ins is None or not identity.is_unknown(ask.ins)
    facts = Facts(
        record=RecordFacts(RecordState.ABSENT),
        identity=IdentityFacts(known=known),
        requested_types=requested,
        plausibility=doubt,
        settings=access.law(),
        edition=access.edition(ask.at.date()),
    )
    return Entered(None, facts, None)


def enter(
    work: Work, ask: Ask, record_id: UUID, extra: Sequence[Statement] = (), requested: frozenset[str] = frozenset(),
    doubt: Plausibility = Plausibility.PLAUSIBLE,
) -> Entered:  # fmt: skip
    """Load everything that the decision looks at, and the rows of `extra`, together."""
    record_rows, identity_rows, access_rows, key_rows, *more = work.several(
        (
            (RECORD, (record_id,)),
            identity.facts_statement(record_id),
            access.facts_statement(ask, record_id),
            (KEY_OF_RECORD, (record_id,)),
            *extra,
        )
    )
    if not record_rows or not key_rows:
        return absent(ask, requested, doubt)
    key = open_key(record_id, key_rows[0][0])
    state, since, reason = record_rows[0]
    person = identity_rows[0] if identity_rows else None
    facts = Facts(
        record=RecordFacts(RecordState(state), since, reason),
        identity=identity.facts((person[0], person[1], person[2]) if person else None, key, ask.traits),
        access=access.facts(access_rows[0]),
        requested_types=requested,
        plausibility=doubt,
        settings=access.law(),
        edition=access.edition(ask.at.date()),
    )
    return Entered(record_id, facts, key, more)


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A row of `DOCUMENT`."""

    logical_id: UUID
    facts: DocumentFacts
    address: str
    mime: str
    resource: bytes
    entry_uuid: UUID
    version: int


def stored_document(row: Row) -> StoredDocument:
    """Read a row of `DOCUMENT_COLUMNS`."""
    facts = DocumentFacts(
        type_code=row[1],
        status=Status(row[2]),
        masked=row[3],
        hidden_from_patient=row[4],
        hidden_from_representatives=row[5],
        technical=row[6],
        by_patient=row[7],
        authors=frozenset(row[8]),
        author_structures=frozenset(row[9]),
        depositor=row[10],
        depositor_structure=row[11],
    )
    return StoredDocument(row[0], facts, row[12], row[13], bytes(row[14]), row[15], row[16])


def named_by_document(work: Work, ask: Ask, entered: Entered) -> Ask:
    """A question that names a document names its person too: the INS in force of the document's record."""
    if ask.ins is not None or entered.found_key is None:
        return ask
    return replace(ask, ins=identity.active_ins(work, entered.key))


def unless_visible(ask: Ask, facts: Facts, refusal: Refusal, hidden_code: str) -> Refusal:
    """Say that a document is not the asker's own only to somebody who may read it; to others it is unknown."""
    if refusal.code != "document-not-own":
        return refusal
    readable = isinstance(decide(replace(ask, act=Act.READ), facts), Permit)
    return refusal if readable else Refusal(hidden_code, hidden_code)
