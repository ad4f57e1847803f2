"""Rows and bytes of a record that go to another one: opened under the key of the first, sealed again under that of the second.

One transaction enters both records in turn, so that every row is in one of them, never in both nor in none. Bytes are written under
the second key before; what a crash leaves of them nobody names, and is swept.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from carnet.apps.access import api as access
from carnet.apps.records.hooks import HOOKS
from carnet.apps.records.upkeep.transfer import TABLES
from carnet.apps.storage.api import RecordKey, Table, Values, Work, dump, get, put, sealed_values

STAYING = frozenset({
    "records_record", "records_arrival", "records_passage", "access_choices", "access_invitation", "access_presence",
    "access_agreement", "profile_sheet", "prevention_feed", "prevention_choice", "messaging_outgoing",
})  # fmt: skip
"""What is of the record itself and not of its person: its state, its settings, links, codes and agreements that were given out."""
RIGHTS = frozenset({
    "access_authorisation", "access_block", "access_relation", "access_emergency", "access_lookup", "access_person", "access_case",
    "records_alert",
})  # fmt: skip
"""Who may read, who read, what is asked: of the record as a whole, never of a part of its documents."""
_SHARED = {"records_submission_set": "submission_id", "records_folder": "folder_id"}
"""What holds documents together, by its own number: with a part of them a copy goes."""
_BY_NAME = {table.name: table for table in TABLES}
_TWINS = {"messaging_correspondent": "address_index"}
"""Rows that are the same thing in both records, by the column that says so: one stays, and what belongs to it goes to the other."""
Keys = list[Values]


@dataclass(slots=True)
class Moved:
    """What went: the keys of the rows of each table, and which row of the second record stands for one of the first."""

    rows: dict[str, Keys] = field(default_factory=dict)
    twins: dict[str, dict[str, str]] = field(default_factory=dict)
    _keys: dict[str, set[tuple[tuple[str, str], ...]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the row of the union."""
        return {"rows": self.rows, "twins": self.twins}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Moved":
        """Back from there."""
        return cls(dict(told.get("rows", {})), dict(told.get("twins", {})))

    def holds(self, name: str, row: Values) -> bool:
        """Whether a row is one of those that went."""
        if name not in self._keys:
            self._keys[name] = {tuple(sorted((c, str(v)) for c, v in key.items())) for key in self.rows.get(name, [])}
        columns = self.rows[name][0].keys() if self.rows.get(name) else ()
        return tuple(sorted((c, str(row[c])) for c in columns)) in self._keys[name]

    def documents(self) -> set[str]:
        """Documents that went."""
        return {str(key["logical_id"]) for key in self.rows.get("records_document", [])}


def movable() -> list[Table]:
    """Tables whose rows follow a person, owners before what belongs to them."""
    return [table for table in (*TABLES, *HOOKS.tables) if table.name not in STAYING]


def _key_columns(work: Work, table: str) -> list[str]:
    rows = work.rows(
        """SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
        WHERE i.indrelid = %s::regclass AND i.indisprimary AND a.attname <> 'record_id'""",
        table,
    )  # fmt: skip
    return sorted(str(row[0]) for row in rows)


def _renamed(table: Table, row: Values, source: UUID, target: UUID) -> Values:
    """A row whose sealed resource names the record that it is in."""
    changed = {}
    for column in table.sealed if table.name.startswith("records_") else ():
        plain = base64.b64decode(row[column])
        changed[column] = base64.b64encode(plain.replace(f"Patient/{source}".encode(), f"Patient/{target}".encode())).decode()
    return row | changed


