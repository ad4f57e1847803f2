"""Editions that are in force: those that come with the software, and those that an operator imported."""

import threading
from datetime import date, datetime

from carnet.apps.prevention import rows
from carnet.apps.prevention.edition import Edition, EditionError, in_force, packaged, read_edition
from carnet.apps.storage.api import Work, unit

_read: dict[str, Edition] = {}
"""Editions by the digest of their file: an edition never changes, so that it is read once by a process."""
_reading = threading.Lock()


def all_editions(work: Work) -> list[Edition]:
    """Every edition, packaged or imported, the newest in force first. An imported one stands before a packaged one of its id."""
    found = {e.id: e for e in packaged()}
    for number, digest in rows.editions(work):
        found[number] = _kept(work, number, digest)
    return sorted(found.values(), key=lambda e: (e.in_force_from, e.id), reverse=True)


def _kept(work: Work, number: str, digest: str) -> Edition:
    known = _read.get(digest)
    if known is not None:
        return known
    with _reading:
        return _read.setdefault(digest, read_edition(rows.edition_content(work, number)))


def edition_of(work: Work, day: date) -> Edition:
    """The edition of a day."""
    return in_force(all_editions(work), day)


def edition_on(day: date) -> Edition:
    """The edition of a day, by a unit of work of its own: for what concerns no record."""
    with unit() as work:
        return edition_of(work, day)


def listed_editions() -> list[Edition]:
    """Every edition, for operators."""
    with unit() as work:
        return all_editions(work)


def import_edition(content: bytes, by: str, at: datetime) -> Edition:
    """Import an edition. The same file again changes nothing; another file of the same id is refused, for an edition is immutable.

    Raises EditionError.
    """
    edition = read_edition(content)
    same = next((e for e in packaged() if e.id == edition.id), None)
    if same is not None and same.digest != edition.digest:
        raise EditionError(f"{edition.id} is an edition of this software: a changed one takes another id")
    with unit() as work:
        if not rows.insert_edition(work, edition.id, edition.digest, edition.in_force_from, content, by, at):
            kept = dict(rows.editions(work)).get(edition.id)
            if kept != edition.digest:
                raise EditionError(f"{edition.id} is there with another content: a changed edition takes another id")
    return edition
