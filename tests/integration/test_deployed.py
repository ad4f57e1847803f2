"""What the database holds is what the code says: functions, policies, privileges, roles; and a hand on them is found."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings

from carnet.apps.records.reading.own_list import count_source, list_source
from carnet.apps.storage.address import parameters
from carnet.apps.storage.catalogue import differences, expected_catalogue, read_catalogue


@pytest.fixture
def owner() -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner whose changes are taken back."""
    with psycopg.connect(**parameters(settings.DATABASE_URL, "postgres")) as connection:
        yield connection
        connection.rollback()


def test_a_migrated_database_is_that_of_the_code(owner: psycopg.Connection[Any]) -> None:
    assert differences(read_catalogue(owner), expected_catalogue()) == []


@pytest.mark.parametrize(("name", "source"), [("records_own_list", list_source()), ("records_new_counts", count_source())])
def test_functions_that_repeat_the_visibility_filter_are_those_of_today(
    owner: psycopg.Connection[Any], name: str, source: str
) -> None:
    """The filter lives in the code; the functions are text of a migration. Whoever changes the filter writes a migration."""
    # Of several, the newest: the function of the release before stays for processes that still run.
    deployed = owner.execute("SELECT prosrc FROM pg_proc WHERE proname = %s ORDER BY pronargs DESC", [name]).fetchone()
    assert deployed is not None
    assert re.sub(r"\s+", " ", deployed[0]).strip() == re.sub(r"\s+", " ", source).strip()


TAMPERINGS = {
    "schema-differs function records_own_list(p_person text, p_structure text, p_actor text, p_at timestamp with time zone, p_pause interval)":
        "UPDATE pg_proc SET prosrc = replace(prosrc, 'open', 'closed') WHERE proname = 'records_own_list'",
    "schema-differs policy records_document.records_document_scope": "ALTER POLICY records_document_scope ON records_document USING (true)",
    "schema-missing row-security records_document": "ALTER TABLE records_document DISABLE ROW LEVEL SECURITY",
    "schema-missing trigger journal_entry.journal_entry_append_only": "DROP TRIGGER journal_entry_append_only ON journal_entry",
    "schema-differs trigger journal_entry.journal_entry_append_only": "ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_append_only",
    "schema-unexpected privilege journal_entry carnet_operator": "GRANT DELETE ON journal_entry TO carnet_operator",
    "schema-unexpected privilege signin_account.password carnet_operator": "GRANT SELECT (password) ON signin_account TO carnet_operator",
    "schema-unexpected caller identity_find(p_index bytea) PUBLIC": "GRANT EXECUTE ON FUNCTION identity_find(bytea) TO PUBLIC",
    "schema-differs role carnet_fhir": "ALTER ROLE carnet_fhir BYPASSRLS",
    "schema-unexpected member carnet_fhir of carnet_sealer": "GRANT carnet_sealer TO carnet_fhir",
    "schema-unexpected function records_secret()": "CREATE FUNCTION records_secret() RETURNS int LANGUAGE sql AS 'SELECT 1'",
}  # fmt: skip


@pytest.mark.parametrize("named", sorted(TAMPERINGS))
def test_a_hand_on_the_database_is_found(owner: psycopg.Connection[Any], named: str) -> None:
    owner.execute(TAMPERINGS[named])
    assert named in differences(read_catalogue(owner), expected_catalogue())
