"""Media types of documents: which are admitted, and whether the bytes are what they are said to be."""

import codecs

from carnet.formats import codes
from carnet.formats.cda import CdaHeader, attached
from carnet.formats.pdf import is_locked
from carnet.formats.xds import Coding
from carnet.kernel.refusal import No, Refusal

TYPES_OF_CDA = frozenset(
    {"text/xml", "application/xml", "application/hl7-v3+xml", "application/hl7-cda+xml", "application/xslt+xml"}
)
"""The last is a self-presenting document: a stylesheet around a CDA. Bytes are kept as they came; no stylesheet is ever run."""
PDF = "application/pdf"
_MAGIC = {
    "application/pdf": (b"%PDF-",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/tiff": (b"II*\x00", b"MM\x00*"),
    "application/rtf": (b"{\\rtf",),
    "text/rtf": (b"{\\rtf",),
}
_END = {"application/pdf": b"%%EOF", "image/jpeg": b"\xff\xd9", "image/png": b"IEND"}
"""What the last kilobyte of a whole file holds: a truncated one lacks it."""
_FORMAT = {
    "application/pdf": "urn:ihe:iti:xds-sd:pdf:2008",
    "text/plain": "urn:ihe:iti:xds-sd:text:2008",
    "image/jpeg": "urn:ihe:iti-fr:xds-sd:jpeg:2010",
    "image/tiff": "urn:ihe:iti-fr:xds-sd:tiff:2010",
    "application/rtf": "urn:ihe:iti-fr:xds-sd:rtf:2010",
    "text/rtf": "urn:ihe:iti-fr:xds-sd:rtf:2010",
}
_TO_CONVERT = frozenset({
    "application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.text",
})  # fmt: skip
_OTHER_FORMAT = "urn:asipSante:modelesHorsProfils:2011"
_FORMAT_OF_TYPE = {
    "11502-2": "urn:ihe:lab:xd-lab:2008",
    "60591-5": "urn:ihe:pcc:ips:2020",
    "11369-6": "urn:asip:ci-sis:vac:2019",
    "87273-9": "urn:asip:ci-sis:vac-note:2021",
    "57833-6": "urn:ihe:pharm:pre:2010",
    "60593-1": "urn:ihe:pharm:dis:2010",
}


def _malformed(problem: str) -> Refusal:
    return Refusal(No.DOCUMENT_MALFORMED, {"problem": problem})


def _check_text(content: bytes) -> None:
    try:
        codecs.decode(content, "utf-8")
    except UnicodeDecodeError:
        raise _malformed("text that is not UTF-8") from None
    if b"\x00" in content:
        raise _malformed("text with binary characters")


def check_media(declared: str, content: bytes) -> str:
    """Return the media type of the document. Raises Refusal when it is not admitted or the bytes are something else."""
    if declared in TYPES_OF_CDA:
        return declared
    if declared == "text/plain":
        _check_text(content)
        return declared
    if declared in _TO_CONVERT:
        raise Refusal(No.DOCUMENT_TO_CONVERT)
    if declared not in _MAGIC:
        raise Refusal(No.DOCUMENT_MEDIA_REFUSED, {"media": declared[:80]})
    # A reader of PDF looks for the header in the first kilobyte (ISO 32000-1 annex H.3.4.1); other formats begin at once.
    begins = content[:1024] if declared == PDF else content
    if not any(mark in begins if declared == PDF else begins.startswith(mark) for mark in _MAGIC[declared]):
        raise _malformed(f"the bytes are not {declared}")
    # What stands behind the end (line ends, zeros of a block) hides it from no reader.
    if declared in _END and _END[declared] not in content.rstrip(b"\x00 \r\n\t")[-1024:]:
        raise _malformed(f"the end of the {declared} is missing")
    if declared == PDF and is_locked(content):
        raise _malformed("the PDF is locked by a password: nobody could open it")
    return declared


def check_inside(content: bytes) -> None:
    """A body of level 1 is what its media type says, as a document of its own would be. Raises Refusal or CdaError."""
    found = attached(content)
    if found is None:
        return
    if found.mime in TYPES_OF_CDA:
        raise Refusal(No.DOCUMENT_MEDIA_REFUSED, {"media": found.mime[:80]})
    if found.mime == "text/plain":
        if b"\x00" in found.data:
            raise _malformed("text with binary characters")
        return
    check_media(found.mime, found.data)


def format_of(mime: str, header: CdaHeader | None) -> Coding:
    """The formatCode that a media type, or the type of a CDA, means."""
    code = _FORMAT.get(mime, _OTHER_FORMAT)
    if header is not None:
        body = _FORMAT.get(header.body_mime, _OTHER_FORMAT)
        code = _FORMAT_OF_TYPE.get(header.type.code, _OTHER_FORMAT) if header.structured else body
    found = codes.member("format_codes", code)
    return Coding(code, found.system if found else "", found.label if found else "")
