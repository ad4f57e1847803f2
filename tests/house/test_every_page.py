"""Every address of the portal, tried by nobody, by an unrelated professional, by one with a right, and by an employee."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver
from support.people import deposit, patient
from support.portal import Browser
from support.said import said_by

from carnet.desk.demonstration.people import DemoPerson
from carnet.pages.files import file_of_look

PUBLIC = {"", "guide", "guide/<str:context>", "accessibilite", "connexion", "connexion/psc", "connexion/retour", "connexion/telephone",
          "connexion/telephone/attente", "connexion/carte", "connexion/par-carte", "connexion/situation", "carte", "fichiers/<str:digest>/<str:name>"}  # fmt: skip
WITHOUT_RECORD = {"patients", "patients/chercher", "patients/vitale", "patients/datamatrix", "patients/traits", "mentions", "deconnexion",
                  "equipe", "equipe/delegation", "equipe/agir-pour", "equipe/relecture", "compte", "compte/couper", "compte/raccourcis",
                  "session/etat", "session/reprise", "prevention", "messages", "messages/annuaire", "messages/boite/<str:kind>", "AccesDirect/TableauDeBord", "AccesDirect/Parametrages"}  # fmt: skip


def addresses() -> list[str]:
    found = [str(p.pattern) for p in get_resolver("carnet.interfaces.webps.urls").url_patterns if isinstance(p, URLPattern)]
    return [a for a in found if a != "^.*$"]


def test_the_list_of_addresses_is_the_one_that_is_tried() -> None:
    assert len(addresses()) == 74


def filled(address: str, handle: str, document: UUID) -> str:
    values = {"<str:handle>": handle, "<uuid:number>": str(document), "<str:act>": "masquer", "<str:section>": "allergies",
              "<str:mode>": "bris-de-glace", "<str:context>": "ville", "<str:digest>": "0", "<str:name>": "Documents",
              "<str:ins>": "231011399900185", "<str:ref>": "rien", "<str:kind>": "PER"}  # fmt: skip
    for name, value in values.items():
        address = address.replace(name, value)
    return "/" + address


def above(answer: httpx.Response) -> bool:
    """Whether an address of a form, asked for as a page, leads to the page above it."""
    place = answer.headers.get("location", "")
    return answer.status_code == 302 and bool(place.strip("/")) and answer.request.url.path.startswith(f"{place}/")


@pytest.fixture(scope="module")
def looked(portal: str) -> tuple[DemoPerson, UUID, str]:
    """A person with a document, and the handle by which their doctor looks at them."""
    person, _ = patient("treating", "nurse")
    document = deposit(person, title="Titre secret")
    return person, document, Browser(portal).sign_in("treating").seek(person.ins.matricule)


@pytest.fixture(scope="module")
def dentist(portal: str) -> Browser:
    return Browser(portal).sign_in("dentist")


@pytest.fixture(scope="module")
def nurse(portal: str) -> Browser:
    return Browser(portal).sign_in("nurse")


@pytest.mark.parametrize("address", addresses())
def test_nobody_gets_anything(portal: str, looked: tuple[DemoPerson, UUID, str], address: str) -> None:
    person, document, handle = looked
    for method in ("GET", "POST"):
        answer = httpx.request(method, portal + filled(address, handle, document))
        assert "Titre secret" not in answer.text
        assert person.traits.birth_name not in answer.text
        if address not in PUBLIC:
            assert answer.status_code in (302, 405), (method, address)
            assert answer.status_code == 405 or answer.headers["location"].startswith("/connexion")


@pytest.mark.parametrize("address", [a for a in addresses() if a not in PUBLIC | WITHOUT_RECORD])
def test_somebody_without_relation_learns_nothing_of_a_record(portal: str, dentist: Browser, address: str) -> None:
    # Somebody new for each address: one of them declares an agreement.
    person, _ = patient("treating")
    document = deposit(person, title="Titre secret")
    browser = dentist
    handle = browser.seek(person.ins.matricule)
    browser.get("/patients")
    for answer in (browser.get(filled(address, handle, document)), browser.post(filled(address, handle, document))):
        assert answer.status_code in (200, 302, 400, 403, 404, 405), (address, answer.status_code)
        assert "Titre secret" not in answer.text
        assert person.traits.birth_name not in answer.text
        if address.startswith("dossier/") and answer.status_code == 302 and not said_by(answer) and not above(answer):
            assert answer.headers["location"].startswith("/porte/")


@pytest.mark.parametrize("address", [a for a in addresses() if a.startswith("dossier/")])
def test_a_handle_of_somebody_else_is_an_address_that_does_not_exist(
    nurse: Browser, looked: tuple[DemoPerson, UUID, str], address: str
) -> None:
    _, document, handle = looked
    nurse.get("/patients")
    for answer in (nurse.get(filled(address, handle, document)), nurse.post(filled(address, handle, document))):
        reached = nurse.get(answer.headers["location"]) if above(answer) else answer
        assert reached.status_code in (404, 405), (address, reached.status_code)


def _rows() -> dict[str, Any]:
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres")) as connection:
        tables = [
            t
            for (t,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '_p[0-9]+$'"
            )
        ]
        told = "SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} t"
        return {t: connection.execute(told.format(t)).fetchone() for t in tables}


def test_a_get_writes_nothing_but_the_journal_and_the_state_of_the_session(portal: str) -> None:
    person, _ = patient("treating")
    document = deposit(person)
    browser = Browser(portal).sign_in("treating")
    handle = browser.open(person.ins.matricule).split("/")[-1]
    before = _rows()
    for address in addresses():
        if address not in PUBLIC and "<str:ins>" not in address:
            browser.get(filled(address, handle, document))
    after = _rows()
    changed = {t for t in after if after[t] != before[t]}
    assert changed <= {"journal_entry", "outbox_notice", "signin_session", "access_budget", "access_opening"}, changed
    assert "journal_entry" in changed


def test_templates_write_nothing_inline_and_load_nothing_from_elsewhere() -> None:
    from pathlib import Path

    import carnet.interfaces.espace as espace
    import carnet.interfaces.operator as operator
    import carnet.interfaces.webps as webps
    import carnet.pages as pages

    folders = [Path(str(p.__file__)).parent for p in (webps, espace, operator, pages)]
    for path in (path for folder in folders for path in (folder / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for never in (" style=", " onclick=", "<script>", "http://", "https://", "javascript:", "|safe", "autoescape off"):
            assert never not in text.replace("{{ body.html }}", ""), f"{path.name} has {never}"
    for script in (folders[-1] / "static").glob("*.js"):
        text = script.read_text(encoding="utf-8")
        assert "innerHTML" not in text, script.name
        assert "eval(" not in text, script.name


def test_the_look_is_under_its_weight_and_its_values_stand_in_tokens_alone() -> None:
    import re
    from pathlib import Path

    import carnet.pages as pages

    static = Path(str(pages.__file__)).parent / "static"
    sheets = {path.name: path.read_text(encoding="utf-8") for path in static.glob("*.css")}
    for other in ("webps.css", "espace.css"):
        assert sum(len(file_of_look(name).content) for name in sheets if name != other) < 36_000, "what a page of one portal loads"
    assert not re.search(
        r"#[0-9a-fA-F]{3,8}\b(?!raccourcis)",
        re.sub(r"#reponses", "", sheets["pages.css"] + sheets["espace.css"] + sheets["webps.css"]),
    )
    assert "url(" not in "".join(sheets.values())
