"""Another Carnet, empty, on this machine: what an export is opened in; and the state of a record as plain values."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from carnet.apps.journal import api as journal
from carnet.apps.records.hooks import HOOKS
from carnet.apps.records.upkeep.transfer import TABLES
from carnet.apps.storage.api import dump, get, key_of, unit
from support import commands

_LEFT = frozenset({"access_lookup", "records_alert", "profile_sheet", "records_words"})


def state_of(record_id: UUID) -> dict[str, Any]:
    """Rows, bytes and chains of a record, without what is this installation's own: addresses under its key, the last entries."""
    with unit(record_id) as work:
        key = key_of(work, record_id)
        tables = {t.name: dump(work, key, t) for t in (*TABLES, *HOOKS.tables) if t.name not in _LEFT}
        for row in tables["records_document"]:
            row["bytes"] = get(key, row.pop("address")).hex()
        told = [e["hash"] for e in journal.stored_chain(work, record_id)]
    return {"tables": {k: sorted(v, key=str) for k, v in tables.items() if v}, "journal": told}


_CODE = """import json, sys, uuid
import django
django.setup(set_prefix=False)
sys.path.insert(0, sys.argv[2])
from support.empty import state_of
print(json.dumps(state_of(uuid.UUID(sys.argv[1])), default=str))
"""


class EmptyCarnet:
    """An installation of its own: data folder, database, keys."""

    def __init__(self, folder: Path) -> None:
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CARNET_")} | {
            "CARNET_DATA_DIR": str(folder), "CARNET_ENVIRONMENT": "test", "DJANGO_SETTINGS_MODULE": "carnet.config.settings",
            "CARNET_DATABASE_ROLE": "postgres", "CARNET_OWNER_ROLE": "postgres",
        }  # fmt: skip

    def __enter__(self) -> "EmptyCarnet":
        self._carnet("migrate")
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def _carnet(self, *arguments: str) -> str:
        done = commands.carnet(*arguments, environment=self.environment)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def load(self, folder: Path, record_id: UUID) -> dict[str, Any]:
        """Import an export and tell the state of its record, without the entry of the import itself."""
        self._carnet("import", str(folder))
        tests = str(Path(__file__).resolve().parents[1])
        done = subprocess.run(
            [sys.executable, "-c", _CODE, str(record_id), tests], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        found["journal"] = found["journal"][:-1]
        return found
