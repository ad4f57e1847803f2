"""Opening what somebody sent in a process of its own, with limits of time, memory and length: what eats them ends there.

A child is started when it is first needed, without any of our secrets in its environment, serves one file after another, is ended
by what goes beyond a limit, and ends by itself after a minute without work. A process has two at most: who asks for a third waits.
"""

import atexit
import logging
import os
import selectors
import subprocess
import sys
import threading
from time import monotonic

log = logging.getLogger("carnet.apart")
SECONDS = 8.0
"""How long one file may take, and how long one waits for a child that is busy."""
CHILDREN = 2
MOST_BYTES = 64_000_000
"""Longest answer of a child."""
UNREADABLE = "unreadable"
"""What a child says of a file that is none: it goes on with the next."""
_SERVED = 200
"""Files that one child opens before another takes its place."""


class NotOpenedError(Exception):
    """The file could not be opened within the limits; the message says in a word why."""


class _Child:
    """One process, spoken to by its pipes without ever blocking on them."""

    def __init__(self) -> None:
        told = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "carnet.formats.apart.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=told, close_fds=True,
        )  # fmt: skip
        self._pipes = [pipe for pipe in (self.process.stdin, self.process.stdout) if pipe is not None]
        self._into, self._from = (pipe.fileno() for pipe in self._pipes)
        os.set_blocking(self._into, False)
        os.set_blocking(self._from, False)
        self.served = 0

    def ask(self, task: str, number: int, data: bytes, seconds: float | None = None) -> bytes:
        """The answer of one task. Raises NotOpenedError; the child is then of no use any more."""
        self.served += 1
        left = memoryview(f"{task} {number} {len(data)}\n".encode() + data)
        got, ends = bytearray(), monotonic() + (seconds or SECONDS)
        with selectors.DefaultSelector() as ready:
            ready.register(self._into, selectors.EVENT_WRITE)
            ready.register(self._from, selectors.EVENT_READ)
            while (answer := _answer(got)) is None:
                if not (events := ready.select(max(ends - monotonic(), 0))):
                    raise NotOpenedError("time")
                for key, _ in events:
                    if key.fd == self._from:
                        got += self._read()
                    else:
                        left = left[os.write(self._into, left[:65536]) :]
                        if not left:
                            ready.unregister(self._into)
        return answer

    def _read(self) -> bytes:
        part = os.read(self._from, 1 << 20)
        if not part:
            raise NotOpenedError("ended")
        return part

    def let_go(self) -> None:
        """Close our ends of its pipes: it ends when nobody holds them."""
        for pipe in self._pipes:
            pipe.close()

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.let_go()
        self.process.wait()


def _answer(got: bytearray) -> bytes | None:
    """The whole answer, None while it is on its way. Raises NotOpenedError for a child that says no, or too much."""
    head, line, body = got.partition(b"\n")
    if not line:
        return None
    word, _, length = head.decode("ascii", "replace").partition(" ")
    if word != "ok":
        raise NotOpenedError(length[:20] or "no")
    if int(length) > MOST_BYTES:
        raise NotOpenedError("length")
    return bytes(body) if len(body) == int(length) else None


class _Children:
    """The children of this process."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock, self._room = threading.Lock(), threading.BoundedSemaphore(CHILDREN)
        self._idle: list[_Child] = []

    def ask(self, task: str, number: int, data: bytes, seconds: float | None = None) -> bytes:
        if self._pid != os.getpid():
            # A process that was forked has none of its parent's children: they are let go, and not ended.
            self._pid, self._lock, self._room = os.getpid(), threading.Lock(), threading.BoundedSemaphore(CHILDREN)
            for child in self._idle:
                child.let_go()
            self._idle = []
        if not self._room.acquire(timeout=SECONDS):
            raise NotOpenedError("busy")
        try:
            return self._ask(task, number, data, seconds)
        finally:
            self._room.release()

    def _ask(self, task: str, number: int, data: bytes, seconds: float | None = None) -> bytes:
        child, fresh = self._child()
        try:
            answer = child.ask(task, number, data, seconds)
        except (OSError, NotOpenedError) as error:
            if str(error) == UNREADABLE:
                self._keep(child)
                raise
            child.end()
            ended = isinstance(error, OSError) or str(error) == "ended"
            if ended and not fresh:
                # It had ended by itself, as an idle one does: the file is opened by a new one.
                return self._ask(task, number, data, seconds)
            raise NotOpenedError(str(error) if isinstance(error, NotOpenedError) else "ended") from None
        self._keep(child)
        return answer

    def _keep(self, child: _Child) -> None:
        if child.served >= _SERVED:
            child.end()
            return
        with self._lock:
            self._idle.append(child)

    def end(self) -> None:
        """End those that wait for work."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for child in waiting:
            child.end()

    def _child(self) -> tuple[_Child, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        return _Child(), True


_children = _Children()
atexit.register(lambda: _children.end())


def opened(task: str, data: bytes, number: int = 0, seconds: float | None = None) -> bytes:
    """What a task of `tasks` makes of a file. Raises NotOpenedError for one that cannot be opened within the limits.

    `seconds`: how long it may take, where that is not what a file may mostly take.
    """
    try:
        return _children.ask(task, number, data, seconds)
    except NotOpenedError as error:
        if str(error) != UNREADABLE:
            log.warning("not-opened task=%s why=%s", task, error)
        raise
