"""Readings that come at the same time are taken together: one transaction, one commit, before any of them is answered.

Each keeps its own scope, its own decision and its own line in the journal; they share the way to the disk and back. Writers never
come here. Whatever is not an ordinary reading (a refusal, a first opening that is counted, an error) is taken by a thread in a unit
of its own, from the beginning: so there is one way to refuse, and it is the other one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from carnet.apps.storage.executor import ENTER, Wired, connect, tell, watched
from carnet.apps.storage.steps import Elsewhere, Into, Last, Statement, Steps
from carnet.apps.storage.wire import Answer

log = logging.getLogger("carnet.storage")
Found = TypeVar("Found")
MOST_TOGETHER = 16
"""Readings in one transaction."""
MOST_WAITING = 512
"""Readings that wait for a connection: beyond, each is taken by a thread, or told that the door is busy."""
LINES = 2
"""Connections: while one transaction is on its way, the next one is filled."""
AGAIN = 1.0
"""Seconds before a connection that failed is tried again."""


class _Taking(Generic[Found]):
    """One reading on its way."""

    def __init__(self, steps: Steps[Found], future: "asyncio.Future[Found]") -> None:
        self.steps, self.future = steps, future
        self.asked: Sequence[Statement] | Last = ()
        self.answers: list[Answer] | None = None
        self.into: Answer | None = None
        self.scope = ""
        self.found: Found | None = None
        self.error: Exception | None = None

    def go_on(self) -> bool:
        """Take one step. Returns whether another one follows."""
        try:
            if self.into is not None:
                row = self.into.fetchone()
                self.scope, self.into = row[0] if row else "", None
            self.asked = self.steps.send(self.answers)  # type: ignore[arg-type]
            return True
        except StopIteration as end:
            self.found = end.value
        except Exception as error:
            self.error = error
        return False

    def tell(self) -> None:
        """Tell whoever waits."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.found)  # type: ignore[arg-type]


