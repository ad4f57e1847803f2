"""The wire: statements to PostgreSQL in pipeline mode, with as little as there can be between them and libpq.

Psycopg opens, signs in and pools the connections, and its adapters turn values into text and back; only the way of a statement is
ours: psycopg's own cursors cost more than all else that a reading does in this process (`docs/performance.md`). What is sent waits
in the buffer of libpq; whoever reads an answer, or ends the transaction, sends it and waits.
"""

import re
import select
import threading
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any

from psycopg import Connection, errors, pq
from psycopg.abc import Buffer
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]

MOST_PREPARED = 100
"""Statements that one connection keeps prepared; the one that was not used for longest leaves first."""
_BINARY = frozenset({16, 17, 20, 21, 23, 25, 26, 701, 1000, 1007, 1009, 1015, 1016, 1043, 1082, 1184, 2950, 2951})
"""Types whose binary form psycopg reads as the same value as the text: bool, bytea, int8, int2, int4, text, oid, float8, their
arrays, varchar, date, timestamptz, uuid. A sealed resource is sent as it is, not twice as long in hexadecimal."""
_PLACE = re.compile(r"%(?:%|s|\((\w+)\)s)")
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)


@lru_cache(maxsize=2048)
def _converted(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement as the protocol wants it (`$1`), and the names of its places in order where it names them."""
    names: dict[str, int] = {}
    count = 0

    def numbered(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] == "%%":
            return "%"
        if found[1]:
            return f"${names.setdefault(found[1], len(names) + 1)}"
        count += 1
        return f"${count}"

    text = _PLACE.sub(numbered, sql)
    if names and count:
        raise errors.ProgrammingError("a statement names its places, or numbers them")
    return text.encode(), tuple(names)


@lru_cache(maxsize=64)
def _automatic(count: int) -> list[PyFormat]:
    return [PyFormat.AUTO] * count


class _Reading(threading.local):
    """Each thread reads rows by itself, for a Transformer remembers what it is at; no answer needs its connection any more."""

    def __init__(self) -> None:
        self.transformer = Transformer()


_reading = _Reading()


class Answer:
    """The answer to one statement; it is waited for when it is first read. Its rows can be read after the unit is over."""

    __slots__ = ("_error", "_result", "_rows", "_wire", "number")

    def __init__(self, wire: "Wire", number: int) -> None:
        self._wire: Wire | None = wire
        self._result: PGresult | None = None
        self._rows: list[Row] | None = None
        self._error: Exception | None = None
        self.number = number
        """Of its statement, among those of the connection."""

    def arrived(self, result: PGresult, error: Exception | None) -> None:
        """Take the result, and what this statement, or one before it, failed with. Called by the wire."""
        self._result, self._error, self._wire = result, error, None

    @property
    def here(self) -> bool:
        """Whether the result has arrived."""
        return self._result is not None

    def fetchall(self) -> list[Row]:
        """Every row. Raises what the statement, or one before it, failed with."""
        if self._rows is None:
            if self._result is None and self._wire is not None:
                self._wire.read(self)
            if self._error is not None:
                raise self._error
            if self._result is None:
                raise errors.InterfaceError("the unit of this statement is over, and it was never answered")
            self._rows = _rows_of(self._result)
            self._result = None
        return self._rows

    def fetchone(self) -> Row | None:
        """The first row, or None. Raises like `fetchall`."""
        rows = self.fetchall()
        return rows[0] if rows else None


def _rows_of(result: PGresult) -> list[Row]:
    if result.status == ExecStatus.COMMAND_OK:
        return []
    if result.status != ExecStatus.TUPLES_OK:
        # No rows and no answer are two things, whoever caught the error that was raised for it.
        raise errors.InterfaceError("this statement failed, or one before it: it has no rows")
    transformer = _reading.transformer
    transformer.set_pgresult(result)
    rows: list[Row] = transformer.load_rows(0, result.ntuples, tuple)
    return rows


class _Prepared:
    """A statement that this connection knows by name, or has met once."""

    __slots__ = ("name", "ready", "result_format")

    def __init__(self) -> None:
        self.name, self.ready, self.result_format = b"", False, pq.Format.TEXT

    def learn(self, result: PGresult) -> None:
        """Ask for binary from now on, where every column may be."""
        if all(result.ftype(column) in _BINARY for column in range(result.nfields)):
            self.result_format = pq.Format.BINARY


_Key = tuple[bytes, tuple[int, ...]]
_SYNC, _ASIDE = object(), object()


class Wire:
    """One connection: sends, and takes what has arrived. Waiting is the caller's: `read` and `settle` wait by themselves."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._pg: PGconn = connection.pgconn
        # Values are written for this connection: without one, psycopg would escape bytes as servers of long ago read them.
        self._transformer = Transformer(connection)
        self._known: OrderedDict[_Key, _Prepared] = OrderedDict()
        self._awaited: deque[tuple[Any, _Prepared | None]] = deque()
        self._numbers = 0
        self._sent = self._asked = 0
        """Statements that were sent, and those whose answers the server was asked for."""
        self._error: Exception | None = None
        self._unsettled = False
        self._poll: select.poll | None = None

    # What is sent.

    def send(self, sql: str, values: Values = ()) -> Answer:
        """Send a statement; it leaves with the next wait."""
        text, names = _converted(sql)
        if isinstance(values, Mapping):
            values = [values[name] for name in names]
        transformer = self._transformer
        parameters: Sequence[Buffer | None] = transformer.dump_sequence(values, _automatic(len(values))) if values else ()
        types, formats = (transformer.types or (), transformer.formats or ()) if values else ((), ())
        known = self._of((text, types))
        if known.name:
            self._pg.send_query_prepared(known.name, parameters, formats, known.result_format)
        else:
            self._pg.send_query_params(text, parameters, types, formats, known.result_format)
        self._sent += 1
        answer, self._unsettled = Answer(self, self._sent), True
        self._awaited.append((answer, known))
        return answer

    def _of(self, key: _Key) -> _Prepared:
        """What this connection knows of a statement: it is prepared when it comes for the second time."""
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = _Prepared()
            if len(self._known) > MOST_PREPARED:
                self._forget(self._known.popitem(last=False)[1])
            return known
        self._known.move_to_end(key)
        if not known.name:
            self._numbers += 1
            known.name = b"c%d" % self._numbers
            self._pg.send_prepare(known.name, *key)
            self._awaited.append((_ASIDE, known))
        return known

    def _forget(self, known: _Prepared) -> None:
        if known.name:
            self._pg.send_query_params(b"DEALLOCATE " + known.name, None)
            self._awaited.append((_ASIDE, None))

    def sync(self) -> None:
        """End what the server takes together: after an error it skips all that stands before."""
        self._pg.pipeline_sync()
        self._awaited.append((_SYNC, None))
        self._unsettled, self._asked = False, self._sent

    # What has arrived.

    @property
    def socket(self) -> int:
        """The socket to wait on."""
        return self._pg.socket

    @property
    def alive(self) -> bool:
        """Whether the connection can be used again."""
        return self._pg.status == pq.ConnStatus.OK and self._pg.transaction_status == TransactionStatus.IDLE

    def heard(self) -> bool:
        """Take what the server says of itself. Returns False when it ended the connection."""
        try:
            self._pg.consume_input()
        except errors.Error:
            return False
        return self._pg.status == pq.ConnStatus.OK

    def flush(self) -> bool:
        """Send what stands in the buffer, as far as it goes at once. Returns whether some is left."""
        return bool(self._pg.flush())

    def request(self) -> None:
        """Ask the server to answer what it has, before the end of the transaction."""
        self._pg.send_flush_request()
        self._asked = self._sent

    def take(self, until: Answer | None = None) -> bool:
        """Take all that has arrived. Returns whether the answer `until` has, or all that was awaited."""
        pg, awaited, ended = self._pg, self._awaited, False
        pg.consume_input()
        while awaited and not pg.is_busy():
            result = pg.get_result()
            if result is None:
                # libpq ends the results of each statement by one None; by more, where nothing is there.
                if ended:
                    break
                ended = True
                continue
            ended = False
            head, known = awaited.popleft()
            if head is not _SYNC:
                self._arrived(head, known, result)
        return not awaited or (until is not None and until.here)

    def _arrived(self, head: Any, known: _Prepared | None, result: PGresult) -> None:
        status = result.status
        failed = status in _FAILED or status == ExecStatus.PIPELINE_ABORTED
        if failed:
            if known is not None and head is _ASIDE:
                known.name = b""
            if self._error is None and status in _FAILED:
                self._error = self._failure(result)
        elif known is not None and head is not _ASIDE and not known.ready:
            known.learn(result)
            known.ready = True
        if isinstance(head, Answer):
            head.arrived(result, self._error if failed else None)

    def _failure(self, result: PGresult) -> Exception:
        if self._pg.status == pq.ConnStatus.BAD and not result.error_field(pq.DiagnosticField.SQLSTATE):
            return errors.OperationalError("the connection was lost")
        return errors.error_from_result(result, encoding="utf-8")

    def raise_error(self) -> None:
        """Raise what a statement failed with since the transaction began."""
        if self._error is not None:
            raise self._error

    # Waiting, for a thread.

    def _wait(self, until: Answer | None) -> None:
        pg = self._pg
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(pg.socket, select.POLLIN)
        left = pg.flush()
        while not self.take(until):
            if left:
                self._poll.modify(pg.socket, select.POLLIN | select.POLLOUT)
                self._poll.poll()
                self._poll.modify(pg.socket, select.POLLIN)
                left = pg.flush()
            else:
                self._poll.poll()

    def read(self, answer: Answer) -> None:
        """Wait for one answer, and take those that came with it: what was sent together is asked for once."""
        if answer.number > self._asked:
            self.request()
        self._wait(answer)

    def settle(self) -> None:
        """Wait for all that was sent."""
        self.sync()
        self._wait(None)

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        """The connection in pipeline mode; broken off rather than left in the middle of an answer."""
        self._error = None
        self._pg.enter_pipeline_mode()
        try:
            yield
        except BaseException:
            if self._awaited or self._pg.status == pq.ConnStatus.BAD:
                self._awaited.clear()
                self._pg.finish()
            else:
                self._pg.exit_pipeline_mode()
            raise
        self._pg.exit_pipeline_mode()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction: committed at the end, rolled back on any exception."""
        with self.pipeline():
            self.send("BEGIN")
            try:
                yield
                self.send("COMMIT")
                self.settle()
                self.raise_error()
            except BaseException:
                # What broke the connection was told already, or is told by the exception under way.
                with suppress(errors.Error):
                    self.roll_back()
                raise

    def roll_back(self) -> None:
        """End the transaction, whatever state it is in; wait for it."""
        if self._unsettled:
            self.send("ROLLBACK")
            self.settle()
        if self._pg.transaction_status != TransactionStatus.IDLE:
            # After an error the server skipped it.
            self.send("ROLLBACK")
            self.settle()

    def once(self, sql: str, values: Values = ()) -> Answer:
        """One statement in a transaction of its own. Raises what it failed with."""
        with self.pipeline():
            answer = self.send(sql, values)
            self.settle()
            self.raise_error()
        return answer
