"""Commands for whoever keeps an installation: journal, timers, notices, reviews, checks, backups, certificates."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carnet.kernel.ask import Ask

Command = Callable[[argparse.Namespace], int]


def _now() -> datetime:
    return datetime.now(UTC)


def start(role: str, keyed: bool = True) -> None:
    """Start Django as a role of PostgreSQL. `keyed`: check the root key before anything is done. Raises KeyFileError."""
    from carnet.config.processes import prepare

    prepare()
    from django.conf import settings

    from carnet.apps.storage.api import root_key

    settings.CARNET.database_role = role
    # The sealer's machine has no root key: it opens no record.
    if keyed and role != "carnet_sealer":
        root_key()


def owner() -> str:
    """The role that owns the tables: row-level security does not hold it back."""
    from carnet.config.environment import Environment

    return Environment().owner_role


def _keys() -> list[str]:
    """Verifier keys: those that the sealer published, else those of the settings."""
    from django.conf import settings

    from carnet.apps.journal.api import log_signer

    published = settings.CARNET.log() / "keys"
    if published.exists():
        return published.read_text(encoding="utf-8").split()
    return [str(log_signer().verifier), *settings.CARNET.witnesses.values()]


def export_journal(options: argparse.Namespace) -> int:
    """Export the sealed journal, whole or for one record."""
    start(owner() if options.record else "carnet_sealer")
    from django.conf import settings

    from carnet.apps.journal.api import Verifier, chain_export, export_all, sealed_rows
    from carnet.apps.storage.api import streaming, unit
    from carnet.desk.upkeep import UpkeepError, record_of

    if options.to.exists():
        print(f"{options.to} existe déjà : choisissez un autre dossier.", file=sys.stderr)
        return 1
    config = settings.CARNET
    keys = [Verifier.read(key) for key in _keys()]
    try:
        if options.record:
            record_id = record_of(options.record)
            with unit(record_id) as work:
                rows = sealed_rows(work, record_id)
            options.to.mkdir(parents=True)
            for name, text in chain_export(rows, config.log(), record_id):
                (options.to / name).write_text(text, encoding="utf-8")
            (options.to / "keys").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
            count = len(rows)
        else:
            with streaming() as work:
                count = export_all(work, config.log(), options.to, keys)
    except (UpkeepError, FileNotFoundError) as error:
        print(f"Le journal n'a pas été exporté : {error}", file=sys.stderr)
        return 1
    witnesses = "".join(f" --witness '{key}'" for key in keys[1:])
    print(f"{count} entrées exportées. Pour vérifier : carnet-verify {options.to} --key '{keys[0]}'{witnesses}")
    return 0


def show_keys(options: argparse.Namespace) -> int:
    """Print the verifier keys of the journal and of its witnesses."""
    start("carnet_sealer")
    for key in _keys():
        print(key)
    return 0


def run_timers(options: argparse.Namespace) -> int:
    """Run every timer once, now."""
    start("carnet_worker")
    from carnet.config.worker import run_all

    for name, done in run_all(_now()).items():
        print(f"{name} : {done}")
    return 0


def deliver_notices(options: argparse.Namespace) -> int:
    """Deliver the notices that are due, once."""
    start("carnet_courier")
    from carnet.config.courier import deliver_once

    print(f"{deliver_once()} avis traité(s).")
    return 0


def dead_notices(options: argparse.Namespace) -> int:
    """List the notices that could not be delivered; with --retry, have them tried again."""
    start("carnet_operator")
    from carnet.apps.outbox.api import dead_letters, retry_dead
    from carnet.apps.storage.api import unit

    with unit() as work:
        found = dead_letters(work)
        again = retry_dead(work, _now()) if options.retry else 0
    for kind, recipient, at, attempts, problem in found:
        print(f"{at:%Y-%m-%d %H:%M}  {kind}  {recipient}  {attempts} essai(s)  {problem}")
    print(f"{len(found)} avis non remis." + (f" {again} repris." if options.retry else ""))
    return 0


def _operator(by: str) -> "Ask":
    from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
    from carnet.kernel.ask import Act, Ask

    return Ask(Actor(ActorKind.OPERATOR, by, by, Authentication(Means.PERSON_SESSION)), Act.CONFIGURE, _now())


def list_emergencies(options: argparse.Namespace) -> int:
    """List the emergency accesses that wait for a review."""
    start("carnet_operator")
    from carnet.apps.access.api import emergencies_to_review
    from carnet.desk.upkeep import who

    found = emergencies_to_review(_operator(who()))
    for one in found:
        marks = (" PRIORITÉ" if one.priority else "") + (" EN RETARD" if one.overdue else "")
        print(f"{one.id}  {one.started_at:%Y-%m-%d %H:%M}  {one.mode}  {one.professional_id}  dossier {one.record_id}{marks}")
    print(f"{len(found)} accès en urgence à examiner.")
    return 0


def review(options: argparse.Namespace) -> int:
    """Note the verdict of a review."""
    start("carnet_operator")
    from uuid import UUID

    from carnet.apps.access.api import ReviewError, review_emergency
    from carnet.desk.upkeep import who

    try:
        review_emergency(_operator(options.by or who()), UUID(options.id), options.verdict)
    except (ReviewError, ValueError) as error:
        print(f"L'examen n'a pas été noté : {error}", file=sys.stderr)
        return 1
    print("Examen noté.")
    return 0


def fsck(options: argparse.Namespace) -> int:
    """Check metadata, bytes, keys, chains, partitions and value sets."""
    start(owner())
    from django.conf import settings

    from carnet.desk.upkeep import check_everything

    report = check_everything(settings.CARNET, settings.DATABASE_URL)
    for fault in report.faults[:200]:
        print(f"FAUTE {fault}")
    print(report.summary())
    return 1 if report.faults else 0


def reindex(options: argparse.Namespace) -> int:
    """Make again what is derived from records: digests of traits, words of documents, facts of the profile."""
    start(owner())
    from carnet.apps.records.api import all_records, reindex_record
    from carnet.desk.progress import Progress

    found = all_records()
    progress = Progress("Dossiers relus", len(found))
    indexed = sum(progress.step(reindex_record(record_id)) for record_id in found)
    progress.end()
    print(f"{indexed} dossier(s) indexé(s).")
    return 0


def export_record(options: argparse.Namespace) -> int:
    """Export a whole record in open formats."""
    start(owner())
    from carnet.apps.records.api import TransferError
    from carnet.apps.records.api import export_record as export
    from carnet.desk.upkeep import UpkeepError, record_of, who

    try:
        done = export(record_of(options.record), options.to, who(), _now())
    except (TransferError, UpkeepError) as error:
        print(f"Le dossier n'a pas été exporté : {error}", file=sys.stderr)
        return 1
    print(f"{done.documents} documents et {done.entries} entrées de journal dans {options.to}.")
    return 0


def import_record(options: argparse.Namespace) -> int:
    """Import a whole record that was exported."""
    start(owner())
    from carnet.apps.records.api import TransferError
    from carnet.apps.records.api import import_record as load
    from carnet.desk.upkeep import who

    try:
        done = load(options.folder, who(), _now())
    except TransferError as error:
        print(f"Le dossier n'a pas été importé : {error}", file=sys.stderr)
        return 1
    print(f"Dossier {done.record_id} importé : {done.documents} documents, {done.entries} entrées de journal.")
    return 0


def back_up(options: argparse.Namespace) -> int:
    """Back the embedded installation up."""
    start(owner())
    from django.conf import settings

    from carnet.desk import upkeep

    try:
        upkeep.back_up(settings.CARNET, settings.DATABASE_URL, options.to, _now())
    except upkeep.UpkeepError as error:
        print(f"La sauvegarde n'a pas été faite : {error}", file=sys.stderr)
        return 1
    print(f"Sauvegarde faite dans {options.to}. Rangez {options.to}/keys ailleurs que le reste : qui a les deux lit tout.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Restore a backup of the embedded installation into an empty data folder."""
    from carnet.config.environment import Environment
    from carnet.desk import upkeep

    try:
        upkeep.restore(Environment(), options.source)
    except upkeep.UpkeepError as error:
        print(f"La sauvegarde n'a pas été restaurée : {error}", file=sys.stderr)
        return 1
    print("Sauvegarde restaurée. Contrôle :")
    return fsck(options)


