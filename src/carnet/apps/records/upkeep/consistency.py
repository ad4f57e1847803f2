"""Checking a record: key, identity, metadata against their columns, bytes against their metadata, value sets, relations.

It reads everything and changes nothing. It runs for whoever keeps the installation, with the database's owner and the
root key; what it says names identifiers and kinds of faults, never a content.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag

from carnet.apps.identity import api as identity
from carnet.apps.records.documents.checking import TECHNICAL_TYPES
from carnet.apps.records.entry.facts import DOCUMENT_COLUMNS, StoredDocument, opened_resource, stored_document
from carnet.apps.records.hooks import named_bytes
from carnet.apps.storage.api import (
    BlobMissingError,
    KeyDestroyedError,
    RecordKey,
    Work,
    get,
    key_of,
    key_remains,
    stored_addresses,
    unit,
)
from carnet.dicah.facts import RecordState
from carnet.dicah.visibility import codes_of
from carnet.formats import codes
from carnet.formats.fhir import Json, read_stored
from carnet.formats.xds.registry import UNTOLD
from carnet.formats.xds.rim_write import write_entry
from carnet.kernel.codes import VISIBILITY_CODES
from carnet.kernel.visibility import Status

_DOCUMENTS = f"SELECT {DOCUMENT_COLUMNS}, unique_id, class_code, submission_id, replaces FROM records_document WHERE record_id = %s"
_STATUS = {Status.DEPRECATED: "superseded", Status.DELETED: "entered-in-error"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold: of which record, what sort, and where."""

    record_id: UUID
    kind: str
    where: str


@dataclass(frozen=True, slots=True)
class Health:
    """What was looked at in a record."""

    documents: int
    orphans: int
    faults: list[Fault]


def all_records() -> list[UUID]:
    """Every record, for the owner of the database alone (others read nothing without a scope)."""
    with unit() as work:
        return [row[0] for row in work.rows("SELECT record_id FROM records_record ORDER BY record_id")]


def _labels(resource: Json) -> set[str]:
    """Its visibility; a level of confidentiality is the author's word, and no column."""
    return {c["code"] for label in resource.get("securityLabel", []) for c in label["coding"]} & VISIBILITY_CODES


def _metadata(document: StoredDocument, row: tuple[object, ...], resource: Json) -> Iterator[str]:
    """Names of what the columns say otherwise than the resource."""
    unique_id, class_code = row[20], row[21]
    archived = resource["extension"][0].get("valueBoolean")
    pairs = {
        "id": (resource["id"], str(document.logical_id)),
        "version": (resource["meta"]["versionId"], str(document.version)),
        "entry": (resource["identifier"][0]["value"], f"urn:uuid:{document.entry_uuid}"),
        "status": (resource["status"], _STATUS.get(document.facts.status, "current")),
        "archived": (archived, document.facts.status is Status.ARCHIVED),
        "type": (resource["type"]["coding"][0]["code"], document.facts.type_code),
        "class": (resource["category"][0]["coding"][0]["code"], class_code),
        "labels": (_labels(resource), set(codes_of(document.facts))),
    }
    yield from (name for name, (said, held) in pairs.items() if said != held)
    master = resource["masterIdentifier"]
    root = str(master.get("system", "")).removeprefix("urn:oid:")
    plain = str(master["value"]).removeprefix("urn:oid:")
    if unique_id not in (plain, f"{root}^{plain}"):
        yield "uniqueId"


def _bytes(key: RecordKey, document: StoredDocument, resource: Json) -> Iterator[str]:
    attachment = resource["content"][0]["attachment"]
    try:
        content = get(key, document.address)
    except BlobMissingError:
        yield "bytes-missing"
        return
    except InvalidTag:
        yield "bytes-changed"
        return
    sha1 = hashlib.sha1(content, usedforsecurity=False).digest()
    if key.address(content) != document.address or base64.b64decode(attachment["hash"]) != sha1:
        yield "bytes-changed"
    if attachment["size"] != len(content):
        yield "bytes-size"


def _codes(document: StoredDocument, class_code: str) -> Iterator[str]:
    type_code = document.facts.type_code
    if type_code not in TECHNICAL_TYPES and codes.member("type_codes", type_code) is None:
        yield "value-set:type"
    if codes.member("class_codes", class_code) is None:
        yield "value-set:class"


