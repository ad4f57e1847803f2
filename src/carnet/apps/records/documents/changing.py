"""TD3.3a-d: mask, unmask, announce, archive, unarchive, delete.

A change of metadata makes a new version: the logicalId stays, the entryUUID changes, the former version is kept.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.documents.labels import labels_of
from carnet.apps.records.documents.rows import rewrite
from carnet.apps.records.entry.facts import (
    DOCUMENT,
    Entered,
    StoredDocument,
    enter,
    named_by_document,
    opened_resource,
    record_of,
    same_person,
    stored_document,
    unless_visible,
)
from carnet.apps.records.reading.relations import readable, trimmed
from carnet.apps.storage.api import SCOPE, RecordKey, Work, unit
from carnet.dicah import Permit, Refuse, decide
from carnet.dicah.conditions.document import is_author
from carnet.dicah.decision import Light
from carnet.dicah.facts import DocumentFacts, Facts
from carnet.dicah.lifecycle import TransitionError, next_document_status
from carnet.dicah.visibility import check_codes, codes_of
from carnet.formats import codes
from carnet.formats.codes.public import category_of
from carnet.formats.fhir import Json
from carnet.formats.fhir.authors import concept_json
from carnet.formats.fhir.systems import IS_ARCHIVED
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.visibility import Status

_STATUS_ACTS = frozenset({Act.ARCHIVE, Act.UNARCHIVE, Act.DELETE})
_FHIR_STATUS = {Status.DEPRECATED: "superseded", Status.DELETED: "entered-in-error"}


def _announced(facts: DocumentFacts) -> DocumentFacts:
    # The end of one code never lifts another: the announcement to the patient comes first, then that to the parents.
    if facts.hidden_from_patient:
        return replace(facts, hidden_from_patient=False)
    return replace(facts, hidden_from_representatives=False)


def after(facts: DocumentFacts, act: Act) -> DocumentFacts:
    """The document's facts after an act. Raises TransitionError when its state does not allow it."""
    if act in _STATUS_ACTS:
        return replace(facts, status=next_document_status(facts.status, act))
    if act is Act.ANNOUNCE:
        return _announced(facts)
    return replace(facts, masked=act is Act.MASK)


def _levels(resource: Json) -> list[str]:
    return [coding["code"] for concept in resource["securityLabel"] for coding in concept["coding"]]


def _resource_change(facts: DocumentFacts, entry_uuid: UUID, version: int) -> Callable[[Json], Json]:
    def change(resource: Json) -> Json:
        return resource | {
            "identifier": [resource["identifier"][0] | {"value": f"urn:uuid:{entry_uuid}"}],
            "meta": resource["meta"] | {"versionId": str(version)},
            "status": _FHIR_STATUS.get(facts.status, "current"),
            "extension": [{"url": IS_ARCHIVED, "valueBoolean": facts.status is Status.ARCHIVED}],
            "securityLabel": [concept_json(label) for label in labels_of(_levels(resource), codes_of(facts))],
        }

    return change


_CHAIN = f"""WITH RECURSIVE chain (logical_id, replaces) AS (
    SELECT logical_id, replaces FROM records_document WHERE record_id = {SCOPE} AND logical_id = %s
    UNION SELECT d.logical_id, d.replaces FROM records_document d, chain c
    WHERE d.record_id = {SCOPE} AND (d.logical_id = c.replaces OR d.replaces = c.logical_id))
    SELECT logical_id FROM chain"""


def mask_chain(
    work: Work, ask: Ask, key: RecordKey, logical_id: UUID, masked: bool, may: Callable[[DocumentFacts], bool] = lambda _: True
) -> list[UUID]:
    """Mask or unmask every other document of a chain of replacements: a visible predecessor would tell of a masked successor.

    `may` says of each whether the asker may: unmasking reaches no document of somebody else.
    """
    changed = []
    for (other,) in work.rows(_CHAIN, logical_id):
        document = stored_document(work.rows(DOCUMENT + " FOR UPDATE", other)[0])
        differs = document.facts.masked is not masked and document.facts.status is not Status.DELETED
        if differs and may(document.facts):
            write_version(work, ask, key, document, replace(document.facts, masked=masked))
            changed.append(other)
    return changed


