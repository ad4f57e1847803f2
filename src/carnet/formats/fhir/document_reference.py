"""DocumentReference ↔ DocumentEntry (MHD 4.2 §2:3.65, PDSm 3.1, PDSm4DMP).

MHD maps creationTime to attachment.creation, the draft PDSm4DMP to DocumentReference.date: both are stored.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from carnet.formats.fhir.authors import as_stated, coding_json, concept_json, contained_author, of_authority
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
    texts,
    understood,
)
from carnet.formats.fhir.references import Resolver, author_of, patients_of, traits_of
from carnet.formats.fhir.systems import COMPREHENSIVE, IS_ARCHIVED, RFC3986, XDS_VALUE, oid_of
from carnet.formats.timestamps import from_fhir, to_fhir
from carnet.formats.xds import Author, Coding, DocumentEntry, Parent, Reference
from carnet.formats.xds.hl7_values import source_traits_of
from carnet.kernel.copies import replace
from carnet.kernel.traits import Traits

_KINDS = frozenset({"replaces", "appends", "transforms", "signs"})
_STATUS = {"Approved": "current", "Archived": "current", "Deprecated": "superseded", "Deleted": "entered-in-error"}
_REGISTRY_STATUS = {"current": "Approved", "superseded": "Deprecated", "entered-in-error": "Deleted"}
_GENDER = {"M": "male", "F": "female", "O": "other", "U": "unknown"}
SOURCE_LINE = "https://carnet.example/StructureDefinition/xds-source-patient-info"
"""A line of sourcePatientInfo as it came by XDS."""
_CXI_TYPES = "urn:ihe:iti:xds:"
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


def _references(context: Json, stored: bool, path: str) -> Iterator[Reference]:
    for i, related in enumerate(items(context, "related", path)):
        identifier = obj(related, "identifier", f"{path}.related[{i}]")
        if identifier:
            kind, system = concept(identifier, "type", path).code, oid_of(text(identifier, "system", path))
            if not kind and system.startswith(_CXI_TYPES):
                # The type of a CXi in the place of its authority: so wrote Carnet before it kept both.
                kind, system = system, ""
            stated = text(extension(identifier, XDS_VALUE, path), "valueString", path) if stored else ""
            yield Reference(text(identifier, "value", path), kind, system, stated)


def _content(resource: Json, path: str) -> Json:
    contents = items(resource, "content", path)
    if len(contents) != 1:
        raise FhirError(f"{path}.content", "must stand exactly once")
    return contents[0]


def _check_status(resource: Json, path: str) -> None:
    status = text(resource, "status", path)
    if status != "current":
        # What replaces makes superseded, and what deletes says so: neither is deposited.
        raise FhirError(f"{path}.status", "must be current")


def _entry_uuid(resource: Json, path: str) -> str:
    for identifier in items(resource, "identifier", path):
        value = text(identifier, "value", path)
        if value.startswith("urn:uuid:"):
            return value
    return ""


def read_document_reference(resource: Json, entries: dict[str, Json], path: str) -> DocumentEntry:
    """Read a DocumentReference as it is deposited. Raises FhirError with the path of what is wrong."""
    understood(resource, path)
    _check_status(resource, path)
    if text(resource, "docStatus", path) not in ("", "final", "amended"):
        # EX_GEN-1060: what is fed was validated; a draft, or what its source took back, is none of it.
        raise FhirError(f"{path}.docStatus", "is final or amended: a document is fed once it is validated")
    if 0 < len(text(resource, "date", path)) < len("2026-11-29"):
        # Its first moment would be told as its date.
        raise FhirError(f"{path}.date", "is an instant: a month or a year stands in content.attachment.creation")
    return _entry(resource, entries, path)


def read_stored(resource: Json) -> DocumentEntry:
    """Read a DocumentReference that Carnet stored, with the identifiers and the status that the registry gave it."""
    entry, path = _entry(resource, {}, "DocumentReference", stored=True), "DocumentReference"
    status = "Archived" if entry.archived else _REGISTRY_STATUS[text(resource, "status", path)]
    version = text(obj(resource, "meta", path), "versionId", path)
    return replace(entry, entry_uuid=entry.entry_uuid.removeprefix("urn:uuid:"), logical_id=text(resource, "id", path),
                   status=status, version=int(version or "1"), archived=False)  # fmt: skip


_BLANK_AROUND = re.compile(r'"(?:\s|\\[nrtf])|(?:\s|\\[nrtf])"')
"""A string of JSON that begins or ends with a blank, which whoever reads it takes away."""


def _is_plain_author(author: Author) -> bool:
    named = (author.given, author.prefix)
    return not author.device and bool(author.family or not any(named)) and all(n == " ".join(n.split()) for n in named)


def is_plain(entry: DocumentEntry, written: bytes) -> bool:
    """Whether `read_stored` gives an entry back as it went into its resource, but for the patient and the documents it is tied to.

    It does where FHIR puts nothing of it otherwise: somebody wrote it, no device, no reference to nothing, no blank around a value.
    `written`: the resource, as JSON without blanks between its parts.
    """
    people = (*entry.authors, entry.authenticator, entry.custodian)
    plain = entry.authors and all(_is_plain_author(one) for one in people if one) and all(one.value for one in entry.references)
    return bool(plain) and _BLANK_AROUND.search(written.decode()) is None


def _entry(resource: Json, entries: dict[str, Json], path: str, stored: bool = False) -> DocumentEntry:
    resolver = Resolver(entries, items(resource, "contained", path), stored)
    content, context = _content(resource, path), obj(resource, "context", path)
    attachment, where = obj(content, "attachment", f"{path}.content[0]"), f"{path}.content[0].attachment"
    period = obj(context, "period", f"{path}.context")
    authors = tuple(_authors(resource, resolver, path))
    lone = resolver.lone_practitioner()
    if not authors and lone:
        authors = tuple(filter(None, [author_of({"reference": f"#{lone.get('id')}"}, resolver, path)]))
    format_ = obj(content, "format", f"{path}.content[0]")
    subject = obj(resource, "subject", path)
    patients = patients_of(subject, resolver, f"{path}.subject")
    master = obj(resource, "masterIdentifier", path)
    source_patient, source_stated, source_traits = _read_source(context, resolver, path)
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
        times_stated=(
            *(
                _stated_time(attachment, "creation", "creationTime", stored, where)
                if "creation" in attachment
                else _stated_time(resource, "date", "creationTime", stored, path)
            ),
            *_stated_time(period, "start", "serviceStartTime", stored, f"{path}.context.period"),
            *_stated_time(period, "end", "serviceStopTime", stored, f"{path}.context.period"),
        ),
        authors=authors,
        authenticator=author_of(obj(resource, "authenticator", path), resolver, f"{path}.authenticator"),
        custodian=author_of(obj(resource, "custodian", path), resolver, f"{path}.custodian", place=True),
        patient=next(iter(patients), ("", "")),
        patients=patients if len(patients) > 1 else (),
        patient_traits=Traits() if stored else traits_of(subject, resolver, f"{path}.subject"),
        references=tuple(_references(context, stored, f"{path}.context")),
        parents=tuple(_parents(resource, path)),
        archived=extension(resource, IS_ARCHIVED, path).get("valueBoolean") is True,
        source_patient=source_patient,
        source_patient_stated=source_stated,
        source_traits=source_traits,
    )


def _identifier_json(unique_id: str) -> Json:
    root, caret, ext = unique_id.partition("^")
    if caret:
        return {"system": f"urn:oid:{root}", "value": ext}
    return {"system": RFC3986, "value": unique_id if unique_id.startswith("urn:") else f"urn:oid:{unique_id}"}


def _dated(entry: DocumentEntry, slot: str, name: str, moment_: datetime | None) -> Json:
    """A moment as precise as it was stated: a date of FHIR for a day, the digits of XDS beside an instant for a minute."""
    stated = dict(entry.times_stated).get(slot, "")
    if moment_ is None:
        return {}
    if 0 < len(stated) <= len("20051224"):
        return {name: "-".join(filter(None, (stated[:4], stated[4:6], stated[6:8])))}
    return {name: to_fhir(moment_)} | ({f"_{name}": as_stated(stated)} if stated else {})


def stated_date(resource: Json) -> str:
    """The date of a stored document as it was stated: `date` is an instant, and `creation` tells how much of it was said."""
    date, creation = str(resource.get("date", "")), str(resource["content"][0]["attachment"].get("creation", ""))
    in_part = 0 < len(creation) <= len("2026-11-29")
    return creation if not date or (in_part and from_fhir(creation) == from_fhir(date)) else date


def _stated_time(node: Json, name: str, slot: str, stored: bool, path: str) -> Iterator[tuple[str, str]]:
    """The digits of XDS of a moment that was stated to less than a second."""
    value = text(node, name, path)
    digits = value.replace("-", "") if 0 < len(value) <= len("2005-12-24") else ""
    if not digits and stored:
        digits = text(extension(obj(node, f"_{name}", path), XDS_VALUE, path), "valueString", path)
    if digits:
        yield slot, digits


def _attachment(entry: DocumentEntry) -> Json:
    parts: Json = {
        "contentType": entry.mime,
        "language": entry.language,
        "url": f"{BASE}/fhir/Binary/{entry.logical_id}",
        "size": entry.size,
        "hash": base64.b64encode(bytes.fromhex(entry.sha1)).decode(),
        "title": entry.title,
        **_dated(entry, "creationTime", "creation", entry.creation_time),
    }
    return {name: value for name, value in parts.items() if value not in ("", None)}


def _source_patient(entry: DocumentEntry) -> list[Json]:
    """The patient as the source knew them (MHD: context.sourcePatientInfo); the lines of XDS stand beside, as they came."""
    system, value = entry.source_patient
    if not (value or entry.source_patient_stated or entry.source_traits):
        return []
    patient: Json = {"resourceType": "Patient", "id": "source-patient"}
    if value or entry.source_patient_stated:
        patient["identifier"] = [as_stated(entry.source_patient_stated) | of_authority(system, value)]
    told = source_traits_of(entry.source_traits)
    if "family" in told:
        patient["name"] = [{"family": told["family"]} | ({"given": [told["given"]]} if "given" in told else {})]
    if told.get("sex") in _GENDER:
        patient["gender"] = _GENDER[told["sex"]]
    if len(told.get("birth", "")) == 8:
        patient["birthDate"] = f"{told['birth'][:4]}-{told['birth'][4:6]}-{told['birth'][6:]}"
    if entry.source_traits:
        patient["extension"] = [{"url": SOURCE_LINE, "valueString": line} for line in entry.source_traits]
    return [patient]


def _read_source(context: Json, resolver: Resolver, path: str) -> tuple[tuple[str, str], str, tuple[str, ...]]:
    reference = obj(context, "sourcePatientInfo", f"{path}.context")
    patient = resolver.follow(reference, path) if reference else {}
    if not patient:
        return ("", ""), "", ()
    found = items(patient, "identifier", path)
    own = [i for i in found if not oid_of(text(i, "system", path)).startswith("1.2.250.1.213.1.4.")] or found
    identifier = (oid_of(text(own[0], "system", path)), text(own[0], "value", path)) if own else ("", "")
    lines = tuple(text(e, "valueString", path) for e in items(patient, "extension", path) if e.get("url") == SOURCE_LINE)
    stated = text(extension(own[0], XDS_VALUE, path), "valueString", path) if own and resolver.stored else ""
    return identifier, stated, lines or tuple(_lines_of(patient, path))


def _lines_of(patient: Json, path: str) -> Iterator[str]:
    """sourcePatientInfo of a Patient that did not come by XDS."""
    for name in items(patient, "name", path)[:1]:
        given = texts(name, "given", path)
        yield f"PID-5|{text(name, 'family', path)}^{given[0] if given else ''}^^^^^L"
    if text(patient, "birthDate", path):
        yield f"PID-7|{text(patient, 'birthDate', path).replace('-', '')}"
    sex = {gender: code for code, gender in _GENDER.items()}.get(text(patient, "gender", path))
    if sex:
        yield f"PID-8|{sex}"


def _cxi(reference: Reference) -> Json:
    kind = {"type": {"coding": [{"system": RFC3986, "code": reference.kind}]}} if reference.kind else {}
    return as_stated(reference.stated) | kind | of_authority(reference.authority, reference.value)


def _context(entry: DocumentEntry) -> Json:
    period = _dated(entry, "serviceStartTime", "start", entry.service_start)
    period |= _dated(entry, "serviceStopTime", "end", entry.service_stop)
    context: Json = {
        "event": [concept_json(e) for e in entry.events],
        "period": period,
        "facilityType": concept_json(entry.facility) if entry.facility else None,
        "practiceSetting": concept_json(entry.practice) if entry.practice else None,
        "sourcePatientInfo": {"reference": "#source-patient"} if _source_patient(entry) else None,
        "related": [{"identifier": _cxi(reference)} for reference in entry.references],
    }
    return {name: value for name, value in context.items() if value}


def _people(entry: DocumentEntry) -> tuple[list[Json], Json]:
    named: dict[str, Author | None] = {f"author-{i}": a for i, a in enumerate(entry.authors, start=1)}
    named |= {"authenticator": entry.authenticator, "custodian": entry.custodian}
    contained = [resource for name, author in named.items() if author for resource in contained_author(author, name)]
    contained += _source_patient(entry)
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


def _claimed(entry: DocumentEntry) -> Json:
    """The profile that the resource meets. What is not stated makes no claim: PDSm asks for more than a deposit must say."""
    stated = (
        entry.date, entry.custodian, entry.title, entry.mime, entry.size is not None, entry.sha1, entry.service_start,
        entry.type, entry.class_, entry.format, entry.facility, entry.practice, entry.confidentiality, entry.language,
        entry.creation_time, "family" in source_traits_of(entry.source_traits), entry.source_patient[1],
        entry.authors, all(author.named for author in entry.authors),
    )  # fmt: skip
    return {"profile": [COMPREHENSIVE]} if all(stated) else {}


def write_document_reference(entry: DocumentEntry, record_id: str, updated: str) -> Json:
    """Write the resource as it is stored and sent. FHIR ids are logicalIds: entryUUIDs change, they do not."""
    contained, people = _people(entry)
    content: Json = {"attachment": _attachment(entry)}
    if entry.format:
        content["format"] = coding_json(entry.format)
    resource: dict[str, Any] = {
        "resourceType": "DocumentReference",
        "id": entry.logical_id,
        "meta": {"versionId": str(entry.version), "lastUpdated": updated} | _claimed(entry),
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
