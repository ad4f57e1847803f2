"""Ports for servers of the tests: each worker of a run has a range of its own, below those that the system hands out.

A port that was only found free could be taken by another worker, or by any connection, before its server listens.
"""

import os
import socket
from itertools import count

FIRST, WIDTH = 20_000, 1_500
_worker = int("".join(c for c in os.environ.get("PYTEST_XDIST_WORKER", "") if c.isdigit()) or 6)
_next = count()


def free_port() -> int:
    """A port of the loopback that nobody listens on now, and that no other worker is given."""
    while True:
        port = FIRST + _worker * WIDTH + next(_next) % WIDTH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
