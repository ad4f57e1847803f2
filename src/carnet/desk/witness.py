"""A witness of the journal (C2SP tlog-witness): a process of somebody else, with a key of its own.

It keeps, for each log, the last tree that it saw. It cosigns a checkpoint only when a proof shows that it continues that
tree: a log that showed two histories would need two signatures that this witness gives once.

    python -m carnet.desk.witness --port 8085 --folder witness --name witness.example --log VKEY
"""

import argparse
import base64
import binascii
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from carnet.apps.journal.api import COSIGNATURE_KEY, Checkpoint, Note, NoteError, Signer, Verifier, consistent, signer, write_file
from carnet.kernel.clock import Clock, system_clock

MAX_BODY = 100_000


class WitnessError(Exception):
    """The witness does not sign: HTTP status and, where the protocol asks for one, a body."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass(frozen=True, slots=True)
class Witness:
    """The key of the witness, the logs that it knows, and the folder of what it saw."""

    key: Signer
    logs: dict[str, Verifier]
    folder: Path
    clock: Clock = system_clock

    @contextmanager
    def _held(self, origin: str) -> Iterator[Path]:
        """One request at a time for one log: what was seen and what is signed must not come apart."""
        path = self.folder / base64.urlsafe_b64encode(origin.encode()).decode()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield path

    def add_checkpoint(self, body: str) -> str:
        """Cosign a checkpoint that continues what was seen. Raises WitnessError."""
        old, proof, note = _read(body)
        checkpoint = Checkpoint.read(note.text)
        log = self.logs.get(checkpoint.origin)
        if log is None:
            raise WitnessError(404)
        try:
            note.check(log)
        except NoteError:
            raise WitnessError(403) from None
        with self._held(checkpoint.origin) as path:
            seen = Checkpoint.read(path.read_text(encoding="utf-8")) if path.exists() else None
            _continues(seen, old, proof, checkpoint)
            write_file(path, note.text.encode())
        return self.key.cosign(note.text, self.clock())


def _continues(seen: Checkpoint | None, old: int, proof: list[bytes], checkpoint: Checkpoint) -> None:
    known, root = (seen.size, seen.root) if seen else (0, b"")
    if old > checkpoint.size:
        raise WitnessError(400)
    if old != known:
        raise WitnessError(409, f"{known}\n")
    if not consistent(old, root or checkpoint.root, checkpoint.size, checkpoint.root, proof):
        # Same size and another root, or a tree that is not a continuation: this is a fork.
        raise WitnessError(409 if old == checkpoint.size else 422, f"{known}\n" if old == checkpoint.size else "")


def _read(body: str) -> tuple[int, list[bytes], Note]:
    head, gap, note = body.partition("\n\n")
    first, *lines = head.splitlines() or [""]
    try:
        if not gap or not first.startswith("old "):
            raise ValueError
        return int(first[4:]), [base64.b64decode(line, validate=True) for line in lines], Note.read(note)
    except (ValueError, binascii.Error, NoteError):
        raise WitnessError(400) from None


class Handler(BaseHTTPRequestHandler):
    """HTTP face of the witness."""

    witness: Witness
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _send(self, status: int, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/x.tlog.size" if status == 409 else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """The verifier key of this witness."""
        self._send(200, f"{self.witness.key.verifier}\n")

    def do_POST(self) -> None:
        """`add-checkpoint`."""
        length = int(self.headers.get("Content-Length", "0"))
        if self.path != "/add-checkpoint" or length > MAX_BODY:
            self.close_connection = True
            self._send(404 if self.path != "/add-checkpoint" else 413, "")
            return
        try:
            self._send(200, self.witness.add_checkpoint(self.rfile.read(length).decode("utf-8", "replace")))
        except NoteError:
            self._send(400, "")
        except WitnessError as error:
            self._send(error.status, error.body)


def serve(port: int, witness: Witness) -> ThreadingHTTPServer:
    """A server ready to `serve_forever`."""
    return ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (Handler,), {"witness": witness}))


def make(folder: Path, name: str, logs: list[Verifier]) -> Witness:
    """A witness whose key and memory are in a folder."""
    return Witness(signer(folder / "witness.key", name, COSIGNATURE_KEY), {log.name: log for log in logs}, folder / "seen")


def main() -> None:
    """Run the witness until it is stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8085)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--name", default="witness.example")
    parser.add_argument("--log", action="append", required=True, help="verifier key of a log")
    options = parser.parse_args()
    serve(options.port, make(options.folder, options.name, [Verifier.read(log) for log in options.log])).serve_forever()


if __name__ == "__main__":
    main()
