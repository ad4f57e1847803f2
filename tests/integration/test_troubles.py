"""Troubles of ours that pass are 503 with a code and when to come back, at every door; nothing is changed, nothing is left behind."""

import errno
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from django.conf import settings
from psycopg_pool import ConnectionPool, PoolTimeout
from support.dmp import Practice
from support.espace import newcomer
from support.people import ask, cda, client, deposit, entry, fresh_uid, patient, submission
from support.portal import Browser, words
from support.ports import free_port

from carnet.apps.records import api as records
from carnet.apps.storage import blobs, executor
from carnet.apps.storage.api import KeyFileError, trouble_of, unit
from carnet.desk import processes
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["issue"][0]["details"]["coding"][0]["code"])


@pytest.fixture
def silence() -> Iterator[Any]:
    """What makes the database silent: a pool whose server is not there."""
    nobody = ConnectionPool(f"host=127.0.0.1 port={free_port()} dbname=none", min_size=0, max_size=1, timeout=0.3, open=True)
    patch = pytest.MonkeyPatch()
    yield lambda: patch.setattr(executor, "pool", lambda: nobody)
    patch.undo()
    nobody.close()


def test_a_database_that_does_not_answer_is_503_at_every_door(
    silence: Any, door: str, portal: str, espace: str, oauth: str, dmp: str, pki: Any
) -> None:
    person, _ = patient("nurse")
    nurse, page = client(door, "nurse"), Browser(portal).sign_in("nurse")
    handle = page.seek(person.ins.matricule)
    holder, _, _ = newcomer(espace)
    practice = Practice(dmp, pki, "dentist")
    silence()
    answers = {
        "fhir": nurse.search(person.ins), "webps": page.get(f"/dossier/{handle}"), "espace": holder.get("/documents"),
        "oauth": httpx.post(f"{oauth}/token", data={"grant_type": "authorization_code", "client_id": "x", "code": "y"}),
    }  # fmt: skip
    told = {name: (answer.status_code, answer.headers.get("Retry-After")) for name, answer in answers.items()}
    assert told == dict.fromkeys(answers, (503, "30"))
    assert code_of(answers["fhir"]) == "database-silent"
    assert "sa base ne répond pas" in words(answers["webps"])
    assert "Carnet ne peut pas répondre pour le moment" in words(answers["espace"])
    assert answers["oauth"].json()["error"] == "temporarily_unavailable"
    assert practice.test(person).status == 503


