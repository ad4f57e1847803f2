"""The emergency sheet as FHIR: each section as its resource, and where each line comes from."""

from datetime import UTC, datetime

import pytest

from carnet.formats.fhir.emergency_sheet import SAID, Line, sheet_bundle
from carnet.kernel.traits import Traits

WHO = Traits("ESSAI", "Claude", "F", "1980-05-17")
AT = datetime(2026, 11, 25, tzinfo=UTC)
KINDS = {
    "allergies": "AllergyIntolerance", "treatments": "MedicationStatement", "problems": "Condition", "devices": "DeviceUseStatement",
    "blood": "Observation", "contacts": "RelatedPerson", "directives": "Consent",
}  # fmt: skip


def line(section: str, source: str = "person", value: str = "", detail: str = "une précision") -> Line:
    return Line(section, "Une chose", detail, value, source, "2026-01-02")


@pytest.mark.parametrize("section", sorted(KINDS))
def test_each_section_has_its_resource(section: str) -> None:
    patient, resource = (e["resource"] for e in sheet_bundle(WHO, [line(section)], AT)["entry"])
    assert (patient["resourceType"], resource["resourceType"]) == ("Patient", KINDS[section])
    assert "Une chose" in str(resource)
    assert "une précision" in str(resource)
    assert "identifier" not in patient, "no INS"


@pytest.mark.parametrize("source", sorted(SAID))
def test_a_line_says_where_it_comes_from(source: str) -> None:
    [_, resource] = (e["resource"] for e in sheet_bundle(WHO, [line("treatments", source)], AT)["entry"])
    assert resource["note"] == [{"text": f"une précision. {SAID[source]}"}]
    [_, bare] = (e["resource"] for e in sheet_bundle(WHO, [line("treatments", source, detail="")], AT)["entry"])
    assert bare["note"] == [{"text": SAID[source]}]


def test_a_telephone_and_a_group_stand_as_values() -> None:
    _, contact, blood = (
        e["resource"] for e in sheet_bundle(WHO, [line("contacts", value="0639980000"), line("blood", value="A+")], AT)["entry"]
    )
    assert contact["telecom"] == [{"system": "phone", "value": "0639980000"}]
    assert blood["valueString"] == "A+"
    [_, without] = (e["resource"] for e in sheet_bundle(WHO, [line("contacts")], AT)["entry"])
    assert "telecom" not in without
