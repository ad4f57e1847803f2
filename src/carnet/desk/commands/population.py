"""Commands about the insured people of a nation: a file to import, to count or to try with, and the lines that were refused."""

import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

from carnet.desk.commands import FOLDER, carnet, now, or_fail, owner, start
from carnet.desk.progress import Progress

if TYPE_CHECKING:
    from carnet.apps.records.api import Import


@carnet.group()
def population() -> None:
    """Insured people: each gets a record, and six weeks to oppose it."""


class _Drawn:
    """Follows an import on the terminal: a bar by bytes, the rate, and the time that remains."""

    def __init__(self, path: Path) -> None:
        self._bar = Progress("Fichier lu", path.stat().st_size, "octets")
        self._begun, self._first = monotonic(), -1

    def __call__(self, state: "Import") -> None:
        if self._first < 0:
            self._first = state.line
        seconds = monotonic() - self._begun
        self._bar.to(state.place, f"{(state.line - self._first) / seconds:.0f} lignes/s" if seconds > 1 else "")

    def end(self) -> None:
        self._bar.end()


def _counts(state: "Import") -> str:
    return (f"{state.line} ligne(s) lue(s) : {state.created} carnet(s) créé(s), {state.known} personne(s) déjà connue(s), "
            f"{state.changed} changée(s), {state.refused} ligne(s) refusée(s).")  # fmt: skip


def _print_reasons(reasons: Iterable[tuple[str, int]]) -> None:
    from carnet.apps.identity.api import REASONS

    for reason, count in reasons:
        print(f"  {count} × {REASONS.get(reason, reason)}")


@population.command("import")
@click.argument("file", type=FOLDER)
@click.option("--dry-run", is_flag=True, help="Count what an import would do now; nothing is written.")
def import_population(file: Path, dry_run: bool) -> None:
    """Import a file of insured people (CSV or JSON lines, docs/population.md), or go on where it was left.

    The same command does the daily difference: who is known stays as they are, who is new gets a record.
    """
    start(owner())
    from carnet.apps.identity.api import FileError
    from carnet.apps.records.api import count_people, import_people, reasons_of
    from carnet.apps.storage.api import unit
    from carnet.desk.upkeep import who

    with or_fail("Le fichier n'a pas été importé", FileError, OSError):
        drawn = _Drawn(file)
        if dry_run:
            state, counted = count_people(file, drawn)
            drawn.end()
            print(f"À blanc, rien n'est écrit. {_counts(state)}")
            _print_reasons(counted.most_common())
            return
        state = import_people(file, who(), drawn)
    drawn.end()
    with unit() as work:
        found = reasons_of(work, state.id)
    print(_counts(state))
    _print_reasons(found)
    if found:
        print(f"Chaque ligne refusée et sa raison : carnet population refused {file}")


@population.command()
@click.argument("file", type=FOLDER)
def refused(file: Path) -> None:
    """Print the lines of FILE that its import refused, as CSV: line number, code, reason."""
    start(owner())
    from carnet.apps.identity.api import REASONS
    from carnet.apps.records.api import digest_of, refused_lines
    from carnet.apps.storage.api import streaming

    with or_fail("Les lignes refusées n'ont pas été lues", OSError), streaming() as work:
        print("ligne;code;raison")
        for line, reason in refused_lines(work, digest_of(file)):
            print(f"{line};{reason};{REASONS.get(reason, reason)}")


@population.command()
@click.argument("count", type=click.IntRange(1, 20_000_000))
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other people.")
def sample(count: int, seed: int) -> None:
    """Print a file of COUNT invented people, to try an import with."""
    from carnet.desk.demonstration.insured import insured_people

    for line in insured_people(count, seed):
        sys.stdout.write(line + "\n")


@population.command()
def shape() -> None:
    """Say what a file of insured people looks like."""
    from carnet.apps.identity.api import COLUMNS, NEEDED

    for name, text in COLUMNS.items():
        print(f"{name}{' *' if name in NEEDED else ''} : {text}")
    print(f"* : obligatoire. Vu le {now():%d/%m/%Y}.")
