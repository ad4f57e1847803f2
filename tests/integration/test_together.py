"""Readings that are taken together: what each is answered is what it would be alone, in its own scope, with its own line."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from support.entry import Hosted, answer_of, environ_of
from support.people import allow, ask, client, deposit, fresh_person, now, patient
from support.ports import free_port
from support.roles import as_role

from carnet.apps.journal.api import entries_of_record
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.signin.professionals import sessions
from carnet.apps.storage import blobs, together
from carnet.apps.storage.api import Elsewhere, Into, Last, unit, while_asking
from carnet.apps.storage.wire import Answer, Wire
from carnet.desk import processes
from carnet.desk.client import Client, code_of, token_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act

NOBODY = UUID("00000000-0000-4000-8000-000000000000")


def _requests(person: Any, document: UUID) -> dict[str, tuple[Any, ...]]:
    ins = token_of(person.ins)

    def posted(path: str, **pairs: str) -> tuple[Any, ...]:
        return "POST", path, urlencode({"patient.identifier": ins, "status": "current", **pairs}).encode()

    search = "/fhir/DocumentReference/_search"
    return {
        "search": posted(search),
        "search without a total": posted(search, _total="accurate", _count="1"),
        "search, the count alone": posted(search, _summary="count"),
        "search, some elements": posted(search, _elements="type"),
        "search, pretty": posted(f"{search}?_pretty=true"),
        "search, a parameter that is none": posted(search, nothing="x"),
        "search, a value that no text can bear": posted(search, identifier="a\0b"),
        "search, new since the last visit": posted(search, **{"new-since-last-visit": "true"}),
        "search of nobody": posted(search, **{"patient.identifier": token_of(fresh_person().ins)}),
        "search by the record": ("GET", "/fhir/DocumentReference?status=current&patient=Patient/" + str(uuid4())),
        "an INS in the address": ("GET", f"/fhir/DocumentReference?status=current&patient={ins}"),
        "test of the record": ("POST", "/fhir/Patient/_search", urlencode({"identifier": ins}).encode()),
        "test of nobody": ("POST", "/fhir/Patient/_search", urlencode({"identifier": token_of(fresh_person().ins)}).encode()),
        "test without a word": ("POST", "/fhir/Patient/_search"),
        "bytes": ("GET", f"/fhir/Binary/{document}"),
        "bytes as a resource": ("GET", f"/fhir/Binary/{document}", b"", {"HTTP_ACCEPT": "application/fhir+json"}),
        "bytes in a type that is not spoken": ("GET", f"/fhir/Binary/{document}", b"", {"HTTP_ACCEPT": "image/png"}),
        "bytes of nothing": ("GET", f"/fhir/Binary/{NOBODY}"),
        "bytes of no number": ("GET", "/fhir/Binary/nothing"),
        "bytes in another mode": ("GET", f"/fhir/Binary/{document}", b"", {"HTTP_CARNET_ACCESS_MODE": "nothing"}),
        "head of the bytes": ("HEAD", f"/fhir/Binary/{document}"),
        "resource": ("GET", f"/fhir/DocumentReference/{document}"),
        "resource, in English": ("GET", f"/fhir/DocumentReference/{NOBODY}", b"", {"HTTP_ACCEPT_LANGUAGE": "en"}),
        "resource of before": ("GET", f"/fhir/DocumentReference/{document}/_history/9"),
        "resource with a slash": ("GET", f"/fhir/DocumentReference/{document}/"),
        "an address with letters and signs": ("GET", "/fhir/Binary/" + "€%25".encode().decode("latin-1")),
        "another method": ("DELETE", f"/fhir/Binary/{document}"),
        "too long": ("POST", search, b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)),
        "another address": ("GET", "/fhir/Nothing"),
        "statement": ("GET", "/fhir/metadata"),
    }  # fmt: skip


ALIKE = tuple(_requests(fresh_person(), NOBODY))
TAKEN = {
    "search", "search without a total", "search, the count alone", "search, some elements", "search, pretty",
    "search, new since the last visit", "test of the record", "bytes", "bytes as a resource",
    "bytes in a type that is not spoken", "resource",
}  # fmt: skip
"""What is taken together; whatever else is asked is answered by a thread."""


@pytest.fixture(autouse=True)
def remembers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an installation: who a token was is remembered, and assumed. Elsewhere in the tests nothing of the directory is."""
    monkeypatch.setattr(settings.CARNET, "directory_cache_seconds", 60)


