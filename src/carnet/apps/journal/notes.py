"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature), with Ed25519.

A note is text, an empty line, and a line for each signature: who signs, a hash that says with which key, the signature.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG_KEY, COSIGNATURE_KEY = 1, 4
"""Signature types of C2SP: a plain Ed25519 note, and a timestamped cosignature of a witness."""


class NoteError(ValueError):
    """The note cannot be read, or the signature that is asked for is not there or not right."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name, as `name+hash+key` (a "vkey")."""

    name: str
    kind: int
    public: bytes

    @property
    def key_hash(self) -> bytes:
        """Four bytes that say which key of this name signed."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        encoded = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_hash.hex()}+{encoded}"

    @classmethod
    def read(cls, text: str) -> "Verifier":
        """Read a vkey. Raises NoteError."""
        try:
            name, key_hash, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NoteError("not a verifier key") from None
        found = cls(name, raw[0] if raw else 0, raw[1:])
        if found.kind not in (LOG_KEY, COSIGNATURE_KEY) or len(found.public) != 32 or found.key_hash.hex() != key_hash:
            raise NoteError("not a verifier key")
        return found


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name."""

    name: str
    kind: int
    key: Ed25519PrivateKey

    @property
    def verifier(self) -> Verifier:
        """The public side."""
        return Verifier(self.name, self.kind, self.key.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line of the log for a note's text."""
        return _line(self.verifier, self.key.sign(text.encode()))

    def cosign(self, text: str, at: datetime) -> str:
        """The line of a witness: it saw this checkpoint at this time (tlog-cosignature, cosignature/v1)."""
        seconds = int(at.timestamp())
        signed = self.key.sign(_cosigned(text, seconds))
        return _line(self.verifier, seconds.to_bytes(8, "big") + signed)


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"— {verifier.name} {base64.b64encode(verifier.key_hash + signature).decode()}\n"


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """The text of a note, its last line break included, and its signature lines."""

    text: str
    signatures: tuple[str, ...]

    @classmethod
    def read(cls, note: str) -> "Note":
        """Split a note. Raises NoteError."""
        text, gap, lines = note.partition("\n\n")
        found = tuple(f"{line}\n" for line in lines.splitlines())
        if not gap or not found or any(not line.startswith("— ") for line in found):
            raise NoteError("not a signed note")
        return cls(text + "\n", found)

    def __str__(self) -> str:
        return f"{self.text}\n{''.join(self.signatures)}"

    def _signed_by(self, verifier: Verifier) -> Iterable[bytes]:
        for line in self.signatures:
            try:
                _, name, encoded = line.rstrip("\n").split(" ")
                blob = base64.b64decode(encoded, validate=True)
            except (ValueError, binascii.Error):
                raise NoteError("not a signature line") from None
            if name == verifier.name and blob[:4] == verifier.key_hash:
                yield blob[4:]

    def check(self, verifier: Verifier) -> int:
        """Check that this key signed. Returns the time of a cosignature in seconds, 0 for a log's. Raises NoteError."""
        public = Ed25519PublicKey.from_public_bytes(verifier.public)
        for blob in self._signed_by(verifier):
            seconds = int.from_bytes(blob[:8], "big") if verifier.kind == COSIGNATURE_KEY else 0
            message = _cosigned(self.text, seconds) if verifier.kind == COSIGNATURE_KEY else self.text.encode()
            try:
                public.verify(blob[-64:], message)
            except InvalidSignature:
                continue
            return seconds
        raise NoteError(f"{verifier.name} did not sign this")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says: which log, how many entries, their root; and lines of its own below."""

    origin: str
    size: int
    root: bytes
    more: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, base64.b64encode(self.root).decode(), *self.more))

    @classmethod
    def read(cls, text: str) -> "Checkpoint":
        """Read the text of a checkpoint. Raises NoteError."""
        lines = text.splitlines()
        try:
            origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
        except (IndexError, ValueError, binascii.Error):
            raise NoteError("not a checkpoint") from None
        if not origin or not size.isascii() or not size.isdigit() or str(int(size)) != size or len(root) != 32:
            raise NoteError("not a checkpoint")
        return cls(origin, int(size), root, tuple(lines[3:]))
