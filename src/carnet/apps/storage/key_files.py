"""Files of 32 secret bytes: the root key, and the key that signs the journal. They are read, and made by an explicit act alone.

A key that is made in the place of one that is missing would be worse than none: what the other sealed stays closed, and the same
person gets a second record.
"""

import os
from pathlib import Path

SIZE = 32


class KeyFileError(Exception):
    """A key is missing, has not the right size, or is not the one of this installation; the message says what to do."""


def read_key_file(path: Path) -> bytes:
    """The key of a file. Raises KeyFileError."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        raise KeyFileError(
            f"il manque le fichier de clé {path} : remettez la copie gardée ailleurs (rien n'est fait à sa place)"
        ) from None
    if len(key) != SIZE:
        raise KeyFileError(f"le fichier de clé {path} doit contenir exactement {SIZE} octets : remettez la copie gardée ailleurs")
    return key


def make_key_file(path: Path) -> bytes:
    """Make a key in a new file that its owner alone reads. Raises KeyFileError where the file exists."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"le fichier de clé {path} existe déjà : une clé n'est jamais remplacée") from None
    with os.fdopen(descriptor, "wb") as out:
        key = os.urandom(SIZE)
        out.write(key)
        out.flush()
        os.fsync(out.fileno())
    return key
