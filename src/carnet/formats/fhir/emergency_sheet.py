"""The emergency sheet as a FHIR R4 Bundle: what a reader of SMART Health Links shows.

A collection, not an International Patient Summary: it holds what the person chose and nothing is said of the rest. Who confirmed
what stands in `verificationStatus` or in a note.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from carnet.formats.fhir.reading import Json
from carnet.formats.timestamps import to_fhir
from carnet.kernel.traits import Traits

SAID = {
    "professional": "Confirmé par un professionnel.", "document": "D'après un document du carnet.",
    "person": "Déclaré par la personne.",
}  # fmt: skip
"""Where a line comes from, in words: whoever acts on it in an emergency must know."""
_GENDER = {"M": "male", "F": "female"}
_PATIENT = {"reference": "#patient"}
_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_CONDITION = "http://terminology.hl7.org/CodeSystem/condition-clinical"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: section, what it is, details, a value (a telephone, a group), its source (a key of `SAID`), since when."""

    section: str
    label: str
    detail: str
    value: str
    source: str
    since: str


def _note(line: Line) -> list[Json]:
    return [{"text": f"{line.detail}. {SAID[line.source]}".removeprefix(". ")}]


def _allergy(line: Line) -> Json:
    return {"resourceType": "AllergyIntolerance", "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
            "code": {"text": line.label}, "patient": _PATIENT, "recordedDate": line.since, "note": _note(line)}  # fmt: skip


def _drug(line: Line) -> Json:
    return {"resourceType": "MedicationStatement", "status": "active", "medicationCodeableConcept": {"text": line.label},
            "subject": _PATIENT, "dateAsserted": line.since, "note": _note(line)}  # fmt: skip


def _condition(line: Line) -> Json:
    return {"resourceType": "Condition", "clinicalStatus": {"coding": [{"system": _CONDITION, "code": "active"}]},
            "code": {"text": line.label}, "subject": _PATIENT, "recordedDate": line.since, "note": _note(line)}  # fmt: skip


def _device(line: Line) -> Json:
    return {"resourceType": "DeviceUseStatement", "status": "active", "subject": _PATIENT, "device": {"display": line.label},
            "recordedOn": line.since, "note": _note(line)}  # fmt: skip


def _observation(line: Line) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": {"text": line.label}, "subject": _PATIENT,
            "effectiveDateTime": line.since, "valueString": line.value or line.detail, "note": _note(line)}  # fmt: skip


def _contact(line: Line) -> Json:
    telecom = {"telecom": [{"system": "phone", "value": line.value}]} if line.value else {}
    return {"resourceType": "RelatedPerson", "patient": _PATIENT, "name": [{"text": line.label}],
            "relationship": [{"text": line.detail}], **telecom}  # fmt: skip


def _directives(line: Line) -> Json:
    return {"resourceType": "Consent", "status": "active", "patient": _PATIENT, "dateTime": line.since,
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "adr"}]},
            "category": [{"text": line.label}], "provision": {"type": "permit"}, "policyRule": {"text": line.detail}}  # fmt: skip


_WRITERS: dict[str, Callable[[Line], Json]] = {
    "allergies": _allergy, "treatments": _drug, "problems": _condition, "devices": _device, "blood": _observation,
    "contacts": _contact, "directives": _directives,
}  # fmt: skip


def sheet_bundle(traits: Traits, lines: Iterable[Line], at: datetime) -> Json:
    """The Bundle of a sheet. No INS is in it: whoever finds a telephone on the floor learns no matricule."""
    patient: Json = {
        "resourceType": "Patient", "id": "patient", "name": [{"family": traits.birth_name, "given": [traits.given_names]}],
        "gender": _GENDER.get(traits.sex, "unknown"), "birthDate": traits.birth_date,
    }  # fmt: skip
    resources = [patient, *(_WRITERS[line.section](line) for line in lines)]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": to_fhir(at), "entry": [{"resource": r} for r in resources]}
