"""A publisher applies, an operator lists, a person connects the sample service, sees, narrows and withdraws, each in a real browser.

Every page ends with axe-core at zero and no sideways scroll.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.espace import newcomer
from support.people import now
from support.person_screen import PersonScreen
from support.ports import free_port
from support.roles import as_role
from support.screen import Screen
from support.services import register

from carnet.apps.catalogue import api as catalogue
from carnet.apps.signin import api as signin

DIARY = Path(__file__).parents[2] / "examples" / "diary" / "diary.py"
NAME = "Tension du matin"


def fine(screen: Screen, picture: str = "") -> None:
    assert screen.check() == []
    assert screen.overflow() <= 0
    if picture:
        screen.picture(picture)


@pytest.fixture
def windows(chromium: Any) -> Iterator[Any]:
    """Windows, each of one person."""
    opened: list[PersonScreen] = []

    def show(base: str) -> PersonScreen:
        opened.append(PersonScreen(chromium, base))
        return opened[-1]

    yield show
    for screen in opened:
        screen.close()


def _apply(publisher: PersonScreen) -> str:
    """Open a file, fill it, deposit it. Returns its number."""
    page = publisher.page
    publisher.open("/editeur")
    fine(publisher)
    publisher.follow("Se connecter avec ProConnect")
    page.locator('button[value="1"]').click()
    page.get_by_label("Nom du service").wait_for()
    fine(publisher)
    page.get_by_label("Nom du service").fill(NAME)
    publisher.press_button("Ouvrir un dossier")
    publisher.reads("Avant de déposer")
    fine(publisher, "editeur-dossier")
    for label, value in (("En une phrase", "Noter sa tension le matin."), ("Description", "Trois jours, et la moyenne."),
                         ("Prix, tel que", "Gratuit"), ("Qui finance", "Des dons"), ("Hébergement", "France, certifié"),
                         ("Aide humaine", "aide@letensiometre.example"), ("Accessibilité", "Conforme à 90 %")):  # fmt: skip
        page.get_by_label(label).first.fill(value)
    page.locator("#screens").fill("Noter une mesure")
    page.locator("#terms").fill("https://letensiometre.example/conditions")
    page.locator("#privacy").fill("https://letensiometre.example/confidentialite")
    page.locator("#site").fill("https://letensiometre.example")
    page.locator("#th-measures").check()
    page.locator("#purposes ~ details").first.evaluate("e => { e.open = true }")
    page.locator("#f0-titre, #f1-titre").first.fill("Pour tenir votre carnet de mesures")
    number = page.locator("#f0-titre, #f1-titre").first.get_attribute("id")[:2]
    for category in ("measures.BLOOD_PRESSURE", "measures.HEART_RATE"):
        for verb in ("lire", "ecrire"):
            page.locator(f'[name="{number}-{category}-{verb}"]').check()
    page.locator(f'[name="{number}-identity-lire"]').check()
    publisher.press_button("Enregistrer la fiche et les réponses")
    publisher.reads("sont enregistrées")
    # What it exchanges says which criteria concern it: there are more than before.
    for fieldset in page.locator("#criteres ~ fieldset").all():
        fieldset.get_by_label("Oui").check()
        fieldset.locator("input[name$='-preuve']").fill("Pièce fictive jointe")
    publisher.press_button("Enregistrer la fiche et les réponses")
    publisher.reads("sont enregistrées")
    _act(publisher, "submit")
    page.locator(".badge", has_text="Déposé").first.wait_for()
    fine(publisher)
    return page.url.partition("?")[0].rpartition("/")[2].partition("#")[0]


def _act(screen: PersonScreen, act: str, said: str = "") -> None:
    form = screen.page.locator(f'form:has(input[name="acte"][value="{act}"])')
    form.locator("details").evaluate_all("all => all.forEach(e => { e.open = true })")
    if said:
        form.locator("textarea").fill(said)
    screen.click(form.locator("button"))


@pytest.fixture
def diary(door: str, tmp_path: Path) -> Iterator[Any]:
    """The sample service as `make diary` starts it, for a client that was registered."""
    started: list[subprocess.Popen[bytes]] = []

    def start(client_id: str, port: int) -> str:
        told = tmp_path / "diary.json"
        told.write_text(
            json.dumps({"client_id": client_id, "fhir": f"{door}/services/fhir", "redirect": f"http://127.0.0.1:{port}/retour"})
        )
        process = subprocess.Popen([sys.executable, str(DIARY), str(told)], stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout is not None
        assert b"Carnet de tension" in process.stdout.readline()
        return f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_service_from_its_file_to_its_withdrawal(
    windows: Any, espace: str, oauth: str, door: str, operator: str, diary: Any
) -> None:
    publisher = windows(oauth)
    number = _apply(publisher)

    with as_role("carnet_operator"):
        token = signin.operator_link("agent", now())
    agent = windows(operator)
    agent.open(f"/entrer/{token}")
    agent.open("/services")
    fine(agent, "exploitant-services")
    agent.follow(NAME)
    fine(agent, "exploitant-service")
    _act(agent, "take")
    _act(agent, "ask", "Qui a accès aux données chez votre hébergeur ?")
    publisher.open(f"/editeur/{number}")
    publisher.reads("Qui a accès aux données")
    _act(publisher, "answer", "Deux personnes d’astreinte.")
    agent.open(f"/services/{number}")
    agent.reads("Deux personnes d’astreinte.")
    _act(agent, "accept")
    publisher.open(f"/editeur/{number}")
    _act(publisher, "sign")
    agent.open(f"/services/{number}")
    _act(agent, "publish")
    publisher.open(f"/editeur/{number}")
    publisher.press_button("Obtenir un jeton d’enregistrement")
    publisher.reads("montré une seule fois")
    fine(publisher)

    port = free_port()
    client = register(oauth, _service(number), redirect_uris=[f"http://127.0.0.1:{port}/retour"]).json()
    who, _, _ = newcomer(espace)
    person = windows(espace)
    person.context.add_cookies([{"name": "carnet-espace", "value": str(who.http.cookies["carnet-espace"]), "url": espace}])
    page = person.page
    page.goto(diary(client["client_id"], port))
    person.follow("Relier mon carnet")
    person.reads(f"Ce que vous ouvrez à {NAME}")
    assert page.locator('input[name="ligne"]:checked').count() == 0
    for label in ("Lire : Tension artérielle", "Écrire : Tension artérielle", "Écrire : Pouls"):
        page.get_by_label(label).check()
    fine(person, "services-accord")
    person.press_button("Accepter ce qui est coché")
    page.get_by_label("Tension, premier chiffre").fill("128")
    page.get_by_label("Tension, second chiffre").fill("82")
    page.get_by_label("Pouls").fill("64")
    person.press_button("Noter")
    person.reads("Noté dans votre carnet.")
    person.reads("128 / 82")

    person.open("/profil/measures")
    person.reads("128")
    person.reads(f"Noté par le service {NAME}")
    person.open("/services")
    fine(person, "services")
    person.follow("Changer l’accord de")
    page.get_by_label("Écrire : Tension artérielle").uncheck()
    page.get_by_label("Écrire : Pouls").uncheck()
    person.press_button("Enregistrer ce qui est coché")
    page.goto(f"http://127.0.0.1:{port}/")
    person.reads("128 / 82")
    page.get_by_label("Tension, premier chiffre").fill("130")
    page.get_by_label("Tension, second chiffre").fill("84")
    person.press_button("Noter")
    person.reads("La tension : non gardé. Vous n’avez pas accordé de l’écrire.")

    person.open("/services")
    person.press_button("Retirer l’accès")
    person.reads("Aucun service n’est connecté à votre carnet.")
    fine(person)
    page.goto(f"http://127.0.0.1:{port}/")
    person.reads("L’accord est retiré ou terminé")
    person.open("/acces/journal")
    person.reads(re.compile(NAME))
    fine(person)


def _service(number: str) -> Any:
    with as_role("carnet_operator"):
        return next(s.id for s in catalogue.queue() if str(s.id) == number)
