"""TD0.5: candidates by traits, in regulation only; what it counts, what it tells, and what it leaves in journals."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.bounds import bound
from support.people import client, fresh_person, host, now, open_record, patient, today

from carnet.apps.access import api as access
from carnet.apps.identity.candidates import enough_to_search, resemblance, tokens
from carnet.apps.journal.api import entries_of_record
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.client import Client, code_of, resources_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.dicah.facts import RecordState
from carnet.kernel.traits import Traits


def somebody(name: str, **traits: str) -> tuple[DemoPerson, object]:
    person = fresh_person(**{"birth_name": name, "given_names": "Marie Claude", "sex": "F", "birth_date": "1961-09-08"} | traits)
    return person, open_record(person)


@pytest.fixture
def regulator(door: str) -> Client:
    return client(door, "regulator", regulation=True)


def names(answer: object) -> list[str]:
    return [p["name"][0]["family"] for p in resources_of(answer, "Patient")]


def test_candidates_come_with_their_scores_the_best_first(regulator: Client) -> None:
    exact, _ = somebody("ÉTIENNE-SAINT")
    near, _ = somebody("ETIENNE SEIN")
    far, _ = somebody("ZOUBIR", birth_date="1932-01-01")
    answer = regulator.match(family="Etienne Saint", given=["Marie"], gender="female", birthdate="1961-09-08")
    assert answer.status_code == 200, answer.text
    found = [(e["resource"]["name"][0]["family"], e["search"]["score"]) for e in answer.json()["entry"]]
    assert found[0] == (exact.traits.birth_name, 1.0)
    assert found[1][0] == near.traits.birth_name
    assert 0.6 <= found[1][1] < 1.0
    assert far.traits.birth_name not in names(answer)
    shown = resources_of(answer, "Patient")[0]
    assert shown["identifier"][0]["value"] == exact.ins.matricule
    assert shown["extension"][0]["valueBoolean"] is False


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ({"family": "TOURNESOL", "birthdate": "1961-09-08"}, True),
        ({"family": "Tournesol", "birthdate": "1961"}, True),
        ({"family": "TOURNESOLE", "given": ["Marie"], "birthdate": "1961-09-08"}, True),
        ({"family": "TOURNESOL", "given": ["Marie"]}, True),
        ({"family": "TURNESOL", "gender": "female", "birthdate": "1961-09-08"}, True),
        ({"family": "AUTRE", "given": ["Jean"], "birthdate": "1950-01-01"}, False),
    ],
)
def test_traits_with_a_slip_find_and_other_traits_do_not(regulator: Client, sent: dict, found: bool) -> None:
    person, _ = somebody("TOURNESOL")
    matricules = [p["identifier"][0]["value"] for p in resources_of(regulator.match(**sent), "Patient")]
    assert (person.ins.matricule in matricules) is found


def test_only_in_regulation_and_with_its_proof(door: str, regulator: Client) -> None:
    somebody("CORBEAU")
    sent = {"family": "CORBEAU", "birthdate": "1961-09-08"}
    assert code_of(regulator.match(mode="", **sent)) == "function-not-allowed"
    assert code_of(regulator.match(mode="bris_de_glace", **sent)) == "function-not-allowed"
    assert code_of(client(door, "emergency").match(**sent)) == "regulation-not-proved"
    assert code_of(client(door, "nurse", regulation=True).match(**sent)) == "regulation-not-proved", "doctors only, by the setting"
    assert Client(door).match(**sent).status_code == 401


def test_a_search_is_never_a_browse(regulator: Client) -> None:
    assert code_of(regulator.match(family="", birthdate="1961-09-08")) == "traits-insufficient"
    assert code_of(regulator.match(family="CORBEAU")) == "traits-insufficient"
    assert regulator.match(family="X", birthdate="hier").status_code == 400
    for number in range(12):
        somebody("FOURMILIER", given_names=f"Prénom{number}")
    common = regulator.match(family="FOURMILIER", birthdate="1961-09-08")
    assert (common.status_code, code_of(common)) == (422, "traits-too-common"), "twelve fit alike: ten of them would tell nothing"
    told_apart = regulator.match(family="FOURMILIER", given=["Prénom7"], birthdate="1961-09-08")
    assert 1 <= len(names(told_apart)) <= 10
    assert resources_of(told_apart, "Patient")[0]["name"][0]["given"] == ["Prénom7"]


def test_those_who_share_most_are_compared_however_many_share_something(regulator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.apps.records.entry import by_traits as regulation

    monkeypatch.setattr(regulation, "LOOKED_AT", 3)
    for _ in range(5):
        somebody("FOULE")
    person, _ = somebody("FAUVETTE")
    answer = regulator.match(family="FAUVETTE", given=["Marie"], gender="female", birthdate="1961-09-08")
    assert resources_of(answer, "Patient")[0]["identifier"][0]["value"] == person.ins.matricule


def test_who_has_no_open_record_or_a_doubtful_identity_is_not_listed(regulator: Client) -> None:
    for state in (RecordState.OPPOSED, RecordState.PENDING_OPPOSITION, RecordState.CLOSED, RecordState.SUSPENDED):
        person = fresh_person(birth_name="INVISIBLE", birth_date="1961-09-08")
        records.create_record(person.ins, person.traits, today(), state=state)
    doubtful = fresh_person(birth_name="INVISIBLE", birth_date="1961-09-08")
    open_record(doubtful, annotations=("DOUT",))
    provisional = fresh_person(birth_name="INVISIBLE", birth_date="1961-09-08")
    open_record(provisional, status="PROV")
    answer = regulator.match(family="INVISIBLE", birthdate="1961-09-08")
    assert (answer.status_code, names(answer)) == (200, [])


def test_an_opposition_to_emergency_access_is_shown_with_the_candidate(regulator: Client) -> None:
    person, record_id = somebody("REFUS")
    with unit(record_id) as work:
        access.choose(work, host(record_id), regulation=False)
    shown = resources_of(regulator.match(family="REFUS", birthdate="1961-09-08"), "Patient")
    assert [p["extension"][0]["valueBoolean"] for p in shown] == [True]
    assert (
        code_of(regulator.open_emergency(person.ins, "centre_15", "Appel au 15, personne qui ne répond plus."))
        == "emergency-opposed"
    )


def test_the_search_stands_in_the_journal_of_whoever_was_shown(regulator: Client) -> None:
    _, record_id = somebody("TRACE")
    regulator.match(family="TRACE", birthdate="1961-09-08")
    with unit(record_id) as work:
        last = entries_of_record(work, record_id)[-1]
    assert (last["act"], last["mode"], last["detail"]) == ("TD0.5", "centre_15", "shown-as-candidate")
    assert "TRACE" not in str(last), "no trait in the journal"


def test_searches_are_counted_and_beyond_the_bound_the_person_signs_in_again(
    door: str, regulator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound(monkeypatch, "*,person,traits,1,,,,,")
    somebody("BUDGET")
    answer = regulator.match(family="BUDGET", birthdate="1961-09-08")
    answer = regulator.match(family="BUDGET", birthdate="1961-09-08")
    assert code_of(answer) == "step-up-required"
    again = client(door, "regulator", regulation=True, at=now() + timedelta(seconds=1))
    assert again.match(family="BUDGET", birthdate="1961-09-08").status_code == 200


def test_nothing_is_opened_by_being_listed(regulator: Client) -> None:
    person, _ = somebody("FERME")
    regulator.match(family="FERME", birthdate="1961-09-08")
    assert code_of(regulator.search(person.ins, mode="centre_15")) == "emergency-reason-missing"


def test_bad_requests_are_named(regulator: Client) -> None:
    odd = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": {"resourceType": "Patient", "name": [{"family": "\ud800"}]}}],
    }
    sent = regulator.headers("centre_15") | {"Content-Type": "application/fhir+json"}
    body = json.dumps(odd).encode()
    assert regulator.http.post(f"{regulator.base}/fhir/Patient/$match", content=body, headers=sent).status_code == 400
    for resource in ({"resourceType": "Patient"}, {"resourceType": "Parameters", "parameter": []},
                     {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": {"resourceType": "List"}}]}):  # fmt: skip
        assert regulator.post("/fhir/Patient/$match", resource, "centre_15").status_code == 400


def test_resemblance_weighs_what_was_sent() -> None:
    known = Traits("DURAND", "Jean Paul", "M", "1970-01-31")
    assert resemblance(known, known) == 1.0
    assert resemblance(Traits(), known) == 0.0
    assert resemblance(Traits("DURAND", "Jean"), known) == 1.0, "the first given name is its beginning"
    assert resemblance(replace(known, birth_date="1971-01-31"), known) < resemblance(replace(known, birth_date="1970-01-13"), known)
    assert resemblance(replace(known, sex="F"), known) == 0.9
    assert not enough_to_search(Traits(birth_date="1970"))
    assert tokens(Traits("A")) == []
    assert patient
