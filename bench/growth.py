"""`python -m bench.growth [small] [MINUTES [RECORDS]]`: what a request costs with a hundred times as many documents, what one takes in the
database, and whether a process grows under load. Two installations stand side by side and take turns under it; `small` has one, and leaves the
first part of the page as it is; so do no minutes with the last."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MINUTES, SMALL, LARGE = 30.0, 100, 10_000
"""Of load; and records, of a hundred documents each."""
CONCURRENCY, ROUNDS = 16, 5
PARTS = ("With a hundred times as many documents", "What a document takes", "Memory")
LARGEST = 9
"""Tables that are named."""
ASKED = ("search page of 20", "retrieve 50 kB", "deposit 20 kB")


def _stand(told: Path) -> None:
    """One installation: filled, its door open, until nobody listens any more."""
    from bench import load, processor, run
    from bench.filling import fill, token_of
    from carnet.config import embedded
    from carnet.desk import processes

    run.prepare()
    from django.conf import settings

    from carnet.apps.storage.api import close_pool

    targets, port = fill(run.TARGETS), processes.free_port()
    operations = run.operations_of(targets, token_of("pharmacist"), load)
    close_pool()
    door = processes.serve("fhir", port, {"CARNET_BASE_URL": f"http://127.0.0.1:{port}"}, workers=os.cpu_count() or 2, threads=1)
    with processes.running(door):
        processes.wait_until_served("fhir", port, door)
        asked = {name: (who, calls) for name, (who, calls, _, _) in operations.items() if name in ASKED}
        url = settings.DATABASE_URL.replace("{role}", "postgres")
        postmaster = processor.postmaster(settings.CARNET.data_dir)
        ready = told.with_suffix(".part")
        ready.write_text(json.dumps({"port": port, "pid": door.pid, "postmaster": postmaster, "url": url, "asked": asked}))
        ready.rename(told)
        sys.stdin.read()
    embedded.stop(settings.CARNET.data_dir)


def _start(open_: ExitStack, folder: Path, records: int) -> dict[str, Any]:
    told = folder / f"{records}.json"
    process = subprocess.Popen([sys.executable, "-m", "bench.growth", "stand", str(told)], stdin=subprocess.PIPE, cwd=ROOT,
                               env=os.environ | {"BENCH_RECORDS": str(records)})  # fmt: skip
    open_.callback(process.wait)
    open_.callback(process.stdin.close)  # type: ignore[union-attr]
    while not told.exists():
        if process.poll() is not None:
            raise RuntimeError("an installation did not come up")
        time.sleep(0.5)
    found: dict[str, Any] = json.loads(told.read_text())
    return found


def _cost(one: dict[str, Any], operation: str, place: int) -> float:
    """Milliseconds of the door and of its database."""
    from bench import load, processor

    token, calls = one["asked"][operation]
    share = len(calls) // ROUNDS
    mine = calls[place * share : (place + 1) * share] if operation.startswith("deposit") else calls
    pids = (one["pid"], one["postmaster"])
    before = sum(map(processor.of_tree, pids))
    rate = load.per_second(one["port"], token, [tuple(c) for c in mine], CONCURRENCY)
    return (sum(map(processor.of_tree, pids)) - before) / (rate * load.SECONDS)


def _resident(pid: int) -> int:
    """Megabytes of the door's processes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    pages = sum(int(Path(f"/proc/{p}/statm").read_text().split()[1]) for p in (str(pid), *children))
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def _bytes(url: str) -> tuple[int, dict[str, int]]:
    """Documents, and bytes of the database by table with its indexes: what is no table of ours stands under an empty name."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        (documents, whole) = connection.execute(
            "SELECT (SELECT count(*) FROM records_document), pg_database_size(current_database())"
        ).fetchone() or (0, 0)
        tables = connection.execute(
            """SELECT coalesce(parent.relname, own.relname)::text, sum(pg_total_relation_size(own.oid))::bigint
            FROM pg_class own LEFT JOIN pg_inherits i ON i.inhrelid = own.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
            WHERE own.relkind = 'r' AND own.relnamespace = 'public'::regnamespace GROUP BY 1"""
        ).fetchall()
    found = dict(tables)
    return documents, found | {"": whole - sum(found.values())}


def _held(one: dict[str, Any], minutes: float) -> list[tuple[float, int]]:
    """Megabytes minute by minute under searches and readings."""
    from bench import load

    begun, found = time.monotonic(), []
    while (passed := time.monotonic() - begun) < minutes * 60:
        found.append((passed / 60, _resident(one["pid"])))
        for operation in ASKED[:2]:
            token, calls = one["asked"][operation]
            load.per_second(one["port"], token, [tuple(c) for c in calls], CONCURRENCY)
    found.append((minutes, _resident(one["pid"])))
    return found


def _today() -> str:
    from datetime import UTC, datetime

    return f"{datetime.now(UTC).date()}, {os.cpu_count()} cores"


def _slopes(costs: dict[str, list[list[float]]], large_one: int) -> str:
    few, many = SMALL * 100, large_one * 100
    rows = ""
    for operation, rounds in costs.items():
        small, large = (sorted(of)[ROUNDS // 2] for of in zip(*rounds, strict=True))
        slopes = sorted(b / a for a, b in rounds)
        rows += f"| {operation} | {small:.2f} | {large:.2f} | **{slopes[ROUNDS // 2]:.2f}** ({slopes[0]:.2f} to {slopes[-1]:.2f}) | 1.10 |\n"
    return f"""{_today()}. Two installations side by side, {few:,} and {many:,} documents, take turns under the same load,
{CONCURRENCY} at once, {ROUNDS} rounds: the middle one stands, the others in brackets.

