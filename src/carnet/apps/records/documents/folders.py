"""Folders (ITI TF-3 §4.2.3.4): who may make or complete one, and what stands in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from carnet.apps.records.documents.rows import check_unused, dump, locate
from carnet.apps.records.entry.facts import DOCUMENT_COLUMNS, Entered, StoredDocument, stored_document
from carnet.apps.storage.api import RecordKey, Work, kept
from carnet.dicah import Permit, decide
from carnet.formats.fhir import write_folder
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import Folder
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

_BY_IDENTIFIER = (
    "SELECT " + DOCUMENT_COLUMNS + """ FROM records_document WHERE record_id = %s
    AND (unique_id = %s OR entry_uuid::text = %s OR logical_id::text = %s)"""
)  # fmt: skip
_IN_FOLDER = f"""SELECT {DOCUMENT_COLUMNS} FROM records_document WHERE record_id = %s AND logical_id IN (
    SELECT i.logical_id FROM records_folder_item i WHERE i.record_id = %s AND i.folder_id = %s)"""


def find_document(work: Work, record_id: UUID | None, target: str) -> StoredDocument | None:
    """The document of a record that has this uniqueId, entryUUID or logicalId."""
    bare = target.removeprefix("DocumentReference/").removeprefix("urn:uuid:")
    row = work.row(_BY_IDENTIFIER, record_id, target, bare, bare)
    return stored_document(row) if row else None


@dataclass(frozen=True, slots=True)
class _Known:
    """A folder that is there already, who made it, and whether it shows without a document."""

    folder_id: UUID
    depositor: str
    bare: bool


def _find(work: Work, record_id: UUID | None, folder: Folder) -> _Known | None:
    """The folder of a record that has this uniqueId, or this entryUUID where no uniqueId is given."""
    column, value = ("unique_id", folder.unique_id) if folder.unique_id else ("folder_id", folder.entry_uuid)
    row = work.row(
        f"SELECT folder_id, depositor, bare FROM records_folder WHERE record_id = %s AND {column} = %s FOR UPDATE", record_id, value
    )
    return _Known(*row) if row else None


def _insert(work: Work, ask: Ask, key: RecordKey, folder: Folder, documents: list[UUID], submission_id: UUID) -> bool:
    """Make a folder, or add documents to the one that has its identifier already. A document stands in it once.

    One made without a document shows without one. Returns whether anything changed.
    """
    found = _find(work, key.record_id, folder)
    if found is None:
        check_unused(work, key.record_id, folder.entry_uuid)
    folder_id = found.folder_id if found else UUID(folder.entry_uuid or str(uuid4()))
    if found is None:
        resource = dump(write_folder(folder, str(folder_id), str(key.record_id), to_fhir(ask.at)))
        work.run(
            """INSERT INTO records_folder (record_id, folder_id, unique_id, made_at, depositor, submission_id, bare, resource)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            key.record_id, folder_id, folder.unique_id[:128], ask.at, ask.actor.id, submission_id, not documents,
            key.seal(kept(resource, bytes), f"folder/{folder_id}"),
        )  # fmt: skip
        locate(work, key.record_id, folder_id)
    added = [
        work.row(
            """INSERT INTO records_folder_item (record_id, folder_id, logical_id, added_at, submission_id)
            VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING logical_id""",
            key.record_id, folder_id, logical_id, ask.at, submission_id,
        )
        for logical_id in documents
    ]  # fmt: skip
    return found is None or any(added)


def _may_complete(work: Work, ask: Ask, entered: Entered, folder: Folder) -> None:
    """A folder is completed by who made it, or who sees it: to anybody else its title would begin to show.

    Raises `document-duplicate` for an identifier that is used, as for a document; `document-unknown` for a folder named by its
    entryUUID, which is not there for the asker.
    """
    record_id = entered.record_id
    found = _find(work, record_id, folder)
    if found is None and folder.unique_id:
        return
    if found and (found.bare or found.depositor == ask.actor.id):
        return
    inside = (stored_document(one) for one in work.rows(_IN_FOLDER, record_id, record_id, found.folder_id)) if found else ()
    if not any(isinstance(decide(replace(ask, act=Act.READ), entered.with_document(d.facts)), Permit) for d in inside):
        raise Refusal(No.DOCUMENT_DUPLICATE if folder.unique_id else No.DOCUMENT_UNKNOWN)


def _members(work: Work, ask: Ask, entered: Entered, folder: Folder, accepted: Sequence[UUID]) -> list[UUID]:
    """The documents of a folder: those of this deposit, and others that the depositor may read. Raises `document-unknown`."""
    members = []
    for member in folder.members:
        if member.startswith("#"):
            members.append(accepted[int(member[1:])])
            continue
        found = find_document(work, entered.record_id, member)
        may = found and isinstance(decide(replace(ask, act=Act.READ), entered.with_document(found.facts)), Permit)
        if not found or not may:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        members.append(found.logical_id)
    return members


def keep_folder(
    work: Work, ask: Ask, entered: Entered, folder: Folder, accepted: Sequence[UUID], submission_id: UUID
) -> bool:  # fmt: skip
    """Make or complete a folder. Returns whether anything changed."""
    _may_complete(work, ask, entered, folder)
    return _insert(work, ask, entered.key, folder, _members(work, ask, entered, folder, accepted), submission_id)
