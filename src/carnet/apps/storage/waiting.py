"""Files that were given to a form and wait for it to be sent: they travel once, and a form that fails keeps them.

Encrypted for whoever gave them, some hours at most, a bounded number for each person; they belong to no record yet.
"""

import re
import time
from pathlib import Path
from uuid import uuid4

from cryptography.exceptions import InvalidTag
from django.conf import settings

from carnet.apps.storage.keys import blind_index, derived, seal, unseal

LASTS = 2 * 3600.0
"""Seconds."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
MOST = 60
"""Files of one person; the oldest make room."""


def _root() -> Path:
    folder: Path = settings.CARNET.documents() / "waiting"
    return folder


def _folder(owner: str) -> Path:
    return _root() / blind_index("waiting", owner).hex()[:32]


def _live(folder: Path) -> list[Path]:
    """What still waits, the oldest first; what is over goes."""
    limit, found = time.time() - LASTS, []
    for path in folder.glob("[0-9a-f]*"):
        try:
            since = path.stat().st_mtime
            if since < limit:
                path.unlink()
            else:
                found.append((since, path))
        except FileNotFoundError:
            continue
    return [path for _, path in sorted(found)]


def leave(owner: str, content: bytes) -> str:
    """Keep a file for its owner. Returns the token that takes it back."""
    folder, token = _folder(owner), uuid4().hex
    folder.mkdir(parents=True, exist_ok=True)
    for path in _live(folder)[: -MOST + 1]:
        path.unlink(missing_ok=True)
    partial = folder / f".{token}"
    partial.write_bytes(seal(derived("waiting"), content, f"{owner}/{token}".encode()))
    partial.replace(folder / token)
    return token


def waiting(owner: str, token: str) -> bytes | None:
    """A file that waits for its owner; None for one that is over, unknown, or somebody else's."""
    if not _TOKEN.fullmatch(token):
        return None
    path = _folder(owner) / token
    try:
        if path.stat().st_mtime < time.time() - LASTS:
            return None
        return unseal(derived("waiting"), path.read_bytes(), f"{owner}/{token}".encode())
    except (FileNotFoundError, InvalidTag):
        return None


def forget(owner: str, token: str) -> None:
    """A file that was deposited, or taken out of its form."""
    if waiting(owner, token) is not None:
        (_folder(owner) / token).unlink(missing_ok=True)


def sweep_waiting() -> int:
    """Remove what waits no longer, of everybody. Returns how many files went."""
    gone = 0
    for folder in _root().glob("[0-9a-f]*"):
        before = len(list(folder.iterdir()))
        left = len(_live(folder))
        gone += before - left
        if not left and not any(folder.iterdir()):
            folder.rmdir()
    return gone
