"""Attacks on the rules, each of which worked once: what a stranger, a colleague or a forger must not learn or gain."""

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from support.bounds import bound
from support.people import (
    actor,
    allow,
    ask,
    author,
    cda,
    client,
    deposit,
    entry,
    fresh_person,
    fresh_uid,
    host,
    labels,
    now,
    open_record,
    patient,
    submission,
)

from carnet.apps.access import api as access
from carnet.apps.access.api import Consent
from carnet.apps.records import api as records
from carnet.apps.records.documents import deposit as depositing
from carnet.apps.storage.api import key_of, unit
from carnet.desk.client import Client, code_of, documents_of, provide_bundle
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.formats.xds import Author, Coding, Parent
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

STRANGERS: dict[str, Callable[[str], Client]] = {
    "insurer": lambda door: client(door, "insurer_doctor"),
    "occupational doctor": lambda door: client(door, "occupational"),
    "weak sign-in": lambda door: client(door, "dentist", level="APPPRIP1"),
    "other structure": lambda door: client(door, "dentist", structure="1999999999"),
    "unknown professional": lambda door: client(door, "dentist", professional_id="899799999999"),
    "no consent": lambda door: client(door, "dentist"),
    "closed profession": lambda door: client(door, "social_worker"),
    "colleague of the depositing structure": lambda door: client(door, "blocked"),
}


@pytest.mark.parametrize("who", sorted(STRANGERS))
@pytest.mark.parametrize("mode", ["", "bris_de_glace", "centre_15"])
def test_a_masked_document_is_as_unknown_as_an_invented_one_for_everybody(door: str, who: str, mode: str) -> None:
    person, _ = patient("treating", "dentist" if who == "closed profession" else "treating")
    masked = deposit(person, by="dentist" if who.startswith("colleague") else "treating", label=("MASQUE_PS",))
    stranger = STRANGERS[who](door)
    for kind in ("Binary", "DocumentReference"):
        hidden, invented = (stranger.get(f"/fhir/{kind}/{i}", mode) for i in (masked, uuid4()))
        assert (hidden.status_code, hidden.content) == (invented.status_code, invented.content)


def test_nor_does_a_doubtful_identity_tell_that_it_exists(door: str) -> None:
    person = fresh_person()
    record_id = open_record(person)
    allow(record_id, "treating", "pharmacist")
    masked = deposit(person, label=("MASQUE_PS",))
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        owner.execute("UPDATE identity_patient SET annotations = '{DOUT}' WHERE record_id = %s", [record_id])
    answers = [client(door, "pharmacist").get(f"/fhir/Binary/{i}") for i in (masked, uuid4())]
    assert answers[0].content == answers[1].content


def _during_the_write(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], None], apart: bool, *, done: bool = True
) -> list[Future[None]]:  # fmt: skip
    """Have somebody else act, in a thread of their own, between the check of a deposit and its rows. `done`: whether they can.

    `apart`: between two transactions, as where a file is opened, and not inside one.
    """
    real, acting = depositing.put, list[Future[None]]()

    def put(key: Any, content: bytes) -> str:
        monkeypatch.setattr(depositing, "put", real)
        acting.append(ThreadPoolExecutor(1).submit(act))
        wait(acting, 20 if done else 1)
        assert acting[0].done() is done
        return real(key, content)

    monkeypatch.setattr(depositing, "put", put)
    monkeypatch.setattr(depositing, "opened_apart", lambda mime, content: apart)
    return acting


@pytest.mark.parametrize("apart", [False, True])
def test_a_mask_set_while_a_replacement_is_written_is_not_lost(monkeypatch: pytest.MonkeyPatch, apart: bool) -> None:
    person, _ = patient("treating", "pharmacist", treating="treating")
    original = deposit(person)
    _during_the_write(monkeypatch, lambda: records.change_document(ask("treating", Act.MASK, person), original), apart)
    replacement = deposit(person, replaces=original)
    with pytest.raises(Refusal):
        records.read_content(ask("pharmacist", Act.READ, person), replacement)
    told = json.loads(records.read_metadata(ask("treating", Act.READ, person), original))
    assert told["meta"]["versionId"] == "2"
    assert "MASQUE_PS" in json.dumps(told["securityLabel"])


def _closing(record_id: UUID) -> Callable[[], None]:
    def close() -> None:
        with unit(record_id) as work:
            records.change_state(work, record_id, "close", date(2026, 11, 23))

    return close


