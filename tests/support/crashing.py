"""Deposits that die: a driver of its own process, which forks a child for each step of a deposit and stops it there.

    python -m support.crashing kill|error FOLDER

Each line of its output is JSON: the step, what happened, and whether the deposit was acknowledged before.
"""

import errno
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

MAX_STEPS = 150


class Step:
    """Counts what touches disk or database, and stops the process at one of them."""

    def __init__(self, at: int, how: str) -> None:
        self.at, self.how, self.count, self.name = at, how, 0, ""

    def reach(self, name: str, error: Exception) -> None:
        """One more step; the chosen one is the last."""
        self.count += 1
        if self.count != self.at:
            return
        self.name = name
        if self.how == "kill":
            os.write(1, json.dumps({"step": self.count, "name": name, "how": "killed"}).encode() + b"\n")
            os.kill(os.getpid(), signal.SIGKILL)
        raise error


def _wrap(owner: Any, name: str, step: Step, make: Callable[[], Exception]) -> None:
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        step.reach(name, make())
        return original(*args, **kwargs)

    setattr(owner, name, wrapped)


def _inject(step: Step) -> None:
    import psycopg

    from carnet.apps.storage.wire import Wire

    def full() -> Exception:
        return OSError(errno.ENOSPC, "no space left on device")

    def lost() -> Exception:
        return psycopg.OperationalError("the connection is lost")

    for name in ("fsync", "replace", "utime"):
        _wrap(os, name, step, full)
    # COMMIT is one of the statements: dying before it loses the work, dying after it must not.
    _wrap(Wire, "send", step, lost)
    _wrap(Wire, "settle", step, lost)
    original = Wire.transaction

    @contextmanager
    def committed(self: Wire) -> Iterator[None]:
        with original(self):
            yield
        step.reach("committed", lost())

    Wire.transaction = committed  # type: ignore[method-assign]


def _child(step: Step, folder: Path, replaces: str) -> int:
    from carnet.apps.records import api as records
    from carnet.desk.demonstration.people import DemoPerson
    from carnet.formats.xds import Parent
    from carnet.kernel.ask import Act
    from carnet.kernel.identifiers import Oid
    from carnet.kernel.ins import Ins
    from carnet.kernel.traits import Traits
    from support.people import ask, entry, submission

    told = json.loads((folder / "person.json").read_text())
    person = DemoPerson(0, Ins(told["matricule"], Oid(told["oid"])), Traits(**told["traits"]))
    content = (folder / "document.xml").read_bytes()
    parents = (Parent("replaces", f"DocumentReference/{replaces}"),) if replaces else ()
    question = ask("treating", Act.FEED, person)
    declared = entry(person, unique_id=told["unique_id"], parents=parents)
    _inject(step)
    try:
        receipt = records.deposit(question, submission((declared, content)))
    except Exception as error:
        os.write(1, json.dumps({"step": step.at, "name": step.name, "how": type(error).__name__}).encode() + b"\n")
        return 3
    acked: UUID = receipt.documents[0].logical_id
    os.write(1, json.dumps({"step": step.at, "name": step.name, "how": "done", "acknowledged": str(acked)}).encode() + b"\n")
    return 0 if step.count < step.at else 4


def main() -> None:
    """Fork one child, stopped at one step."""
    how, at, folder, replaces = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
    import django

    django.setup(set_prefix=False)
    import support.people  # noqa: F401 (everything is loaded before the fork)

    for number in range(at, MAX_STEPS):
        line = sys.stdin.readline()
        if not line.strip():
            return
        (folder / "person.json").write_text(line)
        document = json.loads(line)
        (folder / "document.xml").write_text(document["content"])
        pid = os.fork()
        if pid == 0:
            os._exit(_child(Step(number, how), folder, document.get("replaces", replaces)))
        _, status = os.waitpid(pid, 0)
        os.write(1, json.dumps({"step": number, "end": os.waitstatus_to_exitcode(status)}).encode() + b"\n")


if __name__ == "__main__":
    main()
