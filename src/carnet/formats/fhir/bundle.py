"""ITI-65 Provide Document Bundle and ITI-105 Simplified Publish: a deposit as metadata and bytes."""

import base64
import binascii
from dataclasses import dataclass

from carnet.formats.fhir.document_reference import read_document_reference
from carnet.formats.fhir.not_kept import not_kept
from carnet.formats.fhir.reading import FhirError, Json, items, obj, text
from carnet.formats.fhir.submission_set import FOLDER, SUBMISSION_SET, list_code, read_folder, read_submission_set
from carnet.formats.xds import DocumentEntry, Folder, SubmissionSet
from carnet.kernel.copies import replace

_KNOWN = frozenset({"List", "DocumentReference", "Binary", "Patient", "Practitioner", "PractitionerRole",
                    "Organization", "Device", "Parameters"})  # fmt: skip

_KEPT = frozenset({"List", "DocumentReference", "Binary"})
"""Of them, what a deposit keeps; the others say who wrote and for whom."""


@dataclass(frozen=True, slots=True)
class SubmittedDocument:
    """One document of a deposit: what is declared, and the bytes. `position` is its entry in the bundle."""

    entry: DocumentEntry
    content: bytes
    position: int
    left: tuple[str, ...] = ()
    """Elements that it states and that are not kept."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A whole deposit. `kinds` are the resource types of the entries, in the order of the request, folders as `Folder`."""

    set: SubmissionSet
    documents: tuple[SubmittedDocument, ...]
    kinds: tuple[str, ...]
    folders: tuple[Folder, ...] = ()
    """Folders made or completed by this deposit; a member is `#n` for its n-th document, else a reference."""
    binaries: tuple[tuple[int, int], ...] = ()
    """Entries that are bytes, each with the place of its document among the documents."""


def _decode(data: object, path: str) -> bytes:
    if not isinstance(data, str):
        raise FhirError(path, "must be base64 text")
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise FhirError(path, "is not base64") from None


def _entries(bundle: Json) -> list[Json]:
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise FhirError("Bundle.type", "must be transaction")
    entries = items(bundle, "entry", "Bundle")
    if not entries:
        raise FhirError("Bundle.entry", "is empty")
    return entries


def _check_request(entry: Json, kind: str, path: str) -> None:
    """What is kept is created: another method, or a condition, would be passed over (R4 §3.1.0.11)."""
    request = obj(entry, "request", path)
    method = text(request, "method", f"{path}.request") or "POST"
    if method != "POST" and (kind in _KEPT or method != "PUT"):
        raise FhirError(f"{path}.request.method", "must be POST: a deposit creates")
    conditions = [name for name in ("ifNoneExist", "ifMatch", "ifNoneMatch", "ifModifiedSince") if request.get(name)]
    if conditions and kind in _KEPT:
        raise FhirError(f"{path}.request.{conditions[0]}", "is not supported: a deposit creates without a condition")


def _kind(entry: Json, position: int) -> str:
    kind = text(obj(entry, "resource", f"Bundle.entry[{position}]"), "resourceType", f"Bundle.entry[{position}].resource")
    if kind not in _KNOWN:
        raise FhirError(f"Bundle.entry[{position}].resource", "is not a resource of a deposit")
    _check_request(entry, kind, f"Bundle.entry[{position}]")
    if kind != "List":
        return str(kind)
    code = list_code(entry["resource"], f"Bundle.entry[{position}].resource")
    if code not in (SUBMISSION_SET, FOLDER):
        raise FhirError(f"Bundle.entry[{position}].resource.code", "must be submissionset or folder")
    return "Folder" if code == FOLDER else "List"


def _by_reference(entries: list[Json]) -> dict[str, Json]:
    """Resources of the bundle by fullUrl and by `Type/id`."""
    found: dict[str, Json] = {}
    for position, entry in enumerate(entries):
        resource = obj(entry, "resource", f"Bundle.entry[{position}]")
        if full := text(entry, "fullUrl", f"Bundle.entry[{position}]"):
            found[full] = resource
        if identifier := text(resource, "id", f"Bundle.entry[{position}].resource"):
            found[f"{resource.get('resourceType')}/{identifier}"] = resource
    return found


def _binary(resource: Json, references: dict[str, Json], path: str) -> Json:
    contents = items(resource, "content", path)
    attachment = obj(contents[0], "attachment", path) if contents else {}
    if "data" in attachment:
        raise FhirError(f"{path}.content[0].attachment.data", "is for simplified publish: put the bytes in a Binary")
    binary = references.get(text(attachment, "url", path), {})
    if binary.get("resourceType") != "Binary":
        raise FhirError(f"{path}.content[0].attachment.url", "names no Binary of this bundle")
    return binary


