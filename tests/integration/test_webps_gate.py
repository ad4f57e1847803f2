"""Finding a patient, the five lights with every message, the consent, the emergency modes, contextual calls, the guide."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from support.people import deposit, fresh_person, host, now, open_record, patient
from support.portal import Browser, by_card, words
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.outbox.api import pending
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import ABSENT, PEOPLE
from carnet.desk.demonstration.professionals import CARE_HOME, PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround, RecordState
from carnet.dicah.messages import MESSAGES, message
from carnet.interfaces.webps.direct import PLACES

REASON = {"motif": "Patient inconscient, hémorragie active."}


def datamatrix(person: Any, **changes: str) -> str:
    told = {"S1": person.ins.matricule, "S2": person.ins.oid.value, "S3": person.traits.given_names, "S4": person.traits.birth_name,
            "S5": person.traits.sex, "S6": "-".join(reversed(person.traits.birth_date.split("-")))} | changes  # fmt: skip
    fixed = {"S1", "S5", "S6", "S7"}
    return "IS01" + "0" * 22 + "".join(tag + value + ("" if tag in fixed else "\x1d") for tag, value in told.items())


def picture(text: str) -> bytes:
    view = memoryview(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix), scale=6))
    out = io.BytesIO()
    Image.frombytes("L", (view.shape[1], view.shape[0]), view.tobytes()).save(out, "PNG")
    return out.getvalue()


def test_a_matricule_is_typed_pasted_with_blanks_or_scanned(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    m = person.ins.matricule
    for text in (m, " ".join(m), f"{m[:1]} {m[1:3]} {m[3:5]} {m[5:7]} {m[7:10]} {m[10:13]} {m[13:]}", datamatrix(person)):
        handle = browser.seek(text)
        assert browser.get(f"/porte/{handle}").headers["location"] == f"/dossier/{handle}"
        assert m not in handle


@pytest.mark.parametrize(
    ("text", "told"), [("123", "quinze caractères"), ("231011399900186", "La clé"), ("IS01x", "quinze caractères"), ("", "quinze")]
)
def test_what_is_no_matricule_is_said_and_nothing_is_looked_for(portal: str, text: str, told: str) -> None:
    answer = Browser(portal).sign_in("treating").post("/patients/chercher", {"ins": text})
    assert answer.status_code == 400
    assert told in words(answer)


def test_the_camera_reads_a_datamatrix_and_says_when_it_does_not(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    browser.get("/patients/datamatrix")
    good = browser.post("/patients/datamatrix", files={"image": ("p.png", picture(datamatrix(person)), "image/png")})
    handle = good.headers["location"].removeprefix("/porte/")
    assert browser.get(f"/porte/{handle}").headers["location"] == f"/dossier/{handle}"
    for data in (picture("not an INS"), b"not a picture", b""):
        bad = browser.post("/patients/datamatrix", files={"image": ("p.png", data, "image/png")})
        assert bad.status_code == 400
        assert "Aucun Datamatrix" in words(bad)


def test_a_mismatch_is_shown_field_by_field_without_a_value_and_stops(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    handle = browser.seek(datamatrix(person, S6="18-05-1980", S4="AUTRE"))
    page = browser.get(f"/porte/{handle}")
    assert page.status_code == 200
    text = words(page)
    assert message("ins-mismatch").professional in text
    assert "Nom de naissance diffère" in text
    assert "Date de naissance diffère" in text
    assert "Prénoms concorde" in text
    assert person.traits.birth_name not in page.text
    assert browser.get(f"/dossier/{handle}").headers["location"] == f"/porte/{handle}", "the record stays closed at every address"


def test_the_vitale_card_brings_its_traits(portal: str) -> None:
    from carnet.desk.demonstration.loading import load_person

    load_person(PEOPLE[0], now())
    browser = Browser(portal).sign_in("treating")
    assert PEOPLE[0].traits.birth_name in browser.get("/patients/vitale").text
    answer = browser.post("/patients/vitale", {"carte": "0"})
    handle = answer.headers["location"].removeprefix("/porte/")
    assert browser.get(f"/porte/{handle}").headers["location"] == f"/dossier/{handle}"
    assert browser.post("/patients/vitale", {"carte": "99"}).status_code == 200


def gate_of(portal: str, key: str, person: Any) -> tuple[Browser, str, Any]:
    browser = Browser(portal).sign_in(key)
    handle = browser.seek(person.ins.matricule)
    return browser, handle, browser.get(f"/porte/{handle}")


def closed(state: RecordState, **options: Any) -> Any:
    person = fresh_person()
    open_record(person, state=state, **options)
    return person


def blocking() -> Any:
    person, record_id = patient()
    with unit(record_id) as work:
        access.block(work, host(record_id), PROFESSIONALS["treating"].id)
    return person


def expired() -> Any:
    person, record_id = patient()
    with unit(record_id) as work:
        access.authorise_at(
            work, host(record_id), PROFESSIONALS["treating"].id, AuthorisationGround.CARE_TEAM, now() - timedelta(days=400)
        )
    return person


@pytest.mark.parametrize(("key", "offered"), [("nurse", True), ("occupational", False)])
def test_what_a_profession_never_can_is_not_offered(portal: str, key: str, offered: bool) -> None:
    browser, handle, page = gate_of(portal, key, patient()[0])
    assert ("Bris de glace" in words(page)) is offered
    path = f"/porte/{handle}/urgence/bris-de-glace"
    assert browser.get(path).status_code == (200 if offered else 403)
    assert browser.post(path, REASON).status_code == (302 if offered else 403)


CASES = {
    "record-absent": lambda: replace(fresh_person(), ins=ABSENT.ins),
    "record-closed": lambda: closed(RecordState.CLOSED),
    "record-suspended": lambda: closed(RecordState.SUSPENDED),
    "ins-not-qualified": lambda: closed(RecordState.OPEN, annotations=("DOUT",)),
    "professional-blocked": blocking,
    "consent-missing": lambda: patient()[0],
    "consent-expired": expired,
}


@pytest.mark.parametrize("code", CASES)
def test_each_message_names_the_condition_and_says_what_to_do(portal: str, code: str) -> None:
    person = CASES[code]()
    browser, handle, page = gate_of(portal, "treating", person)
    text = words(page)
    told = message(code)
    assert told.professional in text
    assert f"Code {code}" in text
    assert page.text.count('class="light stop"') >= 1
    if not code.startswith("consent"):
        assert told.patient.format(support="34 22") in text, "a sentence to read to the patient"
        assert told.next_step.format(support="34 22") in text
    for place in ("", "/documents", "/acces", "/resultats"):
        assert browser.get(f"/dossier/{handle}{place}").headers["location"] == f"/porte/{handle}"


def test_an_opposed_record_is_shown_as_absent(portal: str) -> None:
    """No light and no word differs between a record that its holder opposed and none at all."""
    opposed, absent = closed(RecordState.OPPOSED), fresh_person()
    pages = []
    for person in (opposed, absent):
        browser, handle, page = gate_of(portal, "treating", person)
        text = page.text.replace(handle, "H").replace(browser.token, "T")
        text = re.sub(r'data-(ends|closes|whose)="[^"]+"', "", text)
        pages.append(re.sub(r"\b\d \d\d \d\d [\dAB]{2} \d{3} \d{3} \d\d\b", "INS", text))
    assert pages[0].splitlines() == pages[1].splitlines()


def test_a_profession_without_right_is_told_its_light(portal: str) -> None:
    person, _ = patient("social_worker")
    _, _, page = gate_of(portal, "social_worker", person)
    assert "Habilitation" in page.text
    assert re.search(r'light stop"><span class="lamp" aria-hidden="true">H', page.text)


def test_the_consent_is_an_explicit_act_and_opens_the_record(portal: str) -> None:
    person, record_id = patient()
    browser, handle, _ = gate_of(portal, "treating", person)
    refused = browser.post(f"/porte/{handle}/accord", {"titre": "equipe"})
    assert refused.status_code == 400
    assert "Cochez la case" in words(refused)
    answer = browser.post(f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui"})
    assert answer.headers["location"].startswith(f"/dossier/{handle}")
    assert "enregistré" in words(browser.get(answer.headers["location"]))
    with unit(record_id) as work:
        acts = [(e["act"], e["outcome"]) for e in journal.entries_of_record(work, record_id)]
    assert ("TD0.3:AJOUT", "done") in acts


def test_a_consent_for_one_consultation_ends_the_same_day(portal: str, settings_clock: Any) -> None:
    person, _ = patient()
    browser, handle, _ = gate_of(portal, "emergency", person)
    browser.post(f"/porte/{handle}/accord", {"titre": "consultation", "accord": "oui"})
    assert browser.get(f"/dossier/{handle}").status_code == 200
    settings_clock.move(timedelta(hours=13))
    again, handle, page = gate_of(portal, "emergency", person)
    assert again.get(f"/dossier/{handle}").status_code == 302
    assert message("consent-expired").professional in words(page)


def test_a_membership_that_ended_is_prolonged_with_one_button(portal: str) -> None:
    person, record_id = patient("treating")
    with unit(record_id) as work:
        work.run("UPDATE access_authorisation SET expires_at = now() - interval '1 day' WHERE record_id = %s", record_id)
    browser, handle, page = gate_of(portal, "treating", person)
    assert "Prolonger l’accord" in words(page)
    assert browser.post(f"/porte/{handle}/accord", {"titre": "equipe"}).status_code == 400, "without the button's own word"
    sent = dict(re.findall(r'name="(titre|prolonger)" value="(\w+)"', page.text))
    answer = browser.post(f"/porte/{handle}/accord", sent)
    assert answer.headers["location"].startswith(f"/dossier/{handle}")
    assert "Votre accès est prolongé." in words(browser.get(answer.headers["location"]))
    assert "a prolongé son accès, comme membre de l'équipe de soins" in words(browser.get(f"/dossier/{handle}/acces"))
    with unit(record_id) as work:
        assert [kind for kind, _ in pending(work, record_id)].count("authorisation-prolonged") == 1
        assert "authorisation-declared" not in [kind for kind, _ in pending(work, record_id)], "nobody said anything"


def test_a_professional_gives_an_access_up(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    assert browser.post(f"{base}/renoncer").status_code == 302
    assert browser.get(base).status_code == 302


def presence_codes(browser: Browser, base: str) -> list[str]:
    page = browser.post(f"{base}/carte-presence")
    return [a + b for a, b in re.findall(r"<li>(\d{4}) (\d{4})</li>", page.text)]


def test_a_presence_code_proves_once_that_the_patient_was_there(portal: str) -> None:
    person, record_id = patient("treating")
    browser = Browser(portal).sign_in("treating")
    codes = presence_codes(browser, browser.open(person.ins.matricule))
    assert len(codes) == 10
    before = access.presence_share(now() - timedelta(days=1))
    nurse, handle, _ = gate_of(portal, "nurse", person)
    wrong = nurse.post(f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui", "code": "00000000"})
    assert wrong.status_code == 400
    assert message("presence-code-wrong").professional in words(wrong)
    assert nurse.get(f"/dossier/{handle}").status_code == 302, "nothing was recorded"
    done = nurse.post(f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui", "code": f"{codes[0][:4]} {codes[0][4:]}"})
    assert said_by(done)["done"] == "presence"
    dentist, handle, _ = gate_of(portal, "dentist", person)
    again = dentist.post(f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui", "code": codes[0]})
    assert again.status_code == 400, "a code serves once"
    after = access.presence_share(now() - timedelta(days=1))
    assert (after.declared - before.declared, after.proved - before.proved) == (1, 1)
    with unit(record_id) as work:
        details = [e.get("detail") for e in journal.entries_of_record(work, record_id)]
    assert "presence-proved" in details
    assert "a imprimé une carte de présence" in words(browser.get(f"{browser.open(person.ins.matricule)}/acces"))
    text = words(nurse.get(f"{nurse.open(person.ins.matricule)}/acces"))
    assert "a déclaré l'accord du patient : avec preuve de présence" in text
    assert "a imprimé" not in text, "one sees one's own traces"


def test_a_new_card_ends_the_codes_of_the_former_and_a_code_is_of_one_record(portal: str) -> None:
    person, _ = patient("treating")
    other, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    first = presence_codes(browser, base)
    second = presence_codes(browser, base)
    nurse, handle, _ = gate_of(portal, "nurse", person)
    assert nurse.post(f"/porte/{handle}/accord", {"accord": "oui", "code": first[0]}).status_code == 400
    elsewhere, other_handle, _ = gate_of(portal, "nurse", other)
    assert elsewhere.post(f"/porte/{other_handle}/accord", {"accord": "oui", "code": second[0]}).status_code == 400
    assert nurse.post(f"/porte/{handle}/accord", {"accord": "oui", "code": second[0]}).status_code == 302


def test_break_glass_asks_for_words_shows_its_banner_and_ends(portal: str, settings_clock: Any) -> None:
    person, record_id = patient(treating="treating")
    deposit(person, "treating", title="Document lisible")
    browser, handle, page = gate_of(portal, "emergency", person)
    assert "Bris de glace" in page.text
    form = f"/porte/{handle}/urgence/bris-de-glace"
    told = words(browser.get(form))
    assert "Le patient est averti" in told
    assert "60 minutes" in told
    refused = browser.post(form, {"motif": "court"})
    assert refused.status_code == 400
    assert message("emergency-reason-missing").professional in words(refused)
    base = browser.post(form, REASON).headers["location"]
    for place in ("", "/documents", "/resultats", "/parcours"):
        page = browser.get(base + place)
        assert page.status_code == 200
        assert "bris de glace" in words(page)
        assert 'class="emergency"' in page.text
    assert "Document lisible" in browser.get(f"{base}/documents").text
    with unit(record_id) as work:
        assert not [n for n in access.named(work, record_id) if n.subject_id == PROFESSIONALS["emergency"].id], (
            "no authorisation is left"
        )
    ended = browser.post(f"{base}/urgence/fin")
    assert (ended.headers["location"], said_by(ended)["done"]) == ("/patients", "urgence-fin")
    assert browser.get(base).headers["location"].startswith("/porte/")
    base = browser.post(form, REASON).headers["location"]
    settings_clock.move(timedelta(minutes=29))
    assert browser.get(base).status_code == 200
    settings_clock.move(timedelta(minutes=29))
    assert browser.get("/patients").status_code == 200
    settings_clock.move(timedelta(minutes=3))
    assert browser.get(base).headers["location"].startswith("/porte/"), "an hour is an hour"


def test_who_opposed_an_emergency_access_is_not_opened(portal: str) -> None:
    person, record_id = patient()
    with unit(record_id) as work:
        access.choose(work, host(record_id), break_glass=False)
    browser, handle, _ = gate_of(portal, "emergency", person)
    refused = browser.post(f"/porte/{handle}/urgence/bris-de-glace", REASON)
    assert refused.status_code == 400
    assert message("emergency-opposed").professional in words(refused)


def test_traits_are_for_regulation_alone(portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person = fresh_person(birth_name="QUETZALCOATL", given_names="Ixchel", birth_date="1971-03-14")
    open_record(person)
    for key in ("treating", "pharmacist", "emergency"):
        browser = Browser(portal).sign_in(key)
        assert browser.get("/patients/traits").status_code == 403
        assert browser.post("/patients/traits", {"nom": "QUETZALCOATL"}).status_code == 403
    regulator = Browser(portal).sign_in("regulator")
    found = regulator.post("/patients/traits", {"nom": "quetzalcoatl", "prenom": "ixchel", "naissance": "1971-03-14"})
    assert "QUETZALCOATL" in found.text
    assert "100 %" in found.text
    opened = re.search(r"/porte/([^/]+)/urgence/regulation", found.text)
    assert opened
    base = regulator.post(opened.group(), REASON).headers["location"]
    assert "régulation médicale" in words(regulator.get(base))
    few = regulator.post("/patients/traits", {"nom": "QUETZALCOATL"})
    assert message("traits-insufficient").professional in words(few)
    assert "Personne ne correspond" in words(regulator.post("/patients/traits", {"nom": "PERSONNENENPORTE", "prenom": "Zoé"}))
    from django.conf import settings

    monkeypatch.setattr(settings.CARNET, "webps_regulation", False)
    assert regulator.get("/patients/traits").status_code == 403, "a setting, off by default"
    assert regulator.get(opened.group()).status_code == 403


def test_the_own_list_filters_by_name_and_never_browses(portal: str) -> None:
    person = fresh_person(birth_name="ZYGOMAR", given_names="Ursule")
    record_id = open_record(person)
    from support.people import allow

    allow(record_id, "speech_therapist")
    browser = Browser(portal).sign_in("speech_therapist")
    assert "ZYGOMAR" in browser.get("/patients?nom=zyg").text
    assert "ZYGOMAR" not in browser.get("/patients?nom=other").text
    assert "ZYGOMAR" not in Browser(portal).sign_in("orthoptist").get("/patients?nom=zyg").text


def test_a_handle_is_of_one_professional_and_cannot_be_made(portal: str) -> None:
    person, _ = patient("treating", "nurse")
    handle = Browser(portal).sign_in("treating").seek(person.ins.matricule)
    nurse = Browser(portal).sign_in("nurse")
    for stolen in (handle, handle[:-4] + "AAAA", "x", "%C3%A9"):
        for place in (f"/porte/{stolen}", f"/dossier/{stolen}", f"/dossier/{stolen}/documents", f"/deposer/{stolen}"):
            assert nurse.get(place).status_code == 404


def test_contextual_calls_open_their_place_or_say_where_to_look(portal: str) -> None:
    person, _ = patient("treating")
    stranger, _ = patient()
    browser = Browser(portal)
    first = browser.get(f"/AccesDirect/DossierPatient/{person.ins.matricule}")
    assert person.ins.matricule not in first.headers["location"], "the sign-in's address does not carry the matricule"
    browser.sign_in("treating")
    for name, place in PLACES.items():
        answer = browser.get(f"/AccesDirect/{name}/{person.ins.matricule}")
        assert answer.headers["location"].endswith(place)
        assert browser.get(answer.headers["location"].partition("#")[0]).status_code == 200
        closed_one = browser.get(f"/AccesDirect/{name}/{stranger.ins.matricule}")
        assert closed_one.status_code == 403
        link = re.search(r'href="(/porte/[^"]+)"', closed_one.text)
        assert link
        assert message("consent-missing").professional in words(browser.get(link.group(1)))
    assert browser.get("/AccesDirect/TableauDeBord").headers["location"] == "/patients"
    dashboard = browser.get(f"/AccesDirect/TableauDeBord/{person.ins.matricule}").headers["location"]
    assert "Les cinq conditions sont réunies" in words(browser.get(dashboard))
    assert browser.get("/AccesDirect/Parametrages").headers["location"] == "/compte"
    assert browser.get(f"/AccesDirect/CreationDMP/{person.ins.matricule}").status_code == 403
    assert browser.get("/AccesDirect/DossierPatient/123").status_code == 403


def test_a_contextual_call_goes_on_after_the_sign_in(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal)
    location = browser.get(f"/AccesDirect/Documents/{person.ins.matricule}").headers["location"]
    suite = re.search(r"/connexion/psc\?suite=([^\"]+)", browser.get(location).text)
    assert suite
    import httpx

    left = browser.http.get(f"/connexion/psc?suite={suite.group(1)}".replace("&amp;", "&"))
    back = httpx.post(left.headers["location"], data={"person": PROFESSIONALS["treating"].id})
    gone = browser.choose(browser.http.get(back.headers["location"]))
    assert gone.headers["location"] == f"/AccesDirect/Documents/{person.ins.matricule}"


@pytest.mark.parametrize("context", ["ville", "hopital", "medico-social"])
def test_the_guide_says_the_messages_and_the_law_in_force(portal: str, context: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    browser = Browser(portal)
    text = words(browser.get(f"/guide/{context}"))
    for code in ("record-closed", "professional-blocked", "record-absent", "ins-mismatch"):
        assert MESSAGES[code].professional in text
        assert MESSAGES[code].patient.format(support="34 22") in text
    assert "183 jours" in text
    monkeypatch.setattr(
        settings, "LAW", replace(settings.LAW, authorisation_lasts=timedelta(days=77), emergency_lasts=timedelta(minutes=45))
    )
    changed = words(browser.get(f"/guide/{context}"))
    assert "77 jours" in changed
    assert "45 minutes" in changed
    assert browser.get("/guide/mars").status_code in (403, 404)


def test_a_secretary_prepares_and_deposits_and_reads_nothing(portal: str, card_portal: str, pki: Any) -> None:
    person, record_id = patient("care_home_nurse")
    secret = deposit(person, "treating", title="Titre que personne ici ne lit")
    browser, answer = by_card(portal, card_portal, pki, "cpe-care-home")
    browser.choose(browser.http.get(answer.headers["location"]))
    browser.read_notice()
    handle = browser.seek(person.ins.matricule)
    page = browser.get(f"/porte/{handle}")
    assert "Préparer et déposer" in page.text
    done = browser.post(f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui"})
    assert done.headers["location"].startswith(f"/deposer/{handle}")
    with unit(record_id) as work:
        kinds = {(n.subject_kind, n.subject_id) for n in access.named(work, record_id)}
    assert ("structure", f"1{CARE_HOME.finess}") in kinds
    note = browser.post(f"/deposer/{handle}", {"note": "Entrée ce jour.", "titre-note": "Fiche d'entrée", "type-note": "11488-4"})
    assert note.status_code == 302
    for place in (
        "",
        "/documents",
        f"/documents/{secret}",
        f"/documents/{secret}/contenu",
        "/chercher?q=titre",
        "/acces",
        "/droits",
        "/volontes",
    ):
        answer = browser.get(f"/dossier/{handle}{place}")
        assert answer.status_code in (302, 403, 404), place
        assert "Titre que personne" not in answer.text
    assert "Titre que personne" not in browser.get("/equipe").text
    assert person.traits.birth_name in browser.get("/equipe").text, "the residents of the structure are listed"
    assert browser.get(f"/porte/{handle}/urgence/bris-de-glace").status_code == 403
    assert browser.post(f"/porte/{handle}/urgence/bris-de-glace", REASON).status_code == 403, "never for an employee"


def test_a_student_counts_as_the_profession_in_training(portal: str) -> None:
    person, _ = patient("student")
    deposit(person, "treating", title="Lu par l'interne")
    browser = Browser(portal).sign_in("student")
    base = browser.open(person.ins.matricule)
    assert "Lu par l" in browser.get(f"{base}/documents").text
    assert "médecin en formation" in browser.get(base).text


def test_an_occupational_doctor_never_enters(portal: str) -> None:
    person, _ = patient("occupational")
    browser, handle, page = gate_of(portal, "occupational", person)
    assert 'class="light stop"' in page.text
    assert browser.get(f"/dossier/{handle}").status_code == 302
