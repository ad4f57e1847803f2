"""What the portal proposes for a file that is to be deposited: read in its content, confirmed or changed by a person."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from django.conf import settings

from carnet.formats import codes
from carnet.formats.cda import CdaError, NotClinicalError, read_header
from carnet.formats.pdf import pdf_text
from carnet.formats.pictures import as_jpeg, is_heic
from carnet.kernel.actor import Actor
from carnet.kernel.refusal import Nature, No, Refusal
from carnet.kernel.traits import normalise_name

_MAGIC = (
    (b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"), (b"{\\rtf", "application/rtf"),
)  # fmt: skip
_WORDS = (
    ("ORDONNANCE", "57833-6"), ("PRESCRIPTION", "57833-6"), ("DISPENSATION", "60593-1"), ("DELIVRANCE", "60593-1"),
    ("BIOLOGIE", "11502-2"), ("LABORATOIRE", "11502-2"), ("IRM", "18748-4"), ("SCANNER", "18748-4"), ("RADIOGRAPHIE", "18748-4"),
    ("ECHOGRAPHIE", "18748-4"), ("VACCIN", "87273-9"), ("LETTRE DE LIAISON", "11490-0"), ("HOSPITALISATION", "34112-3"),
    ("CERTIFICAT", "89601-9"), ("SYNTHESE", "60591-5"), ("CONSULTATION", "11488-4"),
)  # fmt: skip
"""Words of a title or a first page, and the type that they mostly announce. The person decides."""
_OF_PROFESSION = {"21": "60593-1", "28": "57833-6"}
_DATE = re.compile(r"\b(\d{2})/(\d{2})/(\d{4})\b")
_LATER_IS_WRONG = 400
"""Characters of a text in which its own date is looked for: further on, a date is that of something told."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a file. A CDA says it itself: `fixed`."""

    name: str
    mime: str
    title: str
    type_code: str
    date: str
    fixed: bool = False
    problem: str = ""
    converted: bool = False
    """Whether it came as a photograph of a telephone and is deposited as JPEG."""


_OF_FILES = frozenset({No.MESSAGE_TOO_LARGE, No.MESSAGE_ATTACHMENT_REFUSED})


def field_of(refusal: Refusal) -> str:
    """The field of a message's form that a refusal is about: what is joined to it, or its words."""
    return "fichiers" if refusal.code in _OF_FILES or refusal.code.nature is Nature.DOCUMENT else "texte"


_WORD_PROCESSORS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""Beginnings of DOCX and ODT, and of the older DOC."""


def taken(data: bytes) -> bytes:
    """A file as it is deposited: a photograph of a telephone as JPEG, anything else as it came."""
    return (as_jpeg(data) or data) if is_heic(data) else data


def mime_of(data: bytes) -> str:
    """The media type that the bytes are; empty for one that is not admitted."""
    for start, mime in _MAGIC:
        if data.startswith(start):
            return mime
    head = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:200]
    if head.startswith(b"<"):
        return "text/xml"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "" if b"\x00" in data or not data.strip() else "text/plain"


def _type(text: str, actor: Actor) -> str:
    words = normalise_name(text)
    found = next((code for word, code in _WORDS if word in words and codes.member("type_codes", code)), "")
    profession = actor.situation.profession
    return found or _OF_PROFESSION.get(profession.code if profession else "", "11488-4")


def _date(text: str, on: date) -> str:
    for day, month, year in _DATE.findall(text[:_LATER_IS_WRONG]):
        try:
            found = date(int(year), int(month), int(day))
        except ValueError:
            continue
        if date(1900, 1, 1) < found <= on:
            return found.isoformat()
    return on.isoformat()


def _stem(name: str) -> str:
    return re.sub(r"[_-]+", " ", PurePath(name.replace("\\", "/")).stem).strip()[:120] or "Document"


def _of_cda(name: str, data: bytes) -> Proposal:
    try:
        header = read_header(data)
    except NotClinicalError:
        return Proposal(name, "text/xml", "", "", "", True, No.DOCUMENT_NOT_CLINICAL)
    except CdaError:
        return Proposal(name, "text/xml", "", "", "", True, No.DOCUMENT_MALFORMED)
    whole = len(dict(header.times_stated).get("creationTime", "20261129")) == len("20261129")
    when = settings.LAW.day(header.effective_time).isoformat() if header.effective_time and whole else ""
    return Proposal(name, "text/xml", header.title or header.type.display, header.type.code, when, True)


def propose(name: str, data: bytes, actor: Actor, on: date) -> Proposal:
    """What to propose for a file."""
    if not data.strip():
        return Proposal(name, "", "", "", "", True, No.DOCUMENT_MALFORMED)
    mime = mime_of(data)
    if not mime:
        known = data.startswith(_WORD_PROCESSORS)
        return Proposal(name, "", "", "", "", True, No.DOCUMENT_TO_CONVERT if known else No.DOCUMENT_MEDIA_REFUSED)
    if mime == "text/xml":
        return _of_cda(name, data)
    text = pdf_text(data) if mime == "application/pdf" else data.decode("utf-8", "replace") if mime == "text/plain" else ""
    first = next((line.strip() for line in text.splitlines() if len(line.strip()) > 3), "")
    title = first[:120] if first else _stem(name)
    converted = mime == "image/jpeg" and name.lower().endswith((".heic", ".heif"))
    type_code = _type(f"{title}\n{_stem(name)}\n{text[:_LATER_IS_WRONG]}", actor)
    return Proposal(name, mime, title, type_code, _date(text, on), converted=converted)
