"""Commands about budgets: what an edition of the bounds would have done, what is closed, lifting it, where its notices go."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import click

from carnet.desk.commands import FOLDER, carnet, now, or_fail, start
from carnet.desk.commands.keeping import as_operator


@carnet.group()
def budgets() -> None:
    """Budgets of openings: bounds, suspensions."""


def _when(moment: object) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "jamais"


@budgets.command()
@click.option("--edition", "file", type=FOLDER, default=None, help="A proposed edition (CSV). Default: the one in force.")
@click.option("--days", type=click.IntRange(1, 31), default=30, show_default=True, help="How far back.")
def report(file: Path | None, days: int) -> None:
    """Print who would have met a bound in the last days, under the edition in force or a proposed one."""
    start("carnet_operator")
    from carnet.apps.access.api import BoundsError, bounds_in_force, law, met, read_bounds

    today = law().day(now())
    with or_fail("L'édition n'est pas lisible", BoundsError, OSError, UnicodeDecodeError):
        edition = bounds_in_force(today) if file is None else read_bounds(file.read_text("utf-8").splitlines(), today)
    found = met(edition, now() - timedelta(days=days))
    for m in found:
        stopped = f"suspendu {_when(m.hard_at)}" if m.hard_at else f"nouvelle connexion {_when(m.soft_at)}"
        print(f"{m.subject}  {m.measure} en {m.hours} h : {m.most} au plus (limites {m.soft or '-'}/{m.hard or '-'})  {stopped}")
    stopped_ones = len({m.subject for m in found if m.hard_at})
    print(f"{stopped_ones} suspendu(s), {len({m.subject for m in found}) - stopped_ones} à reconnecter en {days} jour(s).")


@budgets.command("list")
def list_stops() -> None:
    """List the activities that are closed until somebody lifts it."""
    start("carnet_operator")
    from carnet.apps.access.api import stops
    from carnet.desk.upkeep import who

    found = stops(as_operator(who()))
    for stop in found:
        print(f"{stop.id}  {_when(stop.since)}  {stop.subject}  {stop.name}, {stop.structure}  {stop.facts}")
    print(f"{len(found)} activité(s) suspendue(s).")


@budgets.command()
@click.argument("id_", metavar="ID")
@click.option("--verdict", required=True, help="lawful, misused or stolen")
@click.option("--note", required=True, help="What was found.")
@click.option("--by", default="", help="Who looked (default: the user of this machine).")
def lift(id_: str, verdict: str, note: str, by: str) -> None:
    """Lift a suspension."""
    start("carnet_operator")
    from carnet.apps.access.api import StopError, lift_stop
    from carnet.desk.upkeep import who

    with or_fail("La suspension n'est pas levée", StopError, ValueError):
        lift_stop(as_operator(by or who()), UUID(id_), verdict, note)
    print("Suspension levée : les compteurs repartent de zéro.")


@budgets.command("address")
@click.argument("whose")
@click.argument("mail")
def set_address(whose: str, mail: str) -> None:
    """Say where notices go: WHOSE is `operator`, `structure:ID` or `professional:ID` (identifiers of the directory)."""
    start("carnet_operator")
    from carnet.apps.outbox.api import OPERATOR, Contact, ContactError, set_contact
    from carnet.apps.storage.api import unit

    known = whose == OPERATOR or (whose.partition(":")[0] in ("structure", "professional") and whose.partition(":")[2])
    with or_fail("L'adresse n'est pas gardée", ContactError):
        if not known:
            raise ContactError("write operator, structure:ID or professional:ID")
        with unit() as work:
            set_contact(work, whose, Contact(mail), now())
    print("Adresse gardée.")
