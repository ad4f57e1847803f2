"""What a client of the FHIR door states is taken as it states it, or refused: nothing that contradicts itself is half taken."""

import base64
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from support.people import allow, cda, client, deposit, entry, fresh_person, fresh_uid, open_record

from carnet.apps.storage.api import unit
from carnet.desk.client import code_of, documents_of, parameters, provide_bundle, token_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS


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
    numbered = {"subject": {"reference": "Patient/42", "identifier": identifier(one)}}
    assert software.post("/fhir", bundle(one, **numbered)).status_code == 200, "a number of the sender's own"
    assert kept(mine) == 2


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


def searched(door: str) -> tuple[Any, DemoPerson, dict[str, str]]:
    """A doctor's software, a person, and two documents with what they are searched by."""
    person, record_id = somebody()
    allow(UUID(record_id), "cardiologist")
    made = {"letter": deposit(person, title="Lettre"), "report": deposit(person, "cardiologist", "11490-0", title="Compte rendu")}
    with unit(record_id) as work:
        work.run("UPDATE records_document SET authored_at = '2026-11-19 23:30+00' WHERE logical_id = %s", made["letter"])
        work.run("UPDATE records_document SET authored_at = '2026-11-18 12:00+00' WHERE logical_id = %s", made["report"])
    return client(door, "treating"), person, {name: str(number) for name, number in made.items()}


def test_a_search_of_documents_is_answered_as_it_is_asked(door: str) -> None:
    software, person, made = searched(door)
    doctor, cardiologist = PROFESSIONALS["treating"], PROFESSIONALS["cardiologist"]
    both = set(made.values())

    def found(asked: dict[str, str]) -> set[str]:
        answer = software.search(person.ins, **asked)
        assert answer.status_code == 200, answer.text
        return {d["id"] for d in documents_of(answer)}

    assert found({"date": "2026-11-20"}) == {made["letter"]} == found({"date": "ge2026-11-20T00:30"}), "the day of the country"
    assert found({"date": "le9999-12-31"}) == both and found({"date": "2026-11-19"}) == set()
    assert found({"author.family": f"{doctor.family},{cardiologist.family}"}) == both
    assert found({"author.identifier": f"{doctor.id},{cardiologist.id}"}) == both
    assert found({"author.identifier": f"nobody,{cardiologist.id}"}) == {made["report"]}
    for system in ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1", "https://mos.esante.gouv.fr/NOS/x"):
        assert found({"type": f"{system}|11488-4"}) == {made["letter"]}, system
    assert found({"type": "http://snomed.info/sct|11488-4"}) == set()
    assert found({"security-label": "MASQUE_PS,N"}) == both == found({"security-label": "N,MASQUE_PS"})
    for wrong in (
        {"security-label": "R"},
        {"category": ""},
        {"identifier": ","},
        {"_total": "banana"},
        {"category": "urn:oid:1.2|"},
    ):
        assert software.search(person.ins, **wrong).status_code == 400, wrong


def test_what_stands_once_is_asked_once_and_absolute_references_to_this_server_are_its_own(door: str) -> None:
    software, person, made = searched(door)
    record = software.test_record(person.ins).json()["entry"][0]
    twice = software.http.post(
        f"{door}/fhir/DocumentReference/_search", headers=software.headers() | {"Content-Type": "application/x-www-form-urlencoded"},
        content=f"patient.identifier={token_of(person.ins)}&status=current&_count=1&_count=2",
    )  # fmt: skip
    assert twice.status_code == 400
    address = record["fullUrl"]
    assert address.endswith(f"/fhir/Patient/{record['resource']['id']}")
    page = software.http.get(
        f"{door}/fhir/DocumentReference", params={"patient": address, "status": "current"}, headers=software.headers()
    )
    assert {d["id"] for d in documents_of(page)} == set(made.values())
    parent = f"{settings.CARNET.base_url}/fhir/DocumentReference/{made['letter']}"
    replacing = [{"code": "replaces", "target": {"reference": parent}}]
    sent = bundle(person, subject={"reference": address}, relatesTo=replacing)
    assert software.post("/fhir", sent).status_code == 200
    found = software.search(person.ins, relatesto=parent)
    assert len(documents_of(found)) == 1


def test_the_next_page_looks_as_the_first_was_asked_to(door: str) -> None:
    software, person, _ = searched(door)
    first = software.search(person.ins, _count="1", _elements="type", _pretty="true")
    following = next(x["url"] for x in first.json()["link"] if x["relation"] == "next")
    (second,) = documents_of(software.get(following.replace(settings.CARNET.base_url, door)))
    (one,) = documents_of(first)
    assert set(second) == set(one) and "context" not in second


