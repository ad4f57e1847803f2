"""DocumentReference ↔ DocumentEntry (MHD 4.2 §2:3.65, PDSm 3.1, PDSm4DMP).

MHD maps creationTime to attachment.creation, the draft PDSm4DMP to DocumentReference.date: both are stored.
"""

import base64
import binascii
from collections.abc import Iterator
from typing import Any

from carnet.formats.fhir.reading import (
    FhirError,
    Json,
    concept,
    concepts,
    extension,
    identifier_uri,
    items,
    moment,
    obj,
    text,
)
from carnet.formats.fhir.references import Resolver, author_of, patient_of
from carnet.formats.fhir.systems import COMPREHENSIVE, IS_ARCHIVED, RFC3986, uri_of
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import Author, Coding, DocumentEntry, Parent
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM

_KINDS = frozenset({"replaces", "appends", "transforms", "signs"})
_STATUS = {"Approved": "current", "Archived": "current", "Deprecated": "superseded", "Deleted": "entered-in-error"}
BASE = "@@base@@"
"""Stands for the address of the door in a stored resource; replaced when the bytes leave."""


def _sha1(attachment: Json, path: str) -> str:
    value = text(attachment, "hash", path)
    try:
        return base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError):
        raise FhirError(f"{path}.hash", "is not base64") from None


def _size(attachment: Json, path: str) -> int | None:
    value = attachment.get("size")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise FhirError(f"{path}.size", "must be a number of bytes")
    return value


def _authors(resource: Json, resolver: Resolver, path: str) -> Iterator[Author]:
    references = items(resource, "author", path)
    for i, reference in enumerate(references):
        found = author_of(reference, resolver, f"{path}.author[{i}]")
        if found is not None:
            yield found


def _parents(resource: Json, path: str) -> Iterator[Parent]:
    for i, relation in enumerate(items(resource, "relatesTo", path)):
        where = f"{path}.relatesTo[{i}]"
        kind = text(relation, "code", where)
        target = obj(relation, "target", where)
        identifier = obj(target, "identifier", where)
        found = identifier_uri(identifier, where) if identifier else text(target, "reference", where)
        if kind not in _KINDS or not found:
            raise FhirError(where, "needs a known code and a target")
        yield Parent(kind, found)


def _references(context: Json, path: str) -> Iterator[tuple[str, str]]:
    for i, related in enumerate(items(context, "related", path)):
        identifier = obj(related, "identifier", f"{path}.related[{i}]")
        if identifier:
            yield text(identifier, "system", path), text(identifier, "value", path)


def _content(resource: Json, path: str) -> Json:
    contents = items(resource, "content", path)
    if len(contents) != 1:
        raise FhirError(f"{path}.content", "must stand exactly once")
    return contents[0]


def _status(resource: Json, path: str) -> str:
    status = text(resource, "status", path)
    if status not in ("current", "superseded"):
        raise FhirError(f"{path}.status", "must be current or superseded")
    return status


def _entry_uuid(resource: Json, path: str) -> str:
    for identifier in items(resource, "identifier", path):
        value = text(identifier, "value", path)
        if value.startswith("urn:uuid:"):
            return value
    return ""


def read_document_reference(resource: Json, entries: dict[str, Json], path: str) -> DocumentEntry:
    """Read a DocumentReference as it is deposited. Raises FhirError with the path of what is wrong."""
    resolver = Resolver(entries, items(resource, "contained", path))
    _status(resource, path)
    content, context = _content(resource, path), obj(resource, "context", path)
    attachment, where = obj(content, "attachment", f"{path}.content[0]"), f"{path}.content[0].attachment"
    period = obj(context, "period", f"{path}.context")
    authors = tuple(_authors(resource, resolver, path))
    lone = resolver.lone_practitioner()
    if not authors and lone:
        authors = tuple(filter(None, [author_of({"reference": f"#{lone.get('id')}"}, resolver, path)]))
    format_ = obj(content, "format", f"{path}.content[0]")
    master = obj(resource, "masterIdentifier", path)
    return DocumentEntry(
        unique_id=identifier_uri(master, f"{path}.masterIdentifier") if master else "",
        entry_uuid=_entry_uuid(resource, path),
        type=concept(resource, "type", path),
        class_=next(concepts(resource, "category", path), Coding()),
        format=concept({"f": {"coding": [format_]}}, "f", path) if format_ else Coding(),
        facility=concept(context, "facilityType", f"{path}.context"),
        practice=concept(context, "practiceSetting", f"{path}.context"),
        events=tuple(concepts(context, "event", f"{path}.context")),
        confidentiality=tuple(concepts(resource, "securityLabel", path)),
        language=text(attachment, "language", where),
        mime=text(attachment, "contentType", where).partition(";")[0].strip().lower(),
        size=_size(attachment, where),
        sha1=_sha1(attachment, where),
        title=text(attachment, "title", where),
        comments=text(resource, "description", path),
        creation_time=moment(attachment, "creation", where),
        date=moment(resource, "date", path),
        service_start=moment(period, "start", f"{path}.context.period"),
        service_stop=moment(period, "end", f"{path}.context.period"),
        authors=authors,
        authenticator=author_of(obj(resource, "authenticator", path), resolver, f"{path}.authenticator"),
        custodian=author_of(obj(resource, "custodian", path), resolver, f"{path}.custodian"),
        patient=patient_of(obj(resource, "subject", path), resolver, f"{path}.subject"),
        references=tuple(_references(context, f"{path}.context")),
        parents=tuple(_parents(resource, path)),
        archived=extension(resource, IS_ARCHIVED, path).get("valueBoolean") is True,
    )