@pytest.fixture(scope="module")
def known(door: str) -> tuple[Any, UUID, str]:
    """A person whose record is open, a document, and the token of somebody who opened both today."""
    person, _ = patient("treating")
    document = deposit(person)
    deposit(person)
    software = client(door, "treating")
    assert software.get(f"/fhir/Binary/{document}").status_code == 200
    assert software.search(person.ins, status="current").status_code == 200
    return person, document, software.token


@pytest.mark.parametrize("name", ALIKE)
def test_both_ways_answer_the_same(fhir_entry: Hosted, known: tuple[Any, UUID, str], name: str) -> None:
    person, document, token = known
    method, path, *more = _requests(person, document)[name]
    body, headers = (more[0] if more else b""), (more[1] if len(more) > 1 else {})
    before = fhir_entry.together.taken
    by_entry = answer_of(fhir_entry, environ_of(method, path, token, body, **headers))
    taken = fhir_entry.together.taken - before
    by_thread = answer_of(fhir_entry.entry._handler, environ_of(method, path, token, body, **headers))
    assert by_entry[0] == by_thread[0]
    assert by_entry[1] == by_thread[1]
    # The name of the next page is sealed anew each time; the last visit ends with the one before.
    if name not in ("search without a total", "search, new since the last visit"):
        assert by_entry[2] == by_thread[2]
    assert (taken == 1) is (name in TAKEN), f"{taken} taken together"


def test_nobody_is_anybody_without_a_token(fhir_entry: Hosted, known: tuple[Any, UUID, str]) -> None:
    _, document, _ = known
    for token in ("", "nothing"):
        status, _, body = answer_of(fhir_entry, environ_of("GET", f"/fhir/Binary/{document}", token))
        assert status == 401
        assert b"authentication-missing" in body


def test_large_bytes_are_read_by_a_thread(
    door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading and decrypting them in the loop would make the others wait."""
    _, document, token = known
    software, before = Client(door, token), fhir_entry.together.taken
    monkeypatch.setattr(blobs, "LARGE", 10)
    assert software.get(f"/fhir/Binary/{document}").status_code == 200
    assert fhir_entry.together.taken == before
    assert software.get(f"/fhir/DocumentReference/{document}").status_code == 200
    assert fhir_entry.together.taken == before + 1, "its metadata are small"


def test_bytes_that_are_gone_are_said(door: str, fhir_entry: Hosted) -> None:
    person, record_id = patient("treating")
    document = deposit(person)
    software = client(door, "treating")
    assert software.get(f"/fhir/Binary/{document}").status_code == 200
    blobs.remove_all(record_id)
    before = fhir_entry.together.taken
    assert code_of(software.get(f"/fhir/Binary/{document}")) == "document-damaged"
    assert fhir_entry.together.taken == before + 1


def test_an_employee_is_answered_by_a_thread(door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str]) -> None:
    """Their structure says who they are, and is asked in a unit of its own."""
    _, document, _ = known
    software = client(door, "treating", kind=ActorKind.EMPLOYEE)
    before = fhir_entry.together.taken
    assert code_of(software.get(f"/fhir/Binary/{document}"))
    assert fhir_entry.together.taken == before


def test_a_reading_of_somebody_known_goes_twice_to_the_database(
    fhir_entry: Hosted, known: tuple[Any, UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once for the session, the facts and the document, once to write the line and commit."""
    person, document, token = known
    inner, ways = together._Line._arrived, list[int]()

    async def arrived(line: Any, until: Answer | None) -> None:
        ways.append(1)
        await inner(line, until)

    monkeypatch.setattr(together._Line, "_arrived", arrived)
    for name in ("bytes", "search", "test of the record", "resource"):
        method, path, *body = _requests(person, document)[name]
        for _ in range(2):
            ways.clear()
            assert answer_of(fhir_entry, environ_of(method, path, token, *body))[0] == 200
        assert len(ways) == 2, name


def test_a_session_that_ends_is_nobody_from_then_on(door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str]) -> None:
    """The process remembers whose it was; the database says at each reading whether it still is."""
    person, document, _ = known
    record_id = records.test_record(ask("treating", Act.TEST_RECORD, person)).record_id
    assert record_id
    software = client(door, "treating")
    for _ in range(2):
        assert software.get(f"/fhir/Binary/{document}").status_code == 200
    lines, before = len(_lines(record_id, "TD3.2")), fhir_entry.together.taken
    digest = sessions._digest(software.token)
    assert digest in sessions._rows
    signin.end_session(software.token, now())
    for _ in range(2):
        assert code_of(software.get(f"/fhir/Binary/{document}")) == "authentication-missing"
        assert digest not in sessions._rows, "nothing is assumed of it any more, and no record looked up for it"
    assert fhir_entry.together.taken == before
    assert len(_lines(record_id, "TD3.2")) == lines


