"""Commands that install, start and show: tables, keys, processes, the demonstration, a test PKI, generated docs."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from carnet.apps.storage.catalogue import lacking
from carnet.config.doors import BY_NAME, command, environment_of, port_of, variable
from carnet.config.starting import read_settings, unknown_variables
from carnet.desk.commands import FOLDER, Failed, carnet, now, or_fail, owner, start
from carnet.desk.ports import PORTS
from carnet.desk.processes import is_free

FHIR = "http://127.0.0.1:8080"


@carnet.command()
def migrate() -> None:
    """Create or update the tables."""
    start(owner(), keyed=False)
    from carnet.desk import upkeep

    with or_fail("La base n'est pas prête", upkeep.UpkeepError):
        upkeep.migrate(now())
    print("La base est à jour.")


@carnet.group()
def key() -> None:
    """The keys of this installation."""


@key.command("make")
@click.argument("which", type=click.Choice(["root", "journal"]))
def make_key(which: str) -> None:
    """Make a key that does not exist yet: the root key, or the one that signs the journal. A key is never overwritten."""
    from carnet.apps.storage.api import make_key_file

    config = read_settings()
    path = config.key_file() if which == "root" else config.log_key()
    make_key_file(path)
    print(f"Clé faite : {path}. Gardez-en une copie ailleurs : sans elle, rien ne se lit plus.")


@carnet.command()
@click.argument("process", type=click.Choice(list(BY_NAME)))
@click.option("--workers", type=click.IntRange(0, 64), default=0, help="Processes of a door (0: as its row says).")
@click.option("--threads", type=click.IntRange(0, 64), default=0, help="Threads of each (0: as its row says).")
def serve(process: str, workers: int, threads: int) -> None:
    """Run one process of an installation, in its role, until it is told to stop (docs/reference/processes.md)."""
    row, config = BY_NAME[process], read_settings()
    for name in unknown_variables():
        click.echo(f"{name} : aucun réglage n'a ce nom, il n'est pas lu.", err=True)
    if row.port and not is_free(port_of(row, config), config.listen):
        raise Failed(f"Port déjà pris : {port_of(row, config)} ({variable(row.port)}). Un autre programme l'écoute déjà.")
    if config.database_url and (lacks := lacking(config.database_url, row.role)):
        raise Failed(
            f"Les tables ne sont pas celles de ce code : il y manque {lacks[0]!r}, et {len(lacks) - 1} autre(s). "
            "Lancez « carnet migrate » par cette version, puis recommencez (UPGRADING.md)."
        )
    arguments = command(row, workers=workers, threads=threads)
    # The command becomes the process: whoever supervises it speaks to it alone.
    os.execve(arguments[0], arguments, environment_of(row) | dict(os.environ) | {"CARNET_PROCESS": row.name})  # noqa: S606


def _ports(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, (port, what) in reversed(PORTS.items()):
        names = [f"--{name.replace('_', '-')}", *(["--port"] if name == "fhir_port" else [])]
        function = click.option(*names, name, type=click.IntRange(1, 65535), default=port, show_default=True, help=what)(function)
    return function


@carnet.command()
@_ports
def run(**ports: int) -> int:
    """Start everything: database, demonstration, doors, simulators."""
    from carnet.desk import running

    return running.run(ports)


@carnet.command()
def demonstration() -> None:
    """Load the demonstration (once: loading again deposits nothing twice)."""
    start("carnet_operator")
    from django.conf import settings

    from carnet.apps.storage.api import close_pool
    from carnet.desk.demonstration import families, loading, messages
    from carnet.desk.pki import Folder

    at = now().replace(microsecond=0)
    print(f"  {loading.import_directory(at)} professionnels importés par le format de l'annuaire national")
    loading.load_medicines()
    loading.register_software()
    close_pool()
    settings.CARNET.database_role = "carnet_fhir"
    people, documents = loading.load(print, at)
    for role, tell in (("carnet_espace", loading.tell_people), ("carnet_espace", families.load),
                       ("carnet_operator", loading.tell_professionals)):  # fmt: skip
        close_pool()
        settings.CARNET.database_role = role
        tell(at)
    _load_services(at)
    pki = Folder(settings.CARNET.data_dir / "pki")
    if pki.operators.exists():
        # The list of trusted domains is taken in by whoever owns the tables; the practice writes as WebPS does.
        for role, write in ((owner(), lambda now: messages.trust(pki, now)), ("carnet_mssante", messages.load_letters),
                            ("carnet_webps", messages.load_practice)):  # fmt: skip
            close_pool()
            settings.CARNET.database_role = role
            write(at)
    print(f"Démonstration chargée : {people} personnes, {documents} nouveaux documents.")


def _load_services(at: datetime) -> None:
    """Services by whoever owns the tables (it stands for publishers and operators), a client, and one person's agreement."""
    from django.conf import settings

    from carnet.apps.storage.api import close_pool
    from carnet.desk.demonstration import services

    def as_role(role: str) -> None:
        close_pool()
        settings.CARNET.database_role = role

    as_role(owner())
    known, new = services.load_services(at)
    as_role("carnet_oauth")
    client = services.register_samples(known, at)
    if new:
        ticket = services.ask_for_diary(client, at)
        as_role("carnet_espace")
        services.agree_to_diary(ticket, at)