def _document(key: RecordKey, row: tuple[object, ...]) -> Iterator[str]:
    document = stored_document(row)
    try:
        resource: Json = json.loads(opened_resource(key, document.resource, document.logical_id))
    except InvalidTag:
        yield "metadata-unreadable"
        return
    yield from (f"metadata:{name}" for name in _metadata(document, row, resource))
    try:
        write_entry(read_stored(resource))
    except UNTOLD:
        yield "metadata-untold"
    yield from _bytes(key, document, resource)
    yield from _codes(document, str(row[21]))


_TIES = {
    "submission-missing": """SELECT logical_id FROM records_document d WHERE record_id = %s AND NOT EXISTS (SELECT FROM
        records_submission_set s WHERE s.record_id = d.record_id AND s.submission_id = d.submission_id)""",
    "way-missing": """SELECT logical_id FROM records_document d WHERE record_id = %s AND NOT EXISTS (SELECT FROM
        records_directory w WHERE w.logical_id = d.logical_id AND w.record_id = d.record_id)""",
    "parent-missing": """SELECT d.logical_id FROM records_document d, unnest(d.parents) AS p WHERE record_id = %s
        AND NOT EXISTS (SELECT FROM records_document o WHERE o.record_id = d.record_id AND o.logical_id = p)""",
    "replaced-still-current": """SELECT o.logical_id FROM records_document d JOIN records_document o
        ON o.record_id = d.record_id AND o.logical_id = d.replaces WHERE d.record_id = %s AND o.status = 'Approved'""",
    "folder-item-missing": """SELECT i.logical_id FROM records_folder_item i WHERE record_id = %s AND NOT EXISTS
        (SELECT FROM records_document d WHERE d.record_id = i.record_id AND d.logical_id = i.logical_id)""",
    "versions-broken": """SELECT logical_id FROM records_document d WHERE record_id = %s AND version - 1 <> (SELECT
        count(*) FROM records_document_version v WHERE v.record_id = d.record_id AND v.logical_id = d.logical_id
        AND v.version < d.version)""",
}


def _erased(work: Work, record_id: UUID) -> Iterator[tuple[str, str]]:
    """A destroyed record has neither key, nor row, nor byte."""
    for table in ("records_document", "records_submission_set", "records_directory"):
        if work.rows(f"SELECT 1 FROM {table} WHERE record_id = %s LIMIT 1", record_id):
            yield "not-erased", table
    yield from (("not-erased", table) for table in identity.remains(work, record_id))
    if key_remains(work, record_id):
        yield "not-erased", "key"
    if stored_addresses(record_id):
        yield "not-erased", "bytes"


def _living(work: Work, record_id: UUID) -> Iterator[tuple[str, str]]:
    try:
        key = key_of(work, record_id)
    except (KeyDestroyedError, InvalidTag):
        yield "key-missing", "record"
        return
    yield from ((kind, "identity") for kind in identity.check(work, key))
    for row in work.rows(_DOCUMENTS, record_id):
        yield from ((kind, str(row[0])) for kind in _document(key, row))
    for kind, sql in _TIES.items():
        yield from ((kind, str(number)) for (number,) in work.rows(sql, record_id))


def check_record(record_id: UUID) -> Health:
    """Look at everything of a record. Bytes that no document names are orphans of a crash: counted, not faults."""
    with unit(record_id) as work:
        state = work.rows("SELECT state FROM records_record WHERE record_id = %s", record_id)[0][0]
        found = _erased(work, record_id) if state == RecordState.DESTROYED else _living(work, record_id)
        faults = [Fault(record_id, kind, where) for kind, where in found]
        other = named_bytes(work, record_id)
        known = {row[0] for row in work.rows("SELECT address FROM records_document WHERE record_id = %s", record_id)} | other
        faults += [Fault(record_id, "bytes-missing", address) for address in sorted(other - stored_addresses(record_id))]
        count = work.rows("SELECT count(*) FROM records_document WHERE record_id = %s", record_id)[0][0]
    return Health(int(count), len(stored_addresses(record_id) - known), faults)
