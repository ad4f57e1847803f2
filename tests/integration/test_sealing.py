"""The journal proves itself: sealer, tiles, witness, maps, and the verifier against every sort of forger."""

import base64
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from django.conf import settings
from support.people import client, deposit, now, patient
from support.ports import free_port
from support.roles import as_role

from carnet.apps.journal import maps
from carnet.apps.journal.api import (
    COSIGNATURE_KEY,
    Checkpoint,
    Event,
    Note,
    NoteError,
    Sealer,
    SealerBusyError,
    Verifier,
    Witnesses,
    append,
    build_map_if_due,
    chain_export,
    checkpoint_of,
    export_all,
    record_alone,
    sealed_rows,
    signer,
)
from carnet.apps.journal.merkle import consistency_proof, hashes_in_memory, inclusion_proof, leaf_hash, root_of_inclusion, tree_root
from carnet.apps.journal.tiles import path_of
from carnet.apps.storage.api import streaming, unit
from carnet.desk import witness as witness_module
from carnet.desk.verifier import carnet_verify

ORIGIN = "carnet.test/journal"


def event(actor: str = "timer:essai", record_id: UUID | None = None) -> Event:
    return Event("decision", now(), actor, "", "timer", "timer", "normal", "permit", "", "rule", record_id=str(record_id or ""))


def write(count: int, record_id: UUID | None = None) -> None:
    with unit(record_id) as work:
        for _ in range(count):
            append(work, event(record_id=record_id))


@dataclass
class Log:
    """A log of this run's journal, sealed from the start, with a witness."""

    folder: Path
    sealer: Sealer
    key: Verifier
    witness: Verifier
    witness_url: str
    other_keys: list[Verifier]

    def seal(self) -> int:
        with as_role("carnet_sealer"):
            done = self.sealer.seal()
            while self.sealer.seal():
                pass
        return done

    def export(self, to: Path) -> Path:
        with as_role("carnet_sealer"), streaming() as work:
            export_all(work, self.folder, to, [self.key, self.witness])
        return to


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    folder = tmp_path_factory.mktemp("log")
    key = signer(folder / "log.key", ORIGIN)
    port = free_port()
    made = witness_module.make(folder / "witness", "witness.test", [key.verifier])
    server = witness_module.serve(port, made)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{port}"
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        # A log of its own for this module: the journal of the run is sealed from its first entry.
        for table in ("journal_leaf",):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            owner.execute(f"TRUNCATE {table}")
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("UPDATE journal_sealing SET size = 0, cluster = '', horizon = '0', mapped_on = NULL")
    with as_role("carnet_sealer"):
        sealer = Sealer(folder / "tiles", key, Witnesses({url: str(made.key.verifier)}))
    yield Log(folder / "tiles", sealer, key.verifier, made.key.verifier, url, [])
    server.shutdown()
    server.server_close()


def verdict(export: Path, log: Log, since: tuple[Path, ...] = (), witness: bool = True) -> list[str]:
    keys = [carnet_verify.read_key(str(log.key))]
    witnesses = [carnet_verify.read_key(str(log.witness))] if witness else []
    return [kind for kind, _ in carnet_verify.verify(export, keys, witnesses, list(since)).faults]


def test_what_is_written_gets_a_place_and_a_checkpoint_that_a_witness_cosigned(log: Log, tmp_path: Path) -> None:
    write(300)
    assert log.seal() >= 300
    note, checkpoint = checkpoint_of(log.folder)
    assert checkpoint.size == log.sealer.tiles.size
    assert Note.read(note).check(log.key) == 0
    assert abs(Note.read(note).check(log.witness) - now().timestamp()) < 60
    assert (log.folder / path_of(0, 0)).stat().st_size == 256 * 32
    assert verdict(log.export(tmp_path / "export"), log) == []


def test_the_tree_grows_by_what_is_new_and_each_entry_has_one_place(log: Log) -> None:
    log.seal()
    before = log.sealer.tiles.size
    write(5)
    assert log.seal() == 5
    assert log.sealer.tiles.size == before + 5
    assert log.seal() == 0
    with as_role("carnet_sealer"), unit() as work:
        rows = work.rows("SELECT count(*), count(DISTINCT number), min(number), max(number) FROM journal_leaf")
    assert rows[0] == (before + 5, before + 5, 0, before + 4)


