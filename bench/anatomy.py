"""Where the time of one request goes: the door, the steps inside it, and each statement in the database.

Everything is processor time, not waiting: what a machine of so many cores is bought for.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from types import SimpleNamespace
from typing import Any

ROUNDS, TIMES = 5, 200


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table: what, how many microseconds, and what else is counted of it."""

    what: str
    microseconds: float
    more: str = ""


def least(work: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds of this process for one call: the least of some rounds, for nothing makes it shorter than it is."""
    found = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) / times * 1e6)
    return min(found)


class _Protocol:
    def __init__(self, body: bytes) -> None:
        self.body, self.status = body, 0

    async def __aiter__(self) -> Any:
        yield self.body

    def response_bytes(self, status: int, headers: object, body: bytes) -> None:
        self.status = status


def _request(call: tuple[str, str, str, str], token: str) -> tuple[Any, bytes]:
    method, path, kind, text = call
    body = text.encode()
    headers = {"authorization": f"Bearer {token}", "host": "x"}
    if method != "GET":
        headers |= {"content-type": kind, "content-length": str(len(body))}
    scope = SimpleNamespace(
        method=method, path=path, query_string="", http_version="1.1", client="127.0.0.1:1", scheme="http", authority=None,
        headers=headers,
    )  # fmt: skip
    return scope, body


class Entry:
    """The asynchronous entry in this process, for as many clients at once as a process of the door has."""

    CLIENTS = 8

    def __init__(self) -> None:
        from carnet.apps.storage import executor
        from carnet.config import rsgi

        self._executor = executor
        self.entry, self.loop = rsgi.entry("fhir"), asyncio.new_event_loop()
        self.entry.__rsgi_init__(self.loop)
        # This thread is the loop's and the bench's.
        executor._held.busy = False

    def _all(self, calls: list[Any], token: str, count: int) -> None:
        turns = iter(range(count))

        async def client() -> None:
            for turn in turns:
                scope, body = _request(calls[turn % len(calls)], token)
                protocol = _Protocol(body)
                await self.entry.__rsgi__(scope, protocol)
                if protocol.status >= 300:
                    raise RuntimeError(f"the entry answered {protocol.status}")

        async def clients() -> None:
            await asyncio.gather(*(client() for _ in range(self.CLIENTS)))

        self._executor._held.busy = True
        try:
            self.loop.run_until_complete(clients())
        finally:
            self._executor._held.busy = False

    def microseconds(self, calls: list[Any], token: str) -> float:
        """Of one request, the server of HTTP left out."""
        self._all(calls, token, 200)
        return least(lambda: self._all(calls, token, 400), 1) / 400


def statements(operation: Callable[[], object]) -> list[Part]:
    """What each statement of an operation costs the database, prepared, in a session of its own; its buffers, and its WAL."""
    from bench.capture import tracing
    from bench.processor import of_session
    from carnet.apps.storage import executor

    operation()
    lines: list[tuple[str, Any]] = []
    with tracing(lambda sql, values: lines.append((sql, values))):
        operation()
    connection = executor.connect()
    wire, pid = connection.wire, connection.info.backend_pid

    def once(inner: list[tuple[str, Any]], spent: list[float]) -> None:
        with wire.pipeline():
            for place, (sql, values) in enumerate(inner):
                before = of_session(pid)
                wire.send(sql, values)
                wire.request()
                wire.settle() if sql in ("COMMIT", "ROLLBACK") else wire._wait(wire._awaited[-1][0])
                spent[place] += of_session(pid) - before

    held: list[list[float]] = []
    for turn in range(60):
        spent = [0.0] * len(lines)
        once(lines, spent)
        if turn >= 10:
            held.append(spent)
    connection.close()
    return [Part(_named(sql), median(one[place] for one in held)) for place, (sql, _) in enumerate(lines)]


def _named(sql: str) -> str:
    flat = " ".join(sql.split())
    for start, name in (
        ("SELECT r.*", "facts of the decision (one statement of every app)"),
        ("SELECT set_config", "the record of this INS or document, and its scope"),
        ("SELECT logical_id, updated_at", "the page: 21 rows under the visibility"),
        ("SELECT logical_id, type_code", "the document"),
        ("SELECT journal_append", "the line of the journal"),
        ("SELECT actor, expires_at", "the session of the token"),
        ("SELECT activated", "the state told by TD0.2"),
        ("SELECT sealed FROM identity_ins", "the INS in force"),
        ("SELECT outbox_tell_access", "the notice of the access (once a day)"),
    ):
        if flat.startswith(start):
            return name
    return f"`{flat[:60]}`"