@carnet.command()
@click.option("--base", default=FHIR, show_default=True, help="Address of the FHIR door.")
@click.option("--fast", is_flag=True, help="No pause between the steps.")
def tour(base: str, fast: bool) -> int:
    """Play the story of the national guide through the real HTTP door."""
    from carnet.desk.tour import tour as play

    return play(base, fast=fast)


@carnet.command("sign-in")
@click.argument("professional")
@click.option("--situation", type=int, default=0, show_default=True, help="Number of the situation of exercise.")
@click.option("--software", default="logiciel-demo", show_default=True, help="Registered software.")
@click.option("--base", default=FHIR, show_default=True, help="Address of the FHIR door.")
def sign_in(professional: str, situation: int, software: str, base: str) -> None:
    """Sign a demonstration professional (PS_IdNat) in through the simulator and print the bearer token."""
    import httpx

    from carnet.desk.client import Client, SignInError

    try:
        print(Client(base).sign_in(professional, situation, software))
    except (httpx.HTTPError, SignInError) as error:
        problem = error or type(error).__name__
        raise Failed(f"La connexion n'a pas abouti ({problem}). Carnet tourne-t-il (make run) ?") from error


@carnet.command()
@click.option("--folder", type=FOLDER, default=Path("docs/reference"), show_default=True)
@click.option("--check", is_flag=True, help="Only say what differs.")
def docs(folder: Path, check: bool) -> int:
    """Write the generated reference (docs/reference)."""
    start("carnet_fhir")
    from carnet.desk.reference import write_reference

    changed = write_reference(folder, check=check)
    for path in changed:
        print(f"{'diffère' if check else 'écrit'} : {path}")
    return 1 if changed and check else 0


@carnet.group()
def operator() -> None:
    """The operator's pages."""


@operator.command("link")
@click.argument("name", default="")
def operator_link(name: str) -> None:
    """Print a link by which an operator enters the pages, once, in the next ten minutes. NAME: who enters."""
    start("carnet_operator")
    from django.conf import settings

    from carnet.apps.signin.api import operator_link as make
    from carnet.desk.upkeep import who

    told = name.strip() or who()
    if len(told) > 80 or not told.isprintable():
        raise Failed("Le nom de l'exploitant est un nom, en 80 caractères au plus : il est montré et journalisé.")
    print(f"{settings.CARNET.operator_url}/entrer/{make(told, now())}")


@carnet.group()
def pki() -> None:
    """A test PKI of the published shape."""


@pki.command("make")
@click.argument("folder", type=FOLDER)
def make_pki(folder: Path) -> None:
    """Make a test PKI: cards, certificates of structures, a revocation list, a server."""
    from carnet.desk.pki import Folder

    made = Folder(folder)
    made.make(now())
    print(f"PKI de test dans {folder} (autorités TEST : jamais en production).")
    print(f"  CARNET_CLIENT_CA_FILE={made.authorities}\n  CARNET_CLIENT_CRL_DIR={made.lists}")
    print(f"  CARNET_TLS_CERTIFICATE={made.path / 'server.pem'}\n  cartes et certificats : {made.path / 'certificates'}")


@pki.command()
@click.argument("folder", type=FOLDER)
@click.argument("certificate", type=FOLDER)
def revoke(folder: Path, certificate: Path) -> None:
    """Revoke a certificate (PEM file) of the test PKI."""
    from carnet.desk.pki import Folder

    with or_fail("Le certificat n'a pas été révoqué", OSError, ValueError):
        Folder(folder).revoke(certificate, now())
    print("Révoqué : la liste de révocation est à jour.")
