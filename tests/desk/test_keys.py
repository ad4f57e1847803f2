"""The root key, the address of the database and the directory, by the commands that an operator types: processes of their own."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import commands

ROOT = Path(__file__).resolve().parents[2]
HEAD = "Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code secteur d'activité"
_SESSION = """
import django; django.setup()
from datetime import UTC, datetime
from carnet.apps.signin import api as signin
from carnet.apps.signin.professionals.sessions import SignedIn, open_session
from carnet.apps.storage.api import close_pool
from carnet.config import embedded
from carnet.kernel.codes import DOCTOR
from carnet.kernel.refusal import Refusal
from django.conf import settings
import sys
now = datetime.now(UTC)
if sys.argv[1:]:
    try:
        print(signin.actor_of(sys.argv[1]).situation.open)
    except Refusal as refusal:
        print(refusal.code)
else:
    print(open_session(SignedIn("899700000021", "Anne", "APPPRIP3", False, now, "x", "x", False, DOCTOR, "", "", "", "SA07"), now)[0])
close_pool(); embedded.stop_if_started(settings.CARNET.data_dir)
"""

PRODUCTION = {
    "CARNET_ENVIRONMENT": "production", "CARNET_PSC_CLIENT_SECRET": "x", "CARNET_FRANCECONNECT_CLIENT_SECRET": "y",
    "CARNET_PROCONNECT_CLIENT_SECRET": "z",
    **{f"CARNET_{name}_ISSUER": "https://provider.example" for name in ("PSC", "FRANCECONNECT", "PROCONNECT")},
    **{f"CARNET_{name}_URL": "https://door.example" for name in ("WEBPS", "ESPACE", "OPERATOR", "OAUTH")},
}  # fmt: skip


class Installation:
    """A data folder, and the commands on it."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def _environment(self, settings: dict[str, str]) -> dict[str, str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "DJANGO_"))}
        told = {"CARNET_DATA_DIR": str(self.data), "CARNET_ENVIRONMENT": "test", "DJANGO_SETTINGS_MODULE": "carnet.config.settings"}
        return inherited | told | settings

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], env=self._environment(settings), capture_output=True, text=True, check=False, cwd=ROOT
        )

    def carnet(self, *arguments: str, **settings: str) -> commands.Done:
        return commands.carnet(*arguments, environment=self._environment(settings))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose database has its tables and its key. Its server stays up between the commands."""
    from carnet.config import embedded

    installation = Installation(tmp_path_factory.mktemp("keys") / "data")
    embedded.start(installation.data)
    done = installation.carnet("migrate")
    assert done.returncode == 0, done.stderr
    yield installation
    embedded.stop(installation.data)


def test_a_missing_root_key_is_named_and_never_made_again(made: Installation) -> None:
    key = made.data / "root.key"
    kept = key.read_bytes()
    key.unlink()
    try:
        for command in (("migrate",), ("reindex",), ("demonstration",)):
            done = made.carnet(*command)
            assert done.returncode == 1, done.stdout
            assert "il manque le fichier de clé" in done.stderr
            assert "Traceback" not in done.stderr
            assert not key.exists(), "nothing is made in its place"
    finally:
        key.write_bytes(kept)


def test_another_root_key_starts_nothing(made: Installation) -> None:
    key = made.data / "root.key"
    kept = key.read_bytes()
    try:
        key.write_bytes(bytes(32))
        for done in (made.carnet("migrate"), made.carnet("demonstration"), made.run("-m", "carnet.config.worker"),
                     made.run("-c", "from carnet.config.wsgi import door; door('fhir')")):  # fmt: skip
            assert done.returncode == 1, done.stdout
            assert "pas celle de cette base" in done.stderr
            assert "Traceback" not in done.stderr
        key.write_bytes(b"short")
        assert "exactement 32 octets" in made.carnet("migrate").stderr
    finally:
        key.write_bytes(kept)
    assert made.carnet("migrate").returncode == 0


def test_production_makes_no_key_by_itself(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "data")
    done = installation.carnet("migrate", **PRODUCTION)
    assert done.returncode == 1
    assert "carnet key make root" in done.stderr
    assert not (installation.data / "root.key").exists()
    assert installation.carnet("key", "make", "root", **PRODUCTION).returncode == 0
    assert (installation.data / "root.key").stat().st_mode & 0o777 == 0o600
    again = installation.carnet("key", "make", "root", **PRODUCTION)
    assert again.returncode == 1
    assert "jamais remplacée" in again.stderr
    assert installation.carnet("migrate", **PRODUCTION).returncode == 0


def test_a_journal_that_was_signed_gets_no_other_key(made: Installation) -> None:
    code = """import sys; from carnet.config.processes import prepare; prepare()
