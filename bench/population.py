"""The import of a nation: people a second, memory at one tenth and at the end, killed in the middle and gone on with.

`python -m bench.population [--people 1000000]` makes a file and a database of its own, imports it, kills the import with SIGKILL in the
middle, starts it again, and compares what is there with what the file says: nobody twice, nobody missing.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, sleep

CARNET = Path(sys.executable).parent / "carnet"
SPOILT = 1000
"""One line in so many is spoilt, to be refused."""


def _memory(pid: int) -> int:
    """Resident memory of a process, in kB; 0 for one that is gone. `ps` says it on Linux and on macOS."""
    said = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()
    return int(said or 0)


def _file(path: Path, people: int) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
    from carnet.desk.demonstration.insured import insured_people

    with path.open("w", encoding="utf-8") as out:
        for number, line in enumerate(insured_people(people)):
            out.write((line[:14] + "X" + line[15:] if number and number % SPOILT == 0 else line) + "\n")


def _run(data: Path, path: Path, kill_after: float | None) -> tuple[float, list[int], str]:
    """Import until the end, or until killed. Returns seconds, memory in kB by the second, and what was printed."""
    begun = perf_counter()
    child = subprocess.Popen(
        [CARNET, "population", "import", path], stdout=subprocess.PIPE, text=True, env=os.environ | {"CARNET_DATA_DIR": str(data)}
    )
    seen = []
    while child.poll() is None:
        seen.append(_memory(child.pid))
        if kill_after is not None and perf_counter() - begun > kill_after:
            child.send_signal(signal.SIGKILL)
            child.wait()
        sleep(0.5)
    return perf_counter() - begun, [kb for kb in seen if kb], (child.stdout.read() if child.stdout else "")


def _counts(data: Path) -> tuple[int, ...]:
    """Records, distinct identities, distinct matricules, first lines of journals, keys, in the database."""
    code = """
import os, django
django.setup(set_prefix=False)
from django.conf import settings
from carnet.config.environment import Environment
settings.CARNET.database_role = Environment().owner_role
from carnet.apps.storage.api import unit
with unit() as work:
    for sql in ("SELECT count(*) FROM records_record", "SELECT count(DISTINCT record_id) FROM identity_patient",
                "SELECT count(DISTINCT ins_index) FROM identity_ins WHERE active", "SELECT count(DISTINCT chain_id) FROM journal_entry",
                "SELECT count(*) FROM storage_record_key", "SELECT sum(created) FROM records_import"):
        print(work.rows(sql)[0][0])
"""
    env = os.environ | {"CARNET_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "carnet.config.settings"}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout
    return tuple(int(line) for line in out.split())


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--dir", type=Path, default=None, help="Where the data goes (default: a temporary folder).")
    told = parser.parse_args()
    data = Path(tempfile.mkdtemp(prefix="carnet-bench-", dir=told.dir))
    people, path = told.people, data / "people.csv"
    try:
        _file(path, people)
        subprocess.run([CARNET, "migrate"], check=True, capture_output=True, env=os.environ | {"CARNET_DATA_DIR": str(data)})
        spoilt = people // SPOILT
        # The first part says how fast this machine is; the second is killed about the middle.
        killed, _, _ = _run(data, path, max(4.0, people / 10_000))
        at_kill = _counts(data)
        seconds, memory, said = _run(data, path, None)
        found = _counts(data)
        whole = [people - spoilt] * len(found)
        rest = people - spoilt - at_kill[0]
        # The first tenth begins with a process that has not loaded itself yet: its most is what counts.
        tenth = max(8, len(memory) // 10)
        early, late = max(memory[:tenth]), max(memory)
        print(f"| people in the file | {people} |\n|---|---|\n| killed with SIGKILL after | {killed:.0f} s, {at_kill[0]} records |")
        print(f"| gone on with | {rest} records in {seconds:.0f} s: **{rest / seconds:.0f} a second** |")
        print(f"| memory, first tenth and most | {early // 1024} MB, {late // 1024} MB: × {late / early:.2f} |")
        print(f"| records, identities, matricules, journals, keys, counted by the import | {', '.join(map(str, found))} |")
        print(f"| lines refused | {spoilt} |\n| none twice, none missing | {'yes' if list(found) == whole else 'NO'} |")
        print("\n" + said)
    finally:
        from carnet.config import embedded

        embedded.stop(data)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
