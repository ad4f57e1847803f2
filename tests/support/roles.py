"""Acting as another process: the same database, under its role, with a pool of connections of that role for this thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_local = threading.local()
_pools: dict[str, Any] = {}
_lock = threading.Lock()


def install() -> None:
    """Let a thread choose the role of its connections; one that chose none has those of the settings."""
    from carnet.apps.storage import executor

    others = executor.pool

    def pool() -> Any:
        role = getattr(_local, "role", "")
        return _pool_of(role) if role else others()

    executor.pool = pool


def _pool_of(role: str) -> Any:
    from django.conf import settings

    from carnet.apps.storage import executor

    with _lock:
        if role not in _pools:
            before, settings.CARNET.database_role = settings.CARNET.database_role, role
            try:
                _pools[role] = executor._open_pool()
            finally:
                settings.CARNET.database_role = before
        return _pools[role]


def enter(role: str) -> None:
    """From now on this thread is a process of that role."""
    _local.role = role


def close() -> None:
    """Close every pool."""
    for pool in _pools.values():
        pool.close()
    _pools.clear()


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Run as this role of PostgreSQL, then as before."""
    before = getattr(_local, "role", "")
    _local.role = role
    try:
        yield
    finally:
        _local.role = before
