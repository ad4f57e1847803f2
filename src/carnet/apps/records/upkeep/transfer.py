"""A whole record out and in again, in open formats: FHIR JSON, the documents' own bytes, the journal, plain tables.

Whoever runs these holds the root key and the database: they are the host's procedure, for a migration or at the holder's
request, and each leaves an entry in the journal of the record. The holder's own export, under the law, is the portal's.
"""

import base64
import hashlib
import json
import mimetypes
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal import api as journal
from carnet.apps.records.hooks import HOOKS
from carnet.apps.storage.api import RecordKey, Table, Values, Work, create_key, dump, get, key_of, load, put, unit

FORMAT = "carnet-record/1"
MANIFEST = "manifest.json"
TABLES = (
    Table("records_record"),
    # What is derived from a resource stays behind: the installation that takes it in writes its own.
    Table(
        "records_document",
        {"resource": lambda row: f"resource/{row['logical_id']}"},
        left=frozenset({"ebrim"}),
        packed={"resource": bytes},
    ),
    Table("records_document_version", {"resource": lambda row: f"resource/{row['logical_id']}"}, packed={"resource": bytes}),
    Table("records_submission_set", {"resource": lambda row: f"submission/{row['submission_id']}"}, packed={"resource": bytes}),
    Table("records_folder", {"resource": lambda row: f"folder/{row['folder_id']}"}, packed={"resource": bytes}),
    Table("records_folder_item"),
    Table("records_directory"),
    Table("records_words", {"sealed": lambda row: f"words/{row['logical_id']}"}, packed={"sealed": zlib.compress}),
    Table("records_alert"),
    Table("records_arrival", {"sealed": lambda _row: "arrival"}, left=frozenset({"import_id", "batch_id"})),
    Table("records_passage"),
    *access.TABLES,
)


class TransferError(ValueError):
    """The record cannot be exported or imported; the message says why and what to do. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What was written or read: documents and journal entries."""

    record_id: UUID
    documents: int
    entries: int


def as_json(value: Any) -> bytes:
    """A value as the JSON of an export."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def file_name(row: Values) -> str:
    """Where an export keeps the bytes of a document."""
    return f"documents/{row['logical_id']}{mimetypes.guess_extension(row['mime']) or '.bin'}"


def _documents(key: RecordKey, rows: list[Values]) -> Iterator[tuple[str, bytes]]:
    """Each document as it was deposited, and its metadata as FHIR beside it."""
    for row in rows:
        yield file_name(row), get(key, row["address"])
        yield f"documents/{row['logical_id']}.fhir.json", base64.b64decode(row["resource"])


def other_bytes(key: RecordKey, tables: dict[str, list[Values]]) -> Iterator[tuple[str, bytes]]:
    """The bytes that rows of the apps above name."""
    for table in HOOKS.tables:
        for row in tables.get(table.name, []) if table.stored else []:
            yield f"bytes/{row[table.stored]}", get(key, row[table.stored])


def _index(rows: list[Values]) -> bytes:
    """A list that a person can read."""
    lines = ["Contenu de ce carnet, documents les plus récents d'abord.", ""]
    for row in sorted(rows, key=lambda r: str(r["authored_at"]), reverse=True):
        title = json.loads(base64.b64decode(row["resource"]))["content"][0]["attachment"].get("title", "")
        lines.append(f"{settings.LAW.day_told(str(row['authored_at']))}  {title}  [{row['status']}]  {file_name(row)}")
    return ("\n".join(lines) + "\n").encode()


def journal_lines(entries: list[Values]) -> bytes:
    """Entries of a chain, one a line."""
    return b"".join(json.dumps(e, ensure_ascii=False).encode() + b"\n" for e in entries)


def _contents(work: Work, key: RecordKey) -> tuple[dict[str, bytes], Transferred]:
    tables = {table.name: dump(work, key, table) for table in (*TABLES, *HOOKS.tables)}
    documents = tables["records_document"]
    entries = journal.stored_chain(work, key.record_id)
    veiled = {veil: journal.stored_veil(work, key.record_id, veil) for veil in journal.VEILS}
    files = {f"tables/{name}.json": as_json(rows) for name, rows in tables.items() if rows}
    files |= dict(_documents(key, documents)) | dict(other_bytes(key, tables))
    files["identity.json"] = as_json(identity.dump(work, key))
    files["journal.jsonl"] = journal_lines(entries)
    files |= {f"journal-{veil}.jsonl": journal_lines(found) for veil, found in veiled.items() if found}
    files["LISEZMOI.txt"] = _index(documents)
    return files, Transferred(key.record_id, len(documents), len(entries))


def export_record(record_id: UUID, to: Path, by: str, at: datetime) -> Transferred:
    """Export a record into a new folder. The entry that tells it is in the journal before the first file is written."""
    if to.exists():
        raise TransferError(f"{to} exists already: choose another folder")
    with unit(record_id) as work:
        if not work.rows("SELECT 1 FROM records_record WHERE record_id = %s AND state <> 'destroyed'", record_id):
            raise TransferError("there is no such record")
        access.host_entry(work, record_id, "record:export", by, at)
    with unit(record_id) as work:
        files, done = _contents(work, key_of(work, record_id))
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for name, content in files.items():
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    manifest = {"format": FORMAT, "record": str(record_id), "exported": at.isoformat(), "files": digests}
    (to / MANIFEST).write_bytes(as_json(manifest))
    return done


def _inside(name: str) -> str:
    """A name of the manifest that stays in its folder."""
    if name.startswith("/") or ".." in Path(name).parts:
        raise ValueError("a name that leaves the folder")
    return name


def _checked(folder: Path) -> tuple[UUID, dict[str, bytes]]:
    """The files of an export, each against the manifest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        known = manifest["format"] == FORMAT
        files = {name: (folder / _inside(name)).read_bytes() for name in manifest["files"]}
        record_id = UUID(manifest["record"])
        if known and not {"identity.json", "journal.jsonl"} <= set(files):
            raise KeyError("files")
    except (OSError, KeyError, ValueError) as error:
        raise TransferError(f"this is not an export of a record: {type(error).__name__}") from None
    if not known:
        raise TransferError(f"this export is of another format: {manifest['format']}")
    wrong = [name for name, content in files.items() if hashlib.sha256(content).hexdigest() != manifest["files"][name]]
    if wrong:
        raise TransferError(f"changed since the export: {', '.join(sorted(wrong)[:5])}")
    return record_id, files


