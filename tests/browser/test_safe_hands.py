"""Nothing typed is lost, nothing is sent twice, nothing is done to the wrong patient: in a real browser, in both portals."""

import io
import re
import zlib
from typing import Any

import psycopg
import pytest
from django.conf import settings
from PIL import Image
from support.journeys import OPEN
from support.people import ask, entry, fresh_uid, now, submission
from support.person_screen import PersonScreen
from support.screen import Screen

from carnet.apps.records import api as records
from carnet.desk.demonstration.people import MEASURED, MOTHER
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.formats.xds import Coding
from carnet.kernel.ask import Act

NOTE = "Toux sous périndopril, arrêté ce jour."


def end_sessions(table: str) -> None:
    """Every session of a portal is over, as the idle time or an operator ends it."""
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres")) as connection:
        connection.execute(f"UPDATE {table} SET ended_at = now()")


def drafts(screen: Any) -> dict[str, str]:
    return dict(
        screen.page.evaluate("Object.fromEntries(Object.entries(localStorage).filter(([k]) => k.startsWith('carnet-draft')))")
    )


def kept(screen: Any) -> dict[str, str]:
    """The drafts, once what was typed is among them."""
    for _ in range(100):
        if found := drafts(screen):
            return found
        screen.page.wait_for_timeout(50)
    raise AssertionError("no draft was kept")


@pytest.fixture
def desk(chromium: Any, process: str) -> Any:
    screen = Screen(chromium, process).sign_in("treating")
    yield screen
    screen.close()


def form_of_note(desk: Screen) -> None:
    desk.scan(OPEN.ins.matricule)
    desk.wait("/dossier/")
    desk.press("d")
    desk.wait("/deposer/")
    desk.page.get_by_label("Texte").fill(NOTE)


def sign_in_beside(screen: Any, sign: Any) -> None:
    """Sign in, in the window that the page opens beside itself."""
    with screen.context.expect_page() as opened:
        screen.page.locator("#session-finie [data-sign-in]").click()
    beside = opened.value
    sign(beside)
    screen.page.bring_to_front()


def with_psc(key: str) -> Any:
    def sign(page: Any) -> None:
        page.get_by_role("link", name="S’identifier avec Pro Santé Connect").click()
        page.locator(f'button[value="{PROFESSIONALS[key].id}"]').click()
        page.locator("#s0").check()
        page.get_by_role("button", name="Continuer").click()
        read = page.get_by_role("button", name="J’ai lu")
        read.or_(page.get_by_text("Vous êtes de nouveau connecté")).first.wait_for()
        if read.is_visible():
            read.click()

    return sign


def test_a_session_that_ends_while_a_note_is_written_loses_nothing(desk: Screen) -> None:
    form_of_note(desk)
    assert f"{OPEN.traits.birth_name} {OPEN.traits.given_names}, " in desk.page.title()
    assert desk.page.locator(".band .watch").is_visible(), "dangers stand on the form"
    desk.picture("depot")
    end_sessions("signin_session")
    desk.errors.clear()
    desk.press("Control+Enter")
    desk.page.locator("#session-finie").wait_for(state="visible")
    assert desk.page.get_by_label("Texte").input_value() == NOTE
    desk.errors.clear()
    assert desk.check() == []
    desk.picture("session-terminee")
    sign_in_beside(desk, with_psc("treating"))
    desk.page.locator("#session-reprise").wait_for(state="visible")
    desk.press("Control+Enter")
    desk.wait("/dossier/")
    desk.page.get_by_text("Le dossier est à jour").wait_for()
    assert OPEN.traits.birth_name in desk.page.locator(".toast").inner_text()
    assert drafts(desk) == {}, "what is saved is forgotten here"
    desk.page.reload()
    assert desk.page.locator(".toast").count() == 0, "said once"


def test_somebody_else_who_signs_in_sees_neither_the_page_nor_the_draft(desk: Screen) -> None:
    form_of_note(desk)
    kept(desk)
    assert all(NOTE not in text for text in drafts(desk).values()), "encrypted"
    end_sessions("signin_session")
    desk.press("Control+Enter")
    desk.page.locator("#session-finie").wait_for(state="visible")
    sign_in_beside(desk, with_psc("cardiologist"))
    desk.wait("/(mentions|patients)")
    assert NOTE not in desk.page.content()
    if "/mentions" in desk.page.url:
        desk.page.get_by_role("button", name="J’ai lu").click()
        desk.wait("/patients$")
    desk.scan(OPEN.ins.matricule)
    desk.wait("/(dossier|porte)/")
    handle = desk.page.url.split("/")[4]
    desk.page.goto(f"{desk.base}/deposer/{handle}?vu=1")
    assert desk.page.get_by_label("Texte").input_value() == ""


