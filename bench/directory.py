"""The import of the national directory: seconds for 60,000 lines beside reading the file alone, and memory beside a tenth of it.

`python -m bench.directory` makes an extraction and a database of its own, and prints one table.
"""

import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

LINES = 60_000
HEAD = (
    "Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code catégorie professionnelle|Code savoir-faire|"
    "Code secteur d'activité|Numéro FINESS site|Raison sociale site"
)


def extraction(lines: int, without: int = 0) -> Iterator[str]:
    """An extraction: three activities for two people, a structure for ten lines. `without`: every so many people are missing."""
    yield HEAD
    for n in range(lines):
        person = n * 2 // 3
        if not without or person % without:
            yield f"8{person:011d}|NOM{person}|Prénom|10|C|SM54|SA07|{n // 10:09d}|Cabinet {n // 10}"


def main() -> None:
    """Measure."""
    data = Path(tempfile.mkdtemp(prefix="carnet-bench-"))
    os.environ.update({"CARNET_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "carnet.config.settings"})
    import django

    django.setup(set_prefix=False)
    from django.conf import settings

    from carnet.apps.identity.directory import parse
    from carnet.apps.signin.api import import_directory
    from carnet.apps.storage.api import close_pool
    from carnet.config import embedded
    from carnet.desk.upkeep import migrate

    now = datetime.now(UTC)
    try:
        migrate(now)
        settings.CARNET.database_role = "carnet_operator"
        began = perf_counter()
        for _ in parse(extraction(LINES)):
            pass
        reading = perf_counter() - began
        import_directory(extraction(LINES // 10), now)
        small = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for what, without in (("first", 0), ("the same again", 0), ("one in a hundred left", 100)):
            began = perf_counter()
            done = import_directory(extraction(LINES, without), now, most_gone=LINES)
            seconds = perf_counter() - began
            print(f"{what}: {seconds:.1f} s, {seconds / reading:.1f} times the reading; new {done.new}, gone {len(done.gone)}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"memory: {peak / small:.2f} times that of {LINES // 10:,} lines ({peak // 1024} MiB)")
    finally:
        close_pool()
        embedded.stop(data)
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
