"""Commands about what comes from the nation and about people: directory, habilitation matrix, announcing a record, identities."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import click

from carnet.desk.commands import FOLDER, carnet, now, or_fail, owner, start


@carnet.group()
def habilitation() -> None:
    """The habilitation matrix."""


@habilitation.command("import")
@click.argument("file", type=FOLDER)
@click.option("--effective", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day in force.")
def import_habilitation(file: Path, effective: date) -> None:
    """Import an edition of the matrix. Editions are immutable."""
    from carnet.config.starting import read_settings
    from carnet.dicah.habilitation import EditionError, import_edition

    first = date(effective.year, effective.month, effective.day)
    with or_fail("L'édition n'a pas été importée", EditionError, OSError, UnicodeDecodeError):
        edition = import_edition(file, first, read_settings().editions())
    print(f"Édition importée : {edition.name}, {len(edition.cells)} cellules, {len(edition.confirmed)} confirmées.")


@habilitation.command("show")
def show_habilitation() -> None:
    """Say which edition is in force."""
    from carnet.config.starting import read_settings
    from carnet.dicah.habilitation import in_force

    here = read_settings()
    directory = here.editions()
    edition = in_force(here.law().day(now()), directory if directory.is_dir() else None)
    print(f"Édition en vigueur : {edition.name}, {len(edition.cells)} cellules, {len(edition.confirmed)} confirmées.")


@carnet.group()
def medicines() -> None:
    """The public medicines database."""


@medicines.command("import")
@click.argument("folder", type=FOLDER)
def import_medicines(folder: Path) -> None:
    """Import its published files (CIS_bdpm, CIS_COMPO_bdpm, CIS_CIP_bdpm) from a folder. They take the place of those before."""
    start("carnet_operator")
    from carnet.apps.medicines.api import PublishedError
    from carnet.apps.medicines.api import import_medicines as load

    with or_fail("La base des médicaments n'a pas été importée, rien n'a changé", PublishedError):
        count = load(folder)
    print(f"Base des médicaments : {count} codes et noms. Les traitements se rangent par substance dès la prochaine page.")


@carnet.group()
def directory() -> None:
    """The national directory."""


@directory.command("import")
@click.argument("file", type=FOLDER)
@click.option("--partial", is_flag=True, help="The file is a part of the directory: nobody outside it leaves.")
@click.option("--accept-gone", type=int, default=None, help="How many may leave, when the file lacks unusually many.")
def import_directory(file: Path, partial: bool, accept_gone: int | None) -> None:
    """Import a flat extraction of the national directory."""
    start("carnet_operator")
    from carnet.apps.signin.api import ExtractionError
    from carnet.apps.signin.api import import_directory as load

    failures = (ExtractionError, OSError, UnicodeDecodeError)
    with or_fail("L'annuaire n'a pas été importé, rien n'a changé", *failures), file.open(encoding="utf-8") as lines:
        done = load(lines, now(), partial=partial, most_gone=accept_gone)
    for line in done.left_out:
        click.echo(f"laissée de côté, {line}", err=True)
    print(
        f"Annuaire : {done.professionals} professionnels, {done.structures} structures. {done.new} nouveau(x), "
        f"{done.changed} changé(s), {len(done.gone)} parti(s), {done.sessions} session(s) fermée(s), "
        f"{done.left_out_count} ligne(s) laissée(s) de côté."
    )


def _traits(**how: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options for the strict traits of an identity."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name, text in (("--birth-date", "YYYY-MM-DD, as the identity says"), ("--sex", "M or F"), ("--given", "given names"),
                           ("--family", "birth name")):  # fmt: skip
            function = click.option(name, help=text, **how)(function)
        return function

    return decorate


@carnet.command()
@click.argument("ins")
@_traits(required=True)
@click.option("--mail", required=True, help="E-mail address.")
def announce(ins: str, family: str, given: str, sex: str, birth_date: str, mail: str) -> None:
    """Announce a record to a person: six weeks to oppose, and a code by mail to open it now or to oppose."""
    start("carnet_espace")
    from carnet.apps.records.api import announce_record
    from carnet.kernel.ins import InsError
    from carnet.kernel.traits import Traits
    from carnet.pages.reading_ins import ins_typed

    with or_fail("Le carnet n'a pas été annoncé", InsError, ValueError):
        announce_record(ins_typed(ins), Traits(family, given, sex, birth_date), mail, now())
    print("Annoncé : l'avis et le code partent par courriel. Sans opposition, le carnet s'ouvre dans six semaines.")


@carnet.group()
def identity() -> None:
    """Identity vigilance."""


@identity.command()
@click.argument("record")
@_traits(default="")
@click.option("--doubtful", is_flag=True, help="The identity is doubtful.")
@click.option("--fictitious", is_flag=True, help="The identity is fictitious.")
@click.option("--certain", is_flag=True, help="The doubt is lifted; without it a doubt that was noted stays.")
def correct(
    record: str, family: str, given: str, sex: str, birth_date: str, doubtful: bool, fictitious: bool, certain: bool
) -> None:
    """Correct traits of an identity, or note that it is doubtful or fictitious. A changed strict trait takes the matricule away.

    RECORD: pseudonym of the record, or INS of its person.
    """
    start(owner())
    from carnet.apps.identity.api import DOUBTFUL, FICTITIOUS, IdentityError
    from carnet.apps.records.api import correct_identity
    from carnet.desk.upkeep import UpkeepError, record_of, who

    traits = {"birth_name": family, "given_names": given, "sex": sex, "birth_date": birth_date}
    doubts = tuple(attribute for attribute, said in ((DOUBTFUL, doubtful), (FICTITIOUS, fictitious)) if said)
    with or_fail("L'identité n'a pas été corrigée", IdentityError, UpkeepError):
        told = {name: value for name, value in traits.items() if value}
        if not (told or doubts or certain):
            raise UpkeepError("rien n'est à corriger : dites un trait, un doute, ou --certain")
        status = correct_identity(record_of(record), told, doubts, who(), now(), certain=certain)
    print(f"Identité corrigée : statut {status}.")


@carnet.group()
def software() -> None:
    """Software of professionals that may send its users here."""


@software.command("list")
def list_software() -> None:
    """List the registered software and its certificates."""
    start("carnet_operator")
    from carnet.apps.signin.api import registry

    for one in registry():
        print(f"{one.client_id}  {one.name}{'' if one.active else '  FERMÉ'}  {' '.join(one.redirect_uris)}")
        for held in one.certificates:
            print(f"    {held.ends_on}  {held.subject}  {held.fingerprint[:16]}")


@software.command()
@click.argument("client_id")
@click.option("--name", required=True, help="Its name.")
@click.option("--redirect", multiple=True, required=True, help="Where its users come back to: https, or http://127.0.0.1.")
@click.option("--regulation", is_flag=True, help="It is a software of medical regulation.")
@click.option("--contact", default="", help="E-mail of who answers for it, told before a certificate ends.")
def register(client_id: str, name: str, redirect: tuple[str, ...], regulation: bool, contact: str) -> None:
    """Register a software, or change what was registered."""
    start("carnet_operator")
    from carnet.apps.signin.api import RegistryError, register_software
    from carnet.desk.upkeep import who

    with or_fail("Le logiciel n'a pas été enregistré", RegistryError):
        register_software(client_id, name, list(redirect), regulation, by=who(), at=now(), contact=contact)
    print("Logiciel enregistré.")


@software.command()
@click.argument("client_id")
@click.argument("file", type=FOLDER)
def certificate(client_id: str, file: Path) -> None:
    """Register a certificate of a software (PEM or DER)."""
    start("carnet_operator")
    from carnet.apps.signin.api import RegistryError, add_certificate
    from carnet.desk.upkeep import who

    with or_fail("Le certificat n'a pas été enregistré", RegistryError, OSError):
        made = add_certificate(client_id, file.read_bytes(), who(), now())
    print(f"Certificat enregistré, jusqu'au {made.ends_on} : {made.subject}")


@software.command()
@click.argument("client_id")
def close(client_id: str) -> None:
    """Close a software: nobody is sent here by it any more, and its sessions end."""
    start("carnet_operator")
    from carnet.apps.signin.api import RegistryError, close_software
    from carnet.desk.upkeep import who

    with or_fail("Le logiciel n'a pas été fermé", RegistryError):
        ended = close_software(client_id, who(), now())
    print(f"Logiciel fermé, {ended} session(s) terminée(s).")
