"""The prevention agenda: CPU of one person, and a night over 20,000 people with its memory, from which 1,000,000 are estimated.

The people are invented, with the doses that their age would have given them and some noise. Computed in memory: what the night of the
worker adds to read and write the database is not in these figures.
"""

import resource
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import django

PEOPLE, SEED = 20_000, 17
TODAY = date(2026, 11, 27)
ROOT = Path(__file__).parents[1]
CALENDAR = (("Hexyon", 61), ("Hexyon", 122), ("Hexyon", 335), ("Vaxneuvance", 61), ("Vaxneuvance", 122), ("Vaxneuvance", 335),
            ("Bexsero", 92), ("Bexsero", 153), ("Bexsero", 366), ("Nimenrix", 184), ("Nimenrix", 366), ("Priorix", 366),
            ("Priorix", 500), ("Rotarix", 61), ("Rotarix", 92), ("Repevax", 2200), ("Repevax", 4200), ("Gardasil 9", 4200),
            ("Gardasil 9", 4400), ("Repevax", 9200), ("Revaxis", 16500), ("Revaxis", 23800), ("Prevenar 20", 23800),
            ("Vaxigrip", 23900), ("Vaxigrip", 24260), ("Shingrix", 24000))  # fmt: skip
"""Product → about which day of life it is given."""


def _start() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    import os

    os.environ.setdefault("CARNET_DATABASE_URL", "postgresql://nobody@localhost/none")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
    django.setup()


def _person(random: Random, number: int) -> tuple[object, list[object]]:
    from carnet.apps.prevention.eligibility import Facts
    from carnet.apps.profile.api import Content, Entry

    age = random.choices((random.randrange(730), random.randrange(6570), random.randrange(35000)), (0.03, 0.2, 0.77))[0]
    birth, entries = TODAY - timedelta(days=age), []
    for n, (product, day) in enumerate(CALENDAR):
        given = day + random.randrange(-4, 60)
        if given <= age and random.random() < 0.85:
            content = Content(product, start=(birth + timedelta(days=max(given, 0))).isoformat())
            at = datetime(2026, 1, 1, tzinfo=UTC)
            entries.append(Entry(UUID(int=number * 100 + n), "vaccinations", "document", None, at, "", True, None, None, content))
    return Facts(birth, random.choice("MF")), entries


def measure(people: int = PEOPLE) -> dict[str, float]:
    """Milliseconds of CPU a person (mean, and at the 99th hundredth), and the memory of the whole process in MB."""
    from carnet.apps.prevention.agenda import agenda
    from carnet.apps.prevention.doses import shots
    from carnet.apps.prevention.edition import packaged
    from carnet.apps.prevention.timers import next_change

    edition, random = packaged()[0], Random(SEED)  # noqa: S311 (invented people)
    spent, quiet = [], 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(people):
        facts, entries = _person(random, number)
        start = time.process_time()
        found = agenda(edition, facts, shots(edition, entries, TODAY), [], TODAY)  # type: ignore[arg-type]
        spent.append(time.process_time() - start)
        quiet += next_change(found) > TODAY + timedelta(days=1)
    spent.sort()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "mean": 1000 * sum(spent) / people, "p99": 1000 * spent[int(people * 0.99)], "total": sum(spent),
        "grown": (after - before) / 1024, "memory": after / 1024, "quiet": quiet / people,
    }  # fmt: skip


def main() -> None:
    """Measure and print, as the lines of docs/prevention.md."""
    _start()
    told = measure(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
    print(f"agenda of one person: {told['mean']:.2f} ms of CPU (mean), {told['p99']:.2f} ms (99 %)")
    print(f"night over {PEOPLE}: {told['total']:.0f} s of CPU, memory {told['memory']:.0f} MB (grown by {told['grown']:.1f} MB)")
    print(f"1,000,000 people, estimated: {told['mean'] * 1000 / 60:.0f} min of CPU on one core")
    print(f"agendas that do not change the next day, which no night looks at: {100 * told['quiet']:.1f} %")


if __name__ == "__main__":
    main()
