"""How a document is shown: CDA by our own renderer, PDF and images in the page, text; and its bytes as an answer."""

import unicodedata
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.utils.safestring import mark_safe

from carnet.apps.access.api import veil_of
from carnet.apps.records.api import TYPES_OF_CDA, Content, Query, Seen, Visit, criteria, documents, read_in
from carnet.formats import cda
from carnet.formats.apart import NotOpenedError
from carnet.formats.pictures import tiff_page, tiff_pages
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.pages.civil import number_of
from carnet.pages.rows import Row

TEXT_SHOWN = 100_000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; object-src 'self'; frame-ancestors 'self'"
"""Bytes of a document run nothing and fetch nothing, whatever they are."""
_SHOWN_AS_THEY_ARE = frozenset({"application/pdf", "image/jpeg", "image/png"})
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif", "text/plain": "txt",
            "application/rtf": "rtf", "text/rtf": "rtf"}  # fmt: skip


PAGES, MOST_PAGES = 50, 9999
"""Pages of a scan that one screen shows; the rest is told, and downloaded."""
KINDS = {"application/pdf": "PDF", "application/rtf": "RTF", "text/rtf": "RTF", "image/jpeg": "JPEG", "image/png": "PNG",
         "image/tiff": "TIFF", "text/plain": "texte"}  # fmt: skip
NAMED = KINDS | dict.fromkeys(TYPES_OF_CDA, "document structuré")
"""How a list of files names what each is."""


@dataclass(frozen=True, slots=True)
class Body:
    """How a document is shown: `html` by the renderer, `text`, `pdf` or `image` by the browser, `none` to be downloaded,
    `undrawn` for an image that cannot be drawn here."""

    kind: str
    html: str = ""
    text: str = ""
    count: int = 1
    """Pages of a scan."""
    carries: str = ""
    """What a CDA of level 1 is wrapped around, as people call it; empty for any other document."""
    deceased: cda.Deceased | None = None
    """What a CDA says of a death of its patient."""

    @property
    def pages(self) -> list[int]:
        """Numbers of the pages that are shown, from 1."""
        return list(range(1, min(self.count, PAGES) + 1))


def body_of(mime: str, data: bytes, files: str = "") -> Body:
    """What of a document a page can show. `files` is where its own files open."""
    if mime in TYPES_OF_CDA:
        return _cda(data, files)
    if mime == "text/plain":
        return Body("text", text=cda.as_text(data)[:TEXT_SHOWN])
    if mime == "image/tiff":
        pages = tiff_pages(data)
        return Body("image", count=pages) if pages else Body("undrawn")
    return Body("pdf" if mime == "application/pdf" else "image" if mime.startswith("image/") else "none")


def _cda(data: bytes, files: str) -> Body:
    try:
        inside, deceased = cda.attached(data), cda.deceased(data)
        if inside is None:
            return Body("html", html=mark_safe(cda.render(data, files)), deceased=deceased)
    except cda.CdaError:
        return Body("none")
    if inside.mime in TYPES_OF_CDA:
        return Body("none", deceased=deceased)
    return replace(body_of(inside.mime, inside.data), carries=KINDS.get(inside.mime, inside.mime), deceased=deceased)


def seen_document(visit: Visit, logical_id: UUID) -> Seen:
    """A document of this record that the reader sees. Raises Refusal `document-unknown`."""
    found = documents(visit, Query((criteria.by_logical_id([str(logical_id)]),), count=1)).items
    if not found:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    visit.line.veil = veil_of(found[0].facts)
    return found[0]


def body_in(visit: Visit, document: Row, files: str) -> Body:
    """How a document is shown. What a browser shows by itself is read when it asks for it, and decided then."""
    if document.mime in TYPES_OF_CDA or document.mime in ("text/plain", "image/tiff"):
        return body_of(document.mime, read_in(visit, document.id).data, files)
    return body_of(document.mime, b"")


def _name(mime: str, number: UUID) -> str:
    return f"document-{number.hex[:8]}.{_ENDINGS.get(mime, 'xml' if mime in TYPES_OF_CDA else 'bin')}"


def _as_png(data: bytes, page: int) -> bytes:
    """One page of a TIFF as a browser shows it."""
    try:
        return tiff_page(data, page)
    except NotOpenedError:
        raise Refusal(No.DOCUMENT_MALFORMED) from None


def _inside(content: Content) -> tuple[str, bytes]:
    """The part of a document that a person reads: of a CDA of level 1, what it carries."""
    if content.mime not in TYPES_OF_CDA:
        return content.mime, content.data
    try:
        found = cda.attached(content.data)
    except cda.CdaError:
        found = None
    return (found.mime, found.data) if found else (content.mime, content.data)


def _piece(content: Content, name: str) -> tuple[str, bytes]:
    """A file inside a structured document. Raises Refusal for one that is not there."""
    try:
        found = cda.inside(content.data, name) if content.mime in TYPES_OF_CDA else None
    except cda.CdaError:
        found = None
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found.mime, found.data


_HARMLESS = frozenset(
    ("csv", "dcm", "doc", "docx", "eml", "gif", "hpr", "ics", "jpeg", "jpg", "odp", "ods", "odt", "pdf", "png", "ppt", "pptx",
     "rtf", "tif", "tiff", "txt", "vcf", "webp", "xls", "xlsx", "xml", "zip")
)  # fmt: skip
"""What a file that somebody else named may be called at its end: no system runs these."""


def _own(name: str) -> str:
    """The name that its sender gave to a file, without its folder and without signs that nobody sees: one turns the text around."""
    plain = PurePath(name.replace("\\", "/")).name
    own = "".join(sign for sign in plain if unicodedata.category(sign) not in ("Cc", "Cf"))
    return own if "." not in own or PurePath(own.strip()).suffix.lower()[1:] in _HARMLESS else f"{own}.bin"


def bytes_answer(found: Content, number: UUID, get: QueryDict, name: str = "") -> HttpResponse:
    """The bytes of a document, to be shown in a page or downloaded: what it carries, or the original as it was deposited.

    `name` is the one that its sender gave to a file that is downloaded as it came.
    """
    mime, data = (found.mime, found.data) if "original" in get else _inside(found)
    if piece := get.get("piece"):
        mime, data = _piece(found, piece)
    if "telecharger" in get or "original" in get:
        response = HttpResponse(data, content_type="application/octet-stream")
        own = _own(name) if name and data is found.data else ""
        called = f"filename*=UTF-8''{quote(own)}" if "." in own else f'filename="{quote(_name(mime, number))}"'
        response["Content-Disposition"] = f"attachment; {called}"
        return response
    if mime == "image/tiff":
        mime, data = "image/png", _as_png(data, number_of(get.get("page", "1"), MOST_PAGES) or 1)
    if mime not in _SHOWN_AS_THEY_ARE:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    response = HttpResponse(data, content_type=mime)
    response["Content-Security-Policy"] = _POLICY
    return response
