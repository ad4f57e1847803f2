"""Rows and ready-to-send resources of documents and submission sets."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.conf import settings

from carnet.apps.records.documents.checking import Checked, depositor_of
from carnet.apps.records.documents.labels import labels_of
from carnet.apps.records.entry.facts import StoredDocument, opened_resource, sealed_resource
from carnet.apps.storage.api import RecordKey, Work, kept
from carnet.formats.fhir import Json, is_plain, read_stored, write_document_reference, write_submission_set
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import DocumentEntry, Parent, SubmissionSet
from carnet.formats.xds.ready import ready_text
from carnet.formats.xds.registry import UNTOLD
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import (
    HIDDEN_FROM_PATIENT,
    HIDDEN_FROM_REPRESENTATIVES,
    MASKED,
)
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import local_id
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name

log = logging.getLogger("carnet.records")
PATIENT_SIDE = frozenset({ActorKind.HOLDER, ActorKind.REPRESENTATIVE, ActorKind.CARER})
"""A document is the patient's by who deposits it, never by what its metadata say."""
_INSERT = """INSERT INTO records_document (record_id, logical_id, entry_uuid, version, unique_id, submission_id, status,
  type_code, class_code, format_code, facility, practice, mime, size, address, created_at, authored_at, service_start,
  service_stop, author_ids, author_structures, author_families, author_givens, event_codes, related, replaces, depositor,
  depositor_structure, masked, hidden_from_patient, hidden_from_representatives, technical, by_patient, deposited_at,
  updated_at, waiting_told_at, parents, resource, ebrim)
  VALUES (%s, %s, %s, 1, %s, %s, 'Approved', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
  %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""


def dump(resource: Json) -> bytes:
    """A resource as the bytes that are stored and sent."""
    return orjson.dumps(resource)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A document's metadata as they are stored: the FHIR resource, and the same as ebRIM, ready for the DMP door.

    Without ebRIM the door writes it from the resource: that of a document from before, or one that cannot be told.
    """

    resource: bytes
    ebrim: bytes | None


def sealed(key: RecordKey, resource: Json, technical: bool = False, entry: DocumentEntry | None = None) -> Sealed:
    """A resource under the key of its record, both ways. The signature object of a lot is in no answer: it needs no ebRIM.

    `entry`: what the resource was just written from; where FHIR puts nothing of it otherwise, it need not be read back.
    """
    number, written, ebrim = resource["id"], dump(resource), None
    try:
        # What a process of the release before could not read is written when it is asked for.
        if not technical and settings.CARNET.packed_metadata:
            told = entry if entry is not None and is_plain(entry, written) else read_stored(resource)
            ebrim = key.seal(ready_text(told), f"ebrim/{number}")
    except UNTOLD as error:
        log.error("document-untold document=%s type=%s", number, type(error).__name__)
    return Sealed(sealed_resource(key, written, number), ebrim)


@dataclass(frozen=True, slots=True)
class Relations:
    """What a new document is tied to in its record: the document that it replaces, and others (appends, transforms, signs).

    A relation to a document that is not in the record is not kept: whoever reads would else learn by its absence that
    another one is there.
    """

    replaced: StoredDocument | None = None
    others: tuple[tuple[str, UUID], ...] = ()

    def parents(self) -> tuple[Parent, ...]:
        """The relations as metadata."""
        first = (("replaces", self.replaced.logical_id),) if self.replaced else ()
        return tuple(Parent(kind, f"DocumentReference/{target}") for kind, target in (*first, *self.others))

    def targets(self) -> list[UUID]:
        """The documents that the relations name."""
        return [*([self.replaced.logical_id] if self.replaced else []), *(target for _, target in self.others)]


def _stored_entry(checked: Checked, logical_id: UUID, labels: frozenset[str], parents: tuple[Parent, ...]) -> DocumentEntry:
    return replace(
        checked.entry,
        logical_id=str(logical_id),
        entry_uuid=str(logical_id),
        status="Approved",
        version=1,
        parents=parents,
        confidentiality=labels_of((c.code for c in checked.entry.confidentiality), labels),
    )


