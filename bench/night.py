"""The night of prevention in the database: the worker's review of every agenda once, then of the next night, with its memory.

`python -m bench.night [PEOPLE]` makes a database of its own with invented people and their doses, and prints four lines. What a
million would take is estimated from it; the records are made first, which takes longer than what is measured.
"""

import os
import resource
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter, process_time

PEOPLE, SEED = 2_000, 17


def main() -> None:
    """Measure."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    data = Path(tempfile.mkdtemp(prefix="carnet-bench-"))
    os.environ.update({"CARNET_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "carnet.config.settings"})
    import django

    django.setup(set_prefix=False)
    from django.conf import settings

    from bench.prevention import _person
    from carnet.apps.prevention.timers import look
    from carnet.apps.profile import api as profile
    from carnet.apps.records.api import create_record
    from carnet.apps.storage.api import close_pool, key_of, unit
    from carnet.config import embedded
    from carnet.desk.upkeep import migrate
    from carnet.kernel.identifiers import Oid
    from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
    from carnet.kernel.traits import Traits

    now, random = datetime.now(UTC), Random(SEED)  # noqa: S311 (invented people)
    try:
        migrate(now)
        for number in range(people):
            facts, entries = _person(random, number)
            body = f"{'1' if facts.sex == 'M' else '2'}{facts.birth:%y%m}75{number:06d}"
            traits = Traits(f"NUIT{number}", "Camille", facts.sex, facts.birth.isoformat(), "75999")
            record_id = create_record(Ins(body + ins_key(body), Oid(INS_NIR_TEST)), traits, now.date(), activated=True)
            with unit(record_id) as work:
                key = key_of(work, record_id)
                for entry in entries:
                    profile.insert(work, key, entry)
        close_pool()
        settings.CARNET.database_role = "carnet_worker"
        print(f"{people} records with their doses")
        for what, at in (("first look", now), ("the next night", now + timedelta(days=1))):
            before, began, spent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, perf_counter(), process_time()
            looked = look(at)
            seconds, cpu = perf_counter() - began, process_time() - spent
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(
                f"{what}: {looked} looked at, {seconds:.1f} s, {cpu:.1f} s of CPU of the worker; memory {peak // 1024} MB "
                f"({(peak - before) / 1024:+.1f})"
            )
            if looked:
                print(f"  1,000,000 looked at, estimated: {seconds / looked * 1_000_000 / 3600:.1f} h with one worker")
    finally:
        close_pool()
        embedded.stop(data)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