def test_a_door_does_not_wait_for_ever_for_what_somebody_else_holds(portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("nurse")
    page = Browser(portal).sign_in("nurse")
    handle = page.seek(person.ins.matricule)
    with executor.connect() as holder, holder.transaction():
        monkeypatch.setattr(executor, "BOUNDED", "-c statement_timeout=300 ")
        monkeypatch.setattr(settings.CARNET, "database_role", "carnet_webps")
        hurried = executor._open_pool()
        monkeypatch.setattr(executor, "pool", lambda: hurried)
        holder.execute("LOCK TABLE records_record IN ACCESS EXCLUSIVE MODE")
        answer = page.get(f"/dossier/{handle}")
        monkeypatch.undo()
        hurried.close()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "sa base ne répond pas" in words(answer)
    assert page.get(f"/dossier/{handle}").status_code == 200


def _bound(monkeypatch: pytest.MonkeyPatch, role: str, url: str = "") -> str:
    monkeypatch.setattr(settings.CARNET, "database_role", role)
    monkeypatch.setattr(settings, "DATABASE_URL", url or settings.DATABASE_URL)
    with executor.connect() as connection:
        found: tuple[str] = connection.execute("SHOW statement_timeout").fetchone()  # type: ignore[assignment]
    monkeypatch.undo()
    return found[0]


def test_statements_of_doors_are_bounded_and_the_address_of_the_database_may_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {_bound(monkeypatch, role) for role in ("carnet_fhir", "carnet_espace", "carnet_hl7v2")} == {"30s"}
    assert {_bound(monkeypatch, role) for role in ("carnet_worker", "carnet_operator", "postgres")} == {"0"}
    said = settings.DATABASE_URL + ("&" if "?" in settings.DATABASE_URL else "?") + "options=-c%20statement_timeout%3D7s"
    assert _bound(monkeypatch, "carnet_fhir", said) == "7s"


def _files(record_id: UUID) -> list[str]:
    folder = settings.CARNET.documents() / str(record_id)[:2] / str(record_id)
    return sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_refuses_a_deposit_and_leaves_nothing(door: str, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    person, record_id = patient("treating")
    deposit(person)
    before = _files(record_id)

    def full(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(blobs.os, "fsync", full)
    answer = client(door, "treating").deposit(entry(person), cda(person))
    monkeypatch.undo()
    assert (answer.status_code, answer.headers["Retry-After"], code_of(answer)) == (503, "30", "storage-full")
    assert _files(record_id) == before, "no file half-written"
    with unit(record_id) as work:
        assert work.rows("SELECT count(*) FROM records_document WHERE record_id = %s", record_id) == [(1,)]
    assert client(door, "treating").deposit(entry(person), cda(person)).status_code == 200


def _blob(record_id: UUID) -> Path:
    [name] = _files(record_id)
    return Path(settings.CARNET.documents() / str(record_id)[:2] / str(record_id) / name)


@pytest.mark.parametrize("change", ["missing", "damaged"])
def test_a_document_whose_bytes_are_gone_is_named_in_the_log_and_503(
    door: str, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    person, record_id = patient("nurse", "treating")
    document = deposit(person)
    path = _blob(record_id)
    if change == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"\x00\x01")
    answer = client(door, "nurse").get(f"/fhir/Binary/{document}")
    assert (answer.status_code, answer.headers["Retry-After"], code_of(answer)) == (503, "30", "document-damaged")
    assert f"document-damaged document={document}" in caplog.text
    assert client(door, "nurse").search(person.ins).status_code == 200, "its record is listed all the same"


def test_which_errors_are_troubles_that_pass() -> None:
    passing = {
        "storage-full": [OSError(errno.EROFS, "x"), psycopg.errors.DiskFull()],
        "database-silent": [
            psycopg.OperationalError(),
            psycopg.InterfaceError(),
            PoolTimeout(),
            psycopg.errors.AdminShutdown(),
            psycopg.errors.QueryCanceled(),
        ],
        "key-missing": [KeyFileError("no key")],
    }
    for code, errors in passing.items():
        assert [str(found.code) for error in errors if (found := trouble_of(error))] == [code] * len(errors)
    for error in (ValueError(), OSError(errno.ENOENT, "x"), psycopg.ProgrammingError(), Refusal("record-absent")):
        assert trouble_of(error) is None


def test_nothing_is_changed_by_a_deposit_whose_database_ends_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    person, record_id = patient("treating")
    question, content = ask("treating", Act.FEED, person), cda(person, unique_id=fresh_uid())

    def ends(*_: object, **__: object) -> None:
        raise psycopg.errors.AdminShutdown

    with monkeypatch.context() as patch:
        patch.setattr("carnet.apps.records.documents.deposit.insert_submission", ends)
        with pytest.raises(psycopg.OperationalError):
            records.deposit(question, submission((entry(person), content)))
    with unit(record_id) as work:
        assert work.rows("SELECT 1 FROM records_document WHERE record_id = %s", record_id) == []


def _workers(of: int) -> set[int]:
    found = subprocess.run(["pgrep", "-P", str(of)], capture_output=True, text=True, check=False).stdout.split()
    return {int(number) for number in found}


def test_a_worker_that_dies_is_started_again_and_the_door_stays_open() -> None:
    port = free_port()
    server = processes.serve("fhir", port, {"CARNET_FHIR_PORT": str(port)}, workers=2, threads=1)
    address = f"http://127.0.0.1:{port}/fhir/metadata"
    with processes.running(server):
        processes.wait_until_served("fhir", port, server)
        ends = time.monotonic() + 20
        while len(before := _workers(server.pid)) < 2 and time.monotonic() < ends:
            time.sleep(0.1)
        os.kill(max(before), signal.SIGKILL)
        answered, ends = 0, time.monotonic() + 30
        while time.monotonic() < ends:
            try:
                answered += httpx.get(address, timeout=5).status_code == 200
            except httpx.TransportError:
                # A connection that the dead worker had accepted: the next is another's.
                continue
            if _workers(server.pid) - before:
                break
            time.sleep(0.05)
        assert answered > 0
        assert _workers(server.pid) - before, "another worker took its place"
        assert httpx.get(address, timeout=10).status_code == 200
