"""Words on pictures: what the reader is given, what it is not, and where there is none."""

import io
import subprocess
from types import SimpleNamespace

import pytest
from PIL import Image, ImageDraw, ImageFont

from carnet.formats import pictures, scans
from carnet.formats.apart import NotOpenedError, tasks

reads = pytest.mark.skipif(
    not scans.installed(), reason="Tesseract with French is not installed: apt-get install tesseract-ocr tesseract-ocr-fra"
)


def sheet(line: str = "Ordonnance", kind: str = "JPEG", turned: bool = False, more: int = 0) -> bytes:
    image = Image.new("RGB", (900, 260), "white")
    ImageDraw.Draw(image).text((60, 90), line, fill="black", font=ImageFont.load_default(size=60))
    exif = image.getexif()
    if turned:
        image, exif[0x0112] = image.rotate(90, expand=True), 6
    out = io.BytesIO()
    options = {"save_all": True, "append_images": [image] * more} if more else {"exif": exif}
    image.save(out, kind, **options)
    return out.getvalue()


@reads
@pytest.mark.parametrize(
    "data", [sheet(), sheet(kind="PNG"), sheet(turned=True), pictures.pages_as_pdf([sheet()])], ids=["jpeg", "png", "turned", "pdf"]
)
def test_a_word_is_read_upright_from_a_picture_and_from_the_picture_of_a_pdf(data: bytes) -> None:
    assert "Ordonnance" in scans.words_of_scan(data)
    assert b"Ordonnance" in tasks.scan_words(data, 1)


@reads
def test_every_page_of_a_tiff_is_read() -> None:
    data = sheet(kind="TIFF", more=1)
    assert tasks.scan_pages(data, 0) == b"2"
    assert b"Ordonnance" in tasks.scan_words(data, 2)
    assert scans.words_of_scan(data).count("Ordonnance") == 2


def test_a_pdf_without_a_picture_has_no_words_to_read_and_says_how_many_pages() -> None:
    from fpdf import FPDF

    paper = FPDF()
    paper.add_page()
    paper.add_page()
    data = bytes(paper.output())
    assert tasks.scan_pages(data, 0) == b"2"
    assert tasks.scan_words(data, 1) == b""


def test_a_file_that_does_not_open_has_no_words() -> None:
    assert scans.words_of_scan(b"nothing") == ""


def test_no_more_than_some_pages_are_read_and_a_reader_that_fails_reads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def opened(task: str, _data: bytes, number: int = 0, _seconds: float = 0) -> bytes:
        if task == "scan-pages":
            return b"400"
        asked.append(number)
        if len(asked) > scans.MOST_PAGES:
            raise NotOpenedError("time")
        return b" mot \n"

    monkeypatch.setattr(scans, "opened", opened)
    assert scans.words_of_scan(b"x").split() == ["mot"] * scans.MOST_PAGES
    assert scans.words_of_scan(b"x") == ""


@pytest.mark.parametrize(
    ("path", "languages", "told"), [(None, "", False), ("/x/tesseract", "eng\n", False), ("/x/tesseract", "eng\nfra\n", True)]
)
def test_the_reader_is_there_with_its_language_or_it_is_not(
    monkeypatch: pytest.MonkeyPatch, path: str | None, languages: str, told: bool
) -> None:
    monkeypatch.setattr(scans.shutil, "which", lambda _name: path)
    monkeypatch.setattr(subprocess, "run", lambda *_a, **_o: SimpleNamespace(stdout=f"List\n{languages}"))
    scans.installed.cache_clear()
    assert scans.installed() is told
    scans.installed.cache_clear()


def test_photographs_of_sheets_are_upright_pages_without_what_the_camera_tells() -> None:
    page = tasks.page(sheet(turned=True), 0)
    with Image.open(io.BytesIO(page)) as image:
        assert image.width > image.height
        assert not image.getexif()
    head = f"[{len(page)}, {len(page)}]".encode()
    paper = tasks.pages_to_pdf(head + page + page, len(head))
    assert tasks.scan_pages(paper, 0) == b"2"