def insert_document(
    work: Work, ask: Ask, key: RecordKey, checked: Checked, logical_id: UUID, submission_id: UUID, address: str,
    labels: frozenset[str], relations: Relations,
) -> None:  # fmt: skip
    """Write the metadata of a new document, and the way from its id to the record.

    A replacement inherits the clock of the original: an announcement cannot be put off by replacing (access law §3).
    """
    replaced = relations.replaced
    replaces = replaced.logical_id if replaced else None
    clock = replaced.deposited_at if replaced else ask.at
    entry = _stored_entry(checked, logical_id, labels, relations.parents())
    stored = sealed(key, write_document_reference(entry, str(key.record_id), to_fhir(ask.at)), checked.technical, entry)
    authors, situation = entry.authors, ask.actor.situation
    work.run(
        _INSERT,
        key.record_id, logical_id, UUID(entry.entry_uuid), entry.unique_id, submission_id,
        entry.type.code, entry.class_.code, entry.format.code, entry.facility.code, entry.practice.code,
        entry.mime, entry.size, address, entry.creation_time, entry.date, entry.service_start, entry.service_stop,
        [a.professional or local_id(a.authority, a.id) for a in authors if a.id and not a.device],
        [a.structure or local_id(a.structure_authority, a.structure_id) for a in authors if a.structure_id],
        [normalise_name(a.family) for a in authors if a.family], [normalise_name(a.given) for a in authors if a.given],
        [e.code for e in entry.events], [r.value for r in entry.references if r.value], replaces,
        ask.actor.id, situation.structure, MASKED in labels, HIDDEN_FROM_PATIENT in labels,
        HIDDEN_FROM_REPRESENTATIVES in labels, checked.technical,
        ask.actor.kind in PATIENT_SIDE and ask.act is not Act.FILE_MESSAGE,
        clock, ask.at, replaced.waiting_told_at if replaced else None, relations.targets(),
        stored.resource, stored.ebrim,
    )  # fmt: skip
    locate(work, key.record_id, logical_id)
    if replaced:
        # A replacement stands in the folders of what it replaces.
        work.run(
            """INSERT INTO records_folder_item (record_id, folder_id, logical_id, added_at)
            SELECT record_id, folder_id, %s, %s FROM records_folder_item WHERE record_id = %s AND logical_id = %s""",
            logical_id, ask.at, key.record_id, replaced.logical_id,
        )  # fmt: skip


_UUID_USED = """SELECT 1 FROM records_document WHERE record_id = %s AND (entry_uuid = %s OR logical_id = %s)
    UNION ALL SELECT 1 FROM records_document_version WHERE record_id = %s AND entry_uuid = %s
    UNION ALL SELECT 1 FROM records_locate(%s) LIMIT 1"""


def check_unused(work: Work, record_id: UUID, entry_uuid: str) -> None:
    """A sender's own UUID was never used, by whatever there is, was or was deleted. Raises `entry-uuid-used`.

    Since one that a deleted document had is refused too, the refusal does not tell whether something is there.
    """
    if entry_uuid and work.row(_UUID_USED, record_id, entry_uuid, entry_uuid, record_id, entry_uuid, entry_uuid):
        raise Refusal(No.ENTRY_UUID_USED)


def locate(work: Work, record_id: UUID, logical_id: UUID) -> None:
    """Keep the way from a FHIR id to its record."""
    work.run("INSERT INTO records_directory (logical_id, record_id) VALUES (%s, %s)", logical_id, record_id)


def insert_submission(
    work: Work, ask: Ask, key: RecordKey, submission: SubmissionSet, submission_id: UUID, bare: bool = False
) -> None:  # fmt: skip
    """Write the SubmissionSet. Without a uniqueId of its own it gets one, without a submitter it is the depositor's.

    `bare`: it brought no document and made a folder without one, so it shows without one.
    """
    check_unused(work, key.record_id, submission.entry_uuid)
    stored = replace(
        submission,
        unique_id=submission.unique_id or f"urn:uuid:{submission_id}",
        submitted_at=submission.submitted_at or ask.at,
        author=submission.author or depositor_of(work, ask.actor),
    )
    resource = dump(write_submission_set(stored, str(submission_id), str(key.record_id)))
    work.run(
        """INSERT INTO records_submission_set (record_id, submission_id, unique_id, source_id, submitted_at, depositor,
        bare, resource) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        key.record_id, submission_id, stored.unique_id[:128], stored.source_id[:128], stored.submitted_at, ask.actor.id,
        bare, key.seal(kept(resource, bytes), f"submission/{submission_id}"),
    )  # fmt: skip
    locate(work, key.record_id, submission_id)


def rewrite(key: RecordKey, document: StoredDocument, change: Callable[[Json], Json], at: datetime) -> Sealed:
    """The metadata of a document after a change, `lastUpdated` moved."""
    resource = json.loads(opened_resource(key, document.resource, document.logical_id))
    changed = change(resource)
    changed["meta"] = changed["meta"] | {"lastUpdated": to_fhir(at)}
    return sealed(key, changed)
