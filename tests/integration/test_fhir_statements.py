"""What a client of the FHIR door states is taken as it states it, or refused: nothing that contradicts itself is half taken."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from support.people import allow, cda, client, entry, fresh_person, fresh_uid, open_record

from carnet.apps.storage.api import unit
from carnet.desk.client import code_of, parameters, provide_bundle, token_of
from carnet.desk.demonstration.people import DemoPerson


def somebody() -> tuple[DemoPerson, str]:
    """A person with an open record that the treating doctor may feed, and the record's number."""
    person = fresh_person()
    record_id = open_record(person)
    allow(record_id, "treating")
    return person, str(record_id)


def bundle(person: DemoPerson, **changes: Any) -> dict[str, Any]:
    """A deposit of one document."""
    unique_id = fresh_uid()
    return provide_bundle(entry(person, unique_id=unique_id), cda(person, "treating", "11488-4", unique_id), **changes)


def identifier(person: DemoPerson) -> dict[str, Any]:
    return {"system": f"urn:oid:{person.ins.oid}", "value": person.ins.matricule}


def kept(record_id: str) -> int:
    """Documents of a record."""
    with unit(record_id) as work:
        return int(work.rows("SELECT count(*) FROM records_document WHERE record_id = %s", record_id)[0][0])


def test_every_way_of_naming_the_patient_leads_to_one_record(door: str) -> None:
    (one, mine), (other, theirs) = somebody(), somebody()
    software = client(door, "treating")
    inside = {"resourceType": "Patient", "id": "p", "identifier": [identifier(other)]}
    both = inside | {"identifier": [identifier(one), identifier(other)]}
    contradicting = [
        {"subject": {"reference": f"Patient/{mine}", "identifier": identifier(other)}},
        {"subject": {"reference": f"Patient/{theirs}", "identifier": identifier(one)}},
        {"subject": {"reference": "#p", "identifier": identifier(one)}, "contained": [inside]},
        {"subject": {"reference": "#p"}, "contained": [both]},
        {"subject": {"reference": f"Patient?identifier={token_of(one.ins)}&identifier={token_of(other.ins)}"}},
    ]
    for changes in contradicting:
        answer = software.post("/fhir", bundle(one, **changes))
        assert (answer.status_code, code_of(answer)) == (422, "document-patient-mismatch"), changes
    set_of_another = bundle(one)
    set_of_another["entry"][0]["resource"]["subject"] = {"reference": f"Patient/{theirs}", "identifier": identifier(one)}
    assert code_of(software.post("/fhir", set_of_another)) == "document-patient-mismatch"
    assert kept(mine) == kept(theirs) == 0
    agreeing = {"subject": {"reference": f"Patient/{mine.upper()}", "identifier": identifier(one)}}
    assert software.post("/fhir", bundle(one, **agreeing)).status_code == 200
    assert kept(mine) == 1


@pytest.mark.parametrize(("said", "field"), [
    ({"birthDate": "2001-01-01"}, "birth_date"), ({"gender": "other-one"}, ""), ({"name": [{"use": "official", "family": "TOTALEMENT"}]}, "birth_name"),
    ({"name": [{"use": "usual", "family": "TOTALEMENT"}]}, ""),
])  # fmt: skip
def test_what_a_deposit_says_of_its_patient_is_that_person(door: str, said: dict[str, Any], field: str) -> None:
    person, record_id = somebody()
    patient = {"resourceType": "Patient", "id": "p", "identifier": [identifier(person)], **said}
    answer = client(door, "treating").post("/fhir", bundle(person, subject={"reference": "#p"}, contained=[patient]))
    assert code_of(answer) == ("ins-mismatch" if field else ""), answer.text
    assert field in answer.text and kept(record_id) == (0 if field else 1)


@pytest.mark.parametrize(("place", "request_"), [
    (1, {"method": "DELETE", "url": "DocumentReference/1"}), (1, {"method": "PUT", "url": "DocumentReference/1"}),
    (1, {"method": "GET", "url": "DocumentReference/1"}), (0, {"method": "PATCH", "url": "List/1"}),
    (1, {"method": "POST", "url": "DocumentReference", "ifNoneExist": "identifier=1"}),
    (2, {"method": "POST", "url": "Binary", "ifMatch": 'W/"99"'}), (1, {"method": 5}), (1, "POST"),
])  # fmt: skip
def test_an_entry_that_asks_for_something_else_than_a_creation_is_no_deposit(door: str, place: int, request_: Any) -> None:
    person, record_id = somebody()
    sent = bundle(person)
    sent["entry"][place]["request"] = request_
    answer = client(door, "treating").post("/fhir", sent)
    assert (answer.status_code, kept(record_id)) == (400, 0), answer.text


