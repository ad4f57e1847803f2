"""Commands of `carnet`, each in a process of its own that is forked from one where the libraries are loaded already.

What an operator types starts a Python and loads a second's worth of libraries; a test types dozens of commands. The process here is
as much its own: nothing of Carnet is set up in the one it comes from, and it is given an environment, arguments and outputs.
"""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Libraries, and what of Carnet reads no setting: nothing that looks at the environment when it is loaded.
_LOADED = ["django.db.models", "django.template", "psycopg", "psycopg_pool", "pydantic_settings", "cryptography.x509", "joserfc.jwt",
           "fido2.server", "fido2.webauthn", "httpx", "lxml.etree", "signxml", "rapidfuzz.distance", "click", "carnet.formats.fhir",
           "carnet.formats.cda", "carnet.formats.xds", "carnet.formats.vihf", "carnet.dicah", "carnet.kernel.ask"]  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def _child(arguments: list[str], environment: dict[str, str], out: str, err: str) -> None:
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY), number)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["carnet", *arguments]
    code = 1
    try:
        from carnet.desk.cli import main

        code = main(arguments)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 1
        if isinstance(left.code, str):
            sys.stderr.write(left.code + "\n")
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_LOADED)
    return context


def carnet(*arguments: str, environment: Mapping[str, str]) -> Done:
    """Run a command with exactly this environment."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        out.touch()
        err.touch()
        process = _context().Process(target=_child, args=(list(arguments), dict(environment), str(out), str(err)))
        process.start()
        process.join()
        return Done(process.exitcode or 0, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))