def test_whoever_a_session_was_is_not_who_it_is(door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str]) -> None:
    """Its row changed: what was assumed does not hold, and the new row is what decides."""
    _, document, _ = known
    software, digest = client(door, "treating"), sessions._digest
    for _ in range(2):
        assert software.get(f"/fhir/Binary/{document}").status_code == 200
    assumed = sessions.assumed(software.token)
    assert assumed and assumed.actor.id, "it is the assumption that must not hold"
    with as_role("postgres"), unit() as work:
        work.run("UPDATE signin_session SET expires_at = %s WHERE token = %s", now() - timedelta(hours=1), digest(software.token))
    for _ in range(2):
        assert code_of(software.get(f"/fhir/Binary/{document}")) == "authentication-expired"


def test_a_situation_that_is_not_remembered_is_looked_up(
    door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, document, token = known
    software, before = Client(door, token), fhir_entry.together.taken
    monkeypatch.setattr(settings.CARNET, "directory_cache_seconds", 0)
    assert software.get(f"/fhir/Binary/{document}").status_code == 200
    monkeypatch.setattr(sessions, "MOST_REMEMBERED", 0)
    assert software.get(f"/fhir/Binary/{document}").status_code == 200
    assert len(sessions._rows) == 1, "a process remembers no more than it may"
    assert fhir_entry.together.taken == before + 2


def _lines(record_id: UUID, act: str) -> list[dict[str, Any]]:
    with unit(record_id) as work:
        return [e for e in entries_of_record(work, record_id) if e["act"] == act and e["kind"] == "decision"]


def test_each_in_its_own_scope_with_its_own_line(door: str, fhir_entry: Hosted) -> None:
    """Two professionals, twelve records, all at once; every other record is closed to the second one."""
    people = [patient("treating") for _ in range(12)]
    documents = {}
    for n, (person, record_id) in enumerate(people):
        documents[person.ins.matricule] = {str(deposit(person)) for _ in range(n % 3 + 1)}
        if n % 2:
            allow(record_id, "cardiologist")
    readers = {"treating": client(door, "treating"), "cardiologist": client(door, "cardiologist")}

    def search(one: tuple[str, Any]) -> tuple[str, Any, Any]:
        who, person = one
        return who, person, Client(door, readers[who].token).search(person.ins, status="current")

    asked = [(who, person) for person, _ in people for who in readers]
    for who, person in asked:
        # The first opening of a day is counted, so a thread takes it.
        search((who, person))
    before = fhir_entry.together.taken
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(search, asked * 4))
    open_to = {person.ins.matricule for n, (person, _) in enumerate(people) if n % 2}
    for who, person, answer in answers:
        if who == "treating" or person.ins.matricule in open_to:
            assert answer.status_code == 200, answer.text
            found = {entry["resource"]["id"] for entry in answer.json()["entry"]}
            assert found == documents[person.ins.matricule]
        else:
            assert code_of(answer) == "consent-missing"
    assert fhir_entry.together.taken - before == 4 * (len(people) + len(open_to))
    for person, record_id in people:
        outcomes = [line["outcome"] for line in _lines(record_id, "TD3.1:metadata")]
        permits = 10 if person.ins.matricule in open_to else 5
        assert (outcomes.count("permit"), outcomes.count("refuse")) == (permits, 10 - permits)


