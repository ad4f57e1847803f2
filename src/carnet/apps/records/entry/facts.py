"""Entering a record: the facts of a question, loaded in one round trip inside the scope of the record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.storage.api import (
    KEY_FACTS,
    SCOPE,
    Elsewhere,
    Into,
    KeyDestroyedError,
    RecordKey,
    Row,
    Statement,
    Steps,
    Work,
    kept,
    open_key,
)
from carnet.dicah import Permit, decide
from carnet.dicah.acts import BEFORE_OPENING, Opening
from carnet.dicah.conditions.authentication import CONNECTED, PERSONS
from carnet.dicah.conditions.availability import SHOWN_AS_ABSENT
from carnet.dicah.facts import DocumentFacts, Facts, IdentityFacts, Plausibility, RecordFacts, RecordState
from carnet.formats.packing import unpacked
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, is_minor
from carnet.kernel.visibility import Status

RECORD = "SELECT state, since, reason FROM records_record WHERE record_id = s.record_id"
DOCUMENT_COLUMNS = """logical_id, type_code, status, masked, hidden_from_patient, hidden_from_representatives, technical,
    by_patient, author_ids, author_structures, depositor, depositor_structure, address, mime, resource, entry_uuid,
    version, deposited_at, waiting_told_at, parents"""
DOCUMENT = f"SELECT {DOCUMENT_COLUMNS} FROM records_document WHERE record_id = {SCOPE} AND logical_id = %s"
_LOCK = f"SELECT state FROM records_record WHERE record_id = {SCOPE} FOR SHARE"
_LOCATE = "SELECT record_id FROM records_locate(%s)"
_FACTS = f"""SELECT r.*, i.*, k.*, a.* FROM (SELECT {SCOPE} AS record_id) AS s
    LEFT JOIN LATERAL ({RECORD}) AS r ON true LEFT JOIN LATERAL ({identity.FACTS}) AS i ON true
    LEFT JOIN LATERAL ({KEY_FACTS}) AS k ON true LEFT JOIN LATERAL ({access.FACTS}) AS a ON true"""
"""Each app brings its fragment; one statement brings all facts of a question."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What was found at the door of a record: its facts, its key, and the rows of the extra statements."""

    record_id: UUID | None
    facts: Facts
    found_key: RecordKey | None = None
    traits: Traits = field(default_factory=Traits)
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
        edition=access.edition(ask.at),
    )
    return Entered(None, facts)


def _into(sql: str, values: Sequence[object]) -> Into:
    """Find the record and enter its scope, in one statement: an INS or a document that leads nowhere enters none."""
    return Into(f"SELECT set_config('carnet.record', coalesce(({sql})::text, ''), true)", values)


def _way(ask: Ask, document: UUID | None, record: UUID | None) -> tuple[str, Sequence[object]]:
    if document is not None:
        return _LOCATE, (document,)
    return identity.way(ask.ins) if ask.ins else ("SELECT %s::uuid", (record,))


def entering(
    work: Work | None, ask: Ask, document: UUID | None = None, extra: Sequence[Statement] = (),
    requested: frozenset[str] = frozenset(), lock: bool = False, record: UUID | None = None, opening: Opening | None = None,
) -> Steps[Entered]:  # fmt: skip
    """The steps that find the record by the INS (or a document, or its pseudonym), enter its scope and load all that the decision
    looks at.

    Nothing is looked up for somebody who is not authenticated. With `lock` the state of the record cannot change before
    the end of the unit: a writer decides on what will still be true when it commits. `opening`: what a professional opens of the
    record, where it is more than the act says; it is counted in this unit, which a refusal rolls back. Raises Elsewhere where
    something is to be counted and there is no unit.
    """
    opens = access.opens(ask) if opening is None or access.opens(ask) is Opening.NONE else opening
    if not ask.actor.id or (ask.ins is None and document is None and record is None):
        return absent(ask, requested)
    held: list[Statement] = [(_LOCK, ())] if lock else []
    connected = ask.actor.kind in CONNECTED
    relating = [access.consent_of(ask) if connected else access.relation_of(ask)] if ask.actor.kind in PERSONS else []
    into = _into(*_way(ask, document, record))
    sent = yield [into, *held, (_FACTS, access.parameters(ask, opens)), *relating, *extra]
    scope, facts, *more = sent[0], *sent[1 + len(held) :]
    related = more[: len(relating)]
    found, row = scope.fetchone(), facts_row(facts.fetchone())
    theirs = ask.act in BEFORE_OPENING and bool(related)
    # An opposition must not show through what comes before it, a trait that contradicts for example.
    if not found or not found[0] or row is None or (row.state in SHOWN_AS_ABSENT and not theirs):
        return absent(ask, requested, access.of_question(_unit(work), ask))
    record_id = UUID(found[0])
    key = open_key(record_id, row.key)
    rows = [answer.fetchall() for answer in more[len(relating) :]]
    traits = identity.traits_of(key, row.traits)
    told = _facts(ask, row, traits, requested)
    today = access.opened_today(row.access)
    if access.to_count(ask, opens, told.access, today):
        told = replace(told, plausibility=access.of_opening(_unit(work), ask, opens, record_id, told.access, today))
    if related and connected:
        told = replace(told, access=replace(told.access, service_consent=access.read_consent(related[0].fetchone())))
    elif related:
        told = replace(told, access=replace(told.access, relation=access.read_relation(related[0].fetchone())))
    return Entered(record_id, told, key, traits, rows)


def _unit(work: Work | None) -> Work:
    if work is None:
        raise Elsewhere("something is to be counted")
    return work


