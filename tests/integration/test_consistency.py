"""fsck finds what is broken, a record moves whole, and a backup brings everything back."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from support.people import ask, client, deposit, host, now, patient
from support.records import spoil
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.journal.api import entries_of_record
from carnet.apps.records import api as records
from carnet.apps.records.api import TransferError, check_record, export_record, import_record
from carnet.apps.storage.api import key_of, unit
from carnet.apps.storage.blobs import _folder
from carnet.apps.storage.transfer import dump, load
from carnet.desk.client import documents_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.kernel.ask import Act, Mode


@pytest.fixture(autouse=True)
def owner() -> Iterator[None]:
    with as_role("postgres"):
        yield


@pytest.fixture
def full(door: str) -> tuple[DemoPerson, UUID, UUID]:
    """A record with everything: replacement, masked, archived, folder, emergency, block, refusals."""
    person, record_id = patient("treating", "nurse", treating="treating")
    first = deposit(person)
    second = deposit(person, replaces=first)
    deposit(person, label=("MASQUE_PS",))
    records.change_document(ask("treating", Act.ARCHIVE, person), deposit(person))
    client(door, "emergency").open_emergency(person.ins, "bris_de_glace", "Personne inconsciente, danger immédiat.")
    with unit(record_id) as work:
        access.block(work, host(record_id), "899700009999")
        access.choose(work, host(record_id), masked_in_emergency=True)
    client(door, "dentist").search(person.ins)
    return person, record_id, second


def kinds(record_id: UUID) -> set[str]:
    return {fault.kind for fault in check_record(record_id).faults}


def test_a_whole_record_has_no_fault(full: tuple) -> None:
    health = check_record(full[1])
    assert health.faults == []
    assert health.documents == 4


def column(name: str, value: object) -> Callable[[UUID, UUID], None]:
    def damage(record_id: UUID, document: UUID) -> None:
        with unit(record_id) as work:
            work.run(
                f"UPDATE records_document SET {name} = %s WHERE record_id = %s AND logical_id = %s", value, record_id, document
            )

    return damage


def statement(sql: str) -> Callable[[UUID, UUID], None]:
    def damage(record_id: UUID, document: UUID) -> None:
        with unit(record_id) as work:
            work.run(sql, record_id)

    return damage


def _bytes(record_id: UUID, document: UUID) -> Path:
    with unit(record_id) as work:
        address = work.rows("SELECT address FROM records_document WHERE record_id = %s AND logical_id = %s", record_id, document)[
            0
        ][0]
    return _folder(record_id) / address


def lose(record_id: UUID, document: UUID) -> None:
    _bytes(record_id, document).unlink()


def flip(record_id: UUID, document: UUID) -> None:
    path = _bytes(record_id, document)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")


def swap(record_id: UUID, document: UUID) -> None:
    """The bytes of another document in the place of these."""
    path = _bytes(record_id, document)
    other = next(p for p in path.parent.iterdir() if p != path)
    shutil.copy(other, path)


DAMAGES = [
    (column("masked", True), "metadata:labels"),
    (column("status", "Archived"), "metadata:archived"),
    (column("status", "Deleted"), "metadata:status"),
    (column("type_code", "11490-0"), "metadata:type"),
    (column("type_code", "0-0"), "value-set:type"),
    (column("class_code", "99x"), "value-set:class"),
    (column("version", 7), "versions-broken"),
    (column("entry_uuid", uuid4()), "metadata:entry"),
    (column("unique_id", "1.2.3"), "metadata:uniqueId"),
    (column("submission_id", uuid4()), "submission-missing"),
    (column("parents", [uuid4()]), "parent-missing"),
    (column("resource", b"x" * 50), "metadata-unreadable"),
    (lambda record_id, document: spoil(record_id, "logical_id", document), "metadata-untold"),
    (lose, "bytes-missing"),
    (flip, "bytes-changed"),
    (swap, "bytes-changed"),
    (statement("DELETE FROM records_directory WHERE record_id = %s"), "way-missing"),
    (statement("UPDATE records_document SET status = 'Approved' WHERE record_id = %s AND status = 'Deprecated'"), "replaced-still-current"),
    (statement("UPDATE storage_record_key SET wrapped = NULL WHERE record_id = %s"), "key-missing"),
    (statement("DELETE FROM identity_patient WHERE record_id = %s"), "identity-missing"),
    (statement("UPDATE identity_patient SET sealed = '\\x00112233445566778899aabbccddeeff00112233' WHERE record_id = %s"), "identity-unreadable"),
    (statement("DELETE FROM identity_ins WHERE record_id = %s"), "identity-ins"),
    (statement("DELETE FROM identity_trait_token WHERE record_id = %s"), "identity-tokens"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "kind"), DAMAGES, ids=[f"{k}-{n}" for n, (_, k) in enumerate(DAMAGES)])
def test_each_damage_is_found_by_its_name(full: tuple, damage: Callable[[UUID, UUID], None], kind: str) -> None:
    damage(full[1], full[2])
    assert kind in kinds(full[1])


def test_what_a_crash_left_is_counted_and_is_no_fault(full: tuple) -> None:
    orphan = _folder(full[1]) / ("0" * 64)
    orphan.write_bytes(b"x")
    health = check_record(full[1])
    assert (health.orphans, health.faults) == (1, [])
    orphan.unlink()


def test_a_destroyed_record_that_left_something_is_found() -> None:
    person, record_id = patient()
    deposit(person)
    with unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'destroyed' WHERE record_id = %s", record_id)
    assert kinds(record_id) == {"not-erased"}


def test_the_command_looks_at_everything(full: tuple) -> None:
    from carnet.desk.upkeep import check_everything

    report = check_everything(settings.CARNET, settings.DATABASE_URL)
    assert report.records >= 1
    assert report.entries > 0
    assert not [f for f in report.faults if f.startswith(("partitions", "index"))]
    lose(full[1], full[2])
    again = check_everything(settings.CARNET, settings.DATABASE_URL)
    assert f"bytes-missing {full[1]} {full[2]}" in again.faults
    assert "bytes-missing × " in again.summary()


def snapshot(door: str, person: DemoPerson, record_id: UUID) -> dict:
    """Everything that a reader sees of a record, and its journal."""
    doctor = client(door, "treating")
    found = documents_of(doctor.search(person.ins, status="current,superseded", _count="50"))
    found += documents_of(doctor.search(person.ins, isArchived="true"))
    contents = {d["id"]: doctor.get(f"/fhir/Binary/{d['id']}").content for d in found}
    with unit(record_id) as work:
        entries = entries_of_record(work, record_id)
    return {"documents": sorted(found, key=lambda d: d["id"]), "contents": contents, "entries": entries}


def erase(record_id: UUID) -> None:
    """What another installation looks like: nothing of this record."""
    with unit(record_id) as work:
        for (table,) in work.rows(
            """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'record_id'
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"""
        ):
            work.run(f"DELETE FROM {table} WHERE record_id = %s", record_id)
    with unit(record_id) as work:
        for table in ("journal_leaf", "journal_entry"):
            work.run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            work.run(f"DELETE FROM {table} WHERE chain_id = %s", record_id)
            work.run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    shutil.rmtree(_folder(record_id))


def test_a_record_is_exported_and_imported_whole(full: tuple, door: str, tmp_path: Path) -> None:
    person, record_id, _ = full
    before = snapshot(door, person, record_id)
    done = export_record(record_id, tmp_path / "out", "essai", now())
    assert done.documents == 4
    names = {p.suffix for p in (tmp_path / "out/documents").iterdir()}
    assert names == {".xml", ".json"}, "bytes as they were deposited, metadata as FHIR"
    assert "Document d'essai" in (tmp_path / "out/LISEZMOI.txt").read_text()
    with pytest.raises(TransferError, match="already"):
        import_record(tmp_path / "out", "essai", now())
    erase(record_id)
    again = import_record(tmp_path / "out", "essai", now())
    assert again.record_id == record_id
    assert check_record(record_id).faults == []
    after = snapshot(door, person, record_id)
    assert after["documents"] == before["documents"]
    assert after["contents"] == before["contents"]
    assert [e["act"] for e in after["entries"]][: len(before["entries"])] == [e["act"] for e in before["entries"]]
    assert {"record:export", "record:import"} <= {e["act"] for e in after["entries"]}
    status = records.test_record(ask("nurse", Act.TEST_RECORD, person))
    assert status.authorisation == "VALIDE"
    emergency = client(door, "emergency")
    assert emergency.search(person.ins, mode=Mode.BREAK_GLASS.value).status_code == 200, "an emergency access in progress goes on"


def test_the_export_itself_is_in_the_journal_it_exports(full: tuple, tmp_path: Path) -> None:
    export_record(full[1], tmp_path / "out", "essai", now())
    lines = (tmp_path / "out/journal.jsonl").read_text().splitlines()
    last = json.loads(json.loads(lines[-1])["body"])
    assert (last["act"], last["actor"]) == ("record:export", "operator:essai")


def test_what_is_not_whole_is_not_imported(full: tuple, tmp_path: Path) -> None:
    _, record_id, _ = full
    out = tmp_path / "out"
    export_record(record_id, out, "essai", now())
    with pytest.raises(TransferError, match="exists already"):
        export_record(record_id, out, "essai", now())
    with pytest.raises(TransferError, match="no such record"):
        export_record(uuid4(), tmp_path / "none", "essai", now())
    erase(record_id)

    def refused(match: str) -> None:
        with pytest.raises(TransferError, match=match):
            import_record(out, "essai", now())
        with unit(record_id) as work:
            assert work.rows("SELECT 1 FROM records_record WHERE record_id = %s", record_id) == []

    manifest = json.loads((out / "manifest.json").read_text())
    journal = (out / "journal.jsonl").read_text()
    (out / "journal.jsonl").write_text(journal.replace("permit", "refuse", 1))
    refused("changed since the export: journal.jsonl")
    forged = manifest | {
        "files": manifest["files"] | {"journal.jsonl": hashlib.sha256((out / "journal.jsonl").read_bytes()).hexdigest()}
    }
    (out / "manifest.json").write_text(json.dumps(forged))
    refused("journal of this export was changed")
    (out / "manifest.json").write_text(json.dumps(manifest | {"files": {"../manifest.json": "0"}}))
    refused("not an export")
    (out / "manifest.json").write_text(json.dumps(manifest | {"format": "other/9"}))
    refused("another format")
    (out / "manifest.json").write_text("nonsense")
    refused("not an export")


def test_rows_of_an_export_of_before_come_in_without_what_it_had_not() -> None:
    _, record_id = patient("treating")
    [table] = [t for t in access.TABLES if t.name == "access_authorisation"]
    with as_role("postgres"), unit(record_id) as work:
        key = key_of(work, record_id)
        [row] = dump(work, key, table)
        assert row.pop("secret") is False
        work.run("DELETE FROM access_authorisation WHERE record_id = %s", record_id)
        load(work, key, table, [row])
        assert dump(work, key, table) == [row | {"secret": False}]
