"""TD3.3 at the door: every act by a patch, in each of its forms, and what a patch must not do."""

import base64
from uuid import UUID, uuid4

import httpx
import pytest
from support.people import allow, client, deposit, patient

from carnet.apps.storage.api import unit
from carnet.desk.client import Client, code_of, documents_of
from carnet.formats.fhir import label_json

MASK = [{"op": "add", "path": "/securityLabel/-", "value": label_json("MASQUE_PS")}]
ARCHIVE = [{"op": "replace", "path": "/extension/0/valueBoolean", "value": True}]
UNARCHIVE = [{"op": "replace", "path": "/extension/0/valueBoolean", "value": False}]
DELETE = [{"op": "replace", "path": "/status", "value": "entered-in-error"}]
REMOVE_LABEL = [{"op": "remove", "path": "/securityLabel/1"}]
TREATING = {"treating": "treating"}


def codes(resource: dict) -> set[str]:
    return {c["code"] for label in resource["securityLabel"] for c in label["coding"]} - {"N"}


def test_a_document_is_masked_unmasked_archived_brought_back_and_deleted(door: str) -> None:
    person, _ = patient("treating", "nurse", **TREATING)
    document = deposit(person)
    doctor, nurse = client(door, "treating"), client(door, "nurse")
    masked = doctor.patch(document, MASK)
    assert masked.status_code == 200, masked.text
    assert codes(masked.json()) == {"MASQUE_PS"}
    assert documents_of(nurse.search(person.ins)) == []
    assert codes(doctor.patch(document, REMOVE_LABEL).json()) == set()
    assert len(documents_of(nurse.search(person.ins))) == 1
    assert doctor.patch(document, ARCHIVE).json()["extension"][0]["valueBoolean"] is True
    assert documents_of(nurse.search(person.ins)) == [], "archived documents come when they are asked for"
    assert len(documents_of(nurse.search(person.ins, isArchived="true"))) == 1
    assert doctor.patch(document, UNARCHIVE).json()["extension"][0]["valueBoolean"] is False
    deleted = doctor.patch(document, DELETE)
    assert deleted.json()["status"] == "entered-in-error"
    assert doctor.get(f"/fhir/DocumentReference/{document}").status_code == 404
    assert code_of(doctor.patch(document, MASK)) == "document-unknown"


def test_an_announcement_lifts_one_code_at_a_time_and_needs_the_minor(door: str) -> None:
    person, _ = patient("treating", "nurse")
    document = deposit(person, label=("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"))
    nurse = client(door, "nurse")
    both = [{"op": "replace", "path": "/securityLabel", "value": [{"coding": [{"code": "N"}]}]}]
    assert nurse.patch(document, both).status_code == 405
    parents_first = [{"op": "remove", "path": "/securityLabel/2"}]
    assert nurse.patch(document, parents_first).status_code == 405, "to the patient first"
    assert codes(nurse.patch(document, REMOVE_LABEL).json()) == {"INVISIBLE_REPRESENTANTS_LEGAUX"}
    assert code_of(nurse.patch(document, REMOVE_LABEL)) == "minor-agreement-missing"
    agreed = nurse.patch(document, REMOVE_LABEL, **{"Carnet-Minor-Agreed": "true"})
    assert codes(agreed.json()) == set()


def test_the_same_act_by_a_fhirpath_patch(door: str) -> None:
    person, _ = patient("treating", **TREATING)
    document, doctor = deposit(person), client(door, "treating")

    def operation(**parts: object) -> dict:
        named = [{"name": k, ("valueBoolean" if isinstance(v, bool) else "valueCode" if k == "type" else "valueString"): v}
                 if not isinstance(v, dict) else {"name": k, "valueCodeableConcept": v} for k, v in parts.items()]  # fmt: skip
        return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": named}]}

    def patch(body: dict):
        headers = doctor.headers() | {"Content-Type": "application/fhir+json"}
        return doctor.http.patch(f"{door}/fhir/DocumentReference/{document}", json=body, headers=headers)

    added = patch(operation(type="add", path="DocumentReference", name="securityLabel", value=label_json("MASQUE_PS")))
    assert codes(added.json()) == {"MASQUE_PS"}
    where = "DocumentReference.securityLabel.where(coding.code = 'MASQUE_PS')"
    assert codes(patch(operation(type="delete", path=where)).json()) == set()
    url = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived"
    archived = patch(operation(type="replace", path=f"DocumentReference.extension.where(url='{url}').value", value=True))
    assert archived.json()["extension"][0]["valueBoolean"] is True
    assert (
        patch(operation(type="replace", path="DocumentReference.status", value="entered-in-error")).json()["status"]
        == "entered-in-error"
    )
    assert patch({"resourceType": "Parameters"}).status_code == 400


