"""The agenda in a real browser: a mother with two children, a man turning 51, a pregnant woman, the nurse of a care home.

Every page of a journey ends with axe-core at zero and no sideways scroll.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from support.espace import Space, newcomer, relate
from support.people import allow, now, patient, today
from support.person_screen import PersonScreen
from support.screen import Screen

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.storage.api import key_of, unit

NINA = (("Hexyon", 61, "A12"), ("Hexyon", 124, "A31"), ("Vaxneuvance", 61, ""), ("Vaxneuvance", 124, ""), ("Bexsero", 92, "M02"),
        ("Bexsero", 127, "M07"), ("Rotarix", 61, ""), ("Rotarix", 92, ""))  # fmt: skip


def born(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


def vaccinate(record_id: UUID, birth: str, doses: tuple[tuple[str, int, str], ...]) -> None:
    with unit(record_id) as work:
        for label, day, lot in doses:
            start = (date.fromisoformat(birth) + timedelta(days=day)).isoformat()
            content = profile.Content(label, start=start, detail=f"lot {lot}" if lot else "", author="Dr Hélène Fiction")
            profile.insert(work, key_of(work, record_id), profile.stated_entry("vaccinations", content, now()))


@pytest.fixture
def screens(chromium: Any, space_process: str) -> Iterator[Any]:
    """A window for somebody who signed in."""
    opened: list[PersonScreen] = []
    people: list[Space] = []

    def show(who: Space, width: int = 1280) -> PersonScreen:
        people.append(who)
        screen = PersonScreen(chromium, space_process, width=width)
        cookie = {"name": "carnet-espace", "value": str(who.http.cookies["carnet-espace"]), "url": space_process}
        screen.context.add_cookies([cookie])
        opened.append(screen)
        return screen

    yield show
    for screen in opened:
        screen.close()
    for who in people:
        who.http.close()


def fine(screen: Screen) -> None:
    assert screen.check() == []
    assert screen.overflow() == 0


def test_a_mother_with_two_children(space_process: str, screens: Any) -> None:
    birth = born(226)
    mother, _, _ = newcomer(space_process, "Margot", sex="F", birth_name="PROTOTYPE", birth_date=born(38 * 365))
    _, _, nina = newcomer(space_process, "Nina", sex="F", birth_name="PROTOTYPE", birth_date=birth)
    _, _, jeanne = newcomer(space_process, "Jeanne", sex="F", birth_name="PROTOTYPE", birth_date=born(13 * 365 + 200))
    vaccinate(nina, birth, NINA)
    for child in (nina, jeanne):
        relate(child, mother, access.REPRESENTS)
    screen = screens(mother)
    screen.open("/agenda/famille")
    screen.reads("Nina PROTOTYPE")
    screen.reads("Jeanne PROTOTYPE")
    fine(screen)
    screen.picture("agenda-famille")
    screen.click(screen.page.get_by_role("button", name=re.compile("Ouvrir.*Nina")))
    screen.reads("Agenda de Nina")
    screen.reads("35 jours après la précédente, il en faut 2 mois")
    fine(screen)
    screen.picture("agenda")
    # Keyboard alone: the reason opens and is read.
    screen.page.locator("summary", has_text="Pourquoi").first.focus()
    screen.press("Enter")
    screen.reads("CSP L3111-2")
    screen.follow("Noter un rendez-vous")
    screen.page.locator("#date").fill(str(today() + timedelta(days=9)))
    screen.page.locator("#heure").fill("09:30")
    screen.page.locator("#avec").fill("Dr Hélène Fiction")
    fine(screen)
    screen.press_button("Enregistrer")
    screen.reads("C’est noté dans l’agenda.")
    screen.open("/agenda")
    screen.reads("Rendez-vous pris")
    screen.follow("C’est fait : l’inscrire")
    fine(screen)
    screen.page.locator("#date").fill(str(today()))
    screen.page.locator("#lot").fill("B77")
    screen.press_button("Enregistrer")
    screen.reads("C’est enregistré dans le profil de santé.")
    screen.press_button("Annuler")
    screen.open("/agenda/certificat")
    screen.reads("Il porte")
    fine(screen)
    screen.picture("certificat")
    for path in ("/agenda/messages", "/agenda/reponses", "/agenda?vue=liste"):
        screen.open(path)
        fine(screen)
    small = screens(mother.act_on(nina), 360)
    small.open("/agenda")
    small.reads("Agenda de Nina")
    fine(small)
    small.picture("agenda-telephone")


def test_a_man_of_fifty_turning_fifty_one(space_process: str, screens: Any) -> None:
    birthday = today().replace(year=today().year - 51, day=min(today().day, 28)) + timedelta(days=20)
    man, _, _ = newcomer(space_process, "Basile", sex="M", birth_date=birthday.isoformat())
    screen = screens(man)
    screen.open("/agenda")
    screen.reads("Dépistage du cancer colorectal")
    screen.reads("Mon bilan prévention, 45 à 50 ans")
    fine(screen)
    screen.click(screen.page.get_by_role("link", name="C’est fait, je donne la date : Dépistage du cancer colorectal"))
    done = today() - timedelta(days=400)
    screen.page.locator("#date").fill(str(done))
    fine(screen)
    screen.press_button("Enregistrer")
    screen.reads("C’est noté. L’agenda en tient compte.")
    screen.reads("La prochaine fois à partir du")
    screen.press_button("Annuler")
    screen.reads("C’est repris.")
    screen.click(screen.page.get_by_role("button", name="Pas fait : Dépistage du cancer colorectal"))
    screen.reads("C’est noté.")
    assert "Dépistage du cancer colorectal" in screen.page.locator("section", has=screen.page.locator("#t-now")).inner_text()
    screen.page.locator("summary", has_text="Quelques questions").click()
    screen.click(screen.page.get_by_role("button", name=re.compile("Non : Vivez-vous en Guyane")))
    screen.reads("C’est noté.")
    fine(screen)


def test_a_pregnant_woman(space_process: str, screens: Any) -> None:
    woman, _, _ = newcomer(space_process, "Ada", sex="F", birth_date=born(30 * 365))
    screen = screens(woman)
    screen.open("/agenda")
    screen.page.locator("summary", has_text="Quelques questions").click()
    screen.click(screen.page.get_by_role("button", name="Oui : Êtes-vous enceinte ?"))
    screen.reads("Début de la grossesse")
    fine(screen)
    screen.page.locator("#date").fill(str(today() - timedelta(days=100)))
    screen.press_button("Enregistrer")
    screen.reads("C’est noté.")
    screen.reads("Examen de grossesse du")
    screen.reads("Coqueluche, pendant la grossesse")
    fine(screen)
    screen.picture("agenda-grossesse")
    screen.open("/agenda/reponses")
    screen.reads("Les professionnels ne les voient pas.")
    fine(screen)


def test_the_nurse_of_a_care_home(chromium: Any, process: str) -> None:
    person, record_id = patient("care_home_nurse")
    allow(record_id, "care_home_nurse")
    screen = Screen(chromium, process).sign_in("care_home_nurse")
    try:
        screen.scan(person.ins.matricule)
        screen.wait("/dossier/")
        page = screen.page
        page.get_by_text("Vaccins et dépistages dus").first.wait_for()
        assert screen.check() == []
        screen.actions = 0
        screen.click(page.get_by_role("link", name=re.compile("^Inscrire :")).first)
        page.locator("#lot").wait_for()
        assert page.evaluate("document.activeElement.id") == "lot", "the lot is typed or scanned at once"
        screen.write("L42")
        screen.actions += 1
        assert screen.check() == []
        screen.press("Enter")
        page.get_by_text("La vaccination est inscrite à votre nom.").wait_for()
        assert screen.actions <= 3
        page.get_by_text("lot L42").first.wait_for()
        assert screen.check() == []
        screen.picture("vaccinations")
    finally:
        screen.close()
