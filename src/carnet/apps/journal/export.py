"""Export of the journal for verification by somebody else: entries with their places, the checkpoint, tiles and maps; or
the entries of one chain with a proof for each.
"""

import base64
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from carnet.apps.journal import maps
from carnet.apps.journal.entries import veiled_chain
from carnet.apps.journal.merkle import inclusion_proof
from carnet.apps.journal.notes import Checkpoint, Note, Verifier
from carnet.apps.journal.receipts import FOLDER as RECEIPTS
from carnet.apps.journal.sealing import CHECKPOINT, COVERED
from carnet.apps.journal.tiles import Tiles
from carnet.apps.journal.verify import Line, check_chain
from carnet.apps.storage.api import Row, Work

ENTRIES = "entries.jsonl"
_COLUMNS = "e.chain_id, e.counter, e.writer, e.body, e.previous, e.hash, l.number"
_SEALED = f"""SELECT {_COLUMNS} FROM journal_entry e JOIN journal_leaf l USING (chain_id, counter)
    WHERE l.number < %s"""


def _line(row: Row) -> dict[str, Any]:
    chain, counter, writer, body, previous, digest, number = row
    return {"chain": str(chain), "counter": counter, "writer": writer, "body": body,
            "previous": bytes(previous).hex(), "hash": bytes(digest).hex(), "number": number}  # fmt: skip


def _text(hashes: list[bytes]) -> list[str]:
    return [base64.b64encode(one).decode() for one in hashes]


def is_sealed(folder: Path) -> bool:
    """Whether a checkpoint was published: before the first one, nothing can be proved."""
    return (folder / CHECKPOINT).exists()


def checkpoint_of(folder: Path) -> tuple[str, Checkpoint]:
    """The published checkpoint, as it is signed and as it says."""
    note = (folder / CHECKPOINT).read_text(encoding="utf-8")
    return note, Checkpoint.read(Note.read(note).text)


