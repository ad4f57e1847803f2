"""Time passes: every timer, late, twice, and at its very day."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from support.people import allow, ask, client, deposit, fresh_person, now, open_record, patient, today
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import entries_of_record
from carnet.apps.outbox.api import pending
from carnet.apps.records import api as records
from carnet.apps.storage.api import KeyDestroyedError, key_of, stored_addresses, unit
from carnet.config.worker import run_all, timers
from carnet.desk.client import documents_of
from carnet.dicah.facts import RecordState
from carnet.dicah.lifecycle import TransitionError
from carnet.kernel.ask import Act

pytestmark = pytest.mark.usefixtures("earlier_at_rest")


def run(at: datetime) -> dict[str, int]:
    with as_role("carnet_worker"):
        return run_all(at)


def state(record_id: UUID) -> str:
    with unit(record_id) as work:
        return work.rows("SELECT state FROM records_record WHERE record_id = %s", record_id)[0][0]


def notices(record_id: UUID) -> list[str]:
    with unit(record_id) as work:
        return [kind for kind, _ in pending(work, record_id)]


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_every_timer_runs_as_the_worker_and_a_second_run_does_nothing() -> None:
    assert len(timers()) == len({t.name for t in timers()}) >= 9
    moment = now() + timedelta(days=1)
    run(moment)
    assert sum(run(moment).values()) == 0


def test_a_record_opens_six_weeks_after_its_notice_and_not_a_day_before() -> None:
    person, day = fresh_person(), date(2025, 3, 1)
    record_id = records.create_record(person.ins, person.traits, day, state=RecordState.PENDING_OPPOSITION)
    run(at(day) + timedelta(weeks=6, days=-1))
    assert state(record_id) == "pending_opposition"
    run(at(day) + timedelta(weeks=6))
    assert state(record_id) == "open"
    assert notices(record_id) == ["record-opened"]
    run(at(day) + timedelta(weeks=60))
    assert [kind for kind in notices(record_id) if kind != "prevention-due"] == ["record-opened"]
    with unit(record_id) as work:
        last = [e for e in entries_of_record(work, record_id) if e["detail"] != "prevention"][-1]
    assert (last["actor"], last["act"], last["detail"]) == ("timer:opposition-end", "timer", "open")


def test_an_opposed_record_never_opens_by_itself() -> None:
    person, day = fresh_person(), date(2025, 3, 1)
    record_id = records.create_record(person.ins, person.traits, day, state=RecordState.PENDING_OPPOSITION)
    with unit(record_id) as work:
        records.change_state(work, record_id, "oppose", day)
    run(at(day) + timedelta(days=4000))
    assert state(record_id) == "opposed"


def test_a_suspension_ends_in_a_closing() -> None:
    _, record_id = patient()
    with unit(record_id) as work:
        records.change_state(work, record_id, "suspend", date(2025, 3, 1), "FRAUDE")
    run(at(date(2025, 4, 11)))
    assert state(record_id) == "suspended"
    run(at(date(2025, 4, 12)))
    assert state(record_id) == "closed"
    assert "record-closed" in notices(record_id)


def test_what_waits_is_told_once_within_two_weeks_without_its_number(door: str) -> None:
    _, record_id = person_record = patient("treating")
    for _ in range(3):
        deposit(person_record[0], label=("INVISIBLE_PATIENT",))
    run(now() + timedelta(days=12))
    assert notices(record_id) == []
    run(now() + timedelta(days=13, minutes=5))
    assert notices(record_id) == ["announcement-waiting"]
    run(now() + timedelta(days=14))
    assert notices(record_id) == ["announcement-waiting"]


def test_an_announcement_in_between_leaves_nothing_to_tell(door: str) -> None:
    person, record_id = patient("treating")
    document = deposit(person, label=("INVISIBLE_PATIENT",))
    records.change_document(ask("treating", Act.ANNOUNCE, person), document)
    run(now() + timedelta(days=20))
    assert "announcement-waiting" not in notices(record_id)


def test_a_secret_of_a_minor_leaves_no_notice_but_becomes_visible_to_the_minor() -> None:
    person, record_id = patient("treating")
    document = deposit(person, label=("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"))
    run(now() + timedelta(days=13, hours=1))
    assert notices(record_id) == [], "nor does what waits"
    run(now() + timedelta(days=40))
    assert notices(record_id) == []
    with unit(record_id) as work:
        row = work.rows(
            "SELECT hidden_from_patient, hidden_from_representatives FROM records_document WHERE logical_id = %s AND record_id = %s",
            document, record_id,
        )[0]  # fmt: skip
    assert row == (False, True), "the end of one code never lifts another"


def test_one_month_after_its_deposit_a_document_shows_by_itself(door: str) -> None:
    person, record_id = patient("treating", treating="treating")
    document = deposit(person, label=("INVISIBLE_PATIENT",))
    other = deposit(person)
    run(now() + timedelta(days=29))
    doctor = client(door, "treating")

    def labels(one: UUID) -> str:
        return str(doctor.get(f"/fhir/DocumentReference/{one}").json()["securityLabel"])

    assert "INVISIBLE_PATIENT" in labels(document)
    before = doctor.get(f"/fhir/DocumentReference/{other}").content
    run(now() + timedelta(days=30, minutes=5))
    assert "INVISIBLE_PATIENT" not in labels(document)
    assert "document-visible" in notices(record_id)
    assert doctor.get(f"/fhir/DocumentReference/{other}").content == before
    assert doctor.get(f"/fhir/DocumentReference/{document}").json()["meta"]["versionId"] == "2"


def test_a_replacement_puts_nothing_off() -> None:
    person, record_id = patient("treating")
    first = deposit(person, label=("INVISIBLE_PATIENT",), at=now() - timedelta(days=29))
    second = deposit(person, replaces=first)
    run(now() + timedelta(days=1, minutes=5))
    with unit(record_id) as work:
        hidden = work.rows("SELECT logical_id FROM records_document WHERE record_id = %s AND hidden_from_patient", record_id)
    assert hidden == [], f"neither {first} nor {second} waits any longer"


def test_a_late_worker_catches_up_once() -> None:
    person, record_id = patient("treating")
    deposit(person, label=("INVISIBLE_PATIENT",))
    run(now() + timedelta(days=900))
    told = notices(record_id)
    assert told.count("document-visible") == 1
    assert told.count("announcement-waiting") == 0, "it is visible already: nothing waits"


def test_the_signature_of_a_submission_is_touched_by_no_timer() -> None:
    person, record_id = patient("treating")
    deposit(person, label=("INVISIBLE_PATIENT",))
    with unit(record_id) as work:
        work.run("UPDATE records_document SET technical = true WHERE record_id = %s", record_id)
    run(now() + timedelta(days=60))
    with unit(record_id) as work:
        assert work.rows("SELECT hidden_from_patient FROM records_document WHERE record_id = %s", record_id) == [(True,)]


def test_the_end_of_an_authorisation_is_noted_once_and_a_new_one_counts_again() -> None:
    person, record_id = patient("nurse")
    for _ in range(2):
        run(now() + timedelta(days=366))

    def noted() -> int:
        with unit(record_id) as work:
            return sum(e["actor"] == "timer:authorisation-end" for e in entries_of_record(work, record_id))

    assert noted() == 1
    status = records.test_record(ask("nurse", Act.TEST_RECORD, person))
    assert status.authorisation == "VALIDE", "the clock of this question is today's"
    with unit(record_id) as work:
        work.run("DELETE FROM access_authorisation WHERE record_id = %s", record_id)
    allow(record_id, "nurse")
    run(now() + timedelta(days=366))
    assert noted() == 2


@pytest.mark.parametrize(("asked", "days"), [(False, 3653), (True, 91)])
def test_a_closed_record_is_destroyed_by_its_key_at_its_term(door: str, asked: bool, days: int) -> None:
    person, record_id = patient("treating", treating="treating")
    document, day = deposit(person), today()
    with unit(record_id) as work:
        records.change_state(work, record_id, "close", day)
        if asked:
            records.ask_destruction(work, record_id, day)
            records.ask_destruction(work, record_id, day + timedelta(days=30))
    run(at(day + timedelta(days=days - 1)))
    assert state(record_id) == "closed"
    assert stored_addresses(record_id)
    run(at(day + timedelta(days=days)))
    assert state(record_id) == "destroyed"
    with unit(record_id) as work, pytest.raises(KeyDestroyedError):
        key_of(work, record_id)
    assert stored_addresses(record_id) == frozenset()
    assert identity.find(person.ins) is None
    doctor = client(door, "treating")
    assert doctor.get(f"/fhir/Binary/{document}").status_code == 404
    assert documents_of(doctor.search(person.ins)) == []
    with unit(record_id) as work:
        for table in ("records_document", "records_document_version", "records_submission_set", "access_authorisation",
                      "access_relation", "identity_patient", "identity_trait_token", "outbox_notice"):  # fmt: skip
            assert work.rows(f"SELECT 1 FROM {table} WHERE record_id = %s", record_id) == [], table
        assert entries_of_record(work, record_id)[-1]["detail"] == "key-destroyed"
    with as_role("postgres"):
        assert records.check_record(record_id).faults == [], "nothing is left of it"
    again = open_record(person)
    assert identity.find(person.ins) == again, "the person may open a new record"


def test_reopening_takes_a_request_of_destruction_back() -> None:
    _, record_id = patient()
    day = today()
    with unit(record_id) as work, pytest.raises(TransitionError):
        records.ask_destruction(work, record_id, day)
    with unit(record_id) as work:
        records.change_state(work, record_id, "close", day)
        records.ask_destruction(work, record_id, day)
        records.change_state(work, record_id, "reopen", day)
    run(at(day + timedelta(days=200)))
    assert state(record_id) == "open"


def test_what_is_only_technical_is_purged_at_its_term() -> None:
    from carnet.apps.outbox import api as outbox

    _, record_id = patient()
    access.spend(ask("nurse", Act.SEARCH).actor, access.NEGATIVE, now() - timedelta(days=60))
    with unit(record_id) as work:
        outbox.notify(work, record_id, "deposit", outbox.HOLDER, now() - timedelta(days=500))
        outbox.notify(work, record_id, "archive", outbox.HOLDER, now() - timedelta(days=500))
    with as_role("carnet_courier"), unit() as work:
        work.run("UPDATE outbox_notice SET outcome = 'sent' WHERE record_id = %s AND kind = 'archive'", record_id)
    done = run(now())
    assert done["budget-purge"] >= 2, "the person's and the structure's"
    assert done["notice-purge"] == 1
    assert notices(record_id) == ["deposit"], "what still waits is never purged"


def test_a_record_that_fails_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    broken_person, broken = patient("treating")
    person, record_id = patient("treating")
    for one in (broken_person, person):
        deposit(one, label=("INVISIBLE_PATIENT",))
    with as_role("carnet_worker"), unit(broken) as work:
        work.run("UPDATE storage_record_key SET wrapped = %s WHERE record_id = %s", b"x" * 60, broken)
    run(now() + timedelta(days=31))
    assert "document-visible" in notices(record_id)
    assert "timer-failure type=InvalidTag" in caplog.text
    assert str(broken) not in caplog.text
    with as_role("carnet_worker"), unit(broken) as work:
        work.run("UPDATE records_document SET technical = true WHERE record_id = %s", broken)
