"""Pages of the portal on a record of 3,000 documents against one of 30, as ratios in one run; and the search in their text.

python -m bench.portal        # writes docs/performance-webps.md
"""

import gzip
import os
import platform
import re
import statistics
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SIZES = (30, 3000)
ROUNDS = 40
PAGES = {"": "essential", "/documents": "list, first page", "NEXT": "list, second page", "/resultats": "results",
         "/vaccinations": "vaccinations", "/volontes": "wishes", "/documents?q=potassium": "search in the text"}  # fmt: skip
AIM = 1.3
"""Pages: the long record costs at most this much more. The search reads every text, and is told beside."""


def _fill(size: int) -> str:
    """A record of this many deposits through the ordinary function, structured results in one of three. Returns the matricule."""
    from dataclasses import replace

    from carnet.apps.records import api as records
    from carnet.desk.demonstration.loading import actor_of
    from carnet.desk.demonstration.professionals import PROFESSIONALS
    from carnet.formats.cda import CdaDraft, Person, Section, Statement, write_document
    from carnet.formats.cda.statements import Range, Value
    from carnet.formats.fhir import Submission, SubmittedDocument
    from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
    from carnet.kernel.ask import Act, Ask
    from carnet.kernel.identifiers import Oid
    from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
    from carnet.kernel.traits import Traits

    now, who = datetime.now(UTC).replace(microsecond=0), PROFESSIONALS["treating"]
    body = f"18001759999{SIZES.index(size):02d}"
    ins, traits = Ins(body + ins_key(body), Oid(INS_NIR_TEST)), Traits("MESURE", "Camille", "M", "1980-05-17")
    record_id = records.create_record(ins, traits, (now - timedelta(days=700)).date())
    author = Person(who.id, who.family, who.given, who.place_id(who.places[0]), who.places[0].name)
    question = Ask(actor_of(who, now), Act.FEED, now, ins)
    fact = Statement("results", "Potassium", (Coding("2823-3", "2.16.840.1.113883.6.1"),), value=Value("4.2", "mmol/L"),
                     ranges=(Range("3.5", "5.1", "mmol/L"),))  # fmt: skip
    text = ("Examen sans particularité, traitement poursuivi, prochain rendez-vous dans trois mois. " * 12,)
    for start in range(0, size, 50):
        items = []
        for n in range(start, min(start + 50, size)):
            type_ = Coding("11502-2" if n % 3 == 0 else "11488-4", "2.16.840.1.113883.6.1", "x")
            section = Section("30954-2", "Résultats", text, facts=(fact,) if n % 3 == 0 else ())
            draft = CdaDraft(
                f"2.25.{size}{n:06d}",
                type_,
                f"Document {n}",
                now - timedelta(days=n % 600, minutes=n),
                ins,
                traits,
                author,
                (section,),
            )
            items.append(
                SubmittedDocument(
                    DocumentEntry(mime="text/xml", patient=(ins.oid.value, ins.matricule)), write_document(draft), len(items)
                )
            )
        deposit = Submission(SubmissionSet(patient=items[0].entry.patient), tuple(items), ("DocumentReference",) * len(items))
        records.deposit(replace(question, at=now - timedelta(minutes=size - start)), deposit)
    _authorise(record_id, who.id, now)
    return ins.matricule


def _authorise(record_id: object, professional: str, at: datetime) -> None:
    from carnet.apps.access import api as access
    from carnet.apps.storage.api import unit
    from carnet.dicah.facts import AuthorisationGround

    with unit(record_id) as work:
        access.authorise_at(
            work, access.host_grant(record_id, "bench", datetime.now(UTC)), professional, AuthorisationGround.CARE_TEAM, at
        )


