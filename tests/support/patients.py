"""The tasks of patients on a telephone, each from their first page to what they came for. The browser tests and `bench/journeys.py`
play the same ones. Filling a field and choosing in it is one action, as a press is."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from carnet.desk.demonstration.people import MEASURED, MOTHER
from support.person_screen import PersonScreen

LOUISE = 2
"""Of the demonstration: forty results of one examination, by the years."""


@dataclass(frozen=True)
class Task:
    """Who does what. `most` is the number of actions after the sign-in that is allowed."""

    name: str
    who: int
    play: Callable[[PersonScreen], None]
    most: int


def who_looked(person: PersonScreen) -> None:
    """Sees who else than oneself looked, and when."""
    person.click(person.page.locator("nav.five a", has_text="Qui voit"))
    person.wait("/acces")
    person.click(person.page.locator("details.one-menu summary"))
    person.click(person.page.get_by_role("link", name="Journal", exact=True).first)
    person.wait("/acces/journal$")
    person.click(person.page.get_by_role("link", name="Les autres que moi"))
    person.wait("sorte=autres")


def no_longer_taken(person: PersonScreen) -> None:
    """Says that a medicine is no longer taken, since when."""
    person.click(person.page.locator("nav.five a", has_text="dossier"))
    person.wait("/profil$")
    person.click(person.page.locator("main a[href='/profil/treatments']").first)
    person.wait("/profil/treatments")
    first = person.page.locator("li.med", has_text="Dire ce que je prends").first
    person.click(first.get_by_text("Dire ce que je prends"))
    person.actions += 1
    first.get_by_label("Je ne le prends plus").check()
    person.actions += 1
    first.get_by_label("Comment, depuis quand ?").fill("depuis lundi")
    person.click(first.get_by_role("button", name="Enregistrer"))
    person.reads("Vos professionnels le voient")


def over_the_years(person: PersonScreen) -> None:
    """Sees one examination over the years, across laboratories."""
    person.click(person.page.locator("nav.five a", has_text="dossier"))
    person.wait("/profil$")
    person.click(person.page.get_by_role("link", name="Mes résultats").first)
    person.wait("/profil/resultats$")
    person.click(person.page.get_by_role("link", name="Hémoglobine glyquée").first)
    person.page.locator("svg.curve").wait_for()


def two_sheets(person: PersonScreen) -> None:
    """Photographs a letter of two sheets into the record."""
    sheets: list[Any] = []
    for colour in ("white", "beige"):
        out = io.BytesIO()
        Image.new("RGB", (600, 840), colour).save(out, "JPEG")
        sheets.append({"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    person.click(person.page.locator("nav.five a", has_text="dossier"))
    person.wait("/profil$")
    person.click(person.page.get_by_role("link", name="Mes documents").first)
    person.wait("/documents$")
    person.click(person.page.get_by_role("link", name="Ajouter un document").first)
    person.wait("/documents/ajouter")
    person.actions += 1
    person.page.locator("#fichier").set_input_files(sheets)
    person.actions += 1
    person.page.locator("#cAUTR_DOC").check()
    person.actions += 1
    person.page.locator("#titre").fill("Courrier de la mutuelle")
    person.click(person.page.get_by_role("button", name="Ajouter", exact=True))
    person.reads("Le document est dans le carnet")


def of_the_family(person: PersonScreen) -> None:
    """A mother sees what waits for each of her children, and opens one record."""
    person.click(person.page.locator("details.account summary"))
    person.click(person.page.get_by_role("link", name="Mes proches").first)
    person.wait("/proches$")
    person.click(person.page.locator("form[action='/proches/agir'] button").first)
    person.reads("Vous êtes dans le carnet")


TASKS = (
    Task("who looked at my record, others than me", MEASURED, who_looked, 4),
    Task("I no longer take this medicine", MEASURED, no_longer_taken, 6),
    Task("one examination over the years", LOUISE, over_the_years, 3),
    Task("a letter of two sheets, photographed", MEASURED, two_sheets, 7),
    Task("a mother: what waits for each child, one record opened", MOTHER, of_the_family, 3),
)
