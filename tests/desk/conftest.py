"""Folders of installations: the embedded database runs as a user of its own, which must be able to enter them.

pytest closes its own folder to others at the start of every run, so that two runs would lock each other's databases out.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder outside pytest's."""
    with tempfile.TemporaryDirectory(prefix="carnet-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The same for a whole module."""
    with tempfile.TemporaryDirectory(prefix="carnet-tests-") as folder:
        yield Path(folder)