def test_an_entry_that_commits_late_is_not_forgotten(log: Log) -> None:
    log.seal()
    slow = psycopg.connect(settings.DATABASE_URL.replace("{role}", "carnet_fhir"))
    chain = uuid4()
    slow.execute("SELECT journal_append(%s, now(), 'timer:late', %s)", [chain, json.dumps({"actor": "timer:late"})])
    write(3)
    assert log.seal() == 3, "the transaction that is still running hides its own entry, and no other"
    slow.commit()
    slow.close()
    assert log.seal() == 1
    with as_role("carnet_sealer"), unit() as work:
        assert work.rows("SELECT 1 FROM journal_leaf WHERE chain_id = %s", chain) == [(1,)]


def test_a_sealer_that_died_between_its_steps_goes_on_with_the_same_places(log: Log, tmp_path: Path) -> None:
    from carnet.apps.journal.sealing import place

    log.seal()
    write(40)
    with as_role("carnet_sealer"), unit() as work:
        batch = place(work)
    assert len(batch.hashes) == 40, "the places are in the database, nothing is in the tiles"
    with as_role("carnet_sealer"):
        again = Sealer(log.folder, log.sealer._key, log.sealer._cosign)
        assert again.tiles.size == batch.first + 40
        again.seal()
    log.sealer = again
    assert verdict(log.export(tmp_path / "export"), log) == []


def test_a_sealer_that_died_after_a_full_tile_reads_what_its_checkpoint_needs(log: Log, tmp_path: Path) -> None:
    log.seal()
    size = log.sealer.tiles.size
    kept = (log.folder / "checkpoint").read_text()
    write(256 - size % 256 + 10)
    log.seal()
    (log.folder / "checkpoint").write_text(kept)
    with as_role("carnet_sealer"):
        log.sealer = Sealer(log.folder, log.sealer._key, log.sealer._cosign)
        log.sealer.seal()
    assert verdict(log.export(tmp_path / "export"), log) == []


def test_two_sealers_are_one_too_many(log: Log) -> None:
    from carnet.apps.journal.sealing import _HELD

    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "carnet_sealer"), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [_HELD])
        with pytest.raises(SealerBusyError), as_role("carnet_sealer"):
            log.sealer.seal()
        # A connection that closes lets go when the server has noticed: given back here, the lock is free at once.
        other.execute("SELECT pg_advisory_unlock(%s)", [_HELD])
    log.seal()


def test_a_restored_dump_is_sealed_whatever_its_transaction_numbers_say(log: Log) -> None:
    write(4)
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as owner:
        owner.execute("UPDATE journal_sealing SET cluster = 'another'")
    assert log.seal() == 4


def test_a_record_s_own_export_proves_each_entry_and_its_map(log: Log, tmp_path: Path, door: str) -> None:
    person, record_id = patient("treating")
    deposit(person)
    client(door, "treating").search(person.ins)
    log.seal()
    with as_role("carnet_sealer"):
        with unit() as work:
            work.run("UPDATE journal_sealing SET mapped_on = NULL")
        assert build_map_if_due(log.sealer, now())
        assert not build_map_if_due(log.sealer, now())
    log.seal()
    with unit(record_id) as work:
        rows = sealed_rows(work, record_id)
    export = tmp_path / "mine"
    export.mkdir()
    placed_since = (*rows[-1][:6], 10**12)
    for name, text in chain_export([*rows, placed_since], log.folder, record_id):
        (export / name).write_text(text, encoding="utf-8")
    assert verdict(export, log) == []
    told = json.loads((export / "maps.json").read_text())
    assert told["maps"][0]["counter"] == len(rows) >= 3
    lines = (export / "entries.jsonl").read_text().splitlines(keepends=True)
    (export / "entries.jsonl").write_text("".join(lines[:-1]))
    assert verdict(export, log) == ["truncated"], "the map of the day knows how many there were"
    forged = json.loads(lines[0])
    forged["proof"] = forged["proof"][1:]
    (export / "entries.jsonl").write_text(json.dumps(forged) + "\n" + "".join(lines[1:]))
    assert verdict(export, log) == ["place"]
    other = tmp_path / "other"
    shutil.copytree(export, other)
    (other / "entries.jsonl").write_text("".join(lines))
    told["maps"][0]["counter"] -= 1
    (other / "maps.json").write_text(json.dumps(told))
    assert "map" in verdict(other, log)
    assert maps.proof(log.folder, datetime.now(UTC).date(), uuid4()) is None


def _entries(export: Path) -> list[dict]:
    return [json.loads(line) for line in (export / "entries.jsonl").read_text().splitlines()]


def _store(export: Path, entries: list[dict]) -> None:
    (export / "entries.jsonl").write_text("".join(json.dumps(e) + "\n" for e in entries))


