"""The very statements of an operation, captured while it runs once, as a pgbench script with literal values."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.conf import settings

from carnet.apps.storage.address import parameters
from carnet.apps.storage.wire import Answer, Values, Wire

_UUID = re.compile(r"'[0-9a-f]{32}'(::uuid)?")


@contextmanager
def tracing(tell: Callable[[str, Values], object]) -> Iterator[None]:
    """Tell of every statement that is sent meanwhile."""
    inner = Wire.send

    def traced(self: Wire, sql: str, values: Values = ()) -> Answer:
        tell(sql, values)
        return inner(self, sql, values)

    Wire.send = traced  # type: ignore[method-assign]
    try:
        yield
    finally:
        Wire.send = inner  # type: ignore[method-assign]


_LITERAL = re.compile(r"(?<![A-Za-z&])'((?:[^']|'')*)'")
_LOOKS_LIKE_A_VARIABLE = re.compile(r":(?=\w)")


def _quote(match: re.Match[str]) -> str:
    # pgbench would read ":25" inside a literal as a variable: such a colon is written by its code point.
    text = match[1]
    if not _LOOKS_LIKE_A_VARIABLE.search(text):
        return match[0]
    return "U&'" + _LOOKS_LIKE_A_VARIABLE.sub(r"\\003A", text.replace("\\", "\\\\")) + "'"


def _line(statement: str, fresh: bool, record_id: str) -> str:
    flat = _LITERAL.sub(_quote, " ".join(statement.split()))
    if fresh and flat.startswith("INSERT"):
        # Identifiers that a deposit makes anew each time; the record stays the same.
        flat = _UUID.sub(lambda m: m[0] if record_id.replace("-", "") in m[0] else "gen_random_uuid()", flat)
        flat = re.sub(r"'2\.25\.\d+'", "'2.25.' || :fresh", flat)
    return flat + ";"


def script_of(operation: Callable[[], object], record_id: str, fresh: bool = False) -> str:
    """Run the operation twice (the first fills caches) and return its statements."""
    operation()
    lines: list[str] = []
    with psycopg.connect(**parameters(settings.DATABASE_URL, settings.CARNET.database_role)) as connection:
        cursor = psycopg.ClientCursor(connection)
        with tracing(lambda sql, values: lines.append(cursor.mogrify(sql, values))):
            operation()
    head = ["\\set fresh random(1, 1000000000000000)"] if fresh else []
    return "\n".join([*head, *(_line(statement, fresh, record_id) for statement in lines)]) + "\n"
