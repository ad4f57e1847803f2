"""SubmissionSet and Folder as FHIR Lists (MHD 4.2, PDSm)."""

from collections.abc import Iterator

from carnet.formats.fhir.authors import concept_json, contained_author
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
    understood,
)
from carnet.formats.fhir.references import Resolver, author_of, patients_of
from carnet.formats.fhir.systems import DESIGNATION, LIST_TYPES, RECIPIENT, RFC3986, SOURCE_ID, XDS_SUBMITTER
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import Author, Folder, SubmissionSet
from carnet.kernel.copies import replace

SUBMISSION_SET, FOLDER = "submissionset", "folder"


def list_code(resource: Json, path: str) -> str:
    """Whether a List is a submission set or a folder."""
    return concept(resource, "code", path).code


def _unique_id(resource: Json, path: str) -> str:
    identifiers = items(resource, "identifier", path)
    usual = [i for i in identifiers if i.get("use") == "usual"] or identifiers
    return identifier_uri(usual[0], f"{path}.identifier") if usual else ""


def _note(resource: Json, path: str) -> str:
    notes = items(resource, "note", path)
    return text(notes[0], "text", path) if notes else ""


def _submitter(source: Json, resolver: Resolver, path: str) -> Author | None:
    """Who submits. One that cannot be read is left to the depositor: it gives no right, and stops no document."""
    try:
        return author_of(source, resolver, f"{path}.source") if source else None
    except FhirError:
        return None


def _further(resource: Json, resolver: Resolver, path: str) -> Iterator[Author]:
    """Further authors, as Carnet kept them."""
    beside = items(resource, "extension", path) if resolver.stored else []
    for kept in (one for one in beside if one.get("url") == XDS_SUBMITTER):
        yield from filter(None, [author_of(obj(kept, "valueReference", path), resolver, path)])


def read_submission_set(resource: Json, entries: dict[str, Json], path: str, stored: bool = False) -> SubmissionSet:
    """Read the List of a deposit. Raises FhirError."""
    understood(resource, path)
    if text(resource, "status", path) not in ("", "current"):
        raise FhirError(f"{path}.status", "must be current: what is deposited is in force")
    if 0 < len(text(resource, "date", path)) < len("2026-11-29"):
        raise FhirError(f"{path}.date", "says at least the day on which it was submitted")
    resolver = Resolver(entries, items(resource, "contained", path), stored)
    source = obj(extension(resource, SOURCE_ID, path), "valueIdentifier", path)
    submitter = obj(resource, "source", path)
    patients = patients_of(obj(resource, "subject", path), resolver, f"{path}.subject")
    return SubmissionSet(
        unique_id=_unique_id(resource, path),
        source_id=identifier_uri(source, path) if source else "",
        content_type=concept(extension(resource, DESIGNATION, path), "valueCodeableConcept", path),
        submitted_at=moment(resource, "date", path),
        title=text(resource, "title", path),
        comments=_note(resource, path),
        patient=next(iter(patients), ("", "")),
        patients=patients if len(patients) > 1 else (),
        author=_submitter(submitter, resolver, path),
        further_authors=tuple(_further(resource, resolver, path)),
        recipients=tuple(
            text(obj(e, "valueReference", path), "display", path)
            for e in items(resource, "extension", path) if e.get("url") == RECIPIENT
        ),
    )  # fmt: skip


def read_folder(resource: Json, path: str) -> Folder:
    """Read a folder of a deposit. Raises FhirError: without an identifier nobody could add to it."""
    unique_id = _unique_id(resource, path)
    if not unique_id or len(unique_id) > 128:
        raise FhirError(f"{path}.identifier", "a folder has an identifier of at most 128 characters")
    designations = [e for e in items(resource, "extension", path) if e.get("url") == DESIGNATION]
    members = tuple(text(obj(e, "item", path), "reference", path) for e in items(resource, "entry", path))
    return Folder(
        unique_id=unique_id,
        codes=tuple(concept(e, "valueCodeableConcept", path) for e in designations) or tuple(concepts(resource, "category", path)),
        title=text(resource, "title", path),
        comments=_note(resource, path),
        members=members,
    )


def _list(list_id: str, record_id: str, code: str, unique_id: str, title: str, comments: str) -> Json:
    uri = unique_id if unique_id.startswith("urn:") else f"urn:oid:{unique_id}"
    return {
        "resourceType": "List",
        "id": list_id,
        "identifier": [{"use": "usual", "system": RFC3986, "value": uri}],
        "status": "current",
        "mode": "working",
        "title": title,
        "code": {"coding": [{"system": LIST_TYPES, "code": code}]},
        "subject": {"reference": f"Patient/{record_id}"},
        "note": [{"text": comments}] if comments else [],
    }


def _filled(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if value not in ("", None, [])}


def write_submission_set(submission: SubmissionSet, list_id: str, record_id: str) -> Json:
    """Write the List as it is stored. Its entries are added when it leaves: those that the reader may see."""
    extensions = []
    if submission.content_type:
        extensions.append({"url": DESIGNATION, "valueCodeableConcept": concept_json(submission.content_type)})
    if submission.source_id:
        value = submission.source_id if submission.source_id.startswith("urn:") else f"urn:oid:{submission.source_id}"
        extensions.append({"url": SOURCE_ID, "valueIdentifier": {"system": RFC3986, "value": value}})
    extensions += [{"url": RECIPIENT, "valueReference": {"display": recipient}} for recipient in submission.recipients]
    further = {f"source-{number}": author for number, author in enumerate(submission.further_authors, start=2)}
    extensions += [{"url": XDS_SUBMITTER, "valueReference": {"reference": f"#{name}"}} for name in further]
    submitters = ({"source": submission.author} if submission.author else {}) | further
    return _filled(
        _list(list_id, record_id, SUBMISSION_SET, submission.unique_id, submission.title, submission.comments)
        | {
            "contained": [resource for name, author in submitters.items() for resource in contained_author(author, name)],
            "extension": extensions,
            "date": to_fhir(submission.submitted_at) if submission.submitted_at else None,
            "source": {"reference": "#source"} if submission.author else None,
        }
    )


def write_folder(folder: Folder, list_id: str, record_id: str, updated: str) -> Json:
    """Write a folder as it is stored, without its entries."""
    extensions = [{"url": DESIGNATION, "valueCodeableConcept": concept_json(code)} for code in folder.codes]
    listed = _list(list_id, record_id, FOLDER, folder.unique_id, folder.title, folder.comments)
    return _filled(listed | {"extension": extensions, "date": updated})


def read_stored_list(resource: Json) -> SubmissionSet | Folder:
    """Read a List that Carnet stored, with the identifier that the registry gave it."""
    folder = list_code(resource, "List") == FOLDER
    read = read_folder(resource, "List") if folder else read_submission_set(resource, {}, "List", stored=True)
    return replace(read, entry_uuid=text(resource, "id", "List"))


def with_entries(resource: Json, documents: list[str]) -> Json:
    """A stored List with the documents that its reader may see."""
    return resource | ({"entry": [{"item": {"reference": f"DocumentReference/{d}"}} for d in documents]} if documents else {})