from carnet.apps.journal.api import log_signer
from carnet.apps.storage.api import KeyFileError
try: print(log_signer().verifier)
except KeyFileError as error: sys.exit(str(error))"""
    first = made.run("-c", code)
    assert first.returncode == 0, first.stderr
    (made.data / "log").mkdir(exist_ok=True)
    (made.data / "log" / "keys").write_text(first.stdout)
    (made.data / "log.key").unlink()
    done = made.run("-c", code)
    assert done.returncode == 1
    assert "il manque le fichier de clé" in done.stderr
    assert not (made.data / "log.key").exists()
    (made.data / "log" / "keys").unlink()
    production = made.run("-c", code, **PRODUCTION)
    assert "il manque le fichier de clé" in production.stderr


class Deaf(threading.Thread):
    """A database without TLS: it answers `N` to the request for it and keeps what came before and after."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.heard: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                self.heard.append(connection.recv(8))
                connection.sendall(b"N")
                try:
                    self.heard.append(connection.recv(1000))
                except OSError:
                    continue


def test_a_database_without_tls_hears_nothing_from_migrate_when_tls_is_asked_for(tmp_path: Path) -> None:
    server = Deaf()
    server.start()
    url = f"postgresql://{{role}}:secret@127.0.0.1:{server.port}/carnet?sslmode=verify-full&connect_timeout=5"
    done = Installation(tmp_path / "data").carnet("migrate", CARNET_DATABASE_URL=url)
    server.socket.close()
    assert done.returncode != 0
    asked = bytes.fromhex("0000000804d2162f")
    assert server.heard[0] == asked, "TLS is asked for first"
    assert all(heard in (asked, b"") for heard in server.heard), "no role and no password goes out in clear"


def test_who_left_the_directory_loses_the_sessions_at_once(made: Installation, tmp_path: Path) -> None:
    whole, without = tmp_path / "whole.txt", tmp_path / "without.txt"
    people = [f"8997000000{n:02d}|ESSAI|Anne|10|SA07" for n in range(20, 26)]
    whole.write_text("\n".join([HEAD, *people]), encoding="utf-8")
    without.write_text("\n".join([HEAD, people[0], *people[2:]]), encoding="utf-8")
    assert "6 nouveau(x)" in made.carnet("directory", "import", str(whole)).stdout
    token = made.run("-c", _SESSION).stdout.strip()
    assert made.run("-c", _SESSION, token).stdout.strip() == "True"
    done = made.carnet("directory", "import", str(without))
    assert "1 parti(s), 1 session(s) fermée(s)" in done.stdout, done.stderr
    assert made.run("-c", _SESSION, token).stdout.strip() == "authentication-missing"
    cut = tmp_path / "cut.txt"
    cut.write_text("\n".join([HEAD, *(f"8998000000{n:02d}|ESSAI|Anne|10|SA07" for n in range(50))]), encoding="utf-8")
    assert made.carnet("directory", "import", "--partial", str(cut)).returncode == 0
    refused = made.carnet("directory", "import", str(without))
    assert refused.returncode == 1
    assert "--accept-gone 50" in refused.stderr
    assert "50 parti(s)" in made.carnet("directory", "import", "--accept-gone", "50", str(without)).stdout
