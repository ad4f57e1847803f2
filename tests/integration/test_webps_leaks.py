"""A masked document leaves no mark at the portal: with it and without it every page, count and header is the same.

Two identical requests are compared: the document is deposited visible and deleted from the reader's sight by the mask, in a
record that otherwise stays as it was.
"""

import re
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from support.people import ask, deposit, fresh_uid, now, patient
from support.portal import Browser
from support.statements import stated

from carnet.apps.records import api as records
from carnet.formats.cda import Section
from carnet.kernel.ask import Act

SECRET = Section(
    "30954-2",
    "Résultats",
    ("Mot rarissime : xylophagie.",),
    facts=(
        stated("results", "Potassium", "2823-3", "2.16.840.1.113883.6.1", date(2026, 11, 1), value="9.9", unit="mmol/L"),
        stated("results", "Lithium", "14334-7", "2.16.840.1.113883.6.1", date(2026, 11, 1), value="0.7", unit="mmol/L"),
    ),
)
ALLERGY = Section("48765-2", "Allergies", facts=(stated("allergies", "Pénicilline", "1", "s"),))
PAGES = (
    "", "/documents", "/documents?q=xylophagie", "/documents?q=xyl", "/documents?q=potassium", "/documents?statut=tous", "/documents?classe=10",
    "/documents?specialite=SM03", "/documents?auteur=jambage", "/documents?masques=1", "/documents?type=11502-2", "/documents?periode=1a",
    "/chercher?q=xylophagie", "/parcours", "/parcours?annee=2025", "/resultats", "/vaccinations", "/volontes", "/droits",
)  # fmt: skip


TOKENS = r'value="[0-9a-f]{32}"|data-whose="[0-9a-f]{32}"|data-(ends|closes)="[^"]+"'


def normal(text: str, record: SimpleNamespace) -> str:
    """A page without what differs between two sessions whatever is in the record: tokens, clocks, numbers of documents, names."""
    text = re.sub(TOKENS, "", text).replace(record.base, "BASE").replace(record.base.split("/")[-1], "H")
    text = re.sub(r"Imprimé par .*? le [^.]+\.", "PRINTED", text)
    for n, number in enumerate(record.visible):
        text = text.replace(str(number), f"document-{n}")
    return re.sub(r"\b\d \d\d \d\d [\dAB]{2} \d{3} \d{3} \d\d\b", "MATRICULE", text)


def make(hidden: bool) -> SimpleNamespace:
    person, _ = patient("cardiologist", "treating", treating="treating")
    visible = [
        deposit(
            person,
            "treating",
            title=f"Visible {n}",
            effective_time=now() - timedelta(days=3 + n),
            at=now() - timedelta(minutes=5 - n),
        )
        for n in range(3)
    ]
    if hidden:
        deposit(person, "biologist", "11502-2", ("MASQUE_PS",), sections=(SECRET, ALLERGY), title="Xylophagie",
                stay=(now() - timedelta(days=300), now() - timedelta(days=290)),
                effective_time=now() - timedelta(days=2))  # fmt: skip
    return SimpleNamespace(person=person, visible=visible)


@pytest.fixture(scope="module")
def pair(portal: str) -> list[SimpleNamespace]:
    browser = Browser(portal).sign_in("cardiologist")
    found = [make(True), make(False)]
    for record in found:
        record.base = browser.open(record.person.ins.matricule)
    found[0].browser = found[1].browser = browser
    return found


def seen(record: SimpleNamespace, page: str) -> tuple[int, str, list[tuple[str, str]]]:
    answer = record.browser.get(record.base + page)
    headers = sorted((k, v) for k, v in answer.headers.items() if k not in ("date", "content-length"))
    return answer.status_code, normal(answer.text, record), headers


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_the_same_with_and_without_a_masked_document(pair: list[SimpleNamespace], page: str) -> None:
    with_it, without = (seen(record, page) for record in pair)
    assert "xylophagie" not in with_it[1].replace(f'value="{page.rpartition("q=")[2]}"', "").replace("« xylophagie »", "").lower()
    assert with_it[0] == without[0]
    assert with_it[2] == without[2]
    assert with_it[1].splitlines() == without[1].splitlines()


