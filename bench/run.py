"""`make bench`: TD0.2, search page, retrieve, deposit, as ratios to pgbench running the same statements in the same run."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from bench.anatomy import Part

ROOT = Path(__file__).resolve().parents[1]
TARGETS = 40
CONCURRENCIES = (16, 64)
AIMS = {"TD0.2 test of a record": "1,500 a second", "search page of 20": "0.45", "deposit 20 kB": "0.35"}


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the table."""

    name: str
    concurrency: int
    http: float
    database: float
    server_ms: float
    """Processor time of the door for one request."""
    database_ms: float
    """That of the database behind it, its writers included."""

    @property
    def ratio(self) -> float:
        """Requests of the door for each transaction of the bare database."""
        return self.http / self.database


def prepare() -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from support.bounds import unbounded

    data = Path(tempfile.mkdtemp(prefix="carnet-bench-"))
    os.environ.update(CARNET_DATA_DIR=str(data), CARNET_ENVIRONMENT="test", DJANGO_SETTINGS_MODULE="carnet.config.settings",
                      CARNET_SEAL_STOP_SECONDS="0", CARNET_BOUNDS_DIR=str(unbounded(data)), CARNET_TOKEN_LIFETIME="14400")  # fmt: skip
    import django

    django.setup(set_prefix=False)
    from django.conf import settings

    from carnet.apps.storage.api import close_pool
    from carnet.desk.demonstration import loading
    from carnet.desk.upkeep import migrate

    migrate(datetime.now(UTC))
    settings.CARNET.database_role = "carnet_operator"
    loading.import_directory(datetime.now(UTC))
    close_pool()
    settings.CARNET.database_role = "carnet_fhir"


def operations_of(targets: list, token: str, load: object) -> dict[str, tuple[str, list, list[Callable[[], object]], bool]]:
    """For each operation: the token, the HTTP calls, and the same thing as function calls."""
    from bench.filling import prose, token_of
    from bench.load import compact
    from carnet.apps.records import api as records
    from carnet.apps.records.api import Query
    from carnet.apps.signin.api import actor_of
    from carnet.desk.client import provide_bundle
    from carnet.desk.client import token_of as token_of_ins
    from carnet.formats.fhir import read_provide_bundle
    from carnet.formats.xds import Coding, DocumentEntry
    from carnet.interfaces.fhir.parameters import read_search
    from carnet.kernel.ask import Act, Ask

    form, json_type = "application/x-www-form-urlencoded", "application/fhir+json"
    depositor = token_of("treating")

    def question(act: Act, target, who: str = token) -> Ask:
        return Ask(actor_of(who), act, datetime.now(UTC), target.ins)

    def pairs(target) -> list[tuple[str, str]]:
        return [("patient.identifier", token_of_ins(target.ins)), ("status", "current"), ("_count", "20")]

    def query(target) -> Query:
        return read_search(pairs(target)).query

    text = prose(20_000)

    def bundle(target) -> dict:
        entry = DocumentEntry(f"2.25.{uuid4().int}", type=Coding("11488-4"), patient=(target.ins.oid.value, target.ins.matricule),
                              mime="text/plain", title="Mesure")  # fmt: skip
        # Each with bytes of its own: the same ones would be stored once.
        return provide_bundle(entry, entry.unique_id.encode() + text)

    def deposit(target) -> object:
        return records.deposit(question(Act.FEED, target, depositor), read_provide_bundle(bundle(target), 50))

    return {
        "TD0.2 test of a record": (
            token,
            [("POST", "/fhir/Patient/_search", form, urlencode({"identifier": token_of_ins(t.ins)})) for t in targets],
            [lambda t=t: records.test_record(question(Act.TEST_RECORD, t)) for t in targets],
            False,
        ),
        "search page of 20": (
            token,
            [("POST", "/fhir/DocumentReference/_search", form, urlencode(pairs(t))) for t in targets],
            [lambda t=t: records.search(question(Act.SEARCH, t), query(t)) for t in targets],
            False,
        ),
        "retrieve 50 kB": (
            token,
            [("GET", f"/fhir/Binary/{t.document}", json_type, "") for t in targets],
            [lambda t=t: records.read_content(replace(question(Act.READ, t), ins=None), t.document) for t in targets],
            False,
        ),
        "deposit 20 kB": (
            depositor,
            [("POST", "/fhir", json_type, compact(bundle(t))) for _ in range(250) for t in targets],
            [lambda t=t: deposit(t) for t in targets],
            True,
        ),
    }