def test_traces_are_counted_and_come_in_pages(door: str) -> None:
    software, person, _ = searched(door)
    for _ in range(3):
        software.search(person.ins)
    pages = [software.traces(person.ins, _count="2", _offset=str(n)).json() for n in (0, 2)]
    assert pages[0]["total"] >= 4 and pages[1]["total"] > pages[0]["total"], "reading traces is one of them"
    ids = [e["resource"]["id"] for page in pages for e in page["entry"]]
    assert len(ids) == 4
    assert software.http.post(
        f"{door}/fhir/AuditEvent/_search?_format=json", data={"patient.identifier": token_of(person.ins)}, headers=software.headers()
    ).status_code == 200  # fmt: skip
    assert software.traces(person.ins, _offset="x").status_code == 400


def test_lists_hold_to_every_date_and_name_that_is_asked(door: str) -> None:
    software, person, _ = searched(door)
    assert software.post("/fhir", bundle(person)).status_code == 200
    every = len(software.lists(person.ins).json().get("entry", []))
    assert every
    for dates in (["ge2999", "ge2000"], ["ge2000", "ge2999"], ["le2000", "le2999"]):
        form_ = "&".join(["patient.identifier=" + token_of(person.ins), "status=current", *(f"date={d}" for d in dates)])
        headers = software.headers() | {"Content-Type": "application/x-www-form-urlencoded"}
        answer = software.http.post(f"{door}/fhir/List/_search", content=form_, headers=headers)
        assert answer.json().get("entry", []) == [], dates
    family = PROFESSIONALS["treating"].family
    some = len(software.lists(person.ins, **{"source.family": family}).json().get("entry", []))
    assert len(software.lists(person.ins, **{"source.family": f"NIEMAND,{family}"}).json().get("entry", [])) == some


def test_a_condition_that_is_not_weighed_is_refused(door: str) -> None:
    person, record_id = somebody()
    software = client(door, "treating")
    data = base64.b64encode(cda(person)).decode()
    sent = {
        "resourceType": "DocumentReference", "status": "current", "subject": {"identifier": identifier(person)},
        "content": [{"attachment": {"contentType": "text/xml", "data": data}}],
    }  # fmt: skip
    headers = software.headers() | {"Content-Type": "application/fhir+json", "If-None-Exist": "identifier=1"}
    assert software.http.post(f"{door}/fhir/DocumentReference", json=sent, headers=headers).status_code == 400
    assert kept(record_id) == 0
    booked = {
        "resourceType": "Appointment", "status": "booked", "description": "Visite", "start": "2027-01-05T09:00:00Z", "minutesDuration": 20,
        "participant": [{"actor": {"identifier": identifier(person)}, "status": "accepted"}],
    }  # fmt: skip
    made = software.post("/fhir/Appointment", booked)
    assert made.status_code == 201, made.text
    address = f"{door}/fhir/Appointment/{made.json()['id']}"
    plain = software.headers() | {"Content-Type": "application/fhir+json"}
    assert software.http.put(address, json=booked | {"id": "zzz"}, headers=plain).status_code == 400
    assert software.http.put(address, json=booked, headers=plain | {"If-Match": 'W/"999"'}).status_code == 400
    assert software.http.put(address, json=booked | {"id": made.json()["id"]}, headers=plain).status_code == 200


def test_what_a_deposit_states_and_is_not_kept_is_named_and_so_is_what_was_made_up(door: str) -> None:
    person, _ = somebody()
    software = client(door, "treating")
    answer = software.post("/fhir", bundle(person, docStatus="amended", custodian={"type": "Organization"}))
    issues = answer.json()["entry"][1]["response"]["outcome"]["issue"]
    told = {i["details"]["coding"][0]["code"]: i["details"]["text"] for i in issues}
    assert told["not-kept"].endswith(": custodian, docStatus") and "completed" not in told, "a CDA states the rest"
    made = software.post("/fhir/DocumentReference", note(person))
    told = {i["details"]["coding"][0]["code"]: i["details"]["text"] for i in made.json()["issue"]}
    assert made.status_code == 201 and "not-kept" not in told
    for name in ("content.attachment.creation", "context.period.start", "context.facilityType"):
        assert name in told["completed"]


