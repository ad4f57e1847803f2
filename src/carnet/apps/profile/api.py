"""Public face of the health profile: read inside a visit, written by an act of its own.

`declare` writes what a person said elsewhere (import, demonstration); `declare_entry` and its like are the person's own acts.
"""

from datetime import datetime

from carnet.apps.profile.declaring import (
    DECLARABLE,
    category_of,
    change_declared,
    declare_entry,
    not_concerned,
    withdraw_declared,
    write_directives,
)
from carnet.apps.profile.entries import (
    DOCUMENT,
    MOST,
    NOT_CONCERNED,
    PERSON,
    PROFESSIONAL,
    SECTIONS,
    SUMMARY,
    Content,
    Entry,
    entries,
    insert,
    new,
    readable_sections,
)
from carnet.apps.profile.sheet import SHEET_SECTIONS, Link, Made, lines_of, links, make_link, open_link, revoke_link
from carnet.apps.profile.summary import (
    Series,
    Stated,
    anticoagulants,
    current_treatments,
    number_of,
    out_of_bounds,
    series,
    stated,
)
from carnet.apps.profile.writing import WRITABLE, add_entry, correct_entry, entry_history, history_in, restore_entry, withdraw_entry
from carnet.apps.storage.api import RecordKey, Work


def declare(work: Work, key: RecordKey, section: str, content: Content, at: datetime) -> None:
    """Keep what the person declared, in the scope of the record."""
    insert(work, key, new(section, content, PERSON, at, "person"))


__all__ = [
    "DECLARABLE",
    "DOCUMENT",
    "MOST",
    "NOT_CONCERNED",
    "PERSON",
    "PROFESSIONAL",
    "SECTIONS",
    "SHEET_SECTIONS",
    "SUMMARY",
    "WRITABLE",
    "Content",
    "Entry",
    "Link",
    "Made",
    "Series",
    "Stated",
    "add_entry",
    "anticoagulants",
    "category_of",
    "change_declared",
    "correct_entry",
    "current_treatments",
    "declare",
    "declare_entry",
    "entries",
    "entry_history",
    "history_in",
    "lines_of",
    "links",
    "make_link",
    "not_concerned",
    "number_of",
    "open_link",
    "out_of_bounds",
    "readable_sections",
    "restore_entry",
    "revoke_link",
    "series",
    "stated",
    "withdraw_declared",
    "withdraw_entry",
    "write_directives",
]
