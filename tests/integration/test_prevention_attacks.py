"""What an attacker and a reviewer found in prevention, one test each."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from support.espace import Space, newcomer, relate
from support.people import allow, client, deposit, now, today
from support.portal import Browser
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.prevention import answering
from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.storage.api import key_of, unit
from carnet.config.worker import run_all
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

DAY = "date"


def ago(days: int) -> date:
    return today() - timedelta(days=days)


def girl_and_mother(espace: str) -> tuple[Space, Space, UUID]:
    girl, _, record_id = newcomer(espace, sex="F", birth_date=ago(16 * 365).isoformat())
    mother, _, _ = newcomer(espace)
    relate(record_id, mother, access.REPRESENTS)
    return girl, mother.act_on(record_id), record_id


def dose(record_id: UUID, label: str, start: str, detail: str = "", author: str = "") -> None:
    with unit(record_id) as work:
        content = profile.Content(label, start=start, detail=detail, author=author)
        profile.insert(work, key_of(work, record_id), profile.stated_entry("vaccinations", content, now()))


def shots(who: Space, record_id: UUID) -> list[prevention.Shot]:
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id) as visit:
        return prevention.shots_in(visit, profile.entries(visit, prevention.SECTIONS), today())


def test_no_answer_of_a_minor_that_depends_on_something_intimate_is_shown_to_the_parents(espace: str) -> None:
    girl, mother, record_id = girl_and_mother(espace)
    girl.post("/agenda/question/pregnancy", {"reponse": "oui", "date": ago(60).isoformat()})
    edition = prevention.packaged()[0]
    dependent = [r for r in edition.rules if "pregnancy" in r.decided_by]
    assert {"VAC-FLU-PREG", "VAC-COQ-PREG", "VAC-RSV-PREG", "DEN-PREG"} <= {r.id for r in dependent}
    for rule in dependent:
        with as_role("carnet_espace"):
            prevention.say_item(girl.ask(Act.WRITE_PROFILE), record_id, rule.id, prevention.YES, ago(20))
    own, theirs = girl.get("/agenda/reponses").text, mother.get("/agenda/reponses").text
    for rule in dependent:
        assert rule.label.replace("'", "&#x27;") in own
        assert rule.label.replace("'", "&#x27;") not in theirs
    assert "enceinte" not in theirs


def test_an_appointment_for_something_intimate_is_secret_without_asking(espace: str) -> None:
    girl, mother, _ = girl_and_mother(espace)
    form = girl.get("/agenda/rendez-vous/ajouter?pour=VAC-FLU-PREG")
    assert 'name="secret"' in form.text
    wrong = girl.post("/agenda/rendez-vous/noter", {"sorte": "rendez-vous", "titre": "X", DAY: "hier", "secret": "oui"})
    assert wrong.status_code == 400
    assert 'name="secret" value="oui" checked' in wrong.text, "a mistake elsewhere takes no secret away"
    told = {"sorte": "rendez-vous", "titre": "Sage-femme", DAY: str(today() + timedelta(days=3)), "regle": "VAC-FLU-PREG"}
    assert girl.post("/agenda/rendez-vous/noter", told).status_code == 302
    # The list, and not the month alone: in three days another one may have begun.
    assert "Sage-femme" in girl.get("/agenda?vue=liste").text
    assert all("Sage-femme" not in mother.get(page).text for page in ("/agenda", "/agenda?vue=liste"))
    missing = girl.post("/agenda/vaccin/ajouter", {"secret": "oui"})
    assert missing.status_code == 400
    assert 'name="secret" value="oui" checked' in missing.text


def test_what_a_minor_said_stands_before_what_was_said_for_them(espace: str) -> None:
    girl, mother, record_id = girl_and_mother(espace)
    girl.post("/agenda/question/pregnancy", {"reponse": "oui", "date": ago(60).isoformat()})
    mother.post("/agenda/question/pregnancy", {"reponse": "non"})
    with as_role("carnet_espace"), records.visiting(girl.ask(Act.SEARCH), record_id, "agenda") as visit:
        found = prevention.agenda_in(visit, [], today())
    assert found is not None
    assert found.facts.answers["pregnancy"].yes


def appointment(person: Any, **changes: Any) -> dict[str, Any]:
    identifier = {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}
    start = f"{today() + timedelta(days=20)}T08:30:00Z"
    return {"resourceType": "Appointment", "status": "booked", "description": "Consultation", "start": start,
            "participant": [{"actor": {"type": "Patient", "identifier": identifier}, "status": "accepted"}]} | changes  # fmt: skip


def test_taking_an_appointment_out_tells_its_software_nothing(door: str, espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    software = client(door, "treating")
    number = software.post("/fhir/Appointment", appointment(person)).json()["id"]
    form = {"patient.identifier": f"urn:oid:{person.ins.oid.value}|{person.ins.matricule}"}

    def status() -> str:
        found = software.http.post(f"{door}/fhir/Appointment/_search", data=form, headers=software.headers()).json()
        return str(found["entry"][0]["resource"]["status"])

    who.get("/agenda")
    assert who.post(f"/agenda/rendez-vous/{number}/annuler").status_code == 302
    assert "Consultation" not in who.get("/agenda?vue=liste").text
    assert status() == "booked"
    headers = software.headers() | {"Content-Type": "application/fhir+json"}
    software.http.put(f"{door}/fhir/Appointment/{number}", json=appointment(person, description="Autre"), headers=headers)
    assert "Autre" not in who.get("/agenda?vue=liste").text, "nobody puts it back but its person"
    software.http.put(f"{door}/fhir/Appointment/{number}", json=appointment(person, status="cancelled"), headers=headers)
    assert who.post(f"/agenda/rendez-vous/{number}/retablir").status_code == 302
    assert status() == "cancelled", "the person's page makes no appointment that the practice cancelled"
    assert "Annulé" in who.get("/agenda?vue=liste").text


def test_a_software_fills_no_agenda(door: str, espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    software = client(door, "treating")
    software.post("/fhir/Appointment", appointment(person))
    with as_role("postgres"), unit(record_id) as work:
        work.run(
            """INSERT INTO prevention_event SELECT record_id, gen_random_uuid(), kind, on_day, at_time, status, made_at, made_by,
            changed_at, reminded_at, withdrawn_at, secret, sealed FROM prevention_event, generate_series(1, 199)
            WHERE record_id = %s""",
            record_id,
        )  # fmt: skip
    assert software.post("/fhir/Appointment", appointment(person)).status_code == 400
    assert who.post("/agenda/rendez-vous/noter", {"sorte": "rappel", "titre": "Le mien", DAY: str(today())}).status_code == 302


def test_a_carer_takes_nothing_out_and_is_never_told_that_there_is_nothing(espace: str) -> None:
    owner, _, record_id = newcomer(espace)
    dose(record_id, "Vaccin grippe", ago(400).isoformat())
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, access.CARES, access.Given(scope=frozenset({"profile:treatments"})))
    carer.act_on(record_id)
    for path in ("/agenda/certificat", "/agenda/certificat.pdf", "/agenda/certificat.json", "/agenda/calendrier.ics",
                 "/agenda/messages", "/agenda/vaccin", "/agenda/rendez-vous/ajouter", "/agenda"):  # fmt: skip
        answer = carer.get(path)
        assert answer.status_code == 403, path
        assert "Aucune vaccination" not in answer.text
    other, _, _ = newcomer(espace)
    relate(record_id, other, access.CARES)
    other.act_on(record_id)
    assert other.get("/agenda").status_code == 200
    for path in ("/agenda/certificat", "/agenda/certificat.pdf", "/agenda/certificat.json", "/agenda/calendrier.ics"):
        assert other.get(path).status_code == 403, path
    assert other.post("/agenda/calendrier", {"contenu": "complet"}).status_code == 403
    assert owner.get("/agenda/certificat").status_code == 200


def test_where_vaccinations_are_closed_nothing_is_called_due(espace: str) -> None:
    _, _, record_id = newcomer(espace, birth_date=ago(220).isoformat())
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, access.CARES, access.Given(scope=frozenset({"profile:agenda"})))
    carer.act_on(record_id)
    page = carer.get("/agenda").text
    assert "Les vaccinations vous sont fermées" in page
    assert "Hexavalent" not in page


def test_doses_are_there_when_the_birth_date_is_not_whole(espace: str, portal: str) -> None:
    who, _, record_id = newcomer(espace, birth_date="1957")
    dose(record_id, "Vaccin grippe", ago(400).isoformat())
    allow(record_id, "treating")
    page = who.get("/agenda/certificat").text
    assert "Vaccin grippe" in page
    assert "Aucune vaccination" not in page


def test_the_words_of_the_person_are_not_signed_as_somebody_else_s(espace: str) -> None:
    who, _, record_id = newcomer(espace, birth_date=ago(220).isoformat())
    day = ago(100).isoformat()
    dose(record_id, "Hexyon", day, author="Dr Hélène Fiction")
    told = {"produit": "Hexyon", "vaccin": "hexyon", DAY: day, "lot": "FAUX", "qui": "Moi"}
    assert who.post("/agenda/vaccin/ajouter", told).status_code == 302
    held = shots(who, record_id)
    assert [(s.attested, s.lot, s.said_lot, s.entry.content.author) for s in held] == [(True, "", "FAUX", "Dr Hélène Fiction")]
    assert "FAUX" not in who.get("/agenda/certificat.json").text


def test_two_lots_of_one_day_are_both_there(espace: str) -> None:
    who, _, record_id = newcomer(espace, birth_date=ago(220).isoformat())
    dose(record_id, "Hexyon", ago(100).isoformat(), "lot A1")
    dose(record_id, "Hexyon", ago(100).isoformat(), "lot B2")
    assert sorted(s.lot for s in shots(who, record_id)) == ["A1", "B2"]


def test_a_dose_of_a_day_that_cannot_be_is_shown_and_compared_with_nothing(espace: str) -> None:
    who, _, record_id = newcomer(espace, birth_date=ago(220).isoformat())
    dose(record_id, "Hexyon", (today() + timedelta(days=40)).isoformat())
    dose(record_id, "Infanrix Hexa", ago(400).isoformat())
    page = who.get("/agenda/certificat").text
    assert "Date à venir\u00a0: à vérifier" in page
    assert "Date avant la naissance\u00a0: à vérifier" in page
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id, "agenda") as visit:
        found = prevention.agenda_in(visit, profile.entries(visit, prevention.SECTIONS), today())
    assert found is not None
    assert not any(gf.evaluations for gf in found.forecasts)
    for wrong in ("1850-01-01", "31/12/2020x"):
        assert who.post("/agenda/vaccin/ajouter", {"vaccin": "hexyon", DAY: wrong}).status_code == 400, wrong
    assert who.post("/agenda/vaccin/ajouter", {"vaccin": "hexyon", "mois": "5"}).status_code == 400
    assert len(shots(who, record_id)) == 2


@pytest.mark.parametrize(("patient", "assessed"), [
    ("2020-01-01", "9999-12-31"), ("2020-01-01", "0001-01-01"), ("9999-12-31", ""), ("2020-01-01", "2026-W01-1"),
    ("in 900 days", ""), ("0001-01-01", ""),
])  # fmt: skip
def test_a_date_beyond_reason_is_refused_and_never_a_fault(door: str, patient: str, assessed: str) -> None:
    software = client(door, "treating")
    born = str(today() + timedelta(days=900)) if patient == "in 900 days" else patient
    given = [{"name": "patient", "resource": {"resourceType": "Patient", "birthDate": born}}]
    given += [{"name": "assessmentDate", "valueDate": assessed}] if assessed else []
    assert software.post("/fhir/$immds-forecast", {"resourceType": "Parameters", "parameter": given}).status_code == 400


def test_every_dose_of_a_question_is_told_or_named(door: str) -> None:
    software = client(door, "treating")
    doses = [("a", "2030-01-01"), ("b", "2020-05-05"), ("c", "2020-05-05"), ("d", "2019-01-01")]
    given = [{"name": "patient", "resource": {"resourceType": "Patient", "birthDate": "2020-03-01"}}]
    given += [{"name": "immunization", "resource": {"resourceType": "Immunization", "id": n, "status": "completed", "patient": {},
               "occurrenceDateTime": day, "vaccineCode": {"text": "Hexyon"}}} for n, day in doses]  # fmt: skip
    answer = software.post("/fhir/$immds-forecast", {"resourceType": "Parameters", "parameter": given}).json()
    outcome = next(p["resource"] for p in answer["parameter"] if p["name"] == "outcome")["issue"][0]
    told = str(outcome)
    evaluated = {p["resource"]["immunizationEvent"]["reference"] for p in answer["parameter"] if p["name"] == "evaluation"}
    assert len(evaluated) == 1
    assert "même jour et même vaccin" in told
    assert "a" in told.split(" : ")[1]


def test_a_search_says_how_many_there_are(door: str, espace: str) -> None:
    _, person, record_id = newcomer(espace, birth_date=ago(400).isoformat())
    allow(record_id, "treating")
    for n in range(25):
        dose(record_id, "Hexyon", ago(300 - n * 3).isoformat())
    software = client(door, "treating")
    form = {"patient.identifier": f"urn:oid:{person.ins.oid.value}|{person.ins.matricule}"}
    url = f"{door}/fhir/Immunization/_search"
    whole = software.http.post(url, data=form, headers=software.headers()).json()
    assert (whole["total"], len(whole["entry"])) == (25, 25)
    some = software.http.post(url, data=form | {"_count": "5"}, headers=software.headers()).json()
    assert (some["total"], [e["search"]["mode"] for e in some["entry"]].count("match")) == (25, 5)
    assert some["entry"][-1]["search"]["mode"] == "outcome"


def test_who_gave_a_dose_is_never_made_up(door: str, espace: str) -> None:
    _, person, record_id = newcomer(espace, birth_date=ago(400).isoformat())
    allow(record_id, "treating")
    software = client(door, "treating")
    identifier = {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}
    body = {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "Hexyon"}, "primarySource": False,
            "occurrenceDateTime": ago(200).isoformat(), "patient": {"identifier": identifier}}  # fmt: skip
    told = software.post("/fhir/Immunization", body).json()
    assert "performer" not in told
    assert "primarySource" in str(told["extension"])
    named = body | {"performer": [{"actor": {"reference": "Practitioner/9"}}], "primarySource": True}
    assert "performer" not in software.post("/fhir/Immunization", named | {"vaccineCode": {"text": "Bexsero"}}).json()


def test_no_reminder_leaves_for_a_record_that_is_not_open(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    with as_role("carnet_espace"):
        draft = prevention.Draft(prevention.APPOINTMENT, "Dentiste", today() + timedelta(days=1))
        prevention.add_event(who.ask(Act.WRITE_PROFILE), record_id, draft)
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'closed' WHERE record_id = %s", record_id)
    with as_role("carnet_worker"):
        run_all(now())
    with as_role("postgres"), unit(record_id) as work:
        kinds = [row[0] for row in work.rows("SELECT kind FROM outbox_notice WHERE record_id = %s", record_id)]
    assert "agenda-tomorrow" not in kinds


def test_a_calendar_that_is_refused_leaves_no_trace_of_a_reading(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    with as_role("carnet_espace"):
        address = prevention.make_feed(who.ask(Act.WRITE_PROFILE), record_id, True, espace)
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'closed' WHERE record_id = %s", record_id)
    assert httpx.get(address).status_code == 404
    with as_role("postgres"), unit(record_id) as work:
        assert work.rows("SELECT read_on FROM prevention_feed WHERE record_id = %s", record_id) == [(None,)]


def test_the_hour_that_the_page_asks_for_is_taken_and_a_bad_day_is_said(espace: str) -> None:
    who, _, _ = newcomer(espace, sex="F", birth_date="1970-03-04")
    told = {"sorte": "rendez-vous", "titre": "Dentiste", DAY: str(today() + timedelta(days=3))}
    who.get("/agenda")
    assert who.post("/agenda/rendez-vous/noter", told | {"heure": "9:30"}).status_code == 302
    assert who.post("/agenda/rendez-vous/noter", told | {"heure": "9h30"}).status_code == 302
    assert who.post("/agenda/rendez-vous/noter", told | {"heure": "12+01"}).status_code == 400
    for wrong in ("31/12/2020x", str(today() + timedelta(days=3))):
        answer = who.post("/agenda/dire/DEP-SEIN", {"reponse": "fait", DAY: wrong})
        assert answer.status_code == 400
        assert 'name="date"' in answer.text, "the form stands there again"


def test_a_proof_is_one_s_own_document(espace: str) -> None:
    who, _, _ = newcomer(espace)
    who.get("/agenda")
    for wrong in ("../deconnexion", str(uuid4())):
        assert who.post("/agenda/vaccin/ajouter", {"produit": "Hexyon", "preuve": wrong}).status_code == 400


def test_a_proof_that_the_reader_does_not_see_is_not_named(espace: str) -> None:
    girl, mother, record_id = girl_and_mother(espace)
    with as_role("carnet_espace"):
        content = profile.Content("Hexyon", start=ago(900).isoformat(), proof=str(uuid4()))
        profile.declare_entry(girl.ask(Act.WRITE_PROFILE), record_id, "vaccinations", content)
    for who in (girl, mother):
        page = who.get("/agenda/certificat").text
        assert "Hexyon" in page
        assert "justificatif" not in page


def test_a_proof_is_named_to_whoever_sees_it(espace: str) -> None:
    who, person, record_id = newcomer(espace, birth_date=ago(900).isoformat())
    number = deposit(person)
    with as_role("carnet_espace"):
        content = profile.Content("Hexyon", start=ago(100).isoformat(), proof=str(number))
        profile.declare_entry(who.ask(Act.WRITE_PROFILE), record_id, "vaccinations", content)
    assert f"/documents/{number}" in who.get("/agenda/certificat").text


def test_no_door_writes_a_vaccination_before_the_birth(door: str, espace: str, portal: str) -> None:
    who, person, record_id = newcomer(espace, birth_date=ago(400).isoformat())
    allow(record_id, "treating")
    identifier = {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}
    body = {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "Hexyon"},
            "occurrenceDateTime": ago(500).isoformat(), "patient": {"identifier": identifier}}  # fmt: skip
    assert client(door, "treating").post("/fhir/Immunization", body).status_code == 400
    browser = Browser(portal).sign_in("treating")
    browser.get("/patients")
    handle = browser.post("/patients/chercher", {"ins": person.ins.matricule}).headers["location"].rsplit("/", 1)[1]
    told = {"produit": "Hexyon", DAY: ago(500).isoformat(), "lot": "L1"}
    browser.get(f"/dossier/{handle}/vaccination")
    assert browser.post(f"/dossier/{handle}/vaccination", told).status_code == 400
    with as_role("carnet_espace"), pytest.raises(Refusal):
        content = profile.Content("Hexyon", start=ago(500).isoformat())
        profile.declare_entry(who.ask(Act.WRITE_PROFILE), record_id, "vaccinations", content)
    assert shots(who, record_id) == []


def test_an_answer_says_when_a_part_is_closed_to_who_asks(door: str, espace: str) -> None:
    _, person, record_id = newcomer(espace, birth_date=ago(400).isoformat())
    allow(record_id, "treating", "optician")
    identifier = {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}
    asked = {"resourceType": "Parameters", "parameter": [{"name": "identifier", "valueIdentifier": identifier}]}
    form = {"patient.identifier": f"{identifier['system']}|{identifier['value']}"}
    for who, closed in (("treating", False), ("optician", True)):
        software = client(door, who)
        answer = software.post("/fhir/Patient/$immds-forecast", asked)
        found = software.http.post(f"{door}/fhir/Immunization/_search", data=form, headers=software.headers())
        assert (answer.status_code, found.status_code) == (200, 200)
        assert ("est fermée à qui demande" in answer.text, "est fermée à qui demande" in found.text) == (closed, closed), who


def test_an_address_opens_no_record_of_the_population(portal: str, espace: str) -> None:
    who, _, record_id = newcomer(espace, birth_name="AAABOUTON")
    allow(record_id, "treating", treating="treating")
    browser = Browser(portal).sign_in("treating")
    for path in ("/prevention?ouvrir=oui", "/prevention?page=1", "/prevention?page=9999"):
        assert "AAABOUTON" not in browser.get(path).text
    assert who.get("/acces/journal").text.count("ce qui est dû en prévention") == 0


def test_two_words_at_once_leave_one(espace: str) -> None:
    who, _, record_id = newcomer(espace, birth_date="1985-03-04")

    def answer(word: str) -> None:
        with as_role("carnet_espace"):
            prevention.say_fact(who.ask(Act.WRITE_PROFILE), record_id, "guyane", word)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(answer, ["yes", "no", "yes", "no", "unknown", "no"]))
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id, "agenda") as visit:
        assert len(prevention.answers_in(visit)) == 1


def test_an_answer_too_many_is_refused(espace: str) -> None:
    who, _, record_id = newcomer(espace, sex="F", birth_date="1970-03-04")
    with as_role("carnet_espace"):
        prevention.say_item(who.ask(Act.WRITE_PROFILE), record_id, "DEP-SEIN", prevention.YES, ago(9))
    with pytest.MonkeyPatch.context() as patched, as_role("carnet_espace"):
        patched.setattr(answering, "MOST", 1)
        with pytest.raises(Refusal) as refused:
            prevention.say_item(who.ask(Act.WRITE_PROFILE), record_id, "DEP-SEIN", prevention.YES, ago(8))
    assert refused.value.code is No.REQUEST_MALFORMED
