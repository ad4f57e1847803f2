"""Every page of Mon espace in both schemes and at five widths: axe-core at zero, no sideways scroll, big letters, the keyboard."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from browser.test_accessibility import faults
from support.mails import mail, receive
from support.people import now
from support.person_screen import PersonScreen
from support.roles import as_role

from carnet.desk.demonstration import services as demo
from carnet.desk.demonstration.people import CARER, MEASURED, PEOPLE, TEENAGER

PAGES = ("/", "/documents", "/documents?q=metformine", "DOCUMENT", "/documents/ajouter", "/profil", "/profil/treatments", "/profil/measures",
         "/profil/contacts", "/profil/measures/ajouter", "/profil/contacts/ajouter", "ENTRY", "/directives", "/acces", "/acces?comme=metier:60",
         "/acces?comme=urgence", "/acces/masquer", "/acces/urgence", "/acces/professionnels", "/acces/professionnels/chercher?q=bastion",
         "/acces/journal", "LINE", "/acces/avis", "/demandes", "CORRECT", "/proches", "/proches/inviter/aidant", "/fiche", "/presence",
         "/messages", "/messages?q=rien", "THREAD", "/messages/nouveau/ecrire", "/messages/nouveau/renouvellement", "/messages/nouveau/rendez-vous",
         "/services", "SERVICE", "AGREEMENT", "CONSENT", "COMPLAINT", "/compte", "/compte/cle", "/compte/copie", "/compte/fermer", "/compte/acces",
         "/compte/acces/application", "/profil/resultats", "RESULT", "/agenda/preparer", "/proches/enfant", "/documents?annee=2026", "DELETE")  # fmt: skip
PUBLIC = (
    "/catalogue",
    "/connexion",
    "/activer",
    "/activer?perdu=1",
    "/facile",
    "/aide",
    "/accessibilite",
    "/fiche/lire",
    "/carte/urgence",
)


@pytest.fixture(scope="module")
def somebody(chromium: Any, space_process: str) -> Iterator[PersonScreen]:
    screen = PersonScreen(chromium, space_process).enter(MEASURED)
    yield screen
    screen.close()


def _connect() -> dict[str, str]:
    """Connect the sample service, as the demonstration does. Returns its pages."""
    with as_role("postgres"):
        service = demo.reference("1", demo.DIARY | {"name": "Tension du soir"}, "online", now())
        assistant = demo.reference("4", demo.ASSISTANT | {"name": "Assistant du soir"}, "online", now())
    with as_role("carnet_oauth"):
        client = demo.register_samples({demo.DIARY["name"]: service, demo.ASSISTANT["name"]: assistant}, now())
        tickets = [demo.ask_for_diary(client, now()) for _ in range(2)]
    with as_role("carnet_espace"):
        demo.agree_to_diary(tickets[0], now())
    page = f"/services/{service}"
    return {
        "SERVICE": page, "AGREEMENT": f"{page}/accord", "COMPLAINT": f"{page}/signaler",
        "CONSENT": f"/services/accord?demande={tickets[1]}",
    }  # fmt: skip


@pytest.fixture(scope="module")
def places(somebody: PersonScreen) -> dict[str, str]:
    """Addresses of one of each kind of page."""

    def first(path: str, pattern: str) -> str:
        found = re.search(pattern, somebody.open(path).page.content())
        assert found, (path, pattern)
        return found.group(1)

    receive(PEOPLE[MEASURED], mail(PEOPLE[MEASURED], "Bonjour.", "Un mot"))
    document, line = first("/documents", r"/documents/([0-9a-f-]{36})"), first("/acces/journal", r"/acces/journal/([0-9a-f-]{36})")
    return {
        "DOCUMENT": f"/documents/{document}", "DELETE": f"/documents/{document}/supprimer", "LINE": f"/acces/journal/{line}",
        "THREAD": f"/messages/{first('/messages', r'/messages/([0-9a-f-]{36})')}",
        "RESULT": f"/profil/resultats/{first('/profil/resultats', r'/profil/resultats/([0-9a-f]{16})')}",
        "CORRECT": f"/demandes/corriger/document/{document}", "ENTRY": f"/profil/entree/{first('/profil/measures', r'/profil/entree/([0-9a-f-]{36})')}",
    } | _connect()  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page(somebody: PersonScreen, places: dict[str, str], name: str) -> None:
    assert faults(somebody, somebody.base + places.get(name, name)) == []


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_for_everybody(chromium: Any, space_process: str, name: str) -> None:
    screen = PersonScreen(chromium, space_process)
    assert faults(screen, space_process + name) == []
    screen.close()


@pytest.mark.parametrize(("number", "path"), [(CARER, "/proches"), (TEENAGER, "/documents"), (TEENAGER, "/profil/problems")])
def test_pages_of_a_carer_and_of_a_teenager(chromium: Any, space_process: str, number: int, path: str) -> None:
    screen = PersonScreen(chromium, space_process).enter(number)
    assert faults(screen, space_process + path) == []
    screen.close()


SMALL = """() => {
  const inline = (n) => n.closest("p, dd, dt, li, td, th, label, legend, figcaption, .meta, .hint") && !n.matches(".button, button, summary, input, select, textarea");
  const hidden = (n) => !n.checkVisibility() || n.closest(".vh, .skip, [hidden]") || (n.matches("input[type=checkbox], input[type=radio]") && n.labels.length);
  return [...document.querySelectorAll("a, button, summary, select, textarea, input:not([type=hidden]), label:has(+ input), .choice")]
    .filter((n) => !hidden(n) && !inline(n)).map((n) => [n, n.getBoundingClientRect()])
    .filter(([n, r]) => r.width && Math.round(r.height) < 44).map(([n, r]) => `${Math.round(r.height)} px: ${n.outerHTML.slice(0, 90)}`)
}"""
"""What is smaller than a finger: links inside a text excepted."""
TOP = "() => Math.round(document.querySelector('main h1').getBoundingClientRect().top + scrollY)"


@pytest.fixture
def phone(somebody: PersonScreen) -> Iterator[PersonScreen]:
    somebody.page.set_viewport_size({"width": 360, "height": 740})
    yield somebody
    somebody.page.set_viewport_size({"width": 1280, "height": 900})
    somebody.errors.clear()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_on_a_telephone(phone: PersonScreen, places: dict[str, str], name: str) -> None:
    page = phone.open(places.get(name, name)).page
    phone.stay()
    assert phone.overflow() <= 0
    assert page.evaluate(TOP) < 250
    if name in ("/", "/acces/journal"):
        phone.picture("telephone" + name.replace("/", "-").rstrip("-"))
    assert not (small := page.evaluate(SMALL)), "\n".join(small)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert phone.overflow() <= 0, "at 200 %"
    assert page.evaluate(TOP) < 800, "at 200 %"


def test_the_keyboard_reaches_everything_from_the_skip_link_on(somebody: PersonScreen) -> None:
    page = somebody.open("/").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("skip")
    page.keyboard.press("Enter")
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim()"))
    assert any("Tous mes documents" in text for text in seen)
    assert any("Voir qui peut voir quoi" in text for text in seen)


def test_an_error_summary_takes_the_focus_and_keeps_what_was_typed(somebody: PersonScreen) -> None:
    page = somebody.open("/profil/measures/ajouter").page
    page.get_by_label("Ce que je mesure").select_option("29463-7")
    page.get_by_label("Valeur").fill("9000")
    somebody.press_button("Enregistrer")
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.get_by_label("Valeur").input_value() == "9000"
    somebody.errors.clear()


def test_pages_work_without_script(chromium: Any, space_process: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{space_process}/activer")
    assert page.get_by_role("button", name="Continuer").is_visible()
    page.goto(f"{space_process}/fiche/lire")
    assert page.locator("noscript p").is_visible()
    context.close()


def test_print_has_no_menu(somebody: PersonScreen) -> None:
    page = somebody.open("/fiche").page
    page.emulate_media(media="print")
    assert not page.locator("form.no-print").first.is_visible()
    assert page.locator(".sheet-card").is_visible()
    page.emulate_media(media="screen")
