"""What a connected service writes is kept as it states it, refused, or named as not kept; and no odd form of it is a fault of ours."""

from typing import Any

import httpx
import pytest
from support.espace import Space, newcomer
from support.services import App, app

LOINC = "http://loinc.org"
NOT_KEPT = "https://carnet.example/StructureDefinition/not-kept"


@pytest.fixture(scope="module")
def connected(espace: str, oauth: str, door: str) -> tuple[Space, App]:
    space, _, _ = newcomer(espace)
    return space, app(oauth, door).connect(space, "openid fhirUser launch/patient patient/*.crus offline_access")


def pulse(number: str, **more: Any) -> dict[str, Any]:
    """A pulse that a service sends."""
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": LOINC, "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{number}"}, "effectiveDateTime": "2026-11-20T07:30:00+01:00",
        "valueQuantity": {"value": 64, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    } | more  # fmt: skip


@pytest.mark.parametrize("changes", [
    {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "8867-4"}]}}, {"code": {"coding": None}}, {"code": {"coding": 5}},
    {"code": {"coding": [5]}}, {"note": None}, {"note": 5}, {"note": {"text": "x"}}, {"note": [{"text": None}]},
    {"valueQuantity": {"value": 10**400, "unit": "/min"}}, {"valueQuantity": {"value": 64, "code": "/min", "modifierExtension": [{"url": "x"}]}},
    {"modifierExtension": [{"url": "x", "valueBoolean": True}]}, {"component": None},
])  # fmt: skip
def test_what_cannot_be_kept_as_it_is_stated_is_refused(connected: tuple[Space, App], changes: dict[str, Any]) -> None:
    _, client = connected
    answer = client.call("Observation", "POST", json=pulse(client.patient, **changes))
    assert answer.status_code in (400, 422), answer.text
    assert client.resources("Observation?code=8867-4") == []


@pytest.mark.parametrize("reference", ["http://evil.example/fhir/Patient/{}", "Group/{}", "{}", "Patient/0{}"])
def test_the_subject_is_the_person_of_the_token(connected: tuple[Space, App], reference: str) -> None:
    _, client = connected
    sent = pulse(client.patient, subject={"reference": reference.format(client.patient)})
    assert client.call("Observation", "POST", json=sent).status_code == 403


def test_what_is_not_kept_is_named_and_what_is_kept_comes_back(connected: tuple[Space, App]) -> None:
    _, client = connected
    sent = pulse(
        client.patient, effectiveDateTime="2026-11-18", identifier=[{"value": "1"}], performer=[{"display": "Dr Y"}], category=[{"text": "x"}],
        subject={"reference": f"{client.fhir}/services/fhir/Patient/{client.patient}"},
        note=[{"text": "au repos", "authorString": "Dr Y"}], valueQuantity={"value": 64.12345678901, "code": "/min"},
    )  # fmt: skip
    made = client.call("Observation", "POST", json=sent)
    assert made.status_code == 201, made.text
    kept = made.json()
    assert {e["valueCode"] for e in kept["extension"] if e["url"] == NOT_KEPT} == {
        "identifier",
        "performer",
        "category",
        "note.authorString",
    }
    assert not {"identifier", "category"} & kept.keys() and kept["note"] == [{"text": "au repos"}]
    read = client.call(f"Observation/{kept['id']}").json()
    assert read["valueQuantity"]["value"] == 64.12345678901 and read["note"] == [{"text": "au repos"}]
    plain = client.call("Observation", "POST", json=pulse(client.patient, effectiveDateTime="2026-11-17")).json()
    assert "extension" not in plain and "note" not in plain


def test_an_entry_that_is_no_creation_is_refused(connected: tuple[Space, App]) -> None:
    _, client = connected
    sent = pulse(client.patient, effectiveDateTime="2026-11-16")
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": sent, "request": {"method": "DELETE", "url": "Observation/1"}}],
    }
    for wrong in (
        bundle,
        bundle | {"entry": None},
        bundle | {"entry": 5},
        bundle | {"entry": [{"resource": {"resourceType": [None]}}]},
    ):
        assert client.call("", "POST", json=wrong).status_code == 400


