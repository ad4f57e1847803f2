"""ITI-66, folders and AuditEvent: what a list shows of what its reader sees."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from support.people import allow, cda, client, deposit, entry, fresh_uid, host, now, patient

from carnet.apps.access import api as access
from carnet.apps.storage.api import unit
from carnet.desk.client import Client, code_of, provide_bundle, resources_of
from carnet.desk.demonstration.people import ABSENT, DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.formats.fhir import Json, label_json

pytestmark = pytest.mark.usefixtures("earlier_at_rest")

MASK = [{"op": "add", "path": "/securityLabel/-", "value": label_json("MASQUE_PS")}]
DESIGNATION = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-designationType"
SOURCE = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/ihe-sourceId"


def two_documents(person: DemoPerson, **of_list: Any) -> Json:
    """A deposit of two documents, with everything that a submission set can say."""
    first_uid, second_uid = fresh_uid(), fresh_uid()
    bundle = provide_bundle(entry(person, unique_id=first_uid), cda(person, unique_id=first_uid))
    other = provide_bundle(entry(person, unique_id=second_uid), cda(person, unique_id=second_uid))
    names = {"urn:uuid:00000000-0000-4000-8000-000000000002": "urn:uuid:00000000-0000-4000-8000-000000000012",
             "urn:uuid:00000000-0000-4000-8000-000000000003": "urn:uuid:00000000-0000-4000-8000-000000000013"}  # fmt: skip
    for item in other["entry"][1:]:
        item["fullUrl"] = names[item["fullUrl"]]
        if item["resource"]["resourceType"] == "DocumentReference":
            item["resource"]["content"][0]["attachment"]["url"] = names["urn:uuid:00000000-0000-4000-8000-000000000003"]
        bundle["entry"].append(item)
    submission = bundle["entry"][0]["resource"]
    submission["entry"].append({"item": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000012"}})
    submission |= of_list
    return bundle


def folder(unique_id: str, *members: str, **more: Any) -> Json:
    resource = {
        "resourceType": "List", "status": "current", "mode": "working", "title": "Grossesse",
        "code": {"coding": [{"code": "folder"}]}, "identifier": [{"use": "usual", "system": "urn:ietf:rfc:3986", "value": f"urn:oid:{unique_id}"}],
        "extension": [{"url": DESIGNATION, "valueCodeableConcept": {"coding": [{"code": "SUIVI", "system": "urn:oid:1.2.3"}]}}],
        "entry": [{"item": {"reference": m}} for m in members],
    } | more  # fmt: skip
    return {"fullUrl": f"urn:uuid:{uuid4()}", "resource": resource, "request": {"method": "POST", "url": "List"}}


def located(answer: Any, kind: str) -> list[str]:
    assert answer.status_code == 200, answer.text
    found = [e["response"].get("location", "") for e in answer.json()["entry"]]
    return [one.split("/")[1] for one in found if one.startswith(kind)]


@pytest.fixture
def doctor(door: str) -> Client:
    return client(door, "treating")


def test_a_submission_set_shows_what_was_deposited_together(door: str, doctor: Client) -> None:
    person, _ = patient("treating", treating="treating")
    made = doctor.post("/fhir", two_documents(
        person, title="Sortie", note=[{"text": "Commentaire"}], date="2026-02-03T10:00:00Z",
        identifier=[{"use": "usual", "system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3.4.5"}],
        contained=[{"resourceType": "Practitioner", "id": "p", "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.1", "value": PROFESSIONALS["treating"].id}],
                    "name": [{"family": "BASTION", "given": ["Alix"]}]}],
        source={"reference": "#p"},
        extension=[{"url": SOURCE, "valueIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.9"}},
                   {"url": DESIGNATION, "valueCodeableConcept": {"coding": [{"code": "04", "system": "urn:oid:1.2"}]}}],
    ))  # fmt: skip
    documents = located(made, "DocumentReference")
    shown = resources_of(doctor.lists(person.ins, code="submissionset"), "List")
    assert len(shown) == 1
    one = shown[0]
    assert {e["item"]["reference"] for e in one["entry"]} == {f"DocumentReference/{d}" for d in documents}
    assert len(one["entry"]) == 2
    assert (one["title"], one["note"][0]["text"]) == ("Sortie", "Commentaire")
    assert one["contained"][-1]["resourceType"] in ("PractitionerRole", "Practitioner")
    assert doctor.get(f"/fhir/List/{one['id']}").json() == one
    finds = [{"date": "2026-02-03"}, {"date": "ge2026-01-01"}, {"date": "lt2026-03-01"}, {"designationType": "04"},
             {"identifier": "urn:ietf:rfc:3986|urn:oid:1.2.3.4.5"}, {"sourceId": "urn:oid:1.2.9"}, {"source.family": "bast"},
             {"source.given": "Alix"}, {"_id": one["id"]}]  # fmt: skip
    for criteria in finds:
        assert len(resources_of(doctor.lists(person.ins, **criteria), "List")) == 1, criteria
    for criteria in ({"date": "gt2026-02-03"}, {"designationType": "05"}, {"identifier": "urn:oid:9"}, {"sourceId": "1.9"},
                     {"source.family": "X"}, {"_id": str(uuid4())}, {"code": "folder"}, {"date": "le2026-01-01"}):  # fmt: skip
        assert resources_of(doctor.lists(person.ins, **criteria), "List") == [], criteria
    wrong = (
        {"status": "retired"},
        {"code": "x"},
        {"date": "hier"},
        {"date": "sa2026"},
        {"colour": "x"},
        {"_count": "0"},
        {"_offset": "-1"},
    )
    for criteria in wrong:
        assert doctor.lists(person.ins, **criteria).status_code == 400, criteria


def test_without_a_submitter_of_its_own_a_set_is_its_depositor_s(doctor: Client) -> None:
    person, _ = patient("treating")
    doctor.post("/fhir", two_documents(person, source={"identifier": {"value": "?"}}))
    shown = resources_of(doctor.lists(person.ins), "List")[0]
    assert shown["source"] == {"reference": "#source"}
    names = [c["name"][0] for c in shown["contained"] if c["resourceType"] == "Practitioner"]
    assert names == [{"family": "BASTION", "given": ["Alix"]}]
    assert len(resources_of(doctor.lists(person.ins, **{"source.family": "bastion", "source.given": "alix"}), "List")) == 1


def test_a_set_shows_through_its_documents_and_not_beyond(door: str, doctor: Client) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    made = doctor.post("/fhir", two_documents(person))
    first, second = located(made, "DocumentReference")
    (set_id,) = located(made, "List")
    nurse = client(door, "nurse")
    assert len(resources_of(nurse.lists(person.ins), "List")[0]["entry"]) == 2
    doctor.patch(first, MASK)
    half = resources_of(nurse.lists(person.ins), "List")[0]
    assert [e["item"]["reference"] for e in half["entry"]] == [f"DocumentReference/{second}"]
    assert first not in nurse.get(f"/fhir/List/{set_id}").text
    doctor.patch(second, MASK)
    assert resources_of(nurse.lists(person.ins), "List") == []
    assert code_of(nurse.get(f"/fhir/List/{set_id}")) == code_of(nurse.get(f"/fhir/List/{uuid4()}")) == "document-unknown"
    assert len(resources_of(doctor.lists(person.ins), "List")) == 1


def test_a_folder_gathers_documents_of_several_deposits_and_their_replacements(door: str, doctor: Client) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    unique_id, old = fresh_uid(), deposit(person)
    bundle = two_documents(person)
    bundle["entry"].append(
        folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002", f"DocumentReference/{old}", note=[{"text": "n"}])
    )
    first, second = located(doctor.post("/fhir", bundle), "DocumentReference")
    shown = resources_of(doctor.lists(person.ins, code="folder"), "List")[0]
    assert {e["item"]["reference"] for e in shown["entry"]} == {f"DocumentReference/{d}" for d in (first, old)}
    assert shown["title"] == "Grossesse"
    again = two_documents(person)
    again["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002", f"DocumentReference/{second}"))
    third, _ = located(doctor.post("/fhir", again), "DocumentReference")
    replacement = deposit(person, replaces=UUID(first))
    shown = resources_of(doctor.lists(person.ins, code="folder"), "List")[0]
    expected = {f"DocumentReference/{d}" for d in (first, old, second, third, replacement)}
    assert {e["item"]["reference"] for e in shown["entry"]} == expected, "the replacement stands where the original stood"
    nurse = client(door, "nurse")
    assert doctor.patch(old, MASK).status_code == 200
    seen = resources_of(nurse.lists(person.ins, code="folder", designationType="SUIVI"), "List")[0]
    assert f"DocumentReference/{old}" not in str(seen)
    assert len(seen["entry"]) == 4
    assert resources_of(nurse.lists(person.ins, code="folder", sourceId="1.2"), "List") == []


def test_a_folder_takes_nothing_that_its_maker_may_not_read(door: str) -> None:
    person, record_id = patient("treating", treating="treating")
    hidden = deposit(person, label=("MASQUE_PS",))
    allow(record_id, "nurse")
    nurse = client(door, "nurse")
    for member in (f"DocumentReference/{hidden}", f"DocumentReference/{uuid4()}"):
        bundle = two_documents(person)
        for item in bundle["entry"]:
            if item["resource"]["resourceType"] == "DocumentReference":
                item["resource"].pop("author", None)
        bundle["entry"].append(folder(fresh_uid(), member))
        answer = nurse.post("/fhir", bundle)
        assert code_of(answer) == "document-unknown"
    assert len(resources_of(client(door, "treating").lists(person.ins, code="submissionset"), "List")) == 1, (
        "and nothing else was kept"
    )


def test_wrong_lists_in_a_deposit_are_named(doctor: Client) -> None:
    person, _ = patient("treating")
    without = two_documents(person)
    without["entry"].append(folder("", identifier=[]))
    assert doctor.post("/fhir", without).status_code == 400
    other = two_documents(person)
    other["entry"].append(folder(fresh_uid(), code={"coding": [{"code": "playlist"}]}))
    assert doctor.post("/fhir", other).status_code == 400
    two = two_documents(person)
    two["entry"].append(two["entry"][0] | {"fullUrl": "urn:uuid:x"})
    assert doctor.post("/fhir", two).status_code == 400


def test_lists_come_in_pages(doctor: Client) -> None:
    person, record_id = patient("treating")
    for _ in range(5):
        deposit(person)
    first = doctor.lists(person.ins, _count="2", code="submissionset").json()
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    assert person.ins.matricule not in following
    second = doctor.get(following).json()
    third = doctor.get(next(link["url"] for link in second["link"] if link["relation"] == "next")).json()
    ids = [e["resource"]["id"] for page in (first, second, third) for e in page["entry"]]
    assert len(ids) == len(set(ids)) == 5
    assert not [link for link in third["link"] if link["relation"] == "next"]
    assert doctor.get(f"/fhir/List?patient=Patient/{record_id}&status=current").status_code == 200
    in_address = f"urn:oid:{person.ins.oid}|{person.ins.matricule}"
    assert doctor.get(f"/fhir/List?patient.identifier={in_address}").status_code == 400


def test_who_may_not_enter_sees_no_list(door: str) -> None:
    person, record_id = patient("treating")
    deposit(person)
    stranger = client(door, "dentist")
    assert code_of(stranger.lists(person.ins)) == "consent-missing"
    assert Client(door).lists(person.ins).status_code == 401
    with unit(record_id) as work:
        (set_id,) = work.rows("SELECT submission_id FROM records_submission_set WHERE record_id = %s", record_id)[0]
    assert stranger.get(f"/fhir/List/{set_id}").content == stranger.get(f"/fhir/List/{uuid4()}").content
    hidden_person, hidden_record = patient("treating")
    deposit(hidden_person, label=("MASQUE_PS",))
    with unit(hidden_record) as work:
        (hidden,) = work.rows("SELECT submission_id FROM records_submission_set WHERE record_id = %s", hidden_record)[0]
    for mode in ("", "bris_de_glace"):
        for who in (stranger, client(door, "social_worker"), client(door, "nurse")):
            answers = [who.get(f"/fhir/List/{one}", mode) for one in (hidden, uuid4())]
            assert answers[0].content == answers[1].content


# ---- AuditEvent ----


def acts(answer: Any) -> list[tuple[str, str, str]]:
    events = resources_of(answer, "AuditEvent")
    return [(e["subtype"][0]["code"], e["agent"][0]["who"].get("identifier", {}).get("value", ""), e["outcome"]) for e in events]


def test_a_professional_sees_own_traces_and_the_treating_doctor_all(door: str, doctor: Client) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    document = deposit(person)
    nurse, dentist = client(door, "nurse"), client(door, "dentist")
    nurse.search(person.ins)
    nurse.get(f"/fhir/Binary/{document}")
    dentist.search(person.ins)
    numbers = {key: PROFESSIONALS[key].id for key in ("treating", "nurse", "dentist")}
    own = acts(nurse.traces(person.ins))
    assert {who for _, who, _ in own} == {numbers["nurse"]}
    assert [act for act, _, _ in own][:3] == ["own-traces", "TD3.2", "TD3.1:metadata"]
    everything = acts(doctor.traces(person.ins))
    assert set(numbers.values()) <= {who for _, who, _ in everything}
    assert ("TD3.1:metadata", numbers["dentist"], "4") in everything, "refusals too"
    refused = next(e for e in resources_of(doctor.traces(person.ins), "AuditEvent") if e["outcome"] == "4")
    assert refused["outcomeDesc"].endswith("#consent-missing")
    read = next(e for e in resources_of(doctor.traces(person.ins), "AuditEvent") if e["subtype"][0]["code"] == "TD3.2")
    assert read["entity"][1]["what"]["reference"] == f"DocumentReference/{document}"
    fed = next(e for e in resources_of(doctor.traces(person.ins), "AuditEvent") if e["action"] == "C")
    assert fed["subtype"][0]["code"] == "TD2.1"
    assert len(acts(doctor.traces(person.ins, _count="2"))) == 2
    assert person.traits.birth_name not in doctor.traces(person.ins).text


def test_a_treating_doctor_whom_the_patient_blocked_sees_own_traces_only(door: str, doctor: Client) -> None:
    person, record_id = patient("treating", "nurse", treating="treating")
    client(door, "nurse").search(person.ins)
    with unit(record_id) as work:
        access.block(work, host(record_id), PROFESSIONALS["treating"].id)
    assert {who for _, who, _ in acts(doctor.traces(person.ins))} == {PROFESSIONALS["treating"].id}


def test_traces_of_a_record_that_is_not_there_are_empty(door: str) -> None:
    answer = client(door, "nurse").traces(ABSENT.ins)
    assert (answer.status_code, "entry" in answer.json()) == (200, False)
    assert Client(door).traces(ABSENT.ins).status_code == 401


def test_wrong_searches_of_traces_are_named(doctor: Client) -> None:
    person, _ = patient("treating")
    assert doctor.traces(person.ins, agent="x").status_code == 400
    url = f"{doctor.base}/fhir/AuditEvent/_search?patient=Patient/x"
    assert doctor.http.post(url, data={"_count": "1"}, headers=doctor.headers()).status_code == 400
    assert doctor.http.post(url.partition("?")[0], data={"_count": "1"}, headers=doctor.headers()).status_code == 400


def test_entries_of_the_worker_and_of_deletions_have_their_action(door: str, doctor: Client) -> None:
    from datetime import timedelta

    from support.roles import as_role

    from carnet.config.worker import run_all

    person, _ = patient("treating", treating="treating")
    deposit(person, label=("INVISIBLE_PATIENT",))
    gone = deposit(person)
    doctor.patch(gone, [{"op": "replace", "path": "/status", "value": "entered-in-error"}])
    with as_role("carnet_worker"):
        run_all(now() + timedelta(days=31))
    found = resources_of(doctor.traces(person.ins), "AuditEvent")
    assert {"R", "C", "U", "D"} <= {e["action"] for e in found}
    worker = next(e for e in found if e["subtype"][0]["code"] == "timer")
    assert worker["agent"][0]["who"] == {"display": "timer"}


def test_a_masked_document_moves_nothing_in_the_lists_of_others(door: str, doctor: Client) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    unique_id = fresh_uid()
    bundle = two_documents(person)
    bundle["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002"))
    located(doctor.post("/fhir", bundle), "DocumentReference")
    deposit(person)
    nurse = client(door, "nurse")
    before = nurse.lists(person.ins).content
    hidden_uid = fresh_uid()
    from support.people import labels

    hidden = provide_bundle(
        entry(person, unique_id=hidden_uid, confidentiality=labels("MASQUE_PS")), cda(person, unique_id=hidden_uid)
    )
    hidden["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002"))
    located(doctor.post("/fhir", hidden), "DocumentReference")
    assert nurse.lists(person.ins).content == before, "neither order, nor date, nor count"
    assert nurse.lists(person.ins, code="folder", date="ge2026-01-01").status_code == 200
    assert len(resources_of(doctor.lists(person.ins, code="folder"), "List")[0]["entry"]) == 2


def test_a_folder_that_its_depositor_does_not_see_is_completed_by_nobody_else(door: str, doctor: Client) -> None:
    from support.people import labels

    person, _ = patient("treating", "dentist", treating="treating")
    unique_id, hidden_uid, own_uid = fresh_uid(), fresh_uid(), fresh_uid()
    hidden = provide_bundle(
        entry(person, unique_id=hidden_uid, confidentiality=labels("MASQUE_PS")), cda(person, unique_id=hidden_uid)
    )
    hidden["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002", title="Titre secret"))
    located(doctor.post("/fhir", hidden), "DocumentReference")
    dentist = client(door, "dentist")
    own = provide_bundle(entry(person, unique_id=own_uid), cda(person, "dentist", "11488-4", own_uid))
    own["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002", title="Le mien"))
    answer = dentist.post("/fhir", own)
    assert code_of(answer) == "document-duplicate"
    assert "Titre secret" not in dentist.lists(person.ins).text
    again = provide_bundle(entry(person, unique_id=own_uid), cda(person, unique_id=own_uid))
    again["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002"))
    located(doctor.post("/fhir", again), "DocumentReference")


def test_a_folder_is_completed_by_whoever_reads_a_document_in_it(door: str, doctor: Client) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    unique_id, own_uid = fresh_uid(), fresh_uid()
    bundle = two_documents(person)
    bundle["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002"))
    located(doctor.post("/fhir", bundle), "DocumentReference")
    nurse = client(door, "nurse")
    own = provide_bundle(entry(person, unique_id=own_uid), cda(person, "nurse", "11488-4", own_uid))
    own["entry"].append(folder(unique_id, "urn:uuid:00000000-0000-4000-8000-000000000002"))
    located(nurse.post("/fhir", own), "DocumentReference")
    assert len(resources_of(nurse.lists(person.ins, code="folder"), "List")[0]["entry"]) == 2


def test_members_that_are_no_reference_and_identifiers_that_are_too_long(doctor: Client) -> None:
    person, _ = patient("treating")
    for member in ("#99", "#x", "#-1", "#0"):
        bundle = two_documents(person)
        bundle["entry"].append(folder(fresh_uid(), member))
        assert doctor.post("/fhir", bundle).status_code == 400
    long = two_documents(person)
    long["entry"].append(folder("1." + "2" * 200, "urn:uuid:00000000-0000-4000-8000-000000000002"))
    assert doctor.post("/fhir", long).status_code == 400