def write_version(work: Work, ask: Ask, key: RecordKey, document: StoredDocument, facts: DocumentFacts) -> None:
    """Write a new version of a document's metadata and keep the former one."""
    entry_uuid, version = uuid4(), document.version + 1
    work.run(
        """INSERT INTO records_document_version (record_id, logical_id, version, entry_uuid, ended_at, resource)
        VALUES (%s, %s, %s, %s, %s, %s)""",
        key.record_id, document.logical_id, document.version, document.entry_uuid, ask.at, document.resource,
    )  # fmt: skip
    now = rewrite(key, document, _resource_change(facts, entry_uuid, version), ask.at)
    work.run(
        """UPDATE records_document SET entry_uuid = %s, version = %s, status = %s, masked = %s, hidden_from_patient = %s,
        hidden_from_representatives = %s, updated_at = %s, resource = %s, ebrim = %s
        WHERE record_id = %s AND logical_id = %s""",
        entry_uuid, version, facts.status.value, facts.masked, facts.hidden_from_patient,
        facts.hidden_from_representatives, ask.at, now.resource, now.ebrim, key.record_id, document.logical_id,
    )  # fmt: skip


def _document(entered: Entered) -> StoredDocument:
    if not entered.extra or not entered.extra[0]:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return stored_document(entered.extra[0][0])


def _changed(document: StoredDocument, act: Act) -> DocumentFacts:
    try:
        facts = after(document.facts, act)
    except TransitionError:
        raise Refusal(No.DOCUMENT_UNKNOWN) from None
    denial = check_codes(facts, access.law()) if act is Act.MASK else None
    if denial:
        raise Refusal(denial.code, denial.details)
    return facts


def masked_in_sight(work: Work, record_id: UUID, document: DocumentFacts) -> bool:
    """Whether the holder has such documents masked as they come into sight."""
    class_code = (codes.member("type_codes", document.type_code) or codes.NO_MEMBER).class_code
    return access.masks_on_arrival(work, record_id, category_of(document.type_code, class_code))


def _coming_into_sight(work: Work, entered: Entered, document: StoredDocument, changed: DocumentFacts) -> DocumentFacts:
    """A document that is announced is masked if the holder has such documents masked: both codes could not stand before."""
    shown = document.facts.hidden_from_patient and not changed.hidden_from_patient
    return replace(changed, masked=changed.masked or (shown and masked_in_sight(work, record_of(entered), changed)))


def _grant(work: Work, ask: Ask, entered: Entered, facts: Facts, logical_id: UUID) -> Grant:
    question = named_by_document(work, ask, entered)
    try:
        return access.grant(work, question, facts, entered.record_id, (str(logical_id),))
    except Refusal as refusal:
        raise unless_visible(question, facts, refusal) from None


def _permitted(ask: Ask, facts: Facts, document: DocumentFacts) -> bool:
    return isinstance(decide(ask, replace(facts, document=document)), Permit)


def _notify(work: Work, ask: Ask, record_id: UUID, changed: DocumentFacts) -> None:
    """Tell the holder of a change of status (ours, access law §4), but not of a document that the holder may not see."""
    hidden = changed.hidden_from_patient or changed.hidden_from_representatives or ask.secret
    if ask.act in _STATUS_ACTS and not hidden:
        outbox.notify(work, record_id, ask.act.name.lower(), outbox.HOLDER, ask.at)


def _change(work: Work, ask: Ask, entered: Entered, document: StoredDocument, minor_agreed: bool) -> DocumentFacts:
    """Do the act of the question. Nothing happens twice: an act already done changes nothing. Returns the facts after it."""
    facts: Facts = replace(entered.with_document(document.facts), minor_agreed=minor_agreed)
    granted = _grant(work, ask, entered, facts, document.logical_id)
    changed = _coming_into_sight(work, entered, document, _changed(document, ask.act))
    if changed == document.facts:
        return changed
    if ask.secret and not document.facts.hidden_from_representatives:
        # They would see that it changed, and who changed it.
        raise Refusal(No.SECRET_CONNECTION_KNOWN)
    write_version(work, ask, entered.key, document, changed)
    touched = [document.logical_id]
    if ask.act in (Act.MASK, Act.UNMASK):
        may = partial(_permitted, named_by_document(work, ask, entered), facts)
        touched += mask_chain(work, ask, entered.key, document.logical_id, changed.masked, may)
    # What is announced from now on is no secret: its line stands where the patient reads it.
    access.write_entry(work, granted, tuple(str(one) for one in touched), veil=access.veil_of(changed))
    _notify(work, ask, record_of(entered), changed)
    return changed


def change_document(ask: Ask, logical_id: UUID, minor_agreed: bool = False) -> None:
    """Do the act of the question on a document."""
    with access.asking(ask, (str(logical_id),)) as place, unit() as work:
        entered = enter(work, ask, logical_id, ((DOCUMENT + " FOR UPDATE", (logical_id,)),))
        # What concerns the asker alone comes before the record is known: a line in its journal would tell that the number is one.
        access.before_record(ask)
        place.record_id = entered.record_id
        work.follow(same_person(ask, entered))
        document = _document(entered)
        place.veil = access.veil_of(document.facts)
        _change(work, ask, entered, document, minor_agreed)