def _changed(entries: list[dict]) -> None:
    entries[7]["body"] = entries[7]["body"].replace('"actor":"', '"actor":"x', 1)


def _rehashed(entries: list[dict]) -> None:
    """A forger who rewrites an entry and every hash after it."""
    import hashlib

    chain = entries[-1]["chain"]
    previous = bytes(32)
    for entry in sorted((e for e in entries if e["chain"] == chain), key=lambda e: e["counter"]):
        if entry["counter"] == 1:
            entry["body"] = entry["body"].replace("timer", "nobody", 1)
        entry["previous"] = previous.hex()
        content = f"{entry['writer']}\n{entry['body']}".encode()
        previous = hashlib.sha256(previous + entry["counter"].to_bytes(8, "big") + content).digest()
        entry["hash"] = previous.hex()


def _removed(entries: list[dict]) -> None:
    del entries[len(entries) // 2]


def _renumbered(entries: list[dict]) -> None:
    """A forger who removes an entry from the middle of its chain and closes the gap in the places."""
    later = {(e["chain"], e["counter"]) for e in entries}
    place = next(n for n, e in enumerate(entries) if n > 2 and (e["chain"], e["counter"] + 1) in later)
    del entries[place]
    for entry in entries[place:]:
        entry["number"] -= 1


def _truncated(entries: list[dict]) -> None:
    del entries[-20:]


def _reordered(entries: list[dict]) -> None:
    entries[4]["number"], entries[5]["number"] = entries[5]["number"], entries[4]["number"]


def _counters(entries: list[dict]) -> None:
    same = [e for e in entries if e["chain"] == entries[-1]["chain"]]
    same[0]["counter"], same[1]["counter"] = same[1]["counter"], same[0]["counter"]


def _writer(entries: list[dict]) -> None:
    entries[2]["writer"] = "carnet_operator"


def _added(entries: list[dict]) -> None:
    entries.append(entries[-1] | {"number": entries[-1]["number"] + 1, "counter": entries[-1]["counter"] + 1})


FORGERS: list[tuple[Callable[[list[dict]], None], str]] = [
    (_changed, "changed"), (_rehashed, "root"), (_removed, "removed"), (_renumbered, "removed"), (_truncated, "truncated"),
    (_reordered, "root"), (_counters, "changed"), (_writer, "changed"), (_added, "place"),
]  # fmt: skip


@pytest.mark.parametrize(("forge", "kind"), FORGERS, ids=lambda v: getattr(v, "__name__", v))
def test_a_forged_export_is_caught(log: Log, tmp_path: Path, forge: Callable[[list[dict]], None], kind: str) -> None:
    write(30)
    log.seal()
    export = log.export(tmp_path / "export")
    assert verdict(export, log) == []
    entries = _entries(export)
    forge(entries)
    _store(export, entries)
    assert kind in verdict(export, log)


def test_a_forger_with_the_database_and_without_the_key_cannot_sign(log: Log, tmp_path: Path) -> None:
    log.seal()
    export = log.export(tmp_path / "export")
    thief = signer(tmp_path / "thief.key", ORIGIN)
    checkpoint = Checkpoint.read(Note.read((export / "checkpoint").read_text()).text)
    (export / "checkpoint").write_text(str(Note(checkpoint.text, (thief.line(checkpoint.text),))))
    assert verdict(export, log) == ["signature", "witness"]


def test_an_operator_with_the_key_who_rewrites_history_is_caught_by_what_others_kept(log: Log, tmp_path: Path) -> None:
    """The operator holds database and key: rolls back, writes another history, signs it. A kept checkpoint tells."""
    write(10)
    log.seal()
    kept = log.export(tmp_path / "kept")
    entries = _entries(kept)
    forked = tmp_path / "forked"
    shutil.copytree(kept, forked)
    _rehashed(entries)
    _store(forked, entries)
    hashes = [bytes.fromhex(e["hash"]) for e in sorted(entries, key=lambda e: e["number"])]
    root = tree_root(hashes_in_memory([leaf_hash(h) for h in hashes]), len(hashes))
    text = Checkpoint(ORIGIN, len(hashes), root).text
    (forked / "checkpoint").write_text(str(Note(text, (log.sealer._key.line(text),))))
    shutil.rmtree(forked / "map", ignore_errors=True)
    assert verdict(forked, log, witness=False) == [], "alone, nothing shows: it is a whole history of its own"
    assert "forked" in verdict(forked, log, (kept,), witness=False), "against what was kept, it does"
    assert "forked" in verdict(forked, log, (kept / "checkpoint",), witness=False)
    assert verdict(forked, log) == ["witness"], "and no witness cosigned it"
    answer = httpx.post(f"{log.witness_url}/add-checkpoint", content=f"old {len(hashes)}\n\n{(forked / 'checkpoint').read_text()}")
    assert answer.status_code == 409, "nor will it: it knows another tree of this size"
    older = tmp_path / "older"
    shutil.copytree(kept, older)
    cut = hashes[:-5]
    text = Checkpoint(ORIGIN, len(cut), tree_root(hashes_in_memory([leaf_hash(h) for h in cut]), len(cut))).text
    (older / "checkpoint").write_text(str(Note(text, (log.sealer._key.line(text),))))
    _store(older, [e for e in _entries(kept) if e["number"] < len(cut)])
    shutil.rmtree(older / "map", ignore_errors=True)
    assert "truncated" in verdict(older, log, (kept,), witness=False)
    assert "removed" in verdict(older, log, (kept,), witness=False)


def test_an_earlier_export_is_continued_by_a_later_one(log: Log, tmp_path: Path) -> None:
    write(3)
    log.seal()
    first = log.export(tmp_path / "first")
    write(300)
    log.seal()
    second = log.export(tmp_path / "second")
    assert verdict(second, log, (first, first / "checkpoint")) == []


def test_the_witness_signs_only_a_continuation(log: Log) -> None:
    log.seal()
    note = (log.folder / "checkpoint").read_text()
    size = log.sealer.tiles.size

    def ask(body: str) -> httpx.Response:
        return httpx.post(f"{log.witness_url}/add-checkpoint", content=body)

    own = "\n".join(line for line in note.splitlines() if "witness" not in line) + "\n"
    assert ask(f"old {size}\n\n{own}").status_code == 200, "the same tree again"
    behind = ask(f"old 3\n\n{own}")
    assert (behind.status_code, behind.text) == (409, f"{size}\n")
    assert ask("nonsense").status_code == 400
    assert ask(f"old {size}\n\nx\n\n— a b\n").status_code == 400
    assert ask(f"old {size + 9}\n\n{own}").status_code == 400
    other = Checkpoint("another.log", 1, bytes(32)).text
    assert ask(f"old 0\n\n{Note(other, (log.sealer._key.line(other),))}").status_code == 404
    forged = own.replace(own.splitlines()[2], base64.b64encode(bytes(32)).decode())
    assert ask(f"old {size}\n\n{forged}").status_code == 403
    grown = Checkpoint(ORIGIN, size + 5, bytes(32)).text
    assert ask(f"old {size}\n\n{Note(grown, (log.sealer._key.line(grown),))}").status_code == 422
    assert httpx.post(f"{log.witness_url}/elsewhere", content="x").status_code == 404
    assert httpx.post(f"{log.witness_url}/add-checkpoint", content="x" * 200_000).status_code == 413
    assert Verifier.read(httpx.get(log.witness_url).text) == log.witness


def test_a_witness_that_is_silent_or_lies_stops_nothing(log: Log, tmp_path: Path) -> None:
    stranger = signer(tmp_path / "stranger.key", "stranger.test", COSIGNATURE_KEY)
    nobody = Witnesses({f"http://127.0.0.1:{free_port()}": str(stranger.verifier), log.witness_url: str(stranger.verifier)})
    note, checkpoint = checkpoint_of(log.folder)
    hashes = log.sealer.tiles.hashes()
    assert nobody(Note.read(note), checkpoint, lambda old: consistency_proof(hashes, old, checkpoint.size)) == []


def test_the_verifier_runs_alone_from_the_command_line(log: Log, tmp_path: Path) -> None:
    write(2)
    log.seal()
    export = log.export(tmp_path / "export")
    script = shutil.copy(carnet_verify.__file__, tmp_path / "carnet_verify.py")

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([sys.executable, "-I", str(script), *arguments], capture_output=True, text=True, check=False)

    whole = run(str(export), "--key", str(log.key), "--witness", str(log.witness))
    assert whole.returncode == 0, whole.stdout + whole.stderr
    assert "0 fault(s)" in whole.stdout
    assert "the key comes from the export itself" in run(str(export)).stdout
    entries = _entries(export)
    _changed(entries)
    _store(export, entries)
    assert run(str(export), "--key", str(log.key)).returncode == 1
    assert run(str(tmp_path / "nowhere")).returncode == 2
    assert run(str(export), "--key", "x+y+z").returncode == 2
    assert len(Path(carnet_verify.__file__).read_text().splitlines()) < 340


def test_a_tampered_tile_or_checkpoint_stops_the_sealer(log: Log, tmp_path: Path) -> None:
    log.seal()
    copy = tmp_path / "copy"
    shutil.copytree(log.folder, copy)
    size = log.sealer.tiles.size
    tile = copy / path_of(0, size // 256, size % 256)
    tile.write_bytes(bytes(tile.stat().st_size))
    with pytest.raises(NoteError, match="tiles"), as_role("carnet_sealer"):
        Sealer(copy, log.sealer._key)
    tile.write_bytes(b"short")
    with pytest.raises(ValueError, match="length"), as_role("carnet_sealer"):
        Sealer(copy, log.sealer._key)
    (copy / "checkpoint").write_text((copy / "checkpoint").read_text().replace(ORIGIN, "other"))
    with pytest.raises(NoteError), as_role("carnet_sealer"):
        Sealer(copy, log.sealer._key)


def test_proofs_from_tiles_lead_to_the_root(log: Log) -> None:
    log.seal()
    tiles = log.sealer.tiles
    with as_role("carnet_sealer"), unit() as work:
        rows = dict(work.rows("SELECT l.number, e.hash FROM journal_leaf l JOIN journal_entry e USING (chain_id, counter)"))
    for number in {0, 1, 255, 256, tiles.size - 1, tiles.size // 3} & set(rows):
        path = inclusion_proof(tiles.hashes(), number, tiles.size)
        assert root_of_inclusion(leaf_hash(bytes(rows[number])), number, tiles.size, path) == tiles.root()


def test_a_refusal_is_sealed_like_anything_else(log: Log, door: str) -> None:
    person, record_id = patient()
    assert client(door, "dentist").search(person.ins).status_code == 403
    record_alone(event())
    log.seal()
    with unit(record_id) as work:
        rows = sealed_rows(work, record_id)
    assert json.loads(rows[-1][3])["outcome"] == "refuse"


def test_the_map_binds_itself_into_the_journal(log: Log) -> None:
    with as_role("carnet_sealer"):
        day = now() + timedelta(days=3)
        assert build_map_if_due(log.sealer, day)
        log.sealer.seal()
        with unit() as work:
            bodies = [json.loads(b) for (b,) in work.rows("SELECT body FROM journal_entry WHERE actor = 'sealer:journal'")]
    import hashlib

    note = (log.folder / "map" / day.date().isoformat()).read_bytes()
    assert hashlib.sha256(note).hexdigest() in {b["detail"] for b in bodies}
    assert Note.read(note.decode()).check(log.key) == 0


def test_a_log_without_witness_and_one_that_another_sealer_moved(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.apps.journal.api import log_signer

    monkeypatch.setattr(settings.CARNET, "log_key_file", tmp_path / "own.key")
    log.seal()
    with as_role("carnet_sealer"):
        alone = Sealer(tmp_path / "tiles", log_signer())
        alone.seal()
        Sealer(tmp_path / "nobody", log_signer(), Witnesses({})).publish()
        with streaming() as work:
            assert export_all(work, tmp_path / "tiles", tmp_path / "export", [log_signer().verifier]) == alone.tiles.size
    assert not (tmp_path / "export" / "map").exists()
    note = Note.read((tmp_path / "tiles" / "checkpoint").read_text())
    assert len(note.signatures) == 1
    assert Checkpoint.read(note.text).size == log.sealer.tiles.size
    write(2)
    log.seal()
    with as_role("carnet_sealer"), pytest.raises(SealerBusyError, match="another sealer"):
        alone.seal()


def test_a_witness_that_fails_or_talks_nonsense_is_passed_by(log: Log, tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    answers = [(500, "x"), (409, "nonsense"), (409, str(10**9)), (409, "1")]

    class Odd(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, text = answers[0]
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Odd)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    odd = Witnesses({f"http://127.0.0.1:{server.server_port}": str(log.witness)})
    note, checkpoint = checkpoint_of(log.folder)
    hashes = log.sealer.tiles.hashes()
    for _ in range(len(answers)):
        assert odd(Note.read(note), checkpoint, lambda old: consistency_proof(hashes, old, checkpoint.size)) == []
        answers.append(answers.pop(0))
    server.shutdown()
    server.server_close()


def test_a_key_of_the_journal_is_no_witness(log: Log, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.seal()
    export = log.export(tmp_path / "export")
    assert carnet_verify.main([str(export), "--key", str(log.key), "--witness", str(log.key)]) == 2
    assert carnet_verify.main([str(export), "--key", str(log.witness)]) == 2
    assert carnet_verify.main([str(export), "--key", str(log.key), "--witness", ""]) == 2
    assert "not a verifier key" in capsys.readouterr().err
