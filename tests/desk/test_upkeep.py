"""Commands of an operator, run as they are: backup and restore of the embedded installation, journal, reviews, PKI."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from support import commands

from carnet.config import embedded
from carnet.desk.demonstration.people import PEOPLE
from carnet.desk.verifier import carnet_verify

ENVIRONMENT = {
    "CARNET_ENVIRONMENT": "demonstration",
    "CARNET_INSI": "simulator",
    "DJANGO_SETTINGS_MODULE": "carnet.config.settings",
}


RUN = "from carnet.desk.cli import main; raise SystemExit(main())"


def carnet(data: Path, *arguments: str, code: int = 0) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "DJANGO_"))}
    environment = inherited | ENVIRONMENT | {"CARNET_DATA_DIR": str(data)}
    done = commands.carnet(*arguments, environment=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def installation(home: Path) -> Iterator[Path]:
    """A small installation of its own: three people, sealed."""
    data = home / "data"
    # The server stays up between the commands: each would else start and stop it.
    embedded.start(data)
    carnet(data, "migrate")
    script = """
import django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
from carnet.apps.storage.api import close_pool, unit
from carnet.desk.demonstration import loading
from carnet.desk.demonstration.people import PEOPLE
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.apps.records import api as records
from carnet.kernel.ask import Act, Ask, Mode
now = datetime.now(UTC)
settings.CARNET.database_role = "carnet_operator"
loading.import_directory(now)
close_pool()
settings.CARNET.database_role = "carnet_fhir"
for person in PEOPLE[:3]:
    loading.load_person(person, now)
