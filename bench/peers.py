"""`make bench-peers`: the same requests to Carnet and to two FHIR servers that others run, by processor time, in one run.

HAPI FHIR's JPA server comes from Maven Central behind a small main of ours (`bench/hapi`); hfs is a Rust crate. Both are built into
`.venv/peers`, where a tool for it is there; what is not there is named and left out. All three keep their data in one PostgreSQL, in a
database each, spoken to by TCP, and take turns under the load. The peers run as they come: what each does and does not do is in the page.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / ".venv" / "peers"
HFS = "0.2.7"
HAPI = "8.8.0"
RECORDS = 100
TARGETS = 40
CONCURRENCY = 16
WARM = 4
"""Rounds of load before those that count, for the Java machine: it compiles what it meets."""
ROUNDS = 3
Call = tuple[str, str, str, str]
"""method, path, content type, body."""
AIMS = {
    ("search page of 20", "HAPI"): 8, ("search page of 20", "hfs"): 0.5, ("retrieve 50 kB", "HAPI"): 2.5,
    ("retrieve 50 kB", "hfs"): 0.4, ("deposit 20 kB", "HAPI"): 2, ("deposit 20 kB", "hfs"): 0.6,
}  # fmt: skip
"""How many requests Carnet aims to answer for each of a peer's, in the same processor time."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a request costs: requests a second, milliseconds of processor of the server and of the database."""

    rate: float
    server: float
    database: float

    @property
    def total(self) -> float:
        """Milliseconds of both."""
        return self.server + self.database


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of others: what starts it on a port and a database, and where its FHIR stands."""

    name: str
    command: Callable[[int, str], list[str]]
    base: str
    told: Callable[[int, str], dict[str, str]]


def _hapi() -> list[str]:
    """Build HAPI and its main. Returns what is missing."""
    folder = PEERS / f"hapi-{HAPI}"
    if (folder / "Peer.class").exists():
        return []
    missing = [tool for tool in ("mvn", "javac", "java") if not shutil.which(tool)]
    if missing:
        return missing
    print("Fetching HAPI (about 280 MB)…", flush=True)
    shutil.copytree(ROOT / "bench" / "hapi", folder, dirs_exist_ok=True)
    subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib"], cwd=folder, check=True)
    subprocess.run(["javac", "-nowarn", "-cp", "lib/*", "Peer.java"], cwd=folder, check=True)
    return []


def _hfs() -> list[str]:
    """Build hfs. Returns what is missing."""
    if (PEERS / f"hfs-{HFS}" / "bin" / "hfs").exists():
        return []
    if not shutil.which("cargo"):
        return ["cargo"]
    print("Building hfs (half an hour on two cores)…", flush=True)
    subprocess.run(["cargo", "install", "helios-hfs", "--locked", "--version", HFS, "--no-default-features", "--features",
                    "R4,postgres,skip-r6-download", "--root", str(PEERS / f"hfs-{HFS}")], check=True)  # fmt: skip
    return []


def _java(port: int, url: str) -> list[str]:
    folder = PEERS / f"hapi-{HAPI}"
    return ["java", "-Xmx2g", f"-Dpeer.port={port}", f"-Dpeer.url=jdbc:{url.replace('postgres@', '')}", "-Dpeer.user=postgres",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{folder}:{folder}/lib/*", "Peer"]  # fmt: skip


def _rust_told(port: int, url: str) -> dict[str, str]:
    return {"HFS_SERVER_PORT": str(port), "HFS_STORAGE_BACKEND": "postgres", "HFS_DATABASE_URL": url, "HFS_LOG_LEVEL": "error",
            "HFS_BASE_URL": f"http://127.0.0.1:{port}", "HFS_DATA_DIR": str(PEERS / "hfs-data")}  # fmt: skip


ALL = (
    (Peer("HAPI", _java, "/fhir", lambda port, url: {}), _hapi),
    (Peer("hfs", lambda port, url: [str(PEERS / f"hfs-{HFS}" / "bin" / "hfs")], "", _rust_told), _hfs),
)


@contextmanager
def _database() -> Iterator[tuple[Path, str]]:
    """The embedded server, listening to TCP of this machine: its folder, and its URL with `{role}` and `{database}`."""
    from carnet.config import embedded
    from carnet.desk.processes import free_port

    data, port = Path(tempfile.mkdtemp(prefix="carnet-peers-")), free_port()
    embedded.start(data)
    folder = (data / "postgres").resolve()
    owner, control = folder.stat(), embedded.binary(data, "pg_ctl")
    who = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def tell(*words: str) -> None:
        subprocess.run([control, "-w", "-D", folder, *words], check=True, stdout=subprocess.DEVNULL, **who)

    tell("-m", "fast", "stop")
    tell("-l", str(folder / "log.txt"), "-o", f"-h 127.0.0.1 -p {port} -k {folder} -c max_connections=200", "start")
    try:
        yield data, f"postgresql://{{role}}@127.0.0.1:{port}/{{database}}"
    finally:
        tell("-m", "immediate", "stop")
        shutil.rmtree(data, ignore_errors=True)


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [{"resource": r, "request": {"method": "PUT", "url": f"{r['resourceType']}/{r['id']}"}} for r in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _fill(port: int, peer: Peer) -> None:
    """The same documents as Carnet's, of the same shape, through the peer's own door."""
    import httpx

    from bench.filling import DOCUMENTS, NOW, RETRIEVED_BYTES, entry_of
    from carnet.formats.fhir import write_document_reference

    content = base64.b64encode(os.urandom(RETRIEVED_BYTES)).decode()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
        for record in range(RECORDS):
            resources: list[dict[str, Any]] = [{"resourceType": "Patient", "id": f"p{record}"}]
            for number in range(DOCUMENTS):
                logical_id = uuid4()
                written = write_document_reference(entry_of(logical_id, number), f"p{record}", NOW.isoformat())
                del written["meta"]
                written["content"][0]["attachment"]["url"] = f"Binary/b{record}"
                resources.append(written)
            resources.append({"resourceType": "Binary", "id": f"b{record}", "contentType": "application/pdf", "data": content})
            answer = http.post(peer.base or "/", json=_bundle(resources), headers={"Content-Type": "application/fhir+json"})
            if answer.status_code >= 300 or '"status":"4' in answer.text.replace(" ", ""):
                raise RuntimeError(f"{peer.name} refused a record: {answer.status_code} {answer.text[:500]}")


def _calls(peer: Peer) -> dict[str, list[Call]]:
    """What Carnet is asked, asked of a peer: the patient by a plain reference, which costs it less than an INS."""
    from bench.filling import prose
    from bench.load import compact
    from carnet.desk.client import provide_bundle
    from carnet.formats.xds import Coding, DocumentEntry

    kind, text = "application/fhir+json", prose(20_000)

    def deposit(record: int) -> str:
        entry = DocumentEntry(
            f"2.25.{uuid4().int}", type=Coding("11488-4"), patient=("1.2", "1"), mime="text/plain", title="Mesure"
        )
        bundle = provide_bundle(entry, entry.unique_id.encode() + text)
        for part in bundle["entry"][:2]:
            part["resource"]["subject"] = {"reference": f"Patient/p{record}"}
        return compact(bundle)

    search = f"{peer.base}/DocumentReference?patient=Patient/p%d&status=current&_count=20"
    return {
        "search page of 20": [("GET", search % n, kind, "") for n in range(TARGETS)],
        "retrieve 50 kB": [("GET", f"{peer.base}/Binary/b{n}", kind, "") for n in range(TARGETS)],
        "deposit 20 kB": [("POST", peer.base or "/", kind, deposit(n)) for _ in range(150) for n in range(TARGETS)],
    }


def _check(port: int, peer: str, name: str, call: Call, token: str) -> None:
    """A figure counts only when what is asked is answered: a page of twenty, fifty thousand bytes, a transaction done."""
    import httpx

    method, path, kind, body = call
    headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
    answer = httpx.request(method, f"http://127.0.0.1:{port}{path}", content=body, headers=headers, timeout=60)
    right = answer.status_code == 200
    if name.startswith("search"):
        right = right and sum(e["resource"]["resourceType"] == "DocumentReference" for e in answer.json().get("entry", [])) == 20
    if name.startswith("retrieve"):
        right = right and len(answer.content) >= 50_000
    if not right:
        raise RuntimeError(f"{peer}, {name}: {answer.status_code} {answer.text[:400]}")


@dataclass(frozen=True, slots=True)
class Running:
    """A server that runs, and what it is asked: for each operation a token and the calls."""

    name: str
    port: int
    pid: int
    asked: dict[str, tuple[str, list[Call]]]

    def calls(self, operation: str, place: int) -> list[Call]:
        """Those of a round. Each has its own: what was deposited once is refused or answered as known."""
        calls = self.asked[operation][1][:-1]
        share = len(calls) // ROUNDS if operation.startswith("deposit") else len(calls)
        return calls[place * share : (place + 1) * share] if share < len(calls) else calls


def _round(one: Running, operation: str, place: int, postmaster: int) -> Cost:
    from bench import load, processor

    before = processor.of_tree(one.pid), processor.of_tree(postmaster)
    rate = load.per_second(one.port, one.asked[operation][0], one.calls(operation, place), CONCURRENCY)
    after = processor.of_tree(one.pid), processor.of_tree(postmaster)
    return Cost(rate, *((b - a) / (rate * load.SECONDS) for a, b in zip(before, after, strict=True)))


def _measure(several: list[Running], postmaster: int) -> dict[str, dict[str, Cost]]:
    """By operation and server. They take turns, so that a machine whose clock wanders does so under all of them; the middle one of
    the rounds stands."""
    from bench import load

    found: dict[str, dict[str, Cost]] = {}
    for operation in several[0].asked:
        taking = [one for one in several if operation in one.asked]
        for one in taking:
            token, calls = one.asked[operation]
            _check(one.port, one.name, operation, calls[-1], token)
            for _ in range(WARM if one.name == "HAPI" else 0):
                load.per_second(one.port, token, calls[:-1], CONCURRENCY)
        rounds = [{one.name: _round(one, operation, place, postmaster) for one in taking} for place in range(ROUNDS)]
        found[operation] = {one.name: sorted((r[one.name] for r in rounds), key=lambda c: c.total)[ROUNDS // 2] for one in taking}
        print(f"  {operation}: " + "; ".join(
            f"{name} {cost.rate:.0f}/s, {cost.server:.2f} + {cost.database:.2f} ms" for name, cost in found[operation].items()),
            flush=True)  # fmt: skip
    return found


@contextmanager
def _carnet() -> Iterator[Running]:
    from bench import load, run
    from bench.filling import fill, token_of
    from carnet.desk import processes

    run.prepare()
    targets, port = fill(TARGETS), processes.free_port()
    operations = run.operations_of(targets, token_of("pharmacist"), load)
    door = processes.serve("fhir", port, {"CARNET_BASE_URL": f"http://127.0.0.1:{port}"}, workers=os.cpu_count() or 2, threads=1)
    with processes.running(door):
        processes.wait_until_served("fhir", port, door)
        yield Running("Carnet", port, door.pid, {name: (who, calls) for name, (who, calls, _, _) in operations.items()})


@contextmanager
def _started(peer: Peer, url: str) -> Iterator[Running]:
    import httpx
    import psycopg

    from carnet.desk import processes

    with psycopg.connect(url.format(role="postgres", database="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {peer.name.lower()}")
    port, database = processes.free_port(), url.format(role="postgres", database=peer.name.lower())
    server = processes.start(peer.command(port, database), dict(os.environ) | peer.told(port, database))
    with processes.running(server):
        processes.wait_for_port(port, server, 240)
        httpx.get(f"http://127.0.0.1:{port}{peer.base}/metadata", timeout=120).raise_for_status()
        print(f"Filling {peer.name}…", flush=True)
        _fill(port, peer)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield Running(peer.name, port, server.pid, {name: ("none", calls) for name, calls in _calls(peer).items()})


DOES = """
| | Carnet | HAPI FHIR JPA {hapi} | Helios hfs {hfs} |
|---|---|---|---|
| who asks | token of a professional looked up, device and place checked | not asked | not asked |
| decision | five conditions, matrix, masking, on facts read in the same transaction | none | none |
| journal | a line committed before the answer, chained and sealed after | none | none |
| at rest | metadata and contents encrypted with the key of the record | plain | plain |
| patient in a search | INS resolved inside the decision | plain reference | plain reference |
| repeated searches | decided and run anew | the result of an equal search is used again for a minute (its default) | run anew |
| deposit | metadata checked against the code lists, content scanned, words extracted for the text search, history kept | parsed, search indexes written | parsed, search indexes written |
"""


def _times(value: float, aim: float) -> str:
    return f"**{value:.2f}** ({'met' if value >= aim else f'aim {aim}: {aim / value:.2f} × too dear'})"


def page(found: dict[str, dict[str, Cost]], absent: list[str]) -> str:
    """docs/performance-peers.md."""
    import platform
    from datetime import UTC, datetime

    from bench import load
    from bench.filling import DOCUMENTS

    costs = "".join(
        f"| {operation} | {name} | {cost.rate:.0f} | {cost.server:.2f} | {cost.database:.2f} | {cost.total:.2f} |\n"
        for operation, told in found.items() for name, cost in told.items()
    )  # fmt: skip
    names = [peer.name for peer, _ in ALL if any(peer.name in told for told in found.values())]
    compared = "".join(
        f"| {operation} | " + " | ".join(_times(told[n].total / told["Carnet"].total, AIMS[operation, n]) for n in names) + " |\n"
        for operation, told in found.items() if names and names[0] in told
    )  # fmt: skip
    left_out = f"\nNot measured, because what builds it is not on this machine: {', '.join(absent)}.\n" if absent else ""
    return f"""# Beside other servers

