"""Every address of the door, tried by nobody and by somebody without relation; a GET writes nothing but the journal."""

import httpx
import psycopg
import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver
from support.people import client, deposit, patient

OPEN = {"services/fhir/metadata", "services/fhir/.well-known/smart-configuration", ".well-known/oauth-protected-resource/services/fhir",
        "fhir/metadata", "fhir/openapi.json", "signin/authorize", "signin/callback", "signin/situation", "signin/token", "signin/revoke",
        "signin/backchannel-logout"}  # fmt: skip


def addresses() -> list[str]:
    found = []
    for pattern in get_resolver("carnet.interfaces.fhir.urls").url_patterns:
        if isinstance(pattern, URLPattern):
            found.append(str(pattern.pattern))
        else:
            # The door of connected services, under an address of its own.
            found += [f"{pattern.pattern}{inner.pattern}" for inner in pattern.url_patterns]
    return [a for a in found if not a.startswith("^")]


def test_the_list_of_addresses_is_the_one_that_is_tried() -> None:
    assert len(addresses()) == 53


@pytest.mark.parametrize("address", addresses())
def test_nobody_gets_anything(door: str, address: str) -> None:
    person, _ = patient("treating")
    values = {"<str:logical_id>": str(deposit(person)), "<str:list_id>": str(person.ins.oid), "<str:number>": str(person.ins.oid),
              "<uuid:number>": str(deposit(person)), "<str:ticket>": "rien", "<str:version>": "1", "<str:name>": "Observation"}  # fmt: skip
    for name, value in values.items():
        address = address.replace(name, value)
    url = f"{door}/{address}"
    for method in ("GET", "POST"):
        answer = httpx.request(method, url)
        if address in OPEN:
            assert answer.status_code in (200, 400, 404, 405)
        else:
            assert answer.status_code in (401, 404, 405), (method, address, answer.status_code)
        assert person.traits.birth_name not in answer.text


def test_somebody_without_relation_gets_a_no_for_the_record_and_for_its_documents(door: str) -> None:
    person, _ = patient("treating")
    document = deposit(person)
    stranger = client(door, "dentist")
    assert stranger.search(person.ins).status_code == 403
    for path in (f"/fhir/Binary/{document}", f"/fhir/DocumentReference/{document}"):
        answer = stranger.get(path)
        assert answer.status_code in (403, 404)
        assert "Rien à signaler" not in answer.text


def _rows() -> dict[str, int]:
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres")) as connection:
        tables = [
            t
            for (t,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '_p[0-9]+$'"
            )
        ]
        return {t: connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


def test_a_get_writes_nothing_but_the_journal(door: str) -> None:
    person, record_id = patient("treating")
    document, who = deposit(person), client(door, "treating")
    before = _rows()
    for path in ("/fhir/metadata", f"/fhir/DocumentReference/{document}", f"/fhir/Binary/{document}",
                 f"/fhir/DocumentReference?patient=Patient/{record_id}&status=current", "/nowhere"):  # fmt: skip
        who.get(path)
    after = _rows()
    # The notice of an access goes with its journal entry (docs/adr/0010): one a day for each professional.
    assert {t for t in after if after[t] != before[t]} == {"access_opening", "journal_entry", "outbox_notice"}
    assert after["outbox_notice"] == before["outbox_notice"] + 1
    assert after["journal_entry"] == before["journal_entry"] + 3