ask = Ask(loading.actor_of(PROFESSIONALS["emergency"], now), Act.OPEN_EMERGENCY, now, PEOPLE[1].ins, Mode.BREAK_GLASS, "Inconscient, danger immédiat.")
records.open_emergency(ask)
close_pool()
settings.CARNET.database_role = "carnet_sealer"
from carnet.apps.journal.api import Sealer, build_map_if_due, log_signer
sealer = Sealer(settings.CARNET.log(), log_signer())
sealer.seal(); build_map_if_due(sealer, now); sealer.seal()
close_pool()
"""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "DJANGO_"))}
    subprocess.run([sys.executable, "-c", script], env=inherited | ENVIRONMENT | {"CARNET_DATA_DIR": str(data)}, check=True)
    yield data
    embedded.stop(data)


def test_a_backup_brings_records_bytes_and_journal_back(installation: Path, tmp_path: Path) -> None:
    saved, back = tmp_path / "saved", tmp_path / "back"
    said = carnet(installation, "backup", str(saved))
    assert "keys ailleurs" in said
    assert saved.stat().st_mode & 0o077 == 0
    assert "exists already" in carnet(installation, "backup", str(saved), code=1)
    restored = carnet(back, "restore", str(saved))
    assert "0 faute(s)." in restored
    embedded.start(back)
    try:
        _compare(installation, back, tmp_path)
    finally:
        embedded.stop(back)


def open_to_others(folder: Path) -> list[str]:
    """What of an export somebody else of this machine could read: it holds health data."""
    return [str(p) for p in (folder, *folder.rglob("*")) if p.stat().st_mode & 0o077]


def _compare(installation: Path, back: Path, tmp_path: Path) -> None:
    """The same records, whole, in both."""
    for number in range(2):
        matricule = PEOPLE[number].ins.matricule
        carnet(installation, "export", matricule, str(tmp_path / f"a{number}"))
        carnet(back, "export", matricule, str(tmp_path / f"b{number}"))
        assert open_to_others(tmp_path / f"a{number}") == []
        first, second = (json.loads((tmp_path / f"{s}{number}/manifest.json").read_text())["files"] for s in "ab")
        same = {k for k in first if first[k] == second.get(k)}
        # Addresses are keyed by the record, so they are the same too; each export added its own entry to the journal.
        assert set(first) - same == {"journal.jsonl"}
        a, b = ((tmp_path / f"{s}{number}/journal.jsonl").read_text().splitlines() for s in "ab")
        assert a[:-1] == b[:-1]
    assert "0 faute(s)" in carnet(back, "journal", "verify")


def test_a_restore_never_overwrites_and_needs_its_keys(installation: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    carnet(installation, "backup", str(saved))
    assert "never overwrites" in carnet(installation, "restore", str(saved), code=1)
    (saved / "keys/root.key").rename(tmp_path / "root.key")
    assert "keys/root.key" in carnet(tmp_path / "other", "restore", str(saved), code=1)
    assert "not a backup" in carnet(tmp_path / "other", "restore", str(tmp_path), code=1)


def test_the_journal_is_exported_and_verified_without_carnet(installation: Path, tmp_path: Path) -> None:
    keys = carnet(installation, "journal", "keys").split()
    whole, mine = tmp_path / "whole", tmp_path / "mine"
    carnet(installation, "journal", "export", str(whole))
    assert carnet_verify.main([str(whole), "--key", keys[0]]) == 0
    carnet(installation, "journal", "export", str(mine), "--record", PEOPLE[1].ins.matricule)
    assert carnet_verify.main([str(mine), "--key", keys[0]]) == 0
    assert json.loads((mine / "maps.json").read_text())["maps"]
    assert open_to_others(whole) + open_to_others(mine) == []
    assert "existe déjà" in carnet(installation, "journal", "export", str(mine), code=1)
    nobody = carnet(installation, "journal", "export", str(tmp_path / "x"), "--record", PEOPLE[60].ins.matricule, code=1)
    assert "no record" in nobody


def test_an_export_that_finds_no_room_leaves_nothing(installation: Path, tmp_path: Path) -> None:
    to = tmp_path / "whole"
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-c", f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)); {RUN}", "journal", "export", str(to)],
        env=inherited | ENVIRONMENT | {"CARNET_DATA_DIR": str(installation), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and done.stderr.startswith("Le journal n'a pas été exporté"), done.stderr
    assert "Traceback" not in done.stderr and not to.exists()
    carnet(installation, "journal", "export", str(to))


def test_emergency_accesses_wait_for_somebody_to_look_at_them(installation: Path) -> None:
    listed = carnet(installation, "emergency", "list")
    assert "1 accès en urgence à examiner." in listed
    number = listed.split()[0]
    assert "choose one" in carnet(installation, "emergency", "review", number, "--verdict", "fine", code=1)
    own = listed.split()[4]
    assert "somebody else" in carnet(installation, "emergency", "review", number, "--verdict", "justified", "--by", own, code=1)
    carnet(installation, "emergency", "review", number, "--verdict", "justified")
    assert "0 accès" in carnet(installation, "emergency", "list")
    assert "waits for a review" in carnet(installation, "emergency", "review", number, "--verdict", "justified", code=1)


def test_budgets_by_command(installation: Path, tmp_path: Path) -> None:
    # The demonstration's emergency doctor opened one record: an edition that allows none more would have asked for a sign-in.
    assert "0 suspendu(s), 0 à reconnecter" in carnet(installation, "budgets", "report", "--days", "3")
    ours = (Path(embedded.__file__).parents[1] / "apps/access/budget_editions/2026-11-27.csv").read_text()
    tight = tmp_path / "tight.csv"
    tight.write_text(ours.replace("*,person,content,20,60,60,150,200,500", "*,person,content,20,60,60,many,200,500"))
    assert "'many' is not a number" in carnet(installation, "budgets", "report", "--edition", str(tight), code=1)
    assert "0 activité(s) suspendue(s)." in carnet(installation, "budgets", "list")
    for arguments, said in ((("--verdict", "fine"), "choose one"), (("--verdict", "lawful"), "waits")):
        told = carnet(installation, "budgets", "lift", str(uuid4()), *arguments, "--note", "Vu.", code=1)
        assert said in told
    assert "Adresse gardée." in carnet(installation, "budgets", "address", "operator", "exploitant@carnet.example")
    assert "write operator" in carnet(installation, "budgets", "address", "somebody", "a@b.example", code=1)
    assert "e-mail" in carnet(installation, "budgets", "address", "operator", "not an address", code=1)


def test_timers_and_notices_by_command(installation: Path) -> None:
    assert "automatic-visibility : " in carnet(installation, "timers", "run")
    assert "avis traité(s)" in carnet(installation, "notices", "deliver")
    assert "0 avis non remis." in carnet(installation, "notices", "dead")


def test_fsck_says_what_is_broken_and_fails(installation: Path) -> None:
    assert "0 faute(s)." in carnet(installation, "fsck")
    path = next(p for p in (installation / "documents").rglob("*") if p.is_file())
    kept = path.read_bytes()
    path.unlink()
    assert "bytes-missing" in carnet(installation, "fsck", code=1)
    path.write_bytes(kept)


def test_a_test_pki_by_command(tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    assert "CARNET_CLIENT_CA_FILE" in carnet(tmp_path / "none", "pki", "make", str(folder))
    card = folder / "certificates/nurse.pem"
    assert "Révoqué" in carnet(tmp_path / "none", "pki", "revoke", str(folder), str(card))
    assert "révoqué" in carnet(tmp_path / "none", "pki", "revoke", str(folder), str(folder / "nothing.pem"), code=1)
