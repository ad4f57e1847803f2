"""Pages of an open record: what they show, in which words, at what cost, and that nothing hidden leaves a mark."""

import re
from datetime import date, timedelta

import pytest
from support.people import deposit, host, now, patient, today
from support.portal import Browser, words
from support.statements import stated

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.storage.api import key_of, unit
from carnet.apps.storage.wire import Wire
from carnet.formats.cda import Section

PAGES = ("", "/documents", "/parcours", "/resultats", "/vaccinations", "/volontes", "/droits", "/acces", "/documents?q=potassium",
         "/documents?statut=tous", "/chercher?q=rien")  # fmt: skip


def result(value: str, day: date) -> Section:
    fact = stated("results", "Potassium", "2823-3", "2.16.840.1.113883.6.1", day, value=value, unit="mmol/L", low="3.5", high="5.1")
    return Section("30954-2", "Résultats", facts=(fact,))


RICH = (
    Section("48765-2", "Allergies", facts=(stated("allergies", "Amoxicilline", "1", "s", date(2019, 5, 2), detail="anaphylaxie"),)),
    Section("10160-0", "Traitements", facts=(stated("treatments", "Apixaban 5 mg", "B01AF02", "atc", detail="1 matin, 1 soir"),)),
    Section("11369-6", "Vaccinations", facts=(stated("vaccinations", "Grippe", "J07BB02", "atc", date(2025, 10, 14), detail="lot A1"),)),
    Section("11450-4", "Problèmes", facts=(stated("problems", "Fibrillation atriale", "I48", "cim"),)),
    Section("46264-8", "Dispositifs", facts=(stated("devices", "Stimulateur cardiaque", "D1", "s"),)),
)  # fmt: skip


@pytest.fixture(scope="module")
def rich():
    person, record_id = patient("treating", "nurse", treating="treating")
    with unit(record_id) as work:
        key = key_of(work, record_id)
        profile.declare(work, key, "contacts", profile.Content("Basile Exemple", detail="conjoint", value="06 39 98 00 01"), now())
        profile.declare(work, key, "wishes", profile.Content("Directives anticipées"), now())
    day = today()
    for n, value in enumerate(("4.2", "4.8", "5.6")):
        deposit(
            person,
            "biologist",
            "11502-2",
            sections=(result(value, day - timedelta(days=90 - n)),),
            effective_time=now() - timedelta(days=90 - n),
        )
    deposit(person, "treating", "60591-5", sections=RICH, title="Synthèse médicale")
    stay = (now() - timedelta(days=40), now() - timedelta(days=33))
    deposit(person, "surgeon", "34112-3", title="Séjour en chirurgie", stay=stay)
    return person


def test_the_essential_shows_what_is_new_dangerous_and_current_with_its_source(portal: str, rich) -> None:
    browser = Browser(portal).sign_in("treating")
    page = browser.get(browser.open(rich.ins.matricule))
    text = words(page)
    assert page.status_code == 200
    for told in ("Allergie : Amoxicilline, anaphylaxie", "Anticoagulant : Apixaban 5 mg", "Stimulateur cardiaque", "Fibrillation atriale",
                 "Directives anticipées", "Basile Exemple", "Potassium", "5,6 mmol/L", "au-dessus des bornes", "Dernière dose inscrite :", "14/10/2025",
                 "Centre hospitalier", "Première visite"):  # fmt: skip
        assert told in text, told
    assert 'aria-label="Potassium : 4,2, 4,8, 5,6 mmol/L. En hausse."' in page.text
    assert re.search(r"documents/[0-9a-f-]{36}#n-f-48765-2-0", page.text), "an allergy leads to its place in its document"


def test_empty_parts_say_so(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    text = words(browser.get(browser.open(person.ins.matricule)))
    for told in ("Aucune allergie inscrite dans ce dossier. Cela ne veut pas dire", "Aucun traitement en cours", "Aucune vaccination inscrite",
                 "Aucun résultat lu", "Aucun document lisible", "Aucun antécédent", "Aucune volonté", "Aucun séjour", "Aucun dispositif"):  # fmt: skip
        assert told in text, told


def test_a_section_that_the_patient_closed_says_so_and_not_that_it_is_empty(portal: str) -> None:
    person, record_id = patient("treating")
    with unit(record_id) as work:
        access.close_sections(work, host(record_id), ["allergies", "treatments", "vaccinations", "history", "wishes", "contacts"])
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    sections = {base: 6, f"{base}/volontes": 2, f"{base}/vaccinations": 1}
    for address, closed in sections.items():
        text = words(browser.get(address))
        assert text.count("Le patient n’ouvre pas cette rubrique") == closed, address
        for claim in ("Aucune allergie", "Aucun antécédent", "Aucun dispositif", "Aucune volonté", "Aucun contact"):
            assert claim not in text, address


def test_every_illness_is_on_the_first_screen(portal: str) -> None:
    person, record_id = patient("treating")
    with unit(record_id) as work:
        for number in range(9):
            profile.declare(work, key_of(work, record_id), "history", profile.Content(f"Antécédent {number}"), now())
    browser = Browser(portal).sign_in("treating")
    text = words(browser.get(browser.open(person.ins.matricule)))
    assert all(f"Antécédent {number}" in text for number in range(9)), "what is not shown would be taken for absent"


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_a_record_answers(portal: str, rich, page: str) -> None:
    browser = Browser(portal).sign_in("treating")
    answer = browser.get(browser.open(rich.ins.matricule) + page)
    assert answer.status_code == 200, answer.text[-2000:]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert rich.ins.matricule not in str(answer.url), "no matricule in an address"


class Counted:
    """Counts the statements that reach the database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[str] = []
        inner = Wire.send

        def send(wire, sql, values=()):
            if sql not in ("BEGIN", "COMMIT"):
                self.statements.append(sql)
            return inner(wire, sql, values)

        monkeypatch.setattr(Wire, "send", send)


@pytest.mark.parametrize("page", [*PAGES, "document", "compare"])
def test_no_page_issues_more_than_thirteen_statements(portal: str, rich, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(portal).sign_in("treating")
    base = browser.open(rich.ins.matricule)
    numbers = re.findall(r"documents/([0-9a-f-]{36})\"", browser.get(f"{base}/documents?type=11502-2").text)
    path = {"document": f"/documents/{numbers[0]}", "compare": f"/comparer?a={numbers[1]}&b={numbers[0]}"}.get(page, page)
    counted = Counted(monkeypatch)
    answer = browser.get(base + path)
    assert answer.status_code == 200
    assert 3 <= len(counted.statements) <= 13, "\n".join(s.strip()[:110] for s in counted.statements)
