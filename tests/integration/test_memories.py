"""No line of the journal vanishes unnoticed, sealed or not: what each process remembers, and a seal that stands still (ADR 26)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from django.conf import settings
from support.people import ask, cda, client, deposit, entry, patient
from support.portal import Browser, words
from support.roles import as_role

from carnet.apps.journal import lag, receipts, sealing
from carnet.apps.journal.api import Sealer, all_receipts, export_all, log_signer, standing
from carnet.apps.journal.notes import Signer
from carnet.apps.journal.sealing import COVERED
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import streaming, unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.verifier import carnet_verify
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal


@dataclass
class Log:
    """The journal's log in a folder of its own, and its sealer, which stands still until a test asks."""

    folder: Path
    key: Signer
    sealer: Sealer

    def seal(self) -> None:
        with as_role("carnet_sealer"):
            while self.sealer.seal():
                pass
            self.sealer.seal()

    def restart(self) -> None:
        with as_role("carnet_sealer"):
            self.sealer = Sealer(self.folder, self.key)

    def missing(self) -> list[str]:
        path = self.folder / receipts.MISSING
        return path.read_text().splitlines() if path.exists() else []

    def verdict(self, to: Path) -> list[str]:
        with as_role("carnet_sealer"), streaming() as work:
            export_all(work, self.folder, to, [self.key.verifier])
        return [kind for kind, _ in carnet_verify.verify(to, [carnet_verify.read_key(str(self.key.verifier))], [], []).faults]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    monkeypatch.setattr(settings.CARNET, "log_dir", tmp_path / "log")
    monkeypatch.setattr(settings.CARNET, "log_key_file", tmp_path / "log.key")
    monkeypatch.setattr(receipts, "_memory", None)
    key = log_signer()
    with as_role("carnet_sealer"):
        sealer = Sealer(tmp_path / "log", key)
    made = Log(tmp_path / "log", key, sealer)
    made.seal()
    yield made


def read_once(person: DemoPerson) -> None:
    records.search(ask("nurse", Act.SEARCH, person), Query())


def remembered(folder: Path) -> list[tuple[UUID, int]]:
    return [(one.chain, one.counter) for one in all_receipts(folder)]


def delete_tail(record_id: UUID, keep: int, leaves: bool = False) -> int:
    """What the owner of the database can do: take lines of a chain away, trigger or not."""
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        gone = 0
        for table in ("journal_entry", *(("journal_leaf",) if leaves else ())):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            gone = owner.execute(f"DELETE FROM {table} WHERE chain_id = %s AND counter > %s", [record_id, keep]).rowcount
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return gone


def lines_of(record_id: UUID) -> int:
    with as_role("carnet_sealer"), unit() as work:
        return int(work.rows("SELECT coalesce(max(counter), 0) FROM journal_entry WHERE chain_id = %s", record_id)[0][0])


def test_every_line_is_remembered_before_the_answer_and_holds(log: Log, tmp_path: Path) -> None:
    person, record_id = patient("nurse")
    read_once(person)
    assert (record_id, lines_of(record_id)) in remembered(log.folder), "before the sealer looked at anything"
    log.seal()
    assert log.missing() == []
    assert log.verdict(tmp_path / "export") == []
    covered = (log.folder / COVERED).read_text()
    assert re.search(r"^\d{8}-command-[0-9a-f]{12} \d+ [0-9a-f]{64}$", covered, re.M), (
        "as far as it was compared, signed by the log"
    )


