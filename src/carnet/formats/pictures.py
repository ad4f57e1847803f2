"""Pictures that somebody sent, each opened apart: pages of a TIFF, photographs of telephones, codes on a photograph."""

import json
from collections.abc import Sequence

from carnet.formats.apart import NotOpenedError, opened

_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


def is_heic(data: bytes) -> bool:
    """Whether these are the bytes of a telephone's photograph (ISO/IEC 23008-12: a `ftyp` box of its brands)."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def as_jpeg(data: bytes) -> bytes:
    """Such a photograph as a JPEG, which the national value set admits; empty for one that does not open."""
    try:
        return opened("photograph", data)
    except NotOpenedError:
        return b""


def pages_as_pdf(photographs: Sequence[bytes]) -> bytes:
    """Photographs of sheets as the pages of one PDF, in their order. Raises NotOpenedError for one that does not open."""
    pages = [opened("page", data) for data in photographs]
    head = json.dumps([len(page) for page in pages]).encode()
    return opened("pages-to-pdf", head + b"".join(pages), len(head))


def tiff_pages(data: bytes) -> int:
    """Pages of a TIFF; 0 for one of which nothing can be drawn: its bytes do not read, or it is too large."""
    try:
        return int(opened("tiff-pages", data))
    except NotOpenedError:
        return 0


def tiff_page(data: bytes, number: int) -> bytes:
    """One page of a TIFF, from 1, as a PNG. Raises NotOpenedError."""
    return opened("tiff-page", data, number)


def datamatrix_texts(data: bytes) -> list[str]:
    """The texts of the Datamatrix codes on a photograph; none for a picture that does not open."""
    try:
        found: list[str] = json.loads(opened("datamatrix", data))
    except NotOpenedError:
        return []
    return found
