"""One heavy thing at a time for each person: their files hold one thread of a process, and nobody else waits for them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock, _busy = threading.Lock(), set[str]()


@contextmanager
def alone(who: str) -> Iterator[bool]:
    """Whether `who` does nothing of the kind yet in this process; while they do, another one gets False and goes away at once."""
    with _lock:
        first = who not in _busy
        if first:
            _busy.add(who)
    try:
        yield first
    finally:
        if first:
            with _lock:
                _busy.discard(who)
