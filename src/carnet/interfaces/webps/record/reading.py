"""One document: CDA by our own renderer, PDF and images in the page, text; its neighbours, its acts, its bytes."""

import io
import struct
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from django.http import HttpResponse
from django.utils.safestring import mark_safe
from PIL import Image, UnidentifiedImageError

from carnet.apps.profile import api as profile
from carnet.apps.records import criteria
from carnet.apps.records.api import Content, Query, Seen, Visit, documents, read_content, read_in
from carnet.formats import cda
from carnet.interfaces.webps.door import Asked, signed_in
from carnet.interfaces.webps.handles import sought_of
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.interfaces.webps.record.rows import CDA, Row, possible, row
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

TEXT_SHOWN, SAME_TYPE = 100_000, 60
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
    if mime in CDA:
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
    return Body("none") if inside[0] in CDA else body_of(*inside)


def seen_document(visit: Visit, logical_id: UUID) -> Seen:
    """A document of this record that the reader sees. Raises Refusal `document-unknown`."""
    found = documents(visit, Query((criteria.by_logical_id([str(logical_id)]),), count=1)).items
    if not found:
        raise Refusal("document-unknown", "document-unknown")
    return found[0]


def body_in(visit: Visit, document: Row) -> Body:
    """How a document is shown. What a browser shows by itself is read when it asks for it, and decided then."""
    if document.mime in CDA or document.mime == "text/plain":
        return body_of(document.mime, read_in(visit, document.id).data)
    return body_of(document.mime, b"")


def _neighbours(visit: Visit, seen: Seen) -> Context:
    """The document of the same type before this one, which `c` compares it with."""
    query = Query((criteria.by_codes("type", [seen.facts.type_code]),), sort="date", count=SAME_TYPE)
    found = documents(visit, query).items
    ids = [d.logical_id for d in found]
    at = ids.index(seen.logical_id) if seen.logical_id in ids else len(ids)
    return {"earlier": row(found[at + 1]) if at + 1 < len(found) else None}


def _newer(visit: Visit, seen: Seen) -> Row | None:
    """What took the place of a document that was replaced, for a reader who sees it."""
    if not row(seen).replaced:
        return None
    found = documents(visit, Query((criteria.by_replaced(str(seen.logical_id)),), count=1)).items
    return row(found[0]) if found else None


@record_page("documents", "GET", detail="document")
def document(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """A document with its content: its reading is decided and journaled by itself (TD3.2)."""
    visit, seen = opened.visit, seen_document(opened.visit, number)
    doc = row(seen)
    context: Context = {
        "doc": doc, "body": body_in(visit, doc), "acts": possible(visit, seen), "newer": _newer(visit, seen),
    }  # fmt: skip
    return Shown("document", context | _neighbours(visit, seen))


def _name(content: Content, number: UUID) -> str:
    return f"document-{number.hex[:8]}.{_ENDINGS.get(content.mime, 'xml')}"


def _as_png(data: bytes) -> bytes:
    """A TIFF as a browser shows it: its first page."""
    try:
        image = Image.open(io.BytesIO(data), formats=("TIFF",))
        out = io.BytesIO()
        image.convert("RGB").save(out, "PNG")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError):
        raise Refusal("document-malformed", "document-malformed") from None
    return out.getvalue()


def _inside(content: Content) -> tuple[str, bytes]:
    """The part of a document that a browser shows: of a CDA of level 1, what it carries."""
    if content.mime not in CDA:
        return content.mime, content.data
    try:
        return cda.attached(content.data) or (content.mime, content.data)
    except cda.CdaError:
        return content.mime, content.data


@signed_in("GET")
def content(asked: Asked, handle: str, number: UUID) -> HttpResponse:
    """The bytes, to be shown in the page or downloaded as they were deposited."""
    sought = sought_of(handle, asked.actor)
    found = read_content(asked.about(sought, Act.READ), number)
    if "telecharger" in asked.request.GET:
        response = HttpResponse(found.data, content_type="application/octet-stream")
        response["Content-Disposition"] = f'attachment; filename="{quote(_name(found, number))}"'
        return response
    mime, data = _inside(found)
    if mime == "image/tiff":
        mime, data = "image/png", _as_png(data)
    if mime not in _SHOWN_AS_THEY_ARE:
        raise Refusal("document-unknown", "document-unknown")
    response = HttpResponse(data, content_type=mime)
    response["Content-Security-Policy"] = _POLICY
    return response


def _values(entries: list[profile.Entry], number: UUID) -> dict[tuple[str, str], profile.Entry]:
    return {(e.content.code or e.content.label, e.content.unit): e for e in entries if e.document_id == number}


def _paired(entries: list[profile.Entry], left: UUID, right: UUID) -> list[tuple[profile.Entry | None, profile.Entry | None]]:
    """Results of two documents, the same examination on one line."""
    a, b = _values(entries, left), _values(entries, right)
    return [(a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b])]


@record_page("resultats", "GET", detail="comparison", sections=("results",), most=profile.MOST)
def compare(opened: Opened) -> Shown | HttpResponse:
    """Two documents side by side: the older at the left, values of the same examination on one line."""
    get, visit = opened.asked.request.GET, opened.visit
    wanted = [w for w in (get.get("a", ""), get.get("b", "")) if w]
    found = documents(visit, Query((criteria.by_logical_id(wanted),), sort="date", ascending=True, count=2)).items
    rows = [row(d) for d in found]
    if len(rows) != 2:
        raise Refusal("document-unknown", "document-unknown")
    results = [e for e in opened.entries if e.section == "results"]
    context: Context = {
        "left": rows[0], "right": rows[1], "left_body": body_in(visit, rows[0]), "right_body": body_in(visit, rows[1]),
        "pairs": [(a, b, profile.out_of_bounds(a) if a else 0, profile.out_of_bounds(b) if b else 0)
                  for a, b in _paired(results, rows[0].id, rows[1].id)],
    }  # fmt: skip
    return Shown("compare", context)
