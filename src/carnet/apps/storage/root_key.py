"""The root key: one for a database, proved by a check value that the database keeps.

Nothing makes a key in silence. `carnet migrate` makes the first one of a test or demonstration installation; in production
`carnet key make` is an act of its own. A process with another key than the database's does not start.
"""

import hashlib
import hmac
from datetime import datetime
from functools import cache
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from carnet.apps.storage.executor import alone, unit
from carnet.apps.storage.key_files import KeyFileError, make_key_file, read_key_file
from carnet.apps.storage.wire import Row

_VALUE = "SELECT value FROM storage_root_check"
_ANY_RECORD = "SELECT record_id, wrapped FROM storage_record_key WHERE wrapped IS NOT NULL LIMIT 1"
OTHER = (
    "la clé racine n'est pas celle de cette base : remettez le fichier avec lequel elle a été faite, ou nommez sa base "
    "(CARNET_ROOT_KEY_FILE, CARNET_DATABASE_URL). Rien n'a été changé"
)


def derive(root: bytes, purpose: str) -> bytes:
    """A key for one purpose, derived from a root (HKDF-SHA256)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(root)


def _check_value(root: bytes) -> bytes:
    return hmac.new(derive(root, "root-check"), b"carnet root key", hashlib.sha256).digest()


def _same(root: bytes, row: Row) -> bytes:
    if not hmac.compare_digest(_check_value(root), bytes(row[0])):
        raise KeyFileError(OTHER)
    return root


@cache
def root_key() -> bytes:
    """The root key of this process, compared with the database's check value before its first use. Raises KeyFileError."""
    key = read_key_file(settings.CARNET.key_file())
    row = _asked(_VALUE)
    if row is None:
        raise KeyFileError("la base ne connaît pas encore sa clé racine : lancez d'abord `carnet migrate`")
    return _same(key, row)


def _opens(root: bytes, row: Row) -> bool:
    """Whether this root key opens the key of a record (the record is bound to it as associated data)."""
    sealed = bytes(row[1])
    try:
        AESGCM(derive(root, "record-key")).decrypt(sealed[:12], sealed[12:], row[0].bytes)
    except InvalidTag:
        return False
    return True


def _first(path: Path, record: Row | None) -> bytes:
    """The key of a database that has no check value yet: a new one, or that of an older Carnet, proved on one of its records."""
    if record is None and not path.exists():
        if settings.CARNET.environment == "production":
            raise KeyFileError(
                f"il n'y a pas de clé racine ({path}) : faites-en une par `carnet key make root`, et gardez-en une copie ailleurs"
            )
        return make_key_file(path)
    key = read_key_file(path)
    if record is not None and not _opens(key, record):
        raise KeyFileError(OTHER)
    return key


def _asked(sql: str) -> Row | None:
    try:
        return alone(sql)
    except psycopg.errors.UndefinedTable:
        return None


def check_before_migrating() -> None:
    """Raise KeyFileError for a new database of a production that has no key file: before a table is made."""
    path = settings.CARNET.key_file()
    if settings.CARNET.environment == "production" and not path.exists() and _asked(_VALUE) is None:
        _first(path, _asked(_ANY_RECORD))


def establish_root_key(at: datetime) -> None:
    """Tie the database to its root key, once; later, check that the key is that one. For `carnet migrate`, as the owner.

    Raises KeyFileError, with nothing changed.
    """
    path = settings.CARNET.key_file()
    with unit() as work:
        row = work.row(_VALUE)
        if row is not None:
            _same(read_key_file(path), row)
            return
        key = _first(path, work.row(_ANY_RECORD))
        work.run("INSERT INTO storage_root_check (one, value, made_at) VALUES (true, %s, %s)", _check_value(key), at)
