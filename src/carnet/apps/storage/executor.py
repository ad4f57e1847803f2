"""The executor: units of work on PostgreSQL, inside the scope of one record.

Statements are values (SQL text with parameters); an app writes them, this module runs them. Prepared statements with
generic plans and a small pool are what counts under load (house plan §7).
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from django.conf import settings
from psycopg_pool import ConnectionPool

from carnet.apps.storage.address import parameters
from carnet.apps.storage.steps import Last, Statement, Steps
from carnet.apps.storage.wire import Answer, Row, Values, Wire

Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Wired(psycopg.Connection[Row]):
    """A connection with the wire on which its units send."""

    @cached_property
    def wire(self) -> Wire:
        """The wire, made at first use."""
        return Wire(self)


_pool: ConnectionPool[Wired] | None = None
_opening = threading.Lock()
"""Two first requests at once must not open two pools: the one that nobody keeps would hold its connections for ever."""


def _parameters() -> dict[str, Any]:
    """How this process signs in: what the URL says, with options of ours behind its own."""
    role = settings.CARNET.database_role
    found = parameters(settings.DATABASE_URL, role)
    bounded, planned = ("", "") if role in _WHOLE else (BOUNDED, " -c enable_seqscan=off")
    options = f"{bounded}{found.get('options', '')} -c plan_cache_mode=force_generic_plan{planned} -c timezone=UTC".strip()
    return _NOT_LEFT_ALONE | found | {"options": options}


_WHOLE = frozenset({"postgres", "carnet_operator", "carnet_worker", "carnet_courier", "carnet_sealer"})
"""Roles that go through whole tables. The others ask of one record: a plan that was made while a table was small must not read all
of it once it has grown, and a connection keeps its plans until the next ANALYZE (a search cost twice as much until then)."""


BOUNDED = "-c statement_timeout=30s "
"""No statement of a door goes on for longer, its wait for somebody else's lock included (a migration, a table being copied): the
thread would be lost to everybody. Before what the URL says, which may say otherwise."""
_NOT_LEFT_ALONE = {"tcp_user_timeout": "30000", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""A database whose machine went away says nothing at all: it is noticed within a minute. What the URL says comes first."""

CONNECTED_WITHIN = 5.0
"""Seconds that a request waits for a connection: a database that is not there is said soon."""


def _open_pool() -> ConnectionPool[Wired]:
    return ConnectionPool(
        connection_class=Wired,
        min_size=1,
        max_size=settings.CARNET.pool_size,
        timeout=CONNECTED_WITHIN,
        # The wire prepares by itself: psycopg would forget them all at each rollback.
        kwargs={"autocommit": True, "prepare_threshold": None, **_parameters()},
        open=True,
    )


def pool() -> ConnectionPool[Wired]:
    """The pool of this process, opened at first use as the role of the process."""
    global _pool
    found = _pool
    if found is None:
        with _opening:
            found = _pool = _pool or _open_pool()
    return found


def close_pool() -> None:
    """Close the connections (end of a process, or of a test that changed the role)."""
    global _pool
    if _pool is not None:
        _pool.close()
    _pool = None


ENTER = "SELECT set_config('carnet.record', %s, true)"
"""Enters the scope of a record, until the end of the transaction."""
Told = Callable[[Sequence[tuple[Sequence[Any], Row]]], None]
Watched = tuple[str, Sequence[Any], Answer]
_AFTER_COMMIT: dict[str, Told] = {}


def after_commit(sql: str, tell: Told) -> None:
    """Have `tell` called with the values and the answer of each statement of exactly this text, once its unit is committed.

    It is called before the unit's caller goes on, in its thread, without a connection.
    """
    _AFTER_COMMIT[sql] = tell


def watched(sql: str, values: Values, answer: Answer) -> list[Watched]:
    """The statement, where somebody asked to be told of it."""
    return [(sql, values, answer)] if sql in _AFTER_COMMIT and not isinstance(values, Mapping) else []


def tell(committed: Sequence[Watched]) -> None:
    """Tell whoever asked for it (`after_commit`) what was committed."""
    told: dict[str, list[tuple[Sequence[Any], Row]]] = {}
    for sql, values, answer in committed:
        told.setdefault(sql, []).append((values, answer.fetchone() or ()))
    for sql, answers in told.items():
        _AFTER_COMMIT[sql](answers)


def _hashable(values: tuple[Any, ...]) -> bool:
    return not any(isinstance(value, list) for value in values)