def test_a_conditional_patch_names_the_document_by_its_author_s_identifier(door: str) -> None:
    person, record_id = patient("treating", **TREATING)
    document, doctor = deposit(person), client(door, "treating")
    resource = doctor.get(f"/fhir/DocumentReference/{document}").json()
    named = {"identifier": f"urn:ietf:rfc:3986|{resource['masterIdentifier']['value']}"}
    headers = doctor.headers() | {"Content-Type": "application/json-patch+json"}

    def conditional(**parameters: str):
        return doctor.http.patch(f"{door}/fhir/DocumentReference", params=parameters, json=MASK, headers=headers)

    assert codes(conditional(**named).json()) == {"MASQUE_PS"}
    assert conditional(**named, patient=f"Patient/{record_id}").status_code == 200
    assert conditional(**named, patient=f"Patient/{uuid4()}").status_code == 404
    entry = doctor.get(f"/fhir/DocumentReference/{document}").json()["identifier"][0]["value"]
    assert conditional(identifier=f"urn:ietf:rfc:3986|{entry}").status_code == 200, "the entryUUID names it too"
    assert conditional(identifier="urn:ietf:rfc:3986|urn:oid:1.2.3.4").status_code == 404
    assert conditional(subject="x").status_code == 400
    stranger, visible = client(door, "cardiologist"), deposit(person)
    uri = doctor.get(f"/fhir/DocumentReference/{visible}").json()["masterIdentifier"]["value"]
    assert code_of(stranger.patch(visible, MASK)) == "consent-missing"
    answer = stranger.http.patch(f"{door}/fhir/DocumentReference", params={"identifier": f"urn:ietf:rfc:3986|{uri}"}, json=MASK,
                                 headers=stranger.headers() | {"Content-Type": "application/json-patch+json"})  # fmt: skip
    assert code_of(answer) == "document-unknown", "its name tells nothing to whoever may not read it"


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"op": "replace", "path": "/type", "value": {}}], 405),
        ([{"op": "replace", "path": "/status", "value": "superseded"}], 405),
        ([{"op": "add", "path": "/securityLabel/-", "value": label_json("INVISIBLE_PATIENT")}], 405),
        ([{"op": "add", "path": "/securityLabel/-", "value": {"coding": [{"code": "R"}]}}], 405),
        ([{"op": "add", "path": "/securityLabel/-", "value": {}}], 405),
        ([{"op": "add", "path": "/extension/-", "value": {"url": "https://other"}}], 405),
        ([*MASK, *ARCHIVE], 405),
        ([{"op": "test", "path": "/status", "value": "current"}], 400),
        ([{"op": "copy", "from": "/description", "path": "/status"}], 400),
        ([{"op": "remove", "path": "/securityLabel/9"}], 400),
        ([{"op": "replace", "path": "/extension/0/valueBoolean", "value": "perhaps"}], 400),
        ([{"op": "replace", "path": "/securityLabel", "value": "x"}], 400),
        ([{"op": [], "path": "/status"}], 400),
        ([{"op": "add", "path": "/securityLabel/-", "value": {"coding": [{"code": []}]}}], 405),
        ([{"op": "add", "path": "/securityLabel/-", "value": {"coding": [{"code": {}}]}}], 405),
        ([], 400),
        (["x"], 400),
        ([{"op": "add", "path": 1}], 400),
        ([{"op": "add", "path": "/securityLabel/-"}], 400),
        ([{"op": "replace", "path": "/status", "value": {"a": 1}}], 405),
    ],
)
def test_a_patch_of_anything_else_is_refused_and_changes_nothing(door: str, operations: list, status: int) -> None:
    person, _ = patient("treating", **TREATING)
    document, doctor = deposit(person), client(door, "treating")
    before = doctor.get(f"/fhir/DocumentReference/{document}").content
    assert doctor.patch(document, operations).status_code == status
    assert doctor.get(f"/fhir/DocumentReference/{document}").content == before


def test_a_patch_asks_nothing_of_a_resource_that_is_not_shown(door: str) -> None:
    person, _ = patient("treating", "nurse", **TREATING)
    document = deposit(person, label=("MASQUE_PS",))
    nurse, stranger = client(door, "nurse"), client(door, "cardiologist")
    for operations in (
        MASK,
        ARCHIVE,
        DELETE,
        [{"op": "remove", "path": "/securityLabel/1"}],
        [{"op": "remove", "path": "/securityLabel/9"}],
    ):
        assert code_of(nurse.patch(document, operations)) == code_of(nurse.patch(uuid4(), operations)) == "document-unknown"
        assert nurse.patch(document, operations).content == nurse.patch(uuid4(), operations).content
    visible = deposit(person)
    answers = {code_of(stranger.patch(visible, o)) for o in (MASK, DELETE, [{"op": "remove", "path": "/securityLabel/9"}])}
    assert answers == {"consent-missing"}, "the same whatever the patch"


