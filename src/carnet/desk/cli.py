"""`carnet`: the command line. Each command stands in `carnet.desk.commands`."""

import sys

import click

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


def _leave_nothing_running() -> None:
    """Stop the embedded database if this very command started it."""
    from carnet.config import embedded
    from carnet.config.environment import Environment

    if "carnet.apps.storage.executor" in sys.modules:
        from carnet.apps.storage.api import close_pool

        close_pool()
    embedded.stop_if_started(Environment().data_dir)


if __name__ == "__main__":
    sys.exit(main())
