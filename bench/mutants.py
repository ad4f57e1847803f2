"""`make mutants`: changes the law, the access and the records one spot at a time, and prints the changes that no test minds.

cosmic-ray finds and makes the changes; a copy of the sources is changed, never these. There are thousands of spots and each costs
a run of tests: a number of them is drawn, the same ones for the same seed. A survivor is a question, not a fault: some changes mean
the same, others show a test that is missing.
"""

import argparse
import os
import random
import shutil
import tempfile
from pathlib import Path

from cosmic_ray.commands import execute, init
from cosmic_ray.config import ConfigDict
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

ROOT = Path(__file__).resolve().parents[1]
LAW = "tests/law tests/unit/test_dicah.py tests/unit/test_acts.py tests/generative/test_two_executors.py"
TARGETS = {
    "src/carnet/dicah": LAW,
    "src/carnet/apps/access": f"{LAW} tests/integration/test_access_acts.py tests/integration/test_attacks.py "
    "tests/integration/test_reviews.py tests/integration/test_webps_gate.py tests/integration/test_espace_record.py",
    "src/carnet/apps/records": "tests/integration/test_deposit_and_read.py tests/integration/test_document_acts.py "
    "tests/integration/test_lists_and_traces.py tests/integration/test_attacks.py tests/integration/test_timers.py "
    "tests/integration/test_consistency.py tests/integration/test_espace_record.py tests/integration/test_rare_ways.py",
}
_SPARED = ("migrations", "messages.py", "messages_of_doors.py", "models.py", "__init__.py")
"""What holds sentences, tables and names: a change there is a change of text."""


def _drawn(work: WorkDB, most: int, seed: int) -> None:
    """Leave so many spots to be tried; the others are skipped."""
    items = sorted(
        work.pending_work_items, key=lambda item: (str(item.mutations[0].module_path), item.mutations[0].start_pos, item.job_id)
    )
    right = [i for i in items if not any(part in str(i.mutations[0].module_path) for part in _SPARED)]
    chosen = {item.job_id for item in random.Random(seed).sample(right, min(most, len(right)))}  # noqa: S311 (a draw)
    others = [item.job_id for item in items if item.job_id not in chosen]
    work.set_multiple_results(others, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))
    print(f"  {len(chosen)} of {len(right)} spots", flush=True)


def _tried(target: str, tests: str, most: int, seed: int, session: Path) -> tuple[int, list[str]]:
    """How many changes were tried, and those that survived."""
    config = ConfigDict({
        "module-path": target, "timeout": 300.0, "excluded-modules": [], "distributor": {"name": "local"},
        "test-command": f"{ROOT / '.venv/bin/python'} -m pytest -x -q -p no:cacheprovider {tests}",
    })  # fmt: skip
    with use_db(str(session), WorkDB.Mode.create) as work:
        init([Path(p) for p in sorted(Path(target).rglob("*.py"))], work, {})
        _drawn(work, most, seed)
        execute(work, config)
        done = [(item, result) for item, result in work.completed_work_items if result.worker_outcome is WorkerOutcome.NORMAL]
    survivors = [
        f"{m.module_path}:{m.start_pos[0]}  {m.operator_name.removeprefix('core/')}\n"
        + "\n".join(f"    {line}" for line in _changed(result.diff or ""))
        for item, result in done
        if result.test_outcome is TestOutcome.SURVIVED
        for m in item.mutations
    ]
    return len(done), survivors


def _changed(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def main() -> None:
    """Draw, try, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=20, help="changes tried in each of the three")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="carnet-mutants-") as folder:
        copy = Path(folder) / "carnet"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", "var", ".git", ".mypy_cache", "__pycache__", "target"))
        os.chdir(copy)
        for number, (target, tests) in enumerate(TARGETS.items()):
            print(target, flush=True)
            tried, survivors = _tried(target, tests, options.most, options.seed, Path(folder) / f"{number}.sqlite")
            for one in survivors:
                print(f"  SURVIVED {one}")
            print(f"  {tried} tried, {len(survivors)} survived", flush=True)


if __name__ == "__main__":
    main()
