"""Every page in both schemes and at four widths: axe-core at zero, no sideways scroll; the keyboard; what takes the focus."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pypdf import PdfReader
from support.people import ask, deposit, patient
from support.screen import COLOURS, RULES, Screen

from carnet.apps.records import api as records
from carnet.desk.demonstration.people import PEOPLE
from carnet.kernel.ask import Act

PERSON = PEOPLE[2]
RECORD_PAGES = ("", "/feuille", "/documents", "/documents?q=metformine", "/parcours", "/resultats", "/vaccinations", "/volontes", "/droits", "/acces",
                "DOCUMENT", "PDF", "COMPARE", "ACT", "ENTRY", "DEPOSIT", "EMERGENCY")  # fmt: skip
PAGES = (
    "/patients",
    "/patients/vitale",
    "/patients/datamatrix",
    "/equipe",
    "/compte",
    "/guide/ville",
    "/accessibilite",
    "/nulle-part",
)
SIZES = ((1280, "light"), (1280, "dark"), (640, "light"), (360, "dark"), (320, "light"))


@pytest.fixture(scope="module")
def doctor(chromium: Any, process: str) -> Iterator[Screen]:
    screen = Screen(chromium, process).sign_in("treating")
    yield screen
    screen.close()


@pytest.fixture(scope="module")
def places(doctor: Screen) -> dict[str, str]:
    """Addresses of a long record, and of one of each kind of page in it."""
    page = doctor.page
    page.goto(f"{doctor.base}/patients")
    doctor.scan(PERSON.ins.matricule)
    doctor.wait("/dossier/")
    base = page.url.split("?")[0]
    handle = base.split("/")[-1]
    with records.visiting(ask("treating", Act.SEARCH, PERSON)) as visit:
        found = records.documents(visit, records.Query(sort="date", count=200)).items
    cda = [d for d in found if d.facts.type_code == "11502-2"]
    pdf = deposit(PERSON, "treating", content=b"", title="Pour voir") if not found else found[0].logical_id
    entry = re.search(r"/profil/([0-9a-f-]{36})", page.content())
    assert entry
    return {
        "DOCUMENT": f"{base}/documents/{cda[0].logical_id}", "PDF": f"{base}/documents/{pdf}",
        "COMPARE": f"{base}/comparer?a={cda[1].logical_id}&b={cda[0].logical_id}",
        "ACT": f"{base}/documents/{next(d for d in found if d.facts.depositor.endswith('1011')).logical_id}/confirmer/masquer",
        "ENTRY": f"{base}/profil/{entry.group(1)}", "DEPOSIT": f"{doctor.base}/deposer/{handle}",
        "EMERGENCY": f"{doctor.base}/porte/{handle}/urgence/bris-de-glace", "base": base,
    }  # fmt: skip


def faults(screen: Screen, address: str) -> list[str]:
    """What is wrong with a page, at every size."""
    found = []
    screen.page.goto(address)
    screen.stay()
    seen: set[int] = set()
    for width, scheme in SIZES:
        screen.page.set_viewport_size({"width": width, "height": 900})
        screen.page.emulate_media(color_scheme=scheme)
        found += [f"{width} {scheme}: {fault}" for fault in screen.check(COLOURS if width in seen else RULES)]
        seen.add(width)
        if screen.overflow() > 0:
            found.append(f"{width} {scheme}: {screen.overflow()} px sideways")
        screen.errors.clear()
    screen.page.set_viewport_size({"width": 1280, "height": 900})
    screen.page.emulate_media(color_scheme="light")
    return found


@pytest.mark.parametrize("name", RECORD_PAGES)
def test_a_page_of_a_record(doctor: Screen, places: dict[str, str], name: str) -> None:
    assert faults(doctor, places.get(name, places["base"] + name)) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_outside_a_record(doctor: Screen, name: str) -> None:
    if name == "/nulle-part":
        doctor.page.goto(doctor.base + name)
        assert doctor.page.title().startswith("Cette page n’existe pas")
        doctor.errors.clear()
        return
    assert faults(doctor, doctor.base + name) == []


@pytest.mark.parametrize("name", ["/connexion", "/connexion/telephone"])
def test_pages_of_the_sign_in(chromium: Any, process: str, name: str) -> None:
    screen = Screen(chromium, process)
    assert faults(screen, process + name) == []
    screen.close()


def test_the_gate_and_its_messages(chromium: Any, process: str, doctor: Screen) -> None:
    closed, _ = patient()
    page = doctor.page
    page.goto(f"{doctor.base}/patients")
    doctor.scan(closed.ins.matricule)
    doctor.wait("/porte/")
    doctor.picture("porte")
    assert faults(doctor, page.url) == []


def test_text_at_200_percent_stays_in_the_window(doctor: Screen, places: dict[str, str]) -> None:
    for address in (places["base"], places["DOCUMENT"], f"{doctor.base}/patients", places["DEPOSIT"]):
        doctor.page.goto(address)
        doctor.page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert doctor.overflow() <= 0, address
    doctor.errors.clear()


def test_the_shortcuts_open_a_dialog_that_keeps_and_gives_back_the_focus(doctor: Screen, places: dict[str, str]) -> None:
    page = doctor.page
    page.goto(places["base"])
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    page.keyboard.press("2")
    page.wait_for_url("**/documents")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") != first
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == first
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/documents/[0-9a-f-]{36}"))
    page.keyboard.press("u")
    page.wait_for_url("**/documents")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    doctor.write("1")
    assert page.url.endswith("/documents"), "single keys only outside fields"


def test_single_keys_can_be_turned_off(doctor: Screen, places: dict[str, str]) -> None:
    page = doctor.page
    page.goto(f"{doctor.base}/compte")
    page.get_by_role("switch").uncheck()
    page.locator("form[action='/compte/raccourcis'] button").click()
    page.goto(places["base"])
    page.keyboard.press("2")
    page.wait_for_timeout(300)
    assert not page.url.endswith("/documents")
    page.goto(f"{doctor.base}/compte")
    page.get_by_role("switch").check()
    page.locator("form[action='/compte/raccourcis'] button").click()


def test_an_error_summary_takes_the_focus_and_leads_to_its_field(doctor: Screen) -> None:
    page = doctor.page
    page.goto(f"{doctor.base}/patients")
    doctor.write("231011399900186")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    page.get_by_role("alert").get_by_role("link").click()
    assert page.evaluate("document.activeElement.id") == "ins" or page.url.endswith("#ins")
    assert page.locator("#ins").input_value() == "231011399900186", "what was typed stays"
    doctor.errors.clear()


def test_an_answer_that_comes_takes_the_focus(doctor: Screen, places: dict[str, str]) -> None:
    page = doctor.page
    page.goto(places["base"])
    page.keyboard.press("/")
    doctor.write("potassium")
    page.keyboard.press("Enter")
    page.locator("#reponses mark").first.wait_for()
    assert page.evaluate("document.activeElement.id") == "t-q"
    doctor.picture("recherche")
    assert doctor.check() == []


def test_a_page_works_without_script(chromium: Any, process: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{process}/connexion/telephone")
    assert page.get_by_role("button", name="Envoyer la demande").is_visible()
    page.goto(f"{process}/guide/ville")
    assert page.get_by_role("heading", name="Les cinq conditions").is_visible()
    context.close()


def test_print_has_no_menu_and_names_who_printed(doctor: Screen, places: dict[str, str]) -> None:
    page = doctor.page
    page.goto(places["base"])
    page.emulate_media(media="print")
    assert not page.locator("nav.tabs").is_visible()
    assert page.get_by_text("Imprimé par Alix BASTION").is_visible()
    page.emulate_media(media="screen")
    doctor.picture("essentiel")


TOP = "() => { const first = document.querySelector('main h1, main h2, main h3'); return first ? Math.round(first.getBoundingClientRect().top + scrollY) : -1; }"
"""Where the first thing of the page stands."""


@pytest.mark.parametrize("name", [*RECORD_PAGES, *PAGES])
def test_a_page_on_a_telephone(doctor: Screen, places: dict[str, str], name: str) -> None:
    page = doctor.page
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(places.get(name, doctor.base + name if name in PAGES else places["base"] + name))
    told = {"sideways": doctor.overflow(), "top": page.evaluate(TOP)}
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    told |= {"sideways at 200 %": doctor.overflow(), "top at 200 %": page.evaluate(TOP)}
    page.set_viewport_size({"width": 1280, "height": 900})
    doctor.errors.clear()
    assert told["sideways"] <= 0 and told["sideways at 200 %"] <= 0, told
    assert told["top"] < 250 and told["top at 200 %"] < 800, told


def test_the_sheet_for_a_colleague_is_one_sheet(doctor: Screen, places: dict[str, str]) -> None:
    page = doctor.page
    page.goto(places["base"] + "/feuille")
    pages = PdfReader(io.BytesIO(page.pdf(format="A4"))).pages
    assert len(pages) == 1, "a record of three hundred documents"
    told = pages[0].extract_text()
    assert all(part in told for part in ("Amoxicilline", "Apixaban", "Hémoglobine glyquée", "autres lignes dans le dossier"))
