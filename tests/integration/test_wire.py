"""The wire: what is sent comes back as it was, whatever its form on the way, and a unit holds or leaves nothing."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st
from support.people import patient
from support.roles import as_role

from carnet.apps.storage import wire
from carnet.apps.storage.api import lookup, streaming, unit
from carnet.apps.storage.executor import Work, connect

VALUES: tuple[tuple[str, Any], ...] = (
    ("bytea", b"\x00\x01'\\\"{},\xff"),
    ("bytea[]", [b"\x00", b"'\\\"", b"''{},", b""]),
    ("text", "l'été \\ « % » $1 ''"),
    ("varchar[]", ["a", "b,c", 'd"e', "f'g", "{}", "NULL", ""]),
    ("uuid", UUID(int=7)),
    ("uuid[]", [UUID(int=7), UUID(int=2**127)]),
    ("timestamptz", datetime(2026, 11, 28, 9, 30, 1, 234567, tzinfo=UTC)),
    ("timestamptz", datetime(1926, 2, 28, tzinfo=UTC)),
    ("date", date(1850, 1, 31)),
    ("int", -(2**31)),
    ("bigint", 2**63 - 1),
    ("smallint", 7),
    ("boolean", True),
    ("double precision", 1.5e-7),
    ("int[]", [1, 2, 3]),
    ("interval", timedelta(days=3, seconds=7)),
    ("jsonb", None),
)


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda v: str(v)[:20])
def test_a_value_comes_back_as_it_was_in_every_form(kind: str, value: Any) -> None:
    """The first time as text, the second time prepared, from the third on in binary."""
    with unit() as work:
        found = [work.rows(f"SELECT %s::{kind}, %s::{kind} IS NULL", value, value)[0] for _ in range(4)]
    assert found == [(value, value is None)] * 4
    assert [type(row[0]) for row in found] == [type(value)] * 4
    if isinstance(value, datetime):
        assert all(row[0].utcoffset() == timedelta(0) for row in found)


def test_names_and_numbers_of_places() -> None:
    with unit() as work:
        answer = work.send(("SELECT %(b)s::int, %(a)s::text, %(b)s::int, '%%'", {"a": "x", "b": 2, "c": "not asked"}))[0]
        assert answer.fetchall() == [(2, "x", 2, "%")]
        assert answer.fetchone() == (2, "x", 2, "%"), "an answer is read as often as one likes"
        with pytest.raises(psycopg.ProgrammingError):
            work.rows("SELECT %s, %(a)s", 1)


def test_an_answer_is_read_after_its_unit() -> None:
    with unit() as work:
        answer = work.send(("SELECT 1", ()))[0]
    assert answer.fetchall() == [(1,)]


def test_a_statement_that_fails_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, record_id = patient("treating")
    state = "SELECT activated FROM records_record WHERE record_id = %s"

    def activated() -> Any:
        with unit(record_id) as work:
            return work.rows(state, record_id)[0][0]

    before = activated()
    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero), unit(record_id) as work:
            work.run("UPDATE records_record SET activated = NOT activated WHERE record_id = %s", record_id)
            work.run("SELECT 1/0")
            work.run("SELECT 2")
        with pytest.raises(psycopg.errors.DivisionByZero), unit(record_id) as work:
            work.run("UPDATE records_record SET activated = NOT activated WHERE record_id = %s", record_id)
            work.row("SELECT 1/0")
        with pytest.raises(ZeroDivisionError), unit(record_id) as work:
            work.row("UPDATE records_record SET activated = NOT activated WHERE record_id = %s RETURNING 1", record_id)
            raise ZeroDivisionError
        with pytest.raises(KeyboardInterrupt), unit(record_id) as work:
            work.run("UPDATE records_record SET activated = NOT activated WHERE record_id = %s", record_id)
            raise KeyboardInterrupt
        assert activated() == before


def test_what_failed_says_so_each_time_and_what_stood_before_it_has_its_rows() -> None:
    told = []
    with pytest.raises(psycopg.errors.DivisionByZero), unit() as work:
        before, failed, skipped = work.send(("SELECT 7", ()), ("SELECT 1/0", ()), ("SELECT 1", ()))
        # Its answer came with the failure of another, which concerns it not.
        assert before.fetchall() == [(7,)]
        for answer in (skipped, failed, skipped):
            with pytest.raises(psycopg.errors.DivisionByZero):
                answer.fetchall()
            told.append(answer)
    assert told == [skipped, failed, skipped]
    with unit() as work:
        assert work.row("SELECT 2") == (2,)
        with pytest.raises(psycopg.errors.DivisionByZero):
            failed.fetchall()


@given(data=st.data(), kinds=st.lists(st.sampled_from(("row", "none", "large", "fails")), min_size=1, max_size=8))
@settings_of(max_examples=60, deadline=None)
def test_in_whatever_order_answers_are_read_each_is_that_of_its_statement(data: st.DataObject, kinds: list[str]) -> None:
    """Sent in flights of any size, read in any order, again and again: rows up to the first failure, its error from there on."""
    statements = {"row": "SELECT %s::int", "none": "SELECT %s::int WHERE false", "large": "SELECT %s::int, repeat('x', 20000)",
                  "fails": "SELECT %s::int / 0"}  # fmt: skip
    fails = kinds.index("fails") if "fails" in kinds else len(kinds)
    ended = False
    with suppress(psycopg.errors.DivisionByZero), unit() as work:
        answers: list[Any] = []
        while len(answers) < len(kinds):
            flight = data.draw(st.integers(1, len(kinds) - len(answers)))
            several = range(len(answers), len(answers) + flight)
            answers += work.send(*((statements[kinds[n]], (n,)) for n in several))
            for n in data.draw(st.lists(st.integers(0, len(answers) - 1), max_size=6)):
                try:
                    told: Any = [row[0] for row in answers[n].fetchall()]
                except psycopg.errors.DivisionByZero:
                    told = "fails"
                assert told == ("fails" if n >= fails else [] if kinds[n] == "none" else [n])
        ended = True
    assert ended, "what failed was caught where it was read"
    with unit() as work:
        assert work.row("SELECT 1") == (1,)


def test_what_is_sent_together_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    request = wire.Wire.request
    monkeypatch.setattr(wire.Wire, "request", lambda self: (asked.append(1), request(self))[1])
    with unit() as work:
        assert [rows[0][0] for rows in work.several([(f"SELECT {n}, %s::int", (1,)) for n in range(5)])] == [0, 1, 2, 3, 4]
        assert len(asked) == 1
        first, second = work.send(("SELECT 5", ()), ("SELECT 6", ()))
        assert (second.fetchall(), first.fetchall()) == ([(6,)], [(5,)])
        assert len(asked) == 2
        later = work.send(("SELECT 7", ()))[0]
    assert later.fetchall() == [(7,)], "the end of the unit brought it"
    assert len(asked) == 2


def test_a_scope_ends_with_its_unit() -> None:
    with unit(uuid4()):
        pass
    assert lookup("SELECT current_setting('carnet.record', true)") in (("",), (None,))


def test_statements_beyond_the_most_are_forgotten_and_known_again() -> None:
    several = [f"SELECT {n}, %s::int" for n in range(wire.MOST_PREPARED + 20)]
    with unit() as work:
        for _ in range(3):
            assert [work.row(sql, 1) for sql in several] == [(n, 1) for n in range(len(several))]
    with unit() as work:
        (held,) = work.row("SELECT count(*) FROM pg_prepared_statements") or (0,)
    assert held <= wire.MOST_PREPARED


def test_a_statement_whose_preparation_failed_is_prepared_again() -> None:
    table = f"carnet_essai_{uuid4().hex}"
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        for _ in range(2):
            with pytest.raises(psycopg.errors.UndefinedTable), unit() as work:
                work.row(f"SELECT 1 FROM {table}")
        owner.execute(f"CREATE TABLE {table} ()")
        owner.execute(f"GRANT SELECT ON {table} TO PUBLIC")
        try:
            for _ in range(3):
                with unit() as work:
                    assert work.row(f"SELECT count(*) FROM {table}") == (0,)
        finally:
            owner.execute(f"DROP TABLE {table}")


def test_a_lost_connection_is_said_and_replaced() -> None:
    owner = psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True)
    with owner, pytest.raises(psycopg.OperationalError), unit() as work:
        (pid,) = work.row("SELECT pg_backend_pid()") or (0,)
        owner.execute("SELECT pg_terminate_backend(%s)", [pid])
        for _ in range(100):
            work.row("SELECT pg_sleep(0.05)")
    with unit() as work:
        assert work.row("SELECT 1") == (1,)


def test_a_unit_for_more_than_fits_in_memory_goes_on_after_what_failed() -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), streaming() as work:
        work.rows("SELECT 1/0")
    with streaming() as work:
        assert work.rows("SELECT 1 UNION ALL SELECT 2") == [(1,), (2,)]
        with work.connection.cursor(name="essai") as cursor:
            cursor.execute("SELECT generate_series(1, 3)")
            assert cursor.fetchall() == [(1,), (2,), (3,)]


def test_an_answer_that_never_came_is_no_empty_one() -> None:
    connection = connect()
    with pytest.raises(ZeroDivisionError), connection.wire.transaction():
        answer = Work(connection).send(("SELECT 1", ()))[0]
        raise ZeroDivisionError
    # It came while the transaction was taken back: it is there to be read.
    assert answer.fetchall() == [(1,)]
    with pytest.raises(ZeroDivisionError), connection.wire.pipeline():
        lost = connection.wire.send("SELECT 1")
        raise ZeroDivisionError
    assert connection.closed, "a connection is not left in the middle of an answer"
    with pytest.raises(psycopg.Error):
        lost.fetchall()


@pytest.mark.parametrize(("role", "whole"), [("carnet_fhir", "off"), ("carnet_espace", "off"), ("carnet_operator", "on")])
def test_a_door_plans_no_reading_of_a_whole_table(role: str, whole: str) -> None:
    """A plan that was made while a table was small is kept by its connection, and would read all of it once it has grown."""
    with as_role(role), unit() as work:
        assert work.row("SHOW enable_seqscan") == (whole,)
