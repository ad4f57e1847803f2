"""Document bytes outside the database: content-addressed, encrypted under the record's key, written before metadata.

A write is durable before it returns: file and folder are flushed to the disk. What a crash leaves behind without
metadata is an orphan, and is swept.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

from carnet.apps.storage.keys import RecordKey


class BlobMissingError(Exception):
    """The bytes of a document are not in the store."""


def _folder(record_id: UUID) -> Path:
    name = str(record_id)
    folder: Path = settings.CARNET.documents() / name[:2] / name
    return folder


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(target: Path, sealed: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with temporary.open("xb") as out:
            out.write(sealed)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(target)
    except OSError:
        # A full disk: what was begun leaves no file.
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(target.parent)


def put(key: RecordKey, content: bytes) -> str:
    """Store bytes and return their address. The same content is stored once."""
    address = key.address(content)
    target = _folder(key.record_id) / address
    try:
        # Young again: an orphan that a new deposit takes over must not be swept under it.
        os.utime(target)
    except FileNotFoundError:
        _make_folder(target.parent)
        _write(target, key.seal(content, address))
    return address


def _make_folder(folder: Path) -> None:
    if not folder.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _flush_folder(folder.parent)


def get(key: RecordKey, address: str) -> bytes:
    """Read bytes back. Raises BlobMissingError, or InvalidTag if they changed."""
    try:
        sealed = (_folder(key.record_id) / address).read_bytes()
    except FileNotFoundError:
        raise BlobMissingError(address) from None
    return key.unseal(sealed, address)


LARGE = 512 * 1024
"""Bytes that are read by a thread and not by the loop that others wait for: a millisecond or two of disk and of decryption."""


def is_large(record_id: UUID, address: str) -> bool:
    """Whether reading these bytes takes so long that others would notice. Bytes that are missing are not: `get` says so."""
    try:
        return (_folder(record_id) / address).stat().st_size > LARGE
    except FileNotFoundError:
        return False


def stored_records() -> Iterator[UUID]:
    """Records that have a folder in the store."""
    root = settings.CARNET.documents()
    yield from (UUID(p.name) for p in sorted(root.glob("??/*")) if p.is_dir())


def sweep(record_id: UUID, known: frozenset[str], older_than: float = 3600.0) -> int:
    """Remove files of a record that no document names and that are older than so many seconds. Returns how many."""
    limit = time.time() - older_than
    gone = 0
    for path in _folder(record_id).iterdir():
        if path.name not in known and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def remove_all(record_id: UUID) -> None:
    """Remove the bytes of a record whose key is destroyed. Removing again is no error."""
    folder = _folder(record_id)
    if folder.is_dir():
        shutil.rmtree(folder)


def stored_addresses(record_id: UUID) -> frozenset[str]:
    """Addresses of the bytes that the store holds for a record."""
    folder = _folder(record_id)
    return frozenset(p.name for p in folder.iterdir() if not p.name.startswith(".")) if folder.is_dir() else frozenset()
