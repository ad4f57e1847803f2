"""What is told of an allergy, of an illness, and of nothing: what was stated, and what nobody stated, each by its own code."""

import pytest

from carnet.formats.fhir.ips import ABSENT, known_absent
from carnet.formats.fhir.personal import Said, allergy, condition


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


@pytest.mark.parametrize(
    ("clinical", "certainty"),
    [("active", "confirmed"), ("inactive", ""), ("", "unconfirmed"), ("active", "refuted"), ("", "entered-in-error")],
)
def test_a_status_is_the_one_that_was_stated(clinical: str, certainty: str) -> None:
    said = Said("n1", "Pénicilline", clinical=clinical, certainty=certainty)
    for told in (allergy(said, {}), condition(said, {})):
        # R4, ait-1 and con-5: a clinical status stands unless the whole is an error, and then it does not.
        assert ("clinicalStatus" in told) == (certainty != "entered-in-error")
        stated = told.get("clinicalStatus", {})
        assert [c["code"] for c in stated.get("coding", ())] == ([clinical] if clinical else [])
        assert ("extension" in stated) == (not clinical and certainty != "entered-in-error")
        assert [c["code"] for c in told.get("verificationStatus", {}).get("coding", ())] == ([certainty] if certainty else [])
