"""Rows and ready-to-send resources of documents and submission sets."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.records.checking import Checked
from carnet.apps.records.entering import StoredDocument
from carnet.apps.storage.api import RecordKey, Work
from carnet.formats import codes
from carnet.formats.fhir import Json, write_document_reference, write_submission_set
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import Coding, DocumentEntry, Parent, SubmissionSet
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Ask
from carnet.kernel.codes import CONFIDENTIALITY_SYSTEM, HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED, VISIBILITY_SYSTEM
from carnet.kernel.traits import normalise_name

PATIENT_SIDE = frozenset({ActorKind.HOLDER, ActorKind.REPRESENTATIVE, ActorKind.CARER})
"""A document is the patient's by who deposits it, never by what its metadata say."""
_INSERT = """INSERT INTO records_document (record_id, logical_id, entry_uuid, version, unique_id, submission_id, status,
  type_code, class_code, format_code, facility, practice, mime, size, address, created_at, authored_at, service_start,
  service_stop, author_ids, author_structures, author_families, author_givens, event_codes, related, replaces, depositor,
  depositor_structure, masked, hidden_from_patient, hidden_from_representatives, technical, by_patient, deposited_at,
  updated_at, resource) VALUES (%s, %s, %s, 1, %s, %s, 'Approved', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
  %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""


def labels_of(present: frozenset[str]) -> tuple[Coding, ...]:
    """Visibility codes as security labels: `N` first, always."""
    named = (Coding(c, VISIBILITY_SYSTEM, codes.label("confidentiality_codes", c)) for c in sorted(present))
    return Coding("N", CONFIDENTIALITY_SYSTEM, "Normal"), *named


def dump(resource: Json) -> bytes:
    """A resource as the bytes that are stored and sent."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def _stored_entry(checked: Checked, logical_id: UUID, labels: frozenset[str], replaces: UUID | None) -> DocumentEntry:
    parents = tuple(p for p in checked.entry.parents if p.kind != "replaces")
    if replaces:
        parents = (Parent("replaces", f"DocumentReference/{replaces}"), *parents)
    return replace(
        checked.entry,
        logical_id=str(logical_id),
        entry_uuid=str(uuid4()),
        parents=parents,
        confidentiality=labels_of(labels),
    )


def insert_document(
    work: Work, ask: Ask, key: RecordKey, checked: Checked, logical_id: UUID, submission_id: UUID, address: str,
    labels: frozenset[str], replaced: StoredDocument | None,
) -> None:  # fmt: skip
    """Write the metadata of a new document, and the way from its id to the record.

    A replacement inherits the clock of the original: an announcement cannot be put off by replacing (access law §3).
    """
    replaces = replaced.logical_id if replaced else None
    clock = replaced.deposited_at if replaced else ask.at
    entry = _stored_entry(checked, logical_id, labels, replaces)
    resource = dump(write_document_reference(entry, str(key.record_id), to_fhir(ask.at)))
    authors, situation = entry.authors, ask.actor.situation
    work.run(
        _INSERT,
        key.record_id, logical_id, UUID(entry.entry_uuid), entry.unique_id, submission_id,
        entry.type.code, entry.class_.code, entry.format.code, entry.facility.code, entry.practice.code,
        entry.mime, entry.size, address, entry.creation_time, entry.date, entry.service_start, entry.service_stop,
        [a.id for a in authors if a.id and not a.device], [a.structure_id for a in authors if a.structure_id],
        [normalise_name(a.family) for a in authors if a.family], [normalise_name(a.given) for a in authors if a.given],
        [e.code for e in entry.events], [value for _, value in entry.references], replaces,
        ask.actor.id, situation.structure, MASKED in labels, HIDDEN_FROM_PATIENT in labels,
        HIDDEN_FROM_REPRESENTATIVES in labels, checked.technical, ask.actor.kind in PATIENT_SIDE,
        clock, ask.at, key.seal(resource, f"resource/{logical_id}"),
    )  # fmt: skip
    work.run("INSERT INTO records_directory (logical_id, record_id) VALUES (%s, %s)", logical_id, key.record_id)


def insert_submission(
    work: Work, ask: Ask, key: RecordKey, submission: SubmissionSet, submission_id: UUID, documents: list[str]
) -> None:
    """Write the SubmissionSet. Without a uniqueId of its own it gets one."""
    stored = replace(
        submission,
        unique_id=submission.unique_id or f"urn:uuid:{submission_id}",
        submitted_at=submission.submitted_at or ask.at,
    )
    resource = dump(write_submission_set(stored, str(submission_id), str(key.record_id), documents))
    work.run(
        """INSERT INTO records_submission_set (record_id, submission_id, unique_id, source_id, submitted_at, depositor,
        resource) VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        key.record_id, submission_id, stored.unique_id[:128], stored.source_id[:128], stored.submitted_at, ask.actor.id,
        key.seal(resource, f"submission/{submission_id}"),
    )  # fmt: skip


def rewrite(key: RecordKey, document: StoredDocument, change: Callable[[Json], Json], at: datetime) -> bytes:
    """The sealed resource of a document after a change, its `lastUpdated` moved."""
    resource = json.loads(key.unseal(document.resource, f"resource/{document.logical_id}"))
    changed = change(resource)
    changed["meta"] = changed["meta"] | {"lastUpdated": to_fhir(at)}
    return key.seal(dump(changed), f"resource/{document.logical_id}")
