"""What the commands of `carnet` share: the group, the start as a role, and the end with a sentence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import IO, Any

import click

FOLDER = click.Path(path_type=Path)
"""A file or a folder of this machine."""


class Failed(click.ClickException):
    """A command that was not done: one sentence on the error output, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Say it, without click's own words before it."""
        click.echo(self.message, file=file, err=file is None)


@contextmanager
def for_its_owner() -> Iterator[None]:
    """What is written inside is for whoever runs the command alone (files 0600, folders 0700): an export holds health data."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def or_fail(what: str, *errors: type[Exception]) -> Iterator[None]:
    """End with `what` and the error where one of these is raised."""
    try:
        yield
    except errors as error:
        raise Failed(f"{what} : {error}") from error


@contextmanager
def whole_or_nothing(folder: Path) -> Iterator[None]:
    """Leave nothing of a folder that could not be made whole: half an export would be taken for one."""
    try:
        yield
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def start(role: str, keyed: bool = True) -> None:
    """Start Django as a role of PostgreSQL. `keyed`: check the root key before anything is done. Raises KeyFileError."""
    from carnet.config.processes import prepare

    prepare()
    from django.conf import settings

    from carnet.apps.storage.api import root_key

    settings.CARNET.database_role = role
    # The sealer's machine has no root key: it opens no record.
    if keyed and role != "carnet_sealer":
        root_key()


def owner() -> str:
    """The role that owns the tables: row-level security does not hold it back."""
    from carnet.config.starting import read_settings

    return read_settings().owner_role


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def carnet() -> None:
    """Carnet, an open-source shared health record."""
