"""What is stored of a record, asked of the tables: for tests of what a door did."""

import json
from uuid import UUID

from carnet.apps.storage.api import get, key_of, unit
from carnet.formats.fhir import read_stored
from carnet.formats.packing import unpacked
from carnet.formats.xds import DocumentEntry
from support.roles import as_role

_COLUMNS = {
    "MASQUE_PS": "masked",
    "INVISIBLE_PATIENT": "hidden_from_patient",
    "INVISIBLE_REP_LEGAUX": "hidden_from_representatives",
}


def statuses_of(record_id: UUID) -> dict[str, str]:
    """Status of each document by its uniqueId."""
    with unit(record_id) as work:
        return dict(work.rows("SELECT unique_id, status FROM records_document WHERE record_id = %s", record_id))


def labels_of(record_id: UUID, unique_id: str) -> set[str]:
    """Visibility codes of a document."""
    columns = ", ".join(_COLUMNS.values())
    with unit(record_id) as work:
        row = work.row(f"SELECT {columns} FROM records_document WHERE record_id = %s AND unique_id = %s", record_id, unique_id)
    return {code for code, shown in zip(_COLUMNS, row, strict=True) if shown}


def read_again(record_id: UUID, unique_id: str) -> bytes:
    """The bytes of a document."""
    with unit(record_id) as work:
        row = work.row("SELECT address FROM records_document WHERE record_id = %s AND unique_id = %s", record_id, unique_id)
        key = key_of(work, record_id)
    assert row is not None
    return get(key, row[0])


def entry_at(record_id: UUID, logical_id: UUID) -> DocumentEntry:
    """The metadata of a document as they are stored, whoever may read them."""
    with unit(record_id) as work:
        row = work.row("SELECT resource FROM records_document WHERE record_id = %s AND logical_id = %s", record_id, logical_id)
        key = key_of(work, record_id)
    assert row is not None
    return read_stored(json.loads(unpacked(key.unseal(bytes(row[0]), f"resource/{logical_id}"))))


def spoil(record_id: UUID, column: str, value: object) -> None:
    """Seal metadata that nobody can read again in the place of a document's: a status that does not exist."""
    with as_role("postgres"), unit(record_id) as work:
        key = key_of(work, record_id)
        where = f"FROM records_document WHERE record_id = %s AND {column} = %s"
        logical_id, sealed = work.rows(f"SELECT logical_id, resource {where}", record_id, value)[0]
        resource = json.loads(unpacked(key.unseal(bytes(sealed), f"resource/{logical_id}"))) | {"status": "weird"}
        again = key.seal(json.dumps(resource).encode(), f"resource/{logical_id}")
        work.run("UPDATE records_document SET resource = %s WHERE record_id = %s AND logical_id = %s", again, record_id, logical_id)
