"""Commands for whoever keeps an installation: journal, timers, notices, reviews, checks, exports, backups."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from carnet.desk.commands import FOLDER, Failed, carnet, for_its_owner, now, or_fail, owner, start, whole_or_nothing

if TYPE_CHECKING:
    from carnet.kernel.ask import Ask


@carnet.group()
def journal() -> None:
    """The access journal."""


@journal.command()
def verify() -> int:
    """Follow every chain and say where one was changed, cut or reordered."""
    start("carnet_sealer")
    from carnet.apps.journal.api import stored_lines, verify_all
    from carnet.apps.storage.api import streaming

    with streaming() as work:
        entries, chains, faults = verify_all(stored_lines(work))
    for fault in faults:
        print(f"FAUTE {fault.kind} : chaîne {fault.chain_id}, entrée {fault.counter}")
    gone = _forgotten()
    print(f"Journal : {entries} entrées, {chains} chaînes, {len(faults) + gone} faute(s).")
    return 1 if faults or gone else 0


def _forgotten() -> int:
    """Lines that a process remembers and the journal does not hold; printed. Returns how many."""
    from itertools import islice

    from django.conf import settings

    from carnet.apps.journal.api import ReceiptsError, all_receipts, standing
    from carnet.apps.storage.api import unit

    receipts, gone = all_receipts(settings.CARNET.log()), 0
    try:
        while some := list(islice(receipts, 5000)):
            with unit() as work:
                missing, _ = standing(work, some)
            for one in missing:
                print(f"FAUTE forgotten : chaîne {one.chain}, entrée {one.counter}, écrite par {one.file}")
            gone += len(missing)
    except ReceiptsError as error:
        print(f"FAUTE receipts : {error}")
        gone += 1
    return gone


def _keys() -> list[str]:
    """Verifier keys: those that the sealer published, else those of the settings."""
    from django.conf import settings

    from carnet.apps.journal.api import log_signer

    published = settings.CARNET.log() / "keys"
    if published.exists():
        return published.read_text(encoding="utf-8").split()
    return [str(log_signer().verifier), *settings.CARNET.witnesses.values()]


def _export_chain(record: str, to: Path, keys: list[str]) -> int:
    """The chain of one record with its proofs. Returns how many entries it has."""
    from django.conf import settings

    from carnet.apps.journal.api import chain_export, sealed_rows
    from carnet.apps.storage.api import unit
    from carnet.desk.upkeep import record_of

    record_id = record_of(record)
    with unit(record_id) as work:
        rows = sealed_rows(work, record_id)
    to.mkdir(parents=True)
    for name, text in chain_export(rows, settings.CARNET.log(), record_id):
        (to / name).write_text(text, encoding="utf-8")
    (to / "keys").write_text("".join(f"{key}\n" for key in keys), encoding="utf-8")
    return len(rows)


@journal.command("export")
@click.argument("to", type=FOLDER)
@click.option("--record", default="", help="Pseudonym or INS: the chain of one record, with its proofs.")
def export_journal(to: Path, record: str) -> None:
    """Export the sealed journal, whole or for one record, into the new folder TO."""
    start(owner() if record else "carnet_sealer")
    from django.conf import settings

    from carnet.apps.journal.api import Verifier, export_all
    from carnet.apps.storage.api import streaming
    from carnet.desk.upkeep import UpkeepError

    if to.exists():
        raise Failed(f"{to} existe déjà : choisissez un autre dossier.")
    keys = [Verifier.read(key) for key in _keys()]
    with or_fail("Le journal n'a pas été exporté", UpkeepError, OSError), whole_or_nothing(to), for_its_owner():
        if record:
            count = _export_chain(record, to, [str(key) for key in keys])
        else:
            with streaming() as work:
                count = export_all(work, settings.CARNET.log(), to, keys)
    witnesses = "".join(f" --witness '{key}'" for key in keys[1:])
    print(f"{count} entrées exportées. Pour vérifier : carnet-verify {to} --key '{keys[0]}'{witnesses}")


@journal.command("keys")
def show_keys() -> None:
    """Print the verifier keys of the journal and of its witnesses."""
    start("carnet_sealer")
    for one in _keys():
        print(one)


@carnet.group()
def timers() -> None:
    """The timers of the law."""


@timers.command("run")
def run_timers() -> None:
    """Run every timer once, now."""
    start("carnet_worker")
    from carnet.config.worker import run_all

    for name, done in run_all(now()).items():
        print(f"{name} : {done}")


@carnet.group()
def notices() -> None:
    """Notices by mail."""


@notices.command()
def deliver() -> None:
    """Deliver the notices that are due, once."""
    start("carnet_courier")
    from carnet.config.courier import deliver_once

    print(f"{deliver_once()} avis traité(s).")


@notices.command()
@click.option("--retry", is_flag=True, help="Have them tried again.")
def dead(retry: bool) -> None:
    """List the notices that could not be delivered; with --retry, have them tried again."""
    start("carnet_operator")
    from carnet.apps.outbox.api import dead_letters, retry_dead
    from carnet.apps.storage.api import unit

    with unit() as work:
        found = dead_letters(work)
        again = retry_dead(work, now()) if retry else 0
    for kind, recipient, at, attempts, problem in found:
        print(f"{at:%Y-%m-%d %H:%M}  {kind}  {recipient}  {attempts} essai(s)  {problem}")
    print(f"{len(found)} avis non remis." + (f" {again} repris." if retry else ""))


@carnet.group()
def emergency() -> None:
    """Reviews of emergency accesses."""


def as_operator(by: str) -> "Ask":
    """A question of an operator at this machine."""
    from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
    from carnet.kernel.ask import Act, Ask

    return Ask(Actor(ActorKind.OPERATOR, by, by, Authentication(Means.PERSON_SESSION)), Act.CONFIGURE, now())


@emergency.command("list")
def list_emergencies() -> None:
    """List the emergency accesses that wait for a review."""
    start("carnet_operator")
    from carnet.apps.access.api import emergencies_to_review
    from carnet.desk.upkeep import who

    found = emergencies_to_review(as_operator(who()))
    for one in found:
        marks = (" PRIORITÉ" if one.priority else "") + (" EN RETARD" if one.overdue else "")
        print(f"{one.id}  {one.started_at:%Y-%m-%d %H:%M}  {one.mode}  {one.professional_id}  dossier {one.record_id}{marks}")
    print(f"{len(found)} accès en urgence à examiner.")


@emergency.command()
@click.argument("id_", metavar="ID")
@click.option("--verdict", required=True, help="justified, unjustified or followed-up")
@click.option("--by", default="", help="Who reviewed (default: the user of this machine).")
def review(id_: str, verdict: str, by: str) -> None:
    """Note the verdict of a review."""
    start("carnet_operator")
    from carnet.apps.access.api import ReviewError, review_emergency
    from carnet.desk.upkeep import who

    with or_fail("L'examen n'a pas été noté", ReviewError, ValueError):
        review_emergency(as_operator(by or who()), UUID(id_), verdict)
    print("Examen noté.")


@carnet.command()
def fsck() -> int:
    """Check metadata, bytes, keys, chains, partitions and value sets."""
    start(owner())
    from django.conf import settings

    from carnet.desk.upkeep import check_everything

    report = check_everything(settings.CARNET, settings.DATABASE_URL)
    for fault in report.faults[:200]:
        print(f"FAUTE {fault}")
    print(report.summary())
    return 1 if report.faults else 0


@carnet.command()
def reindex() -> None:
    """Make again what is derived from records: digests of traits, words of documents, facts of the profile."""
    start(owner())
    from carnet.apps.records.api import all_records, reindex_record
    from carnet.desk.progress import Progress

    found = all_records()
    progress = Progress("Dossiers relus", len(found))
    indexed = sum(progress.step(reindex_record(record_id)) for record_id in found)
    progress.end()
    print(f"{indexed} dossier(s) indexé(s).")


@carnet.command()
@click.option("--older-than", type=click.FloatRange(60.0, 1e9), default=3600.0, show_default=True, help="Age in seconds.")
def sweep(older_than: float) -> None:
    """Remove bytes that a crash left without metadata."""
    start(owner())
    from carnet.apps.records.api import sweep_orphans

    print(f"{sweep_orphans(older_than)} fichier(s) orphelin(s) retiré(s).")


@carnet.command("export")
@click.argument("record")
@click.argument("to", type=FOLDER)
def export_record(record: str, to: Path) -> None:
    """Export a whole record (pseudonym, or INS of its person) in open formats, into the new folder TO."""
    start(owner())
    from carnet.apps.records.api import TransferError
    from carnet.apps.records.api import export_record as export
    from carnet.desk.upkeep import UpkeepError, record_of, who

    with or_fail("Le dossier n'a pas été exporté", TransferError, UpkeepError), for_its_owner():
        done = export(record_of(record), to, who(), now())
    print(f"{done.documents} documents et {done.entries} entrées de journal dans {to}.")


@carnet.command("import")
@click.argument("folder", type=FOLDER)
def import_record(folder: Path) -> None:
    """Import a whole record that was exported."""
    start(owner())
    from carnet.apps.records.api import TransferError
    from carnet.apps.records.api import import_record as load
    from carnet.desk.upkeep import who

    with or_fail("Le dossier n'a pas été importé", TransferError):
        done = load(folder, who(), now())
    print(f"Dossier {done.record_id} importé : {done.documents} documents, {done.entries} entrées de journal.")


@carnet.command()
@click.argument("to", type=FOLDER)
def backup(to: Path) -> None:
    """Back the embedded installation up into the new folder TO."""
    start(owner())
    from django.conf import settings

    from carnet.desk import upkeep

    with or_fail("La sauvegarde n'a pas été faite", upkeep.UpkeepError), for_its_owner():
        upkeep.back_up(settings.CARNET, settings.DATABASE_URL, to, now())
    print(f"Sauvegarde faite dans {to}. Rangez {to}/keys ailleurs que le reste : qui a les deux lit tout.")


@carnet.command()
@click.argument("source", type=FOLDER)
@click.pass_context
def restore(context: click.Context, source: Path) -> int:
    """Restore a backup of the embedded installation into an empty data folder."""
    from carnet.config.starting import read_settings
    from carnet.desk import upkeep

    with or_fail("La sauvegarde n'a pas été restaurée", upkeep.UpkeepError):
        upkeep.restore(read_settings(), source)
    print("Sauvegarde restaurée. Contrôle :")
    code: int = context.invoke(fsck)
    return code


@carnet.command()
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="Days that are looked back.")
def presence(days: int) -> None:
    """Say how many agreements were declared with a proof that the patient was there."""
    start("carnet_operator")
    from carnet.apps.access.api import presence_share

    share = presence_share(now() - timedelta(days=days))
    part = f"{100 * share.proved / share.declared:.0f} %" if share.declared else "aucune part à dire"
    print(f"{share.declared} accord(s) déclaré(s) en {days} jours, dont {share.proved} avec preuve de présence : {part}.")
