"""What each process remembers of the journal lines that it caused: files beside the log, never in the database.

A process writes every line that it committed, before its answer leaves, into a file of its own: number, chain, counter, and the
SHA-256 of the body, under a running digest that it signs with a key that it alone holds, in memory. Who owns the database cannot
take a line away unnoticed, sealed or not: it is then missing in what somebody else remembers. The sealer compares, and so does
`carnet-verify`.
"""

import base64
import hashlib
import json
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from carnet.apps.journal.notes import LOG_KEY, NoteError, Signer, Verifier
from carnet.apps.journal.tiles import write_file
from carnet.apps.storage.api import Row, Work

log = logging.getLogger("carnet.journal")
FOLDER, MISSING, STATE = "receipts", "receipts.missing", "receipts.state"
_FIRST = "carnet-receipts/v1"
SIGNED_EVERY = 1.0
"""Seconds between two signatures of a running digest: what follows the last one is remembered all the same."""
KEPT_DAYS = 31


def _digest(before: bytes, line: str) -> bytes:
    return hashlib.sha256(before + line.encode()).digest()


def _signed_text(name: str, count: int, digest: bytes) -> bytes:
    return f"{_FIRST}\n{name}\n{count}\n{digest.hex()}\n".encode()


class Memory:
    """The file of one process and day, open at its end."""

    def __init__(self, folder: Path, process: str) -> None:
        self.day, self.pid = datetime.now(UTC).date(), os.getpid()
        self.name = f"{self.day:%Y%m%d}-{process}-{os.urandom(6).hex()}"
        self._signer = Signer(self.name, LOG_KEY, Ed25519PrivateKey.generate())
        self.count, self._running, self._signed = 0, bytes(32), monotonic() - SIGNED_EVERY
        folder.mkdir(parents=True, exist_ok=True)
        self._file = os.open(folder / self.name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o640)
        os.write(self._file, f"{_FIRST} {self._signer.verifier}\n".encode())

    def keep(self, lines: Iterable[tuple[UUID, int, str]]) -> None:
        """Remember lines: chain, counter, body. Raises OSError."""
        text = ""
        for chain, counter, body in lines:
            self.count += 1
            line = f"{self.count} {chain} {counter} {hashlib.sha256(body.encode()).hexdigest()}"
            self._running = _digest(self._running, line)
            text += line + "\n"
        if monotonic() - self._signed >= SIGNED_EVERY:
            signature = self._signer.key.sign(_signed_text(self.name, self.count, self._running))
            text += f"= {self.count} {self._running.hex()} {base64.b64encode(signature).decode()}\n"
            self._signed = monotonic()
        os.write(self._file, text.encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


_memory: Memory | None = None
_lock = threading.Lock()


def remember(appended: Sequence[tuple[Sequence[Any], Row]]) -> None:
    """Remember the lines of a unit that was committed: the values of `journal_append`, and the counter that it answered.

    Where the file cannot be written, the line is in the journal and in nobody's memory; the log says so, and the request goes on.
    """
    global _memory
    with _lock:
        try:
            if _memory is not None and (_memory.pid, _memory.day) != (os.getpid(), datetime.now(UTC).date()):
                # Another day has a file of its own; so has a process that was forked.
                _memory.close()
                _memory = None
            if _memory is None:
                _memory = Memory(settings.CARNET.log() / FOLDER, os.environ.get("CARNET_PROCESS") or "command")
            _memory.keep((values[0], answer[0], values[3]) for values, answer in appended)
        except OSError as error:
            _memory = None
            log.error("receipt-failed lines=%d type=%s", len(appended), type(error).__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A line of the journal that a process remembers."""

    file: str
    number: int
    chain: UUID
    counter: int
    body: bytes
    """SHA-256 of the body."""
    running: bytes
    """The running digest of the file, this line included."""


class ReceiptsError(ValueError):
    """A file of receipts is not what its process wrote; the message names it."""


class Reader:
    """One file of receipts, read on from where it was left."""

    def __init__(self, path: Path, offset: int = 0, count: int = 0, running: bytes = bytes(32), key: str = "") -> None:
        self.path, self.offset, self.count, self.running, self.key = path, offset, count, running, key

    def new(self) -> Iterator[Receipt]:
        """Whole lines since the last time. Raises ReceiptsError."""
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for raw in file:
                if not raw.endswith(b"\n"):
                    return
                receipt = self._read(raw.decode("utf-8", "replace").rstrip("\n"))
                self.offset += len(raw)
                if receipt is not None:
                    yield receipt

    def _read(self, line: str) -> Receipt | None:
        parts = line.split(" ")
        try:
            if parts[0] == _FIRST:
                self.key = str(Verifier.read(parts[1]))
                return None
            if parts[0] == "=":
                self._check(int(parts[1]), parts[2], parts[3])
                return None
            number, chain, counter, body = parts
            if int(number) != self.count + 1:
                raise ReceiptsError(f"{self.path.name}: line {self.count + 1} is missing")
            self.count, self.running = self.count + 1, _digest(self.running, line)
            return Receipt(self.path.name, self.count, UUID(chain), int(counter), bytes.fromhex(body), self.running)
        except (ValueError, IndexError, NoteError, InvalidSignature) as error:
            if isinstance(error, ReceiptsError):
                raise
            raise ReceiptsError(f"{self.path.name}: a line that its process did not write") from None

    def _check(self, count: int, digest: str, signature: str) -> None:
        key = Ed25519PublicKey.from_public_bytes(Verifier.read(self.key).public)
        key.verify(base64.b64decode(signature), _signed_text(self.path.name, count, bytes.fromhex(digest)))
        if (count, bytes.fromhex(digest)) != (self.count, self.running):
            raise ReceiptsError(f"{self.path.name}: its signed digest is another one")


_STANDING = """SELECT r.place, e.chain_id IS NOT NULL, l.number IS NOT NULL
    FROM unnest(%s::int[], %s::uuid[], %s::bigint[], %s::bytea[]) AS r(place, chain, counter, body)
    LEFT JOIN journal_entry e ON e.chain_id = r.chain AND e.counter = r.counter AND sha256(convert_to(e.body, 'UTF8')) = r.body
    LEFT JOIN journal_leaf l ON l.chain_id = e.chain_id AND l.counter = e.counter"""


def standing(work: Work, receipts: Sequence[Receipt]) -> tuple[list[Receipt], list[Receipt]]:
    """Of these receipts, those whose line is not in the journal, and those whose line is there without a place in the tree yet."""
    gone, waiting = [], []
    for start in range(0, len(receipts), 5000):
        some = receipts[start : start + 5000]
        values = [list(range(len(some))), [r.chain for r in some], [r.counter for r in some], [r.body for r in some]]
        for place, there, placed in work.rows(_STANDING, *values):
            if not there:
                gone.append(some[place])
            elif not placed:
                waiting.append(some[place])
    return gone, waiting


def all_receipts(folder: Path) -> Iterator[Receipt]:
    """Every receipt that is kept. Raises ReceiptsError."""
    for path in _files(folder):
        yield from Reader(path).new()


def _files(folder: Path) -> list[Path]:
    kept = folder / FOLDER
    return sorted(path for path in kept.iterdir() if path.is_file()) if kept.is_dir() else []


def missed(folder: Path) -> int:
    """How many times the sealer found a line, or a memory, that was not what it should be. It is never taken back."""
    path = folder / MISSING
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


class Comparison:
    """The sealer's side: reads what processes remember, compares it with the journal, and never forgets what is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = folder / STATE
        told = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._readers = {
            name: Reader(folder / FOLDER / name, one["offset"], one["count"], bytes.fromhex(one["running"]), one["key"])
            for name, one in told.items()
        }
        self._covered = {name: (one["count"], one["running"]) for name, one in told.items()}
        self._waiting: list[Receipt] = []
        self._bad: set[str] = set()

    def read(self) -> list[Receipt]:
        """What was remembered since the last time: read before places are given, so that every line of it is committed."""
        found = list(self._waiting)
        for path in _files(self.folder):
            self._readers.setdefault(path.name, Reader(path))
        for name, reader in self._readers.items():
            if name in self._bad:
                continue
            try:
                size = reader.path.stat().st_size
                if size < reader.offset:
                    raise ReceiptsError(f"{name}: shorter than it was")
                found += reader.new() if size > reader.offset else ()
            except (ReceiptsError, FileNotFoundError):
                self._bad.add(name)
                self._note(f"{name} altered")
                log.error("receipts-altered file=%s", name)
        return found

    def compare(self, work: Work, receipts: list[Receipt]) -> int:
        """Compare, note what is missing, and keep what still has no place for the next time. Returns how many are missing."""
        gone, self._waiting = standing(work, receipts)
        for one in gone:
            self._note(f"{one.file} {one.number} {one.chain} {one.counter}")
        if gone:
            log.error("journal-lines-missing count=%d", len(gone))
        waiting = {one.file for one in self._waiting}
        for name in {one.file for one in receipts} - waiting:
            self._covered[name] = (self._readers[name].count, self._readers[name].running.hex())
        return len(gone)

    def _note(self, line: str) -> None:
        with (self.folder / MISSING).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    @property
    def covered(self) -> dict[str, tuple[int, str]]:
        """How far each file was compared: how many lines, and the running digest there."""
        return dict(self._covered)

    def save(self, at: datetime) -> None:
        """Keep how far was compared; what waits for its place is read again after a restart. Files of a month ago are forgotten."""
        for name in [name for name in self._readers if (at - _written(name)).days > KEPT_DAYS]:
            (self.folder / FOLDER / name).unlink(missing_ok=True)
            del self._readers[name]
            self._covered.pop(name, None)
        waiting = {one.file for one in self._waiting}
        told = {
            name: {"offset": r.offset, "count": r.count, "running": r.running.hex(), "key": r.key}
            for name, r in self._readers.items()
            if name not in waiting
        }
        write_file(self.folder / STATE, json.dumps(told).encode())


def _written(name: str) -> datetime:
    try:
        return datetime.strptime(name[:8], "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
