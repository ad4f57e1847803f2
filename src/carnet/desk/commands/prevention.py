"""Commands about the prevention rules: which edition is in force, what is doubted in it, and a new edition."""

import getpass
from pathlib import Path

import click

from carnet.desk.commands import FOLDER, carnet, now, or_fail, start


@carnet.group()
def prevention() -> None:
    """The prevention rules."""


@prevention.command("import")
@click.argument("file", type=FOLDER)
def import_rules(file: Path) -> None:
    """Import an edition of the rules (a TOML file). Editions are immutable: a changed one takes another id."""
    start("carnet_operator")
    from carnet.apps.prevention.api import EditionError, import_edition

    with or_fail("L'édition n'a pas été importée, rien n'a changé", EditionError, OSError):
        edition = import_edition(file.read_bytes(), getpass.getuser(), now())
    print(f"Édition {edition.id} : {len(edition.rules)} règles, en vigueur depuis le {edition.in_force_from:%d/%m/%Y}.")
    print(f"{len(edition.doubted)} règles ont une cellule à vérifier : carnet prevention doubts.")


@prevention.command("show")
def show_rules() -> None:
    """Say which editions are there, and which one is in force."""
    start("carnet_operator")
    from carnet.apps.prevention.api import in_force, listed_editions, today

    editions = listed_editions()
    current = in_force(editions, today(now()))
    for edition in editions:
        mark = "en vigueur" if edition.id == current.id else f"depuis le {edition.in_force_from:%d/%m/%Y}"
        print(f"{edition.id}  {mark}  {len(edition.rules)} règles, {len(edition.doubted)} à vérifier  {edition.digest[:12]}")


@prevention.command("doubts")
def doubts() -> None:
    """List what is not confirmed in the edition in force: the rule, its state, and the cell."""
    start("carnet_operator")
    from carnet.apps.prevention.api import in_force, listed_editions, today

    edition = in_force(listed_editions(), today(now()))
    for name, season in edition.seasons.items():
        if season.to_verify:
            print(f"saison {name}  {season.to_verify}")
    for rule in edition.doubted:
        inactive = f"  INACTIVE : {rule.inactive}" if rule.inactive else ""
        print(f"{rule.id}  {rule.status}  {rule.to_verify or 'sans précision'}{inactive}")
