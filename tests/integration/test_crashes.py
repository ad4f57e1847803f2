"""kill -9 and write errors at every step of a deposit: nothing acknowledged is lost, nothing half-done is seen."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

import pytest
from support.people import ask as question
from support.people import cda, deposit, entry, fresh_uid, patient, submission
from support.roles import as_role

from carnet.apps.journal.api import entries_of_record
from carnet.apps.records import api as records
from carnet.apps.records.api import check_record
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.kernel.ask import Act

ROOT = Path(__file__).resolve().parents[2]
FEWEST = 12
"""A deposit has at least so many steps that touch disk or database: fewer, and the injection misses them."""


@dataclass
class Attempt:
    step: int
    unique_id: str
    content: bytes
    replaced: UUID | None
    events: list[dict]

    @property
    def acknowledged(self) -> str:
        return next((e["acknowledged"] for e in self.events if "acknowledged" in e), "")

    @property
    def end(self) -> int:
        return self.events[-1]["end"]


class Driver:
    """The process that forks a child for each attempt."""

    def __init__(self, how: str, folder: Path) -> None:
        environment = os.environ | {"PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'src'}"}
        self.process = subprocess.Popen([sys.executable, "-m", "support.crashing", how, "1", str(folder), ""], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip

    def attempt(self, step: int, person: DemoPerson, replaced: UUID | None) -> Attempt:
        unique_id = fresh_uid()
        content = cda(person, "treating", unique_id=unique_id)
        told = {"matricule": person.ins.matricule, "oid": str(person.ins.oid), "traits": asdict(person.traits),
                "unique_id": unique_id, "content": content.decode(), "replaces": str(replaced or "")}  # fmt: skip
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        events: list[dict] = []
        while not events or "end" not in events[-1]:
            events.append(json.loads(self.process.stdout.readline()))
        return Attempt(step, unique_id, content, replaced, events)

    def stop(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)


@pytest.fixture(params=["kill", "error"])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Driver]:
    running = Driver(request.param, tmp_path)
    yield running
    running.stop()


def _stored(record_id: UUID, unique_id: str) -> list[tuple[UUID, str]]:
    with unit(record_id) as work:
        return work.rows(
            "SELECT logical_id, status FROM records_document WHERE record_id = %s AND unique_id = %s", record_id, unique_id
        )


def _status(record_id: UUID, document: UUID) -> str:
    with unit(record_id) as work:
        return work.rows("SELECT status FROM records_document WHERE record_id = %s AND logical_id = %s", record_id, document)[0][0]


def _check(person: DemoPerson, record_id: UUID, attempt: Attempt) -> None:
    stored = _stored(record_id, attempt.unique_id)
    if attempt.acknowledged:
        assert [str(number) for number, _ in stored] == [attempt.acknowledged], "an acknowledged deposit is there"
    assert len(stored) <= 1
    if attempt.replaced:
        # All or nothing: the original is replaced exactly when the replacement is there.
        assert _status(record_id, attempt.replaced) == ("Deprecated" if stored else "Approved"), attempt.events
    for number, _ in stored:
        content = records.read_content(question("treating", Act.READ, person), number)
        assert content.data == attempt.content
    with as_role("postgres"):
        assert check_record(record_id).faults == [], attempt.events
    with unit(record_id) as work:
        told = [e for e in entries_of_record(work, record_id) if e["kind"] == "write" and e["act"] == "TD2.1"]
    named = {d for e in told for d in e.get("documents", ())}
    assert {str(number) for number, _ in stored} <= named, "no document without its entry in the journal"


def _again(person: DemoPerson, record_id: UUID, attempt: Attempt) -> None:
    """The software tries again, as it must: one document in the end, the same one when it was there."""
    before = _stored(record_id, attempt.unique_id)
    from carnet.formats.xds import Parent

    parents = (Parent("replaces", f"DocumentReference/{attempt.replaced}"),) if attempt.replaced else ()
    declared = entry(person, unique_id=attempt.unique_id, parents=parents)
    receipt = records.deposit(question("treating", Act.FEED, person), submission((declared, attempt.content)))
    after = _stored(record_id, attempt.unique_id)
    assert len(after) == 1
    assert str(after[0][0]) == str(receipt.documents[0].logical_id)
    assert not before or before == after


@pytest.mark.parametrize("replacing", [False, True], ids=["new", "replacement"])
def test_a_deposit_survives_its_death_at_every_step(driver: Driver, replacing: bool) -> None:
    step, names = 1, []
    while True:
        person, record_id = patient("treating", treating="treating")
        replaced = deposit(person) if replacing else None
        attempt = driver.attempt(step, person, replaced)
        _check(person, record_id, attempt)
        if attempt.end == 0:
            break
        names.append(attempt.events[0].get("name", ""))
        _again(person, record_id, attempt)
        with as_role("postgres"):
            assert check_record(record_id).faults == []
        step += 1
    assert step > FEWEST, names
    assert {"fsync", "replace", "send", "settle", "committed"} <= set(names), "every sort of step was reached"