@pytest.mark.parametrize("name", ["MedicationStatement", "Appointment", "Patient", "DocumentReference"])
def test_a_type_that_is_not_written_has_no_creation(connected: tuple[Space, App], name: str) -> None:
    answer = connected[1].call(name, "POST", json={"resourceType": name})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_posted_search_is_asked_by_its_form_and_its_address(connected: tuple[Space, App]) -> None:
    _, client = connected
    client.call("Observation", "POST", json=pulse(client.patient, effectiveDateTime="2026-11-15"))
    everything = client.call("Observation/_search", "POST").json()["total"]
    assert everything >= 1
    assert client.call("Observation/_search?code=29463-7", "POST").json()["total"] == 0
    assert client.call("Observation/_search?code=8867-4", "POST", data={"date": "2026-11-15"}).json()["total"] == 1
    assert client.call("Observation/_search", "POST", json={"code": "29463-7"}).json()["total"] == 0
    assert client.call("Observation/_search?banana=1", "POST").status_code == 400
    assert client.call("Observation/_search", "POST", content="code=1", headers={"Content-Type": "text/plain"}).status_code == 415
    told = client.call("Observation?code=8867-4").json()
    assert told["link"][0]["url"].endswith("/Observation?code=8867-4"), "the parameters that were asked by"


def test_a_search_names_this_person_each_time_that_it_names_one(connected: tuple[Space, App]) -> None:
    _, client = connected
    assert client.call("Patient?_id=other").json()["total"] == 0
    assert client.call(f"Patient?_id={client.patient}").json()["total"] == 1
    for asked in (f"patient=other&patient={client.patient}", f"patient={client.patient}&subject=Patient/other"):
        assert client.call(f"Observation?{asked}").status_code == 403


@pytest.mark.parametrize("changes", [
    {"status": "off"}, {"end": "2020-01-01T00:00:00Z"}, {"contact": [{}]}, {"channel": {"timeout": 5}}, {"channel": {"endpoint": "https://a.example/" + "a" * 300}},
    {"channel": {"payload": "application/fhir+xml"}}, {"channel": {"_payload": {"extension": None}}}, {"channel": {"_payload": {"extension": 5}}},
    {"channel": {"_payload": {"extension": [{"url": "x"}]}}}, {"_criteria": {"extension": [{"url": "x"}]}},
])  # fmt: skip
def test_a_subscription_keeps_what_it_states_or_is_refused(connected: tuple[Space, App], changes: dict[str, Any]) -> None:
    _, client = connected
    channel = {"type": "rest-hook", "endpoint": "https://service.example/evenements", "payload": "application/fhir+json"}
    sent = {
        "resourceType": "Subscription",
        "status": "requested",
        "criteria": f"{client.fhir}/services/fhir/SubscriptionTopic/measures",
    }
    answer = client.call("Subscription", "POST", json=sent | changes | {"channel": channel | changes.get("channel", {})})
    assert answer.status_code == 400, answer.text
    assert client.call("Subscription?status=off").status_code == 400


def test_an_export_tells_what_was_asked_and_gives_all_of_it(connected: tuple[Space, App]) -> None:
    _, client = connected
    begun = client.call("Patient/$export?_type=Observation&_type=Patient")
    told = client.call(begun.headers["content-location"].split("/services/fhir/")[1]).json()
    assert {o["type"] for o in told["output"]} == {"Observation", "Patient"}
    assert told["request"] == f"{client.fhir}/services/fhir/Patient/$export?_type=Observation&_type=Patient"


@pytest.mark.parametrize("told", ["////", "/w==", "YQA6Yg==", "?"])
@pytest.mark.parametrize("place", ["token", "introspect", "revoke"])
def test_a_name_and_password_that_are_no_text_prove_nothing(oauth: str, place: str, told: str) -> None:
    answer = httpx.post(
        f"{oauth}/{place}", data={"token": "x", "grant_type": "refresh_token"}, headers={"Authorization": f"Basic {told}"}
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
