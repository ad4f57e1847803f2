"""The International Patient Summary as a FHIR document (HL7 IPS 2.0): sections with what is stated, or with why they hold nothing.

Withheld, unavailable and known to be none are three different words of the standard, and are never taken for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from carnet.formats.fhir.personal import LOINC, unknown
from carnet.formats.fhir.reading import Json

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition"
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
_EMPTY = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
WITHHELD, UNAVAILABLE, NIL_KNOWN = "withheld", "unavailable", "nilknown"
_SAID = {
    WITHHELD: "Non partagé : la personne ne l'a pas ouvert à ce service.",
    UNAVAILABLE: "Rien n'est inscrit dans le carnet. Cela ne veut pas dire qu'il n'y a rien.",
    NIL_KNOWN: "Une source du carnet dit qu'il n'y en a pas.",
}  # fmt: skip
_PROFILES = {
    "AllergyIntolerance": "AllergyIntolerance-uv-ips", "Condition": "Condition-uv-ips", "Immunization": "Immunization-uv-ips",
    "MedicationStatement": "MedicationStatement-uv-ips", "Patient": "Patient-uv-ips",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its LOINC code and title, its resources with a line of text for each, or why there are none."""

    code: str
    title: str
    resources: Sequence[Json] = ()
    lines: Sequence[str] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a summary is made of. `number` names the document, `at` when it was made."""

    number: str
    at: str
    patient: Json
    sections: Sequence[Section] = field(default_factory=tuple)


def empty_words(section: Section) -> str:
    """Why a section holds nothing, in words."""
    return _SAID[section.empty]


def narrative(lines: Sequence[str]) -> Json:
    """A text in the form of FHIR: a list of lines, or one line."""
    inner = "".join(f"<li>{escape(line)}</li>" for line in lines)
    body = f"<ul>{inner}</ul>" if len(lines) > 1 else f"<p>{escape(lines[0] if lines else '')}</p>"
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml" lang="fr">{body}</div>'}


def _url(resource: Json, base: str) -> str:
    return f"{base}/{resource['resourceType']}/{resource['id']}"


def _section(section: Section, base: str) -> Json:
    found: Json = {
        "title": section.title, "code": {"coding": [{"system": LOINC, "code": section.code}]},
        "text": narrative(list(section.lines) or [empty_words(section)]),
    }  # fmt: skip
    if section.resources:
        return found | {"entry": [{"reference": _url(r, base)} for r in section.resources]}
    return found | {"emptyReason": {"coding": [{"system": _EMPTY, "code": section.empty}], "text": empty_words(section)}}


def _profiled(resource: Json, base: str) -> Json:
    """A resource of the document: with its profile, and with references that lead within the document."""
    profile = _PROFILES.get(resource["resourceType"])
    named = resource | ({"meta": {"profile": [f"{IPS}/{profile}"]}} if profile else {})
    for name in ("patient", "subject"):
        if name in named:
            named = named | {name: {"reference": f"{base}/{named[name]['reference']}"}}
    return named


def _patient(patient: Json) -> Json:
    """The Patient as the profile asks: a name and a birth date are mandatory, and say that they are masked where they are."""
    found = patient | ({} if "name" in patient else {"name": [{"_text": unknown("masked")}]})
    return found | ({} if "birthDate" in patient else {"_birthDate": unknown("masked")})


def document(summary: Summary, base: str) -> Json:
    """The document: a Composition, the Patient, and every resource once."""
    patient = _profiled(_patient(summary.patient), base)
    device: Json = {
        "resourceType": "Device", "id": "carnet", "deviceName": [{"name": "Carnet", "type": "user-friendly-name"}],
    }  # fmt: skip
    composition: Json = {
        "resourceType": "Composition", "id": summary.number, "meta": {"profile": [f"{IPS}/Composition-uv-ips"]}, "status": "final",
        "text": narrative(["Résumé de santé, fait des sources du carnet"]),
        "type": {"coding": [{"system": LOINC, "code": "60591-5"}]}, "subject": {"reference": _url(patient, base)},
        "date": summary.at, "author": [{"reference": _url(device, base)}], "title": "Résumé de santé",
        "section": [_section(s, base) for s in summary.sections],
    }  # fmt: skip
    inside = [_profiled(r, base) for s in summary.sections for r in s.resources]
    entries = [{"fullUrl": _url(r, base), "resource": r} for r in (composition, patient, device, *inside)]
    return {
        "resourceType": "Bundle", "id": summary.number, "meta": {"profile": [f"{IPS}/Bundle-uv-ips"]}, "language": "fr",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{summary.number}"}, "type": "document",
        "timestamp": summary.at, "entry": entries,
    }  # fmt: skip


def known_absent(kind: str, code: str, patient: Json, number: str, words: str) -> Json:
    """A resource that says that nothing of a kind is known, because a source says so."""
    concept = {"coding": [{"system": ABSENT, "code": code}], "text": words}
    if kind == "MedicationStatement":
        return {"resourceType": kind, "id": number, "status": "unknown", "medicationCodeableConcept": concept, "subject": patient,
                "_effectiveDateTime": unknown()}  # fmt: skip
    system = "http://terminology.hl7.org/CodeSystem/{}-clinical".format(
        "condition" if kind == "Condition" else "allergyintolerance"
    )
    who = "subject" if kind == "Condition" else "patient"
    return {"resourceType": kind, "id": number, "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
            "code": concept, who: patient}  # fmt: skip