class Work:
    """One unit of work: runs statements on one connection, in one transaction.

    Statements are sent without waiting for each other (pipeline mode): a statement that fails raises at the next answer that
    is read, or at the end of the unit. Nothing is committed in either case.
    """

    def __init__(self, connection: Wired) -> None:
        self.connection = connection
        self._answers: dict[Any, Any] = {}
        self._ahead: dict[tuple[str, tuple[Any, ...]], Answer] = {}
        self.watched: list[Watched] = []

    def _send(self, sql: str, values: Values) -> Answer:
        return self.connection.wire.send(sql, values)

    def _execute(self, sql: str, values: Values) -> Answer:
        answer = self._send(sql, values)
        self.watched += watched(sql, values, answer)
        return answer

    def rows(self, sql: str, *values: Any) -> list[Row]:
        """Run a statement that answers rows."""
        return self._answer(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        """Run a statement and return its first row, or None."""
        return self._answer(sql, values).fetchone()

    def ahead(self, *statements: Statement) -> None:
        """Send statements whose rows will be asked for once, by the same text and values: one wait for all of them.

        Of what the unit does not change before it asks. What is then not asked for cost its reading.
        """
        for sql, values in statements:
            self._ahead[sql, tuple(values)] = self._execute(sql, values)

    def _answer(self, sql: str, values: tuple[Any, ...]) -> Answer:
        sent = self._ahead.pop((sql, values), None) if self._ahead and _hashable(values) else None
        return sent or self._execute(sql, values)

    def run(self, sql: str, *values: Any) -> None:
        """Send a statement whose answer nobody needs."""
        self._execute(sql, values)

    def copy_in(self, into: str, rows: Iterable[Sequence[Any]]) -> None:
        """Write many rows by COPY: `into` is a table with its columns. For a unit of `streaming` alone, and a role that no row
        security holds back (the owner): PostgreSQL copies into no table behind it."""
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def send(self, *statements: Statement) -> list[Answer]:
        """Send statements; their rows are read later, from the answers: after the unit they cost no wait at all."""
        return [self._execute(sql, values) for sql, values in statements]

    def several(self, statements: Sequence[Statement]) -> list[list[Row]]:
        """Send statements together and return the rows of each: one wait for all of them."""
        return [answer.fetchall() for answer in self.send(*statements)]

    def follow(self, steps: Steps[Found]) -> Found:
        """Take steps in this unit."""
        try:
            asked = next(steps)
            while True:
                asked = steps.send(self.send(*(asked.statements if isinstance(asked, Last) else asked)))
        except StopIteration as end:
            found: Found = end.value
            return found

    def once(self, ask: Callable[..., Asked], *values: Any) -> Asked:
        """What a function of this unit and these values answers, asked once: of what the unit does not change itself."""
        asked = (ask, *values)
        if asked not in self._answers:
            self._answers[asked] = ask(self, *values)
        answer: Asked = self._answers[asked]
        return answer

    def enter(self, record_id: UUID) -> None:
        """Enter the scope of a record, until the end of the transaction."""
        self.run(ENTER, str(record_id))


_held = threading.local()


def keep_from_waiting() -> None:
    """Have this thread never open a unit: it is the one of the loop, which others wait for."""
    _held.busy = True


def connect() -> Wired:
    """A connection beside the pool. Raises psycopg.OperationalError."""
    return Wired.connect(autocommit=True, prepare_threshold=None, connect_timeout=int(CONNECTED_WITHIN), **_parameters())


class NestedWorkError(RuntimeError):
    """A thread that holds a connection asked for another: with a small pool, such threads wait for each other for ever."""


@contextmanager
def _connection() -> Iterator[Wired]:
    if getattr(_held, "busy", False):
        raise NestedWorkError("pass the unit of work on instead of opening another")
    with pool().connection() as connection:
        _held.busy = True
        try:
            yield connection
        finally:
            _held.busy = False


@contextmanager
def unit(record_id: UUID | None = None) -> Iterator[Work]:
    """A transaction; committed at the end, rolled back on any exception. With a record, inside its scope.

    Units do not nest: raises NestedWorkError.
    """
    with _connection() as connection, connection.wire.transaction():
        work = Work(connection)
        if record_id is not None:
            work.enter(record_id)
        yield work
    tell(work.watched)


def alone(sql: str) -> Row | None:
    """One row by a connection of its own: what a process must know before, or while, it works with its pool."""
    with psycopg.connect(**_parameters()) as connection:
        return connection.execute(sql).fetchone()


class _Streaming(Work):
    """A unit that waits for each statement: neither COPY nor a cursor of the server goes through a pipeline."""

    def _send(self, sql: str, values: Values) -> Answer:
        return self.connection.wire.once(sql, values)


@contextmanager
def streaming() -> Iterator[Work]:
    """A transaction for more than fits in memory: read by a cursor of the server, or written by COPY."""
    with _connection() as connection, connection.transaction():
        work = _Streaming(connection)
        yield work
    tell(work.watched)


def lookup(sql: str, *values: Any) -> Row | None:
    """One row by one statement, outside any transaction (functions that look one key up)."""
    with _connection() as connection:
        return connection.wire.once(sql, values).fetchone()
