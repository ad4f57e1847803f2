"""TD2.1 / ITI-65 / ITI-105: a deposit is all or nothing, idempotent by uniqueId, and durable before it is answered.

Order: decision and checks; bytes to the store, flushed; then metadata, status of what is replaced, journal and notices
in one transaction. A crash before the commit leaves orphan bytes, swept later; after it, the deposit stands.

The decision is taken under the lock of the record. Where a file must be opened to find its words, which may take seconds, it is
taken before as well, and what was checked is written by a second transaction: nobody waits for a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg.errors
from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.documents.alerts import ALERTS, New, tell_alerted
from carnet.apps.records.documents.changing import mask_chain
from carnet.apps.records.documents.checking import Checked, Deposit, check
from carnet.apps.records.documents.folders import find_document, keep_folder
from carnet.apps.records.documents.kept_codes import check_labels, declared_veil, facts_of, masked_on_arrival, of_persons
from carnet.apps.records.documents.rows import Relations, check_unused, insert_document, insert_submission, rewrite
from carnet.apps.records.documents.scanning import scan
from carnet.apps.records.entry.facts import (
    DOCUMENT,
    DOCUMENT_COLUMNS,
    Entered,
    StoredDocument,
    enter,
    record_of,
    stored_document,
    unless_visible,
)
from carnet.apps.records.hooks import HOOKS, Deposited
from carnet.apps.records.reading.visit import Visit
from carnet.apps.records.reading.words import Words, keep_words, opened_apart, text_of
from carnet.apps.storage.api import RecordKey, Statement, Work, put, unit
from carnet.dicah import Permit, decide
from carnet.dicah.facts import DocumentFacts
from carnet.dicah.visibility import codes_of
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.xds import DocumentEntry
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.visibility import Status


@dataclass(frozen=True, slots=True)
class Accepted:
    """One document of an accepted deposit. `again` says that it was there already, with the same content."""

    logical_id: UUID
    version: int
    warnings: tuple[No, ...] = ()
    again: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a deposit, in the order of the request."""

    submission_id: UUID
    documents: tuple[Accepted, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A checked document, what it replaces, and the earlier deposit of the same uniqueId when there is one."""

    checked: Checked
    replaced: StoredDocument | None
    earlier: tuple[UUID, UUID] | None
    """Its logicalId and its submission."""
    labels: frozenset[str]
    others: tuple[tuple[str, UUID], ...] = ()
    """Other documents of the record that this one completes, transforms or signs: kind and logicalId."""
    address: str = ""
    """Of its bytes in the store."""
    text: str = ""
    """Its words, for the search."""


_BY_UNIQUE_ID = f"SELECT {DOCUMENT_COLUMNS}, submission_id FROM records_document WHERE record_id = %s AND unique_id = %s"


def _no_parent() -> Refusal:
    return Refusal(No.DOCUMENT_PARENT_UNKNOWN)


def question_of(ask: Ask) -> Ask:
    """The question of a deposit: an employee feeds by TD2.2, others by TD2.1; filing what came by a message is its own act."""
    if ask.act is Act.FILE_MESSAGE:
        return ask
    act = Act.FEED_AS_EMPLOYEE if ask.actor.kind is ActorKind.EMPLOYEE else Act.FEED
    return replace(ask, act=act)


def _is_own(ask: Ask, document: DocumentFacts) -> bool:
    actor = ask.actor
    of_structure = actor.kind in (ActorKind.EMPLOYEE, ActorKind.STRUCTURE)
    structures = {document.depositor_structure, *document.author_structures}
    return actor.id in {document.depositor, *document.authors} or (of_structure and actor.situation.structure in structures)


def _earlier(work: Work, ask: Ask, key: RecordKey, checked: Checked) -> tuple[UUID, UUID] | None:
    """The earlier deposit of this uniqueId: the same bytes, and nothing asked that it does not hold.

    Somebody who neither wrote nor deposited it may not learn whether it was masked: whatever visibility they ask for is more than
    it holds, and without any the answer is that of a first deposit.
    """
    row = work.row(_BY_UNIQUE_ID, key.record_id, checked.entry.unique_id)
    if row is None:
        return None
    stored, submission_id = stored_document(row), row[-1]
    same = stored.address == key.address(checked.content) and stored.facts.type_code == checked.entry.type.code
    held = codes_of(stored.facts) if _is_own(ask, stored.facts) else frozenset()
    if not same or stored.facts.status is Status.DELETED or not checked.labels() <= held:
        raise Refusal(No.DOCUMENT_DUPLICATE)
    return stored.logical_id, submission_id


def _replaced(work: Work, ask: Ask, entered: Entered, checked: Checked) -> StoredDocument | None:
    """The document that this one replaces, if the asker may replace it."""
    targets = [p.id.removeprefix("DocumentReference/") for p in checked.entry.parents if p.kind == "replaces"]
    if not targets:
        return None
    if len(targets) > 1 or checked.technical:
        raise Refusal(No.REQUEST_MALFORMED, {"element": "relatesTo", "problem": "one document replaces one document"})
    found = _known_parent(work, ask, entered, targets[0])
    if found is None and settings.CARNET.unknown_parent == "refuse":
        raise _no_parent()
    return found


def _may_tie(ask: Ask, entered: Entered, facts: DocumentFacts) -> bool:
    """Whether a document is there for whoever ties another one to it: their own, or one that they read."""
    return _is_own(ask, facts) or isinstance(decide(replace(ask, act=Act.READ), entered.with_document(facts)), Permit)


def _others(work: Work, ask: Ask, entered: Entered, planned: Planned, declared: bool) -> Planned:
    """Relations other than a replacement. One to a document that is not there for the asker is refused where it was declared, and
    warned of where the header of a CDA states it: both alike whether the document is hidden from them or is nowhere."""
    found: list[tuple[str, UUID]] = []
    checked, lost = planned.checked, False
    for parent in (p for p in checked.entry.parents if p.kind != "replaces"):
        document = find_document(work, entered.record_id, parent.id)
        if document and document.facts.status is not Status.DELETED and _may_tie(ask, entered, document.facts):
            if declared and document.facts.status is Status.DEPRECATED and parent.kind != "signs":
                # ITI TF-3 §4.2.2.2: nothing is appended to a document that was replaced. What a CDA states of itself stays so.
                raise _no_parent()
            found.append((parent.kind, document.logical_id))
        elif declared:
            raise Refusal(No.RELATION_UNKNOWN, {"relation": parent.kind})
        else:
            lost = True
    return replace(planned, checked=checked.warned(No.RELATION_UNKNOWN) if lost else checked, others=tuple(found))


def _known_parent(work: Work, ask: Ask, entered: Entered, target: str) -> StoredDocument | None:
    """The document that a target names; None when there is none for the asker: one that is hidden was never there."""
    document = find_document(work, entered.record_id, target)
    if document is None:
        return None
    facts = entered.with_document(document.facts)
    try:
        access.decide_or_refuse(replace(ask, act=Act.REPLACE), facts, entered.record_id)
    except Refusal as refusal:
        told = unless_visible(ask, facts, refusal)
        if told.code == No.DOCUMENT_UNKNOWN:
            return None
        raise told from None
    if document.facts.status is not Status.APPROVED:
        raise _no_parent()
    return document


def _planned(work: Work, ask: Ask, entered: Entered, document: SubmittedDocument, deposit: Deposit) -> Planned:
    checked = check(work, document.entry, document.content, deposit)
    earlier = _earlier(work, ask, entered.key, checked)
    replaced = None if earlier else _replaced(work, ask, entered, checked)
    planned = Planned(checked, replaced, earlier, check_labels(checked, replaced, of_persons(ask)))
    return planned if earlier else _others(work, ask, entered, planned, bool(document.entry.parents))


def _plan(work: Work, ask: Ask, entered: Entered, submission: Submission, deposit: Deposit) -> list[Planned]:
    planned, seen = [], set()
    for document in submission.documents:
        try:
            one = _planned(work, ask, entered, document, deposit)
            if one.checked.entry.unique_id in seen:
                raise Refusal(No.DOCUMENT_DUPLICATE, {"problem": "twice in one submission"})
        except Refusal as refusal:
            if len(submission.documents) == 1:
                raise
            # Among several, the sender must know which one: by its own identifier, or its place.
            named = document.entry.unique_id or f"n° {document.position + 1}"
            raise Refusal(refusal.code, {**refusal.details, "document": named}, rule=refusal.rule) from None
        seen.add(one.checked.entry.unique_id)
        planned.append(one)
    if planned and all(p.checked.technical for p in planned):
        # The signature object of a submission comes with what it signs; alone it would be a hiding place.
        raise Refusal(No.DOCUMENT_METADATA_MISMATCH, {"fields": "type"})
    return planned


def judged(visit: Visit, entry: DocumentEntry, content: bytes) -> None:
    """Check a document as its person's filing it in this record would be, and deposit nothing. Raises Refusal."""
    person = replace(visit.ask.actor, kind=ActorKind.HOLDER)
    check(visit.work, entry, content, Deposit(visit.record_id, person, visit.ask.at, visit.traits))


def _asked_later(ask: Ask, record_id: UUID, lock: bool) -> list[Statement]:
    """What is asked on the way to a row, sent ahead; of the record, where it can no longer change."""
    ours = [access.masking_of(record_id), (ALERTS, (record_id,))] if lock else []
    return [identity.professional_of(ask.actor.id), *ours]


def _checked(work: Work, ask: Ask, submission: Submission, place: access.Place, lock: bool) -> tuple[Entered, list[Planned]]:
    """Decide, and check everything. It writes nothing."""
    entered = enter(work, ask, lock=lock)
    place.record_id, place.veil = entered.record_id, declared_veil(submission)
    access.decide_or_refuse(ask, entered.facts, entered.record_id)
    record_id, named = record_of(entered), [d.entry.unique_id for d in submission.documents if d.entry.unique_id]
    work.ahead(*((_BY_UNIQUE_ID, (record_id, one)) for one in named), *_asked_later(ask, record_id, lock))
    deposit = Deposit(record_id, ask.actor, ask.at, entered.traits, ask.ins)
    return entered, _signed_again(_plan(work, ask, entered, submission, deposit))


def _store(work: Work, ask: Ask, key: RecordKey, planned: Planned, submission_id: UUID) -> Accepted:
    if planned.earlier:
        # The first answer again: a later version would tell of a change that the depositor may not know. Without the
        # warnings, which say what was completed: nothing was, this time.
        return Accepted(planned.earlier[0], 1, again=True)
    # The logicalId is the entryUUID of the first version (ITI TF-3 §4.2.3.2.15).
    logical_id, replaced = UUID(planned.checked.entry.entry_uuid or str(uuid4())), None
    if planned.replaced:
        replaced = _deprecate(work, ask, key, planned.replaced.logical_id)
        if MASKED in planned.labels:
            mask_chain(work, ask, key, replaced.logical_id, True)
    relations = Relations(replaced, planned.others)
    check_unused(work, key.record_id, planned.checked.entry.entry_uuid)
    insert_document(work, ask, key, planned.checked, logical_id, submission_id, planned.address, planned.labels, relations)
    if not planned.checked.technical:
        _read(work, ask, key, planned.checked, logical_id, planned.text)
    return Accepted(logical_id, 1, planned.checked.warnings)


def _settled(work: Work, ask: Ask, key: RecordKey, planned: Planned) -> Planned:
    """A document with the labels that it is kept under: declared, inherited as they stand now, and masked on arrival.

    Under the lock of the record. What stores it, tells of it, veils it and journals it looks at these, and at no others.
    """
    if planned.earlier:
        return planned
    labels = planned.labels
    if planned.replaced:
        # What was masked since the check is masked in the replacement too.
        labels = check_labels(planned.checked, _approved(work, planned.replaced.logical_id), of_persons(ask))
    if masked_on_arrival(work, ask, key, planned.checked, labels):
        labels = labels | {MASKED}
    return replace(planned, labels=labels)


def _approved(work: Work, logical_id: UUID) -> StoredDocument:
    row = work.row(DOCUMENT + " AND status = 'Approved' FOR UPDATE", logical_id)
    if row is None:
        # Somebody replaced, archived or deleted it between the check and this write.
        raise _no_parent()
    return stored_document(row)


def _read(work: Work, ask: Ask, key: RecordKey, checked: Checked, logical_id: UUID, text: str) -> None:
    """Keep the words of a new document, and let the apps above read what it states."""
    entry, content = checked.entry, checked.content
    authors = "\n".join(p for a in entry.authors for p in (f"{a.given} {a.family}".strip(), a.structure_name) if p)
    keep_words(work, key, logical_id, Words.of(entry.title, text, authors, entry.mime))
    for read in HOOKS.deposited:
        read(work, key, Deposited(logical_id, entry.mime, content, ask.at))


def _deprecate(work: Work, ask: Ask, key: RecordKey, logical_id: UUID) -> StoredDocument:
    """The original becomes Deprecated in place: a replacement is no new version of its metadata. Returns it as it was."""
    replaced = _approved(work, logical_id)
    now = rewrite(key, replaced, lambda fields: fields | {"status": "superseded"}, ask.at)
    work.run(
        """UPDATE records_document SET status = 'Deprecated', updated_at = %s, resource = %s, ebrim = %s
        WHERE record_id = %s AND logical_id = %s""",
        ask.at, now.resource, now.ebrim, key.record_id, logical_id,
    )  # fmt: skip
    return replaced


def _notify(work: Work, ask: Ask, record_id: UUID, planned: Sequence[Planned]) -> None:
    """Tell the holder of a deposit. One that is invisible to the holder or to representatives leaves no notice now."""
    visible = [p for p in planned if not p.earlier and not p.checked.technical
               and not p.labels & {HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES}]  # fmt: skip
    if visible:
        outbox.notify(work, record_id, "deposit", outbox.HOLDER, ask.at)
    fresh = [New(p.checked.entry.type.code, bool(p.labels)) for p in planned if not p.earlier and not p.checked.technical]
    tell_alerted(work, record_id, ask.actor.id, fresh, ask.at)


def _veils(planned: Sequence[Planned]) -> list[str]:
    """From whom each document is hidden. The signature object is told with what it signs."""
    return [access.veil_of(facts_of(p.checked, p.labels)) for p in planned if not p.checked.technical]


def _veil_of_all(planned: Sequence[Planned]) -> str:
    """The veil of a deposit of hidden documents alone: that one was made must not show either."""
    veils = _veils(planned)
    return veils[0] if veils and all(veils) else ""


def _tell(work: Work, granted: Grant, planned: Sequence[Planned], accepted: Sequence[Accepted], detail: str) -> None:
    """Journal what was deposited: one line for all that shows, one for each hidden document, which shows when it does."""
    shared, lines = _veil_of_all(planned), dict[tuple[str, str], list[str]]()
    for one, done in zip(planned, accepted, strict=True):
        veil = shared if one.checked.technical else access.veil_of(facts_of(one.checked, one.labels))
        number = str(done.logical_id)
        lines.setdefault((veil, number if veil else ""), []).extend([] if done.again else [number])
    for (veil, _), documents in lines.items():
        if documents or detail:
            access.write_entry(work, granted, tuple(documents), detail, veil)


def _signed_again(planned: list[Planned]) -> list[Planned]:
    """A lot whose documents are all there already brings nothing new by a signature that was made again."""
    known = [p.earlier for p in planned if p.earlier and not p.checked.technical]
    if not known or len(known) < sum(not p.checked.technical for p in planned):
        return planned
    return [replace(p, earlier=known[0]) if p.checked.technical else p for p in planned]


def _kept(key: RecordKey, planned: Sequence[Planned]) -> list[Planned]:
    """Bytes to the store, flushed, and the words that stand in them."""
    kept = []
    for one in planned:
        if not one.earlier:
            address = put(key, one.checked.content)
            one = replace(one, address=address, text=text_of(one.checked.entry.mime, one.checked.content))
        kept.append(one)
    return kept


def _write(
    work: Work, ask: Ask, submission: Submission, entered: Entered, key: RecordKey, planned: list[Planned]
) -> Receipt:  # fmt: skip
    """Everything but the bytes, decided on facts that can no longer change."""
    known = [p.earlier[1] for p in planned if p.earlier]
    own = UUID(submission.set.entry_uuid) if submission.set.entry_uuid else uuid4()
    submission_id = known[0] if known and len(known) == len(planned) and not submission.folders else own
    planned = [_settled(work, ask, key, p) for p in planned]
    granted = access.grant(work, ask, entered.facts, entered.record_id, veil=_veil_of_all(planned))
    accepted = tuple(_store(work, ask, key, p, submission_id) for p in planned)
    fresh = tuple(str(a.logical_id) for a in accepted if not a.again)
    if fresh:
        _notify(work, ask, key.record_id, planned)
    if fresh or submission.folders:
        _tell(work, granted, planned, accepted, "folder" if submission.folders else "")
    members = [a.logical_id for a in accepted]
    changed = [keep_folder(work, ask, entered, folder, members, submission_id) for folder in submission.folders]
    if fresh or any(changed):
        made_bare = any(done and not one.members for done, one in zip(changed, submission.folders, strict=True))
        insert_submission(work, ask, key, submission.set, submission_id, bare=made_bare and not planned)
    return Receipt(submission_id, accepted)


def _prepared(ask: Ask, submission: Submission, place: access.Place) -> Receipt:
    if any(opened_apart(d.entry.mime, d.content) for d in submission.documents):
        with unit() as work:
            entered, planned = _checked(work, ask, submission, place, lock=False)
        key, planned = entered.key, _kept(entered.key, planned)
        with unit() as work:
            again = enter(work, ask, lock=True)
            work.ahead(*_asked_later(ask, key.record_id, lock=True))
            return _write(work, ask, submission, again, key, planned)
    with unit() as work:
        entered, planned = _checked(work, ask, submission, place, lock=True)
        return _write(work, ask, submission, entered, entered.key, _kept(entered.key, planned))


def deposit(ask: Ask, submission: Submission) -> Receipt:
    """Deposit a submission. Raises Refusal with the code that fits; then nothing is stored."""
    ask = question_of(ask)
    with access.asking(ask) as place:
        access.before_record(ask)
        scan(d.content for d in submission.documents)
        try:
            return _prepared(ask, submission, place)
        except psycopg.errors.UniqueViolation:
            # The same uniqueId, or the same UUID, arrived at the same moment by another way: look again, and answer as second.
            return _prepared(ask, submission, place)
