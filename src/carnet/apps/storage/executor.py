"""The executor: units of work on PostgreSQL, inside the scope of one record.

Statements are values (SQL text with parameters); an app writes them, this module runs them. Prepared statements with
generic plans and a small pool are what counts under load (house plan §7).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from psycopg_pool import ConnectionPool

Row = tuple[Any, ...]
Statement = tuple[str, Sequence[Any] | Mapping[str, Any]]

_pool: ConnectionPool[psycopg.Connection[Row]] | None = None


def _open_pool() -> ConnectionPool[psycopg.Connection[Row]]:
    config = settings.CARNET
    return ConnectionPool(
        settings.DATABASE_URL.replace("{role}", config.database_role),
        min_size=1,
        max_size=config.pool_size,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 1,
            "options": "-c plan_cache_mode=force_generic_plan -c timezone=UTC",
        },
        open=True,
    )


def pool() -> ConnectionPool[psycopg.Connection[Row]]:
    """The pool of this process, opened at first use as the role of the process."""
    global _pool
    if _pool is None:
        _pool = _open_pool()
    return _pool


def close_pool() -> None:
    """Close the connections (end of a process, or of a test that changed the role)."""
    global _pool
    if _pool is not None:
        _pool.close()
    _pool = None


class Work:
    """One unit of work: runs statements on one connection, in one transaction."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self.connection = connection

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Run a statement that answers rows."""
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """Run a statement and return its first row, or None."""
        return self.connection.execute(sql, values).fetchone()

    def run(self, sql: str, *values: Any) -> int:
        """Run a statement and return how many rows it touched."""
        return self.connection.execute(sql, values).rowcount

    def several(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Send statements together and return the rows of each: one round trip instead of one per statement."""
        with self.connection.pipeline():
            cursors = [self.connection.execute(sql, values) for sql, values in statements]
        # Results are there once the pipeline has ended; before that a cursor does not know whether it has rows.
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]

    def enter(self, record_id: UUID) -> None:
        """Enter the scope of a record, until the end of the transaction."""
        self.run("SELECT set_config('carnet.record', %s, true)", str(record_id))


@contextmanager
def unit(record_id: UUID | None = None) -> Iterator[Work]:
    """A transaction; committed at the end, rolled back on any exception. With a record, inside its scope."""
    with pool().connection() as connection, connection.transaction():
        work = Work(connection)
        if record_id is not None:
            work.enter(record_id)
        yield work


def lookup(sql: str, *values: Any) -> Row | None:
    """One row by one statement, outside any transaction (functions that look one key up)."""
    with pool().connection() as connection:
        return connection.execute(sql, values).fetchone()
