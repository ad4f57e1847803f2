"""What a person adds: photographs of sheets become one PDF, a title, date and category are said anew, the list is narrowed."""

import io
import re

import pytest
from PIL import Image
from pypdf import PdfReader
from support.espace import Space, listed, newcomer, relate
from support.people import allow, ask, deposit
from support.portal import words

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.formats.apart.tasks import PAGE_EDGE
from carnet.kernel.ask import Act


def photograph(width: int = 60, height: int = 90, kind: str = "JPEG", turned: bool = False) -> bytes:
    image, out = Image.new("RGB", (width, height), "white"), io.BytesIO()
    exif = image.getexif()
    if turned:
        exif[0x0112] = 6  # orientation: a quarter turn
        exif[0x010F] = "Fabricant de la marque"
    image.save(out, kind, exif=exif)
    return out.getvalue()


def add(who: Space, *files: tuple[str, bytes], **fields: str):
    who.get("/documents/ajouter")
    form = {"categorie": "AUTR_DOC", "titre": "Mes feuilles", "date": "2026-03-02"} | fields
    return who.post("/documents/ajouter", form, files=[("fichier", file) for file in files])


def only(who: Space) -> str:
    [number] = listed(who.get("/documents"))
    return number


def test_photographs_are_the_pages_of_one_pdf_upright_and_without_what_the_camera_tells(espace: str) -> None:
    who, _person, _record = newcomer(espace)
    sheets = ("a.jpg", photograph(turned=True)), ("b.png", photograph(3000, 4000, "PNG"))
    assert add(who, *sheets).status_code == 302
    answer = who.get(f"/documents/{only(who)}/contenu")
    assert answer.headers["content-type"].startswith("application/pdf")
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 2
    assert float(pages[0].mediabox.width) > float(pages[0].mediabox.height), "a page that the telephone turned is upright"
    assert float(pages[1].mediabox.height) == pytest.approx(PAGE_EDGE / 170 * 72, rel=0.01)
    assert b"Fabricant" not in answer.content


@pytest.mark.parametrize(("files", "told"), [
    ([("a.jpg", photograph()), ("b.pdf", b"%PDF-1.4\n%%EOF")], "Ajoutez les autres fichiers un par un"),
    ([("a.jpg", photograph()), ("b.jpg", b"\xff\xd8\xff nothing")], "ne s’ouvre pas"),
    ([(f"{n}.jpg", photograph()) for n in range(21)], "20 photos au plus"),
])  # fmt: skip
def test_photographs_that_make_no_document_are_said_and_nothing_is_kept(espace: str, files, told: str) -> None:
    who, _person, _record = newcomer(espace)
    answer = add(who, *files)
    assert answer.status_code == 400
    assert told in words(answer)
    assert listed(who.get("/documents")) == set()


def test_title_date_and_category_are_said_anew_and_the_bytes_stay(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    add(who, ("lettre.txt", b"Lettre de ma tante"))
    first = only(who)
    assert "Renommer, dater, classer" in words(who.get(f"/documents/{first}"))
    form = who.get(f"/documents/{first}/decrire").text
    assert 'value="Mes feuilles"' in form
    assert 'value="2026-03-02"' in form
    told = {"titre": "Lettre du 5 mai", "date": "2026-05-05", "categorie": "CPT_REND"}
    assert who.post(f"/documents/{first}/decrire", told).status_code == 302
    second = only(who)
    assert second != first
    page = words(who.get(f"/documents/{second}"))
    assert "Lettre du 5 mai" in page
    assert "5 mai" in page
    assert "Compte" in page
    assert who.get(f"/documents/{second}/contenu?telecharger=1").content == b"Lettre de ma tante"
    assert listed(who.get("/documents?etat=remplaces")) == {first}
    assert who.get(f"/documents/{first}/decrire").status_code == 404, "what was replaced is not said anew"
    assert second in records.search(ask("treating", Act.SEARCH, person), Query()).logical_ids


def test_what_is_masked_stays_masked_when_it_is_renamed(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    add(who, ("lettre.txt", b"Lettre de ma tante"), masquer="oui")
    number = only(who)
    who.post(f"/documents/{number}/decrire", {"titre": "Autre titre", "date": "2026-05-05", "categorie": "AUTR_DOC"})
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == []


@pytest.mark.parametrize(("changed", "told"), [
    ({"titre": ""}, "Écrivez un titre"), ({"categorie": "RIEN"}, "Choisissez ce que c’est"), ({"date": "2026-13-45"}, "dans l’avenir"),
    ({"date": "2200-01-01"}, "dans l’avenir"),
])  # fmt: skip
def test_a_description_that_is_wrong_says_where_and_changes_nothing(espace: str, changed: dict[str, str], told: str) -> None:
    who, _person, _record = newcomer(espace)
    add(who, ("lettre.txt", b"Lettre de ma tante"))
    number = only(who)
    answer = who.post(f"/documents/{number}/decrire", {"titre": "X", "date": "2026-05-05", "categorie": "AUTR_DOC"} | changed)
    assert answer.status_code == 400
    assert told in words(answer)
    assert only(who) == number


def test_a_professional_s_document_is_not_described_by_its_person_nor_is_anybody_else_s(espace: str) -> None:
    who, person, _record = newcomer(espace)
    document = deposit(person)
    other, _person, _record = newcomer(espace)
    told = {"titre": "X", "date": "2026-05-05", "categorie": "AUTR_DOC"}
    assert who.post(f"/documents/{document}/decrire", told).status_code == 404
    assert "Renommer" not in words(who.get(f"/documents/{document}"))
    add(who, ("lettre.txt", b"Lettre"))
    [own] = listed(who.get("/documents")) - {str(document)}
    assert other.post(f"/documents/{own}/decrire", told).status_code == 404


def test_a_carer_without_the_right_to_add_describes_nothing(espace: str) -> None:
    who, _person, record_id = newcomer(espace)
    carer, _p, _r = newcomer(espace)
    add(who, ("lettre.txt", b"Lettre"))
    number = only(who)
    relate(record_id, carer, "carer", access.Given(reads_only=True))
    carer.act_on(record_id)
    assert carer.get(f"/documents/{number}/decrire").status_code == 404


def test_the_list_is_narrowed_by_year_and_by_who_wrote_or_where(espace: str) -> None:
    who, person, _record = newcomer(espace)
    document = deposit(person)
    add(who, ("lettre.txt", b"Lettre"), date="2019-04-02")
    page = who.get("/documents").text
    assert "<h3>2019</h3>" in page
    [old] = listed(who.get("/documents?annee=2019"))
    assert old != str(document)
    offered = re.search(r'id="f-qui".*?</select>', page, re.S)
    assert offered is not None
    names = re.findall(r"<option>([^<]+)</option>", offered[0])
    found = [listed(who.get("/documents", params={"qui": name})) for name in names]
    assert {str(document)} in found
    assert {old} in found, "the person's own name stands among those who wrote"
    assert {str(document), old} not in found
    assert listed(who.get("/documents", params={"qui": "Personne"})) == set()