def test_a_tail_that_nobody_sealed_is_missed_by_every_verifier(
    log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person, record_id = patient("nurse")
    read_once(person)
    log.seal()
    before = lines_of(record_id)
    # The sealer stands still; somebody looks; the owner takes the trace away; the sealer starts again.
    read_once(person)
    assert delete_tail(record_id, before) == 1
    log.restart()
    log.seal()
    assert [line.split(" ")[2:] for line in log.missing()] == [[str(record_id), str(before + 1)]]
    assert log.verdict(tmp_path / "export") == ["removed"]
    from carnet.desk.commands import keeping

    with as_role("carnet_sealer"):
        assert keeping._forgotten() == 1
    assert f"chaîne {record_id}, entrée {before + 1}" in capsys.readouterr().out
    log.restart()
    log.seal()
    assert log.missing(), "and it is never forgotten"


def test_another_line_in_its_place_does_not_hide_it(log: Log, tmp_path: Path) -> None:
    person, record_id = patient("nurse")
    read_once(person)
    log.seal()
    before = lines_of(record_id)
    read_once(person)
    delete_tail(record_id, before)
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "carnet_fhir"), autocommit=True) as forged:
        forged.execute("SELECT journal_append(%s, now(), 'timer:x', %s)", [record_id, json.dumps({"actor": "timer:x"})])
    log.seal()
    assert len(log.missing()) == 1
    assert log.verdict(tmp_path / "export") == ["removed"]


def test_a_database_of_yesterday_is_missed_too(log: Log) -> None:
    person, record_id = patient("nurse")
    log.seal()
    kept, size = lines_of(record_id), log.sealer.tiles.size
    read_once(person)
    log.seal()
    # The database alone is put back to an earlier state; what is beside it is not.
    delete_tail(record_id, kept, leaves=True)
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        state = owner.execute("SELECT size, horizon::text FROM journal_sealing").fetchone()
        owner.execute("UPDATE journal_sealing SET size = %s", [size])
    try:
        with as_role("carnet_sealer"), unit() as work:
            gone, _ = standing(work, list(all_receipts(log.folder)))
        assert (record_id, kept + 1) in [(one.chain, one.counter) for one in gone]
        with as_role("carnet_sealer"), pytest.raises(Exception, match="sealed by another sealer"):
            log.sealer.seal()
    finally:
        assert state is not None
        with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
            owner.execute("ALTER TABLE journal_leaf DISABLE TRIGGER USER")
            owner.execute("TRUNCATE journal_leaf")
            owner.execute("ALTER TABLE journal_leaf ENABLE TRIGGER USER")
            owner.execute("UPDATE journal_sealing SET size = 0, cluster = '', horizon = '0'")


def test_what_was_rolled_back_is_nobodys_memory(log: Log) -> None:
    person, record_id = patient()
    before = remembered(log.folder)
    with pytest.raises(Refusal):
        records.search(ask("nurse", Act.SEARCH, person), Query())
    new = [one for one in remembered(log.folder) if one not in before]
    assert new == [(record_id, lines_of(record_id))], "the refusal, which was committed, and nothing else"


def test_a_line_without_a_place_yet_is_compared_when_it_has_one(log: Log) -> None:
    slow = psycopg.connect(settings.DATABASE_URL.replace("{role}", "carnet_fhir"))
    slow.execute("SELECT journal_append(%s, now(), 'timer:late', %s)", [uuid4(), json.dumps({"actor": "timer:late"})])
    person, _ = patient("nurse")
    read_once(person)
    log.seal()
    assert log.missing() == []
    log.restart()
    slow.commit()
    slow.close()
    log.seal()
    assert log.missing() == []


