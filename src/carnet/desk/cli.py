"""`carnet`: the command line."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from carnet.apps.storage.key_files import KeyFileError
from carnet.desk.commands import add_commands, add_journal_commands, owner, start
from carnet.desk.exchange import add_exchange_commands
from carnet.desk.identities import add_identity_commands

Command = Callable[[argparse.Namespace], int]


def _migrate(options: argparse.Namespace) -> int:
    start(owner(), keyed=False)
    from carnet.desk.upkeep import migrate

    migrate(datetime.now(UTC))
    print("La base est à jour.")
    return 0


def _make_key(options: argparse.Namespace) -> int:
    from carnet.apps.storage.api import make_key_file
    from carnet.config.environment import Environment

    config = Environment()
    path = config.key_file() if options.which == "root" else config.log_key()
    make_key_file(path)
    print(f"Clé faite : {path}. Gardez-en une copie ailleurs : sans elle, rien ne se lit plus.")
    return 0


def _load(options: argparse.Namespace) -> int:
    start("carnet_operator")
    from django.conf import settings

    from carnet.apps.storage.api import close_pool
    from carnet.desk.demonstration import families, loading

    now = datetime.now(UTC).replace(microsecond=0)
    print(f"  {loading.import_directory(now)} professionnels importés par le format de l'annuaire national")
    loading.register_software()
    close_pool()
    settings.CARNET.database_role = "carnet_fhir"
    people, documents = loading.load(print, now)
    for role, tell in (("carnet_espace", loading.tell_people), ("carnet_espace", families.load),
                       ("carnet_operator", loading.tell_professionals)):  # fmt: skip
        close_pool()
        settings.CARNET.database_role = role
        tell(now)
    print(f"Démonstration chargée : {people} personnes, {documents} nouveaux documents.")
    return 0


def _run(options: argparse.Namespace) -> int:
    from carnet.desk.running import Ports, run

    return run(Ports(options.port, options.tls_port, options.psc_port, options.mail_port, options.witness_port,
                     options.webps_port, options.webps_card_port, options.espace_port, options.operator_port,
                     options.franceconnect_port, options.dmp_port, options.hl7v2_port))  # fmt: skip


def _tour(options: argparse.Namespace) -> int:
    from carnet.desk.tour import tour

    return tour(options.base, fast=options.fast)


def _sign_in(options: argparse.Namespace) -> int:
    import httpx

    from carnet.desk.client import Client, SignInError

    try:
        print(Client(options.base).sign_in(options.professional, options.situation, options.software))
    except (httpx.HTTPError, SignInError) as error:
        print(f"La connexion n'a pas abouti ({error or type(error).__name__}). Carnet tourne-t-il (make run) ?", file=sys.stderr)
        return 1
    return 0


def _verify(options: argparse.Namespace) -> int:
    start("carnet_sealer")
    from carnet.apps.journal.api import stored_lines, verify_all
    from carnet.apps.storage.api import streaming

    with streaming() as work:
        entries, chains, faults = verify_all(stored_lines(work))
    for fault in faults:
        print(f"FAUTE {fault.kind} : chaîne {fault.chain_id}, entrée {fault.counter}")
    print(f"Journal : {entries} entrées, {chains} chaînes, {len(faults)} faute(s).")
    return 1 if faults else 0


def _import_habilitation(options: argparse.Namespace) -> int:
    from carnet.config.environment import Environment
    from carnet.dicah.habilitation import EditionError, import_edition

    try:
        edition = import_edition(options.file, options.effective, Environment().editions())
    except (EditionError, OSError, UnicodeDecodeError) as error:
        print(f"L'édition n'a pas été importée : {error}", file=sys.stderr)
        return 1
    print(f"Édition importée : {edition.name}, {len(edition.cells)} cellules, {len(edition.confirmed)} confirmées.")
    return 0


def _show_habilitation(options: argparse.Namespace) -> int:
    from carnet.config.environment import Environment
    from carnet.dicah.habilitation import in_force

    directory = Environment().editions()
    edition = in_force(datetime.now(UTC).date(), directory if directory.is_dir() else None)
    print(f"Édition en vigueur : {edition.name}, {len(edition.cells)} cellules, {len(edition.confirmed)} confirmées.")
    return 0


def _import_directory(options: argparse.Namespace) -> int:
    start("carnet_operator")
    from carnet.apps.signin.api import ExtractionError, import_directory

    try:
        with options.file.open(encoding="utf-8") as lines:
            done = import_directory(lines, datetime.now(UTC), partial=options.partial, most_gone=options.accept_gone)
    except (ExtractionError, OSError, UnicodeDecodeError) as error:
        print(f"L'annuaire n'a pas été importé, rien n'a changé : {error}", file=sys.stderr)
        return 1
    for line in done.left_out:
        print(f"laissée de côté, {line}", file=sys.stderr)
    print(
        f"Annuaire : {done.professionals} professionnels, {done.structures} structures. {done.new} nouveau(x), "
        f"{done.changed} changé(s), {len(done.gone)} parti(s), {done.sessions} session(s) fermée(s), "
        f"{done.left_out_count} ligne(s) laissée(s) de côté."
    )
    return 0


def _sweep(options: argparse.Namespace) -> int:
    start("carnet_fhir")
    from carnet.apps.records.api import sweep_orphans

    print(f"{sweep_orphans(options.older_than)} fichier(s) orphelin(s) retiré(s).")
    return 0


def _docs(options: argparse.Namespace) -> int:
    start("carnet_fhir")
    from carnet.desk.reference import write_reference

    changed = write_reference(options.folder, check=options.check)
    for path in changed:
        print(f"{'diffère' if options.check else 'écrit'} : {path}")
    return 1 if changed and options.check else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carnet", description="Carnet, an open-source shared health record.")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(
        name: str, help_text: str, command: Command, into: "argparse._SubParsersAction[argparse.ArgumentParser]" = commands
    ) -> argparse.ArgumentParser:
        sub = into.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(call=command)
        return sub

    add("migrate", "Create or update the tables.", _migrate)
    keys = commands.add_parser("key", help="The keys of this installation.").add_subparsers(required=True)
    making = add("make", "Make a key that does not exist yet. A key is never overwritten.", _make_key, keys)
    making.add_argument("which", choices=("root", "journal"), help="the root key, or the key that signs the journal")
    add("demonstration", "Load the demonstration (once: loading again deposits nothing twice).", _load)
    run = add("run", "Start everything: database, demonstration, doors, simulators.", _run)
    run.add_argument("--port", type=int, default=8080, help="port of the FHIR door")
    run.add_argument("--tls-port", type=int, default=8443, help="port of the FHIR door for client certificates")
    run.add_argument("--psc-port", type=int, default=8090, help="port of the Pro Santé Connect simulator")
    run.add_argument("--mail-port", type=int, default=8025, help="port of the mail server of the demonstration")
    run.add_argument("--witness-port", type=int, default=8085, help="port of the witness of the journal")
    run.add_argument("--webps-port", type=int, default=8081, help="port of the portal of professionals")
    run.add_argument("--webps-card-port", type=int, default=8444, help="port of the portal for client certificates")
    run.add_argument("--espace-port", type=int, default=8082, help="port of the patients' portal")
    run.add_argument("--operator-port", type=int, default=8083, help="port of the operator's pages")
    run.add_argument("--franceconnect-port", type=int, default=8091, help="port of the FranceConnect+ simulator")
    run.add_argument("--dmp-port", type=int, default=8445, help="port of the DMP door (SOAP)")
    run.add_argument("--hl7v2-port", type=int, default=8446, help="port of the hospital door (HL7 v2 over MLLP and TLS)")
    tour = add("tour", "Play the story of the national guide through the real HTTP door.", _tour)
    tour.add_argument("--base", default="http://127.0.0.1:8080", help="address of the FHIR door")
    tour.add_argument("--fast", action="store_true", help="no pause between the steps")
    signing = add("sign-in", "Sign a demonstration professional in through the simulator and print the bearer token.", _sign_in)
    signing.add_argument("professional", help="national identifier (PS_IdNat)")
    signing.add_argument("--situation", type=int, default=0, help="number of the situation of exercise, from 0")
    signing.add_argument("--software", default="logiciel-demo", help="registered software")
    signing.add_argument("--base", default="http://127.0.0.1:8080", help="address of the FHIR door")
    journal = commands.add_parser("journal", help="The access journal.").add_subparsers(required=True)
    add("verify", "Follow every chain and say where one was changed, cut or reordered.", _verify, journal)
    add_journal_commands(journal)
    add_commands(commands)
    add_exchange_commands(commands)
    add_identity_commands(commands)
    habilitation = commands.add_parser("habilitation", help="The habilitation matrix.").add_subparsers(required=True)
    importing = add("import", "Import an edition of the matrix. Editions are immutable.", _import_habilitation, habilitation)
    importing.add_argument("file", type=Path)
    importing.add_argument("--effective", type=date.fromisoformat, required=True, help="first day in force (YYYY-MM-DD)")
    add("show", "Say which edition is in force.", _show_habilitation, habilitation)
    directory = commands.add_parser("directory", help="The national directory.").add_subparsers(required=True)
    reading = add("import", "Import a flat extraction of the national directory.", _import_directory, directory)
    reading.add_argument("file", type=Path)
    reading.add_argument("--partial", action="store_true", help="the file is a part of the directory: nobody outside it leaves")
    reading.add_argument("--accept-gone", type=int, default=None, help="how many may leave, when the file lacks unusually many")
    sweep = add("sweep", "Remove bytes that a crash left without metadata.", _sweep)
    sweep.add_argument("--older-than", type=float, default=3600.0, help="age in seconds")
    docs = add("docs", "Write the generated reference (docs/reference).", _docs)
    docs.add_argument("--folder", type=Path, default=Path("docs/reference"))
    docs.add_argument("--check", action="store_true", help="only say what differs")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.call(options)
        return code
    except KeyFileError as error:
        print(f"Carnet s'arrête, rien n'a été changé : {error}.", file=sys.stderr)
        return 1
    finally:
        _leave_nothing_running()


def _leave_nothing_running() -> None:
    """Stop the embedded database if this very command started it."""
    from carnet.config import embedded
    from carnet.config.environment import Environment

    if "carnet.apps.storage.executor" in sys.modules:
        from carnet.apps.storage.api import close_pool

        close_pool()
    embedded.stop_if_started(Environment().data_dir)


if __name__ == "__main__":
    sys.exit(main())
