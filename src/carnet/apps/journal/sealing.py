"""The sealer: gives every entry of the journal its place in one Merkle tree, and signs what the tree is.

An entry of the tree is the hash that chains the journal's entry: a salted commitment (its body holds 128 random bits), so
the tree can be public and tells nothing but how much was written. The place is committed in the database before anything
is signed: a sealer that dies between two steps goes on with the same places, and never signs two trees for one size.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from carnet.apps.journal.lag import BEAT, beat
from carnet.apps.journal.merkle import consistency_proof
from carnet.apps.journal.notes import LOG_KEY, Checkpoint, Note, NoteError, Signer
from carnet.apps.journal.receipts import Comparison
from carnet.apps.journal.tiles import Tiles, write_file
from carnet.apps.storage.api import Work, make_key_file, read_key_file, streaming, unit

BATCH = 20_000
CHECKPOINT, COVERED = "checkpoint", "receipts.covered"
_HELD = 7_301_990
"""Advisory lock of the sealer: there is one."""
_PLACE = """WITH fresh AS (SELECT e.chain_id, e.counter, e.hash, e.tx,
    %s + row_number() OVER (ORDER BY e.tx NULLS FIRST, e.chain_id, e.counter) - 1 AS number FROM journal_entry e
    WHERE {since} NOT EXISTS (SELECT FROM journal_leaf l WHERE l.chain_id = e.chain_id AND l.counter = e.counter)
    ORDER BY e.tx NULLS FIRST, e.chain_id, e.counter LIMIT %s),
  placed AS (INSERT INTO journal_leaf (chain_id, counter, number) SELECT chain_id, counter, number FROM fresh)
  SELECT number, hash, tx::text FROM fresh ORDER BY number"""
_ALL, _SINCE = _PLACE.format(since=""), _PLACE.format(since="e.tx >= %s::xid8 AND")
"""Two statements, because a plan made for either would read the whole journal every second."""
_STATE = """SELECT size, cluster, horizon::text, journal_cluster(), pg_snapshot_xmin(pg_current_snapshot())::text
    FROM journal_sealing FOR UPDATE"""
_LEAVES = """SELECT e.hash FROM journal_leaf l JOIN journal_entry e USING (chain_id, counter)
    WHERE l.number >= %s ORDER BY l.number"""
Cosign = Callable[[Note, Checkpoint, Callable[[int], list[bytes]]], list[str]]
"""Asks the witnesses: the note, its checkpoint, and consistency proofs from the size that each knows."""


class SealerBusyError(RuntimeError):
    """Another sealer is at work on this journal."""


def signer(path: Path, origin: str, kind: int = LOG_KEY, make: bool = True) -> Signer:
    """The signing key (Ed25519) in a file of 32 bytes. `make`: make one at first use. Raises KeyFileError."""
    key = make_key_file(path) if make and not path.exists() else read_key_file(path)
    return Signer(origin, kind, Ed25519PrivateKey.from_private_bytes(key))


def log_signer() -> Signer:
    """The signer of this journal. Only the sealer's process has the file. Raises KeyFileError.

    A journal that was signed gets no other key: whoever verifies it trusts the first. Production makes none by itself.
    """
    config = settings.CARNET
    first = config.environment != "production" and not (config.log() / "keys").exists()
    return signer(config.log_key(), config.log_origin, make=first)


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that got their place: from which number on, and their hashes."""

    first: int
    hashes: list[bytes]


def place(work: Work) -> Batch:
    """Give every entry without a place the next ones. Raises SealerBusyError.

    Entries are found by the transaction that wrote them: everything below the horizon was placed; the horizon is the
    oldest transaction that was running when we last looked. In another cluster (a restored dump) transaction numbers
    mean nothing: then every entry is looked at once.
    """
    held = work.row("SELECT pg_try_advisory_xact_lock(%s)", _HELD)
    state = work.row(_STATE)
    if held is None or not held[0] or state is None:
        raise SealerBusyError("one sealer at a time")
    size, cluster, horizon, here, oldest = state
    whole = cluster != here
    rows = work.rows(_ALL, size, BATCH) if whole else work.rows(_SINCE, size, horizon, BATCH)
    full = len(rows) == BATCH
    reached = min(int(oldest), int(rows[-1][2] or 0)) if full else int(oldest)
    work.run(
        "UPDATE journal_sealing SET size = %s, cluster = %s, horizon = %s::xid8",
        size + len(rows), cluster if whole and full else here, horizon if whole and full else str(reached),
    )  # fmt: skip
    return Batch(size, [bytes(row[1]) for row in rows])


