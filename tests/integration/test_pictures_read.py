"""Words on photographs and scanned pages, read by Tesseract after the deposit: found by the search, and said to be read by machine."""

import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image, ImageDraw, ImageFont
from support.espace import Space, listed, newcomer
from support.people import allow, ask, now
from support.portal import words
from support.roles import as_role

from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.records.upkeep import pictures
from carnet.apps.storage.api import unit
from carnet.formats import scans
from carnet.kernel.ask import Act

reads = pytest.mark.skipif(
    not scans.installed(), reason="Tesseract with French is not installed: apt-get install tesseract-ocr tesseract-ocr-fra"
)


def sheet(*lines: str, kind: str = "JPEG") -> bytes:
    image = Image.new("RGB", (1240, 220 + 110 * len(lines)), "white")
    for n, line in enumerate(lines):
        ImageDraw.Draw(image).text((80, 100 + 110 * n), line, fill="black", font=ImageFont.load_default(size=52))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def add(who: Space, *files: tuple[str, bytes]) -> str:
    before = listed(who.get("/documents"))
    who.get("/documents/ajouter")
    answer = who.post("/documents/ajouter", {"categorie": "AUTR_DOC", "titre": "Feuilles"}, files=[("fichier", f) for f in files])
    assert answer.status_code == 302, words(answer)
    [number] = listed(who.get("/documents")) - before
    return number


def read_now() -> int:
    with as_role("carnet_worker"):
        return records.read_pictures(now())


@pytest.fixture(autouse=True)
def nothing_waits() -> None:
    """Pictures of other tests are not ours."""
    with as_role("postgres"), unit() as work:
        work.run("UPDATE records_words SET machine = NULL WHERE machine = false")


def state(record_id: UUID, number: str) -> bool | None:
    with as_role("carnet_worker"), unit(record_id) as work:
        [row] = work.rows("SELECT machine FROM records_words WHERE logical_id = %s", UUID(number))
    return row[0]


@reads
@pytest.mark.parametrize("several", [False, True])
def test_a_photograph_and_a_pdf_of_photographs_are_found_by_their_words(espace: str, several: bool) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    files = [("a.jpg", sheet("Compte rendu de coloscopie"))] + ([("b.jpg", sheet("Polype retiré"))] if several else [])
    number = add(who, *files)
    assert listed(who.get("/documents?q=coloscopie")) == set()
    assert read_now() == 1
    assert state(record_id, number) is True
    page = who.get("/documents?q=coloscopie")
    assert listed(page) == {number}
    assert "Lu par machine" in words(page)
    assert "lues par machine, avec des fautes possibles" in words(page)
    assert "Seule l’image fait foi" in words(who.get(f"/documents/{number}"))
    if several:
        assert listed(who.get("/documents?q=polype")) == {number}
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        [hit] = records.find_words(visit, "coloscopie", Query()).hits
    assert hit.machine
    assert read_now() == 0, "it is read once"


@reads
def test_a_picture_without_a_word_and_one_that_opens_no_more_are_read_once(espace: str) -> None:
    who, _person, record_id = newcomer(espace)
    number = add(who, ("a.jpg", sheet()))
    assert read_now() == 1
    assert state(record_id, number) is None
    assert "Ses mots ont été lus" not in words(who.get(f"/documents/{number}"))
    assert read_now() == 0


def test_a_document_with_words_of_its_own_waits_for_no_machine(espace: str) -> None:
    who, _person, record_id = newcomer(espace)
    assert state(record_id, add(who, ("a.txt", b"Lettre de ma tante"))) is None


def test_where_no_reader_is_installed_pictures_wait_and_the_page_says_that_they_are_not_read(
    espace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, _person, record_id = newcomer(espace)
    number = add(who, ("a.jpg", sheet("Coloscopie")))
    monkeypatch.setattr(scans, "installed", lambda: False)
    assert read_now() == 0
    assert state(record_id, number) is False


def test_what_is_gone_meanwhile_is_passed_over_and_the_others_are_read(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    who, _person, record_id = newcomer(espace)
    gone, kept = add(who, ("a.jpg", sheet("Un"))), add(who, ("b.jpg", sheet("Deux")))
    monkeypatch.setattr(scans, "installed", lambda: True)
    monkeypatch.setattr(scans, "words_of_scan", lambda _data: "coloscopie")
    found = pictures._picture
    monkeypatch.setattr(pictures, "_picture", lambda record, number: None if str(number) == gone else found(record, number))
    assert read_now() == 2
    assert (state(record_id, gone), state(record_id, kept)) == (None, True)


def test_a_document_whose_key_or_bytes_are_gone_is_none(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.apps.storage.api import BlobMissingError

    who, _person, record_id = newcomer(espace)
    number = UUID(add(who, ("a.jpg", sheet("Un"))))

    def missing(*_: Any) -> bytes:
        raise BlobMissingError

    with as_role("carnet_worker"):
        assert pictures._picture(record_id, uuid4()) is None
        monkeypatch.setattr(pictures, "get", missing)
        assert pictures._picture(record_id, number) is None
