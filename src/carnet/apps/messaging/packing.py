"""What a mail carries, taken apart: an archive XDM into its documents, each matched with the person; anything else as it came."""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from uuid import UUID

from carnet.apps.identity import api as identity
from carnet.apps.messaging.inside import Room, files_inside
from carnet.apps.messaging.keeping import Piece
from carnet.apps.records.api import Visit, judged, withheld
from carnet.formats.cda import CdaError, patients_named, read_header
from carnet.formats.mss import Attachment
from carnet.formats.xdm import XdmError, read_xdm
from carnet.formats.xds import DocumentEntry
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import IdentifierError
from carnet.kernel.ins import BEFORE_INS, INS_ROOT, Ins, InsError
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


def is_archive(name: str, content: bytes) -> bool:
    """Whether a file is an XDM: by what is in it, whatever it is called; and one that is called so has to be one."""
    called = PurePath(name).stem.upper().startswith("IHE_XDM")
    if not content.startswith(b"PK"):
        # Shown as a file it would be nothing, and as an archive it says what it should hold: its sender is told.
        return called and PurePath(name).suffix.lower() == ".zip"
    if called:
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.upper().startswith("IHE_XDM/") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError):
        return b"IHE_XDM/" in content.upper()


def entries_of(archive: bytes) -> list[tuple[DocumentEntry, bytes]]:
    """The documents of an archive with their metadata. Raises Refusal `document-xdm-unreadable`."""
    try:
        return [pair for provided in read_xdm(archive) for pair in provided.documents]
    except XdmError as error:
        raise Refusal(No.DOCUMENT_XDM_UNREADABLE, {"problem": str(error)}) from None


def _prove(visit: Visit, content: bytes) -> bool:
    """Prove that a document is of the person of the record, before anything else is looked at. Returns whether it is a CDA.

    Raises Refusal `document-patient-mismatch` for a CDA that names somebody else, nobody, or cannot be read: a document that may be
    another person's is shown to nobody.
    """
    named = patients_named(content)
    if named is None:
        return False
    found = [_record_of(visit, root, value) for root, value in named if root.startswith(INS_ROOT) and root not in BEFORE_INS]
    if not found or any(one != visit.record_id for one in found):
        raise Refusal(No.DOCUMENT_PATIENT_MISMATCH)
    return True


def _record_of(visit: Visit, system: str, value: str) -> UUID | None:
    try:
        return identity.find(Ins.of(value, system), visit.work)
    except (InsError, IdentifierError):
        return None


def _problem(visit: Visit, entry: DocumentEntry, content: bytes) -> str:
    """Why the record would not take a document in; empty when it would. Raises Refusal for one of another person."""
    try:
        judged(visit, entry, content)
    except Refusal as refusal:
        if refusal.code in _OTHERS:
            raise
        return refusal.code
    return ""


def _documents(visit: Visit, archive: bytes, within: int) -> tuple[list[Piece], bool, list[str]]:
    found, secret, named = [], False, []
    for number, (entry, content) in enumerate(entries_of(archive), start=1):
        labels = {c.code for c in entry.confidentiality}
        if _record_of(visit, *entry.patient) != visit.record_id:
            raise Refusal(No.DOCUMENT_PATIENT_MISMATCH)
        _prove(visit, content)
        if HIDDEN_FROM_PATIENT in labels:
            raise Refusal(No.MESSAGE_NOT_ANNOUNCED)
        secret = secret or HIDDEN_FROM_REPRESENTATIVES in labels
        title = entry.title or entry.type.display or entry.type.code
        named.append(entry.unique_id)
        found.append(Piece(f"document-{number}", entry.mime, content, title, within, _problem(visit, entry, content)))
    return found, secret, named


def check_withheld(visit: Visit, pieces: Sequence[Piece], named: Sequence[str] = ()) -> bool:
    """Whether one of these files is a document that the record keeps from the representatives of a minor.

    Raises Refusal `message-not-announced` for one that it keeps from the person: a message is no way around.
    """
    from_person, from_representatives = withheld(visit, [piece.content for piece in pieces], named)
    if from_person:
        raise Refusal(No.MESSAGE_NOT_ANNOUNCED)
    return from_representatives


def check_sent(visit: Visit, pieces: Sequence[Piece]) -> bool:
    """The same for what a professional sends, after every CDA is proved to be of the person: a secret message deposits nothing, and
    nothing else would look at whose it is. Raises Refusal."""
    for piece in pieces:
        _prove(visit, piece.content)
    return check_withheld(visit, pieces)


def _title(content: bytes) -> str:
    try:
        header = read_header(content)
    except CdaError:
        return ""
    return header.title or header.type.display


def unpacked(visit: Visit, attachments: tuple[Attachment, ...]) -> Unpacked:
    """Take the files of a mail apart. Raises Refusal when one of them is another person's, or cannot be what it says."""
    pieces: list[Piece] = []
    secret, names, within, room = False, list[str](), list[Piece](), Room()
    for number, one in enumerate(attachments, start=1):
        name = one.name or f"piece-{number}"
        piece = Piece(name, media_of(name, one.mime), one.content)
        if _prove(visit, one.content):
            problem = _problem(visit, DocumentEntry(mime="text/xml"), one.content)
            piece = replace(piece, mime="text/xml", title=_title(one.content), problem=problem)
        elif piece.mime == "text/xml":
            piece = replace(piece, problem=No.DOCUMENT_NOT_CLINICAL)
        archive = is_archive(name, one.content)
        pieces.append(replace(piece, mime=ZIP) if archive else piece)
        if archive:
            found, hidden, named = _documents(visit, one.content, len(pieces) - 1)
            pieces, secret, names = pieces + found, secret or hidden, names + named
        else:
            within += _looked_into(visit, one, room)
    return Unpacked(tuple(pieces), check_withheld(visit, pieces + within, names) or secret)


def _looked_into(visit: Visit, one: Attachment, room: Room) -> list[Piece]:
    """What a plain archive or a forwarded mail holds, proved to be nobody else's as a file beside it would be."""
    found = [Piece("", "", content) for content in files_inside(one.content, one.mime, room)]
    for piece in found:
        _prove(visit, piece.content)
    return found