class _Line:
    """One connection of the loop, and its transaction under way."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connection: Wired) -> None:
        self._loop, self._connection, self.wire = loop, connection, connection.wire
        self._waiter: asyncio.Future[None] | None = None
        self._until: Answer | None = None
        self._socket = self.wire.socket
        self._scope = ""
        self._told: list[tuple[str, Sequence[Any], Answer]] = []
        loop.add_reader(self._socket, self._readable)

    def _readable(self) -> None:
        if self._waiter is None or self._waiter.done():
            if not self.wire.heard():
                # Nobody asked anything: the server ends the connection.
                self._loop.remove_reader(self._socket)
            return
        try:
            if self.wire.take(self._until):
                self._waiter.set_result(None)
        except psycopg.Error as error:
            self._waiter.set_exception(error)

    def close(self) -> None:
        """Close the connection."""
        self._loop.remove_reader(self._socket)
        self._connection.close()

    async def _arrived(self, until: Answer | None) -> None:
        left = self.wire.flush()
        self._until, self._waiter = until, self._loop.create_future()
        while left and not self._waiter.done():
            # More than the socket takes at once.
            await asyncio.wait([self._waiter], timeout=0.001)
            left = self.wire.flush()
        await self._waiter

    def _send(self, one: _Taking[Any], statements: Sequence[Statement]) -> None:
        """Send statements of one reading inside its scope."""
        entering = bool(statements) and isinstance(statements[0], Into)
        if not entering and one.scope != self._scope:
            self.wire.send(ENTER, (one.scope,))
            self._scope = one.scope
        one.answers = []
        for statement in statements:
            sql, values = statement
            answer = self.wire.send(sql, values)
            one.answers.append(answer)
            if isinstance(statement, Into):
                one.into, self._scope = answer, "?"
            self._told += watched(sql, values, answer)

    def _ask(self, some: Sequence[_Taking[Any]]) -> Answer | None:
        last = None
        for one in some:
            try:
                self._send(one, one.asked.statements if isinstance(one.asked, Last) else one.asked)
            except psycopg.DataError as error:
                # A value that no statement can bear: the others go on.
                one.error = error
            last = one.answers[-1] if one.answers else last
        return last

    async def carry(self, taken: Sequence[_Taking[Any]]) -> None:
        """Take these readings in one transaction. Raises what a statement failed with: then none of them was taken."""
        self._scope, self._told = "", []
        with self.wire.pipeline():
            try:
                self.wire.send("BEGIN")
                live, ending = [one for one in taken if one.go_on()], []
                while live:
                    ending += [one for one in live if isinstance(one.asked, Last)]
                    live = [one for one in live if not isinstance(one.asked, Last)]
                    last = self._ask(live)
                    if last is not None:
                        self.wire.request()
                        await self._arrived(last)
                        self.wire.raise_error()
                    live = [one for one in live if one.error is None and one.go_on()]
                self._ask(sorted(ending, key=_chain))
                self.wire.send("COMMIT")
                self.wire.sync()
                await self._arrived(None)
                self.wire.raise_error()
            except BaseException:
                await self._roll_back()
                raise
        for one in ending:
            if one.error is None and one.go_on():
                one.error = Elsewhere("a step behind the last one")
        tell(self._told)

    async def _roll_back(self) -> None:
        for _ in range(2):
            self.wire.send("ROLLBACK")
            self.wire.sync()
            await self._arrived(None)
            if self._connection.pgconn.transaction_status == TransactionStatus.IDLE:
                return


def _chain(one: _Taking[Any]) -> UUID:
    return one.asked.chain if isinstance(one.asked, Last) else UUID(int=0)


class Together:
    """Takes the readings of one process, in its loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[_Taking[Any]] = deque()
        self._free: list[_Line] = []
        self._missing = LINES
        self._tasks: set[asyncio.Task[None]] = set()
        self._not_before = 0.0
        self.taken = 0
        """Readings that were taken here, and not by a thread."""

    async def take(self, steps: Steps[Found]) -> Found:
        """What these steps find. Raises what they raise, or Elsewhere where they cannot be taken here now."""
        if len(self._waiting) >= MOST_WAITING:
            raise Elsewhere("too many wait")
        if self._missing and not self._free and self._loop.time() < self._not_before and len(self._tasks) == 0:
            raise Elsewhere("no connection")
        future: asyncio.Future[Found] = self._loop.create_future()
        self._waiting.append(_Taking(steps, future))
        self._start()
        return await future

    def _start(self) -> None:
        while self._waiting and self._free:
            some = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
            self._task(self._carry(self._free.pop(), some))
        if self._waiting and self._missing and self._loop.time() >= self._not_before:
            self._missing -= 1
            self._task(self._open())

    async def open_all(self) -> None:
        """Open every connection now, for whoever wants them before the first reading."""
        while self._missing and self._loop.time() >= self._not_before:
            self._missing -= 1
            await self._open()

    def _task(self, coroutine: Any) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self) -> None:
        try:
            self._free.append(_Line(self._loop, await self._loop.run_in_executor(None, connect)))
        except psycopg.Error as error:
            log.error("together-not-connected type=%s", type(error).__name__)
            self._missing += 1
            self._not_before = self._loop.time() + AGAIN
            if not self._free and self._missing == LINES:
                self._send_elsewhere(self._waiting)
                self._waiting.clear()
        self._start()

    async def _carry(self, line: _Line, some: list[_Taking[Any]]) -> None:
        try:
            await line.carry(some)
        except Exception as error:
            # Its text may carry values: only its type reaches the log.
            log.warning("together-failed readings=%d type=%s", len(some), type(error).__name__)
            self._send_elsewhere(some)
        finally:
            if line.wire.alive:
                self._free.append(line)
            else:
                line.close()
                self._missing += 1
        for one in some:
            self.taken += one.error is None
            one.tell()
        self._start()

    def _send_elsewhere(self, some: Sequence[_Taking[Any]]) -> None:
        for one in some:
            one.error = Elsewhere("the transaction failed")
            one.tell()

    def close(self) -> None:
        """Close the connections (end of the process)."""
        for line in self._free:
            line.close()
        self._free.clear()
