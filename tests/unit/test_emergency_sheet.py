"""The emergency sheet as FHIR: each section as its resource, and where each line comes from."""

from datetime import UTC, datetime

import pytest

from carnet.formats.fhir.emergency_sheet import NOTHING, SAID, Line, sheet_bundle
from carnet.formats.fhir.reading import Json
from carnet.kernel.traits import Traits

WHO = Traits("ESSAI", "Claude", "F", "1980-05-17")
AT = datetime(2026, 11, 25, tzinfo=UTC)
KINDS = {
    "allergies": "AllergyIntolerance", "treatments": "MedicationStatement", "problems": "Condition", "devices": "DeviceUseStatement",
    "blood": "Observation", "contacts": "RelatedPerson", "directives": "Consent",
}  # fmt: skip


def line(section: str, source: str = "person", value: str = "", detail: str = "une précision", **more: str) -> Line:
    return Line(section, "Une chose", detail, value, source, more.pop("since", "2019"), "2026-01-02", **more)


def sheet(*lines: Line, titles: dict[str, str] | None = None) -> Json:
    return sheet_bundle(WHO, lines, titles or {one.section: one.section.title() for one in lines}, AT)


def told(*lines: Line, titles: dict[str, str] | None = None) -> list[Json]:
    return [e["resource"] for e in sheet(*lines, titles=titles)["entry"]]


@pytest.mark.parametrize("section", sorted(KINDS))
def test_each_section_has_its_resource(section: str) -> None:
    patient, listed, resource = told(line(section))
    assert (patient["resourceType"], listed["resourceType"], resource["resourceType"]) == ("Patient", "List", KINDS[section])
    urls = {e["resource"]["id"]: e["fullUrl"] for e in sheet(line(section))["entry"]}
    assert listed["entry"] == [{"item": {"reference": urls[resource["id"]]}}]
    assert listed["subject"] == {"reference": urls["patient"]} and all(url.startswith("urn:uuid:") for url in urls.values())
    assert "Une chose" in str(resource)
    assert "une précision" in str(resource)
    assert "identifier" not in patient, "no INS"


@pytest.mark.parametrize("source", sorted(SAID))
def test_a_line_says_where_it_comes_from(source: str) -> None:
    [_, _, resource] = told(line("treatments", source))
    assert resource["note"] == [{"text": f"une précision. {SAID[source]}"}]
    [_, _, bare] = told(line("treatments", source, detail=""))
    assert bare["note"] == [{"text": SAID[source]}]


def test_a_telephone_and_a_group_stand_as_values() -> None:
    _, _, contact, _, blood = told(line("contacts", value="0639980000"), line("blood", value="A+"))
    assert contact["telecom"] == [{"system": "phone", "value": "0639980000"}]
    assert blood["valueString"] == "A+"
    [_, _, without] = told(line("contacts"))
    assert "telecom" not in without


def test_a_section_that_is_empty_stays_and_says_so() -> None:
    _, listed = told(titles={"allergies": "Allergies"})
    assert listed["title"] == "Allergies"
    assert listed["emptyReason"]["text"] == NOTHING
    assert "entry" not in listed


@pytest.mark.parametrize("section", ["allergies", "problems", "devices", "treatments"])
def test_a_date_is_as_precise_as_it_was_stated_and_none_is_made_up(section: str) -> None:
    [_, _, dated] = told(line(section))
    assert "2019" in [dated.get(name) for name in ("onsetDateTime", "effectiveDateTime", "timingDateTime")]
    [_, _, undated] = told(line(section, since=""))
    assert not {"onsetDateTime", "effectiveDateTime", "timingDateTime"} & set(undated)


def test_a_declared_absence_is_never_an_active_thing() -> None:
    for polarity, status in (("known-absent", "not-taken"), ("no-information", "unknown")):
        [_, _, allergy] = told(line("allergies", polarity=polarity))
        assert "clinicalStatus" not in allergy
        [_, _, drug] = told(line("treatments", polarity=polarity))
        assert drug["status"] == status