def test_the_same_pages_do_differ_for_somebody_who_sees_the_document(portal: str, pair: list[SimpleNamespace]) -> None:
    """The comparison above can fail: for the treating doctor, who sees what is masked, it does."""
    browser = Browser(portal).sign_in("treating")
    pages = []
    for record in pair:
        base = browser.open(record.person.ins.matricule)
        pages.append(browser.get(f"{base}/documents?q=xylophagie").text)
    assert "1 document" in pages[0]
    assert "0 documents" in pages[1] or "0 document" in pages[1]


def test_a_masked_document_by_its_number_is_like_one_that_never_was(portal: str) -> None:
    person, _ = patient("cardiologist", treating="treating")
    hidden = deposit(person, "biologist", "11502-2", ("MASQUE_PS",))
    browser = Browser(portal).sign_in("cardiologist")
    base = browser.open(person.ins.matricule)
    for place in ("", "/contenu", "/contenu?telecharger=1", "/confirmer/masquer", "/confirmer/supprimer"):
        one, other = (browser.get(f"{base}/documents/{n}{place}") for n in (hidden, UUID(int=7)))
        assert one.status_code == other.status_code == 404
        assert one.text == other.text
    for act in ("masquer", "demasquer", "archiver", "supprimer", "annoncer"):
        one, other = (browser.post(f"{base}/documents/{n}/{act}") for n in (hidden, UUID(int=7)))
        assert one.status_code == other.status_code
        left, right = (re.sub(TOKENS, "", a.text).replace(str(n), "N") for a, n in ((one, hidden), (other, UUID(int=7))))
        assert left.splitlines() == right.splitlines()


def test_a_document_that_is_masked_leaves_the_search_the_profile_and_the_own_list(portal: str) -> None:
    person, _ = patient("cardiologist", "treating", treating="treating")
    document = deposit(person, "biologist", "11502-2", sections=(SECRET, ALLERGY))
    browser = Browser(portal).sign_in("cardiologist")
    base = browser.open(person.ins.matricule)
    assert "Pénicilline" in browser.get(base).text
    assert "1 document" in browser.get(f"{base}/documents?q=xylophagie").text
    records.change_document(ask("treating", Act.MASK, person), document)
    assert "Pénicilline" not in browser.get(base).text
    assert "0 document" in browser.get(f"{base}/documents?q=xylophagie").text


def test_the_count_of_the_own_list_never_counts_what_is_masked(portal: str) -> None:
    person, _ = patient("cardiologist")
    deposit(person, "biologist", "11502-2", ("MASQUE_PS",))
    browser = Browser(portal).sign_in("cardiologist")
    shown = [browser.get(f"/patients?nom={person.traits.birth_name}&page={number}").text for number in range(1, 40)]
    rows = {re.sub(r"[ \xa0]", "", row) for text in shown for part in text.split("<tr") for row in [part.partition("</tr")[0]]}
    lines = [row for row in rows if person.ins.matricule[-5:] in row]
    assert lines and not any("document" in line for line in lines), "there is nothing new to read"
    listed = records.own_list(ask("cardiologist", Act.OWN_LIST))
    mine = next(one for one in listed if one.ins == person.ins)
    assert mine.new == 0
    deposit(person, "biologist", "11502-2")
    assert next(one for one in records.own_list(ask("cardiologist", Act.OWN_LIST)) if one.ins == person.ins).new == 1


def test_depositing_the_bytes_of_a_masked_document_tells_nothing(portal: str) -> None:
    person, _ = patient("cardiologist", treating="treating")
    from support.people import cda

    number = fresh_uid()
    content = cda(person, "biologist", "11502-2", number)
    deposit(person, "biologist", "11502-2", ("MASQUE_PS",), content=content, unique_id=number)
    browser = Browser(portal).sign_in("cardiologist")
    handle = browser.open(person.ins.matricule).split("/")[-1]
    other = cda(person, "biologist", "11502-2", fresh_uid())
    told = [
        browser.post(f"/deposer/{handle}/lire", files={"fichiers": ("a.xml", data, "text/xml")}).text for data in (content, other)
    ]
    assert "déjà dans le dossier" not in told[0]
    # What waits for the form is sealed: another text each time, of the same length.
    bare = [re.sub(r'value="[\w-]{60,}"|[0-9a-f]{32,33}', "", page) for page in told]
    assert bare[0] == bare[1]
