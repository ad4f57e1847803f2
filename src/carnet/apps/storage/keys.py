"""Keys: a root key, one key per record wrapped by it, and blind indexes.

Root key → record key (AES-256-GCM wrap, bound to the record by its AAD) → titles, comments, traits, document bytes.
Destroying the record key is the erasure (security.md §6.2).
"""

import hmac
import os
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from carnet.apps.storage.executor import Work
from carnet.apps.storage.root_key import derive, root_key

NONCE, TAG = 12, 16
_KEY = "SELECT wrapped FROM storage_record_key WHERE record_id = {} AND destroyed_at IS NULL ORDER BY version DESC LIMIT 1"
KEY_OF_RECORD = _KEY.format("%s")
KEY_FACTS = _KEY.format("s.record_id")
"""A fragment for the statement that enters a record: `s.record_id` is the record in scope."""


class KeyDestroyedError(Exception):
    """The record has no key: its content is erased."""


@cache
def derived(purpose: str) -> bytes:
    """A key for one purpose, derived from the root (HKDF-SHA256)."""
    return derive(root_key(), purpose)


def blind_index(purpose: str, value: str) -> bytes:
    """A keyed digest that finds a value again without telling it (INS, tokens)."""
    return hmac.digest(derived(purpose), value.encode(), "sha256")


def seal(key: bytes, plain: bytes, context: bytes) -> bytes:
    """Encrypt under a key; the context (record, name) is bound to the result."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Decrypt what `seal` made. Raises cryptography's InvalidTag when bytes or context changed."""
    if len(sealed) < NONCE + TAG:
        raise InvalidTag
    return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], context)


class RecordKey:
    """The key of one record, opened for one unit of work."""

    def __init__(self, record_id: UUID, key: bytes) -> None:
        self.record_id = record_id
        self._scope = record_id.bytes
        self._cipher = AESGCM(key)
        self._key = key

    def seal(self, plain: bytes, name: str) -> bytes:
        """Encrypt a value of the record under its name."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, self._context(name))

    def unseal(self, sealed: bytes, name: str) -> bytes:
        """Decrypt a value of the record. Raises InvalidTag when bytes, name or record changed."""
        if len(sealed) < NONCE + TAG:
            raise InvalidTag
        return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], self._context(name))

    def address(self, content: bytes) -> str:
        """The content address: keyed, so that a stolen disk confirms no known document."""
        return hmac.digest(self._key, content, "sha256").hex()

    def _context(self, name: str) -> bytes:
        return self._scope + name.encode()


def open_key(record_id: UUID, wrapped: bytes | None) -> RecordKey:
    """Unwrap a record key that a statement brought."""
    if wrapped is None:
        raise KeyDestroyedError(str(record_id))
    return RecordKey(record_id, unseal(derived("record-key"), bytes(wrapped), record_id.bytes))


def key_of(work: Work, record_id: UUID) -> RecordKey:
    """The key of a record, in the scope of that record."""
    row = work.row(KEY_OF_RECORD, record_id)
    return open_key(record_id, row[0] if row else None)


def key_remains(work: Work, record_id: UUID) -> bool:
    """Whether a key of the record is left, in its scope: after an erasure none is."""
    return bool(work.rows("SELECT 1 FROM storage_record_key WHERE record_id = %s AND wrapped IS NOT NULL", record_id))


def create_key(work: Work, record_id: UUID, at: datetime) -> RecordKey:
    """Make the key of a new record."""
    key = os.urandom(32)
    wrapped = seal(derived("record-key"), key, record_id.bytes)
    work.run(
        "INSERT INTO storage_record_key (record_id, version, wrapped, created_at) VALUES (%s, 1, %s, %s)",
        record_id, wrapped, at,
    )  # fmt: skip
    return RecordKey(record_id, key)


def create_keys(work: Work, record_ids: Sequence[UUID], at: datetime) -> list[RecordKey]:
    """Make the keys of many new records at once (`Work.copy_in`)."""
    made = [os.urandom(32) for _ in record_ids]
    wrapping = AESGCM(derived("record-key"))

    def wrapped(key: bytes, record_id: UUID) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + wrapping.encrypt(nonce, key, record_id.bytes)

    pairs = list(zip(record_ids, made, strict=True))
    work.copy_in("storage_record_key (record_id, version, wrapped, created_at)", ((r, 1, wrapped(k, r), at) for r, k in pairs))
    return [RecordKey(record_id, key) for record_id, key in pairs]


def destroy_key(work: Work, record_id: UUID, at: datetime) -> None:
    """Destroy the key of a record, every version: what it sealed can be read by nobody any more (security.md §6.2)."""
    work.run("UPDATE storage_record_key SET wrapped = NULL, destroyed_at = %s WHERE record_id = %s", at, record_id)
