"""What people who tried the product read wrongly, one test each."""

from datetime import timedelta

import pytest
from support.espace import newcomer, relate
from support.people import allow, cda, client, deposit, entry, fresh_uid, now, patient, submission
from support.people import ask as asking
from support.portal import Browser, words
from support.roles import as_role
from support.statements import stated

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.records.upkeep.consistency import check_record
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.formats.cda import Section
from carnet.formats.xds import Coding
from carnet.kernel.ask import Act
from carnet.kernel.codes import CONFIDENTIALITY_SYSTEM
from carnet.pages.one_at_a_time import alone


def test_the_preview_says_of_stays_what_professionals_see(espace: str, portal: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    stay = b'<componentOf><encompassingEncounter><code code="IMP"/><effectiveTime><low value="20260301"/><high value="20260305"/></effectiveTime></encompassingEncounter></componentOf>'
    uid = fresh_uid()
    content = cda(person, unique_id=uid).replace(b"<component>", stay + b"<component>", 1)
    deposit(person, unique_id=uid, content=content)
    browser = Browser(portal).sign_in("treating")
    assert "Séjours" in words(browser.get(browser.open(person.ins.matricule)))
    page = words(who.get(f"/acces?comme=ps:{PROFESSIONALS['treating'].id}"))
    after = page.partition("Séjours")[2][:80]
    assert "1 ligne" in after, after
    assert "Caché" not in after


def test_the_end_of_an_emergency_is_told_as_its_end(espace: str, portal: str) -> None:
    who, person, _ = newcomer(espace)
    doctor = Browser(portal).sign_in("emergency")
    handle = doctor.seek(person.ins.matricule)
    doctor.get(f"/porte/{handle}/urgence/bris-de-glace")
    opened = doctor.post(f"/porte/{handle}/urgence/bris-de-glace", {"motif": "Patient inconscient, seul."}).headers["location"]
    doctor.get(opened)
    doctor.post(f"{opened}/urgence/fin")
    page = words(who.get("/acces/journal"))
    assert page.count("a ouvert votre carnet en urgence") == 1
    assert page.count("a terminé son accès d’urgence") == 1


@pytest.mark.parametrize("level", ["R", "V"])
def test_a_level_of_confidentiality_is_no_fault_of_the_record(level: str) -> None:
    person, record_id = patient("treating")
    described = entry(person, unique_id=(uid := fresh_uid()), confidentiality=(Coding(level, CONFIDENTIALITY_SYSTEM),))
    records.deposit(asking("treating", Act.FEED, person), submission((described, cda(person, unique_id=uid))))
    with as_role("postgres"):
        assert [str(f) for f in check_record(record_id).faults if "labels" in f"{f.kind} {f.where}"] == []


def test_a_deposit_that_is_taken_back_leads_to_the_record(portal: str) -> None:
    person, _ = patient("treating", treating="treating")
    browser = Browser(portal).sign_in("treating")
    handle = browser.open(person.ins.matricule).removeprefix("/dossier/")
    browser.get(f"/deposer/{handle}?vu=1")
    done = browser.post(f"/deposer/{handle}", {"note": "Texte.", "titre-note": "Note"})
    page = browser.follow(done.headers["location"])
    sealed = page.text.split('name="sur" value="')[1].split('"')[0]
    undone = browser.post(f"/deposer/{handle}/annuler", {"sur": sealed})
    last = browser.follow(undone.headers["location"])
    assert last.url.path == f"/dossier/{handle}"
    assert "Le dépôt est annulé" in words(last)


@pytest.mark.parametrize(
    ("told", "status"), [("06 12 34 56 78", 302), ("+33 (0)1.23.45.67.89", 302), ("15", 400), ("112", 302), ("abc", 400), ("", 302)]
)
def test_a_telephone_is_made_of_digits(espace: str, told: str, status: int) -> None:
    who, _, _ = newcomer(espace)
    who.get("/profil/contacts/ajouter")
    answer = who.post("/profil/contacts/ajouter", {"libelle": "Paul Voisin", "telephone": told})
    assert answer.status_code == status
    if status == 400:
        assert "Écrivez le numéro en chiffres" in words(answer)
        assert 'value="Paul Voisin"' in answer.text


def test_a_dose_or_an_appointment_that_asks_to_be_hidden_is_refused(door: str, espace: str) -> None:
    _, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    software = client(door, "treating")
    whose = {"identifier": {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}}
    hidden = {"security": [{"system": "urn:oid:1.2.250.1.213.1.1.4.13", "code": "INVISIBLE_REPRESENTANTS_LEGAUX"}]}
    dose = {
        "resourceType": "Immunization",
        "status": "completed",
        "occurrenceDateTime": "2026-11-20",
        "vaccineCode": {"text": "Grippe"},
        "patient": whose,
    }
    booked = {
        "resourceType": "Appointment",
        "status": "booked",
        "description": "Contrôle",
        "start": "2027-01-05T08:00:00Z",
        "participant": [{"actor": whose | {"type": "Patient"}, "status": "accepted"}],
    }
    for resource in (dose, booked):
        refused = software.post(f"/fhir/{resource['resourceType']}", resource | {"meta": hidden})
        assert refused.status_code == 400 and "meta.security" in refused.text
        assert software.post(f"/fhir/{resource['resourceType']}", resource).status_code == 201


def test_a_carer_of_a_part_is_not_told_that_nobody_said_it_again(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    facts = (stated("treatments", "Metformine 1000 mg", detail="1 le matin"),)
    deposit(person, type_="11502-2", sections=(Section("10160-0", "T", facts=facts),), effective_time=now() - timedelta(days=900))
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"profile:treatments", "11502-2"}), reads_only=True))
    assert "Personne ne l’a redit depuis" in words(who.get("/profil/treatments"))
    told = words(carer.act_on(record_id).get("/profil/treatments"))
    assert "Metformine" in told
    assert "Personne ne l’a redit depuis" not in told
    assert "Rien de ce qui vous est ouvert ne le redit depuis" in told


def test_a_second_file_of_the_same_person_does_not_wait_for_the_first(espace: str) -> None:
    who, _, _ = newcomer(espace)
    other, _, _ = newcomer(espace)
    who.get("/documents/ajouter")
    sent = {"categorie": "SYNTHESE", "titre": "Note"}
    file = {"fichier": ("note.txt", b"Une note.", "text/plain")}
    with alone(who.session.account.hex) as first:
        assert first
        busy = who.post("/documents/ajouter", sent, files=file)
        assert busy.status_code == 429
        assert "Un de vos envois est encore en cours" in words(busy)
        assert other.post("/documents/ajouter", sent, files=file).status_code == 302
    assert who.post("/documents/ajouter", sent, files=file).status_code == 302
