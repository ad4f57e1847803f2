"""What the profiles of the International Patient Summary (hl7.fhir.uv.ips 2.0, FHIR R4) ask of the resources that Carnet writes.

The guide's package lies in no registry that these tests can reach: its rules, read by hand from the guide's own sources, are set
down here as differential StructureDefinitions under their canonical addresses, and the validator makes them whole from FHIR R4.
Not set down: obligations, must-support, preferred bindings, and the profiles of what a summary of Carnet never holds.
"""

from typing import Any

Json = dict[str, Any]
IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
_LOINC = "http://loinc.org"

SECTIONS: dict[str, tuple[str, bool, tuple[str, ...]]] = {
    "sectionMedications": ("10160-0", True, ("MedicationStatement", "MedicationRequest", "MedicationAdministration",
                                             "MedicationDispense", "DocumentReference")),
    "sectionAllergies": ("48765-2", True, ("AllergyIntolerance", "DocumentReference")),
    "sectionProblems": ("11450-4", True, ("Condition", "DocumentReference")),
    "sectionImmunizations": ("11369-6", False, ("Immunization", "DocumentReference")),
    "sectionVitalSigns": ("8716-3", False, ("Observation", "DocumentReference")),
    "sectionPastIllnessHx": ("11348-0", False, ("Condition", "DocumentReference")),
}  # fmt: skip
"""Slices of Composition.section: the code, whether it must be there, what its entries may be."""


def _element(path: str, minimum: int | None = None, maximum: str | None = None, **more: Any) -> Json:
    """One element of a differential. `path` names slices as path:slice."""
    found: Json = {"id": path, "path": ".".join(part.partition(":")[0] for part in path.split("."))}
    name = path.rpartition(".")[2].partition(":")[2]
    if name:
        found["sliceName"] = name
    if minimum is not None:
        found["min"] = minimum
    if maximum is not None:
        found["max"] = maximum
    return found | more


def _only(*profiles: str, code: str = "Reference") -> list[Json]:
    return [{"code": code, "targetProfile": list(profiles)}]


def _rule(key: str, expression: str) -> list[Json]:
    return [{"key": key, "severity": "error", "human": key, "expression": expression}]


def _profile(kind: str, *elements: Json, base: str = "") -> Json:
    number = f"{kind}-uv-ips"
    return {
        "resourceType": "StructureDefinition", "id": number, "url": IPS + number, "version": "2.0.0", "name": number.replace("-", ""),
        "status": "active", "fhirVersion": "4.0.1", "kind": "resource", "abstract": False, "type": kind,
        "baseDefinition": CORE + (base or kind), "derivation": "constraint", "differential": {"element": [_element(kind), *elements]},
    }  # fmt: skip


def _whose(path: str) -> list[Json]:
    """A reference to the patient, that must be one and not only an identifier or a name."""
    return [_element(path, type=_only(f"{IPS}Patient-uv-ips")), _element(f"{path}.reference", 1)]


def _section(name: str) -> list[Json]:
    code, required, kinds = SECTIONS[name]
    path = f"Composition.section:{name}"
    rule = {"constraint": _rule("ips-comp-1", "entry.reference.exists() or emptyReason.exists()")} if required else {}
    return [
        _element(path, int(required), "1", **rule), _element(f"{path}.title", 1),
        _element(f"{path}.code", 1, patternCodeableConcept={"coding": [{"system": _LOINC, "code": code}]}),
        _element(f"{path}.entry", type=_only(*(CORE + kind for kind in kinds))),
    ]  # fmt: skip


def _slicing(*discriminators: tuple[str, str]) -> Json:
    return {"discriminator": [{"type": kind, "path": path} for kind, path in discriminators], "rules": "open"}


def profiles() -> Json:
    """A Bundle of the StructureDefinitions."""
    composition = _profile(
        "Composition",
        _element("Composition.type", patternCodeableConcept={"coding": [{"system": _LOINC, "code": "60591-5"}]}),
        _element("Composition.subject", 1, type=_only(f"{IPS}Patient-uv-ips")), _element("Composition.subject.reference", 1),
        _element("Composition.section", 1, slicing=_slicing(("pattern", "code"))), _element("Composition.section.text", 1),
        _element("Composition.section.section", maximum="0"), *(e for name in SECTIONS for e in _section(name)),
        base="clinicaldocument",
    )  # fmt: skip
    bundle = _profile(
        "Bundle", _element("Bundle.identifier", 1), _element("Bundle.type", fixedCode="document"), _element("Bundle.timestamp", 1),
        _element("Bundle.entry", slicing=_slicing(("type", "resource"), ("profile", "resource"))),
        _element("Bundle.entry.fullUrl", 1), *(_element(f"Bundle.entry.{n}", maximum="0") for n in ("search", "request", "response")),
        *(e for kind in ("Composition", "Patient") for e in (
            _element(f"Bundle.entry:{kind.lower()}", 1, "1"),
            _element(f"Bundle.entry:{kind.lower()}.resource", 1, type=[{"code": kind, "profile": [f"{IPS}{kind}-uv-ips"]}]))),
    )  # fmt: skip
    bundle["differential"]["element"][0]["constraint"] = _rule("bdl-ips-1", "entry.tail().where(resource is Composition).empty()")
    patient = _profile(
        "Patient", _element("Patient.name", 1, constraint=_rule("ips-pat-1", "family.exists() or given.exists() or text.exists()")),
        _element("Patient.birthDate", 1),
    )  # fmt: skip
    others = (
        _profile("AllergyIntolerance", _element("AllergyIntolerance.code", 1, "1"), *_whose("AllergyIntolerance.patient")),
        _profile("Condition", _element("Condition.code", 1, "1"), *_whose("Condition.subject")),
        _profile("MedicationStatement", *_whose("MedicationStatement.subject"), _element("MedicationStatement.effective[x]", 1, "1")),
        _profile("Immunization", _element("Immunization.vaccineCode", 1, "1"), *_whose("Immunization.patient"),
                 _element("Immunization.occurrence[x]", 1, "1")),
    )  # fmt: skip
    return {"resourceType": "Bundle", "type": "collection",
            "entry": [{"resource": p} for p in (composition, bundle, patient, *others)]}  # fmt: skip