def enter(
    work: Work, ask: Ask, document: UUID | None = None, extra: Sequence[Statement] = (), requested: frozenset[str] = frozenset(),
    lock: bool = False, record: UUID | None = None, opening: Opening | None = None,
) -> Entered:  # fmt: skip
    """Enter a record in this unit: `entering`."""
    return work.follow(entering(work, ask, document, extra, requested, lock, record, opening))


def enter_known(work: Work, ask: Ask, record_id: UUID) -> Entered:
    """Enter a record by its pseudonym, for a question that was granted before any record was named."""
    work.enter(record_id)
    row = facts_row(work.send((_FACTS, access.parameters(ask)))[0].fetchone())
    if row is None or row.state in SHOWN_AS_ABSENT:
        return absent(ask)
    key = open_key(record_id, row.key)
    traits = identity.traits_of(key, row.traits)
    return Entered(record_id, _facts(ask, row, traits), key, traits)


@dataclass(frozen=True, slots=True)
class FactsRow:
    """A row of the facts of a record that exists, by the names of its columns."""

    state: str
    since: date | None
    reason: str
    status: str
    annotations: list[str]
    traits: bytes
    key: bytes
    access: Row
    """What `access.facts` reads."""

    def facts(
        self, ask: Ask, traits: Traits, given: Traits, requested: frozenset[str] = frozenset(), minor: bool = False
    ) -> Facts:  # fmt: skip
        """What the decision looks at, with the traits of the record and those that were given to compare."""
        return Facts(
            requested_types=requested,
            minor=minor,
            record=RecordFacts(RecordState(self.state), self.since, self.reason),
            identity=identity.facts(self.status, self.annotations, traits, given),
            access=access.facts(self.access, ask),
            settings=access.law(),
            edition=access.edition(ask.at),
        )


def facts_row(row: Row | None) -> FactsRow | None:
    """Read a row of facts; None for no record, and for one whose key is destroyed."""
    if not row or row[0] is None:
        return None
    state, since, reason, status, annotations, traits, key, *told = row
    return FactsRow(state, since, reason, status, annotations, bytes(traits), key, tuple(told)) if key is not None else None


def _facts(ask: Ask, row: FactsRow, traits: Traits, requested: frozenset[str] = frozenset()) -> Facts:
    return row.facts(ask, traits, ask.traits, requested, is_minor(traits.birth_date, access.law().day(ask.at)))


def facts_for(work: Work, ask: Ask, entered: Entered) -> Facts:
    """What the decision would be taken on if this asker came to the record that is entered, now (a preview)."""
    row = facts_row(work.send((_FACTS, access.parameters(ask)))[0].fetchone())
    if row is None:
        return absent(ask).facts
    return _facts(ask, row, entered.traits)


def record_of(entered: Entered) -> UUID:
    """The record that was entered, after a decision that permits: the law permits none that does not exist."""
    if entered.record_id is None:
        raise PermissionError("a decision permitted a record that does not exist")
    return entered.record_id


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
    deposited_at: datetime
    waiting_told_at: datetime | None
    parents: tuple[UUID, ...]
    """Documents of the record that this one replaces, completes, transforms or signs."""


def sealed_resource(key: RecordKey, resource: bytes, number: UUID | str) -> bytes:
    """The FHIR resource of a document as it is stored."""
    return key.seal(kept(resource, bytes), f"resource/{number}")


def opened_resource(key: RecordKey, sealed: bytes, number: UUID | str) -> bytes:
    """The FHIR resource of a document, ready to send. Raises InvalidTag."""
    return unpacked(key.unseal(sealed, f"resource/{number}"))


def stored_document(row: Row) -> StoredDocument:
    """Read a row of `DOCUMENT_COLUMNS`."""
    (logical_id, type_code, status, masked, from_patient, from_representatives, technical, by_patient, authors, structures,
     depositor, of_structure, address, mime, resource, entry_uuid, version, deposited_at, told_at, parents) = row[:20]  # fmt: skip
    facts = DocumentFacts(
        type_code=type_code,
        status=Status(status),
        masked=masked,
        hidden_from_patient=from_patient,
        hidden_from_representatives=from_representatives,
        technical=technical,
        by_patient=by_patient,
        authors=frozenset(authors),
        author_structures=frozenset(structures),
        depositor=depositor,
        depositor_structure=of_structure,
    )
    return StoredDocument(
        logical_id, facts, address, mime, bytes(resource), entry_uuid, version, deposited_at, told_at, tuple(parents)
    )


def named_by(ask: Ask, entered: Entered, rows: Sequence[Row]) -> Ask:
    """A question that names a document names its person too: the INS in force of the document's record (`INS_IN_FORCE`)."""
    if ask.ins is not None or entered.found_key is None:
        return ask
    return replace(ask, ins=identity.read_ins(entered.key, rows[0] if rows else None))


def named_by_document(work: Work, ask: Ask, entered: Entered) -> Ask:
    """The question with its person, in this unit: `named_by`."""
    rows = work.rows(identity.INS_IN_FORCE) if ask.ins is None and entered.found_key is not None else []
    return named_by(ask, entered, rows)


def same_person(ask: Ask, entered: Entered) -> Steps[None]:
    """A question that names a person and a document is about a document of that person; else the document is unknown."""
    if ask.ins is None:
        return
    (found,) = yield [identity.way(ask.ins)]
    row = found.fetchone()
    if row is None or row[0] != entered.record_id:
        raise Refusal(No.DOCUMENT_UNKNOWN)


def unless_visible(ask: Ask, facts: Facts, refusal: Refusal) -> Refusal:
    """Say that a document is not the asker's own only to somebody who may read it; to others it is unknown."""
    if refusal.code != No.DOCUMENT_NOT_OWN:
        return refusal
    readable = isinstance(decide(replace(ask, act=Act.READ), facts), Permit)
    return refusal if readable else Refusal(No.DOCUMENT_UNKNOWN)
