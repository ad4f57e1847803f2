"""Whether bytes that reach a person another way than by their record are of a document that the record keeps from somebody."""

from collections.abc import Sequence
from hashlib import sha256

from carnet.apps.records.media import TYPES_OF_CDA
from carnet.apps.records.reading.visit import Visit
from carnet.apps.storage.api import BlobMissingError, get
from carnet.formats.cda import CdaError, all_files, attached, read_header
from carnet.kernel.identifiers import DocumentId, IdentifierError


def _unique_id(content: bytes) -> str:
    """The uniqueId that a CDA states, as the record keeps it; empty for what is none."""
    try:
        value = DocumentId(read_header(content).unique_id).value
    except (CdaError, IdentifierError):
        return ""
    return value.lower() if value.startswith("urn:uuid:") else value


def _body(content: bytes) -> list[bytes]:
    """What a CDA of level 1 is wrapped around; nothing for anything else. A picture inside a structured one may stand in many."""
    try:
        found = attached(content)
    except CdaError:
        return []
    return [found.data] if found else []


LONGEST_TEXT = 2_000_000
"""Bytes of a text that is looked for in other spellings; nobody writes a longer one."""


def _spellings(content: bytes) -> list[bytes]:
    """The same bytes; and of a text, its lines with the ends that a mail or a browser may give them, the plainest form last."""
    if len(content) > LONGEST_TEXT or b"\x00" in content or content.startswith(b"%PDF"):
        return [content]
    lines = content.replace(b"\r\n", b"\n").rstrip(b"\n")
    return [content, *(text.replace(b"\n", end) for end in (b"\r\n", b"\n") for text in (lines + b"\n", lines))]


def _digest(content: bytes) -> bytes:
    return sha256(_spellings(content)[-1]).digest()


MOST = 500
"""Documents that a record keeps from somebody whose content is looked into."""


def _inside(visit: Visit, digests: frozenset[bytes]) -> tuple[bool, bool]:
    """The same by what the documents that are kept from somebody carry: the PDF of a level 1 is downloaded as a PDF, a picture of a
    structured one as a picture."""
    rows = visit.work.rows(
        """SELECT address, hidden_from_patient, hidden_from_representatives FROM records_document WHERE record_id = %s
        AND status <> 'Deleted' AND mime = ANY(%s) AND (hidden_from_patient OR hidden_from_representatives) LIMIT %s""",
        visit.record_id, sorted(TYPES_OF_CDA), MOST,
    )  # fmt: skip
    held = [False, False]
    for address, *kept in rows:
        try:
            carried = all_files(get(visit.key, address))
        except (BlobMissingError, CdaError):
            continue
        if any(_digest(one) in digests for one in carried):
            held = [before or bool(now) for before, now in zip(held, kept, strict=True)]
    return held[0], held[1]


def withheld(visit: Visit, contents: Sequence[bytes], unique_ids: Sequence[str] = ()) -> tuple[bool, bool]:
    """Whether the record keeps one of these documents from the person until it is announced (R.1111-53 CSP), and whether it keeps
    one from the representatives of a minor: by its bytes, or by the uniqueId that it states or that is given for it."""
    if not contents and not unique_ids:
        return False, False
    contents = [*contents, *(inner for content in contents for inner in _body(content))]
    named = [name for name in (*unique_ids, *(_unique_id(content) for content in contents)) if name]
    row = visit.work.row(
        """SELECT coalesce(bool_or(hidden_from_patient), false), coalesce(bool_or(hidden_from_representatives), false)
        FROM records_document WHERE record_id = %s AND status <> 'Deleted' AND (unique_id = ANY(%s) OR address = ANY(%s))""",
        visit.record_id, named, [visit.key.address(spelled) for content in contents for spelled in _spellings(content)],
    )  # fmt: skip
    inside = _inside(visit, frozenset(_digest(content) for content in contents))
    return (bool(row[0]) or inside[0], bool(row[1]) or inside[1]) if row else inside
