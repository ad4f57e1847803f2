"""The emergency sheet as a FHIR R4 Bundle: what a reader of SMART Health Links shows.

A collection, not an International Patient Summary: it holds what the person chose and nothing is said of the rest. Who confirmed
what stands in `verificationStatus` or in a note.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

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
_ALLERGY_SURE = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_CONDITION_SURE = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
_CONDITION = "http://terminology.hl7.org/CodeSystem/condition-clinical"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: section, what it is, details, a value (a telephone, a group), its source (a key of `SAID`).

    `since` is its own date, perhaps partial, empty when nobody knows it; `said` the day on which it was said.
    """

    section: str
    label: str
    detail: str
    value: str
    source: str
    since: str
    said: str
    polarity: str = ""
    """`known-absent` or `no-information` for a line that says that nothing of the section is known, or that nobody knows."""
    certainty: str = ""
    """`unconfirmed` where its author is not sure, else empty."""


NOTHING = "Rien n'est inscrit. Cela ne veut pas dire qu'il n'y a rien."


def _note(line: Line) -> list[Json]:
    return [{"text": f"{line.detail}. {SAID[line.source]}".removeprefix(". ")}]


def _status(line: Line, system: str) -> Json:
    """An absence has no clinical status: nothing is active."""
    return {} if line.polarity else {"clinicalStatus": {"coding": [{"system": system, "code": "active"}]}}


def _certainty(line: Line, system: str) -> Json:
    return {"verificationStatus": {"coding": [{"system": system, "code": line.certainty}]}} if line.certainty else {}


def _dated(element: str, value: str) -> Json:
    return {element: value} if value else {}


def _allergy(line: Line) -> Json:
    return {"resourceType": "AllergyIntolerance", **_status(line, _CLINICAL), **_certainty(line, _ALLERGY_SURE),
            "code": {"text": line.label}, "patient": _PATIENT,
            **_dated("onsetDateTime", line.since), "recordedDate": line.said, "note": _note(line)}  # fmt: skip


def _drug(line: Line) -> Json:
    status = "not-taken" if line.polarity == "known-absent" else "unknown" if line.polarity else "active"
    return {"resourceType": "MedicationStatement", "status": status, "medicationCodeableConcept": {"text": line.label},
            "subject": _PATIENT, **_dated("effectiveDateTime", line.since), "dateAsserted": line.said,
            "note": _note(line)}  # fmt: skip


def _condition(line: Line) -> Json:
    return {"resourceType": "Condition", **_status(line, _CONDITION), **_certainty(line, _CONDITION_SURE),
            "code": {"text": line.label}, "subject": _PATIENT,
            **_dated("onsetDateTime", line.since), "recordedDate": line.said, "note": _note(line)}  # fmt: skip


def _device(line: Line) -> Json:
    return {"resourceType": "DeviceUseStatement", "status": "active", "subject": _PATIENT, "device": {"display": line.label},
            **_dated("timingDateTime", line.since), "recordedOn": line.said, "note": _note(line)}  # fmt: skip


def _observation(line: Line) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": {"text": line.label}, "subject": _PATIENT,
            **_dated("effectiveDateTime", line.since or line.said), "valueString": line.value or line.detail or line.label,
            "note": _note(line)}  # fmt: skip


def _contact(line: Line) -> Json:
    telecom = {"telecom": [{"system": "phone", "value": line.value}]} if line.value else {}
    return {"resourceType": "RelatedPerson", "patient": _PATIENT, "name": [{"text": line.label}],
            "relationship": [{"text": line.detail}], **telecom}  # fmt: skip


def _directives(line: Line) -> Json:
    return {"resourceType": "Consent", "status": "active", "patient": _PATIENT, "dateTime": line.since or line.said,
            "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "adr"}]},
            "category": [{"text": line.label}], "provision": {"type": "permit"}, "policyRule": {"text": line.detail}}  # fmt: skip


_WRITERS: dict[str, Callable[[Line], Json]] = {
    "allergies": _allergy, "treatments": _drug, "problems": _condition, "devices": _device, "blood": _observation,
    "contacts": _contact, "directives": _directives,
}  # fmt: skip


def _listed(section: str, title: str, references: list[str]) -> Json:
    """A section of the sheet: an empty one stays, and says that it is empty."""
    held: Json = {"entry": [{"item": {"reference": one}} for one in references]}
    if not references:
        unavailable = [{"system": "http://terminology.hl7.org/CodeSystem/list-empty-reason", "code": "unavailable"}]
        held = {"emptyReason": {"coding": unavailable, "text": NOTHING}}
    return {
        "resourceType": "List",
        "id": section,
        "status": "current",
        "mode": "snapshot",
        "title": title,
        "subject": _PATIENT,
        **held,
    }


UNSHOWN = "Non montré par choix de la personne"


def sheet_bundle(traits: Traits, lines: Iterable[Line], titles: Mapping[str, str], at: datetime, left: Sequence[str] = ()) -> Json:
    """The Bundle of a sheet: the person, then each chosen section (`titles`, in order) with its lines; last, what was left out.

    No INS is in it: whoever finds a telephone on the floor learns no matricule.
    """
    patient: Json = {
        "resourceType": "Patient", "id": "patient", "name": [{"family": traits.birth_name, "given": [traits.given_names]}],
        "gender": _GENDER.get(traits.sex, "unknown"), "birthDate": traits.birth_date,
    }  # fmt: skip
    told = list(lines)
    resources = [patient]
    for section, title in titles.items():
        written = [_WRITERS[section](line) | {"id": f"{section}-{n}"} for n, line in enumerate(told) if line.section == section]
        resources += [_listed(section, title, [f"#{one['id']}" for one in written]), *written]
    if left:
        resources.append(_listed("unshown", UNSHOWN, []) | {"note": [{"text": ", ".join(left)}]})
    entries = [{"fullUrl": _urn(r["id"]), "resource": _by_urn(r)} for r in resources]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": to_fhir(at), "entry": entries}


_NAMES = UUID("4c0e7a52-6d0c-5b0a-9a37-0b8f6a2f5e11")


def _urn(identifier: str) -> str:
    """The name of a resource inside a sheet: nothing else has it, and it leads nowhere."""
    return f"urn:uuid:{uuid5(_NAMES, identifier)}"


def _by_urn(node: Any) -> Any:
    """A resource whose references inside the sheet are the fullUrl of what they mean."""
    if isinstance(node, list):
        return [_by_urn(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _urn(value[1:]) if name == "reference" and isinstance(value, str) and value.startswith("#") else _by_urn(value)
        for name, value in node.items()
    }