def test_more_than_one_round_places_at_once_is_compared_when_it_is_placed(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    person, record_id = patient("nurse")
    for _ in range(4):
        read_once(person)
    monkeypatch.setattr(sealing, "BATCH", 2)
    with as_role("carnet_sealer"):
        assert log.sealer.seal() == 2
    assert log.missing() == []
    log.restart()
    log.seal()
    assert log.missing() == []
    assert (record_id, lines_of(record_id)) in remembered(log.folder)


def test_a_line_that_is_being_written_and_another_day(log: Log) -> None:
    person, _ = patient("nurse")
    read_once(person)
    first = _file(log)
    with first.open("a") as half:
        half.write("2 ")
    log.seal()
    assert log.missing() == [], "half a line is no line yet"
    memory = receipts._memory
    assert memory is not None
    memory.day -= timedelta(days=1)
    read_once(person)
    assert len(list((log.folder / "receipts").iterdir())) == 2


def test_a_log_that_compared_nothing_is_exported_and_verified(log: Log, tmp_path: Path) -> None:
    (log.folder / COVERED).unlink()
    assert log.verdict(tmp_path / "export") == []


def _file(log: Log) -> Path:
    [path] = [p for p in (log.folder / "receipts").iterdir() if "command" in p.name]
    return path


@pytest.mark.parametrize(
    "change", ["a line out", "a later line out", "a line in", "another digest", "another signature", "no key", "shorter", "gone"]
)
def test_a_memory_that_somebody_changed_is_noticed_once(log: Log, change: str) -> None:
    person, _ = patient("nurse")
    read_once(person)
    if change in ("shorter", "gone"):
        log.seal()
    else:
        read_once(person)
        read_once(person)
    path = _file(log)
    lines = path.read_text().splitlines(keepends=True)
    signed = next(n for n, line in enumerate(lines) if line.startswith("="))
    changed = {
        "a line out": [*lines[:1], *lines[2:]], "a later line out": [*lines[:-2], lines[-1]], "a line in": [*lines, "perhaps\n"],
        "another digest": [line.replace(line.split(" ")[2], "0" * 64) if line.startswith("=") else line for line in lines],
        "another signature": [*lines[:signed], lines[signed].replace(lines[signed].split(" ")[3], "AAAA\n"), *lines[signed + 1 :]],
        "no key": ["carnet-receipts/v1 nothing\n", *lines[1:]], "shorter": lines[:1],
    }  # fmt: skip
    if change == "gone":
        path.unlink()
    else:
        path.write_text("".join(changed[change]))
    log.seal()
    log.seal()
    assert log.missing() == [f"{path.name} altered"]


def test_the_verifier_reads_memories_as_the_log_signed_them(log: Log, tmp_path: Path) -> None:
    person, _ = patient("nurse")
    read_once(person)
    log.seal()
    assert log.verdict(tmp_path / "whole") == []
    key = carnet_verify.read_key(str(log.key.verifier))
    name = _file(log).name

    def verdict() -> list[str]:
        return [kind for kind, _ in carnet_verify.verify(tmp_path / "whole", [key], [], []).faults]

    kept = (tmp_path / "whole/receipts" / name).read_text()
    (tmp_path / "whole/receipts" / name).unlink()
    assert verdict() == ["memory"]
    out = kept.splitlines(keepends=True)
    (tmp_path / "whole/receipts" / name).write_text("".join([out[0], *out[2:]]))
    assert set(verdict()) == {"memory"}
    (tmp_path / "whole/receipts" / name).write_text(kept)
    signed = (tmp_path / "whole" / COVERED).read_text()
    (tmp_path / "whole" / COVERED).write_text(signed.replace("/receipts\n", "/receipts\n9", 1))
    assert "signature" in verdict()


def test_a_memory_that_cannot_be_written_is_said_and_stops_nobody(
    log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    person, _ = patient("nurse")
    (log.folder / "file").write_text("")
    monkeypatch.setattr(settings.CARNET, "log_dir", log.folder / "file")
    monkeypatch.setattr(receipts, "_memory", None)
    read_once(person)
    assert "receipt-failed lines=1 type=NotADirectoryError" in caplog.text


def test_memories_of_a_month_ago_are_forgotten(log: Log) -> None:
    person, _ = patient("nurse")
    read_once(person)
    log.seal()
    old = log.folder / "receipts" / "20260101-fhir-000000000000"
    old.write_text(f"carnet-receipts/v1 {log.key.verifier}\n")
    (log.folder / "receipts" / "no-date").write_text("")
    log.seal()
    assert old.exists(), "until something is saved"
    read_once(person)
    log.seal()
    assert not old.exists() and _file(log).exists()


@pytest.fixture
def still(log: Log, monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """The sealer last said something twenty minutes ago, and the bound is ten."""
    monkeypatch.setattr(settings.CARNET, "seal_stop_seconds", 600)
    monkeypatch.setattr(lag, "_watch", lag.Watch())
    lag.beat(log.folder, 1, datetime.now(UTC) - timedelta(minutes=20))
    yield log


def test_readings_wait_for_the_seal_and_emergencies_and_deposits_do_not(still: Log, door: str, portal: str) -> None:
    person, _ = patient("nurse", "emergency")
    nurse = client(door, "nurse")
    answer = nurse.search(person.ins)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "journal-not-sealed"
    page = Browser(portal).sign_in("nurse")
    shown = page.get(f"/dossier/{page.seek(person.ins.matricule)}")
    assert (shown.status_code, shown.headers["Retry-After"]) == (503, "30")
    assert deposit(person, "nurse")
    assert nurse.deposit(entry(person), cda(person, "nurse")).status_code == 200
    emergency = client(door, "emergency")
    assert emergency.open_emergency(person.ins, "bris_de_glace", "Patient inconscient, danger.").status_code == 200
    assert emergency.search(person.ins, mode="bris_de_glace").status_code == 200
    lag.beat(still.folder, 1, datetime.now(UTC))
    lag._watch = lag.Watch()
    assert nurse.search(person.ins).status_code == 200


def test_a_door_learns_how_far_the_seal_is_behind_and_warns_once_a_minute(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    at = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    watch = lag.Watch()
    lag.beat(log.folder, 7, at - timedelta(seconds=30))
    assert watch.behind(at) == timedelta(seconds=30)
    assert watch.behind(at + timedelta(seconds=4)) == timedelta(seconds=34), "what was read is believed for some seconds"
    lag.beat(log.folder, 9, at + timedelta(seconds=5))
    assert watch.behind(at + timedelta(seconds=6)) == timedelta(seconds=1)
    for seconds in (70, 80, 131):
        watch.behind(at + timedelta(seconds=seconds))
    assert [r.getMessage() for r in caplog.records if r.name == "carnet.journal"] == [
        "seal-behind seconds=65",
        "seal-behind seconds=126",
    ]
    assert lag.last_seal(log.folder) == (at + timedelta(seconds=5), 9)


def test_a_sealer_that_never_wrote_is_behind_since_one_looks(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    (log.folder / lag.SEALED).unlink()
    watch, at = lag.Watch(), datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    assert watch.behind(at) == timedelta(0)
    assert watch.behind(at + timedelta(minutes=20)) == timedelta(minutes=20)
    assert watch.behind(at - timedelta(days=1)) == timedelta(0), "a clock that went back begins anew"
    assert lag.last_seal(log.folder) is None


def test_the_sealer_says_that_it_seals_when_nothing_is_left(log: Log) -> None:
    told = lag.last_seal(log.folder)
    assert told is not None and datetime.now(UTC) - told[0] < timedelta(seconds=30)
    assert told[1] == log.sealer.tiles.size


def test_the_operators_page_says_how_the_seal_stands(log: Log, operator: str) -> None:
    with as_role("carnet_operator"):
        token = signin.operator_link("ada", datetime.now(UTC))
    http = httpx.Client(base_url=operator, timeout=30.0)
    http.get(f"/entrer/{token}")
    assert "À jour" in words(http.get("/etat"))
    lag.beat(log.folder, 4, datetime.now(UTC) - timedelta(minutes=2))
    late = words(http.get("/etat"))
    assert "En retard" in late and "manque ou a été changée" not in late
    (log.folder / receipts.MISSING).write_text("20261127-fhir-0 altered\n")
    assert "Une ligne du journal, ou la mémoire d’un processus, manque" in words(http.get("/etat"))
    (log.folder / lag.SEALED).unlink()
    assert "Le scelleur n’a jamais rien dit" in words(http.get("/etat"))
