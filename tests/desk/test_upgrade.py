"""From the release before to this one, on a live system: old code with the new schema, then new code on what it left."""

import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest

from carnet.formats import words

ROOT = Path(__file__).resolve().parents[2]
BEFORE, VERSION = "03ae179", "0.5.0"
"""The release before."""
_START = """
import django; django.setup()
from datetime import UTC, datetime
from django.conf import settings
from carnet.apps.storage.api import close_pool, unit
from carnet.config import embedded
from carnet.desk.demonstration import loading
from carnet.desk.demonstration.people import PEOPLE
now = datetime.now(UTC).replace(microsecond=0)
def act_as(role):
    close_pool()
    settings.CARNET.database_role = role
"""
_END = """
act_as("postgres"); close_pool(); embedded.stop_if_started(settings.CARNET.data_dir)
"""
_LOAD = (
    _START
    + """
act_as("carnet_operator"); loading.import_directory(now); loading.register_software()
act_as("carnet_fhir")
print(sum(loading.load_person(p, now) for p in PEOPLE[:3]))
"""
    + _END
)
_GO_ON = (
    _START
    + """
act_as("carnet_fhir")
from random import Random
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.demonstration.lives import stories_of
from carnet.apps.records import api as records
from carnet.kernel.ask import Act, Ask
person = PEOPLE[1]
loading._deposit(person, stories_of(60, person.traits.sex, 1)[0](Random("upgrade"))[0], 990, now)
doctor = loading.actor_of(PROFESSIONALS["treating"], now)
print(len(records.search(Ask(doctor, Act.SEARCH, now, person.ins), records.Query(total=True)).resources))
print(sum(one.new for one in records.own_list(Ask(doctor, Act.OWN_LIST, now))) >= 0)
"""
    + _END
)
_LOOK = (
    _START
    + """
import json
act_as("postgres")
with unit() as work:
    print(json.dumps({
        "words": work.rows("SELECT edition, count(*) FROM records_words GROUP BY 1"),
        "documents": work.rows("SELECT count(*) FROM records_document WHERE NOT technical")[0][0],
        "bodies": [row[0] for row in work.rows("SELECT body FROM journal_entry ORDER BY at")],
        "key": work.rows("SELECT count(*) FROM storage_root_check")[0][0],
    }))
"""
    + _END
)


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Path]:
    """The sources of the release before, from the history of this repository."""
    archive = subprocess.run(["git", "archive", "--format=zip", BEFORE, "src"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(
            "the history of the repository is not here: the upgrade from the release before is not tried (git fetch --unshallow)"
        )
    # Not as a tar: the oldest Python 3.11 has no filter for one.
    with ZipFile(BytesIO(archive.stdout)) as archived:
        archived.extractall(tmp_path)
    yield tmp_path / "src"


def run(sources: Path, data: Path, *arguments: str) -> str:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "DJANGO_"))}
    environment = inherited | {"PYTHONPATH": str(sources), "CARNET_DATA_DIR": str(data), "CARNET_ENVIRONMENT": "demonstration",
                               "CARNET_INSI": "simulator", "DJANGO_SETTINGS_MODULE": "carnet.config.settings"}  # fmt: skip
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def look(sources: Path, data: Path) -> dict:
    import json

    found: dict = json.loads(run(sources, data, "-c", _LOOK).splitlines()[-1])
    return found


def test_old_code_works_with_the_new_schema_and_new_code_with_what_it_left(before: Path, tmp_path: Path) -> None:
    from carnet.config import embedded

    data, now = tmp_path / "data", ROOT / "src"
    cli = ("-m", "carnet.desk.cli")
    assert VERSION in run(before, data, "-c", "import carnet; print(carnet.__version__)")
    # One server for all the processes: each would else start and stop it.
    embedded.start(data)
    try:
        run(before, data, *cli, "migrate")
        loaded = int(run(before, data, "-c", _LOAD))
        run(now, data, *cli, "migrate")
        seen, told = run(before, data, "-c", _GO_ON).split()
        assert int(seen) > 0
        assert told == "True", "the list of the release before is told by its own function"
        assert "0 faute(s)" in run(before, data, *cli, "journal", "verify")
        assert dict(look(now, data)["words"]) == {1: loaded + 1}, "words of the release before, and what it deposited after"
        assert "3 dossier(s)" in run(now, data, *cli, "reindex")
        assert ": 0 faute(s)." in run(now, data, *cli, "fsck"), "functions, policies and roles are those of the code"
        run(now, data, "-c", _GO_ON.replace("990", "991"))
        found = look(now, data)
    finally:
        embedded.stop(data)
    assert dict(found["words"]) == {words.EDITION: found["documents"]}
    assert found["key"] == 1, "the root key of the release before is tied to its database"
    under = ["under" in body for body in found["bodies"]]
    assert not under[0]
    assert under[-1], "editions and settings stand in the journal from now on"