def test_bytes_of_no_document_are_not_said_to_be_kept(door: str) -> None:
    person, record_id = somebody()
    sent = bundle(person)
    more = {"resourceType": "Binary", "contentType": "text/plain", "data": base64.b64encode(b"perdu").decode()}
    sent["entry"].append({"fullUrl": f"urn:uuid:{uuid4()}", "resource": more, "request": {"method": "POST", "url": "Binary"}})
    answer = client(door, "treating").post("/fhir", sent)
    assert answer.status_code == 400 and "Bundle.entry[3]" in answer.text and kept(record_id) == 0


def test_each_entry_of_bytes_is_answered_by_its_own_document(door: str) -> None:
    person, record_id = somebody()
    first, second = bundle(person), bundle(person)
    for one in second["entry"]:
        one["fullUrl"] = one["fullUrl"].replace("4000-8000", "4000-9000")
    second["entry"][1]["resource"]["content"][0]["attachment"]["url"] = second["entry"][2]["fullUrl"]
    first["entry"][0]["resource"]["entry"].append({"item": {"reference": second["entry"][1]["fullUrl"]}})
    order = [second["entry"][2], first["entry"][0], first["entry"][1], first["entry"][2], second["entry"][1]]
    answer = client(door, "treating").post("/fhir", first | {"entry": order})
    assert answer.status_code == 200, answer.text
    places = [e["response"]["location"].split("/")[1] for e in answer.json()["entry"]]
    assert places[0] == places[4] and places[3] == places[2] != places[4] and kept(record_id) == 2


def test_what_the_patient_said_is_said_once(door: str) -> None:
    person = fresh_person()
    record_id = open_record(person)
    software = client(door, "cardiologist")
    told = parameters(person.ins, {"name": "ground", "valueCode": "consultation"}, {"name": "patientAgrees", "valueBoolean": True})
    said = told["parameter"]
    for more in ({"name": "patientAgrees", "valueBoolean": False}, {"name": "ground", "valueCode": "care_team"}, said[0],
                 {"name": "banana", "valueBoolean": True}, {"name": "prolong"}, 5, None, "x"):  # fmt: skip
        for listed in ([*said, more], [more, *said]):
            answer = software.post("/fhir/Patient/$authorize", told | {"parameter": listed})
            assert answer.status_code == 400, (more, answer.text)
    assert software.post("/fhir/Patient/$authorize", told | {"parameter": 5}).status_code == 400
    with unit(record_id) as work:
        assert work.rows("SELECT 1 FROM access_authorisation WHERE record_id = %s", record_id) == []
    assert software.post("/fhir/Patient/$authorize", told).status_code == 200


def test_a_question_about_one_identity_names_one(door: str) -> None:
    (one, _), (other, _) = somebody(), somebody()
    software = client(door, "treating")
    for asked in (
        [("identifier", token_of(other.ins)), ("identifier", token_of(one.ins))],
        [("identifier", token_of(one.ins)), ("family", "FAUX"), ("family", one.traits.birth_name)],
    ):
        body = "&".join(f"{name}={value}" for name, value in asked)
        headers = software.headers() | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = software.http.post(f"{door}/fhir/Patient/_search", content=body, headers=headers)
        assert answer.status_code == 400, asked


@pytest.mark.parametrize("name", ["author.family", "identifier", "related", "relatesto", "\\ud800"])
def test_half_a_character_is_refused_wherever_it_stands(door: str, name: str) -> None:
    person, _ = somebody()
    software = client(door, "treating")
    asked = f'{{"patient.identifier": "{token_of(person.ins)}", "status": "current", "{name}": "\\ud800"}}'
    for path in ("DocumentReference/_search", "List/_search", "Patient/_search"):
        headers = software.headers() | {"Content-Type": "application/json", "Prefer": "handling=lenient"}
        answer = software.http.post(f"{door}/fhir/{path}", content=asked, headers=headers)
        assert answer.status_code == 400 and json.loads(answer.text)["resourceType"] == "OperationOutcome"
    whole = asked.replace("\\ud800", "\\ud83d\\ude00")
    answer = software.http.post(f"{door}/fhir/DocumentReference/_search", content=whole, headers=headers)
    assert answer.status_code in (200, 400)
