"""What a record states of a person, as FHIR R4 resources: allergies, treatments, illnesses, measures, appointments.

Dates are as precise as they were stated; what is not known is absent, or says so by its own code: nothing is made up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from carnet.formats.fhir.reading import Json
from carnet.formats.fhir.systems import uri_of

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
_TERMS = "http://terminology.hl7.org/CodeSystem/{}"
_CLINICAL = _TERMS.format("{}-clinical")
_ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_ATC_OID, _ATC = "2.16.840.1.113883.6.73", "http://www.whocc.no/atc"
_SYSTEMS = {
    _ATC_OID: _ATC,
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a record states. Dates are partial ISO dates, empty when nothing states them."""

    number: str
    label: str
    codes: tuple[tuple[str, str, str], ...] = ()
    start: str = ""
    end: str = ""
    clinical: str = ""
    """`active` or `inactive`; empty when nothing states it."""
    certainty: str = ""
    """`confirmed`, `unconfirmed`, `refuted`, `entered-in-error`; empty when nothing states it."""
    note: str = ""
    author: str = ""
    recorded: str = ""


def concept(label: str, codes: Iterable[tuple[str, str, str]]) -> Json:
    """A CodeableConcept: every code that the document gives, and its words."""
    coding = [
        {"system": _SYSTEMS.get(system, uri_of(system)), "code": code} | ({"display": name} if name else {})
        for code, system, name in codes
        if code and system
    ]
    return ({"coding": coding} if coding else {}) | ({"text": label} if label else {})


def unknown(reason: str = "unknown") -> Json:
    """The extension that says why a value is not there."""
    return {"extension": [{"url": _ABSENT_REASON, "valueCode": reason}]}


def _standing(kind: str, verification: str, said: Said) -> Json:
    """Clinical and verification status, as they are stated. R4 wants a clinical status: where nothing states one, it says so."""
    clinical = {"coding": [{"system": _CLINICAL.format(kind), "code": said.clinical}]} if said.clinical else unknown()
    found: Json = {} if said.certainty == "entered-in-error" else {"clinicalStatus": clinical}
    if said.certainty:
        found["verificationStatus"] = {"coding": [{"system": _TERMS.format(verification), "code": said.certainty}]}
    return found


def _common(kind: str, said: Said) -> Json:
    return {"resourceType": kind, "id": said.number} | ({"note": [{"text": said.note}]} if said.note else {})


def allergy(said: Said, patient: Json) -> Json:
    """An AllergyIntolerance."""
    standing = _standing("allergyintolerance", "allergyintolerance-verification", said)
    found = _common("AllergyIntolerance", said) | standing | {"code": concept(said.label, said.codes), "patient": patient}
    return found | _dated(said, "onsetDateTime") | _authored(said, "recordedDate", "recorder")


def condition(said: Said, patient: Json, category: str = "problem-list-item") -> Json:
    """A Condition."""
    found = _common("Condition", said) | _standing("condition", "condition-ver-status", said) | {
        "category": [{"coding": [{"system": _TERMS.format("condition-category"), "code": category}]}],
        "code": concept(said.label, said.codes), "subject": patient,
    }  # fmt: skip
    ended = {"abatementDateTime": said.end} if said.end else {}
    return found | _dated(said, "onsetDateTime") | ended | _authored(said, "recordedDate", "recorder")


@dataclass(frozen=True, slots=True)
class Taken:
    """A treatment: where it stands (`active`, `completed`, `stopped`, `intended`, `unknown`), and the posology in words."""

    said: Said
    status: str
    dosage: str = ""


def medication(taken: Taken, patient: Json) -> Json:
    """A MedicationStatement. Where nothing states a date, the effective time says that it is unknown."""
    said = taken.said
    period = {k: v for k, v in (("start", said.start), ("end", said.end)) if v}
    found = _common("MedicationStatement", said) | {
        "status": taken.status, "medicationCodeableConcept": concept(said.label, said.codes), "subject": patient,
    }  # fmt: skip
    when: Json = {"effectivePeriod": period} if period else {"_effectiveDateTime": unknown()}
    dosage = {"dosage": [{"text": taken.dosage}]} if taken.dosage else {}
    return found | when | dosage | _authored(said, "dateAsserted", "informationSource")


def _dated(said: Said, name: str) -> Json:
    return {name: said.start} if said.start else {}


def _authored(said: Said, when: str, who: str) -> Json:
    return ({when: said.recorded} if said.recorded else {}) | ({who: {"display": said.author}} if said.author else {})


@dataclass(frozen=True, slots=True)
class Value:
    """A value: a number with its unit, or words."""

    number: float | None = None
    text: str = ""
    unit: str = ""
    ucum: str = ""
    comparator: str = ""


def quantity(value: Value) -> Json:
    """A Quantity."""
    number = value.number if value.number is None or not value.number.is_integer() else int(value.number)
    found: Json = {"value": number, "unit": value.unit or value.ucum, "system": UCUM, "code": value.ucum}
    return found | ({"comparator": value.comparator} if value.comparator else {})


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure: what, when, its value or its parts."""

    number: str
    code: str
    system: str
    label: str
    when: str
    issued: str
    value: Value | None = None
    parts: tuple[tuple[str, str, Value | None], ...] = ()
    """Code, label, and the value, None where it was not measured."""
    note: str = ""
    author: str = ""
    derived: tuple[str, ...] = ()
    vital: bool = True


def _valued(value: Value | None) -> Json:
    if value is None:
        system = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
        return {"dataAbsentReason": {"coding": [{"system": system, "code": "not-performed"}]}}
    return {"valueQuantity": quantity(value)} if value.number is not None else {"valueString": value.text}


def observation(measured: Measured, patient: Json) -> Json:
    """An Observation."""
    category = "vital-signs" if measured.vital else "survey"
    found: Json = {
        "resourceType": "Observation", "id": measured.number, "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}]}],
        "code": concept(measured.label, [(measured.code, measured.system, "")]), "subject": patient, "issued": measured.issued,
    }  # fmt: skip
    found |= {"effectiveDateTime": measured.when} if measured.when else {"_effectiveDateTime": unknown()}
    if measured.parts:
        found["component"] = [
            {"code": concept(label, [(code, LOINC, "")])} | _valued(value) for code, label, value in measured.parts
        ]
    else:
        found |= _valued(measured.value)
    if measured.note:
        found["note"] = [{"text": measured.note}]
    if measured.author:
        found["performer"] = [{"display": measured.author}]
    if measured.derived:
        found["derivedFrom"] = [{"reference": f"Observation/{number}"} for number in measured.derived]
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What a section of a summary holds, or why it holds nothing: a code of the IPS (`no-known-allergies`, `no-allergy-info`…)."""

    title: str
    code: str
    resources: list[Json] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
