"""What a child does with a file: each task takes bytes and a number, and gives bytes. Any exception means that it does not open."""

import io
import json
import logging
import shutil
import subprocess
from collections.abc import Callable

PAGES, CHARACTERS = 200, 400_000
"""Bounds of what is read of one PDF."""
MOST_PIXELS = 50_000_000
_PHOTOGRAPHS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")


def pdf_text(content: bytes, _number: int) -> bytes:
    """The words of a PDF, page after page, up to where it can be read."""
    from pypdf import PdfReader

    found, length = list[str](), 0
    try:
        for page in PdfReader(io.BytesIO(content)).pages[:PAGES]:
            found.append(page.extract_text())
            length += len(found[-1])
            if length > CHARACTERS:
                break
    except Exception:
        # What stands before the page that cannot be read is found all the same.
        return "\n".join(found).encode("utf-8", "replace")
    return "\n".join(found)[:CHARACTERS].encode("utf-8", "replace")


def pdf_locked(content: bytes, _number: int) -> bytes:
    """`1` for a PDF that opens with a password alone; one that only forbids printing opens for everybody."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    return b"1" if reader.is_encrypted and not reader.decrypt("") else b"0"


def tiff_pages(data: bytes, _number: int) -> bytes:
    """How many pages a TIFF has whose first one can be drawn."""
    from PIL import Image

    _bounded()
    image = Image.open(io.BytesIO(data), formats=("TIFF",))
    pages = getattr(image, "n_frames", 1)
    image.seek(0)
    image.load()
    return str(pages).encode()


def _bounded() -> None:
    from PIL import Image

    # Pillow raises at twice this number.
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2


def tiff_page(data: bytes, number: int) -> bytes:
    """One page of a TIFF, from 1, as a PNG."""
    from PIL import Image

    _bounded()
    image = Image.open(io.BytesIO(data), formats=("TIFF",))
    image.seek(number - 1)
    out = io.BytesIO()
    image.convert("RGB").save(out, "PNG")
    return out.getvalue()


def photograph(data: bytes, _number: int) -> bytes:
    """A photograph of a telephone (HEIC) as an upright JPEG."""
    from pi_heif import register_heif_opener
    from PIL import Image, ImageOps

    _bounded()
    register_heif_opener()
    out = io.BytesIO()
    ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


PAGE_EDGE = 2000
"""Pixels of the longer edge of a photographed page: an A4 sheet at 170 dots an inch, which one reads and prints."""


def page(data: bytes, _number: int) -> bytes:
    """A photograph as an upright page, in JPEG, without what the camera told of place and time."""
    from pi_heif import register_heif_opener
    from PIL import Image, ImageOps

    _bounded()
    register_heif_opener()
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    image.thumbnail((PAGE_EDGE, PAGE_EDGE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


def pages_to_pdf(data: bytes, length: int) -> bytes:
    """A PDF of JPEG pages. The first `length` bytes are the lengths of the pages, as JSON; then the pages."""
    from PIL import Image

    _bounded()
    images, at = [], length
    for size in json.loads(data[:length]):
        images.append(Image.open(io.BytesIO(data[at : at + size]), formats=("JPEG",)))
        at += size
    out = io.BytesIO()
    images[0].save(out, "PDF", save_all=True, append_images=images[1:], resolution=170.0)
    return out.getvalue()


def datamatrix(data: bytes, _number: int) -> bytes:
    """The texts of the Datamatrix codes on a picture, as JSON."""
    import zxingcpp
    from PIL import Image

    _bounded()
    image = Image.open(io.BytesIO(data), formats=_PHOTOGRAPHS).convert("L")
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix)
    return json.dumps([code.text for code in zxingcpp.read_barcodes(image, formats=formats)]).encode()


def scan_pages(data: bytes, _number: int) -> bytes:
    """How many pages a picture or a PDF has."""
    if data.startswith(b"%PDF-"):
        from pypdf import PdfReader

        return str(len(PdfReader(io.BytesIO(data)).pages)).encode()
    from PIL import Image

    return str(getattr(Image.open(io.BytesIO(data), formats=_PHOTOGRAPHS), "n_frames", 1)).encode()


SCAN_EDGE = 2600
"""Pixels of the longer edge of a page that is read: more takes time and tells nothing more."""


def scan_words(data: bytes, number: int) -> bytes:
    """The words that Tesseract reads on one page, from 1. Of a PDF, on the largest picture of that page."""
    from PIL import Image, ImageOps

    _bounded()
    if data.startswith(b"%PDF-"):
        from pypdf import PdfReader

        pictures = [p.data for p in PdfReader(io.BytesIO(data)).pages[number - 1].images]
        if not pictures:
            return b""
        data, number = max(pictures, key=len), 1
    image = Image.open(io.BytesIO(data), formats=(*_PHOTOGRAPHS, "JPEG2000"))
    if number > 1:
        image.seek(number - 1)
    page = ImageOps.exif_transpose(image).convert("L")
    page.thumbnail((SCAN_EDGE, SCAN_EDGE))
    out = io.BytesIO()
    page.save(out, "PNG")
    # One thread: the limit of memory of this process is that of its child, and threads would each take their part.
    told = subprocess.run(
        [shutil.which("tesseract") or "tesseract", "stdin", "stdout", "-l", "fra"], input=out.getvalue(), capture_output=True,
        timeout=SCAN_SECONDS, check=True, env={"OMP_THREAD_LIMIT": "1"},
    )  # fmt: skip
    return told.stdout


SCAN_SECONDS = 35
"""Less than whoever waits for this process does: the reader ends before it is ended."""


TASKS: dict[str, Callable[[bytes, int], bytes]] = {
    "pdf-text": pdf_text, "pdf-locked": pdf_locked, "tiff-pages": tiff_pages, "tiff-page": tiff_page, "photograph": photograph,
    "datamatrix": datamatrix, "page": page, "pages-to-pdf": pages_to_pdf, "scan-pages": scan_pages,
    "scan-words": scan_words,
}  # fmt: skip
# The library tells of every oddity of a file; a log line of ours never comes from a document.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)
