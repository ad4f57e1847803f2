"""The worker of the doors that terminate TLS: a connection that says nothing holds none of its few threads.

gunicorn waits without an end for a handshake, for the head of a request and for its body. Whoever opens some connections and sends
six bytes, with no certificate at all, would keep everybody else out.
"""

import os
import socket
import threading
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

HEAD_SECONDS = 5.0
"""How long the handshake and the head of a request may take together."""
PAUSE_SECONDS = 30.0
"""How long a client may pause within a body, or within reading an answer."""


class _Deadlines:
    """Connections whose request is not there yet, each with its end; what goes beyond it is shut down."""

    def __init__(self) -> None:
        self._lock, self._held = threading.Lock(), dict[int, tuple[float, socket.socket]]()
        threading.Thread(target=self._watch, daemon=True, name="deadlines").start()

    def begin(self, conn: Any) -> None:
        """Count for a connection. The wrapping in TLS moves its number into another object: this one is our own."""
        own = socket.socket(fileno=os.dup(conn.sock.fileno()))
        with self._lock:
            self._held[id(conn)] = monotonic() + HEAD_SECONDS, own

    def end(self, conn: Any) -> None:
        """Its request is there, or it is over."""
        with self._lock:
            _, own = self._held.pop(id(conn), (0.0, None))
        if own is not None:
            own.close()

    def _watch(self) -> None:
        while True:
            threading.Event().wait(0.5)
            with self._lock:
                for ends, own in self._held.values():
                    if ends < monotonic():
                        try:
                            own.shutdown(socket.SHUT_RDWR)
                        except OSError:
                            # It has gone by itself.
                            continue


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads, as gunicorn's own, with an end to what one connection may hold of them."""

    def init_process(self) -> None:
        """In the process that serves: threads do not go with a fork."""
        self.deadlines = _Deadlines()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """One request of a connection, in a thread."""
        self.deadlines.begin(conn)
        try:
            return super().handle(conn)
        finally:
            self.deadlines.end(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Its head is there."""
        self.deadlines.end(conn)
        conn.sock.settimeout(PAUSE_SECONDS)
        return super().handle_request(req, conn)