def test_an_author_without_access_acts_on_an_own_document_and_gets_no_resource(door: str) -> None:
    person, _ = patient("treating")
    document = deposit(person, by="cardiologist")
    author = client(door, "cardiologist")
    assert author.get(f"/fhir/DocumentReference/{document}").status_code == 403
    done = author.patch(document, DELETE)
    assert done.status_code == 200
    assert done.json()["resourceType"] == "OperationOutcome"
    assert "masterIdentifier" not in done.text
    assert code_of(author.patch(document, DELETE)) == "document-unknown", "deleted is deleted, for its author too"


def test_an_act_that_is_done_changes_nothing_again(door: str) -> None:
    person, record_id = patient("treating", **TREATING)
    document, doctor = deposit(person), client(door, "treating")
    first = doctor.patch(document, ARCHIVE).json()
    assert doctor.patch(document, ARCHIVE).json()["meta"] == first["meta"]
    with unit(record_id) as work:
        versions = work.rows("SELECT version FROM records_document_version WHERE record_id = %s", record_id)
    assert [v for (v,) in versions] == [1]


def test_the_journal_names_the_act_that_was_refused(door: str) -> None:
    from carnet.apps.journal.api import entries_of_record

    person, record_id = patient("nurse", "treating")
    document = deposit(person)
    assert code_of(client(door, "nurse").patch(document, ARCHIVE)) == "document-not-own"
    with unit(record_id) as work:
        last = entries_of_record(work, record_id)[-1]
    assert (last["act"], last["outcome"], last["code"]) == ("TD3.3d:archiver", "refuse", "document-not-own")


def test_nobody_and_wrong_media_types(door: str) -> None:
    person, _ = patient("treating")
    document = deposit(person)
    assert Client(door).patch(document, MASK).status_code == 401
    doctor = client(door, "treating")
    assert doctor.patch(document, MASK, **{"Content-Type": "text/plain"}).status_code == 415
    assert doctor.patch("not-an-id", MASK).status_code == 404
    sent = doctor.headers() | {"Content-Type": "application/json-patch+json"}
    assert doctor.http.patch(f"{door}/fhir/DocumentReference/{document}", content=b"{", headers=sent).status_code == 400


def test_a_relation_shows_only_between_documents_that_both_show(door: str) -> None:
    person, _ = patient("treating", "nurse", "pharmacist", **TREATING)
    first, second = deposit(person), deposit(person)
    doctor, nurse = client(door, "treating"), client(door, "nurse")
    from support.people import cda, entry, fresh_uid

    from carnet.formats.xds import Parent

    def send(parents: tuple[Parent, ...]) -> httpx.Response:
        unique_id = fresh_uid()
        return doctor.deposit(entry(person, unique_id=unique_id, parents=parents), cda(person, unique_id=unique_id))

    nowhere = send((Parent("appends", f"DocumentReference/{UUID(int=7)}"),))
    assert (nowhere.status_code, code_of(nowhere)) == (422, "relation-unknown")
    # What the header of a CDA states, and nobody declared, stops no document: it is warned of.
    unique_id = fresh_uid()
    content = cda(person, unique_id=unique_id, replaces=fresh_uid()).replace(b'typeCode="RPLC"', b'typeCode="APND"')
    warned = doctor.deposit(entry(person, unique_id=unique_id), content)
    assert warned.status_code == 200 and "relation-unknown" in warned.text
    made = send((Parent("appends", f"DocumentReference/{first}"),))
    assert made.status_code == 200, made.text
    tied = made.json()["entry"][1]["response"]["location"].split("/")[1]
    assert "relatesTo" in nurse.get(f"/fhir/DocumentReference/{tied}").json()
    assert doctor.patch(first, MASK).status_code == 200
    for resource in (nurse.get(f"/fhir/DocumentReference/{tied}").json(), *documents_of(nurse.search(person.ins, _id=tied))):
        assert "relatesTo" not in resource
    assert "relatesTo" in doctor.get(f"/fhir/DocumentReference/{tied}").json()
    assert str(second) not in str(documents_of(nurse.search(person.ins, _id=tied)))