@dataclass(frozen=True, slots=True)
class Patched:
    """What a patch did: the act, and the resource after it for whoever may read it."""

    act: Act | None
    resource: bytes | None


def _closed(question: Ask, document: DocumentFacts, facts: Facts) -> tuple[Refusal | None, bool]:
    """The refusal of a reading, None for somebody who may read; and whether the document is the asker's own all the same."""
    verdict = decide(replace(question, act=Act.READ), facts)
    if not isinstance(verdict, Refuse):
        return None, True
    proved = verdict.lights["A"] is Light.GREEN
    theirs = proved and is_author(question, document) and not document.technical
    return Refusal(verdict.code, verdict.details, rule=verdict.rule), theirs


def _act_asked(ask: Ask, entered: Entered, document: StoredDocument, act_of: Callable[[Json], Act | None]) -> Act | None:
    resource: Json = json.loads(opened_resource(entered.key, document.resource, document.logical_id))
    return act_of(resource)


def patch_document(
    ask: Ask, logical_id: UUID, act_of: Callable[[Json], Act | None], minor_agreed: bool = False, named: bool = False
) -> Patched:
    """Do the act that a patch asks for. `act_of` tells it from the resource, or raises. `named`: found by its uniqueId.

    A patch is looked at for somebody who may read the document, or whose own it is: for anybody else the answer is that
    of a reading, whatever the patch, so that no patch questions a resource that is not shown.
    """
    reading = replace(ask, act=Act.READ)
    with access.asking(reading, (str(logical_id),)) as place, unit() as work:
        entered = enter(work, reading, logical_id, ((DOCUMENT + " FOR UPDATE", (logical_id,)),))
        place.record_id = entered.record_id
        if entered.record_id is None or not entered.extra[0]:
            access.before_record(reading)
        document = _document(entered)
        place.veil = access.veil_of(document.facts)
        facts = entered.with_document(document.facts)
        question = named_by_document(work, ask, entered)
        closed, own = _closed(question, document.facts, facts)
        if closed and not own:
            # Found by a name of its author's, it is unknown to whoever may not read it: the name alone tells nothing.
            raise Refusal(No.DOCUMENT_UNKNOWN) if named else closed
        act = _act_asked(ask, entered, document, act_of)
        place.act = act
        if act is not None:
            access.before_record(replace(ask, act=act))
            _change(work, replace(ask, act=act), entered, document, minor_agreed)
        elif closed:
            raise closed
        return Patched(act, None if closed else _resource_now(work, question, entered, facts, logical_id))


def _resource_now(work: Work, question: Ask, entered: Entered, facts: Facts, logical_id: UUID) -> bytes:
    document = stored_document(work.rows(DOCUMENT, logical_id)[0])
    seen = work.follow(readable(question, facts, document.parents))
    return trimmed(opened_resource(entered.key, document.resource, logical_id), document.parents, seen)


_NAMED = "SELECT record_id, logical_id FROM records_locate_named(%s)"
_NAMED_IN = f"""SELECT logical_id FROM records_document WHERE record_id = {SCOPE}
    AND (unique_id = ANY(%s) OR entry_uuid::text = ANY(%s) OR logical_id::text = ANY(%s))
    UNION SELECT logical_id FROM records_document_version WHERE record_id = {SCOPE}
    AND entry_uuid::text = ANY(%s)"""
"""A former entryUUID still names its document: a software that archived may unarchive without a new search."""


def _named_in(work: Work, ins: Ins, names: Sequence[str], unique_only: bool) -> set[UUID]:
    record_id = identity.find(ins, work)
    if record_id is None:
        return set()
    work.enter(record_id)
    plain = [] if unique_only else [name.removeprefix("urn:uuid:") for name in names]
    return {row[0] for row in work.rows(_NAMED_IN, list(names), plain, plain, plain)}


def named_document(ask: Ask, names: Sequence[str], record_id: UUID | None = None, unique_only: bool = False) -> UUID:
    """The document of a uniqueId, or also of an entryUUID; it opens nothing.

    A question that names a person looks in that person's record alone.

    Raises Refusal: what concerns the asker's proof first, then `document-unknown` when there is none, or several in
    different records and no record was named.
    """
    reading = replace(ask, act=Act.READ)
    with access.asking(reading):
        access.proved(reading)
        with unit() as work:
            if ask.ins is not None:
                found = _named_in(work, ask.ins, names, unique_only)
            else:
                found = {logical for name in names for record, logical in work.rows(_NAMED, name) if record_id in (None, record)}
        if len(found) != 1:
            raise Refusal(No.DOCUMENT_UNKNOWN)
    logical_id: UUID = found.pop()
    return logical_id
