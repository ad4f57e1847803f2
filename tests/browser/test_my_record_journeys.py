"""What a person does with their own record, in a real browser: medicines, results, documents, the card that opens without a network."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from support.espace import account_of
from support.patients import LOUISE, TASKS, Task
from support.people import fresh_person, now, open_record, today
from support.person_screen import PersonScreen
from support.roles import as_role

from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import MEASURED


@pytest.fixture
def person(chromium: Any, space_process: str) -> Iterator[PersonScreen]:
    screen = PersonScreen(chromium, space_process)
    yield screen
    screen.close()


def photograph(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 420), colour).save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_a_task_on_a_telephone(chromium: Any, space_process: str, task: Task) -> None:
    screen = PersonScreen(chromium, space_process, width=360).enter(task.who)
    task.play(screen)
    assert screen.actions <= task.most
    assert screen.overflow() == 0
    assert screen.check() == []
    screen.close()


def test_a_person_says_how_they_take_a_medicine_and_takes_it_back(person: PersonScreen) -> None:
    page = person.enter(MEASURED).open("/profil/treatments").page
    first = page.locator("li.med", has_text="Dire ce que je prends").first
    first.get_by_text("Dire ce que je prends").click()
    first.get_by_label("Je ne le prends plus").check()
    first.get_by_label("Comment, depuis quand ?").fill("depuis mardi")
    first.get_by_role("button", name="Enregistrer").click()
    person.reads("Vos professionnels le voient")
    person.reads("depuis mardi")
    person.picture("medicaments")
    assert person.check() == []
    person.press_button("Annuler")
    page.wait_for_url("**/profil/treatments")
    page.get_by_text("C’est retiré").wait_for()
    assert page.get_by_text("depuis mardi").count() == 0


def test_results_stand_by_chapter_and_each_has_its_page(person: PersonScreen) -> None:
    page = person.enter(LOUISE).open("/profil/resultats").page
    person.picture("resultats")
    assert person.check() == []
    page.get_by_role("link", name="Hémoglobine glyquée").first.click()
    page.get_by_role("heading", level=1, name="Hémoglobine glyquée").wait_for()
    curve = page.locator("svg.curve")
    assert "%" in str(curve.get_attribute("aria-label"))
    person.picture("resultat")
    page.get_by_text("Les valeurs, en tableau").click()
    page.get_by_text("Bornes de ce laboratoire").first.wait_for()
    assert person.check() == []


def test_photographs_become_one_document_which_is_renamed(person: PersonScreen) -> None:
    page = person.enter(MEASURED).open("/documents/ajouter").page
    sheets: list[Any] = [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photograph(c)} for n, c in enumerate(("white", "beige"))
    ]
    page.locator("#fichier").set_input_files(sheets)
    page.locator("#cAUTR_DOC").check()
    page.locator("#titre").fill("Deux feuilles")
    person.press_button("Ajouter")
    person.reads("Le document est dans le carnet")
    person.follow("Deux feuilles")
    person.follow("Renommer, dater, classer")
    page.locator("#titre").fill("Courrier de la mutuelle")
    assert person.check() == []
    person.press_button("Enregistrer")
    person.reads("L’ancienne fiche reste")
    page.get_by_role("link", name="Courrier de la mutuelle").first.wait_for()
    assert page.get_by_role("link", name="Deux feuilles").count() == 0
    person.picture("documents")
    assert person.check() == []


def test_the_card_opens_without_a_network_under_its_code_alone_and_goes_away(person: PersonScreen) -> None:
    page = person.enter(MEASURED).open("/fiche").page
    told = page.locator(".wallet b").first.inner_text()
    page.get_by_label("Un code d’au moins six chiffres").fill("271828")
    person.press_button("Garder la carte")
    person.reads("La carte est gardée sur cet appareil")
    person.picture("fiche")
    assert person.check() == []
    assert told not in str(page.evaluate("JSON.stringify(localStorage)")), "nothing readable is kept"
    page.evaluate(
        "navigator.serviceWorker.getRegistration('/carte/').then(async (r) => { while (!r.active) await new Promise((d) => setTimeout(d, 50)); })"
    )
    person.context.set_offline(True)
    person.open("/carte/urgence")
    page.get_by_label("Le code de la carte").fill("000000")
    person.press_button("Ouvrir la carte")
    person.reads("Ce code n’ouvre pas la carte")
    page.get_by_label("Le code de la carte").fill("271828")
    person.press_button("Ouvrir la carte")
    person.reads(told)
    person.picture("carte-sans-reseau")
    assert person.check() == []
    assert (
        page.evaluate(
            "caches.keys().then((n) => Promise.all(n.map(async (k) => (await (await caches.open(k)).keys()).map((r) => new URL(r.url).pathname))))"
        )[0][0]
        == "/carte/urgence"
    )
    person.context.set_offline(False)
    person.press_button("Retirer la carte de cet appareil")
    person.reads("Aucune carte n’est gardée sur cet appareil")
    assert page.evaluate("localStorage.getItem('carnet-card')") is None


def test_an_appointment_is_prepared_and_kept_and_everything_is_copied(person: PersonScreen) -> None:
    page = person.enter(MEASURED).open("/agenda").page
    person.follow("Préparer un rendez-vous")
    page.get_by_label("Mes questions").fill("Puis-je reprendre le vélo ?")
    person.picture("preparer")
    assert person.check() == []
    person.press_button("Garder dans mon carnet")
    person.reads("C’est gardé dans le carnet")
    assert page.get_by_role("link", name="Préparation de mon rendez-vous").count() >= 1
    person.open("/compte/copie")
    assert person.check() == []
    with page.expect_download() as download:
        person.press_button("Télécharger la copie")
    with zipfile.ZipFile(download.value.path()) as copy:
        assert {"profil.html", "resume-ips.pdf", "resume-ips.json", "index.html"} <= set(copy.namelist())


def test_a_password_that_does_not_hold_is_said_where_it_is_typed(chromium: Any, space_process: str) -> None:
    someone = fresh_person()
    record_id = open_record(someone)
    account = account_of(someone, record_id)
    login = f"personne-{uuid4().hex[:8]}"
    with as_role("carnet_espace"), unit() as work:
        recovery = signin.set_credentials(work, account.id, login, "une phrase de passe calme", signin.fresh_secret(), now())
    screen = PersonScreen(chromium, space_process)
    page = screen.open("/connexion").page
    page.get_by_label("Identifiant").fill(login)
    page.locator("#mot-de-passe").fill("une phrase de passe calme")
    page.locator("#mot-de-passe").press("Enter")
    page.get_by_label("Code à six chiffres, ou code de secours").fill(recovery[0])
    screen.press_button("Entrer")
    page.wait_for_url(f"{space_process}/")
    screen.open("/compte/acces")
    assert screen.check() == []
    page.get_by_text("Changer de mot de passe").first.click()
    page.locator("#n-mdp").fill("pas celui-là du tout")
    page.locator("#n-code").fill(recovery[1])
    page.locator("#m-nouveau").fill("une autre phrase plus calme")
    page.locator("#m-encore").fill("une autre phrase plus calme")
    page.get_by_role("button", name="Changer de mot de passe").click()
    screen.reads("Le mot de passe ou le code ne convient pas")
    screen.errors.clear()
    assert screen.check() == []
    screen.close()


def test_a_mother_adds_her_child_by_the_letter(chromium: Any, space_process: str) -> None:
    born = f"{today().year - 3}-05-06"
    child = fresh_person(birth_date=born, given_names="Nils", birth_name="AJOUT")
    record_id = open_record(child)
    with as_role("carnet_espace"), unit(record_id) as work:
        code = signin.provisional_code(work, record_id, "letter", "test", now())
    screen = PersonScreen(chromium, space_process, width=360).enter(MEASURED)
    page = screen.open("/proches").page
    screen.follow("Ajouter mon enfant")
    page.get_by_label("Code de la lettre").fill(code)
    page.get_by_label("Date de naissance de l’enfant").fill(born)
    assert screen.check() == []
    page.locator("main form button.primary").click()
    screen.reads("Vous pouvez ouvrir le carnet de votre enfant")
    page.get_by_role("heading", name="Nils AJOUT").wait_for()
    assert screen.check() == []
    screen.close()
