"""Connected services: from the request to the reading, what each line opens, and what withdrawing does."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support.espace import Space, newcomer, relate
from support.people import deposit, now, today
from support.roles import as_role
from support.services import App, app, purposes, referenced, text_of

from carnet.apps.access import api as access
from carnet.apps.catalogue import api as catalogue
from carnet.apps.catalogue import calling
from carnet.apps.storage.api import unit
from carnet.desk.demonstration import services as demo
from carnet.kernel.refusal import Refusal

OPERATOR = catalogue.By(catalogue.Side.OPERATOR, "Exploitante")
ABSENT_REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
PRESSURE = {"system": "http://loinc.org", "code": "85354-9"}


def measure(number: str, loinc: str = "8867-4", value: float = 64, unit_: str = "/min", **more: Any) -> dict[str, Any]:
    """An Observation that a service sends."""
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": loinc}]},
        "subject": {"reference": f"Patient/{number}"}, "effectiveDateTime": "2026-11-20T07:30:00+01:00",
        "valueQuantity": {"value": value, "unit": unit_, "system": "http://unitsofmeasure.org", "code": unit_},
    } | more  # fmt: skip


@pytest.fixture(scope="module")
def connected(espace: str, oauth: str, door: str) -> tuple[Space, App]:
    """Somebody with the diary connected, everything ticked."""
    space, _, _ = newcomer(espace, "Margaux")
    return space, app(oauth, door).connect(space, "openid fhirUser launch/patient patient/*.crus offline_access")


def test_the_whole_way(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace, "Margaux")
    space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": "62"})
    client = app(oauth, door).connect(space)
    assert client.tokens["token_type"] == "Bearer"
    assert client.patient not in (person.ins.matricule, "")
    pulse = client.resources(f"Observation?patient={client.patient}&code=http://loinc.org|8867-4")
    assert [o["valueQuantity"]["value"] for o in pulse] == [62]
    assert client.call(f"Patient/{client.patient}").json()["name"][0]["given"] == [person.traits.given_names]
    assert person.traits.birth_name not in client.call(f"Patient/{client.patient}").text
    assert person.ins.matricule not in client.call("Observation").text
    assert "un service a votre accord" in text_of(space.get("/services"))
    assert "service que vous avez connecté" in text_of(space.get("/acces/journal"))


def test_nothing_is_ticked_beforehand_and_what_is_refused_stops_nothing_else(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    client = app(oauth, door)
    left, _ = client.begin()
    page = space.get(left.headers["location"].removeprefix(espace))
    assert " checked" not in page.text.replace('value="6" checked', "")
    client.connect(space, ticked=["suivi/measures.HEART_RATE/read"])
    assert set(client.tokens["scope"].split()) == {"openid", "fhirUser", "launch/patient", "patient/Observation.rs"}
    assert client.call("Observation").status_code == 200
    for name in ("MedicationStatement", "Appointment"):
        assert client.call(name).status_code == 403
    assert client.call("Observation", "POST", json=measure(client.patient)).status_code == 403


def test_refusing_everything_is_told_to_the_service_and_keeps_nothing(espace: str, oauth: str, door: str) -> None:
    space, _, record_id = newcomer(espace)
    client = app(oauth, door)
    for ticked, choice in ((None, "refuser"), ([], "accepter")):
        left, _ = client.begin()
        back = client.decide(space, left, ticked, choice)
        assert "error=access_denied" in back.headers["location"]
    with as_role("carnet_espace"), unit(record_id) as work:
        assert access.agreements(work, record_id) == []


def test_a_line_that_the_card_does_not_ask_for_cannot_be_ticked(espace: str, oauth: str, door: str) -> None:
    space, _, record_id = newcomer(espace)
    client = app(oauth, door)
    client.connect(space, ticked=["suivi/measures.HEART_RATE/read", "suivi/documents/read", "autre/allergies/read"])
    with as_role("carnet_espace"), unit(record_id) as work:
        (held,) = access.agreements(work, record_id)
    assert [str(x) for x in held.lines] == ["suivi/measures.HEART_RATE/read/P1Y"]


def test_each_category_opens_its_own_type_and_no_other(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace)
    for section, label in (
        ("allergies", "Pénicilline"),
        ("treatments", "Metformine"),
        ("problems", "Asthme"),
        ("vaccinations", "Grippe"),
    ):
        space.post(f"/profil/{section}/ajouter", {"libelle": label, "date": "2026-01-10"})
    shown = deposit(person, title="Compte rendu")
    lines = (("allergies",), ("treatments",), ("history",), ("vaccinations",), ("documents",), ("prevention",), ("appointments",))
    client = app(oauth, door, referenced(purposes=purposes(*lines)))
    of = {"allergies": "AllergyIntolerance", "treatments": "MedicationStatement", "history": "Condition", "vaccinations": "Immunization",
          "documents": "DocumentReference", "prevention": "CarePlan", "appointments": "Appointment"}  # fmt: skip
    for category, name in of.items():
        client.connect(space, ticked=[f"soin/{category}/read"])
        for other in of.values():
            answer = client.call(other)
            assert answer.status_code == (200 if other == name else 403), (category, other, answer.text)
        found = client.resources(name)
        if category not in ("appointments", "prevention"):
            assert len(found) == 1, category
            assert client.call(f"{name}/{found[0]['id']}").json() == found[0]
    client.connect(space, ticked=["soin/documents/read"])
    binary = client.call(f"Binary/{shown}")
    assert binary.status_code == 200
    assert binary.headers["content-disposition"] == "attachment"
    assert person.ins.matricule not in str(client.resources("DocumentReference"))
    assert person.traits.birth_name not in str(client.resources("DocumentReference"))


def test_what_is_masked_or_not_announced_is_in_no_answer(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace)
    masked, hidden = (
        deposit(person, title="Masqué", label=("MASQUE_PS",)),
        deposit(person, title="Pas annoncé", label=("INVISIBLE_PATIENT",)),
    )
    client = app(oauth, door, referenced(purposes=purposes(("documents",)))).connect(space)
    answer = client.call("DocumentReference")
    assert answer.json()["total"] == 0
    assert "Masqué" not in answer.text
    for number in (masked, hidden):
        for path in (f"DocumentReference/{number}", f"Binary/{number}"):
            told, never = client.call(path), client.call(path.replace(str(number), str(UUID(int=7))))
            assert (told.status_code, told.text) == (404, never.text)


def test_another_person_s_number_is_refused_whoever_it_is(espace: str, oauth: str, door: str) -> None:
    service = referenced()
    first, second = newcomer(espace)[0], newcomer(espace)[0]
    mine, other = app(oauth, door, service).connect(first), app(oauth, door, service).connect(second)
    assert mine.patient != other.patient
    answers = {(a.status_code, a.text) for a in (mine.call(f"Observation?patient={n}") for n in (other.patient, "0" * 32))}
    assert len(answers) == 1
    assert answers.pop()[0] == 403
    assert mine.call(f"Patient/{other.patient}").status_code == 403
    assert mine.call("Observation", "POST", json=measure(other.patient)).status_code == 403


def test_two_services_know_one_person_under_two_numbers(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    assert app(oauth, door).connect(space).patient != app(oauth, door).connect(space).patient


def test_withdrawing_refuses_the_next_call_and_ends_every_token(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced()
    client = app(oauth, door, service, backchannel_logout_uri="https://service.example/fin")
    client.connect(space, "openid patient/*.rs offline_access")
    assert client.call("Observation").status_code == 200
    assert space.post(f"/services/{service}/retirer").status_code == 302
    assert client.call("Observation").status_code == 401
    assert client.refresh().json()["error"] == "invalid_grant"
    told = httpx.post(f"{oauth}/introspect", data={"client_id": client.client_id, "token": client.tokens["access_token"]})
    assert told.json() == {"active": False}
    with as_role("carnet_courier"), unit() as work:
        rows = work.rows("SELECT kind, told FROM catalogue_call WHERE client_id = %s", client.client_id)
    assert [(k, t["sub"]) for k, t in rows] == [("logout", client.patient)]
    assert "Aucun service n’est connecté" in text_of(space.get("/services"))
    journal = text_of(space.get("/acces/journal"))
    assert "retiré l’accès d’un service" in journal


def test_a_withdrawal_under_calls_that_run_lets_none_begin_after_it(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced()
    client = app(oauth, door, service).connect(space)
    over, late, statuses = threading.Event(), [], []

    def calls() -> None:
        with httpx.Client(timeout=30) as http:
            while True:
                after = over.is_set()
                answer = http.get(
                    f"{door}/services/fhir/Observation", headers={"Authorization": f"Bearer {client.tokens['access_token']}"}
                )
                statuses.append(answer.status_code)
                if after:
                    late.append(answer.status_code)
                    return

    threads = [threading.Thread(target=calls) for _ in range(6)]
    for thread in threads:
        thread.start()
    while statuses.count(200) < 12:
        pass
    assert space.post(f"/services/{service}/retirer").status_code == 302
    over.set()
    for thread in threads:
        thread.join()
    assert len(late) == 6
    assert set(late) <= {401, 403}, late


def test_narrowing_acts_on_tokens_that_are_already_out(connected: tuple[Space, App], oauth: str, door: str, espace: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced()
    client = app(oauth, door, service).connect(space)
    assert client.call("MedicationStatement").status_code == 200
    space.post(f"/services/{service}/accord", {"ligne": ["suivi/measures.HEART_RATE/read"], "duree": "1"})
    assert client.call("MedicationStatement").status_code == 403
    assert client.call("Observation").status_code == 200
    space.post(f"/services/{service}/accord", {"ligne": [], "duree": "1"})
    assert client.call("Observation").status_code == 401


def test_an_agreement_ends_by_itself_and_is_announced_before(
    espace: str, oauth: str, door: str, settings_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    space, _, record_id = newcomer(espace)
    client = app(oauth, door)
    left, verifier = client.begin("patient/*.rs offline_access")
    back = client.decide(space, left, duration="1")
    client.tokens = client.redeem(back.headers["location"].split("code=")[1].split("&")[0], verifier).json()
    with as_role("carnet_worker"):
        catalogue.TIMERS[1].run(now() + timedelta(days=20))
    with as_role("carnet_worker"), unit(record_id) as work:
        kinds = [r[0] for r in work.rows("SELECT kind FROM outbox_notice WHERE record_id = %s", record_id)]
    assert "service-ending" in kinds
    settings_clock.move(timedelta(days=32))
    assert client.refresh().json()["error"] == "invalid_grant"
    assert client.call("Observation").status_code == 401


def test_a_representative_agrees_until_majority_and_the_minor_may_withdraw(espace: str, oauth: str, door: str) -> None:
    child_space, _, record_id = newcomer(espace, birth_date=(today() - timedelta(days=int(17.95 * 365.25))).isoformat())
    parent = newcomer(espace)[0]
    relate(record_id, parent, access.REPRESENTS)
    parent.act_on(record_id)
    service = referenced()
    client = app(oauth, door, service).connect(parent)
    with as_role("carnet_espace"), unit(record_id) as work:
        (held,) = access.agreements(work, record_id)
    assert held.expires_at < now() + timedelta(days=40), "the day of majority comes before the six months that were chosen"
    assert held.person_kind == "representative"
    assert client.call("Observation").status_code == 200
    left, _ = client.begin()
    assert child_space.get(left.headers["location"].removeprefix(espace)).status_code == 403, "a minor connects nothing alone"
    assert child_space.post(f"/services/{service}/retirer").status_code == 302
    assert client.call("Observation").status_code == 401


def test_a_suspended_service_reads_nothing_and_one_that_is_dereferenced_loses_its_tokens(
    espace: str, oauth: str, door: str
) -> None:
    space, _, _ = newcomer(espace)
    service = referenced()
    client = app(oauth, door, service).connect(space, "patient/*.rs offline_access")
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "suspend", "Une faille", now())
    answer = client.call("Observation")
    assert (answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]) == (403, "service-not-referenced")
    assert client.refresh().json()["error"] == "invalid_grant"
    assert "Suspendu" in text_of(space.get("/services"))
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "publish", "", now())
    assert client.call("Observation").status_code == 200
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "dereference", "Faille non corrigée", now())
    assert client.call("Observation").status_code == 401
    assert client.begin()[0].status_code == 403


# The measures of the API Mesures


def test_every_measure_that_may_be_written_is_read_as_it_was_written(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    codes = [m for m in catalogue.MEASURES_LIST if m.code not in (catalogue.BMI, "BLOOD_PRESSURE")]
    client = app(oauth, door, referenced(purposes=purposes(("measures", "read", "write")))).connect(space)
    extension = {"GLUCOSE": ("mes-moment", "à jeun"), "INTERSTITIAL_GLUCOSE": ("mes-number-of-days", "14"),
                 "HEMOGLOBIN_GLYCATION_INDEX": ("mes-number-of-days", "30")}  # fmt: skip
    value = {"BODY_TEMPERATURE": 37.2, "PAIN_SEVERITY": 3, "GLYCATED_HEMOGLOBIN": 6.8, "HEMOGLOBIN_GLYCATION_INDEX": 7.1}
    for m in codes:
        more = (
            {"extension": [{"url": f"https://exemple/{extension[m.code][0]}", "valueString": extension[m.code][1]}]}
            if m.code in extension
            else {}
        )
        sent = measure(client.patient, m.loinc, value.get(m.code, 66), m.unit, **more)
        answer = client.call("Observation", "POST", json=sent)
        assert answer.status_code == 201, (m.code, answer.text)
        (read,) = client.resources(f"Observation?code={m.loinc}")
        assert read["valueQuantity"]["value"] == sent["valueQuantity"]["value"]
        assert read["valueQuantity"]["code"] == m.unit
        assert read["effectiveDateTime"] == sent["effectiveDateTime"]
        assert client.call("Observation", "POST", json=sent).status_code == 409
    assert "Noté par le service" in text_of(space.get("/profil/measures"))


def test_blood_pressure_is_one_measure_of_two_values(connected: tuple[Space, App]) -> None:
    _, client = connected
    parts = [{"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
              "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}
             for code, value in (("8480-6", 128), ("8462-4", 82))]  # fmt: skip
    sent = measure(client.patient, code={"coding": [PRESSURE]}, component=parts)
    del sent["valueQuantity"]
    assert client.call("Observation", "POST", json=sent).status_code == 201
    (read,) = client.resources("Observation?code=85354-9")
    assert [p["valueQuantity"]["value"] for p in read["component"]] == [128, 82]
    alone = client.call("Observation", "POST", json=sent | {"component": parts[:1]})
    assert alone.status_code == 422


def test_one_value_alone_says_that_the_other_was_not_measured(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    space.post("/profil/measures/ajouter", {"mesure": "8480-6", "valeur": "121"})
    client = app(oauth, door).connect(space)
    (read,) = client.resources("Observation?code=85354-9")
    assert read["component"][0]["valueQuantity"]["value"] == 121
    assert read["component"][1]["dataAbsentReason"]["coding"][0]["code"] == "not-performed"


def test_the_body_mass_index_is_worked_out_and_never_taken(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    for code, value in (("8302-2", "180"), ("29463-7", "81")):
        space.post("/profil/measures/ajouter", {"mesure": code, "valeur": value})
    lines = (("measures.BODY_MASS_INDEX",), ("measures.WEIGHT", "read", "write"))
    client = app(oauth, door, referenced(purposes=purposes(*lines))).connect(space)
    (read,) = client.resources("Observation?code=39156-5")
    assert read["valueQuantity"]["value"] == 25
    answer = client.call("Observation", "POST", json=measure(client.patient, "39156-5", 25, "kg/m2"))
    assert answer.status_code == 422
    assert "Bmi" in answer.text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"valueQuantity": {"value": 64, "system": "http://unitsofmeasure.org", "code": "kg"}}, 422),
        ({"valueQuantity": {"value": 9000, "system": "http://unitsofmeasure.org", "code": "/min"}}, 422),
        ({"valueQuantity": {"value": "64"}}, 422),
        ({"valueQuantity": {"value": 64, "comparator": "<", "code": "/min"}}, 422),
        ({"effectiveDateTime": "2031-01-01"}, 422),
        ({"effectiveDateTime": "hier"}, 422),
        ({"effectiveDateTime": "2026-11-20T07:30:00"}, 422),
        ({"status": "preliminary"}, 422),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}}, 422),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}}, 422),
        ({"effectiveDateTime": "20261101"}, 422),
        ({"effectiveDateTime": "2026-W45-1"}, 422),
        ({"effectiveDateTime": "20261101T101500+00:00"}, 422),
        ({"effectiveDateTime": "0001-01-01T00:00:00+14:00"}, 422),
        ({"code": "x"}, 422),
        ({"interpretation": [{"text": "bien"}]}, 422),
        ({"extension": [{"url": "https://exemple/mes-moment", "valueString": "à jeun"}]}, 422),
        ({"extension": "x"}, 201),
        ({"note": [{"text": "x" * 301}]}, 422),
        ({"component": []}, 422),
        ({"subject": "x"}, 403),
        ({"resourceType": "Patient"}, 422),
    ],
)  # fmt: skip
def test_a_measure_that_cannot_be_kept_is_refused_with_its_place(
    connected: tuple[Space, App], change: dict[str, Any], status: int
) -> None:
    _, client = connected
    answer = client.call("Observation", "POST", json=measure(client.patient) | change)
    assert answer.status_code == status, answer.text
    if status == 422:
        assert answer.json()["issue"][0]["expression"][0].startswith("Observation")


def test_the_transaction_of_the_api_mesures_keeps_the_measure_and_names_what_it_does_not(connected: tuple[Space, App]) -> None:
    _, client = connected
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"resource": measure(client.patient, value=71), "request": {"method": "POST", "url": "Observation"}},
        {"resource": {"resourceType": "Device"}, "request": {"method": "POST", "url": "Device", "ifNoneExist": "identifier=x"}}]}  # fmt: skip
    for path in ("", "/"):
        answer = httpx.post(
            f"{client.fhir}/services/fhir{path}", json=bundle, headers={"Authorization": f"Bearer {client.tokens['access_token']}"}
        )
        assert answer.status_code == (200 if not path else 409), answer.text
        if not path:
            assert "not-kept: Device" in answer.text
    for wrong in ({"type": "batch"}, {"entry": []}, {"entry": [{"resource": {"resourceType": "Patient"}}]}):
        assert client.call("", "POST", json=bundle | wrong).status_code == 400


def test_the_last_value_and_a_period_are_found(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    for day in ("2026-09-01", "2026-10-01", "2026-11-01"):
        space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": str(60 + int(day[5:7])), "date": day})
    client = app(oauth, door).connect(space)
    last = client.resources("Observation?code=8867-4&_sort=-date&_count=1")
    assert [o["effectiveDateTime"] for o in last] == ["2026-11-01"]
    between = client.resources("Observation?date=ge2026-09-15&date=le2026-10-31")
    assert [o["effectiveDateTime"] for o in between] == ["2026-10-01"]
    page = client.call("Observation?_count=2").json()
    assert page["total"] == 3
    following = next(link["url"] for link in page["link"] if link["relation"] == "next")
    assert len(client.resources(following.split("/services/fhir/")[1])) == 1
    for wrong in ("foo=1", "date=xx2026", "_sort=code", "_count=x", "date=ge2026-99-99"):
        assert client.call(f"Observation?{wrong}").status_code == 400, wrong


def test_a_perimeter_of_a_year_and_of_names_alone_hold(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    for day in ("2019-03-01", "2026-10-01"):
        space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": "63", "date": day})
    space.post("/profil/treatments/ajouter", {"libelle": "Metformine", "precision": "par le docteur Dupont", "date": "2026-01-05"})
    client = app(oauth, door).connect(space)
    assert [o["effectiveDateTime"] for o in client.resources("Observation")] == ["2026-10-01"]
    assert "Dupont" not in client.call("MedicationStatement").text


# Summary, export


def test_the_summary_tells_withheld_unavailable_and_none_apart(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace, "Margaux")
    space.post("/profil/allergies/concerne", {})
    lines = (("allergies",), ("history",), ("treatments",), ("identity", "@given"))
    client = app(oauth, door, referenced(purposes=purposes(*lines)))
    client.connect(space, ticked=["soin/allergies/read", "soin/history/read"])
    bundle = client.call("Patient/$summary").json()
    composition = bundle["entry"][0]["resource"]
    sections = {s["code"]["coding"][0]["code"]: s for s in composition["section"]}
    assert sections["10160-0"]["emptyReason"]["coding"][0]["code"] == "withheld"
    assert sections["11450-4"]["emptyReason"]["coding"][0]["code"] == "unavailable"
    absent = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "AllergyIntolerance")
    assert absent["code"]["coding"][0]["code"] == "no-known-allergies"
    assert client.call(f"Patient/{client.patient}/$summary").status_code == 200
    assert client.call(f"Patient/{'0' * 32}/$summary").status_code == 403
    patient_ = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    assert "given" not in str(patient_)


def test_nothing_is_said_to_be_confirmed_that_nobody_confirmed(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace, "Margaux")
    space.post("/profil/allergies/ajouter", {"libelle": "Pénicilline"})
    client = app(oauth, door, referenced(purposes=purposes(("allergies",)))).connect(space)
    (read,) = client.resources("AllergyIntolerance")
    assert read["clinicalStatus"]["coding"][0]["code"] == "active"
    assert "verificationStatus" not in read
    bundle = client.call("Patient/$summary").json()
    patient_ = next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    assert patient_["name"] == [{"_text": {"extension": [{"url": ABSENT_REASON, "valueCode": "masked"}]}}]


def test_the_export_gives_every_type_that_was_agreed_to(connected: tuple[Space, App]) -> None:
    _, client = connected
    begun = client.call("Patient/$export", headers={"Prefer": "respond-async"})
    assert begun.status_code == 202
    path = begun.headers["content-location"].split("/services/fhir/")[1]
    told = client.call(path).json()
    assert told["requiresAccessToken"] is True
    assert {o["type"] for o in told["output"]} == {"Patient", "MedicationStatement", "Observation", "Appointment"}
    for output in told["output"]:
        file = client.call(output["url"].split("/services/fhir/")[1])
        assert file.headers["content-type"] == "application/fhir+ndjson"
        assert all(f'"resourceType":"{output["type"]}"' in line for line in file.text.splitlines())
    assert client.call("Patient/$export?_type=AllergyIntolerance").status_code == 403
    assert client.call("Patient/$export?_type=Nothing").status_code == 400
    assert client.call("export/inconnu").status_code == 404


# Subscriptions


def _told(client: App) -> list[dict[str, Any]]:
    with as_role("carnet_courier"), unit() as work:
        return [
            r[0]
            for r in work.rows(
                "SELECT told FROM catalogue_call WHERE client_id = %s AND kind = 'event' ORDER BY made_at", client.client_id
            )
        ]


def _kinds(told: list[dict[str, Any]]) -> list[str]:
    return [next(p["valueCode"] for p in t["bundle"]["entry"][0]["resource"]["parameter"] if p["name"] == "type") for t in told]


def _subscribe(client: App, topic: str, payload: str = "id-only") -> httpx.Response:
    content = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
    return client.call("Subscription", "POST", json={
        "resourceType": "Subscription", "status": "requested", "reason": "essai",
        "criteria": f"{client.fhir}/services/fhir/SubscriptionTopic/{topic}",
        "channel": {"type": "rest-hook", "endpoint": "https://service.example/evenements", "payload": "application/fhir+json",
                    "_payload": {"extension": [{"url": content, "valueCode": payload}]}},
    })  # fmt: skip


def _tell() -> None:
    with as_role("carnet_worker"):
        catalogue.tell_changes(now())


def test_a_service_is_told_of_what_it_may_know_and_numbers_have_no_hole(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace)
    client = app(oauth, door, referenced(purposes=purposes(("documents",), ("measures.HEART_RATE",)))).connect(space)
    number = _subscribe(client, "documents").json()["id"]
    assert _subscribe(client, "measures").status_code == 201
    shown = deposit(person, title="Visible")
    deposit(person, title="Masqué", label=("MASQUE_PS",))
    deposit(person, title="Pas annoncé", label=("INVISIBLE_PATIENT",))
    space.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "70"})
    _tell()
    later = deposit(person, title="Encore")
    _tell()
    told = [t for t in _told(client) if t["subscription"] == number]
    assert sorted(_kinds(told)) == ["event-notification", "event-notification", "handshake"]
    feed = client.call(f"Subscription/{number}/$events").json()["entry"][0]["resource"]["parameter"]
    parts = [{q["name"]: q for q in p["part"]} for p in feed if p["name"] == "notification-event"]
    assert [p["event-number"]["valueString"] for p in parts] == ["1", "2"]
    assert [p["focus"]["valueReference"]["reference"].rpartition("/")[2] for p in parts] == [str(shown), str(later)]
    assert len(_told(client)) == 4, "a weight that was not agreed to makes no event"
    space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": "70"})
    _tell()
    assert len(_told(client)) == 5


def test_a_withdrawal_ends_subscriptions_and_the_calls_that_wait(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace)
    service = referenced(purposes=purposes(("documents",)))
    client = app(oauth, door, service).connect(space)
    _subscribe(client, "documents")
    deposit(person)
    _tell()
    space.post(f"/services/{service}/retirer")
    deposit(person)
    _tell()
    with as_role("carnet_courier"), unit() as work:
        rows = work.rows("SELECT outcome, problem FROM catalogue_call WHERE client_id = %s AND kind = 'event'", client.client_id)
    assert rows == [("dead", "ended"), ("dead", "ended")]


def test_a_subscription_that_cannot_be_kept_is_refused(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    client = app(oauth, door, referenced(purposes=purposes(("documents",)))).connect(space)
    assert _subscribe(client, "allergies").status_code == 403
    assert _subscribe(client, "rien").status_code == 400
    assert _subscribe(client, "documents", "full-resource").status_code == 400
    sent = {"resourceType": "Subscription", "criteria": f"{door}/services/fhir/SubscriptionTopic/documents"}
    for channel in ({"type": "email"}, {"type": "rest-hook", "endpoint": "http://service.example/"},
                    {"type": "rest-hook", "endpoint": "https://service.example/", "header": ["X: y"]}):  # fmt: skip
        assert client.call("Subscription", "POST", json=sent | {"channel": channel}).status_code == 400
    made = _subscribe(client, "documents").json()["id"]
    assert client.call("Subscription").json()["total"] == 1
    assert client.call(f"Subscription/{made}/$status").json()["total"] == 1
    other = app(oauth, door, referenced(purposes=purposes(("documents",)))).connect(newcomer(espace)[0])
    assert other.call(f"Subscription/{made}").status_code == 404
    assert client.call(f"Subscription/{made}", "DELETE").status_code == 204
    assert client.call(f"Subscription/{made}").status_code == 404


# Referencing


def test_a_file_goes_its_way_and_every_step_stays(oauth: str) -> None:
    service = referenced()
    with as_role("carnet_operator"):
        file = catalogue.file_of(OPERATOR, service)
    assert [s.act for s in reversed(file.steps)] == ["open", "submit", "take", "ask", "answer", "accept", "sign", "publish"]
    with as_role("postgres"), pytest.raises(Exception, match="never changed"), unit() as work:
        work.run("UPDATE catalogue_step SET said = '' WHERE service_id = %s", service)
    with as_role("postgres"), unit() as work:
        rows = work.rows("SELECT count(*) FROM journal_entry WHERE body::jsonb ->> 'detail' = %s", str(service))
    assert rows[0][0] >= 8


def test_an_act_out_of_its_state_by_the_wrong_side_or_on_another_s_file_is_refused(oauth: str) -> None:
    service, other = referenced("submitted"), demo.by_publisher("2")
    with as_role("carnet_oauth"):
        with pytest.raises(catalogue.ReferencingError, match="not-now"):
            catalogue.act_on_file(demo.by_publisher("1"), service, "accept", "", now())
        with pytest.raises(Exception, match="document-unknown"):
            catalogue.file_of(other, service)
        with pytest.raises(catalogue.ReferencingError, match="not-editable"):
            catalogue.write_file(demo.by_publisher("1"), service, 2, {}, {}, now())
        with pytest.raises(catalogue.ReferencingError, match="not-now"):
            catalogue.registration_token(demo.by_publisher("1"), service, now())
    with as_role("carnet_operator"):
        seen = next(s.version for s in catalogue.queue() if s.id == service)
        with pytest.raises(catalogue.ReferencingError, match="changed-since"):
            catalogue.act_on_file(OPERATOR, service, "take", "", now(), seen - 1)
        catalogue.act_on_file(OPERATOR, service, "take", "", now(), seen)
        with pytest.raises(catalogue.ReferencingError, match="reason-missing"):
            catalogue.act_on_file(OPERATOR, service, "refuse", " ", now())


def test_a_blocking_criterion_that_is_not_met_stops_the_acceptance(oauth: str) -> None:
    service, by = referenced("submitted"), demo.by_publisher("1")
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "take", "", now())
        catalogue.act_on_file(OPERATOR, service, "ask", "Et la publicité ?", now())
    with as_role("carnet_oauth"):
        file = catalogue.file_of(by, service)
        catalogue.write_file(
            by, service, file.service.version, file.service.draft, {"PRI-02": {"answer": "no", "proof": ""}}, now()
        )
        catalogue.act_on_file(by, service, "answer", "Il y en a.", now())
    with as_role("carnet_operator"), pytest.raises(catalogue.ReferencingError) as caught:
        catalogue.act_on_file(OPERATOR, service, "accept", "", now())
    assert (caught.value.code, caught.value.missing) == ("blocking-criteria", ("PRI-02",))


def test_what_people_read_is_the_card_that_was_examined(espace: str) -> None:
    service, by = referenced(), demo.by_publisher("1")
    with as_role("carnet_oauth"):
        file = catalogue.file_of(by, service)
        catalogue.write_file(
            by, service, file.service.version, file.service.draft | {"tagline": "Tout autre chose, sans examen."}, {}, now()
        )
    page = httpx.get(f"{espace}/catalogue/{service}")
    assert "Tout autre chose" not in page.text
    assert "Noter sa tension" in page.text


def test_the_catalogue_is_searched_and_a_service_in_pre_series_is_found_by_its_address_alone(espace: str) -> None:
    listed, pre = referenced(name="Zèbre Essoufflé"), referenced("pre-series", name="Zèbre Caché")
    page = httpx.get(f"{espace}/catalogue", params={"q": "zebre"})
    assert str(listed) in page.text
    assert str(pre) not in page.text
    assert httpx.get(f"{espace}/catalogue/{pre}").status_code == 200
    assert httpx.get(f"{espace}/catalogue/{referenced('submitted')}").status_code == 404
    none = httpx.get(f"{espace}/catalogue", params={"q": "introuvable"})
    assert "Aucun service ne correspond" in none.text


def test_a_complaint_reaches_the_operator_without_a_name(espace: str, operator: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced()
    assert space.post(f"/services/{service}/signaler/envoyer", {"texte": ""}).status_code == 400
    assert space.post(f"/services/{service}/signaler/envoyer", {"texte": "Il affiche de la publicité."}).status_code == 302
    with as_role("carnet_operator"):
        (told,) = catalogue.complaints(service)
        assert told.text == "Il affiche de la publicité."
        catalogue.answer_complaint(OPERATOR, told.id, "Éditeur averti.", now())
        assert catalogue.complaints(service)[0].answer == "Éditeur averti."


def test_services_are_proposed_by_what_the_page_shows_and_nothing_is_kept(espace: str) -> None:
    space, _, _ = newcomer(espace)
    assert "Peut-être utiles" not in space.get("/services").text
    referenced(name="Aaa Allergies", purposes=purposes(("allergies",)))
    space.post("/profil/allergies/ajouter", {"libelle": "Arachide"})
    page = text_of(space.get("/services"))
    assert "Peut-être utiles" in page
    assert "Aaa Allergies" in page


def test_a_line_that_was_narrowed_since_it_was_looked_up_is_not_read_under(
    espace: str, oauth: str, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    space, _, _ = newcomer(espace)
    client = app(oauth, door, referenced(purposes=purposes(("treatments", "read", "@names")))).connect(space)
    assert client.call("MedicationStatement").status_code == 200
    stale = [access.AgreedLine("soin", "treatments", "read", "all")]
    monkeypatch.setattr("carnet.apps.catalogue.exchange.lines_of", lambda *_: stale)
    refused = client.call("MedicationStatement")
    assert (refused.status_code, "service-consent-missing" in refused.text) == (403, True)


def test_a_call_that_is_ended_in_the_hands_of_the_courier_is_not_made_nor_made_again(
    oauth: str, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, number, at = app(oauth, door), str(uuid4()), now()
    made: list[str] = []
    with as_role("carnet_oauth"), unit() as work:
        for n in range(2):
            calling.leave(work, client.client_id, calling.LOGOUT, f"https://{n}.{number}.example/", {"sub": number}, at)

    def post(sending: catalogue.Sending) -> str:
        if number not in sending.url:
            return "503"
        made.append(sending.url)
        with as_role("postgres"), unit() as work:
            work.run("UPDATE catalogue_call SET outcome = 'dead', problem = 'ended' WHERE url LIKE %s", f"%{number}%")
        return "503"

    monkeypatch.setattr(calling, "SIDE_BY_SIDE", 1)
    with as_role("carnet_courier"):
        # Calls that other tests left may come first: a round takes so many and no more.
        while catalogue.deliver_calls(at, post):
            pass
    assert len(made) == 1, "the second was ended before its turn"
    with as_role("postgres"), unit() as work:
        assert {r[0] for r in work.rows("SELECT outcome FROM catalogue_call WHERE url LIKE %s", f"%{number}%")} == {"dead"}


def test_a_service_that_nobody_agreed_to_has_no_agreement(espace: str) -> None:
    _, _, record_id = newcomer(espace)
    with unit(record_id) as work, pytest.raises(Refusal, match="service-consent-missing"):
        access.agreement_of(work, record_id, uuid4(), now())