@pytest.mark.parametrize(("headers", "answered"), [
    ({"Content-Type": "application/fhir+json; fhirVersion=3.0"}, 415), ({"Content-Encoding": "gzip"}, 415),
    ({"Content-Type": "application/fhir+json; fhirVersion=4.0; charset=UTF-8"}, 200), ({"Content-Encoding": "identity"}, 200),
])  # fmt: skip
def test_what_is_of_another_version_or_packed_is_not_read_as_something_else(
    door: str, headers: dict[str, str], answered: int
) -> None:
    person, record_id = somebody()
    software = client(door, "treating")
    sent = software.headers() | {"Content-Type": "application/fhir+json"} | headers
    answer = software.http.post(f"{door}/fhir", content=json.dumps(bundle(person)), headers=sent)
    assert (answer.status_code, kept(record_id)) == (answered, int(answered == 200)), answer.text


@pytest.mark.parametrize(("status", "answered"), [("retired", 400), ("entered-in-error", 400), ("current", 200)])
def test_a_set_that_is_deposited_is_in_force(door: str, status: str, answered: int) -> None:
    person, record_id = somebody()
    sent = bundle(person)
    sent["entry"][0]["resource"]["status"] = status
    assert client(door, "treating").post("/fhir", sent).status_code == answered
    assert kept(record_id) == (answered == 200)


def note(person: DemoPerson, **changes: Any) -> dict[str, Any]:
    """A short text, alone."""
    return {
        "resourceType": "DocumentReference", "status": "current", "subject": {"identifier": identifier(person)},
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{fresh_uid()}"},
        "type": {"coding": [{"code": "11488-4", "system": "http://loinc.org"}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(b"Bonjour").decode(), "title": "Note"}}],
    } | changes  # fmt: skip


@pytest.mark.parametrize("author", [{"reference": "Practitioner/123", "display": "Dr Zed"}, {"display": "Dr Zed"}])
def test_an_author_named_by_words_is_who_is_named_and_nobody_else(door: str, author: dict[str, Any]) -> None:
    person, record_id = somebody()
    software = client(door, "treating")
    assert (
        software.post("/fhir/DocumentReference", note(person, author=[author], custodian={"display": "Clinique"})).status_code
        == 201
    )
    [found] = documents_of(software.search(person.ins))
    held = {c["id"]: c for c in found["contained"]}
    assert held["author-1-ps"]["name"] == [{"family": "Dr Zed"}]
    assert [c["name"] for c in held.values() if c["resourceType"] == "Organization"] == ["Clinique"]
    lost = software.post("/fhir/DocumentReference", note(person, author=[{"reference": "#nobody"}]))
    assert (lost.status_code, kept(record_id)) == (400, 1), "a reference to nothing is no reference"


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("Patient", {"family": "MOI", "given": ["Ana"]}),
        ("RelatedPerson", {"text": "Ana Moi"}),
        ("Practitioner", {"text": "Dr Zed"}),
    ],
)
def test_an_author_who_is_contained_has_their_own_name(door: str, kind: str, named: dict[str, Any]) -> None:
    person, _ = somebody()
    software = client(door, "treating")
    sent = note(person, author=[{"reference": "#a"}], contained=[{"resourceType": kind, "id": "a", "name": [named]}])
    answer = software.post("/fhir/DocumentReference", sent)
    assert answer.status_code == 201, answer.text
    [found] = documents_of(software.search(person.ins))
    told = json.dumps(found["contained"], ensure_ascii=False)
    assert named.get("family", named.get("text")) in told and PROFESSIONALS["treating"].family not in told


def test_a_creation_that_contradicts_the_document_is_told_and_a_source_of_somebody_else_is_refused(door: str) -> None:
    person, record_id = somebody()
    software = client(door, "treating")

    def sent(**changes: Any) -> Any:
        made = bundle(person)
        resource = next(e["resource"] for e in made["entry"] if e["resource"]["resourceType"] == "DocumentReference")
        resource["content"][0]["attachment"] |= changes.pop("attachment", {})
        return software.post("/fhir", made | {"entry": [e if e["resource"] is not resource else e | {"resource": resource | changes}
                                                        for e in made["entry"]]})  # fmt: skip

    told = sent(attachment={"creation": "2019-01-01T10:00:00+01:00"})
    assert told.status_code == 200 and "document-metadata-mismatch" in told.text
    assert "document-metadata-mismatch" not in sent().text
    other = {"resourceType": "Patient", "id": "source", "birthDate": "1901-01-01", "gender": "male"}
    wrong = sent(contained=[other], context={"sourcePatientInfo": {"reference": "#source"}})
    assert (wrong.status_code, code_of(wrong), kept(record_id)) == (422, "ins-mismatch", 2)
    right = other | {"birthDate": person.traits.birth_date, "gender": {"M": "male", "F": "female"}[person.traits.sex]}
    assert sent(contained=[right], context={"sourcePatientInfo": {"reference": "#source"}}).status_code == 200
