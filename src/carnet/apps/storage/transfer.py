"""Rows of a record as plain values, and back: what a whole record is exported and imported by.

PostgreSQL turns rows into JSON and JSON into rows; sealed columns are opened on the way out and sealed again, under the
key of the record that receives them, on the way in.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from carnet.apps.storage.executor import Work
from carnet.apps.storage.keys import RecordKey
from carnet.apps.storage.packing import Before, kept
from carnet.formats.packing import unpacked

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a record: its name, the names under which its sealed columns are bound, and columns that stay behind."""

    name: str
    sealed: Mapping[str, Callable[[Values], str]] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    stored: str = ""
    """Column of the address of bytes in the store, where a row has some."""
    digests: Mapping[str, Callable[[RecordKey, Values], str | None]] = field(default_factory=dict)
    """Columns that are digests under the key of the record, made again from the opened row when it comes in under another key."""
    packed: Mapping[str, Before] = field(default_factory=dict)
    """Sealed columns that are stored packed, and how the release before stores them: an export holds what they say."""
    absent: Mapping[str, object] = field(default_factory=dict)
    """What stands in a column that exports of before have not."""
    within: tuple[str, str] = ("", "")
    """Column that names a row of another table, and that table: a row whose owner is not shown is not shown."""


def dump(work: Work, key: RecordKey, table: Table) -> list[Values]:
    """Every row of the record in a table, its sealed columns opened (base64)."""
    rows = work.rows(f"SELECT to_jsonb(t) FROM {table.name} t WHERE record_id = %s ORDER BY to_jsonb(t)::text", key.record_id)
    return [_opened(key, table, row[0]) for row in rows]


def _opened(key: RecordKey, table: Table, row: Values) -> Values:
    plain = {name: value for name, value in row.items() if name not in table.left}
    for column, name in table.sealed.items():
        sealed = bytes.fromhex(row[column].removeprefix("\\x"))
        told = key.unseal(sealed, name(row))
        plain[column] = base64.b64encode(unpacked(told) if column in table.packed else told).decode()
    return plain


def sealed_values(key: RecordKey, table: Table, row: Values) -> Values:
    """A row that `dump` gave, for the record of this key: its columns sealed, its digests made again."""
    values = row | {"record_id": str(key.record_id)}
    values |= {column: make(key, row) for column, make in table.digests.items()}
    for column, name in table.sealed.items():
        told = base64.b64decode(row[column], validate=True)
        values[column] = "\\x" + key.seal(_kept(table, column, told), name(values)).hex()
    return values


def _kept(table: Table, column: str, told: bytes) -> bytes:
    before = table.packed.get(column)
    return kept(told, before) if before is not None else told


def load(work: Work, key: RecordKey, table: Table, rows: list[Values]) -> None:
    """Write rows that `dump` gave, for the record of this key."""
    for row in rows:
        values = {**table.absent, **sealed_values(key, table, row)}
        work.run(f"INSERT INTO {table.name} SELECT * FROM jsonb_populate_record(NULL::{table.name}, %s)", Jsonb(values))
