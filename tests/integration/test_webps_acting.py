"""Acting at the portal: documents, deposits, the profile, alerts, team life; done, said, undone, refused."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from support.espace import newcomer
from support.people import allow, ask, cda, deposit, fresh_person, fresh_uid, host, now, open_record, patient
from support.portal import Browser, words
from support.roles import as_role
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.professionals import CARE_HOME, PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.dicah.messages import message
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def opened(portal: str, key: str, *, treating: str = "treating") -> tuple[Any, Browser, str]:
    person, _ = patient("treating", "cardiologist", "nurse", treating=treating)
    browser = Browser(portal).sign_in(key)
    return person, browser, browser.open(person.ins.matricule)


def titles(browser: Browser, base: str, query: str = "") -> list[str]:
    return re.findall(r'class="doc-title" href="[^"]+">([^<]+)</a>', browser.get(f"{base}/documents{query}").text)


def test_masking_is_asked_done_said_and_undone(portal: str) -> None:
    person, browser, base = opened(portal, "cardiologist")
    document = deposit(person, "cardiologist", title="Échographie")
    nurse = Browser(portal).sign_in("nurse")
    assert "Échographie" in titles(nurse, nurse.open(person.ins.matricule))
    page = browser.get(f"{base}/documents/{document}/confirmer/masquer")
    assert "À la demande du patient" in page.text
    done = browser.post(f"{base}/documents/{document}/masquer")
    said = browser.get(done.headers["location"])
    assert "masqué aux autres professionnels" in words(said)
    assert "Échographie" not in titles(nurse, nurse.open(person.ins.matricule))
    undo = re.search(r'<form method="post" action="(/dossier/[^"]+/demasquer)"', said.text)
    assert undo
    assert browser.post(undo.group(1)).status_code == 302
    assert "Échographie" in titles(nurse, nurse.open(person.ins.matricule))


def test_archiving_leaves_the_list_and_comes_back(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    document = deposit(person, "treating", title="Vieille note")
    browser.post(f"{base}/documents/{document}/archiver")
    assert titles(browser, base) == []
    assert titles(browser, base, "?statut=archives") == ["Vieille note"]
    browser.post(f"{base}/documents/{document}/desarchiver")
    assert titles(browser, base) == ["Vieille note"]


def test_announcing_and_deleting_cannot_be_undone_and_say_so(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    document = deposit(person, "treating", label=("INVISIBLE_PATIENT",), title="À annoncer")
    assert "n’est pas visible du patient" in browser.get(f"{base}/documents/{document}").text
    assert "À annoncer" in browser.get(f"{base}/volontes").text, "the calendar of what opens by itself"
    assert "ne se reprend pas" in browser.get(f"{base}/documents/{document}/confirmer/annoncer").text
    said = browser.get(browser.post(f"{base}/documents/{document}/annoncer").headers["location"])
    assert "Annuler" not in words(said).partition("Retour à la liste")[0].partition("C'est enregistré")[2]
    assert "n’est pas visible du patient" not in said.text
    said = browser.get(browser.post(f"{base}/documents/{document}/supprimer").headers["location"])
    assert "Le document est supprimé" in words(said)
    assert browser.get(f"{base}/documents/{document}").status_code == 404


def test_a_minor_agrees_before_parents_see(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    document = deposit(person, "treating", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    page = browser.get(f"{base}/documents/{document}/confirmer/annoncer")
    assert 'name="mineur"' in page.text
    refused = browser.post(f"{base}/documents/{document}/annoncer")
    assert refused.status_code == 403
    assert message("minor-agreement-missing").professional in words(refused)
    assert browser.post(f"{base}/documents/{document}/annoncer", {"mineur": "oui"}).status_code == 302


@pytest.mark.parametrize("act", ["supprimer", "demasquer", "archiver"])
def test_an_act_of_the_author_is_neither_offered_to_nor_done_for_others(portal: str, act: str) -> None:
    person, browser, base = opened(portal, "nurse", treating="")
    document = deposit(person, "cardiologist", title="D'un autre")
    page = browser.get(f"{base}/documents/{document}")
    assert f"/confirmer/{act}" not in page.text
    assert browser.get(f"{base}/documents/{document}/confirmer/{act}").status_code == 403
    assert browser.post(f"{base}/documents/{document}/{act}").status_code == 403
    assert titles(browser, base) == ["D&#x27;un autre"]


def send(browser: Browser, base: str, files: list[tuple[str, bytes]], fields: dict[str, str] | None = None, **options: Any) -> Any:
    handle = base.split("/")[-1]
    upload = [("fichiers", (name, data, "application/octet-stream")) for name, data in files]
    return browser.post(f"/deposer/{handle}", fields, files=upload or None, **options)


def test_several_files_are_proposed_deposited_together_and_taken_back(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    handle, number = base.split("/")[-1], fresh_uid()
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "white").save(out, "JPEG")
    files = [("ordonnance_du_jour.pdf", PDF), ("photo.jpg", out.getvalue()), ("lettre.txt", b"Lettre de liaison\nle 12/03/2026\nTexte."),
             ("structure.xml", cda(person, "treating", "11488-4", number))]  # fmt: skip
    upload = [("fichiers", (name, data, "application/octet-stream")) for name, data in files]
    told = words(browser.post(f"/deposer/{handle}/lire", files=upload))
    assert "ordonnance du jour" in browser.post(f"/deposer/{handle}/lire", files=upload).text
    assert 'value="57833-6" selected' in browser.post(f"/deposer/{handle}/lire", files=upload).text
    assert 'value="2026-03-12"' in browser.post(f"/deposer/{handle}/lire", files=upload).text
    assert "rien à saisir" in told
    done = send(
        browser,
        base,
        files,
        {"titre-0": "Mon titre", "type-0": "60593-1", "date-0": "2026-02-01", "visibilite-2": "INVISIBLE_PATIENT"},
    )
    assert done.status_code == 302, words(done)
    page = browser.follow(done.headers["location"])
    assert "Le dossier est à jour" in words(page)
    assert {"Mon titre", "photo", "Lettre de liaison", "Document d&#x27;essai"} == set(titles(browser, base))
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        found = {d.title: d for d in records.documents(visit, records.Query()).items}
    assert found["Mon titre"].facts.type_code == "60593-1"
    assert found["Mon titre"].resource["date"].startswith("2026-02-01")
    assert found["Lettre de liaison"].facts.hidden_from_patient
    assert {d.facts.depositor for d in found.values()} == {PROFESSIONALS["treating"].id}
    undo = re.search(r'action="(/deposer/[^"]+/annuler)".*?name="sur" value="([^"]+)"', page.text, re.S)
    assert undo
    assert browser.post(undo.group(1), {"sur": undo.group(2)}).status_code == 302
    assert titles(browser, base) == []


def test_one_bad_file_and_nothing_is_deposited(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    for name, data in (("a.exe", b"MZ\x00\x01"), ("b.xml", b"<html/>"), ("c.xml", b"<ClinicalDocument"), ("vide.txt", b"")):
        refused = send(browser, base, [("good.pdf", PDF), (name, data)])
        assert refused.status_code == 400
        assert name in words(refused)
    assert "Choisissez un fichier" in words(send(browser, base, []))
    truncated = send(browser, base, [("cut.pdf", PDF[:60])])
    assert truncated.status_code == 400
    assert message("document-malformed").professional in words(truncated)
    assert titles(browser, base) == []


def test_a_note_becomes_a_cda_of_level_1_in_ones_own_name(portal: str) -> None:
    person, browser, base = opened(portal, "nurse")
    note = "Pansement refait ce matin.\nProchain passage jeudi."
    done = send(browser, base, [], {"note": note, "titre-note": "Passage infirmier", "type-note": "11506-3"})
    assert done.status_code == 302
    listed = browser.get(f"{base}/documents").text
    number = re.search(r'documents/([0-9a-f-]{36})">Passage infirmier', listed)
    assert number
    page = browser.get(f"{base}/documents/{number.group(1)}")
    assert "Prochain passage jeudi." in page.text
    assert "Maïa NICHE" in page.text
    data = browser.get(f"{base}/documents/{number.group(1)}/contenu?telecharger=1")
    assert data.headers["Content-Disposition"].startswith("attachment")
    assert data.content == note.encode(), "what the document carries, as a word processor opens it"
    original = browser.get(f"{base}/documents/{number.group(1)}/contenu?original=1")
    assert b"ClinicalDocument" in original.content
    assert b"nonXMLBody" in original.content
    assert person.traits.birth_name.encode() in original.content
    assert "1 document" in browser.get(f"{base}/documents?q=pansements").text, "its words are found, inflexions apart"


def test_what_is_already_there_is_told_before(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    number = fresh_uid()
    content = cda(person, "treating", "11488-4", number)
    deposit(person, "treating", content=content, unique_id=number)
    handle = base.split("/")[-1]
    told = browser.post(f"/deposer/{handle}/lire", files={"fichiers": ("a.xml", content, "text/xml")})
    assert "déjà dans le dossier, à l’identique" in told.text


def test_replacing_ends_the_former_version_and_leads_to_the_new_one(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    document = deposit(person, "treating", title="Version 1")
    page = browser.get(f"{base}/documents/{document}")
    assert f"remplacer={document}" in page.text
    form = browser.get(f"/deposer/{base.split('/')[-1]}?remplacer={document}")
    assert f'name="remplacer" value="{document}"' in form.text
    assert "Vous remplacez" not in form.text, "opened at the gate, the form says nothing of the record"
    from_record = words(browser.get(f"/deposer/{base.split('/')[-1]}?vu=1&remplacer={document}"))
    assert "Vous remplacez : Version 1" in from_record
    two = send(browser, base, [("a.pdf", PDF), ("b.pdf", PDF + b" ")], {"remplacer": str(document)})
    assert two.status_code == 400
    done = send(browser, base, [("a.pdf", PDF)], {"remplacer": str(document), "titre-0": "Version 2", "type-0": "11488-4"})
    assert done.status_code == 302, words(done)
    assert titles(browser, base) == ["Version 2"]
    assert titles(browser, base, "?statut=obsoletes") == ["Version 1"]
    assert "Version 2" in browser.get(f"{base}/documents/{document}").text
    other = Browser(portal).sign_in("nurse")
    current = re.search(r'documents/([0-9a-f-]{36})">Version 2', browser.get(f"{base}/documents").text)
    assert current
    refused = send(other, other.open(person.ins.matricule), [("c.pdf", PDF + b"  ")], {"remplacer": current.group(1)})
    assert refused.status_code == 400, "a replacement is for the author"


def test_htmx_is_told_where_to_go(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    done = send(browser, base, [("a.pdf", PDF)], headers={"HX-Request": "true"})
    assert done.status_code == 204
    assert done.headers["HX-Redirect"].startswith("/porte/")


def test_a_deposit_needs_no_consent_and_shows_nothing_of_the_record(portal: str) -> None:
    person, _ = patient("treating")
    deposit(person, "treating", title="Ce qu'il ne lit pas")
    browser = Browser(portal).sign_in("dentist")
    handle = browser.seek(person.ins.matricule)
    assert (
        send(browser, f"/dossier/{handle}", [("bilan.pdf", PDF)], {"titre-0": "Bilan dentaire", "type-0": "28617-9"}).status_code
        == 302
    )
    page = browser.follow(f"/porte/{handle}")
    assert message("consent-missing").professional in words(page)
    assert person.traits.birth_name not in page.text


def picture(portal: str, mime: str, save: str) -> tuple[Browser, str, str]:
    _, browser, base = opened(portal, "treating")
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, save)
    assert send(browser, base, [(f"image.{save.lower()}", out.getvalue())], {"titre-0": "Image"}).status_code == 302
    number = re.search(r'documents/([0-9a-f-]{36})">Image', browser.get(f"{base}/documents").text)
    assert number
    return browser, base, number.group(1)


@pytest.mark.parametrize(("save", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("TIFF", "image/png")])
def test_images_are_shown_in_the_page(portal: str, save: str, mime: str) -> None:
    browser, base, number = picture(portal, mime, save)
    assert f'src="{base}/documents/{number}/contenu"' in browser.get(f"{base}/documents/{number}").text
    shown = browser.get(f"{base}/documents/{number}/contenu")
    assert shown.headers["content-type"] == mime
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(shown.content)).size == (40, 30)


def test_a_cda_is_rendered_without_its_scripts(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    number = fresh_uid()
    content = cda(person, "treating", "11488-4", number).replace(
        "Rien à signaler.".encode(), b'<content styleCode="Bold">Gras</content>&lt;script&gt;alert(1)&lt;/script&gt;'
    )
    document = deposit(person, "treating", content=content, unique_id=number)
    page = browser.get(f"{base}/documents/{document}").text
    assert "<b>Gras</b>" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_profile_is_written_corrected_withdrawn_and_restored(portal: str) -> None:
    _, browser, base = opened(portal, "treating")
    bad = browser.post(f"{base}/profil/allergies/ajouter", {"libelle": "", "date": "2999-01-01"})
    assert bad.status_code == 400
    assert 'href="#libelle"' in bad.text
    assert 'href="#date"' in bad.text
    browser.post(f"{base}/profil/allergies/ajouter", {"libelle": "Latex", "precision": "urticaire", "date": "2020-01-02"})
    page = browser.get(base)
    assert "Latex : urticaire" in page.text
    assert "Confirmée" in page.text
    number = re.search(r"profil/([0-9a-f-]{36})\"", page.text)
    assert number
    assert browser.get(f"{base}/profil/{number.group(1)}").status_code == 200
    browser.post(f"{base}/profil/{number.group(1)}/corriger", {"libelle": "Latex", "precision": "urticaire de contact"})
    corrected = re.search(r"profil/([0-9a-f-]{36})\"", browser.get(base).text)
    assert corrected
    history = words(browser.get(f"{base}/profil/{corrected.group(1)}"))
    assert "urticaire de contact" in history
    assert history.count("Alix BASTION") >= 2
    said = browser.get(browser.post(f"{base}/profil/{corrected.group(1)}/retirer").headers["location"])
    assert "Aucune allergie inscrite" in words(said)
    undo = re.search(r'action="(/dossier/[^"]+/retablir)"', said.text)
    assert undo
    browser.post(undo.group(1))
    assert "urticaire de contact" in browser.get(base).text
    assert browser.post(f"{base}/profil/{corrected.group(1)}/inventer").status_code == 404
    assert browser.get(f"{base}/profil/wishes/ajouter").status_code == 404


def test_a_declared_entry_is_confirmed_in_ones_own_name(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    record_id = records.test_record(ask("treating", Act.TEST_RECORD, person)).record_id
    assert record_id
    with unit(record_id) as work:
        profile.declare(work, key_of(work, record_id), "allergies", profile.Content("Arachide"), now())
    page = browser.get(base)
    assert "Déclarée" in page.text
    number = re.search(r"profil/([0-9a-f-]{36})\"", page.text)
    assert number
    browser.post(f"{base}/profil/{number.group(1)}/confirmer")
    assert "Confirmée" in browser.get(base).text


def test_a_profession_that_may_not_write_is_not_offered_to(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("social_worker")
    handle = browser.seek(person.ins.matricule)
    assert browser.post(f"/dossier/{handle}/profil/allergies/ajouter", {"libelle": "Latex"}).status_code == 403


def notices(record_id: Any, key: str) -> list[str]:
    with unit(record_id) as work:
        return [kind for kind, to in outbox.pending(work, record_id) if to == outbox.professional(PROFESSIONALS[key].id)]


def test_an_alert_tells_of_new_documents_of_its_classes_and_of_nothing_hidden(portal: str) -> None:
    person, record_id = patient("treating", "nurse", "cardiologist")
    for key, classes in (("cardiologist", ["10"]), ("nurse", [])):
        browser = Browser(portal).sign_in(key)
        base = browser.open(person.ins.matricule)
        answer = browser.post(f"{base}/alerte", {"suivre": "1", "classe": classes})
        assert said_by(answer)["done"].startswith("alerte")
    deposit(person, "treating", "11488-4", ("MASQUE_PS",))
    assert notices(record_id, "cardiologist") == []
    deposit(person, "treating", "11488-4", ("INVISIBLE_PATIENT",))
    assert notices(record_id, "cardiologist") == []
    deposit(person, "treating", "57833-6")
    assert notices(record_id, "cardiologist") == [], "of another class"
    assert notices(record_id, "nurse") == ["new-document"]
    deposit(person, "cardiologist", "11488-4")
    assert notices(record_id, "cardiologist") == [], "one's own deposit is no news"
    deposit(person, "treating", "11488-4")
    assert notices(record_id, "cardiologist") == ["new-document"]
    with unit(record_id) as work:
        access.block(work, host(record_id), PROFESSIONALS["cardiologist"].id)
    deposit(person, "treating", "11488-4")
    assert notices(record_id, "cardiologist") == ["new-document"], "who is blocked is told nothing more"
    base = browser.open(person.ins.matricule)
    browser.post(f"{base}/alerte", {"arreter": "1"})
    before = len(notices(record_id, "nurse"))
    deposit(person, "treating", "11488-4")
    assert len(notices(record_id, "nurse")) == before


@pytest.mark.parametrize("masked", [{"nouveaux": "masques"}, {"categorie": "CPT_REND", "nouveaux": "visibles"}])
def test_an_alert_tells_nothing_of_a_document_that_its_person_has_masked_as_it_comes(
    portal: str, espace: str, masked: dict[str, str]
) -> None:
    space, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    browser = Browser(portal).sign_in("nurse")
    browser.post(f"{browser.open(person.ins.matricule)}/alerte", {"suivre": "1", "classe": []})
    deposit(person)
    assert notices(record_id, "nurse") == ["new-document"]
    with as_role("postgres"), unit() as work:
        work.run("DELETE FROM outbox_notice WHERE record_id = %s", record_id)
    space.post("/acces/masquer/choisir", masked)
    number = deposit(person)
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids.count(str(number)) == 0
    assert notices(record_id, "nurse") == []


def test_an_alert_of_a_type_closed_to_the_profession_tells_nothing(portal: str) -> None:
    person, record_id = patient("optician")
    browser = Browser(portal).sign_in("optician")
    base = browser.open(person.ins.matricule)
    browser.post(f"{base}/alerte", {"suivre": "1"})
    edition = access.edition(now())
    from carnet.kernel.codes import PROFESSION_SYSTEM, Code

    assert "68599-0" not in edition.consultable(Code(PROFESSION_SYSTEM, "28"))
    deposit(person, "psychiatrist", "68599-0")
    assert notices(record_id, "optician") == []


def delegated(portal: str) -> tuple[Any, Any, Browser, Browser]:
    person, record_id = patient("geriatrician", "care_home_nurse")
    doctor, nurse = Browser(portal).sign_in("geriatrician"), Browser(portal).sign_in("care_home_nurse")
    doctor.get("/equipe")
    doctor.post("/equipe/delegation", {"confrere": PROFESSIONALS["care_home_nurse"].id})
    return person, record_id, doctor, nurse


def test_a_delegated_look_up_is_traced_and_reviewed_by_who_delegated(portal: str) -> None:
    person, record_id, doctor, nurse = delegated(portal)
    assert "consulte pour vous" in words(doctor.get("/equipe"))
    nurse.get("/equipe")
    assert nurse.post("/equipe/agir-pour", {"confrere": PROFESSIONALS["geriatrician"].id}).status_code == 302
    assert "pour un confrère" in nurse.get("/patients").text
    nurse.get(nurse.open(person.ins.matricule))
    page = doctor.get("/equipe")
    assert "Nestor OGIVE" in page.text
    assert person.traits.birth_name in page.text
    lookup = re.findall(r'name="consultation" value="([0-9a-f-]{36})"', page.text)
    assert lookup
    assert nurse.post("/equipe/relecture", {"consultation": lookup[0], "avis": "as-agreed"}).status_code == 400, (
        "nobody reviews their own"
    )
    for one in lookup:
        assert doctor.post("/equipe/relecture", {"consultation": one, "avis": "as-agreed"}).status_code == 302
    assert doctor.post("/equipe/relecture", {"consultation": lookup[0], "avis": "as-agreed"}).status_code == 400
    with unit(record_id) as work:
        assert any(e.get("on_behalf_of") == PROFESSIONALS["geriatrician"].id for e in journal.entries_of_record(work, record_id))
    nurse.post("/equipe/agir-pour")
    assert "pour un confrère" not in nurse.get("/patients").text


def test_a_delegation_opens_nothing_and_its_end_is_the_end(portal: str) -> None:
    _, _, doctor, nurse = delegated(portal)
    closed, _ = patient("geriatrician")
    other, _ = patient("care_home_nurse")
    nurse.get("/equipe")
    nurse.post("/equipe/agir-pour", {"confrere": PROFESSIONALS["geriatrician"].id})
    handle = nurse.seek(closed.ins.matricule)
    assert nurse.get(f"/dossier/{handle}").headers["location"] == f"/porte/{handle}", "the doctor's consent is not the nurse's"
    base = nurse.open(other.ins.matricule)
    assert nurse.get(base).status_code == 200
    doctor.get("/equipe")
    doctor.post("/equipe/delegation", {"confrere": PROFESSIONALS["care_home_nurse"].id, "terminer": "1"})
    afterwards = nurse.get(base)
    assert afterwards.status_code == 200 and "pour un confrère" not in afterwards.text, "from here on it is in her own name"


def test_a_visit_for_somebody_who_ended_the_delegation_meanwhile_is_refused() -> None:
    person, _ = patient("care_home_nurse")
    asked = ask("care_home_nurse", Act.SEARCH, person)
    stale = replace(asked, actor=replace(asked.actor, on_behalf_of=PROFESSIONALS["dentist"].id))
    with as_role("carnet_webps"), pytest.raises(Refusal, match="delegation-missing"), records.visiting(stale):
        pass


def test_nobody_acts_for_whoever_did_not_ask_nor_outside_the_structure(portal: str) -> None:
    nurse = Browser(portal).sign_in("nurse")
    nurse.get("/equipe")
    assert nurse.post("/equipe/agir-pour", {"confrere": PROFESSIONALS["treating"].id}).status_code == 403
    assert nurse.post("/equipe/delegation", {"confrere": PROFESSIONALS["treating"].id}).status_code == 403
    assert "Terminer" not in nurse.get("/equipe").text, "nothing was given"


def test_the_board_lists_residents_with_what_is_new(portal: str) -> None:
    person, record_id = patient("care_home_nurse")
    arriving, arriving_id = patient()
    for number in (record_id, arriving_id):
        with unit(number) as work:
            access.authorise_at(work, host(number), f"1{CARE_HOME.finess}", AuthorisationGround.CARE_TEAM, now(), "structure")
    deposit(person, "treating", title="Nouveau document")
    deposit(arriving, "treating")
    browser = Browser(portal).sign_in("care_home_nurse")
    rows = {m: row for row in browser.get("/equipe").text.split("<tr") for m in ("1 document", "À recueillir") if m in row}
    assert set(rows) == {"1 document", "À recueillir"}
    assert "1 document" not in rows["À recueillir"], "nothing is counted in a record that is not open to the reader"
    assert "À recueillir" not in browser.get("/equipe?voir=mes").text.partition("<tbody")[2]
    news = browser.get("/equipe?voir=nouveau").text.partition("<tbody")[2]
    assert news.count("<tr") == news.count('class="badge new"') >= 1
    browser.get(browser.open(person.ins.matricule))


def test_traces_are_ones_own_and_all_for_the_treating_doctor(portal: str) -> None:
    person, record_id = patient("treating", "nurse", treating="treating")
    allow(record_id, "cardiologist")
    for key in ("cardiologist", "nurse"):
        reader = Browser(portal).sign_in(key)
        reader.get(reader.open(person.ins.matricule))
    nurse = words(reader.get(f"{reader.open(person.ins.matricule)}/acces"))
    assert "Maïa NICHE" in nurse
    assert "Bérénice" not in nurse
    doctor = Browser(portal).sign_in("treating")
    everything = words(doctor.get(f"{doctor.open(person.ins.matricule)}/acces"))
    assert "Bérénice CORNICHE a consulté le dossier : l'essentiel" in everything


def test_emergency_accesses_are_shown_to_the_treating_doctor(portal: str) -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    emergency = Browser(portal).sign_in("emergency")
    handle = emergency.seek(person.ins.matricule)
    emergency.get(f"/porte/{handle}")
    emergency.post(f"/porte/{handle}/urgence/bris-de-glace", {"motif": "Patient inconscient, danger."})
    doctor, nurse = Browser(portal).sign_in("treating"), Browser(portal).sign_in("nurse")
    page = words(doctor.get(f"{doctor.open(person.ins.matricule)}/acces"))
    assert "Cyprien DONJON" in page
    assert "À relire" in page
    assert "Cyprien" not in words(nurse.get(f"{nurse.open(person.ins.matricule)}/acces"))
    assert "inconscient" not in page, "the reason stays sealed"


def test_filters_and_pages_of_the_list(portal: str) -> None:
    person, browser, base = opened(portal, "treating")
    for n in range(23):
        deposit(person, "treating", title=f"Note {n:02d}", effective_time=now() - timedelta(days=10 + n))
    deposit(person, "biologist", "11502-2", title="Bilan", effective_time=now() - timedelta(days=800))
    first = titles(browser, base)
    assert first == [f"Note {n:02d}" for n in range(20)]
    page = browser.get(f"{base}/documents").text
    following = re.search(r'href="([^"]+apres=[^"]+)"', page)
    assert following
    second = browser.get(following.group(1).replace("&amp;", "&")).text
    assert re.findall(r'class="doc-title"[^>]+>([^<]+)<', second) == ["Note 20", "Note 21", "Note 22", "Bilan"]
    back = re.search(r'href="([^"]+avant=[^"]+)"', second)
    assert back
    again = browser.get(back.group(1).replace("&amp;", "&")).text
    assert re.findall(r'class="doc-title"[^>]+>([^<]+)<', again) == first
    assert titles(browser, base, "?type=11502-2") == ["Bilan"]
    assert titles(browser, base, "?auteur=jamb") == ["Bilan"]
    assert titles(browser, base, "?specialite=SM03") == ["Bilan"]
    assert "Bilan" not in titles(browser, base, "?periode=1a")
    assert titles(browser, base, "?au=2025-01-01") == ["Bilan"]
    assert titles(browser, base, "?apres=x&avant=y&du=hier") == first, "what cannot be read is left aside"
    assert "Aucun document lisible ne répond" in words(browser.get(f"{base}/documents?type=28617-9"))


def test_the_board_is_searched_by_name_and_goes_by_page(portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.interfaces.webps import team

    for name in ("RESIDENTA", "RESIDENTZ"):
        person = fresh_person(birth_name=name)
        record_id = open_record(person)
        with unit(record_id) as work:
            access.authorise_at(work, host(record_id), f"1{CARE_HOME.finess}", AuthorisationGround.CARE_TEAM, now(), "structure")
    nurse = Browser(portal).sign_in("care_home_nurse")
    found = words(nurse.get("/equipe?nom=résidentz"))
    assert "RESIDENTZ" in found and "RESIDENTA" not in found
    assert "Aucun dossier ne répond" in words(nurse.get("/equipe?nom=personne"))
    monkeypatch.setattr(team, "PER_PAGE", 1)
    first = nurse.get("/equipe?nom=resident")
    assert "1 à 1 sur 2" in words(first)
    second = nurse.get("/equipe?" + first.text.split('href="/equipe?')[-1].split('"')[0].replace("&amp;", "&"))
    assert "2 à 2 sur 2" in words(second)
    assert ("RESIDENTA" in first.text) is not ("RESIDENTA" in second.text)
