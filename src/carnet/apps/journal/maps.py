"""The daily map: each chain's counter and head, in one Merkle tree whose root is signed and put into the journal itself.

Whoever keeps the map of a day knows that every later export must go on from there: an entry that is dropped, or a history
shown to one person and not to another, no longer fits. A chain is named by the hash of its pseudonym.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from carnet.apps.journal.entries import Event, body_of, chain_of
from carnet.apps.journal.merkle import Frontier, hashes_in_memory, inclusion_proof, leaf_hash
from carnet.apps.journal.notes import Checkpoint
from carnet.apps.journal.sealing import Sealer
from carnet.apps.journal.tiles import write_file
from carnet.apps.storage.api import streaming, unit

LEAF = 72
"""Bytes of a leaf: 32 of the chain's key, 8 of the counter, 32 of the head."""
ACTOR = "sealer:journal"
_HEADS = """SELECT DISTINCT ON (l.chain_id) l.chain_id, l.counter, e.hash FROM journal_leaf l
    JOIN journal_entry e USING (chain_id, counter) WHERE l.number < %s ORDER BY l.chain_id, l.counter DESC"""


def key_of_chain(chain: UUID) -> bytes:
    """How the map names a chain."""
    return hashlib.sha256(b"carnet-map" + chain.bytes).digest()


def leaf_of(chain: UUID, counter: int, head: bytes) -> bytes:
    """A leaf of the map."""
    return key_of_chain(chain) + counter.to_bytes(8, "big") + head


def _leaves(size: int) -> list[bytes]:
    with streaming() as work, work.connection.cursor(name="heads") as cursor:
        cursor.execute(_HEADS, [size])
        return sorted(leaf_of(chain, counter, bytes(head)) for chain, counter, head in cursor)


def _note_path(folder: Path, day: date) -> Path:
    return folder / "map" / day.isoformat()


def build(sealer: Sealer, day: date, at: datetime) -> Checkpoint:
    """Make and sign the map of a day, over what is sealed now, and put its digest into the journal."""
    size = sealer.tiles.size
    leaves, tree = _leaves(size), Frontier()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    checkpoint = Checkpoint(f"{sealer.origin}/map", len(leaves), tree.root(), (f"day {day.isoformat()}", f"tree {size}"))
    note = str(sealer.sign(checkpoint)).encode()
    path = _note_path(sealer.folder, day)
    write_file(path.with_name(f"{path.name}.leaves"), b"".join(leaves))
    write_file(path, note)
    event = Event("map", at, ACTOR, "", "timer", "journal:map", "normal", "done", "", "daily map",
                  detail=hashlib.sha256(note).hexdigest())  # fmt: skip
    with unit() as work:
        work.row("SELECT journal_append(%s, %s, %s, %s)", chain_of(None, ACTOR), at, ACTOR, body_of(event))
        work.run("UPDATE journal_sealing SET mapped_on = %s", day)
    return checkpoint


def build_if_due(sealer: Sealer, at: datetime) -> bool:
    """Make today's map when there is none yet. Returns whether one was made."""
    with unit() as work:
        row = work.row("SELECT mapped_on FROM journal_sealing")
    if row is not None and row[0] is not None and row[0] >= at.date():
        return False
    build(sealer, at.date(), at)
    return True


@dataclass(frozen=True, slots=True)
class MapProof:
    """What shows where a chain stands in the map of a day."""

    day: str
    note: str
    number: int
    counter: int
    head: bytes
    path: list[bytes]


def proof(folder: Path, day: date, chain: UUID) -> MapProof | None:
    """The proof for one chain; None when the chain has no entry in that map."""
    path = _note_path(folder, day)
    content = path.with_name(f"{path.name}.leaves").read_bytes()
    leaves = [content[i : i + LEAF] for i in range(0, len(content), LEAF)]
    key = key_of_chain(chain)
    for number, leaf in enumerate(leaves):
        if leaf[:32] == key:
            hashes = hashes_in_memory([leaf_hash(one) for one in leaves])
            steps = inclusion_proof(hashes, number, len(leaves))
            counter, head = int.from_bytes(leaf[32:40], "big"), leaf[40:]
            return MapProof(day.isoformat(), path.read_text(encoding="utf-8"), number, counter, head, steps)
    return None


def days(folder: Path) -> Iterator[date]:
    """Days that have a map, the oldest first."""
    for path in sorted((folder / "map").glob("????-??-??")):
        yield date.fromisoformat(path.name)