Written by `make bench-peers` on {datetime.now(UTC).date()}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()},
PostgreSQL of the embedded package by TCP for all, {RECORDS * DOCUMENTS} documents in {RECORDS} records of the same shape, load from {load.tool()}
on the same machine, {CONCURRENCY} at once. The servers take turns, {ROUNDS} rounds of {load.SECONDS} seconds each, and the middle one stands; the peers run with
their own defaults, HAPI after {WARM} rounds that do not count. *Milliseconds* are processor time of one request: of the server, and of the
database with its writers.
{left_out}
| operation | server | per second | server, ms | database, ms | together, ms |
|---|---|---|---|---|---|
{costs}
## How many of ours for one of theirs

Requests that Carnet answers in the processor time that one request costs the peer: above 1, Carnet costs less.

| operation | {" | ".join(f"× {n}" for n in names)} |
|---|{"---|" * len(names)}
{compared}
Where ours goes stands in [performance.md](performance.md): of a document's bytes a third is the database (session, scope, facts, document, INS, line of
the journal, commit: seven statements to the one of hfs, two flights) and the rest Python, of which the decision is a tenth; of a deposit a quarter
is the database, less than hfs's, and the rest Python: reading FHIR, checking, writing FHIR and ebRIM, words, sealing.

## What each does, and does not
{DOES.format(hapi=HAPI, hfs=HFS)}"""


def main() -> int:
    """Build what is missing, measure all three, write the page."""
    absent, there = [], []
    for peer, build in ALL:
        if missing := build():
            absent.append(f"{peer.name} (install {', '.join(missing)})")
            print(f"{peer.name} is left out: {', '.join(missing)} not found.", flush=True)
        else:
            there.append(peer)
    sys.path.insert(0, str(ROOT / "tests"))
    os.environ["BENCH_RECORDS"] = str(RECORDS)
    from bench import processor

    with _database() as (data, url), ExitStack() as open_:
        os.environ["CARNET_EMBEDDED_URL"] = url.replace("{database}", "carnet")
        several = [open_.enter_context(_carnet()), *(open_.enter_context(_started(peer, url)) for peer in there)]
        found = _measure(several, processor.postmaster(data))
        from carnet.apps.storage.api import close_pool

        close_pool()
    text = page(found, absent)
    (ROOT / "docs" / "performance-peers.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
