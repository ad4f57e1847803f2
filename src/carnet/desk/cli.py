"""`carnet`: the command line. Each command stands in `carnet.desk.commands`."""

import sys

import click
import psycopg
from psycopg_pool import PoolTimeout

from carnet.apps.storage.key_files import KeyFileError
from carnet.desk.commands import budgets, carnet, exchange, installation, keeping, messaging, national, population, prevention

COMMANDS = (budgets, installation, keeping, national, population, exchange, messaging, prevention)


def main(arguments: list[str] | None = None) -> int:
    """Run a command, leave nothing running behind it, and return its exit code."""
    try:
        return invoke(arguments)
    finally:
        _leave_nothing_running()


def invoke(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        code: int | None = carnet.main(arguments, prog_name="carnet", standalone_mode=False)
        return code or 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return 130
    except KeyFileError as error:
        print(f"Carnet s'arrête, rien n'a été changé : {error}.", file=sys.stderr)
        return 1
    except Exception as error:
        told = _told(error)
        if not told:
            raise
        print(told, file=sys.stderr)
        return 1


_TABLES = "Carnet s'arrête : la base n'a pas les tables de cette version. Lancez `carnet migrate`, puis recommencez."


def _told(error: BaseException) -> str:
    """A trouble of the database in a sentence, with the first line of what its driver says; empty for a fault of ours."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, psycopg.Error | PoolTimeout):
        found = found.__cause__ or found.__context__
    if found is None:
        return ""
    if isinstance(found, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn | psycopg.errors.UndefinedFunction):
        return _TABLES
    if isinstance(found, psycopg.OperationalError | PoolTimeout):
        said = str(found).strip().splitlines()
        return f"Carnet s'arrête : sa base ne répond pas (CARNET_DATABASE_URL). {said[0] if said else ''}".strip()
    return ""


def _leave_nothing_running() -> None:
    """Stop the embedded database if this very command started it."""
    from carnet.config import embedded

    if "carnet.apps.storage.executor" in sys.modules:
        from carnet.apps.storage.api import close_pool

        close_pool()
    if "carnet.config.settings" in sys.modules:
        embedded.stop_if_started(sys.modules["carnet.config.settings"].CARNET.data_dir)


if __name__ == "__main__":
    sys.exit(main())