def _steps(statements: Sequence[Any], seen: list[Any] | None = None) -> Generator[Any, list[Answer], Callable[[], str]]:
    """Enter a scope, look where one is three times, and end."""
    (scope,) = yield [Into("SELECT set_config('carnet.record', %s, true)", (str(statements[0]),))]
    assert scope.fetchone()
    for sql in statements[1:]:
        (found,) = yield [(sql, ())]
        if seen is not None:
            seen.append((str(statements[0]), found.fetchone()))
    (last,) = yield Last([("SELECT current_setting('carnet.record', true)", ())], UUID(int=hash(statements[0]) % 2**64))
    return lambda: str((last.fetchone() or ("",))[0])


def _take(hosted: Hosted, *several: Any) -> list[Any]:
    async def all_of() -> list[Any]:
        return await asyncio.gather(*(hosted.together.take(steps) for steps in several), return_exceptions=True)

    return asyncio.run_coroutine_threadsafe(all_of(), hosted.loop).result(30)


HERE = "SELECT current_setting('carnet.record', true)"


def test_whoever_shares_a_transaction_keeps_to_its_scope(fhir_entry: Hosted) -> None:
    seen: list[Any] = []
    # Of different lengths, so that some end while others go on.
    found = _take(fhir_entry, *(_steps([uuid4(), *[HERE] * (n % 4)], seen) for n in range(14)))
    assert len({ready() for ready in found}) == 14
    assert len(seen) == sum(n % 4 for n in range(14))
    assert all(scope == row[0] for scope, row in seen)


def test_a_statement_that_fails_sends_all_elsewhere_and_the_next_goes_on(fhir_entry: Hosted) -> None:
    found = _take(fhir_entry, _steps([uuid4(), HERE]), _steps([uuid4(), "SELECT 1/0"]), _steps([uuid4(), HERE]))
    assert any(isinstance(one, Elsewhere) for one in found)
    assert all(isinstance(one, Elsewhere) or one() for one in found)
    assert _take(fhir_entry, _steps([uuid4(), HERE]))[0]()


def test_a_step_that_raises_concerns_itself_alone(fhir_entry: Hosted) -> None:
    def raising() -> Generator[Any, list[Answer], None]:
        yield [(HERE, ())]
        raise ZeroDivisionError

    def unwritable() -> Generator[Any, list[Answer], None]:
        yield [("SELECT %s", ("a\0b",))]

    found = _take(fhir_entry, _steps([uuid4(), HERE]), raising(), unwritable(), _steps([uuid4(), HERE]))
    assert isinstance(found[1], ZeroDivisionError)
    assert isinstance(found[2], psycopg.DataError)
    assert found[0]() and found[3]()


@pytest.mark.parametrize("holds", [True, False])
def test_nothing_follows_from_what_is_only_assumed(fhir_entry: Hosted, holds: bool) -> None:
    seen: list[Any] = []

    def writing() -> Generator[Any, list[Answer], str]:
        (last,) = yield Last([("SELECT 'written'", ())], UUID(int=1))
        seen.append(last)
        return "written"

    asked: list[Any] = []

    def answered(answer: Answer) -> bool:
        asked.append(answer.fetchone())
        return holds

    several = (writing(), _steps([uuid4(), HERE], seen))
    found = _take(fhir_entry, *(while_asking(steps, ("SELECT 7", ()), answered) for steps in several))
    assert asked == [(7,), (7,)]
    assert [isinstance(one, Elsewhere) for one in found] == [not holds] * 2
    assert len(seen) == (2 if holds else 0)


