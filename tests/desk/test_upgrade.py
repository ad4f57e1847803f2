"""From the release before to this one, on a live system: old code with the new schema, then new code on what it left."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BEFORE = "fcc9c0a"
"""Carnet 0.2.0."""
_DEPOSIT = """
import django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
settings.CARNET.database_role = "carnet_fhir"
from carnet.desk.demonstration import loading
from carnet.desk.demonstration.people import PEOPLE
from carnet.desk.demonstration.stories import stories_of
from random import Random
now = datetime.now(UTC).replace(microsecond=0)
person = PEOPLE[1]
spec = stories_of(60, person.traits.sex, 1)[0](Random("upgrade"))[0]
loading._deposit(person, spec, 990, now)
from carnet.apps.signin import api as signin
from carnet.kernel.codes import DOCTOR
signin.open_session(signin.SignedIn("899700001011", "Alix", "APPPRIP3", False, now, "logiciel-demo", "x", False, DOCTOR, "SM54", "1", "n", "SA07"), now)
from carnet.config import embedded
from carnet.apps.storage.api import close_pool
close_pool(); embedded.stop_if_started(settings.CARNET.data_dir)
"""

_CHECK = """
import django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
from carnet.apps.records.api import all_records
from carnet.apps.storage.api import close_pool, unit
settings.CARNET.database_role = "postgres"
with unit() as work:
    print(work.rows("SELECT count(*) FROM records_words")[0][0], work.rows("SELECT count(*) FROM records_document WHERE NOT technical")[0][0])
close_pool(); settings.CARNET.database_role = "carnet_fhir"
from carnet.desk.demonstration import loading
from carnet.desk.demonstration.people import PEOPLE
print(loading.load_person(PEOPLE[1], datetime.now(UTC).replace(microsecond=0)))
from carnet.config import embedded
close_pool(); embedded.stop_if_started(settings.CARNET.data_dir)
"""


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Path]:
    """The sources of the release before, from the history of this repository."""
    archive = subprocess.run(["git", "archive", BEFORE, "src"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(
            "the history of the repository is not here: the upgrade from the release before is not tried (git fetch --unshallow)"
        )
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as tar:
        tar.extractall(tmp_path, filter="data")
    yield tmp_path / "src"


def run(sources: Path, data: Path, *arguments: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("CARNET_")}
    environment = inherited | {"PYTHONPATH": str(sources), "CARNET_DATA_DIR": str(data), "CARNET_ENVIRONMENT": "demonstration",
                               "CARNET_INSI": "simulator", "DJANGO_SETTINGS_MODULE": "carnet.config.settings"}  # fmt: skip
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_old_code_works_with_the_new_schema_and_new_code_with_what_it_left(before: Path, tmp_path: Path) -> None:
    data, now = tmp_path / "data", ROOT / "src"
    cli = ("-m", "carnet.desk.cli")
    assert "0.2.0" in run(before, data, "-c", "import carnet; print(carnet.__version__)")
    run(before, data, *cli, "migrate")
    run(before, data, *cli, "demonstration")
    run(now, data, *cli, "migrate")
    run(before, data, "-c", _DEPOSIT)
    assert "0 faute(s)" in run(before, data, *cli, "journal", "verify")
    assert "66 dossier(s)" in run(now, data, *cli, "reindex")
    assert ": 0 faute(s)." in run(now, data, *cli, "fsck")
    words, documents, again = run(now, data, "-c", _CHECK).split()
    assert int(words) == int(documents) > 600, "what the old code deposited is found by its words"
    assert again == "0", "what was loaded before is known"