def _median(browser: object, path: str) -> float:
    times = []
    for _ in range(ROUNDS):
        began = perf_counter()
        answer = browser.get(path)
        times.append(perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answers {answer.status_code}")
    return statistics.median(times) * 1000


@dataclass(frozen=True, slots=True)
class Measured:
    """A page: milliseconds for the short and the long record; for the long one, of processor time (door and database), and its weight
    with styles and scripts, in kilobytes as a proxy sends it (gzip) and as it is."""

    name: str
    short: float
    long: float
    processor: float
    packed: float
    plain: float


def _weight(browser: Any, path: str) -> tuple[float, float]:
    page = browser.get(path)
    parts = re.findall(r'(?:<link[^>]*rel="stylesheet"[^>]*href|<script[^>]*src)="([^"]+)"', page.text)
    contents = [page.content, *(browser.get(part.replace("&amp;", "&")).content for part in dict.fromkeys(parts))]
    return sum(len(gzip.compress(c)) for c in contents) / 1000, sum(map(len, contents)) / 1000


def measure() -> list[Measured]:
    """Each page for the short and for the long record: medians, taken in turns in one process."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.portal import Browser

    from bench import processor
    from carnet.desk import processes
    from carnet.desk.demonstration.loading import write_people

    print("Filling…", flush=True)
    matricules = [_fill(size) for size in SIZES]
    from django.conf import settings

    port, psc = int(os.environ["CARNET_WEBPS_PORT"]), int(os.environ["BENCH_PSC_PORT"])
    people = settings.CARNET.data_dir / "people.json"
    write_people(people)
    started = [processes.start(processes.psc_command(psc, people, "http://127.0.0.1:1/signin/callback", f"http://127.0.0.1:{port}/connexion/retour"), {}),
               processes.serve("webps", port, workers=1, threads=1)]  # fmt: skip
    found = []
    with processes.running(*started):
        processes.wait_for(f"http://127.0.0.1:{psc}/", started[0])
        processes.wait_until_served("webps", port, started[1])
        browser = Browser(f"http://127.0.0.1:{port}").sign_in("treating")
        bases = [browser.open(m) for m in matricules]
        pids = (started[1].pid, processor.postmaster(settings.CARNET.data_dir))
        for page, name in PAGES.items():
            times = []
            before = 0.0
            for base in bases:
                before = sum(map(processor.of_tree, pids))
                following = re.search(r'href="([^"]+apres=[^"]+)"', browser.get(f"{base}/documents").text)
                path = following.group(1).replace("&amp;", "&") if page == "NEXT" and following else base + page
                times.append(_median(browser, path))
            spent = (sum(map(processor.of_tree, pids)) - before) / ROUNDS
            found.append(Measured(name, times[0], times[1], spent, *_weight(browser, path)))
            print(f"  {found[-1]}", flush=True)
    return found


def page(found: list[Measured]) -> str:
    """docs/performance-webps.md."""
    rows = "".join(
        f"| {m.name} | {m.short:.1f} | {m.long:.1f} | **{m.long / m.short:.2f}** | {m.processor:.1f} | {m.packed:.0f} ({m.plain:.0f}) |\n"
        for m in found
    )
    return f"""# Performance of WebPS

Written by `python -m bench.portal` on {datetime.now(UTC).date()}, {os.cpu_count()} cores ({platform.machine()}), Python
{platform.python_version()}, embedded PostgreSQL, one worker. Medians of {ROUNDS} requests one after the other, in one run: the same
pages of a record with {SIZES[0]} documents and of one with {SIZES[1]}. Aims: a ratio of at most {AIM}; for the long record 40 ms of processor
time for the essential page and 80 for a search in the text (door and database); 60 kB with styles and scripts, pictures aside.

| page | {SIZES[0]} documents, ms | {SIZES[1]} documents, ms | ratio | long record, ms of processor | kB by gzip (plain) |
|---|---|---|---|---|---|
{rows}
The search inside the text opens the words of every document that the reader may see, for the question only: there is no index
of content outside the record's key. Results grow with the number of measures.
"""


def main() -> int:
    """Measure and write the page."""
    from carnet.desk.processes import free_port

    port, psc = free_port(), free_port()
    os.environ.update(CARNET_WEBPS_URL=f"http://127.0.0.1:{port}", CARNET_WEBPS_PORT=str(port), BENCH_PSC_PORT=str(psc),
                      CARNET_PSC_ISSUER=f"http://127.0.0.1:{psc}/auth/realms/esante-wallet")  # fmt: skip
    from bench.run import prepare

    prepare()
    try:
        text = page(measure())
    finally:
        from django.conf import settings

        from carnet.apps.storage.api import close_pool
        from carnet.config import embedded

        close_pool()
        embedded.stop(settings.CARNET.data_dir)
    (ROOT / "docs" / "performance-webps.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
