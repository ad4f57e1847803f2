"""SubmissionSet as a FHIR List (MHD 4.2, PDSm)."""

from carnet.formats.fhir.document_reference import concept_json
from carnet.formats.fhir.reading import FhirError, Json, concept, extension, identifier_uri, items, moment, obj, text
from carnet.formats.fhir.references import Resolver, patient_of
from carnet.formats.fhir.systems import DESIGNATION, LIST_TYPES, RFC3986, SOURCE_ID
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import SubmissionSet


def _unique_id(resource: Json, path: str) -> str:
    identifiers = items(resource, "identifier", path)
    usual = [i for i in identifiers if i.get("use") == "usual"] or identifiers
    return identifier_uri(usual[0], f"{path}.identifier") if usual else ""


def read_submission_set(resource: Json, entries: dict[str, Json], path: str) -> SubmissionSet:
    """Read the List of a deposit. Raises FhirError."""
    if concept(resource, "code", path).code != "submissionset":
        raise FhirError(f"{path}.code", "must be submissionset")
    resolver = Resolver(entries, items(resource, "contained", path))
    source = obj(extension(resource, SOURCE_ID, path), "valueIdentifier", path)
    notes = items(resource, "note", path)
    return SubmissionSet(
        unique_id=_unique_id(resource, path),
        source_id=identifier_uri(source, path) if source else "",
        content_type=concept(extension(resource, DESIGNATION, path), "valueCodeableConcept", path),
        submitted_at=moment(resource, "date", path),
        title=text(resource, "title", path),
        comments=text(notes[0], "text", path) if notes else "",
        patient=patient_of(obj(resource, "subject", path), resolver, f"{path}.subject"),
    )


def write_submission_set(submission: SubmissionSet, list_id: str, record_id: str, documents: list[str]) -> Json:
    """Write the List as it is stored."""
    extensions = []
    if submission.content_type:
        extensions.append({"url": DESIGNATION, "valueCodeableConcept": concept_json(submission.content_type)})
    if submission.source_id:
        value = submission.source_id if submission.source_id.startswith("urn:") else f"urn:oid:{submission.source_id}"
        extensions.append({"url": SOURCE_ID, "valueIdentifier": {"system": RFC3986, "value": value}})
    resource: Json = {
        "resourceType": "List",
        "id": list_id,
        "extension": extensions,
        "identifier": [{"use": "usual", "system": RFC3986, "value": submission.unique_id}],
        "status": "current",
        "mode": "working",
        "title": submission.title,
        "code": {"coding": [{"system": LIST_TYPES, "code": "submissionset"}]},
        "subject": {"reference": f"Patient/{record_id}"},
        "date": to_fhir(submission.submitted_at) if submission.submitted_at else None,
        "entry": [{"item": {"reference": f"DocumentReference/{d}"}} for d in documents],
    }
    return {name: value for name, value in resource.items() if value not in ("", None, [])}