def test_what_is_new_since_my_last_visit(door: str, settings_clock: object) -> None:
    from datetime import timedelta

    person, _ = patient("treating", "nurse")
    nurse, clock = client(door, "nurse"), settings_clock
    old = deposit(person)
    first = nurse.search(person.ins, **{"new-since-last-visit": "true"})
    assert [d["id"] for d in documents_of(first)] == [str(old)], "before a first visit everything is new"
    assert "meta" not in first.json()
    again = nurse.search(person.ins, **{"new-since-last-visit": "true", "_total": "accurate"})
    assert len(documents_of(again)) == 1, "the same visit: it counts itself not"
    clock.move(timedelta(minutes=45))  # type: ignore[attr-defined]
    nothing = nurse.search(person.ins, **{"new-since-last-visit": "true"})
    assert documents_of(nothing) == []
    assert nothing.json()["meta"]["extension"][0]["valueInstant"]
    fresh = deposit(person, at=clock())  # type: ignore[operator]
    assert [d["id"] for d in documents_of(nurse.search(person.ins, **{"new-since-last-visit": "true"}))] == [str(fresh)]
    hidden = deposit(person, label=("MASQUE_PS",), at=clock())  # type: ignore[operator]
    assert str(hidden) not in nurse.search(person.ins, **{"new-since-last-visit": "true"}).text
    assert nurse.search(person.ins, **{"new-since-last-visit": "perhaps"}).status_code == 400
    assert len(documents_of(client(door, "treating").search(person.ins, **{"new-since-last-visit": "true"}))) == 3, (
        "visits are one's own"
    )


def test_content_of_a_binary_is_unchanged_by_acts(door: str) -> None:
    person, _ = patient("treating", **TREATING)
    document, doctor = deposit(person), client(door, "treating")
    before = doctor.get(f"/fhir/Binary/{document}").content
    doctor.patch(document, ARCHIVE)
    assert doctor.get(f"/fhir/Binary/{document}").content == before
    resource = doctor.get(f"/fhir/DocumentReference/{document}").json()
    assert base64.b64decode(resource["content"][0]["attachment"]["hash"])


def test_whoever_is_allowed_later_still_needs_consent(door: str) -> None:
    person, record_id = patient("treating")
    document = deposit(person)
    cardiologist = client(door, "cardiologist")
    assert code_of(cardiologist.patch(document, MASK)) == "consent-missing"
    allow(record_id, "cardiologist")
    assert cardiologist.patch(document, MASK).status_code == 200


def test_a_name_tells_nothing_whoever_asks_in_whichever_mode(door: str) -> None:
    """A masked document and an invented one, by their uniqueIds: the same answer, byte for byte, for everybody."""
    from support.people import fresh_uid

    person, record_id = patient("treating", "nurse", treating="treating")
    masked_uid = fresh_uid()
    deposit(person, label=("MASQUE_PS",), unique_id=masked_uid)
    allow(record_id, "nurse")
    people = ("nurse", "dentist", "insurer_doctor", "occupational", "social_worker", "emergency")
    for key, level in [*((k, "APPPRIP3") for k in people), ("nurse", "APPPRIP1")]:
        who = client(door, key, level=level)
        for mode in ("", "bris_de_glace", "centre_15"):
            answers = []
            for uid in (masked_uid, fresh_uid()):
                headers = who.headers(mode) | {"Content-Type": "application/json-patch+json"}
                named = {"identifier": f"urn:ietf:rfc:3986|urn:oid:{uid}"}
                answers.append(who.http.patch(f"{door}/fhir/DocumentReference", params=named, json=MASK, headers=headers))
            assert answers[0].status_code == answers[1].status_code, (key, mode)
            assert answers[0].content == answers[1].content, (key, mode)
            assert (code_of(answers[0]) == "authentication-too-weak") is (level == "APPPRIP1")


def test_own_traces_tell_nothing_of_a_masked_document(door: str) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    masked, invented = deposit(person, label=("MASQUE_PS",)), uuid4()
    nurse = client(door, "nurse")
    nurse.search(person.ins)
    before = nurse.traces(person.ins).json()["entry"]
    for one in (masked, invented):
        assert nurse.get(f"/fhir/Binary/{one}").status_code == 404
        assert nurse.patch(one, MASK).status_code == 404
    after = nurse.traces(person.ins)
    assert str(masked) not in after.text
    assert after.json()["entry"][1:] == before, "one more line, that of the first question about traces"
    assert str(masked) in client(door, "treating").traces(person.ins).text, "the treating doctor sees who tried"


def test_numbers_and_depths_that_no_json_has_are_refused(door: str) -> None:
    person, _ = patient("treating", **TREATING)
    document, doctor = deposit(person), client(door, "treating")
    sent = doctor.headers() | {"Content-Type": "application/json-patch+json"}
    deep = b'[{"op":"add","path":"/extension/0/valueBoolean","value":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]"
    for body in (b"[" + b"9" * 5000 + b"]", deep, b'[{"op":"add","op":"add"}]'):
        for one in (document, uuid4()):
            assert doctor.http.patch(f"{door}/fhir/DocumentReference/{one}", content=body, headers=sent).status_code == 400
    for identifier in ("%00", "x|%00"):
        assert (
            doctor.http.patch(f"{door}/fhir/DocumentReference?identifier={identifier}", json=MASK, headers=sent).status_code == 400
        )
