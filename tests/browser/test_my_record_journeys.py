"""What a person does with their own record, in a real browser: medicines, results, documents, the card that opens without a network."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from support.patients import LOUISE, TASKS, Task
from support.person_screen import PersonScreen

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
    sheets = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photograph(c)} for n, c in enumerate(("white", "beige"))]
    page.locator("#fichier").set_input_files(sheets)  # type: ignore[arg-type]
    page.locator("#cAUTR_DOC").check()
    page.locator("#titre").fill("Deux feuilles")
    person.press_button("Ajouter")
    person.reads("Votre document est dans votre carnet")
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
