"""Attacks on the portal that once worked, each held by a test."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from support.bounds import bound
from support.people import allow, ask, cda, deposit, fresh_uid, host, now, patient
from support.portal import Browser, by_card, words
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal


def doctor_of(portal: str, *others: str) -> tuple[Any, Any, Browser, str]:
    person, record_id = patient("treating", *others, treating="treating")
    browser = Browser(portal).sign_in("treating")
    return person, record_id, browser, browser.open(person.ins.matricule)


def test_a_date_at_the_end_of_the_calendar_is_refused_and_would_close_no_page(portal: str) -> None:
    person, _, browser, base = doctor_of(portal)
    with pytest.raises(Refusal, match="request-malformed"):
        deposit(person, "nurse", effective_time=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    from carnet.pages.templatetags.pages import day

    assert day("9999-12-31T23:59:59+00:00") == "31/12/9999"
    assert browser.get(base).status_code == 200


def test_a_replacement_is_not_undone_into_nothing(portal: str) -> None:
    person, _, browser, base = doctor_of(portal)
    document = deposit(person, "treating", title="Version 1")
    fields = {"remplacer": str(document), "note": "Version 2", "titre-note": "Version 2", "type-note": "11488-4"}
    page = browser.follow(browser.post(f"/deposer/{base.split('/')[-1]}", fields).headers["location"])
    assert "Le dossier est à jour" in words(page)
    assert "/annuler" not in page.text


def test_the_cookie_of_the_portal_is_no_bearer_token(portal: str, door: str) -> None:
    person, _, browser, _ = doctor_of(portal)
    token = browser.http.cookies["carnet-webps"]
    form = {"patient.identifier": f"urn:oid:{person.ins.oid}|{person.ins.matricule}"}
    answer = httpx.post(f"{door}/fhir/DocumentReference/_search", data=form, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("span", ["²", "9" * 5000, "0", "-1", "1e9"])
def test_an_odd_span_of_a_table_closes_no_page(portal: str, span: str) -> None:
    person, _, browser, base = doctor_of(portal)
    number = fresh_uid()
    table = f"<table><tbody><tr><td colspan='{span}'>cellule</td></tr></tbody></table>".encode()
    content = cda(person, "treating", "11488-4", number).replace("Rien à signaler.".encode(), table)
    document = deposit(person, "treating", content=content, unique_id=number)
    page = browser.get(f"{base}/documents/{document}")
    assert page.status_code == 200
    assert "<td>cellule</td>" in page.text


def delegated(portal: str) -> tuple[Any, Any, Browser, Browser, str]:
    person, record_id = patient("geriatrician", "care_home_nurse")
    doctor, nurse = Browser(portal).sign_in("geriatrician"), Browser(portal).sign_in("care_home_nurse")
    doctor.get("/equipe")
    doctor.post("/equipe/delegation", {"confrere": PROFESSIONALS["care_home_nurse"].id})
    nurse.get("/equipe")
    nurse.post("/equipe/agir-pour", {"confrere": PROFESSIONALS["geriatrician"].id})
    return person, record_id, doctor, nurse, nurse.open(person.ins.matricule)


def waiting(doctor: Browser, person: Any) -> list[str]:
    page = doctor.get("/equipe").text.partition("Consultations à relire")[2].partition("</section>")[0]
    return re.findall(r'name="consultation" value="([0-9a-f-]{36})"', page)


def test_looking_again_after_a_review_waits_for_another_one(portal: str) -> None:
    person, record_id, doctor, nurse, base = delegated(portal)
    nurse.get(base)
    for one in waiting(doctor, person):
        doctor.post("/equipe/relecture", {"consultation": one, "avis": "not-asked-for"})
    assert waiting(doctor, person) == []
    nurse.get(base)
    assert len(waiting(doctor, person)) == 1
    with unit(record_id) as work:
        assert any(e.get("detail") == "not-asked-for" for e in journal.entries_of_record(work, record_id)), (
            "what was said is in the journal"
        )


def test_after_its_end_a_delegation_names_nobody_any_more(portal: str) -> None:
    _, record_id, doctor, nurse, base = delegated(portal)
    doctor.get("/equipe")
    doctor.post("/equipe/delegation", {"confrere": PROFESSIONALS["care_home_nurse"].id, "terminer": "1"})
    assert nurse.follow(base).status_code == 200, "no loop between the gate and the record"
    nurse.post(f"/deposer/{base.split('/')[-1]}", {"note": "Note", "titre-note": "Note", "type-note": "11506-3"})
    with unit(record_id) as work:
        last = journal.entries_of_record(work, record_id)[-1]
    assert last["act"] == Act.FEED
    assert "on_behalf_of" not in last


def test_an_employee_delegates_nothing(portal: str, card_portal: str, pki: Any) -> None:
    browser, answer = by_card(portal, card_portal, pki, "cpe-care-home")
    browser.choose(browser.http.get(answer.headers["location"]))
    browser.read_notice()
    browser.get("/equipe")
    assert browser.post("/equipe/delegation", {"confrere": PROFESSIONALS["care_home_nurse"].id}).status_code == 403


def alerted(portal: str, ground: str = "care_team") -> tuple[Any, Any]:
    person, record_id = patient("treating")
    allow(record_id, "cardiologist", ground=ground)
    browser = Browser(portal).sign_in("cardiologist")
    browser.post(f"{browser.open(person.ins.matricule)}/alerte", {"suivre": "1"})
    return person, record_id


def told(record_id: Any) -> int:
    with unit(record_id) as work:
        return sum(to == outbox.professional(PROFESSIONALS["cardiologist"].id) for _, to in outbox.pending(work, record_id))


def test_an_alert_follows_blocks_of_structures_and_the_end_of_a_consultation(portal: str) -> None:
    person, record_id = alerted(portal)
    deposit(person, "treating")
    assert told(record_id) == 1
    who = PROFESSIONALS["cardiologist"]
    with unit(record_id) as work:
        access.block(work, host(record_id), who.place_id(who.places[0]), "structure")
    deposit(person, "treating")
    assert told(record_id) == 1, "his structure is blocked: he could not enter"
    person, record_id = alerted(portal, "consultation")
    with unit(record_id) as work:
        work.run(
            "UPDATE access_authorisation SET granted_at = granted_at - interval '1 day' WHERE record_id = %s AND subject_id = %s",
            record_id,
            who.id,
        )
    deposit(person, "treating")
    assert told(record_id) == 0, "the consultation was yesterday's"


def test_depositing_what_is_there_masked_is_answered_like_a_first_deposit(portal: str) -> None:
    person, _ = patient("nurse", "treating", treating="treating")
    number = fresh_uid()
    content = cda(person, "treating", "11488-4", number)
    deposit(person, "treating", label=("MASQUE_PS",), content=content, unique_id=number)
    browser = Browser(portal).sign_in("nurse")
    handle = browser.open(person.ins.matricule).split("/")[-1]
    answers = []
    for data in (content, cda(person, "treating", "11488-4", fresh_uid())):
        done = browser.post(f"/deposer/{handle}", files={"fichiers": ("a.xml", data, "text/xml")})
        told = said_by(done)
        answers.append((done.status_code, done.headers["location"], sorted(told), len(told["sur"])))
        sealed = told["sur"]
        assert browser.post(f"/deposer/{handle}/annuler", {"sur": "forged"}).status_code == 404
    assert answers[0] == answers[1]
    assert sealed
    kept = records.read_metadata(ask("treating", Act.READ), records.named_document(ask("treating", Act.READ), [number]))
    assert b'"status":"current"' in kept, "undoing deletes nothing that was there before"


def test_what_is_sent_stays_in_memory_and_within_its_bound(portal: str) -> None:
    from django.conf import settings

    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
    _, _, browser, base = doctor_of(portal)
    handle = base.split("/")[-1]
    big = b"x" * (settings.CARNET.max_request_bytes + 1)
    assert browser.post(f"/deposer/{handle}/lire", files={"fichiers": ("a.txt", big, "text/plain")}).status_code == 413


def test_a_matricule_stands_in_no_address_of_the_sign_in(portal: str) -> None:
    person, _ = patient("podiatrist")
    call = f"/AccesDirect/TableauDeBord/{person.ins.matricule}"
    page = Browser(portal).follow(call)
    assert person.ins.matricule not in page.text
    assert person.ins.matricule not in str(page.url)
    import psycopg
    from django.conf import settings

    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres")) as connection:
        connection.execute("DELETE FROM signin_preference WHERE professional_id = %s", (PROFESSIONALS["podiatrist"].id,))
    browser = Browser(portal).sign_in("podiatrist", notice=False)
    location = browser.get(call).headers["location"]
    assert location.startswith("/mentions")
    assert person.ins.matricule not in location
    page = browser.get(location)
    suite = re.search(r'name="suite" value="([^"]+)"', page.text)
    assert suite
    assert person.ins.matricule not in page.text
    assert browser.post("/mentions", {"suite": suite.group(1)}).headers["location"] == call


def test_a_presence_is_not_proved_with_a_card_that_one_has_just_printed(portal: str, settings_clock: Any) -> None:
    person, record_id, browser, base = doctor_of(portal)
    page = browser.post(f"{base}/carte-presence")
    codes = [a + b for a, b in re.findall(r"<li>(\d{4}) (\d{4})</li>", page.text)]
    form = {"titre": "equipe", "accord": "oui", "code": codes[0]}
    handle = base.split("/")[-1]
    assert browser.post(f"/porte/{handle}/accord", form).status_code == 400
    settings_clock.move(timedelta(days=2))
    again = Browser(portal).sign_in("treating")
    handle = again.seek(person.ins.matricule)
    assert again.post(f"/porte/{handle}/accord", form).status_code == 302
    with unit(record_id) as work:
        assert "presence-proved-own-card" in [e.get("detail") for e in journal.entries_of_record(work, record_id)]


def test_a_card_of_presence_is_for_who_reads_the_record(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("dentist")
    handle = browser.seek(person.ins.matricule)
    assert browser.post(f"/dossier/{handle}/carte-presence").status_code == 403


def test_trying_codes_of_presence_runs_into_a_budget(portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient()
    bound(monkeypatch, "*,person,negative,3,12,,,,")
    browser = Browser(portal).sign_in("orthoptist")
    handle = browser.seek(person.ins.matricule)
    answers = [words(browser.post(f"/porte/{handle}/accord", {"accord": "oui", "code": f"{n:08d}"})) for n in range(14)]
    asked_again = ["sort de l'ordinaire" in answer for answer in answers]
    assert asked_again == [False] * 3 + [True] * 11, "whoever goes on signs in again: no code is looked at any more"


def test_a_ticket_of_a_card_signs_in_the_browser_that_left_for_it_alone(portal: str, card_portal: str, pki: Any) -> None:
    browser, answer = by_card(portal, card_portal, pki, "dentist")
    thief = Browser(portal)
    assert thief.http.get(answer.headers["location"]).status_code == 403
    other, second = by_card(portal, card_portal, pki, "dentist")
    assert other.http.get(second.headers["location"]).status_code == 200
    assert browser is not other


def test_an_emergency_is_ended_once(portal: str) -> None:
    person, record_id = patient()
    browser = Browser(portal).sign_in("emergency")
    handle = browser.seek(person.ins.matricule)
    base = browser.post(f"/porte/{handle}/urgence/bris-de-glace", {"motif": "Patient inconscient, danger."}).headers["location"]
    for _ in range(3):
        browser.post(f"{base}/urgence/fin")
    with unit(record_id) as work:
        assert [e.get("detail") for e in journal.entries_of_record(work, record_id)].count("emergency-ended") == 1


def test_a_document_of_somebody_else_is_unknown_under_this_persons_address(portal: str) -> None:
    _, _, browser, base = doctor_of(portal)
    other, _ = patient("treating", treating="treating")
    document = deposit(other, "treating", title="D'une autre personne")
    assert browser.get(f"{base}/documents/{document}/contenu?telecharger=1").status_code == 404
    assert browser.post(f"{base}/documents/{document}/supprimer").status_code == 403
    with records.visiting(ask("treating", Act.SEARCH, other)) as visit:
        assert [d.title for d in records.documents(visit, records.Query()).items] == ["D'une autre personne"]


ODD = ("/documents?au=9999-12-31", "/documents?du=0001-01-01", "/documents?auteur=%00", "/documents?classe=%00", "/documents?q=%00",
       "/comparer?a=%00&b=x", "/parcours?annee=²²", "/parcours?annee=" + "9" * 5000, "/documents?apres=%ff", "/chercher?q=%ED%A0%80")  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_odd_input_is_no_failure(portal: str, odd: str) -> None:
    _, _, browser, base = doctor_of(portal)
    assert browser.get(base + odd).status_code in (200, 302, 400, 404)


def test_odd_input_elsewhere_is_no_failure(portal: str) -> None:
    _, _, browser, base = doctor_of(portal)
    handle = base.split("/")[-1]
    assert browser.get("/patients?page=²").status_code == 200
    assert browser.get("/connexion?suite=//%5B").status_code == 200
    assert browser.get("/connexion?suite=%00").status_code == 400
    for path, data in (("/patients/vitale", {"carte": "²"}), (f"/deposer/{handle}", {"remplacer": "\0", "note": "x"}),
                       (f"/deposer/{handle}", {"titre-note": "\x01", "note": "x"}), ("/equipe/delegation", {"confrere": "\0", "terminer": "1"}),
                       ("/compte/couper", {"session": "²"}), ("/compte/couper", {"appareil": "zz"})):  # fmt: skip
        assert browser.post(path, data).status_code in (200, 302, 400, 403, 404), path
    many = {f"f{n}": "x" for n in range(1200)}
    assert browser.post("/compte/raccourcis", many).status_code == 400
    raw = browser.http.post("/compte/raccourcis", content=b"x", headers={"content-type": "multipart/form-data"})
    assert raw.status_code == 400


def test_a_consultation_that_is_over_leaves_the_own_list(portal: str) -> None:
    from support.people import fresh_person, open_record

    person = fresh_person(birth_name="HIEROPHANTE")
    record_id = open_record(person)
    with unit(record_id) as work:
        access.authorise_at(
            work, host(record_id), PROFESSIONALS["midwife"].id, AuthorisationGround.CONSULTATION, now() - timedelta(days=2)
        )
    assert "HIEROPHANTE" not in Browser(portal).sign_in("midwife").get("/patients?nom=hiero").text