def coding_json(coding: Coding) -> Json:
    """A Coding as FHIR writes it."""
    parts = {"system": uri_of(coding.system), "code": coding.code, "display": coding.display}
    return {name: value for name, value in parts.items() if value}


def concept_json(coding: Coding) -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [coding_json(coding)]}


def _identifier_json(unique_id: str) -> Json:
    root, caret, ext = unique_id.partition("^")
    if caret:
        return {"system": f"urn:oid:{root}", "value": ext}
    return {"system": RFC3986, "value": unique_id if unique_id.startswith("urn:") else f"urn:oid:{unique_id}"}


def contained_author(author: Author, name: str) -> list[Json]:
    """An author as contained resources: a role that ties a practitioner to an organization, or a device."""
    if author.device:
        device: Json = {
            "resourceType": "Device",
            "id": name,
            "deviceName": [{"name": author.family or author.id, "type": "other"}],
        }
        return [device | ({"identifier": [{"value": author.id}]} if author.id else {})]
    organization: Json = {"resourceType": "Organization", "id": f"{name}-org"}
    if author.structure_id:
        organization["identifier"] = [{"system": f"urn:oid:{STRUCTURE_ID_SYSTEM}", "value": author.structure_id}]
    if author.structure_name:
        organization["name"] = author.structure_name
    if not author.id and not author.family:
        return [organization | {"id": name}]
    person: Json = {"resourceType": "Practitioner", "id": f"{name}-ps"}
    if author.id:
        person["identifier"] = [{"system": f"urn:oid:{PS_ID_SYSTEM}", "value": author.id}]
    if author.family:
        person["name"] = [{"family": author.family} | ({"given": author.given.split()} if author.given else {})]
    role: Json = {"resourceType": "PractitionerRole", "id": name, "practitioner": {"reference": f"#{name}-ps"}}
    if author.specialty:
        role["specialty"] = [concept_json(author.specialty)]
    if author.structure_id or author.structure_name:
        role["organization"] = {"reference": f"#{name}-org"}
        return [role, person, organization]
    return [role, person]


def _attachment(entry: DocumentEntry) -> Json:
    parts: Json = {
        "contentType": entry.mime,
        "language": entry.language,
        "url": f"{BASE}/fhir/Binary/{entry.logical_id}",
        "size": entry.size,
        "hash": base64.b64encode(bytes.fromhex(entry.sha1)).decode(),
        "title": entry.title,
        "creation": to_fhir(entry.creation_time) if entry.creation_time else None,
    }
    return {name: value for name, value in parts.items() if value not in ("", None)}


def _context(entry: DocumentEntry) -> Json:
    period = {
        "start": to_fhir(entry.service_start) if entry.service_start else "",
        "end": to_fhir(entry.service_stop) if entry.service_stop else "",
    }
    context: Json = {
        "event": [concept_json(e) for e in entry.events],
        "period": {name: value for name, value in period.items() if value},
        "facilityType": concept_json(entry.facility) if entry.facility else None,
        "practiceSetting": concept_json(entry.practice) if entry.practice else None,
        "related": [{"identifier": {"system": system, "value": value}} for system, value in entry.references],
    }
    return {name: value for name, value in context.items() if value}


def _people(entry: DocumentEntry) -> tuple[list[Json], Json]:
    named: dict[str, Author | None] = {f"author-{i}": a for i, a in enumerate(entry.authors, start=1)}
    named |= {"authenticator": entry.authenticator, "custodian": entry.custodian}
    contained = [resource for name, author in named.items() if author for resource in contained_author(author, name)]
    fields: Json = {"author": [{"reference": f"#author-{i}"} for i in range(1, len(entry.authors) + 1)]}
    for name in ("authenticator", "custodian"):
        if named[name]:
            fields[name] = {"reference": f"#{name}"}
    return contained, fields


def _relation(parent: Parent) -> Json:
    target: Json = {"reference": parent.id} if parent.id.startswith("DocumentReference/") else {
        "identifier": _identifier_json(parent.id)
    }  # fmt: skip
    return {"code": parent.kind, "target": target}


def write_document_reference(entry: DocumentEntry, record_id: str, updated: str) -> Json:
    """Write the resource as it is stored and sent. FHIR ids are logicalIds: entryUUIDs change, they do not."""
    contained, people = _people(entry)
    content: Json = {"attachment": _attachment(entry)}
    if entry.format:
        content["format"] = coding_json(entry.format)
    resource: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": entry.logical_id,
        "meta": {"versionId": str(entry.version), "lastUpdated": updated, "profile": [COMPREHENSIVE]},
        "contained": contained,
        "extension": [{"url": IS_ARCHIVED, "valueBoolean": entry.status == "Archived"}],
        "masterIdentifier": _identifier_json(entry.unique_id),
        "identifier": [{"use": "official", "system": RFC3986, "value": f"urn:uuid:{entry.entry_uuid}"}],
        "status": _STATUS[entry.status],
        "type": concept_json(entry.type),
        "category": [concept_json(entry.class_)],
        "subject": {"reference": f"Patient/{record_id}"},
        "date": to_fhir(entry.date) if entry.date else None,
        **people,
        "relatesTo": [_relation(parent) for parent in entry.parents],
        "description": entry.comments,
        "securityLabel": [concept_json(c) for c in entry.confidentiality],
        "content": [content],
        "context": _context(entry),
    }
    return {name: value for name, value in resource.items() if value not in ("", None, [], {})}