def export_all(work: Work, folder: Path, to: Path, keys: list[Verifier]) -> int:
    """Export the whole sealed journal into an empty folder. Returns how many entries. Needs the sealer's role."""
    # What memories were compared with first: the checkpoint that is read after it holds every line of them.
    covered = (folder / COVERED).read_text(encoding="utf-8") if (folder / COVERED).exists() else ""
    note, checkpoint = checkpoint_of(folder)
    to.mkdir(parents=True)
    count = 0
    with (to / ENTRIES).open("w", encoding="utf-8") as out, work.connection.cursor(name="export") as cursor:
        cursor.itersize = 5000
        cursor.execute(f"{_SEALED} ORDER BY l.number", [checkpoint.size])
        for row in cursor:
            out.write(json.dumps(_line(row), ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    (to / CHECKPOINT).write_text(note, encoding="utf-8")
    (to / "keys").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
    if covered:
        (to / COVERED).write_text(covered, encoding="utf-8")
    for name in ("tile", "map", RECEIPTS):
        if (folder / name).is_dir():
            _copied(folder / name, to / name)
    return count


def _copied(source: Path, target: Path) -> None:
    """Copy a folder without its modes: an export is for whoever may read what is written here, not for readers of the log."""
    target.mkdir()
    for path in sorted(source.iterdir()):
        if path.is_dir():
            _copied(path, target / path.name)
        else:
            shutil.copyfile(path, target / path.name)


def chain_export(rows: list[Row], folder: Path, chain: UUID) -> Iterator[tuple[str, str]]:
    """Files of the export of one chain, from its sealed rows: entries with their proofs, checkpoint, and its map proofs."""
    note, checkpoint = checkpoint_of(folder)
    hashes = Tiles(folder, checkpoint.size).hashes()
    lines = []
    for row in rows:
        line = _line(row)
        if line["number"] < checkpoint.size:
            line["proof"] = _text(inclusion_proof(hashes, line["number"], checkpoint.size))
            lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    yield ENTRIES, "".join(lines)
    yield CHECKPOINT, note
    proofs = (maps.proof(folder, day, chain) for day in maps.days(folder))
    told = [
        {"day": p.day, "note": p.note, "number": p.number, "counter": p.counter, "head": p.head.hex(), "proof": _text(p.path)}
        for p in proofs
        if p is not None
    ]
    yield "maps.json", json.dumps({"chain": str(chain), "maps": told}, ensure_ascii=False)


def chains_export(shown: Sequence[tuple[UUID, list[Row]]], folder: Path) -> Iterator[tuple[str, str]]:
    """Files of the export of several chains of one record, the record's own first; each as far as its rows go.

    Of the own chain every daily map is proved. Of another one only the first map that holds all its rows: a later map, or the want
    of one, would tell whether the chain went on.
    """
    note, checkpoint = checkpoint_of(folder)
    hashes = Tiles(folder, checkpoint.size).hashes()
    lines, told = [], []
    for place, (chain, rows) in enumerate(shown):
        placed = [line for row in rows if (line := _line(row))["number"] < checkpoint.size]
        for line in placed:
            line["proof"] = _text(inclusion_proof(hashes, line["number"], checkpoint.size))
            lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        told += _maps_of(folder, chain, len(placed), whole=place == 0)
    yield ENTRIES, "".join(lines)
    yield CHECKPOINT, note
    yield "maps.json", json.dumps({"chain": str(shown[0][0]), "maps": told}, ensure_ascii=False)


def _maps_of(folder: Path, chain: UUID, count: int, whole: bool) -> list[dict[str, Any]]:
    proofs = [p for day in maps.days(folder) if (p := maps.proof(folder, day, chain)) is not None and p.counter <= count]
    kept = proofs if whole else [p for p in proofs if p.counter == count][:1]
    return [
        {"chain": str(chain), "day": p.day, "note": p.note, "number": p.number, "counter": p.counter, "head": p.head.hex(),
         "proof": _text(p.path)}
        for p in kept
    ]  # fmt: skip


def sealed_rows(work: Work, chain: UUID) -> list[Row]:
    """Sealed entries of one chain in the scope of that chain, the oldest first."""
    return work.rows(f"{_SEALED} AND e.chain_id = %s ORDER BY e.counter", 2**62, chain)


def stored_chain(work: Work, chain: UUID) -> list[dict[str, Any]]:
    """Every entry of a chain as it is stored, sealed or not, the oldest first."""
    rows = work.rows(
        """SELECT counter, at, actor, writer, body, previous, hash FROM journal_entry WHERE chain_id = %s ORDER BY counter""",
        chain,
    )  # fmt: skip
    return [
        {"counter": counter, "at": at.isoformat(), "actor": actor, "writer": writer, "body": body,
         "previous": bytes(previous).hex(), "hash": bytes(digest).hex()}
        for counter, at, actor, writer, body, previous, digest in rows
    ]  # fmt: skip


def stored_veil(work: Work, record_id: UUID, veil: str) -> list[dict[str, Any]]:
    """Every entry of a veiled chain of a record. Leaves the scope of the record as it was."""
    chain = veiled_chain(record_id, veil)
    work.enter(chain)
    found = stored_chain(work, chain)
    work.enter(record_id)
    return found


def restore_chain(work: Work, chain: UUID, entries: list[dict[str, Any]]) -> None:
    """Bring a chain from another installation, as it was written there: verified first, then continued here.

    Only the owner of the tables can: no process may set a counter, a writer or a hash. Raises ValueError for a chain
    that does not hold.
    """
    lines = [
        Line(chain, e["counter"], e["body"], bytes.fromhex(e["previous"]), bytes.fromhex(e["hash"]), e["actor"], e["writer"])
        for e in entries
    ]
    if any(True for _ in check_chain(lines)):
        raise ValueError("the journal of this export was changed")
    for line, entry in zip(lines, entries, strict=True):
        work.run(
            """INSERT INTO journal_entry (chain_id, counter, at, actor, writer, body, previous, hash)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            chain, line.counter, entry["at"], line.actor, line.writer, line.body, line.previous, line.hash,
        )  # fmt: skip
