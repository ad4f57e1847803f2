"""How far the seal is behind, as a door sees it: by a file that the sealer writes, which no role of the database can.

While nothing seals, a line that a reading leaves could be taken away again by whoever owns the database, and only what processes
remember would tell. So a door warns, and past a further bound it answers readings with 503 (access law §1; ADR 26).
"""

import json
import logging
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from carnet.apps.journal.tiles import write_file

log = logging.getLogger("carnet.journal")
SEALED = "sealed"
BEAT = timedelta(seconds=5)
"""How often the sealer says that it seals, and how long a door believes what it read."""


def beat(folder: Path, size: int, at: datetime) -> None:
    """Say that everything that was committed a moment ago is sealed."""
    write_file(folder / SEALED, json.dumps({"at": at.isoformat(), "size": size}).encode())


def last_seal(folder: Path) -> tuple[datetime, int] | None:
    """When the sealer last said so, and how large the tree was; None where it never did."""
    try:
        told = json.loads((folder / SEALED).read_text(encoding="utf-8"))
        return datetime.fromisoformat(told["at"]), int(told["size"])
    except (OSError, ValueError, KeyError):
        return None


class Watch:
    """What a process knows of the seal. A sealer that never wrote is behind since this process began to look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._since = self._read_at = self._warned_at = datetime.min.replace(tzinfo=UTC)
        self._sealed_at: datetime | None = None

    def behind(self, at: datetime) -> timedelta:
        """How far behind the seal is, as read at most some seconds ago."""
        with self._lock:
            if at - self._read_at >= BEAT or at < self._read_at:
                told = last_seal(settings.CARNET.log())
                self._read_at, self._sealed_at = at, told[0] if told else None
                if self._since > at or self._since.year == 1:
                    self._since = at
            behind = at - (self._sealed_at or self._since)
            if behind.total_seconds() > settings.CARNET.seal_warn_seconds > 0 and at - self._warned_at >= timedelta(minutes=1):
                self._warned_at = at
                log.warning("seal-behind seconds=%d", behind.total_seconds())
            return behind


_watch = Watch()


def stands_still() -> bool:
    """Whether the seal is so far behind that readings wait for it."""
    bound: int = settings.CARNET.seal_stop_seconds
    return bound > 0 and _watch.behind(datetime.now(UTC)).total_seconds() > bound
