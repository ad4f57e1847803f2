"""From a letter on a telephone to a choice; a mother adds her newborn; two operators unite two identities, and take it back."""

import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from pypdf import PdfReader
from support.patients import LOUISE
from support.people import deposit, fresh_person, now, open_record, today
from support.person_screen import PersonScreen
from support.population import line, load, record_of, state_of
from support.population import operator as asking
from support.roles import as_role

from carnet.apps.records import api as records
from carnet.apps.records.population import uniting
from carnet.apps.signin import api as signin
from carnet.desk.demonstration.people import DemoPerson


def letter_to(person: DemoPerson, folder: Path) -> tuple[str, str]:
    """A real letter, from the file to the paper: its code, and what its drawing opens."""
    here = uuid4().hex[:3].upper()
    load(folder, line(person, territoire=here))
    with as_role("carnet_operator"):
        batch = records.ask_for_batch(asking("ada"), here, today() + timedelta(days=1))
        data, _ = records.print_batch(asking("grace"), batch)
        records.batch_posted(asking("grace"), batch)
    text = PdfReader(BytesIO(data)).pages[0].extract_text()
    code = re.search(r"Code : (\w{5}) (\w{5})", text)
    assert code
    return code[1] + code[2], f"/opposition#{code[1]}{code[2]}"


def test_a_person_opposes_from_the_letter_on_a_telephone_in_four_actions_at_most(
    chromium: Any, space_process: str, tmp_path: Path
) -> None:
    person = fresh_person()
    _, drawing = letter_to(person, tmp_path)
    screen = PersonScreen(chromium, space_process, width=360).open(drawing)
    assert screen.page.url.endswith("/opposition"), "the code does not stay in the address"
    screen.actions = 1  # the drawing is aimed at
    screen.fill("Date de naissance", person.traits.birth_date)
    screen.press_button("Continuer")
    screen.reads("Sans réponse, ce carnet s’ouvrira le")
    assert screen.check() == [] and screen.overflow() == 0
    screen.press_button("M’opposer à son ouverture")
    screen.reads("L’opposition est enregistrée")
    screen.picture("opposition-de-la-lettre")
    assert screen.actions <= 4
    assert screen.check() == [] and screen.overflow() == 0
    assert state_of(record_of(person)) == "opposed"
    screen.press_button("Annuler et ouvrir le carnet")
    screen.reads("Pour y entrer et choisir qui le lit")
    assert state_of(record_of(person)) == "open"
    screen.close()


def test_a_mother_adds_her_newborn_by_the_letter(chromium: Any, space_process: str, tmp_path: Path) -> None:
    born = (today() - timedelta(days=9)).isoformat()
    child = fresh_person(given_names="Zoé", sex="F", birth_date=born)
    code, _ = letter_to(child, tmp_path)
    screen = PersonScreen(chromium, space_process, width=360).enter(LOUISE).open("/proches/enfant")
    screen.fill("Code de la lettre", code)
    screen.fill("Date de naissance de l’enfant", born)
    screen.press_button("Ajouter mon enfant")
    screen.reads("Vous pouvez ouvrir le carnet de votre enfant")
    screen.reads("Zoé ESSAI")
    assert screen.check() == [] and screen.overflow() == 0
    screen.close()


class Desk(PersonScreen):
    """An operator in front of the pages of the administration network."""

    def come_in(self, name: str) -> "Desk":
        with as_role("carnet_operator"):
            token = signin.operator_link(name, now())
        self.page.goto(f"{self.base}/entrer/{token}")
        return self


def test_two_operators_unite_two_identities_and_take_it_back(chromium: Any, operator: str) -> None:
    one, two = fresh_person(given_names="Aline"), fresh_person(given_names="Aline")
    kept, absorbed = open_record(one), open_record(two)
    deposit(two, title="du second")
    ada, grace = Desk(chromium, operator).come_in("ada"), Desk(chromium, operator).come_in("grace")
    page = ada.open("/identites").page
    for suffix, person in (("a", one), ("b", two)):
        page.locator(f"#ins-{suffix}").fill(person.ins.matricule)
        page.locator(f"#naissance-{suffix}").fill(person.traits.birth_date)
    assert ada.check() == []
    ada.press_button("Comparer")
    ada.reads("C’est une seule personne")
    ada.picture("comparer-deux-carnets")
    assert ada.check() == []
    ada.press_button("Demander la réunion")
    ada.reads("La demande attend un second exploitant")
    address = page.url.removeprefix(operator)
    grace.open(address).press_button("Confirmer")
    grace.reads("C’est confirmé")
    work()
    assert state_of(absorbed) == "merged"
    ada.open(address).press_button("Séparer de nouveau")
    ada.reads("La séparation se fait")
    work()
    ada.open(address).reads("séparée de nouveau")
    assert ada.check() == [] and (state_of(kept), state_of(absorbed)) == ("open", "open")
    for screen in (ada, grace):
        screen.close()


def work() -> None:
    """What the worker does within five seconds."""
    with as_role("carnet_worker"):
        assert uniting.carry_out(now()) == 1


def test_the_pages_of_the_population_are_for_everybody(chromium: Any, operator: str, space_process: str) -> None:
    desk = Desk(chromium, operator).come_in("ada")
    for path in ("/population", "/population/lettres", "/population/oppositions", "/identites"):
        assert desk.open(path).check() == [], path
    desk.close()
    for width in (360, 1280):
        screen = PersonScreen(chromium, space_process, width=width)
        for path in ("/opposition", "/chiffres"):
            assert screen.open(path).check() == [] and screen.overflow() == 0, path
        screen.close()


def test_the_pages_of_software_are_for_everybody(chromium: Any, operator: str) -> None:
    desk = Desk(chromium, operator).come_in("ada").open("/logiciels")
    name = f"Logiciel {uuid4().hex[:6]}"
    desk.fill("Nom", name)
    desk.fill("Adresses de retour", "https://logiciel.example/retour")
    assert desk.check() == []
    desk.press_button("Enregistrer")
    desk.reads("Le logiciel est enregistré")
    assert desk.page.get_by_label("Adresses de retour").input_value() == "https://logiciel.example/retour"
    assert desk.check() == []
    desk.picture("logiciel-enregistre")
    desk.close()
