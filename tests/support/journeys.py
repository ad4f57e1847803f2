"""The journeys of the professionals, each from the sign-in to what they came for. The browser tests and `bench/journeys.py`
play the same ones."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from carnet.desk.demonstration.people import PEOPLE
from support.screen import Screen

OPEN, DIABETIC = PEOPLE[0], PEOPLE[1]


@dataclass(frozen=True)
class Journey:
    """Who, in which situation, and what they do. `most` is the number of actions after the sign-in that is allowed."""

    name: str
    who: str
    play: Callable[[Screen], None]
    most: int
    place: int = 0


def pharmacist(screen: Screen) -> None:
    """A community pharmacist scans the matricule and opens the last prescription: three actions."""
    screen.scan(DIABETIC.ins.matricule)
    screen.wait("/dossier/")
    screen.page.get_by_role("heading", name="Traitements en cours").wait_for()
    screen.press("2")
    screen.wait("/documents$")
    link = screen.page.get_by_role("link", name="Ordonnance", exact=False).first
    screen.click(link)
    screen.wait("/documents/")
    screen.page.locator(".cda, .viewer, .plain").first.wait_for()


def emergency(screen: Screen) -> None:
    """An emergency doctor breaks the glass for an unconscious patient and reads what is dangerous."""
    screen.scan(OPEN.ins.matricule)
    screen.wait("/porte/")
    screen.click(screen.page.get_by_role("link", name="Bris de glace"))
    screen.wait("/urgence/bris-de-glace")
    screen.page.get_by_label("Vos raisons").fill("Patiente inconsciente, hémorragie active.")
    screen.click(screen.page.get_by_role("button", name="Ouvrir en urgence"))
    screen.wait("/dossier/")
    screen.page.get_by_text("Accès d’urgence : bris de glace").wait_for()
    screen.page.get_by_role("heading", name="Allergies et alertes").wait_for()


def care_home_nurse(screen: Screen) -> None:
    """A nurse in a care home sees what is new among residents, opens one, and leaves a note."""
    screen.click(screen.page.get_by_role("link", name="Mon équipe", exact=True))
    screen.wait("/equipe")
    screen.click(screen.page.get_by_role("link", name="Du nouveau"))
    screen.wait("voir=nouveau")
    screen.click(screen.page.locator("tbody th a").first)
    screen.wait("/dossier/")
    screen.press("d")
    screen.wait("/deposer/")
    screen.page.get_by_label("Titre").fill("Surveillance du soir")
    screen.page.get_by_label("Texte").fill("Nuit calme. Douleur à 2 sur 10 au lever, antalgique donné.")
    screen.press("Control+Enter")
    screen.wait("/dossier/")
    screen.page.get_by_text("Le dossier est à jour").wait_for()


def treating(screen: Screen) -> None:
    """A treating doctor looks for a word in a long record, opens the answer, compares two results, masks at request."""
    screen.scan(PEOPLE[2].ins.matricule)
    screen.wait("/dossier/")
    screen.press("/")
    screen.write("metformine")
    screen.press("Enter")
    screen.page.locator("#reponses mark").first.wait_for()
    screen.press("4")
    screen.wait("/resultats")
    screen.click(screen.page.get_by_role("link", name="Comparer les deux derniers bilans"))
    screen.wait("/comparer")
    screen.page.get_by_role("heading", name="Deux documents côte à côte").wait_for()


def regulator(screen: Screen) -> None:
    """A regulation doctor finds a caller by identity traits and opens in regulation."""
    screen.click(screen.page.get_by_role("link", name="Chercher par les traits"))
    screen.wait("/traits")
    page, traits = screen.page, OPEN.traits
    page.get_by_label("Nom de naissance").fill(traits.birth_name)
    page.get_by_label("Prénom").fill(traits.given_names)
    page.get_by_label("Date de naissance").fill(traits.birth_date)
    screen.press("Control+Enter")
    screen.click(page.get_by_role("link", name="Ouvrir en régulation").first)
    screen.wait("/urgence/regulation")
    page.get_by_label("Vos raisons").fill("Appel au 15, détresse respiratoire, ne peut pas parler.")
    screen.click(page.get_by_role("button", name="Ouvrir en urgence"))
    screen.wait("/dossier/")
    page.get_by_text("Accès d’urgence : régulation médicale").wait_for()


def student(screen: Screen) -> None:
    """A student with a CPF collects the consent for one consultation and reads the record."""
    screen.scan(PEOPLE[7].ins.matricule)
    screen.wait("/porte/")
    screen.click(screen.page.get_by_label("Je le vois pour cette consultation seulement"))
    screen.click(screen.page.get_by_label("Le patient est informé et il est d’accord"))
    screen.press("Control+Enter")
    screen.wait("/dossier/")
    screen.page.get_by_text("L'accord est enregistré").wait_for()


def secretary(screen: Screen) -> None:
    """A hospital secretary prepares an entry: the structure's consent, then a scanned letter; she reads nothing."""
    screen.scan(PEOPLE[8].ins.matricule)
    screen.wait("/porte/")
    page = screen.page
    screen.click(page.get_by_label("Le patient est informé et il est d’accord"))
    screen.press("Control+Enter")
    screen.wait("/deposer/")
    page.get_by_text("L'accord est enregistré").wait_for()
    page.get_by_label("Un ou plusieurs fichiers").set_input_files(
        [{"name": "lettre_d_adressage.txt", "mimeType": "text/plain", "buffer": "Lettre d'adressage\nReçue ce jour.".encode()}]
    )
    page.get_by_label("Titre proposé").wait_for()
    screen.press("Control+Enter")
    screen.wait("/porte/")
    page.get_by_text("Le dossier est à jour").wait_for()


JOURNEYS = (
    Journey("pharmacien", "pharmacist", pharmacist, 3),
    Journey("urgentiste", "emergency", emergency, 3),
    Journey("infirmier-ehpad", "care_home_nurse", care_home_nurse, 5),
    Journey("medecin-traitant", "treating", treating, 5),
    Journey("regulateur", "regulator", regulator, 4),
    Journey("etudiant", "student", student, 4),
)
SECRETARY = Journey("secretaire", "cpe-hospital", secretary, 5)


def signed_in(journey: Journey, screen: Screen, card_portal: str = "") -> Screen:
    """Sign in for a journey: with Pro Santé Connect, or with the card of an employee."""
    if not card_portal:
        return screen.sign_in(journey.who, journey.place)
    page: Any = screen.page
    page.goto(f"{screen.base}/connexion/par-carte?suite=/patients")
    page.wait_for_url("**/connexion/carte**")
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url(re.compile("/(mentions|patients)"))
    if "/mentions" in page.url:
        page.get_by_role("button", name="J’ai lu").click()
        page.wait_for_url("**/patients")
    screen.actions, screen.started = 0, monotonic()
    return screen
