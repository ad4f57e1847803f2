"""PostgreSQL stands behind the law: plain SQL under each role, across records."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from support.people import ask, deposit, patient

from carnet.apps.records import api as records
from carnet.apps.storage.executor import Wired
from carnet.apps.storage.schema import PARTITIONS, ROLES
from carnet.kernel.ask import Act, Mode

OF_A_RECORD = (
    "storage_record_key", "outbox_notice", "identity_patient", "identity_ins", "access_authorisation", "access_block",
    "access_relation", "access_choices", "access_emergency", "records_record", "records_document", "records_submission_set",
    "records_document_version", "records_directory", "records_folder", "records_folder_item", "identity_trait_token",
)  # fmt: skip
SEES_ALL = {("outbox_notice", "courier"), ("journal_entry", "sealer"), ("journal_leaf", "sealer"), ("access_emergency", "operator")}


@contextmanager
def connected(role: str) -> Iterator[Wired]:
    with Wired.connect(settings.DATABASE_URL.replace("{role}", role), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def two_records() -> tuple:
    first, second = patient("treating", treating="treating"), patient("treating")
    for person, _ in (first, second):
        deposit(person)
        records.open_emergency(
            ask("emergency", Act.OPEN_EMERGENCY, person, Mode.BREAK_GLASS, "Personne inconsciente, danger immédiat.")
        )
    return first[1], second[1]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", [*OF_A_RECORD, "journal_entry"])
def test_a_session_without_scope_reads_nothing(two_records: tuple, role: str, table: str) -> None:
    with connected(f"carnet_{role}") as connection:
        try:
            (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        except psycopg.errors.InsufficientPrivilege:
            return
    if (table, role) in SEES_ALL:
        assert count > 0
    else:
        assert count == 0, f"carnet_{role} reads {table} without a scope"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", [*OF_A_RECORD, "journal_entry"])
def test_the_scope_of_one_record_shows_no_row_of_another(two_records: tuple, role: str, table: str) -> None:
    if (table, role) in SEES_ALL:
        return
    first, _ = two_records
    column = "chain_id" if table == "journal_entry" else "record_id"
    with connected(f"carnet_{role}") as connection:
        connection.execute("SELECT set_config('carnet.record', %s, false)", [str(first)])
        try:
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
        except psycopg.errors.InsufficientPrivilege:
            return
    assert {row[0] for row in rows} <= {first}


@pytest.mark.parametrize("role", ROLES)
def test_no_role_writes_into_a_record_out_of_scope(two_records: tuple, role: str) -> None:
    first, second = two_records
    with connected(f"carnet_{role}") as connection:
        connection.execute("SELECT set_config('carnet.record', %s, false)", [str(first)])
        try:
            touched = connection.execute("UPDATE records_document SET status = 'Deleted' WHERE record_id = %s", [second]).rowcount
            assert touched == 0
        except psycopg.errors.InsufficientPrivilege:
            pass
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.CheckViolation)):
            connection.execute(
                "INSERT INTO access_relation (record_id, kind, professional_id, since) VALUES (%s, 'administrator', 'x', now())",
                [second],
            )


@pytest.mark.parametrize("role", ROLES)
def test_every_role_appends_to_the_journal_and_none_changes_it(role: str) -> None:
    from uuid import uuid4

    with connected(f"carnet_{role}") as connection:
        appended = connection.execute("SELECT journal_append(%s, now(), 'x', '{\"actor\":\"x\"}')", [uuid4()]).fetchone()
        assert appended == (1,)
        for statement in ("UPDATE journal_entry SET body = ''", "DELETE FROM journal_entry", "TRUNCATE journal_entry"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_only_the_doors_find_a_record_by_ins_and_only_one_at_a_time() -> None:
    for role in ROLES:
        allowed = role in ("fhir", "dmp", "hl7v2", "webps", "espace", "operator", "worker", "mssante")
        with connected(f"carnet_{role}") as connection:
            if allowed:
                assert connection.execute("SELECT record_id FROM identity_find('\\x00')").fetchall() == []
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute("SELECT record_id FROM identity_find('\\x00')")


def test_a_process_cannot_list_sessions() -> None:
    with connected("carnet_fhir") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT actor FROM signin_session")


def test_tables_of_a_record_are_hash_partitioned_with_the_record_first() -> None:
    with connected("postgres") as connection:
        for table in OF_A_RECORD:
            rows = connection.execute(
                "SELECT pg_get_partkeydef(%s::regclass), (SELECT count(*) FROM pg_inherits WHERE inhparent = %s::regclass)",
                [table, table],
            ).fetchone()
            key = {"identity_ins": "ins_index", "records_directory": "logical_id", "identity_trait_token": "token"}.get(
                table, "record_id"
            )
            assert rows == (f"HASH ({key})", PARTITIONS), table


def test_an_address_is_read_by_its_owner_s_door_and_by_the_courier_alone(two_records: tuple) -> None:
    from support.people import now

    from carnet.apps.outbox.api import Contact, set_contact
    from carnet.apps.storage.api import Work

    first, second = two_records
    with connected("carnet_espace") as connection:
        for record in (first, second):
            connection.execute("SELECT set_config('carnet.record', %s, false)", [str(record)])
            with connection.wire.pipeline():
                set_contact(Work(connection), f"holder:{record}", Contact("claude@patients.example"), now())
                connection.wire.settle()
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.wire.transaction():
            set_contact(Work(connection), f"holder:{first}", Contact("autre@patients.example"), now())
        assert connection.execute("SELECT owner FROM outbox_contact").fetchall() == [(f"holder:{second}",)]
    with connected("carnet_courier") as connection:
        assert len(connection.execute("SELECT owner FROM outbox_contact").fetchall()) >= 2
    with connected("carnet_operator") as connection:
        assert connection.execute("SELECT owner FROM outbox_contact WHERE owner LIKE 'holder:%'").fetchall() == []
    for role in ("fhir", "dmp", "sealer", "webps"):
        with connected(f"carnet_{role}") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT owner FROM outbox_contact")
