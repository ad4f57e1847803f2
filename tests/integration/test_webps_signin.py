"""Signing in at the portal: Pro Santé Connect, the telephone, a card; situation, legal notice, session, and every wrong way."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from support.portal import HIDDEN, Browser, by_card, words

from carnet.desk.demonstration.professionals import PROFESSIONALS


def fresh(key: str) -> None:
    """Forget what the portal remembers of a professional."""
    import psycopg
    from django.conf import settings

    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres")) as connection:
        connection.execute("DELETE FROM signin_preference WHERE professional_id = %s", (PROFESSIONALS[key].id,))


def test_without_a_session_a_page_asks_to_sign_in_and_comes_back(portal: str) -> None:
    browser = Browser(portal)
    answer = browser.get("/equipe?voir=nouveau")
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.headers["location"]).query)["suite"] == ["/equipe?voir=nouveau"]
    page = words(browser.get(answer.headers["location"]))
    assert "Pro Santé Connect" in page
    assert "Carte CPS, CPF ou CPE" in page


def test_the_legal_notice_comes_first_then_every_180_days(portal: str, settings_clock: Any) -> None:
    fresh("dentist")
    browser = Browser(portal).sign_in("dentist", notice=False)
    assert browser.get("/patients").headers["location"].startswith("/mentions")
    assert "m&#x27;expose" in browser.get("/mentions").text or "m’expose" in browser.get("/mentions").text
    browser.read_notice()
    assert browser.get("/patients").status_code == 200
    settings_clock.move(timedelta(days=181))
    assert Browser(portal).sign_in("dentist", notice=False).get("/patients").headers["location"].startswith("/mentions")


def test_the_situation_is_chosen_and_remembered(portal: str) -> None:
    fresh("cardiologist")
    browser = Browser(portal).sign_in("cardiologist", place=1)
    assert "Centre hospitalier de la Presqu" in browser.get("/patients").text
    left = browser.http.get("/connexion/psc")
    back = httpx.post(left.headers["location"], data={"person": PROFESSIONALS["cardiologist"].id})
    page = browser.http.get(back.headers["location"]).text
    assert re.search(r'id="s1" value="1" required checked', page)
    assert "votre dernier choix" in page


def test_a_session_ends_when_nothing_happens_and_after_four_hours(portal: str, settings_clock: Any) -> None:
    browser = Browser(portal).sign_in("dentist")
    settings_clock.move(timedelta(minutes=29))
    assert browser.get("/patients").status_code == 200
    settings_clock.move(timedelta(minutes=29))
    assert browser.get("/patients").status_code == 200, "what is used goes on"
    settings_clock.move(timedelta(minutes=31))
    assert browser.get("/patients").status_code == 302
    again = Browser(portal).sign_in("dentist")
    for _ in range(9):
        settings_clock.move(timedelta(minutes=25))
        assert again.get("/patients").status_code == 200
    settings_clock.move(timedelta(minutes=25))
    assert again.get("/patients").status_code == 302, "four hours are four hours"


def test_prolonging_keeps_a_session_alive_and_says_until_when(portal: str, settings_clock: Any) -> None:
    browser = Browser(portal).sign_in("dentist")
    settings_clock.move(timedelta(minutes=28))
    assert browser.get("/session/etat").json()["ends"]
    settings_clock.move(timedelta(minutes=28))
    assert browser.get("/patients").status_code == 200


def test_sessions_and_devices_are_listed_and_cut(portal: str) -> None:
    here, elsewhere = Browser(portal).sign_in("dentist"), Browser(portal).sign_in("dentist")
    page = here.get("/compte").text
    assert "Celle-ci" in page
    sessions = re.findall(r'name="session" value="([0-9a-f-]{36})"', page)
    mine = re.search(r"Celle-ci.*?name=\"session\" value=\"([0-9a-f-]{36})\"", page, re.S)
    assert mine
    for number in sessions:
        if number != mine.group(1):
            assert here.post("/compte/couper", {"session": number}).status_code == 302
    assert elsewhere.get("/patients").status_code == 302
    assert here.get("/patients").status_code == 200
    device = re.findall(r'name="appareil" value="([0-9a-f]+)"', here.get("/compte").text)
    for one in device:
        here.post("/compte/couper", {"appareil": one})
    assert here.get("/patients").status_code == 302, "this browser was among them"


def test_nobody_cuts_the_session_of_somebody_else(portal: str) -> None:
    dentist, nurse = Browser(portal).sign_in("dentist"), Browser(portal).sign_in("nurse")
    for number in re.findall(r'name="session" value="([0-9a-f-]{36})"', dentist.get("/compte").text):
        nurse.get("/compte")
        nurse.post("/compte/couper", {"session": number})
    assert dentist.get("/patients").status_code == 200
    assert nurse.post("/compte/couper", {"session": "not a number"}).status_code == 302


def test_leaving_ends_the_session_for_good(portal: str) -> None:
    browser = Browser(portal).sign_in("dentist")
    token = browser.http.cookies["carnet-webps"]
    assert "terminée" in browser.post("/deconnexion").text
    again = Browser(portal)
    again.http.cookies.set("carnet-webps", token)
    assert again.get("/patients").status_code == 302


def test_a_form_of_another_site_or_of_another_session_changes_nothing(portal: str) -> None:
    dentist, nurse = Browser(portal).sign_in("dentist"), Browser(portal).sign_in("nurse")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Host": "no host"}):
        assert dentist.post("/compte/raccourcis", {"raccourcis": "oui"}, headers=headers).status_code == 403
    dentist.token = nurse.token
    assert dentist.post("/compte/raccourcis", {"raccourcis": "oui"}).status_code == 403
    dentist.token = ""
    assert dentist.post("/compte/raccourcis", {"raccourcis": "oui"}).status_code == 403


def test_a_sign_in_goes_on_only_in_the_browser_that_began_it(portal: str) -> None:
    browser, thief = Browser(portal), Browser(portal)
    left = browser.http.get("/connexion/psc")
    back = httpx.post(left.headers["location"], data={"person": PROFESSIONALS["dentist"].id})
    assert thief.http.get(back.headers["location"]).status_code == 403
    refused = browser.http.get("/connexion/retour?error=access_denied&state=x")
    assert refused.status_code == 403
    assert "sign-in-refused" in refused.text


def test_where_to_go_on_stays_inside_the_portal(portal: str) -> None:
    for bad in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "~forged"):
        browser = Browser(portal)
        page = browser.http.get("/connexion", params={"suite": bad})
        assert "evil" not in page.text.replace("%2F", "")
        assert "suite=/patients" in page.text or "suite=%2Fpatients" in page.text


def telephone(psc_provider: Any, answer: str) -> str:
    """The person takes the telephone and answers. Returns the digits that it shows."""
    [(number, waiting)] = [(n, w) for n, w in psc_provider.waiting.items() if not w.answer]
    httpx.post(f"{psc_provider.base}/telephone", data={"request": number, "answer": answer})
    return str(waiting.digits)


def test_the_telephone_confirms_after_two_digits_were_compared(portal: str, psc_provider: Any) -> None:
    browser = Browser(portal)
    page = browser.http.post("/connexion/telephone", data={"identifiant": PROFESSIONALS["dentist"].id, "suite": "/equipe"})
    digits = re.search(r'<p class="digits">(\d\d)</p>', page.text)
    assert digits
    ticket = dict(HIDDEN.findall(page.text))["ticket"]
    waiting = browser.http.post("/connexion/telephone/attente", data={"ticket": ticket})
    assert digits.group(1) in waiting.text
    assert telephone(psc_provider, "yes") == digits.group(1)
    chosen = browser.http.post("/connexion/telephone/attente", data={"ticket": dict(HIDDEN.findall(waiting.text))["ticket"]})
    assert "Où exercez-vous" in chosen.text, words(chosen)
    assert browser.choose(chosen).headers["location"] == "/equipe"


def test_a_telephone_that_refuses_or_that_nobody_has_signs_nobody_in(portal: str, psc_provider: Any) -> None:
    browser = Browser(portal)
    assert browser.http.post("/connexion/telephone", data={"identifiant": "899700009999"}).status_code == 403
    page = browser.http.post("/connexion/telephone", data={"identifiant": PROFESSIONALS["dentist"].id})
    telephone(psc_provider, "no")
    answer = browser.http.post("/connexion/telephone/attente", data={"ticket": dict(HIDDEN.findall(page.text))["ticket"]})
    assert answer.status_code == 403
    other = Browser(portal)
    page = browser.http.post("/connexion/telephone", data={"identifiant": PROFESSIONALS["dentist"].id})
    stolen = other.http.post("/connexion/telephone/attente", data={"ticket": dict(HIDDEN.findall(page.text))["ticket"]})
    assert stolen.status_code == 403, "another browser does not take over what waits"


@pytest.mark.parametrize(
    ("name", "told"),
    [("treating", "Cabinet médical des Tilleuls"), ("student", "Centre hospitalier"), ("cpe-care-home", "Résidence Les Glycines")],
)
def test_a_card_signs_in(portal: str, card_portal: str, pki: Any, name: str, told: str) -> None:
    browser, answer = by_card(portal, card_portal, pki, name)
    assert answer.status_code == 302
    page = browser.http.get(answer.headers["location"])
    assert told in page.text
    assert browser.choose(page).headers["location"] == "/equipe"
    assert browser.http.get(answer.headers["location"]).status_code == 403, "a ticket is taken over once"


def test_a_revoked_card_no_card_and_a_structure_do_not(portal: str, card_portal: str, pki: Any) -> None:
    assert by_card(portal, card_portal, pki, "")[1].status_code == 401
    for name, code in (("revoked", "certificate-revoked"), ("structure-hospital", "certificate-refused")):
        answer = by_card(portal, card_portal, pki, name)[1]
        assert answer.status_code == 403
        assert code in answer.text


def test_a_card_that_is_revoked_ends_its_session(portal: str, card_portal: str, pki: Any) -> None:
    from datetime import UTC, datetime

    browser, answer = by_card(portal, card_portal, pki, "podiatrist")
    browser.choose(browser.http.get(answer.headers["location"]))
    browser.read_notice()
    assert browser.get("/patients").status_code == 200
    before = sorted((pki.path / "crl").iterdir())
    kept = {p: p.read_bytes() for p in before}
    try:
        pki.revoke(pki.certificate("podiatrist"), datetime.now(UTC))
        answer = browser.post("/patients/chercher", {"ins": "231011399900185"})
        page = browser.get(answer.headers["location"]) if answer.status_code == 302 else answer
        assert "certificate-revoked" in page.text or page.status_code == 302
    finally:
        for path, data in kept.items():
            path.write_bytes(data)