@dataclass(slots=True)
class Move:
    """One move from a record to another, table by table."""

    work: Work
    source: RecordKey
    target: RecordKey
    moved: Moved = field(default_factory=Moved)
    twins_before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of a move that takes another one back: which row of the second record stood for one of the first."""

    def table(self, table: Table, rows: Iterable[Values], *, copied: bool = False) -> None:
        """Move rows of a table, or copy them. What the second record has already stays where it is."""
        columns, stored = _key_columns(self.work, table.name), self._stored(table)
        going = [self._owned(table, row) for row in rows]
        fresh = [row for row in going if row is not None]
        sealed = [self._resealed(table, row, stored) for row in fresh]
        if not copied:
            self._delete(table.name, columns, fresh)
        went, kept = self._insert(table, columns, fresh, sealed)
        if kept and not copied and table.name not in _SHARED:
            # What is in both stays in the first one, as it was; what holds nothing there any more is in the second one alone.
            self.work.enter(self.source.record_id)
            for row in kept:
                self._put_row(table.name, sealed_values(self.source, table, row))
        self.moved.rows[table.name] = self.moved.rows.get(table.name, []) + ([] if copied else went)

    def _stored(self, table: Table) -> str:
        return "address" if table.name == "records_document" else table.stored

    def _owned(self, table: Table, row: Values) -> Values | None:
        """A row with the owner that it has in the second record; None where its owner stays in the first."""
        column, owner = table.within
        if not column:
            return row
        number = str(row[column])
        twin = self.moved.twins.get(owner, {}).get(number) or _reversed(self.twins_before.get(owner, {})).get(number)
        if twin is not None:
            return row | {column: twin}
        return row if any(key.get("id") == number for key in self.moved.rows.get(owner, [])) else None

    def _resealed(self, table: Table, row: Values, stored: str) -> Values:
        """A row for the second record: its bytes are written there first."""
        told = _renamed(table, row, self.source.record_id, self.target.record_id)
        if stored and told.get(stored):
            told = told | {stored: put(self.target, get(self.source, told[stored]))}
        return sealed_values(self.target, table, told)

    def _delete(self, name: str, columns: list[str], rows: list[Values]) -> None:
        self.work.enter(self.source.record_id)
        condition = " AND ".join(f"{column}::text = %s" for column in columns)
        for row in rows:
            self.work.run(f"DELETE FROM {name} WHERE record_id = %s AND {condition}", self.source.record_id,
                          *(str(row[column]) for column in columns))  # fmt: skip

    def _put_row(self, name: str, values: Values) -> bool:
        sql = f"INSERT INTO {name} SELECT * FROM jsonb_populate_record(NULL::{name}, %s) ON CONFLICT DO NOTHING RETURNING 1"
        return bool(self.work.rows(sql, Jsonb(values)))

    def _insert(self, table: Table, columns: list[str], plain: list[Values], sealed: list[Values]) -> tuple[Keys, list[Values]]:
        """Write rows in the second record. Returns the keys of those that went, and the rows that it had already."""
        self.work.enter(self.target.record_id)
        went, kept = [], []
        for row, values in zip(plain, sealed, strict=True):
            if self._put_row(table.name, values):
                went.append({column: row[column] for column in columns})
            else:
                kept.append(row)
                self._note_twin(table.name, row, values)
        return went, kept

    def _note_twin(self, name: str, row: Values, values: Values) -> None:
        column = _TWINS.get(name)
        if column:
            sql = f"SELECT id FROM {name} WHERE record_id = %s AND {column} = %s"
            for (twin,) in self.work.rows(sql, self.target.record_id, values[column]):
                self.moved.twins.setdefault(name, {})[str(row["id"])] = str(twin)


def _reversed(twins: Mapping[str, str]) -> dict[str, str]:
    return {kept: absorbed for absorbed, kept in twins.items()}


def _in_both(work: Work, source: UUID, target: UUID) -> set[str]:
    """Documents of the first record that the second one has too, by their uniqueId: deposited in both, one of them is enough."""
    work.enter(source)
    here = {unique: str(number) for unique, number in work.rows(_UNIQUE_IDS, source)}
    work.enter(target)
    return {here[unique] for unique, _ in work.rows(_UNIQUE_IDS, target) if unique in here}


_UNIQUE_IDS = "SELECT unique_id, logical_id FROM records_document WHERE record_id = %s"


def move_all(work: Work, source: RecordKey, target: RecordKey, *, holder: bool) -> Moved:
    """Everything that follows a person goes from one record to another. `holder`: their own relation to it too.

    A document that both have stays where it is, with what belongs to it.
    """
    move, twice = Move(work, source, target), _in_both(work, source.record_id, target.record_id)
    work.enter(source.record_id)
    documents, items = (dump(work, source, _BY_NAME[name]) for name in ("records_document", "records_folder_item"))
    held = _holders(documents, items, twice)
    for table in movable():
        work.enter(source.record_id)
        rows = [row for row in dump(work, source, table) if _of_document(row) not in twice]
        if table.name == "access_person" and not holder:
            rows = [row for row in rows if row["kind"] != access.HOLDS]
        stays = [row for row in rows if table.name in _SHARED and str(row[_SHARED[table.name]]) in held]
        move.table(table, [row for row in rows if row not in stays])
        move.table(table, stays, copied=True)
    return move.moved


def _of_document(row: Values) -> str:
    """The document that a row is about; empty for none."""
    return str(row.get("logical_id") or row.get("document_id") or "")


def _holders(documents: list[Values], items: list[Values], of: set[str]) -> set[str]:
    """Submission sets and folders that hold one of these documents."""
    return {str(d["submission_id"]) for d in documents if str(d["logical_id"]) in of} | {
        str(i["folder_id"]) for i in items if str(i["logical_id"]) in of
    }


def _with_successors(rows: list[Values], chosen: set[str]) -> set[str]:
    """Documents with those that replace, complete or sign them: a chain is never cut."""
    found = set(chosen)
    while more := {str(r["logical_id"]) for r in rows if found & {str(p) for p in r["parents"]}} - found:
        found |= more
    return found


def _with_predecessors(rows: list[Values], chosen: set[str]) -> set[str]:
    parents = {str(r["logical_id"]): {str(p) for p in r["parents"]} for r in rows}
    found = set(chosen)
    while more := {p for one in found for p in parents.get(one, ())} - found:
        found |= more
    return found


def _goes(move: Move, table: Table, row: Values, documents: set[str], before: Moved) -> bool:
    """Whether a row goes with a part of the documents: it is of one, its owner went, or it came the other way once."""
    column, owner = table.within
    if before.holds(table.name, row):
        return True
    if column:
        return any(str(key.get("id")) == str(row[column]) for key in move.moved.rows.get(owner, []))
    return _of_document(row) in documents


def move_part(work: Work, source: RecordKey, target: RecordKey, chosen: set[str], before: Moved | None = None) -> Moved:
    """A part of the documents goes from one record to another, with what was read in them.

    `before`: what a union brought, which goes back: rights and entries too, and what was added to it since. Without it rights stay.
    """
    taken_back = before or Moved()
    move = Move(work, source, target, twins_before=taken_back.twins)
    work.enter(source.record_id)
    tables = {table.name: table for table in movable()}
    rows = {name: dump(work, source, table) for name, table in tables.items()}
    documents = _with_successors(rows["records_document"], _with_predecessors(rows["records_document"], chosen))
    for name, table in tables.items():
        if name in _SHARED:
            continue
        if name in RIGHTS and before is None:
            continue
        move.table(table, [row for row in rows[name] if _goes(move, table, row, documents, taken_back)])
        if name == "records_document":
            documents |= _shared(move, tables, rows, documents, taken_back)
    return move.moved


def _shared(
    move: Move, tables: Mapping[str, Table], rows: Mapping[str, list[Values]], documents: set[str], before: Moved
) -> set[str]:
    """Submission sets and folders go with their documents; one that keeps some is copied. Returns those that went whole.

    One that holds nothing goes back where it came from.
    """
    everything, items = rows["records_document"], rows["records_folder_item"]
    gone = _holders(everything, items, documents)
    gone |= {str(key[column]) for name, column in _SHARED.items() for key in before.rows.get(name, [])}
    stays = _holders(everything, items, {str(d["logical_id"]) for d in everything} - documents)
    whole = gone - stays
    for name, column in _SHARED.items():
        held = [row for row in rows[name] if str(row[column]) in gone]
        move.table(tables[name], [row for row in held if str(row[column]) in whole])
        move.table(tables[name], [row for row in held if str(row[column]) in stays], copied=True)
    return whole
