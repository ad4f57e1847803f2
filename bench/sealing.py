"""The sealer against the database that it seals: alone on 100,000 entries, and beside writers that never stop."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

ENTRIES, CHAINS = 100_000, 500
SECONDS = 15
WRITERS = 4
_BODY = json.dumps({"actor": "timer:bench", "act": "TD3.2", "at": "2026-11-23T10:00:00.000000+00:00", "salt": "0" * 32})
_APPEND = "\\set n random(1, 500)\nSELECT journal_append(md5(:n::text)::uuid, now(), 'bench', '" + _BODY.replace(":", " ") + "');\n"
_PLAIN = "INSERT INTO bench_plain (chain, at, actor, body) VALUES (gen_random_uuid(), now(), 'bench', '" + "x" * 120 + "');\n"


def _fill() -> None:
    from carnet.apps.storage.api import unit

    chains = [uuid4() for _ in range(CHAINS)]
    for start in range(0, ENTRIES, 5000):
        with unit() as work:
            for n in range(start, start + 5000):
                work.run("SELECT journal_append(%s, now(), 'bench', %s)", chains[n % CHAINS], _BODY)


def _pgbench(script: str, role: str = "carnet_fhir") -> float:
    from bench import pgbench

    return pgbench.per_second([script], WRITERS, SECONDS, role)


def _alone(sealer: object) -> float:
    began = time.perf_counter()
    sealed = 0
    while done := sealer.seal():  # type: ignore[attr-defined]
        sealed += done
    return sealed / (time.perf_counter() - began)


def _beside(sealer: object) -> tuple[float, float, float]:
    """Entries written and sealed per second while both run, and the longest that a round of the sealer took."""
    stop, counted = threading.Event(), {"sealed": 0, "longest": 0.0}

    def loop() -> None:
        while not stop.is_set():
            began = time.perf_counter()
            done = sealer.seal()  # type: ignore[attr-defined]
            counted["longest"] = max(counted["longest"], time.perf_counter() - began)
            counted["sealed"] += done
            if not done:
                time.sleep(0.05)

    thread = threading.Thread(target=loop)
    thread.start()
    began = time.perf_counter()
    written = _pgbench(_APPEND)
    seconds = time.perf_counter() - began
    stop.set()
    thread.join()
    return written, counted["sealed"] / seconds, counted["longest"]


def _verified(sealer: object, folder: Path) -> tuple[int, float]:
    from carnet.apps.journal.api import export_all, log_signer
    from carnet.apps.storage.api import streaming
    from carnet.desk.verifier import carnet_verify

    with streaming() as work:
        count = export_all(work, sealer.folder, folder, [log_signer().verifier])  # type: ignore[attr-defined]
    began = time.perf_counter()
    done = subprocess.run([sys.executable, carnet_verify.__file__, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return count, time.perf_counter() - began


def measure() -> str:
    """A section of docs/performance.md."""
    import psycopg
    from django.conf import settings

    from carnet.apps.journal.api import Sealer, log_signer
    from carnet.apps.storage.api import close_pool

    def role(name: str) -> None:
        close_pool()
        settings.CARNET.database_role = name

    role("carnet_sealer")
    sealer = Sealer(settings.CARNET.log(), log_signer())
    _alone(sealer)
    role("carnet_fhir")
    _fill()
    role("carnet_sealer")
    alone = _alone(sealer)
    count, seconds = _verified(sealer, Path(tempfile.mkdtemp(prefix="carnet-export-")) / "export")
    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_plain (chain uuid, at timestamptz, actor text, body text)")
    plain, append = _pgbench(_PLAIN, "postgres"), _pgbench(_APPEND)
    _alone(sealer)
    written, sealed, longest = _beside(sealer)
    return f"""
## The journal

| what | per second | ratio |
|---|---|---|
| bare INSERT of a row of this size, a transaction each, {WRITERS} clients | {plain:.0f} | 1 |
| journal entry (`journal_append`: chained and hashed by the database) | {append:.0f} | **{append / plain:.2f}** to the bare INSERT |
| sealer alone, {ENTRIES} entries waiting | {alone:.0f} | **{alone / plain:.2f}** to the bare INSERT |
| journal entries while the sealer runs | {written:.0f} | {written / plain:.2f} |
| sealer while they are written (longest round: {longest:.2f} s) | {sealed:.0f} | **{sealed / written:.2f}** of what is written |

`carnet-verify` checks an export of {count} entries in **{seconds:.1f} s**: every hash, every chain, every place, the root and the
signature. Aims: 2,000 sealed entries a second; a round of at most a second.
"""
