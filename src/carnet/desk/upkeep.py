"""Keeping an installation: check it, back it up, restore it, move a record. For whoever holds the machine and the keys."""

import getpass
import json
import shutil
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg

from carnet import __version__
from carnet.apps.journal.api import stored_lines, verify_all
from carnet.apps.records.api import all_records, check_record
from carnet.apps.storage.address import parameters
from carnet.apps.storage.api import check_before_migrating, close_pool, establish_root_key, stored_records, streaming, unit
from carnet.apps.storage.catalogue import differences, expected_catalogue, read_catalogue
from carnet.apps.storage.schema import PARTITIONS, ROLES
from carnet.config import embedded
from carnet.config.environment import Environment

KEYS = ("root.key", "log.key")
FOLDERS = ("documents", "log", "habilitation")
_PARTITIONED = """SELECT c.relname, count(i.inhrelid) FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
    LEFT JOIN pg_inherits i ON i.inhparent = c.oid GROUP BY c.relname"""
_INVALID = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid"


class UpkeepError(Exception):
    """A command that cannot be done; the message says why and what to do. Nothing was changed."""


@dataclass
class Report:
    """What `carnet fsck` found."""

    records: int = 0
    documents: int = 0
    entries: int = 0
    orphans: int = 0
    faults: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """One line for people, and how many of each sort of fault."""
        sorts = Counter(fault.split(" ")[0] for fault in self.faults)
        counted = "".join(f", {kind} × {n}" for kind, n in sorted(sorts.items()))
        return (
            f"{self.records} dossiers, {self.documents} documents, {self.entries} entrées de journal, "
            f"{self.orphans} fichier(s) orphelin(s) : {len(self.faults)} faute(s){counted}."
        )


def _check_database(report: Report, config: Environment, url: str) -> None:
    with psycopg.connect(**parameters(url, config.owner_role)) as connection:
        for table, parts in connection.execute(_PARTITIONED):
            if parts != PARTITIONS:
                report.faults.append(f"partitions {table}: {parts}")
        report.faults += [f"index-invalid {name}" for (name,) in connection.execute(_INVALID)]
        report.faults += differences(read_catalogue(connection), expected_catalogue())


def check_everything(config: Environment, url: str) -> Report:
    """Metadata, bytes, keys, chains, partitions, value sets. It reads everything and changes nothing."""
    report = Report()
    _check_database(report, config, url)
    known = all_records()
    for record_id in known:
        health = check_record(record_id)
        report.records, report.documents = report.records + 1, report.documents + health.documents
        report.orphans += health.orphans
        report.faults += [f"{fault.kind} {fault.record_id} {fault.where}" for fault in health.faults]
    report.faults += [f"folder-without-record {stray}" for stray in set(stored_records()) - set(known)]
    with streaming() as work:
        report.entries, _, faults = verify_all(stored_lines(work))
    report.faults += [f"journal:{fault.kind} {fault.chain_id} {fault.counter}" for fault in faults]
    return report


def _copied(source: Path, target: Path) -> None:
    if source.is_dir():
        # What begins with a dot is being written, and is something else a moment later.
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    elif source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def back_up(config: Environment, url: str, to: Path, at: datetime) -> None:
    """Copy the log first, then the database, the documents after: what the log says is sealed and remembered is in the database,
    and every document that the database names was written before it.

    Raises UpkeepError for a database that is not the embedded one: its own tools back it up.
    """
    if config.database_url:
        raise UpkeepError("this PostgreSQL is not the embedded one: back it up with its own tools, then copy documents and keys")
    if to.exists():
        raise UpkeepError(f"{to} exists already: choose another folder")
    to.mkdir(parents=True, mode=0o700)
    _copied(config.log(), to / "log")
    host = str(parameters(url, config.owner_role)["host"])
    program = str(embedded.binary(config.data_dir, "pg_basebackup"))
    command = [program, "-D", str(to / "postgres"), "-h", host, "-U", config.owner_role, "-X", "stream", "-c", "fast"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(to, ignore_errors=True)
        raise UpkeepError(f"pg_basebackup: {(done.stderr.strip() or str(done.returncode)).splitlines()[0]}")
    _copied(config.documents(), to / "documents")
    _copied(config.editions(), to / "habilitation")
    _copied(config.key_file(), to / "keys" / "root.key")
    _copied(config.log_key(), to / "keys" / "log.key")
    (to / "backup.json").write_text(json.dumps({"carnet": __version__, "at": at.isoformat()}), encoding="utf-8")


def restore(config: Environment, source: Path) -> None:
    """Put a backup back into an empty data folder. Raises UpkeepError."""
    if config.database_url:
        raise UpkeepError("this Carnet uses a PostgreSQL by URL: restore it with its own tools")
    if not (source / "backup.json").exists():
        raise UpkeepError(f"{source} is not a backup: backup.json is missing")
    if not (source / "keys" / "root.key").exists():
        raise UpkeepError("keys/root.key is not in the backup: put it there, without it nothing can be read")
    if config.data_dir.exists() and any(config.data_dir.iterdir()):
        raise UpkeepError(f"{config.data_dir} is not empty: a restore never overwrites (CARNET_DATA_DIR for another)")
    config.data_dir.mkdir(parents=True, exist_ok=True)
    targets = {"documents": config.documents(), "log": config.log(), "habilitation": config.editions()}
    for name, target in targets.items():
        _copied(source / name, target)
    _copied(source / "keys" / "root.key", config.key_file())
    _copied(source / "keys" / "log.key", config.log_key())
    # The database last: a restore that stops half-way leaves no folder that looks whole.
    embedded.replace_data(config.data_dir, source / "postgres")


def migrate(at: datetime) -> None:
    """Create or update the tables, and tie the database to its root key. Raises KeyFileError.

    A production that has no key file at all is told before anything is made.
    """
    from django.conf import settings
    from django.core.management import call_command

    check_before_migrating()
    call_command("migrate", verbosity=0)
    role, settings.CARNET.database_role = settings.CARNET.database_role, settings.CARNET.owner_role
    close_pool()
    try:
        establish_root_key(at)
        if missing := missing_roles():
            raise UpkeepError(
                f"il manque des rôles de PostgreSQL ({', '.join(missing)}), et leurs droits avec eux. Une base restaurée sans eux "
                "se restaure de nouveau, les rôles d'abord (pg_dumpall --roles-only)"
            )
    finally:
        close_pool()
        settings.CARNET.database_role = role


def missing_roles() -> list[str]:
    """Roles of processes that the server does not know: a dump of one database holds none of them."""
    with unit() as work:
        known = {row[0] for row in work.rows("SELECT rolname FROM pg_roles WHERE rolname LIKE 'carnet\\_%%'")}
    return [name for role in ROLES if (name := f"carnet_{role}") not in known]


def who() -> str:
    """Who runs the command, for the journal."""
    return getpass.getuser()


def record_of(text: str) -> UUID:
    """A record named by its pseudonym, or by the INS of its person (matricule, test OID). Raises UpkeepError."""
    from django.conf import settings

    from carnet.apps.identity.api import find
    from carnet.kernel.ins import Ins, InsError

    try:
        return UUID(text)
    except ValueError:
        pass
    for oid in sorted(settings.LAW.accepted_ins_oids):
        try:
            found = find(Ins.of(text, oid))
        except InsError:
            raise UpkeepError("neither a record's pseudonym nor an INS") from None
        if found:
            return found
    raise UpkeepError("no record is behind this INS")
