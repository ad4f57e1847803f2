"""The worker of the doors that terminate TLS: one address, or a connection that says nothing, holds not all of its threads.

gunicorn waits without an end for a handshake, for the head of a request and for its body. Whoever opens some connections and sends
six bytes, with no certificate at all, would keep everybody else out. People take their time, too: a card asks for its code in the
middle of a handshake, and a slow line reads a long answer. So a handshake and a head have a minute, and each address has half of
the threads at most.
"""

import os
import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEAD_SECONDS = 60.0
"""How long the handshake and the head of a request may take together: the code of a card is typed meanwhile."""
PAUSE_SECONDS = 30
"""How long a client may send or take nothing at all within a body or an answer."""
_PAUSE = struct.pack("ll", PAUSE_SECONDS, 0)


class _Held:
    """Connections in the hands of the threads: how many of each address, and until when each has to say what it asks."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, threading.Lock()
        self._of, self._heads = Counter[str](), dict[int, tuple[float, socket.socket]]()
        threading.Thread(target=self._watch, daemon=True, name="deadlines").start()

    def begin(self, conn: Any) -> bool:
        """Count a connection in. False for one too many of its address."""
        # The wrapping in TLS moves its number into another object: this one is our own.
        own = socket.socket(fileno=os.dup(conn.sock.fileno()))
        with self._lock:
            if self._of[_address(conn)] >= self._most:
                own.close()
                return False
            self._of[_address(conn)] += 1
            self._heads[id(conn)] = monotonic() + HEAD_SECONDS, own
        return True

    def asked(self, conn: Any) -> None:
        """Its head is there."""
        with self._lock:
            _, own = self._heads.pop(id(conn), (0.0, None))
        if own is not None:
            own.close()

    def end(self, conn: Any) -> None:
        """It is out of the thread's hands."""
        self.asked(conn)
        with self._lock:
            self._of[_address(conn)] -= 1
            self._of += Counter()

    def _watch(self) -> None:
        while True:
            threading.Event().wait(0.5)
            with self._lock:
                for ends, own in self._heads.values():
                    if ends < monotonic():
                        # One that has gone by itself needs nothing.
                        with suppress(OSError):
                            own.shutdown(socket.SHUT_RDWR)


def _address(conn: Any) -> str:
    return str(conn.client[0] if isinstance(conn.client, tuple) else conn.client)


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads, as gunicorn's own, with an end to what one connection and one address may hold of them."""

    def init_process(self) -> None:
        """In the process that serves: threads do not go with a fork."""
        self.held = _Held(max(self.cfg.threads // 2, 1))
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """One request of a connection, in a thread."""
        if not self.held.begin(conn):
            # Shut down here: gunicorn closes in the thread that accepts, and waits there for whoever says nothing.
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)
            return False
        try:
            return super().handle(conn)
        finally:
            self.held.end(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Its head is there. The system counts the pauses: a line that is slow and goes on is not cut."""
        self.held.asked(conn)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PAUSE)
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _PAUSE)
        return super().handle_request(req, conn)