def test_a_record_closed_while_a_file_is_opened_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    person, record_id = patient("treating")
    _during_the_write(monkeypatch, _closing(record_id), apart=True)
    with pytest.raises(Refusal) as refusal:
        deposit(person)
    assert refusal.value.code == "record-closed"
    with unit(record_id) as work:
        assert work.rows("SELECT 1 FROM records_document") == []


def test_a_record_is_closed_after_a_deposit_that_was_decided_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever closes waits for the deposit that holds the lock: it stands, and the next one is refused."""
    person, record_id = patient("treating")
    closing = _during_the_write(monkeypatch, _closing(record_id), apart=False, done=False)
    deposit(person)
    closing[0].result(20)
    with unit(record_id) as work:
        assert len(work.rows("SELECT 1 FROM records_document")) == 1
    with pytest.raises(Refusal, match="record-closed"):
        deposit(person)


def test_a_device_with_the_number_of_a_professional_is_no_author_of_theirs() -> None:
    person, record_id = patient("treating")
    forged = (Author(PROFESSIONALS["pharmacist"].id, device=True),)
    document = entry(person, mime="text/plain", unique_id=fresh_uid(), type=Coding("11488-4"), authors=forged)
    records.deposit(ask("treating", Act.FEED, person), submission((document, b"x")))
    with unit(record_id) as work:
        assert work.rows("SELECT author_ids FROM records_document") == [([],)]


def test_every_door_that_takes_an_ins_counts_its_negative_answers(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bound(monkeypatch, "*,person,negative,2,8,,,,")
    who = client(door, "psychomotor_therapist")
    codes = [code_of(call(fresh_person().ins)) for call in (who.authorize, who.search, who.test_record, who.authorize)]
    assert codes == ["ins-unknown", "ins-unknown", "step-up-required", "step-up-required"]
    fresh = client(door, "psychomotor_therapist", at=datetime.now(UTC) + timedelta(seconds=1))
    answers = [code_of(fresh.search(fresh_person().ins)) for _ in range(8)]
    assert answers[0] == "ins-unknown", "a fresh proof of identity answers a step-up"
    assert answers[-1] == "activity-under-review", "but not for ever"


def test_traits_cannot_be_guessed_piece_by_piece(door: str) -> None:
    person, _ = patient()
    who = client(door, "treating")
    for piece in ("1", "19", "1980", "1980-05", "1980-05-1"):
        assert code_of(who.test_record(person.ins, birthdate=piece)) in ("ins-mismatch", "request-malformed")
    assert code_of(who.test_record(person.ins, birthdate="1980-05-17")) == "consent-missing"


def test_replacing_a_deleted_document_says_no_more_than_replacing_an_invented_one(door: str) -> None:
    person, _ = patient("treating", treating="treating")
    gone = deposit(person)
    records.change_document(ask("treating", Act.DELETE, person), gone)

    def replacing(target: object) -> bytes:
        parents = (Parent("replaces", f"DocumentReference/{target}"),)
        return client(door, "treating").deposit(entry(person, parents=parents), cda(person)).content

    assert replacing(gone) == replacing(uuid4())


@pytest.mark.parametrize("policy", ["refuse", "accept"])
def test_replacing_a_masked_document_says_no_more_than_replacing_an_invented_one(
    door: str, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    monkeypatch.setattr(settings.CARNET, "unknown_parent", policy)
    person, _ = patient("treating", "pharmacist", treating="treating")
    masked = deposit(person, label=("MASQUE_PS",))

    def replacing(target: object) -> tuple[int, str]:
        parents = (Parent("replaces", f"DocumentReference/{target}"),)
        declared = replace(entry(person, parents=parents), unique_id=fresh_uid())
        answer = client(door, "pharmacist").deposit(declared, cda(person, "pharmacist", "11488-4", declared.unique_id))
        return answer.status_code, code_of(answer)

    assert replacing(masked) == replacing(uuid4())
    assert replacing(masked)[0] == {"refuse": 422, "accept": 200}[policy]
    told = json.loads(records.read_metadata(ask("treating", Act.READ, person), masked))
    assert told["status"] == "current"


def test_masking_one_document_masks_its_whole_chain_of_replacements(door: str) -> None:
    person, _ = patient("treating", "pharmacist", treating="treating")
    first = deposit(person)
    second = deposit(person, replaces=first)
    third = deposit(person, replaces=second)
    everything = {"status": "current,superseded"}
    pharmacist = client(door, "pharmacist")
    assert len(documents_of(pharmacist.search(person.ins, **everything))) == 3
    records.change_document(ask("treating", Act.MASK, person), second)
    assert documents_of(pharmacist.search(person.ins, **everything)) == []
    records.change_document(ask("treating", Act.UNMASK, person), third)
    assert len(documents_of(pharmacist.search(person.ins, **everything))) == 3


def test_unmasking_a_chain_reaches_no_document_of_somebody_else() -> None:
    from carnet.kernel.actor import Actor, ActorKind, Means

    person, record_id = patient("treating", "blocked", "cardiologist")
    first = deposit(person, by="cardiologist", label=("MASQUE_PS",))
    # The structure replaces what one of its doctors wrote; another doctor of the structure wrote the new version.
    doctor = actor("cardiologist")
    proof = replace(doctor.authentication, means=Means.CPE)
    secretary = Actor(ActorKind.EMPLOYEE, "secretary", "Secrétariat", proof, replace(doctor.situation, profession=None))
    uid = fresh_uid()
    other = author("blocked")[0]
    document = entry(person, mime="text/plain", unique_id=uid, type=Coding("11488-4"), authors=(other,),
                     parents=(Parent("replaces", f"DocumentReference/{first}"),))  # fmt: skip
    question = replace(ask("cardiologist", Act.FEED, person), actor=secretary)
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        owner.execute(
            "UPDATE records_document SET author_structures = %s WHERE record_id = %s", [[doctor.situation.structure], record_id]
        )
    second = records.deposit(question, submission((document, b"x"))).documents[0].logical_id
    records.change_document(ask("blocked", Act.UNMASK, person), second)
    with unit(record_id) as work:
        masked = dict(work.rows("SELECT logical_id, masked FROM records_document"))
    assert masked == {first: True, second: False}


def test_a_masked_replacement_hides_what_it_replaces(door: str) -> None:
    person, _ = patient("treating", "pharmacist", treating="treating")
    first = deposit(person)
    deposit(person, replaces=first, label=("MASQUE_PS",))
    assert documents_of(client(door, "pharmacist").search(person.ins, status="current,superseded")) == []


def test_a_replacement_does_not_put_an_announcement_off() -> None:
    person, record_id = patient("treating")
    then = now() - timedelta(days=20)
    first = deposit(person, label=("INVISIBLE_PATIENT",), at=then)
    second = deposit(person, replaces=first)
    with unit(record_id) as work:
        assert work.rows("SELECT deposited_at, hidden_from_patient FROM records_document WHERE logical_id = %s", second) == [
            (then, True)
        ]


def test_a_signature_object_is_no_hiding_place() -> None:
    person, _ = patient("treating")
    both = labels("MASQUE_PS", "INVISIBLE_PATIENT")
    hidden = entry(person, unique_id=fresh_uid(), mime="text/plain", type=Coding("E1762"), confidentiality=both)
    for parents in ((), (Parent("replaces", f"DocumentReference/{deposit(person)}"),)):
        with pytest.raises(Refusal):
            records.deposit(ask("treating", Act.FEED, person), submission((replace(hidden, parents=parents), b"secret")))


def test_a_deposit_sent_again_promises_nothing_that_is_not_kept(door: str) -> None:
    person, _ = patient("treating", treating="treating")
    who, content = client(door, "treating"), cda(person)
    first = who.deposit(entry(person), content).json()["entry"][1]["response"]["location"]
    document = UUID(first.split("/")[1])
    assert code_of(who.deposit(entry(person, confidentiality=labels("MASQUE_PS")), content)) == "document-duplicate"

    def somebody_else() -> tuple[str, str]:
        """What a colleague with a copy is told, who may not see what became of the document."""
        dentist = client(door, "dentist")
        plain = dentist.deposit(entry(person), content).json()["entry"][1]["response"]["location"]
        return plain, code_of(dentist.deposit(entry(person, confidentiality=labels("MASQUE_PS")), content))

    assert somebody_else() == (first, "document-duplicate")
    records.change_document(ask("treating", Act.MASK, person), document)
    assert somebody_else() == (first, "document-duplicate"), "masked or not, one answer"
    again = who.deposit(entry(person), content).json()["entry"][1]["response"]["location"]
    assert again == first, "the version would tell that something changed"
    records.change_document(ask("treating", Act.DELETE, person), document)
    assert code_of(who.deposit(entry(person), content)) == "document-duplicate"


def test_a_door_neither_lists_nor_revives_sessions() -> None:
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "carnet_fhir"), autocommit=True) as connection:
        for statement in (
            "SELECT s.actor FROM signin_session t, LATERAL signin_session_of(t.token) s",
            "UPDATE signin_session SET ended_at = NULL",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_directory_cache_keeps_situations_apart(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CARNET, "directory_cache_seconds", 60)
    person, _ = patient("treating")
    assert client(door, "treating").search(person.ins).status_code == 200
    assert code_of(client(door, "treating", savoir_faire="SM25").search(person.ins)) == "function-not-allowed"


def test_a_second_objection_leaves_the_first(door: str) -> None:
    person, record_id = patient()
    with unit(record_id) as work:
        for key in ("treating", "dentist"):
            access.object_to_deposits(work, host(record_id), PROFESSIONALS[key].id)
    assert code_of(client(door, "treating").deposit(entry(person), cda(person))) == "deposit-objection"


def test_the_journal_says_which_process_wrote() -> None:
    _, record_id = patient("treating")
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "carnet_courier"), autocommit=True) as courier:
        courier.execute("SELECT journal_append(%s, now(), 'professional:x', %s)", [record_id, '{"actor":"professional:x"}'])
    with unit(record_id) as work:
        assert work.rows("SELECT writer FROM journal_entry WHERE chain_id = %s", record_id)[-1] == ("carnet_courier",)


def test_a_consultation_takes_nothing_from_the_care_team_and_gives_nothing_to_it(door: str) -> None:
    person, record_id = patient()
    with unit(record_id) as work:
        granted = access.grant(work, *_declaring(person))
        granted = replace(granted, record_id=record_id)
        key = key_of(work, record_id)
        team = access.authorise(work, granted, Consent(AuthorisationGround.CARE_TEAM, True), key)
        assert access.authorise(work, granted, Consent(AuthorisationGround.CONSULTATION, True, True), key) == team
        assert work.rows("SELECT ground FROM access_authorisation WHERE record_id = %s", record_id) == [("care_team",)]
        assert work.rows("SELECT initial_consent_at FROM access_choices WHERE record_id = %s", record_id) == []


def _declaring(person):
    from carnet.dicah.facts import Facts, RecordFacts, RecordState

    question = ask("dentist", Act.DECLARE_AUTHORISATION, person)
    return question, Facts(record=RecordFacts(RecordState.OPEN)), None


def test_patient_ids_are_not_an_oracle(door: str) -> None:
    _, record_id = patient("treating")
    for who in ("insurer_doctor", "occupational"):
        stranger = client(door, who)
        known, invented = (
            stranger.get(f"/fhir/DocumentReference?patient=Patient/{i}&status=current") for i in (record_id, uuid4())
        )
        assert (known.status_code, known.content) == (invented.status_code, invented.content)


@pytest.mark.parametrize(
    "criteria", [{"_count": "²"}, {"_count": "9" * 5000}, {"date": "9999-13-31"}, {"period": "ge0001-01-01"}, {"creation": "0000"}]
)
def test_odd_numbers_and_dates_are_refused_not_failed(door: str, criteria: dict[str, str]) -> None:
    person, _ = patient("treating")
    assert client(door, "treating").search(person.ins, **criteria).status_code == 400


@pytest.mark.parametrize("criteria", [{"date": "9999-12-31"}, {"period": "ge9999"}, {"creation": "gt9999-12"}])
def test_the_last_days_of_the_calendar_are_days_that_nothing_is_of(door: str, criteria: dict[str, str]) -> None:
    person, _ = patient("treating")
    deposit(person)
    answer = client(door, "treating").search(person.ins, **criteria)
    assert answer.status_code == 200 and "entry" not in answer.json()


def test_a_lone_surrogate_is_refused_not_failed(door: str) -> None:
    person, _ = patient("treating")
    who = client(door, "treating")
    body = json.dumps(provide_bundle(entry(person, title="TITRE", authors=author("treating")), cda(person))).replace(
        "TITRE", "\\ud800"
    )
    answer = who.http.post(f"{door}/fhir", content=body.encode(), headers=who.headers() | {"Content-Type": "application/fhir+json"})
    assert answer.status_code == 400


def test_a_uuid_in_capitals_is_the_same_document(door: str) -> None:
    person, _ = patient("treating")
    who, uid = client(door, "treating"), f"urn:uuid:{uuid4()}"
    for text in (uid, uid.upper().replace("URN:UUID:", "urn:uuid:")):
        document = entry(person, mime="text/plain", unique_id=text, type=Coding("11488-4"), authors=author("treating"))
        assert who.deposit(document, b"the same").status_code == 200
    assert len(documents_of(who.search(person.ins))) == 1
    assert actor("treating").id