def make_pki(options: argparse.Namespace) -> int:
    """Make a test PKI: cards, certificates of structures, a revocation list, a server."""
    from carnet.desk.pki import Folder

    folder = Folder(options.folder)
    folder.make(_now())
    print(f"PKI de test dans {options.folder} (autorités TEST : jamais en production).")
    print(f"  CARNET_CLIENT_CA_FILE={folder.authorities}\n  CARNET_CLIENT_CRL_DIR={folder.lists}")
    print(f"  CARNET_TLS_CERTIFICATE={folder.path / 'server.pem'}\n  cartes et certificats : {folder.path / 'certificates'}")
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Revoke a certificate of the test PKI."""
    from carnet.desk.pki import Folder

    try:
        Folder(options.folder).revoke(options.certificate, _now())
    except (OSError, ValueError) as error:
        print(f"Le certificat n'a pas été révoqué : {error}", file=sys.stderr)
        return 1
    print("Révoqué : la liste de révocation est à jour.")
    return 0


def presence(options: argparse.Namespace) -> int:
    """Say how many agreements were declared with a proof that the patient was there."""
    start("carnet_operator")
    from carnet.apps.access.api import presence_share

    share = presence_share(_now() - timedelta(days=options.days))
    part = f"{100 * share.proved / share.declared:.0f} %" if share.declared else "aucune part à dire"
    print(f"{share.declared} accord(s) déclaré(s) en {options.days} jours, dont {share.proved} avec preuve de présence : {part}.")
    return 0


def operator_link(options: argparse.Namespace) -> int:
    """Print a link by which an operator enters the pages, once, in the next ten minutes."""
    start("carnet_operator")
    from django.conf import settings

    from carnet.apps.signin.api import operator_link as make
    from carnet.desk.upkeep import who

    print(f"{settings.CARNET.operator_url}/entrer/{make(options.name or who(), _now())}")
    return 0


def add(into: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, call: Command) -> argparse.ArgumentParser:
    """A command whose help is what its function says."""
    text = (call.__doc__ or "").strip()
    parser = into.add_parser(name, help=text, description=text)
    parser.set_defaults(call=call)
    return parser


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Commands of their own, and groups."""
    add(commands, "fsck", fsck)
    add(commands, "reindex", reindex)
    add(commands, "presence", presence).add_argument("--days", type=int, default=30, help="days that are looked back")
    one = add(commands, "export", export_record)
    one.add_argument("record", help="pseudonym of the record, or INS of its person")
    one.add_argument("to", type=Path, help="new folder")
    add(commands, "import", import_record).add_argument("folder", type=Path)
    add(commands, "backup", back_up).add_argument("to", type=Path, help="new folder")
    add(commands, "restore", restore).add_argument("source", type=Path)
    timers = commands.add_parser("timers", help="The timers of the law.").add_subparsers(required=True)
    add(timers, "run", run_timers)
    notices = commands.add_parser("notices", help="Notices by mail.").add_subparsers(required=True)
    add(notices, "deliver", deliver_notices)
    add(notices, "dead", dead_notices).add_argument("--retry", action="store_true", help="have them tried again")
    emergency = commands.add_parser("emergency", help="Reviews of emergency accesses.").add_subparsers(required=True)
    add(emergency, "list", list_emergencies)
    noted = add(emergency, "review", review)
    noted.add_argument("id")
    noted.add_argument("--verdict", required=True, help="justified, unjustified or followed-up")
    noted.add_argument("--by", default="", help="who reviewed (default: the user of this machine)")
    operators = commands.add_parser("operator", help="The operator's pages.").add_subparsers(required=True)
    add(operators, "link", operator_link).add_argument(
        "name", nargs="?", default="", help="who enters (default: this machine's user)"
    )
    pki = commands.add_parser("pki", help="A test PKI of the published shape.").add_subparsers(required=True)
    add(pki, "make", make_pki).add_argument("folder", type=Path)
    lost = add(pki, "revoke", revoke)
    lost.add_argument("folder", type=Path, help="folder of the PKI")
    lost.add_argument("certificate", type=Path, help="PEM file of the certificate")


def add_journal_commands(journal: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Commands of `carnet journal`."""
    exporting = add(journal, "export", export_journal)
    exporting.add_argument("to", type=Path, help="new folder")
    exporting.add_argument("--record", default="", help="pseudonym or INS: the chain of one record, with its proofs")
    add(journal, "keys", show_keys)
