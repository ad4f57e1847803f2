"""How a document is shown: CDA by our own renderer, PDF and images in the page, text; and its bytes as an answer."""

import io
import struct
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils.safestring import mark_safe
from PIL import Image, UnidentifiedImageError

from carnet.apps.records.api import TYPES_OF_CDA, Content, Query, Seen, Visit, criteria, documents, read_in
from carnet.formats import cda
from carnet.kernel.refusal import No, Refusal
from carnet.pages.rows import Row

TEXT_SHOWN = 100_000
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; object-src 'self'; frame-ancestors 'self'"
"""Bytes of a document run nothing and fetch nothing, whatever they are."""
_SHOWN_AS_THEY_ARE = frozenset({"application/pdf", "image/jpeg", "image/png"})
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif", "text/plain": "txt",
            "application/rtf": "rtf", "text/rtf": "rtf"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """How a document is shown: `html` by the renderer, `text`, `pdf` or `image` by the browser, `none` to be downloaded."""

    kind: str
    html: str = ""
    text: str = ""


def body_of(mime: str, data: bytes) -> Body:
    """What of a document a page can show."""
    if mime in TYPES_OF_CDA:
        return _cda(data)
    if mime == "text/plain":
        return Body("text", text=data.decode("utf-8", "replace")[:TEXT_SHOWN])
    return Body("pdf" if mime == "application/pdf" else "image" if mime.startswith("image/") else "none")


def _cda(data: bytes) -> Body:
    try:
        inside = cda.attached(data)
        if inside is None:
            return Body("html", html=mark_safe(cda.render(data)))
    except cda.CdaError:
        return Body("none")
    return Body("none") if inside[0] in TYPES_OF_CDA else body_of(*inside)


def seen_document(visit: Visit, logical_id: UUID) -> Seen:
    """A document of this record that the reader sees. Raises Refusal `document-unknown`."""
    found = documents(visit, Query((criteria.by_logical_id([str(logical_id)]),), count=1)).items
    if not found:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found[0]


def body_in(visit: Visit, document: Row) -> Body:
    """How a document is shown. What a browser shows by itself is read when it asks for it, and decided then."""
    if document.mime in TYPES_OF_CDA or document.mime == "text/plain":
        return body_of(document.mime, read_in(visit, document.id).data)
    return body_of(document.mime, b"")


def _name(content: Content, number: UUID) -> str:
    return f"document-{number.hex[:8]}.{_ENDINGS.get(content.mime, 'xml')}"


def _as_png(data: bytes) -> bytes:
    """A TIFF as a browser shows it: its first page."""
    try:
        image = Image.open(io.BytesIO(data), formats=("TIFF",))
        out = io.BytesIO()
        image.convert("RGB").save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError):
        raise Refusal(No.DOCUMENT_MALFORMED) from None
    return out.getvalue()


def _inside(content: Content) -> tuple[str, bytes]:
    """The part of a document that a browser shows: of a CDA of level 1, what it carries."""
    if content.mime not in TYPES_OF_CDA:
        return content.mime, content.data
    try:
        return cda.attached(content.data) or (content.mime, content.data)
    except cda.CdaError:
        return content.mime, content.data


def bytes_answer(found: Content, number: UUID, download: bool) -> HttpResponse:
    """The bytes of a document, to be shown in a page or downloaded as they were deposited."""
    if download:
        response = HttpResponse(found.data, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{quote(_name(found, number))}"'
        return response
    mime, data = _inside(found)
    if mime == "image/tiff":
        mime, data = "image/png", _as_png(data)
    if mime not in _SHOWN_AS_THEY_ARE:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    response = HttpResponse(data, content_type=mime)
    response["Content-Security-Policy"] = _POLICY
    return response
