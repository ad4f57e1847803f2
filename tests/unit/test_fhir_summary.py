"""What a summary says of nothing: known to be none by each resource's own code, withheld, unavailable."""

import pytest

from carnet.formats.fhir.ips import ABSENT, known_absent


@pytest.mark.parametrize(
    ("kind", "code", "concept", "status"),
    [
        ("MedicationStatement", "no-medication-info", "medicationCodeableConcept", ("status", "unknown")),
        ("AllergyIntolerance", "no-known-allergies", "code", ("clinicalStatus", "active")),
        ("Condition", "no-known-problems", "code", ("clinicalStatus", "active")),
    ],
)
def test_known_to_be_none_is_said_by_a_code_and_by_the_words_of_its_source(
    kind: str, code: str, concept: str, status: tuple[str, str]
) -> None:
    said = known_absent(kind, code, {"reference": "Patient/1"}, "n1", "Aucun traitement")
    assert said["resourceType"] == kind
    assert said[concept] == {"coding": [{"system": ABSENT, "code": code}], "text": "Aucun traitement"}
    held = said[status[0]]
    assert status[1] in (held, held["coding"][0]["code"] if isinstance(held, dict) else "")
