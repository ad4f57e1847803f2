"""Acting as another process: the same database, under its role."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from carnet.apps.storage.api import close_pool


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Run as this role of PostgreSQL, then as the door's again."""
    before = settings.CARNET.database_role
    close_pool()
    settings.CARNET.database_role = role
    try:
        yield
    finally:
        close_pool()
        settings.CARNET.database_role = before
