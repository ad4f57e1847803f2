"""Journeys of people in their own portal, each ending with an accessibility check; screenshots on demand (CARNET_PICTURES=1)."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from support.people import ask, fresh_person, now
from support.person_screen import PersonScreen
from support.roles import as_role

from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import CARER, HELPED, MEASURED, MOTHER, PEOPLE, TEENAGER
from carnet.desk.verifier import carnet_verify
from carnet.kernel.ask import Act


@pytest.fixture
def person(chromium: Any, space_process: str) -> Iterator[PersonScreen]:
    screen = PersonScreen(chromium, space_process)
    yield screen
    screen.close()


def announced() -> tuple[Any, Any, str]:
    """Somebody whose record was announced, with the code of the mail."""
    someone = fresh_person(birth_name="NOUVELLE", given_names="Ondine", sex="F", birth_date="1988-04-12")
    with as_role("carnet_espace"):
        record_id = records.announce_record(someone.ins, someone.traits, "ondine@exemple.fr", now())
        with unit(record_id) as work:
            return someone, record_id, signin.provisional_code(work, record_id, "letter", "test", now())


def test_activating_with_a_password_and_a_code(person: PersonScreen) -> None:
    _, _, code = announced()
    page = person.open("/activer").page
    page.get_by_label("Code reçu").fill(code)
    page.get_by_label("Votre date de naissance").fill("1988-04-12")
    person.press_button("Continuer")
    person.press_button("Ouvrir mon carnet")
    page.get_by_label("Identifiant").fill(f"ondine-{code[:4].lower()}")
    page.get_by_label("Mot de passe").fill("le petit pont de bois")
    secret = page.locator(".secret").inner_text().replace(" ", "")
    page.get_by_label("Code à six chiffres de l’application").fill(pyotp.TOTP(secret).now())
    person.picture("activation")
    assert person.check() == []
    person.press_button("Enregistrer et entrer")
    person.reads("Gardez vos codes de secours")
    assert page.locator(".codes li").count() == 10
    assert person.check() == []
    person.follow("Entrer dans mon espace")
    person.reads("Bonjour Ondine")
    assert person.check() == []


def test_activating_with_a_passkey_and_coming_back_with_it(person: PersonScreen) -> None:
    _, _, code = announced()
    devtools = person.context.new_cdp_session(person.page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page = person.open("/activer").page
    page.get_by_label("Code reçu").fill(code)
    page.get_by_label("Votre date de naissance").fill("1988-04-12")
    person.press_button("Continuer")
    person.press_button("Ouvrir mon carnet")
    person.press_button("Entrer et créer une clé d’accès")
    person.press_button("Créer la clé d’accès")
    person.reads("La clé d’accès est enregistrée")
    assert person.check() == []
    person.page.locator("details.account summary").click()
    person.press_button("Quitter")
    person.follow("Entrer de nouveau")
    person.press_button("Utiliser ma clé d’accès")
    person.reads("Bonjour Ondine")


def test_opposing(person: PersonScreen) -> None:
    _, record_id, code = announced()
    page = person.open("/activer").page
    page.get_by_label("Code reçu").fill(code)
    page.get_by_label("Votre date de naissance").fill("1988-04-12")
    person.press_button("Continuer")
    person.picture("opposition")
    person.press_button("M’opposer à son ouverture")
    person.reads("Votre opposition est enregistrée")
    assert person.check() == []
    with as_role("carnet_espace"):
        assert records.standing(record_id).state == "opposed"


def test_masking_and_previewing(person: PersonScreen) -> None:
    page = person.enter(HELPED).open("/documents").page
    title = page.locator(".doc-title").first.inner_text()
    page.locator(".doc-title").first.click()
    person.press_button("Masquer aux professionnels")
    person.reads("Ce document est masqué")
    person.picture("document-masque")
    assert person.check() == []
    person.follow("Qui voit quoi")
    page.get_by_label("Voir comme").select_option("metier:60")
    person.press_button("Voir ainsi")
    person.reads("rien ne lui dit")
    hidden = page.locator("[data-hidden]").all_inner_texts()
    assert any(title in text and "Vous l’avez masqué" in text for text in hidden)
    person.picture("apercu")
    assert person.check() == []
    person.open("/acces/masquer").press_button("Montrer")
    person.reads("n’est plus masqué")
    person.press_button("Annuler")
    person.reads("Ce document est masqué")
    person.open("/acces/masquer").press_button("Montrer")


def test_finding_an_unknown_access_and_contesting_it(person: PersonScreen) -> None:
    records.search(ask("cardiologist", Act.SEARCH, PEOPLE[MEASURED]), Query())
    page = person.enter(MEASURED).page
    person.picture("accueil")
    assert person.check() == []
    person.follow("Tout le journal")
    person.picture("journal")
    assert person.check() == []
    person.follow("Je ne reconnais pas cet accès")
    page.get_by_label("Voulez-vous ajouter quelque chose ?").fill("Je n’étais pas dans cette ville.")
    person.picture("signalement")
    assert person.check() == []
    person.press_button("Envoyer mon signalement")
    person.reads("Votre signalement est reçu")
    person.reads("Réponse au plus tard le")
    person.picture("demandes")
    assert person.check() == []


def test_a_mother_and_her_teenager_with_a_secret(chromium: Any, space_process: str) -> None:
    teenager = PersonScreen(chromium, space_process).enter(TEENAGER)
    teenager.open("/documents").reads("Consultation de contraception")
    teenager.picture("adolescente")
    assert teenager.check() == []
    page = teenager.open("/profil/problems").page
    teenager.follow("Ajouter")
    page.get_by_label("De quoi s’agit-il ?").fill("Une chose à moi")
    page.get_by_role("switch").check()
    teenager.press_button("Enregistrer")
    teenager.reads("Une chose à moi")
    teenager.close()
    mother = PersonScreen(chromium, space_process).enter(MOTHER).open("/proches")
    mother.picture("proches")
    assert mother.check() == []
    mother.press_button(f"Ouvrir {signin.name_of(PEOPLE[TEENAGER].traits)}")
    mother.reads(f"Vous êtes dans le carnet de {PEOPLE[TEENAGER].traits.given_names}")
    for path in ("/", "/documents", "/profil/problems", "/acces/journal", "/fiche"):
        text = mother.open(path).page.content()
        for never in ("contraception", "Une chose à moi"):
            assert never not in text, (path, never)
    assert mother.check() == []
    mother.press_button("Revenir à mon carnet")
    mother.close()


def test_a_carer_with_a_limited_scope(person: PersonScreen) -> None:
    person.enter(CARER).open("/proches").press_button(f"Ouvrir {signin.name_of(PEOPLE[HELPED].traits)}")
    person.reads("Vous agissez comme aidant")
    page = person.open("/documents").page
    titles = page.locator(".doc-title").all_inner_texts()
    assert titles
    assert all(word in " ".join(titles) for word in ("Ordonnance",))
    assert not any("Compte rendu" in t or "Bilan" in t for t in titles)
    assert page.get_by_role("link", name="Qui voit quoi").count() == 0
    person.picture("aidant")
    assert person.check() == []
    person.open("/proches").press_button("Ouvrir")


def test_inviting_a_carer_and_ending_it(chromium: Any, space_process: str) -> None:
    holder = PersonScreen(chromium, space_process).enter(MEASURED).open("/proches")
    page = holder.page
    holder.follow("Inviter un aidant")
    page.get_by_label("Nom de la personne").fill("Inès")
    page.get_by_label("Seulement ce que je coche").check()
    page.get_by_label("Ordonnances et soins").check()
    holder.picture("invitation")
    assert holder.check() == []
    holder.press_button("Créer l’invitation")
    code = page.locator("#code-invitation").inner_text()
    carer = PersonScreen(chromium, space_process).enter(CARER).open("/proches")
    carer.page.get_by_label("Code de l’invitation").fill(code)
    carer.press_button("Accepter")
    carer.reads("C’est accepté")
    holder.open("/proches").press_button("Mettre fin à son accès")
    holder.reads("L’accès de cette personne est terminé")
    assert holder.check() == []
    holder.close()
    carer.close()


def test_closing_and_reopening(person: PersonScreen) -> None:
    number = 7
    page = person.enter(number).open("/compte").page
    person.follow("Fermer le carnet")
    person.press_button("Fermer le carnet")
    person.reads("Cochez la case")
    page.get_by_label("J’ai compris").check()
    person.errors.clear()
    assert person.check() == []
    person.press_button("Fermer le carnet")
    person.reads("Le carnet est fermé")
    person.open("/documents").reads("Le carnet est fermé depuis le")
    person.picture("ferme")
    person.errors.clear()
    assert person.check() == []
    person.follow("Rouvrir le carnet")
    person.press_button("Rouvrir le carnet")
    person.reads("Le carnet est de nouveau ouvert")
    person.open("/documents").reads("Du plus récent au plus ancien")


def test_exporting_and_verifying(person: PersonScreen, sealed_log: Any, tmp_path: Path) -> None:
    sealed_log.seal()
    page = person.enter(HELPED).open("/acces/journal").page
    with page.expect_download() as download:
        person.follow("Télécharger le journal et sa preuve")
    with zipfile.ZipFile(download.value.path()) as archive:
        archive.extractall(tmp_path / "journal")
    key = carnet_verify.read_key(str(sealed_log.key))
    assert carnet_verify.verify(tmp_path / "journal", [key], [], []).faults == []
    person.open("/compte/copie")
    person.picture("copie")
    assert person.check() == []
    with page.expect_download() as download:
        person.press_button("Télécharger la copie")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["format"] == "carnet-record/1"
        (tmp_path / "index.html").write_bytes(archive.read("index.html"))
    page.goto((tmp_path / "index.html").as_uri())
    assert page.get_by_role("heading", name="Mon carnet de santé").is_visible()


def test_the_emergency_sheet_by_its_link_in_another_browser(chromium: Any, space_process: str) -> None:
    holder = PersonScreen(chromium, space_process).enter(MEASURED).open("/fiche")
    holder.picture("fiche")
    assert holder.check() == []
    holder.press_button("Créer le lien")
    address = holder.page.locator("#lien").get_attribute("href")
    assert holder.check() == []
    other = PersonScreen(chromium, space_process)
    other.page.goto(address)
    other.page.get_by_role("heading", name=PEOPLE[MEASURED].traits.birth_name).wait_for()
    other.picture("fiche-lue")
    assert other.check() == []
    holder.open("/fiche").press_button("Couper ce lien")
    other.page.reload()
    other.reads("Ce lien n’ouvre plus rien")
    other.close()
    holder.close()


def test_what_is_typed_stays_when_the_line_is_cut(person: PersonScreen) -> None:
    page = person.enter(MEASURED).open("/profil/habits/ajouter").page
    page.get_by_label("Précisions").fill("deux cafés par jour")
    person.context.set_offline(True)
    person.press_button("Enregistrer")
    person.reads("Vous êtes hors ligne")
    assert page.get_by_label("Précisions").input_value() == "deux cafés par jour"
    person.context.set_offline(False)
    page.reload()
    assert page.get_by_label("Précisions").input_value() == "deux cafés par jour"
    person.errors.clear()


def test_a_waiting_document_and_a_deposit_by_telephone(chromium: Any, space_process: str) -> None:
    screen = PersonScreen(chromium, space_process, width=360).enter(HELPED).open("/documents/ajouter")
    page = screen.page
    page.get_by_label("Un fichier, ou des photos").set_input_files(
        [{"name": "ordonnance.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"\0" * 40 + b"IEND\xaeB`\x82"}]
    )
    page.get_by_label("Ordonnances et soins").check()
    page.get_by_label("Titre").fill("Photo de mon ordonnance")
    screen.picture("telephone-ajouter")
    assert screen.check() == []
    screen.press_button("Ajouter")
    screen.reads("Photo de mon ordonnance")
    assert screen.overflow() <= 0
    screen.close()


def test_the_operator_answers_a_case(chromium: Any, operator: str) -> None:
    with as_role("carnet_operator"):
        token = signin.operator_link("agent", now())
    screen = PersonScreen(chromium, operator)
    screen.page.goto(f"{operator}/entrer/{token}")
    screen.page.get_by_role("heading", name="Demandes à examiner").wait_for()
    assert screen.check() == []
    screen.picture("exploitant")
    screen.page.get_by_role("link", name="Assistance").click()
    assert screen.check() == []
    screen.close()