def _refuse_known(record_id: UUID, known: Values) -> None:
    for ins in identity.inses(known):
        if identity.find(ins) is not None:
            raise TransferError("this person has a record here already: nothing was imported")
    with unit(record_id) as work:
        if work.rows("SELECT 1 FROM records_record WHERE record_id = %s", record_id):
            raise TransferError("this record is here already: nothing was imported")


def _with_bytes(key: RecordKey, files: dict[str, bytes], rows: list[Values]) -> list[Values]:
    """Bytes first, flushed to the disk: the rows then name what is there, at its address under the new key."""
    return [row | {"address": put(key, files[file_name(row)])} for row in rows]


def _restore_journal(work: Work, record_id: UUID, entries: list[Values]) -> None:
    try:
        journal.restore_chain(work, record_id, entries)
    except ValueError as error:
        raise TransferError(str(error)) from None


def import_record(folder: Path, by: str, at: datetime) -> Transferred:
    """Import a record that `export_record` wrote, with a key of its own. Raises TransferError; then nothing is kept."""
    record_id, files = _checked(folder)
    known = json.loads(files["identity.json"])
    _refuse_known(record_id, known)
    entries = [json.loads(line) for line in files["journal.jsonl"].splitlines()]
    with unit(record_id) as work:
        key = create_key(work, record_id, at)
        for table in (*TABLES, *HOOKS.tables):
            rows = json.loads(files.get(f"tables/{table.name}.json", b"[]"))
            rows = _with_bytes(key, files, rows) if table.name == "records_document" else rows
            if table.stored:
                rows = [row | {table.stored: put(key, files[f"bytes/{row[table.stored]}"])} for row in rows]
            load(work, key, table, rows)
        identity.load(work, key, known)
        _restore_journal(work, record_id, entries)
        for veil in journal.VEILS:
            lines = files.get(f"journal-{veil}.jsonl", b"").splitlines()
            _restore_journal(work, journal.veiled_chain(record_id, veil), [json.loads(line) for line in lines])
        access.host_entry(work, record_id, "record:import", by, at)
    documents = sum(1 for name in files if name.endswith(".fhir.json"))
    return Transferred(record_id, documents, len(entries))