def test_a_draft_is_found_again_by_who_wrote_it(desk: Screen) -> None:
    form_of_note(desk)
    kept(desk)
    desk.page.goto(f"{desk.base}/patients")
    desk.scan(OPEN.ins.matricule)
    desk.wait("/dossier/")
    desk.press("d")
    desk.wait("/deposer/")
    desk.page.get_by_text("Ce que vous aviez saisi est retrouvé").wait_for()
    assert desk.page.get_by_label("Texte").input_value() == NOTE
    desk.page.get_by_role("button", name="Effacer et recommencer").click()
    assert desk.page.get_by_label("Texte").input_value() == ""
    assert drafts(desk) == {}


def test_a_cut_line_says_so_and_keeps_the_text(desk: Screen) -> None:
    form_of_note(desk)
    desk.context.set_offline(True)
    desk.press("Control+Enter")
    desk.page.locator("#ligne-coupee").wait_for(state="visible")
    assert desk.page.get_by_label("Texte").input_value() == NOTE
    desk.context.set_offline(False)
    desk.press("Control+Enter")
    desk.wait("/dossier/")
    desk.page.get_by_text("Le dossier est à jour").wait_for()


def test_a_double_click_makes_one_document(desk: Screen) -> None:
    form_of_note(desk)
    title = "Note envoyée deux fois"
    desk.page.get_by_label("Titre").fill(title)
    desk.page.evaluate("document.querySelectorAll('#depot .primary').forEach(b => { b.click(); b.click(); b.click(); })")
    desk.wait("/dossier/")
    desk.press("2")
    desk.wait("/documents$")
    assert desk.page.get_by_text(title, exact=True).count() == 1


@pytest.fixture
def person(chromium: Any, space_process: str) -> Any:
    screen = PersonScreen(chromium, space_process)
    yield screen
    screen.close()


def test_an_entry_of_one_s_own_survives_a_session_that_ends(person: PersonScreen) -> None:
    person.enter(MEASURED).open("/profil/allergies/ajouter")
    label = person.page.locator("#libelle")
    label.fill("Pollen de bouleau")
    end_sessions("signin_person_session")
    person.errors.clear()
    person.page.locator("main form .primary").first.click()
    person.page.locator("#session-finie").wait_for(state="visible")
    assert label.input_value() == "Pollen de bouleau"
    person.errors.clear()
    assert person.check() == []
    person.picture("session-terminee")


def test_two_clicks_make_one_entry(person: PersonScreen) -> None:
    person.enter(MOTHER).open("/profil/allergies/ajouter")
    person.page.locator("#libelle").fill("Pollen de frêne")
    person.page.evaluate("(() => { const b = document.querySelector('main form .primary'); b.click(); b.click(); })()")
    person.page.wait_for_url(re.compile("/profil/allergies$"))
    assert person.page.locator(".entries > li", has_text="Pollen de frêne").count() == 1


def picture(drawn: bool) -> bytes:
    """A PNG with something in it to draw, or without."""
    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "PNG")
    data = out.getvalue()
    head = b"IHDR" + bytes(8) + data[24:29]
    return data if drawn else data[:12] + head + zlib.crc32(head).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize("drawn", [True, False])
def test_an_image_that_cannot_be_drawn_says_so_in_words(desk: Screen, drawn: bool) -> None:
    type_ = Coding("11488-4")
    described = entry(OPEN, mime="image/png", unique_id=fresh_uid(), type=type_, title="Photographie", creation_time=now())
    lot = submission((described, picture(drawn)))
    number = records.deposit(ask("treating", Act.FEED, OPEN), lot).documents[0].logical_id
    desk.scan(OPEN.ins.matricule)
    desk.wait("/dossier/")
    desk.page.goto(f"{desk.page.url}/documents/{number}")
    desk.page.wait_for_load_state("networkidle")
    told = desk.page.get_by_text("Cette image ne peut pas être dessinée ici")
    if drawn:
        assert not told.is_visible()
    else:
        told.wait_for()
