"""What a CDA carries in other formats: the body of a document of level 1, and the files inside a structured one.

An ED (HL7 v3 data types) is text, or Base64, perhaps deflated; one by reference holds nothing here.
"""

import base64
import binascii
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from carnet.formats.cda.header import NS, CdaError, parse_document
from carnet.formats.cda.words import words

_CHARSETS = {
    "utf-8": "utf-8-sig", "utf8": "utf-8-sig", "us-ascii": "ascii", "ascii": "ascii",
    "iso-8859-1": "iso-8859-1", "latin1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15", "windows-1252": "cp1252", "cp1252": "cp1252", "utf-16": "utf-16",
}  # fmt: skip
"""Charsets of the field: Python knows codecs that are no charset."""
LARGEST = 40_000_000
"""Bytes that a deflated body may grow to: twice what a deposit may be."""
_SPACE = re.compile(rb"\s+")
_DEFLATED = {"DF": -zlib.MAX_WBITS, "ZL": zlib.MAX_WBITS, "GZ": zlib.MAX_WBITS | 16}


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that a document carries: its media type, its bytes, the id by which the narrative calls it."""

    mime: str
    data: bytes
    id: str = ""


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(_SPACE.sub(b"", text.encode("ascii")), validate=True)
    except (binascii.Error, ValueError):
        raise CdaError("the body is not Base64") from None


def _is_base64(text: str) -> bool:
    """Whether a text that does not say so is Base64: many kits leave the attribute out of images."""
    try:
        return bool(_base64(text))
    except CdaError:
        return False


def _inflated(data: bytes, compression: str) -> bytes:
    if compression not in _DEFLATED:
        raise CdaError("a compression that is not read here")
    reader = zlib.decompressobj(_DEFLATED[compression])
    try:
        found = reader.decompress(data, LARGEST)
    except zlib.error:
        raise CdaError("the body does not inflate") from None
    if reader.unconsumed_tail:
        raise CdaError("the body inflates beyond what a document may be")
    if not reader.eof or reader.unused_data:
        raise CdaError("the body is cut, or holds more than one file")
    return found


def _text(text: str) -> bytes:
    return text.strip().encode()


def _encoded(node: etree._Element) -> Attached:
    """An ED as a file. Raises CdaError for one that holds nothing that can be read."""
    mime = (node.get("mediaType") or "text/plain").partition(";")[0].strip().lower()
    # Its own text: a thumbnail or a reference beside it is another thing.
    text = "".join([node.text or "", *(inner.tail or "" for inner in node)])
    if not text.strip():
        by_reference = node.find("h:reference", NS) is not None
        raise CdaError("the body is only referred to: nothing of it is here" if by_reference else "the body is empty")
    if node.get("representation") != "B64" and (mime.startswith("text/") or not _is_base64(text)):
        return Attached(mime, _text(text))
    data = _base64(text)
    if node.get("compression"):
        data = _inflated(data, node.get("compression", ""))
    return Attached(mime, _decoded(data, node.get("charset")) if mime == "text/plain" and node.get("charset") else data)


def _decoded(data: bytes, charset: str | None) -> bytes:
    """A text in the charset that it declares, as UTF-8."""
    known = (charset or "utf-8").strip().lower()
    try:
        return data.decode(_CHARSETS[known]).encode()
    except (KeyError, UnicodeDecodeError):
        raise CdaError("the body is not in the charset that it declares") from None


def attached(content: bytes) -> Attached | None:
    """What a body of level 1 carries. None for a structured body. Raises CdaError."""
    node = parse_document(content).find("h:component/h:nonXMLBody/h:text", NS)
    return _encoded(node) if node is not None else None


def media_of(root: etree._Element) -> dict[str, etree._Element]:
    """The files of a structured body by the id that the narrative calls."""
    found = enumerate(root.iter("{urn:hl7-org:v3}observationMedia"), start=1)
    return {n.get("ID") or f"piece-{number}": n for number, n in found}


def file_of(root: etree._Element, name: str) -> Attached | None:
    """A file inside a structured body; None for one that is not there or cannot be read."""
    media = media_of(root).get(name)
    value = media.find("h:value", NS) if media is not None else None
    try:
        found = _encoded(value) if value is not None else None
    except CdaError:
        return None
    return Attached(found.mime, found.data, name) if found else None


def all_files(content: bytes) -> list[bytes]:
    """Every file that a document carries, as a reader may take it out: the body of level 1, or the files of a structured one.

    Raises CdaError for what is no CDA, and for a body of level 1 that cannot be read.
    """
    root = parse_document(content)
    node = root.find("h:component/h:nonXMLBody/h:text", NS)
    if node is not None:
        return [_encoded(node).data]
    return [found.data for name in media_of(root) if (found := file_of(root, name)) is not None]


def inside(content: bytes, name: str) -> Attached | None:
    """A file inside a structured document by its id. Raises CdaError."""
    return file_of(parse_document(content), name)


def caption_of(media: etree._Element) -> str:
    """The caption that stands beside a call of a file."""
    return words(media.find("h:caption", NS))


def as_text(data: bytes) -> str:
    """A text of level 1: UTF-8, else Windows-1252, which typed notes of the field still are."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