| operation | ms of processor, {few:,} documents | {many:,} documents | ratio | aim, at most |
|---|---|---|---|---|
{rows}"""


def _size(before: tuple[int, dict[str, int]], after: tuple[int, dict[str, int]]) -> str:
    documents = max(1, after[0] - before[0])
    grown = {name: (size - before[1].get(name, 0)) / documents / 1000 for name, size in after[1].items()}
    largest = sorted(grown, key=lambda name: -grown[name])[:LARGEST]
    rows = "".join(
        f"| `{name}` | {grown[name]:.2f} |\n" if name else f"| the database's own | {grown[name]:.2f} |\n" for name in largest
    )
    return f"""{_today()}. A document of 20 kB that is deposited, {CONCURRENCY} at once, takes **{sum(grown.values()):.1f} kB** of the database
({documents:,} deposits of new prose; aim: 3). Its bytes stand in the store beside it.

| table, with its indexes | kB of each document |
|---|---|
{rows}| all the others | {sum(grown.values()) - sum(grown[name] for name in largest):.2f} |
"""


def _memory(held: list[tuple[float, int]]) -> str:
    marks = [held[0], *held[1 : -1 : max(1, len(held) // 6)], held[-1]]
    memory = " | ".join(f"{mb}" for _, mb in marks)
    minutes = " | ".join(f"{at:.0f} min" for at, _ in marks)
    return f"""{_today()}. Megabytes of the door's processes under searches and readings, {CONCURRENCY} at once.

| {minutes} |
|{"---|" * len(marks)}
| {memory} |
"""


def _write(told: dict[str, str]) -> None:
    """Write what was measured into the page; the other parts stay, with their dates."""
    page = ROOT / "docs" / "performance-growth.md"
    _, *old = re.split(r"^## (.*)\n\n", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    parts = dict(zip(old[::2], (part.strip() + "\n" for part in old[1::2]), strict=True)) | told
    text = "# What grows\n\nWritten by `make bench-growth`; each part says when it was measured.\n"
    text += "".join(f"\n## {name}\n\n{parts[name]}" for name in PARTS if name in parts)
    page.write_text(text, encoding="utf-8")
    print(text)


def main() -> int:
    """Measure and write the page."""
    if sys.argv[1:2] == ["stand"]:
        _stand(Path(sys.argv[2]))
        return 0
    slopes = sys.argv[1:2] != ["small"]
    given = sys.argv[1:] if slopes else sys.argv[2:]
    minutes = float(given[0]) if given else MINUTES
    large = int(given[1]) if len(given) > 1 else LARGE
    told: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_:
        several = [_start(open_, Path(folder), records) for records in ((SMALL, large) if slopes else (SMALL,))]
        costs: dict[str, list[list[float]]] = {}
        for operation in ASKED:
            # Readings write lines of the journal too: what a deposit takes is counted from before the first.
            before = _bytes(several[0]["url"])
            costs[operation] = [[_cost(one, operation, place) for one in several] for place in range(ROUNDS)]
            print(operation, costs[operation], flush=True)
        if slopes:
            told[PARTS[0]] = _slopes(costs, large)
        told[PARTS[1]] = _size(before, _bytes(several[0]["url"]))
        if minutes:
            told[PARTS[2]] = _memory(_held(several[0], minutes))
    _write(told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