def _places(entries: list[Json], kinds: tuple[str, ...], binaries: list[Json]) -> tuple[tuple[int, int], ...]:
    """Which document the bytes of each entry are of. Raises FhirError for bytes of none: they would be lost."""
    found = []
    for position, kind in enumerate(kinds):
        if kind == "Binary":
            place = next((n for n, binary in enumerate(binaries) if binary is entries[position]["resource"]), None)
            if place is None:
                raise FhirError(f"Bundle.entry[{position}]", "is the content of no DocumentReference of this bundle")
            found.append((position, place))
    return tuple(found)


def _check_listed(entries: list[Json], list_resource: Json, kinds: tuple[str, ...]) -> None:
    listed = {text(obj(e, "item", "List.entry"), "reference", "List.entry") for e in items(list_resource, "entry", "List")}
    for position, kind in enumerate(kinds):
        if kind != "DocumentReference":
            continue
        resource = obj(entries[position], "resource", "")
        names = {entries[position].get("fullUrl"), f"DocumentReference/{resource.get('id')}"}
        if not names & listed:
            raise FhirError(f"Bundle.entry[{position}]", "is not an item of the submission set")


def _folder(entries: list[Json], positions: list[int], place: int) -> Folder:
    """A folder, its members that are documents of this bundle named by their place among them."""
    folder = read_folder(entries[place]["resource"], f"Bundle.entry[{place}].resource")
    names: dict[str, str] = {}
    for number, position in enumerate(positions):
        names[str(entries[position].get("fullUrl"))] = f"#{number}"
        names[f"DocumentReference/{entries[position]['resource'].get('id')}"] = f"#{number}"
    if any(member.startswith("#") for member in folder.members):
        raise FhirError(f"Bundle.entry[{place}].resource.entry", "names nothing of this bundle")
    return replace(folder, members=tuple(names.get(member, member) for member in folder.members))


def _named(entry: DocumentEntry, submission: SubmissionSet) -> DocumentEntry:
    """A document with every way in which it and its set name the patient."""
    said = [*(entry.patients or [entry.patient]), *(submission.patients or [submission.patient])]
    patients = tuple(dict.fromkeys(one for one in said if one[1]))
    return replace(entry, patients=patients) if len(patients) > 1 else entry


def read_provide_bundle(bundle: Json, max_documents: int) -> Submission:
    """Read an ITI-65 bundle. Raises FhirError; nothing of it is kept in that case."""
    entries = _entries(bundle)
    kinds = tuple(_kind(entry, position) for position, entry in enumerate(entries))
    lists = [i for i, kind in enumerate(kinds) if kind == "List"]
    if len(lists) != 1:
        raise FhirError("Bundle.entry", "must hold exactly one List that is the submission set")
    references = _by_reference(entries)
    submission = read_submission_set(entries[lists[0]]["resource"], references, f"Bundle.entry[{lists[0]}].resource")
    _check_listed(entries, entries[lists[0]]["resource"], kinds)
    positions = [i for i, kind in enumerate(kinds) if kind == "DocumentReference"]
    if not 0 < len(positions) <= max_documents:
        raise FhirError("Bundle.entry", f"must hold between 1 and {max_documents} DocumentReference")
    documents, binaries = [], []
    for position in positions:
        resource, path = entries[position]["resource"], f"Bundle.entry[{position}].resource"
        entry = _named(read_document_reference(resource, references, path), submission)
        binaries.append(_binary(resource, references, path))
        data = _decode(binaries[-1].get("data"), "Binary.data")
        documents.append(SubmittedDocument(entry, data, position, not_kept(resource, entry)))
    folders = tuple(_folder(entries, positions, i) for i, kind in enumerate(kinds) if kind == "Folder")
    return Submission(submission, tuple(documents), kinds, folders, _places(entries, kinds, binaries))


def read_simplified(resource: Json) -> Submission:
    """Read an ITI-105 DocumentReference, its bytes in attachment.data."""
    if resource.get("resourceType") != "DocumentReference":
        raise FhirError("(root)", "must be a DocumentReference")
    contents = items(resource, "content", "DocumentReference")
    attachment = obj(contents[0], "attachment", "DocumentReference.content[0]") if contents else {}
    if "url" in attachment:
        raise FhirError("DocumentReference.content[0].attachment.url", "is not for simplified publish: send data")
    content = _decode(attachment.get("data"), "DocumentReference.content[0].attachment.data")
    entry = read_document_reference(resource, {}, "DocumentReference")
    submission = SubmissionSet(submitted_at=entry.date, patient=entry.patient)
    return Submission(submission, (SubmittedDocument(entry, content, 0, not_kept(resource, entry)),), ("DocumentReference",))