def measure() -> tuple[list[Measured], dict[str, list[Part]]]:
    """Fill, start the door, and measure each operation at each concurrency; then take it apart."""
    from django.conf import settings

    from bench import load, pgbench, processor
    from bench.capture import script_of
    from bench.filling import fill, token_of
    from carnet.desk import processes

    print("Filling…", flush=True)
    targets = fill(TARGETS)
    token, postmaster = token_of("pharmacist"), processor.postmaster(settings.CARNET.data_dir)
    port = processes.free_port()
    # Processes rather than threads: the interpreter lock makes threads wait for each other.
    door = processes.serve("fhir", port, {"CARNET_BASE_URL": f"http://127.0.0.1:{port}"}, workers=os.cpu_count() or 2, threads=1)
    found, operations = [], operations_of(targets, token, load)
    with processes.running(door):
        processes.wait_until_served("fhir", port, door)
        for name, (who, calls, functions, fresh) in operations.items():
            scripts = [script_of(op, str(t.record_id), fresh) for op, t in zip(functions, targets, strict=True)]
            share = len(calls) // len(CONCURRENCIES) if fresh else len(calls)
            for place, concurrency in enumerate(CONCURRENCIES):
                mine = calls[place * share : (place + 1) * share] if fresh else calls
                before = processor.of_tree(door.pid), processor.of_tree(postmaster)
                http = load.per_second(port, who, mine, concurrency)
                after = processor.of_tree(door.pid), processor.of_tree(postmaster)
                database = pgbench.per_second(scripts, concurrency, load.SECONDS)
                spent = [(b - a) / (http * load.SECONDS) for a, b in zip(before, after, strict=True)]
                found.append(Measured(name, concurrency, http, database, *spent))
                print(f"  {name}, {concurrency}: {http:.0f}/s against {database:.0f}/s = {found[-1].ratio:.2f}; "
                      f"{spent[0]:.2f} + {spent[1]:.2f} ms", flush=True)  # fmt: skip
    return found, _apart(found, operations)


def _apart(measured: list[Measured], operations: dict[str, Any]) -> dict[str, list[Part]]:
    from bench.anatomy import Entry, statements

    entry, found = Entry(), {}
    for name, (who, calls, functions, fresh) in operations.items():
        if fresh:
            continue
        door = next(m for m in measured if m.name == name and m.concurrency == CONCURRENCIES[0])
        inside = entry.microseconds(calls, who)
        parts = statements(functions[0])
        asked = sum(p.microseconds for p in parts)
        found[name] = [
            Part("HTTP: the server (granian) and its loop", door.server_ms * 1000 - inside),
            Part("Carnet in Python: request, law, steps, driver, answer", inside),
            *(Part(f"database: {p.what}", p.microseconds) for p in parts),
            Part("database: sockets, writers of the log and of pages; less what concurrent readings share",
                 door.database_ms * 1000 - asked),
        ]  # fmt: skip
    return found


def page(measured: list[Measured], apart: dict[str, list[Part]]) -> str:
    """docs/performance.md."""
    from bench import load
    from bench.filling import DOCUMENTS, RECORDS

    rows = "".join(
        f"| {m.name} | {m.concurrency} | {m.http:.0f} | {m.server_ms:.2f} | {m.database_ms:.2f} | {m.database:.0f} | "
        f"**{m.ratio:.2f}** | {AIMS.get(m.name, '')} |\n"
        for m in measured
    )
    tables = "".join(
        f"\n### {name}\n\n| part | µs |\n|---|---|\n" + "".join(f"| {p.what} | {p.microseconds:.0f} |\n" for p in parts)
        for name, parts in apart.items()
    )
    return f"""# Performance

Written by `make bench` on {datetime.now(UTC).date()}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()},
embedded PostgreSQL, {RECORDS * DOCUMENTS} documents in {RECORDS} records, load from {load.tool()} on the same machine.

Every read here is a lawful one: decided, journaled durably and decrypted before it is answered. *Milliseconds* are processor time of
the door and of the database for one request. *Ratio*: requests that the door answers per second, over transactions per second of
`pgbench` (prepared) running **the same statements**, captured from the running code, one transaction for each request. Readings that
come at the same time share a transaction at the door (`apps/storage/together`), so a ratio may pass what one transaction for each allows.

Read the lines at concurrency 16: at 64 `pgbench` opens 64 connections and slows down on its own locks, while the door keeps a
small pool, so that those ratios say more about pools than about the door. A virtual machine's clock is no constant: compare within
a run, never between two.

| operation | concurrency | door, per second | door, ms | database, ms | pgbench, per second | ratio | aim |
|---|---|---|---|---|---|---|---|
{rows}
## Where it goes

How other servers do by the same requests stands in [performance-peers.md](performance-peers.md) (`make bench-peers`).
What is left is mostly Python (the law is a tenth of it: the rest is requests, values and waiting) and the facts of the decision.

Processor time of one request at concurrency 16, by part. Statements were measured alone, in a session of their own; the door shares
`BEGIN` and `COMMIT` among the readings that come together, so the last line may be below zero.
{tables}
"""


def main() -> int:
    """Measure and write the page."""
    from bench import sealing

    prepare()
    try:
        text = page(*measure()) + sealing.measure()
    finally:
        from django.conf import settings

        from carnet.apps.storage.api import close_pool
        from carnet.config import embedded

        close_pool()
        embedded.stop(settings.CARNET.data_dir)
    (ROOT / "docs" / "performance.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