def test_nothing_is_answered_before_the_commit(
    door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit of the transaction that several share fails: each is taken again alone, and leaves one line."""
    person, document, token = known
    record_id = records.test_record(ask("treating", Act.TEST_RECORD, person)).record_id
    assert record_id
    before, inner, failed = len(_lines(record_id, "TD3.2")), Wire.send, []

    def send(wire: Wire, sql: str, values: Any = ()) -> Answer:
        if sql == "COMMIT" and threading.current_thread() is fhir_entry._thread:
            failed.append(sql)
            return inner(wire, "SELECT 1/0")
        return inner(wire, sql, values)

    monkeypatch.setattr(Wire, "send", send)
    assert Client(door, token).get(f"/fhir/Binary/{document}").status_code == 200
    assert failed, "the reading was on its way together"
    monkeypatch.undo()
    assert len(_lines(record_id, "TD3.2")) == before + 1


def test_a_lost_connection_is_made_again(door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str]) -> None:
    _, document, token = known
    software = Client(door, token)
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as connection:
        pids = [line._connection.info.backend_pid for line in fhir_entry.together._free]
        assert pids
        connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS pid", [pids])
    assert all(software.get(f"/fhir/Binary/{document}").status_code == 200 for _ in range(4))
    before, until = fhir_entry.together.taken, time.monotonic() + 20
    while fhir_entry.together.taken == before and time.monotonic() < until:
        assert software.get(f"/fhir/Binary/{document}").status_code == 200
        time.sleep(0.05)
    assert fhir_entry.together.taken > before, "readings are taken together again"


def test_without_a_connection_readings_are_taken_alone(
    door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, document, token = known

    def refused() -> Any:
        raise psycopg.OperationalError("nobody is there")

    async def lose() -> None:
        while fhir_entry.together._free:
            fhir_entry.together._free.pop().close()
            fhir_entry.together._missing += 1

    asyncio.run_coroutine_threadsafe(lose(), fhir_entry.loop).result(10)
    monkeypatch.setattr(together, "connect", refused)
    monkeypatch.setattr(together, "AGAIN", 0.2)
    before = fhir_entry.together.taken
    assert all(Client(door, token).get(f"/fhir/Binary/{document}").status_code == 200 for _ in range(3))
    assert fhir_entry.together.taken == before
    monkeypatch.undo()
    time.sleep(0.3)
    asyncio.run_coroutine_threadsafe(fhir_entry.together.open_all(), fhir_entry.loop).result(10)
    assert Client(door, token).get(f"/fhir/Binary/{document}").status_code == 200
    assert fhir_entry.together.taken == before + 1


def test_too_many_that_wait_are_taken_alone(
    door: str, fhir_entry: Hosted, known: tuple[Any, UUID, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, document, token = known
    monkeypatch.setattr(together, "MOST_WAITING", 0)
    before = fhir_entry.together.taken
    assert Client(door, token).get(f"/fhir/Binary/{document}").status_code == 200
    assert fhir_entry.together.taken == before


def test_a_door_that_dies_answered_nothing_that_has_no_line(psc: str) -> None:
    """kill -9 under load: every reading that was answered stands in the journal."""
    people = [patient("treating") for _ in range(6)]
    for person, _ in people:
        deposit(person)
    port = free_port()
    door = processes.serve("fhir", port, {"CARNET_BASE_URL": f"http://127.0.0.1:{port}"}, workers=1)
    answered: list[str] = []
    with processes.running(door):
        processes.wait_until_served("fhir", port, door)
        base = f"http://127.0.0.1:{port}"
        token = client(base, "treating").token

        def load(n: int) -> None:
            software = Client(base, token)
            for turn in range(10_000):
                person = people[(n + turn) % len(people)][0]
                try:
                    answer = software.search(person.ins, status="current")
                except Exception:
                    return
                assert answer.status_code == 200
                answered.append(person.ins.matricule)

        threads = [threading.Thread(target=load, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        os.killpg(door.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(30)
    assert len(answered) > 20
    for person, record_id in people:
        permits = [line for line in _lines(record_id, "TD3.1:metadata") if line["outcome"] == "permit"]
        assert len(permits) >= answered.count(person.ins.matricule)