class Sealer:
    """The log of one journal: its tiles, its key, and what it published last."""

    def __init__(self, folder: Path, key: Signer, cosign: Cosign | None = None) -> None:
        self.folder, self._key, self._cosign = folder, key, cosign
        published = self._published()
        self._published_size = published.size if published else -1
        self.tiles = Tiles(folder, published.size if published else 0)
        if published and self.tiles.root() != published.root:
            raise NoteError("the tiles are not those of the published checkpoint")
        self._catch_up()
        self._remembered = Comparison(folder)
        self._told: dict[str, tuple[int, str]] = {}
        self._beat_at = datetime.min.replace(tzinfo=UTC)

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self._key.name

    def _published(self) -> Checkpoint | None:
        path = self.folder / CHECKPOINT
        if not path.exists():
            return None
        note = Note.read(path.read_text(encoding="utf-8"))
        note.check(self._key.verifier)
        return Checkpoint.read(note.text)

    def _catch_up(self) -> None:
        """Append what had its place when a sealer stopped before its tiles were written."""
        with streaming() as work, work.connection.cursor(name="leaves") as cursor:
            cursor.execute(_LEAVES, [self.tiles.size])
            for (digest,) in cursor:
                self.tiles.append([bytes(digest)])

    def seal(self) -> int:
        """Seal what is new, and compare it with what processes remember. Returns how many entries."""
        began, remembered = datetime.now(UTC), self._remembered.read()
        with unit() as work:
            batch = place(work)
        if batch.first != self.tiles.size:
            raise SealerBusyError("the journal was sealed by another sealer: start again")
        self.tiles.append(batch.hashes)
        if remembered:
            with unit() as work:
                self._remembered.compare(work, remembered)
        if self.tiles.size != self._published_size:
            self.publish()
        self._tell(began, whole=len(batch.hashes) < BATCH)
        return len(batch.hashes)

    def _tell(self, at: datetime, whole: bool) -> None:
        """Say how far processes' memories were compared, and that everything that was there when the round began is sealed."""
        if self._remembered.covered != self._told or not (self.folder / COVERED).exists():
            self._told = self._remembered.covered
            lines = "".join(f"{name} {count} {digest}\n" for name, (count, digest) in sorted(self._told.items()))
            text = f"{self._key.name}/receipts\n{self.tiles.size}\n{lines}"
            write_file(self.folder / COVERED, str(Note(text, (self._key.line(text),))).encode())
            self._remembered.save(at)
        if whole and at - self._beat_at >= BEAT:
            self._beat_at = at
            beat(self.folder, self.tiles.size, at)

    def publish(self) -> None:
        """Write the tiles, then the checkpoint that names them, with the witnesses' signatures where they answer."""
        self.tiles.flush()
        checkpoint = Checkpoint(self._key.name, self.tiles.size, self.tiles.root())
        note = Note(checkpoint.text, (self._key.line(checkpoint.text),))
        write_file(self.folder / CHECKPOINT, str(note).encode())
        self._published_size = checkpoint.size
        if self._cosign:
            lines = self._cosign(note, checkpoint, lambda old: consistency_proof(self.tiles.hashes(), old, self.tiles.size))
            if lines:
                write_file(self.folder / CHECKPOINT, str(Note(note.text, (*note.signatures, *lines))).encode())

    def sign(self, checkpoint: Checkpoint) -> Note:
        """Sign another statement of this log (the daily map)."""
        return Note(checkpoint.text, (self._key.line(checkpoint.text),))
