"""The journal: one entry per decision and per write, before any data leaves; append-only; verifiable."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from support.people import allow, ask, cda, client, deposit, entry, fresh_uid, now, patient, submission

from carnet.apps.journal.api import Event, Line, append, check_chain, entries_of_record, stored_lines, verify_all
from carnet.apps.journal.entries import body_of, chain_of
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.storage.api import Work, close_pool, streaming, unit
from carnet.desk.client import code_of
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal


@contextmanager
def as_role(role: str) -> Iterator[Work]:
    close_pool()
    settings.CARNET.database_role = role
    try:
        with streaming() as work:
            yield work
    finally:
        close_pool()
        settings.CARNET.database_role = "carnet_fhir"


def journal(record_id) -> list[dict]:
    with unit(record_id) as work:
        return entries_of_record(work, record_id)


def test_every_access_leaves_one_entry_and_a_deposit_a_decision_and_a_write() -> None:
    person, record_id = patient("treating")
    document = deposit(person)
    records.search(ask("treating", Act.SEARCH, person), Query())
    records.read_content(ask("treating", Act.READ, person), document)
    told = [(e["kind"], e["act"], e["outcome"]) for e in journal(record_id)]
    assert told == [
        ("decision", "TD2.1", "permit"),
        ("write", "TD2.1", "done"),
        ("decision", "TD3.1:metadata", "permit"),
        ("decision", "TD3.2", "permit"),
    ]
    last = journal(record_id)[-1]
    assert last["documents"] == [str(document)]
    assert last["actor_name"] == "Alix BASTION"
    assert last["structure"] == "Cabinet médical des Tilleuls"
    assert last["mode"] == "normal"


def test_a_refusal_is_journaled_and_survives_the_rollback() -> None:
    person, record_id = patient()
    with pytest.raises(Refusal):
        records.search(ask("dentist", Act.SEARCH, person), Query())
    last = journal(record_id)[-1]
    assert (last["outcome"], last["code"], last["rule"]) == ("refuse", "consent-missing", "consent-missing")


def test_what_is_read_by_its_name_leaves_the_lines_of_what_is_read_by_its_number() -> None:
    person, record_id = patient("treating")
    other, record_of_other = patient("treating")
    name, elsewhere, masked = fresh_uid(), fresh_uid(), fresh_uid()
    document, hidden = deposit(person, unique_id=name), deposit(person, unique_id=masked, label=("MASQUE_PS",))
    deposit(other, unique_id=elsewhere)
    allow(record_id, "nurse")
    before = len(journal(record_id)), len(journal(record_of_other))
    assert records.read_named(ask("treating", Act.READ, person), name).mime == "text/xml"
    for unknown in (fresh_uid(), elsewhere):
        with pytest.raises(Refusal, match="document-unknown"):
            records.read_named(ask("treating", Act.READ, person), unknown)
    for read, named in ((records.read_named, masked), (records.read_content, hidden)):
        with pytest.raises(Refusal, match="document-unknown"):
            read(ask("nurse", Act.READ, person), named)
    lines, told = journal(record_id)[before[0] :], ("kind", "act", "outcome", "code", "rule", "documents")
    assert [lines[0].get(name) for name in ("act", "outcome", "documents")] == ["TD3.2", "permit", [str(document)]]
    assert len(lines) == 3, "a name that is none of this record leaves no line in it"
    by_name, by_number = ({name: line.get(name) for name in told} for line in lines[1:])
    assert by_name == by_number and by_name["documents"] == [str(hidden)]
    assert len(journal(record_of_other)) == before[1]


def test_a_refused_deposit_is_journaled_once_as_a_refusal_only() -> None:
    person, record_id = patient("treating")
    with pytest.raises(Refusal):
        records.deposit(ask("treating", Act.FEED, person), submission((entry(person), b"<broken")))
    assert [(e["outcome"], e.get("code")) for e in journal(record_id)] == [("refuse", "document-malformed")]


def test_the_journal_holds_no_health_content(door: str) -> None:
    person, _ = patient("treating")
    uid = "2.25.424242424242"
    content = cda(person, unique_id=uid, title="MARQUEUR-TITRE")
    client(door, "treating").deposit(entry(person, title="MARQUEUR-TITRE", comments="MARQUEUR-NOTE"), content)
    client(door, "emergency").open_emergency(person.ins, "bris_de_glace", "MARQUEUR-MOTIF inconscient")
    with as_role("carnet_sealer") as work:
        text = "".join(line.body for line in stored_lines(work))
    for marker in ("MARQUEUR", "11488-4", person.ins.matricule, uid):
        assert marker not in text, marker


def test_nothing_readable_of_titles_reasons_or_traits_is_in_the_database(door: str) -> None:
    person, _ = patient("treating")
    client(door, "treating").deposit(entry(person), cda(person, title="MARQUEUR-TITRE"))
    client(door, "emergency").open_emergency(person.ins, "bris_de_glace", "MARQUEUR-MOTIF inconscient")
    with as_role("postgres") as work:
        tables = [
            t for (t,) in work.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '_p[0-9]+$'")
        ]
        dump = "".join(str(work.rows(f"SELECT t::text FROM {table} t")) for table in tables)
    for marker in ("MARQUEUR", person.ins.matricule, b"MARQUEUR".hex(), person.ins.matricule.encode().hex(), b"ESSAI".hex()):
        assert marker not in dump, marker


def test_an_entry_is_committed_before_the_first_byte_of_data(monkeypatch: pytest.MonkeyPatch) -> None:
    person, record_id = patient("treating")
    document = deposit(person)
    seen: list[int] = []
    from carnet.apps.records.reading import document as reading

    real = reading.get

    def get(key, address: str) -> bytes:
        seen.append(len([e for e in journal(record_id) if e["act"] == "TD3.2"]))
        return real(key, address)

    monkeypatch.setattr(reading, "get", get)
    records.read_content(ask("treating", Act.READ, person), document)
    assert seen == [1], "another connection sees the entry when the bytes are read"


def test_nobody_updates_or_deletes_an_entry_the_owner_included() -> None:
    patient("treating")
    for statement in ("UPDATE journal_entry SET body = body", "DELETE FROM journal_entry", "TRUNCATE journal_entry"):
        with pytest.raises(psycopg.errors.RaiseException), as_role("postgres") as work:
            append(work, _event())
            work.run(statement)


def _event(**fields: object) -> Event:
    values = {"kind": "decision", "at": now(), "actor": "professional:x", "actor_name": "", "actor_kind": "professional", "act": "TD0.4",
                  "mode": "normal", "outcome": "permit", "code": "", "rule": "r"} | fields  # fmt: skip
    return Event(**values)


def _chain(length: int = 6) -> list[Line]:
    record_id = uuid4()
    for _ in range(length):
        with unit(record_id) as work:
            append(work, _event(record_id=str(record_id)))
    return lines_of(record_id)


def test_an_honest_chain_verifies_and_the_database_hashes_as_python_does() -> None:
    lines = _chain()
    assert [line.counter for line in lines] == [1, 2, 3, 4, 5, 6]
    assert list(check_chain(lines)) == []


def lines_of(record_id) -> list[Line]:
    with as_role("carnet_sealer") as work:
        return [line for line in stored_lines(work) if line.chain_id == record_id]


def _kinds(lines: list[Line]) -> set[tuple[int, str]]:
    return {(fault.counter, fault.kind) for fault in check_chain(lines)}


def test_change_removal_and_reordering_are_found_and_placed() -> None:
    from dataclasses import replace

    lines = _chain()
    changed = [*lines[:2], replace(lines[2], body=lines[2].body.replace("permit", "refuse")), *lines[3:]]
    assert _kinds(changed) == {(3, "change")}
    assert _kinds([*lines[:2], *lines[3:]]) == {(4, "gap"), (4, "link")}
    swapped = [lines[0], lines[2], lines[1], *lines[3:]]
    assert {kind for _, kind in _kinds(swapped)} >= {"gap", "order", "link"}
    assert _kinds([replace(lines[0], actor="professional:y"), *lines[1:]]) == {(1, "columns")}
    assert _kinds(lines[1:]) == {(2, "gap"), (2, "link")}


def test_verify_all_reads_every_chain_as_the_sealer() -> None:
    _chain()
    with as_role("carnet_sealer") as work:
        entries, chains, faults = verify_all(stored_lines(work))
    assert entries >= 6
    assert chains >= 1
    assert faults == []


def test_acts_without_a_record_have_the_chain_of_their_actor() -> None:
    event = _event()
    assert chain_of(None, event.actor) == chain_of(None, event.actor)
    assert chain_of(None, "professional:other") != chain_of(None, event.actor)
    assert '"code"' not in body_of(event)
    assert body_of(event) != body_of(event), "each entry carries a salt of its own"


def test_a_test_of_an_absent_record_is_on_the_chain_of_the_asker(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from support.people import fresh_person

    monkeypatch.setattr(settings, "INSI_CLIENT", "")
    from carnet.desk.demonstration.professionals import PROFESSIONALS

    chain = chain_of(None, f"professional:{PROFESSIONALS['orthoptist'].id}")

    def length() -> int:
        with unit(chain) as work:
            return len(entries_of_record(work, chain))

    before = length()
    assert code_of(client(door, "orthoptist").test_record(fresh_person().ins)) == "record-absent"
    assert length() == before + 1


def test_concurrent_entries_of_one_chain_never_fork() -> None:
    from concurrent.futures import ThreadPoolExecutor

    person, record_id = patient("treating")
    deposit(person)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: records.search(ask("treating", Act.SEARCH, person), Query()), range(40)))
    lines = lines_of(record_id)
    assert len(lines) == 42
    assert list(check_chain(lines)) == []


def test_emergency_and_deposit_leave_notices_for_those_whom_the_law_says(door: str) -> None:
    from carnet.apps.outbox.api import pending

    person, record_id = patient("treating", treating="treating")
    deposit(person)
    deposit(person, label=("INVISIBLE_PATIENT",))
    deposit(person, label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    client(door, "emergency").open_emergency(person.ins, "bris_de_glace", "Patient inconscient sur la voie publique.")
    with unit(record_id) as work:
        told = pending(work, record_id)
    assert told.count(("deposit", "holder")) == 1, "what is hidden leaves no notice"
    assert ("emergency-access", "holder") in told
    from carnet.desk.demonstration.professionals import PROFESSIONALS

    assert ("emergency-access", f"professional:{PROFESSIONALS['treating'].id}") in told


def test_units_of_work_do_not_nest() -> None:
    from carnet.apps.storage.executor import NestedWorkError

    with unit(), pytest.raises(NestedWorkError), unit():
        pass
    with unit() as work:
        assert work.row("SELECT 1") == (1,)
