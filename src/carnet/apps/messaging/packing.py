"""What a mail carries, taken apart: an archive XDM into its documents, each matched with the person; anything else as it came."""

from dataclasses import dataclass, replace
from pathlib import PurePath

from carnet.apps.messaging.keeping import Piece
from carnet.apps.records.api import Visit, judged
from carnet.formats.cda import CdaError, read_header
from carnet.formats.mss import Attachment
from carnet.formats.xdm import XdmError, read_xdm
from carnet.formats.xds import DocumentEntry
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES
from carnet.kernel.refusal import No, Refusal

ZIP = "application/zip"
_OTHERS = frozenset({No.DOCUMENT_PATIENT_MISMATCH, No.INS_MISMATCH, No.INS_MALFORMED, No.INS_OID_REFUSED})
"""Refusals that mean: this document may be another person's."""
_TYPES = {"pdf": "application/pdf", "xml": "text/xml", "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png",
          "tif": "image/tiff", "tiff": "image/tiff", "txt": "text/plain", "rtf": "application/rtf", "zip": ZIP}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The files of a mail, and whether a document among them is hidden from the representatives of a minor."""

    pieces: tuple[Piece, ...] = ()
    secret: bool = False


def media_of(name: str, declared: str) -> str:
    """The media type of a file: mail programs declare `octet-stream` for half of what they send, so the ending counts then."""
    guessed = _TYPES.get(PurePath(name).suffix.lower().lstrip("."), "")
    return guessed if declared in ("application/octet-stream", "application/x-zip-compressed", "") and guessed else declared


def is_archive(name: str, mime: str) -> bool:
    """Whether a file is an XDM: by its name, whatever its case, as the convention names it."""
    return mime == ZIP and PurePath(name).stem.upper().startswith("IHE_XDM")


def entries_of(archive: bytes) -> list[tuple[DocumentEntry, bytes]]:
    """The documents of an archive with their metadata. Raises Refusal `document-xdm-unreadable`."""
    try:
        return [pair for provided in read_xdm(archive) for pair in provided.documents]
    except XdmError as error:
        raise Refusal(No.DOCUMENT_XDM_UNREADABLE, {"problem": str(error)}) from None


def _problem(visit: Visit, entry: DocumentEntry, content: bytes) -> str:
    """Why the record would not take a document in; empty when it would. Raises Refusal for one of somebody else, or unannounced."""
    labels = {c.code for c in entry.confidentiality}
    if HIDDEN_FROM_PATIENT in labels:
        raise Refusal(No.MESSAGE_NOT_ANNOUNCED)
    if not entry.patient[1] and entry.mime != "text/xml":
        raise Refusal(No.DOCUMENT_PATIENT_MISMATCH, {"problem": "a document of nobody"})
    try:
        judged(visit, entry, content)
    except Refusal as refusal:
        if refusal.code in _OTHERS:
            raise
        return refusal.code
    return ""


def _documents(visit: Visit, archive: bytes, within: int) -> tuple[list[Piece], bool]:
    found, secret = [], False
    for number, (entry, content) in enumerate(entries_of(archive), start=1):
        problem = _problem(visit, entry, content)
        secret = secret or HIDDEN_FROM_REPRESENTATIVES in {c.code for c in entry.confidentiality}
        title = entry.title or entry.type.display or entry.type.code
        found.append(Piece(f"document-{number}", entry.mime, content, title, within, problem))
    return found, secret


def _cda(visit: Visit, content: bytes) -> tuple[str, str]:
    """Title of a CDA that came without metadata, and why the record would not take it in. Other XML is only a file."""
    try:
        header = read_header(content)
    except CdaError:
        return "", No.DOCUMENT_MALFORMED
    return header.title or header.type.display, _problem(visit, DocumentEntry(mime="text/xml"), content)


def unpacked(visit: Visit, attachments: tuple[Attachment, ...]) -> Unpacked:
    """Take the files of a mail apart. Raises Refusal when one of them is another person's, or cannot be what it says."""
    pieces: list[Piece] = []
    secret = False
    for number, one in enumerate(attachments, start=1):
        name = one.name or f"piece-{number}"
        piece = Piece(name, media_of(name, one.mime), one.content)
        if piece.mime == "text/xml":
            title, problem = _cda(visit, one.content)
            piece = replace(piece, title=title, problem=problem)
        pieces.append(piece)
        if is_archive(name, piece.mime):
            found, hidden = _documents(visit, one.content, len(pieces) - 1)
            pieces, secret = pieces + found, secret or hidden
    return Unpacked(tuple(pieces), secret)
