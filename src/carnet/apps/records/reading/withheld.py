"""Whether bytes that reach a person another way than by their record are of a document that the record keeps from somebody."""

from collections.abc import Sequence

from carnet.apps.records.reading.visit import Visit
from carnet.formats.cda import CdaError, read_header
from carnet.kernel.identifiers import DocumentId, IdentifierError


def _unique_id(content: bytes) -> str:
    """The uniqueId that a CDA states, as the record keeps it; empty for what is none."""
    try:
        value = DocumentId(read_header(content).unique_id).value
    except (CdaError, IdentifierError):
        return ""
    return value.lower() if value.startswith("urn:uuid:") else value


def withheld(visit: Visit, contents: Sequence[bytes], unique_ids: Sequence[str] = ()) -> tuple[bool, bool]:
    """Whether the record keeps one of these documents from the person until it is announced (R.1111-53 CSP), and whether it keeps
    one from the representatives of a minor: by its bytes, or by the uniqueId that it states or that is given for it."""
    if not contents and not unique_ids:
        return False, False
    named = [name for name in (*unique_ids, *(_unique_id(content) for content in contents)) if name]
    row = visit.work.row(
        """SELECT coalesce(bool_or(hidden_from_patient), false), coalesce(bool_or(hidden_from_representatives), false)
        FROM records_document WHERE record_id = %s AND status <> 'Deleted' AND (unique_id = ANY(%s) OR address = ANY(%s))""",
        visit.record_id, named, [visit.key.address(content) for content in contents],
    )  # fmt: skip
    return (bool(row[0]), bool(row[1])) if row else (False, False)
