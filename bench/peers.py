"""`make bench-peers`: the same requests to Carnet and to two FHIR servers that others run, by processor time, in one run.

HAPI FHIR's JPA server comes from Maven Central behind a small main of ours (`bench/hapi`); hfs is a Rust crate. Both are built into
`.venv/peers`, where a tool for it is there; what is not there is named and left out. All three keep their data in one PostgreSQL, in a
database each, spoken to by TCP, and one is loaded at a time. The peers run as they come: what each does and does not do is in the page.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
WARM = 3
"""Rounds of load before the one that counts: the Java machine compiles what it meets."""
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


def _calls(peer: Peer) -> dict[str, list[tuple[str, str, str, str]]]:
    """What Carnet is asked, asked of a peer: the patient by a plain reference, which costs it less than an INS."""
    from bench.load import compact
    from carnet.desk.client import provide_bundle
    from carnet.formats.xds import Coding, DocumentEntry

    kind, text = "application/fhir+json", base64.b64encode(os.urandom(15_000))

    def deposit(record: int) -> str:
        entry = DocumentEntry(
            f"2.25.{uuid4().int}", type=Coding("11488-4"), patient=("1.2", "1"), mime="text/plain", title="Mesure"
        )
        bundle = provide_bundle(entry, text)
        for part in bundle["entry"][:2]:
            part["resource"]["subject"] = {"reference": f"Patient/p{record}"}
        return compact(bundle)

    search = f"{peer.base}/DocumentReference?patient=Patient/p%d&status=current&_count=20"
    return {
        "search page of 20": [("GET", search % n, kind, "") for n in range(TARGETS)],
        "retrieve 50 kB": [("GET", f"{peer.base}/Binary/b{n}", kind, "") for n in range(TARGETS)],
        "deposit 20 kB": [("POST", peer.base or "/", kind, deposit(n)) for _ in range(150) for n in range(TARGETS)],
    }


def _check(port: int, peer: str, name: str, call: tuple[str, str, str, str], token: str) -> None:
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


def _cost(port: int, pid: int, postmaster: int, calls: list[tuple[str, str, str, str]], token: str, rounds: int) -> Cost:
    from bench import load, processor

    for _ in range(rounds):
        load.per_second(port, token, calls, CONCURRENCY)
    before = processor.of_tree(pid), processor.of_tree(postmaster)
    rate = load.per_second(port, token, calls, CONCURRENCY)
    after = processor.of_tree(pid), processor.of_tree(postmaster)
    return Cost(rate, *((b - a) / (rate * load.SECONDS) for a, b in zip(before, after, strict=True)))


def _measure(name: str, port: int, pid: int, postmaster: int, asked: dict[str, tuple[str, list]], rounds: int) -> dict[str, Cost]:
    found = {}
    for operation, (token, calls) in asked.items():
        _check(port, name, operation, calls[-1], token)
        # Carnet refuses what it has already, so what was sent to be checked is not sent again, and it gets one round.
        found[operation] = _cost(port, pid, postmaster, calls[:-1], token, rounds)
        print(f"  {name}, {operation}: {found[operation].rate:.0f}/s, {found[operation].server:.2f} + "
              f"{found[operation].database:.2f} ms", flush=True)  # fmt: skip
    return found


def _carnet(data: Path) -> dict[str, Cost]:
    from bench import load, processor, run
    from bench.filling import fill, token_of
    from carnet.desk import processes

    run.prepare()
    targets, port = fill(TARGETS), processes.free_port()
    operations = run.operations_of(targets, token_of("pharmacist"), load)
    door = processes.serve("fhir", port, {"CARNET_BASE_URL": f"http://127.0.0.1:{port}"}, workers=os.cpu_count() or 2, threads=1)
    with processes.running(door):
        processes.wait_until_served("fhir", port, door)
        asked = {name: (who, calls) for name, (who, calls, _, _) in operations.items()}
        return _measure("Carnet", port, door.pid, processor.postmaster(data), asked, 0)


def _peer(peer: Peer, url: str, data: Path) -> dict[str, Cost]:
    import psycopg

    from bench import processor
    from carnet.desk import processes

    with psycopg.connect(url.format(role="postgres", database="postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {peer.name.lower()}")
    port, database = processes.free_port(), url.format(role="postgres", database=peer.name.lower())
    server = processes.start(peer.command(port, database), dict(os.environ) | peer.told(port, database))
    with processes.running(server):
        processes.wait_for(f"http://127.0.0.1:{port}{peer.base}/metadata", server, 180)
        print(f"Filling {peer.name}…", flush=True)
        _fill(port, peer)
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        asked = {name: ("none", calls) for name, calls in _calls(peer).items()}
        return _measure(peer.name, port, server.pid, processor.postmaster(data), asked, WARM)


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


def page(carnet: dict[str, Cost], others: dict[str, dict[str, Cost]], absent: list[str]) -> str:
    """docs/performance-peers.md."""
    import platform
    from datetime import UTC, datetime

    from bench import load
    from bench.filling import DOCUMENTS

    costs = "".join(
        f"| {operation} | {name} | {cost.rate:.0f} | {cost.server:.2f} | {cost.database:.2f} | {cost.total:.2f} |\n"
        for operation in carnet
        for name, cost in (("Carnet", carnet[operation]), *((n, c[operation]) for n, c in others.items() if operation in c))
    )
    names = list(others)
    compared = "".join(
        f"| {operation} | " + " | ".join(
            _times(others[n][operation].total / carnet[operation].total, AIMS[operation, n]) for n in names) + " |\n"
        for operation in carnet if names and (operation, names[0]) in AIMS
    )  # fmt: skip
    left_out = f"\nNot measured, because what builds it is not on this machine: {', '.join(absent)}.\n" if absent else ""
    return f"""# Beside other servers

Written by `make bench-peers` on {datetime.now(UTC).date()}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()},
PostgreSQL of the embedded package by TCP for all three, {RECORDS * DOCUMENTS} documents in {RECORDS} records of the same shape, load from {load.tool()}
on the same machine, {CONCURRENCY} at once, one server at a time. The peers run with their own defaults; the load of {WARM} rounds goes before the one
that counts. *Milliseconds* are processor time of one request: of the server, and of the database with its writers.
{left_out}
| operation | server | per second | server, ms | database, ms | together, ms |
|---|---|---|---|---|---|
{costs}
## How many of ours for one of theirs

Requests that Carnet answers in the processor time that one request costs the peer: above 1, Carnet costs less.

| operation | {" | ".join(f"× {n}" for n in names)} |
|---|{"---|" * len(names)}
{compared}
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
    with _database() as (data, url):
        os.environ["CARNET_EMBEDDED_URL"] = url.replace("{database}", "carnet")
        carnet = _carnet(data)
        others = {peer.name: _peer(peer, url, data) for peer in there}
        from carnet.apps.storage.api import close_pool

        close_pool()
        text = page(carnet, others, absent)
    (ROOT / "docs" / "performance-peers.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
