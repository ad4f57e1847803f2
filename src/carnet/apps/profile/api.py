"""Public face of the health profile: read inside a visit, written by an act of its own.

`declare` writes what a person said elsewhere (import, demonstration): the person's own door is the portal.
"""

from datetime import datetime

from carnet.apps.profile.entries import (
    DOCUMENT,
    MOST,
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
    "DOCUMENT",
    "MOST",
    "PERSON",
    "PROFESSIONAL",
    "SECTIONS",
    "SUMMARY",
    "WRITABLE",
    "Content",
    "Entry",
    "Series",
    "Stated",
    "add_entry",
    "anticoagulants",
    "correct_entry",
    "current_treatments",
    "declare",
    "entries",
    "entry_history",
    "history_in",
    "number_of",
    "out_of_bounds",
    "readable_sections",
    "restore_entry",
    "series",
    "stated",
    "withdraw_entry",
]
