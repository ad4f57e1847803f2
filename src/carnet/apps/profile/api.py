"""Public face of the health profile: read inside a visit, written by an act of its own.

`declare` writes what a person said elsewhere (import, demonstration); `declare_entry` and its like are the person's own acts.
"""

from datetime import datetime

from carnet.apps.profile.declaring import (
    DECLARABLE,
    category_of,
    change_declared,
    declare_entries,
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
    SERVICE,
    SUMMARY,
    Content,
    Entry,
    entries,
    entries_for_timer,
    entries_written,
    first_day,
    insert,
    kept_from_representatives,
    last_day,
    new,
    number_of,
    readable_sections,
)
from carnet.apps.profile.measures import DIASTOLIC, MEASURES, OF_SENSORS, SYSTOLIC, Measure
from carnet.apps.profile.results import Series, by_chapter, comparable, moment_of, out_of_bounds, pressures, series
from carnet.apps.profile.scope import narrowed
from carnet.apps.profile.sheet import SHEET_SECTIONS, Link, Made, lines_of, links, make_link, open_link, revoke_link
from carnet.apps.profile.summary import Stated, absences, active, day_of, said_on, stated, stays_of
from carnet.apps.profile.taking import say_taking
from carnet.apps.profile.treatments import ATC, Badge, Course, Treatment, Word, dose_of, ended_lately, in_course, treatments
from carnet.apps.profile.writing import (
    WRITABLE,
    add_entry,
    correct_entry,
    entry_history,
    history_in,
    may_change,
    restore_entry,
    withdraw_entry,
)
from carnet.apps.profile.written import PRESSURE, Written, WrittenError, read_written
from carnet.apps.storage.api import RecordKey, Work
from carnet.formats.fhir.emergency_sheet import Line


def stated_entry(section: str, content: Content, at: datetime) -> Entry:
    """An entry of no record: what somebody sends to be looked at, and that is not kept."""
    return new(section, content, PROFESSIONAL, at, "")


def declare(work: Work, key: RecordKey, section: str, content: Content, at: datetime) -> None:
    """Keep what the person declared, in the scope of the record."""
    insert(work, key, new(section, content, PERSON, at, "person"))


__all__ = [
    "ATC",
    "DECLARABLE",
    "DIASTOLIC",
    "DOCUMENT",
    "MEASURES",
    "MOST",
    "NOT_CONCERNED",
    "OF_SENSORS",
    "PERSON",
    "PRESSURE",
    "PROFESSIONAL",
    "SECTIONS",
    "SERVICE",
    "SHEET_SECTIONS",
    "SUMMARY",
    "SYSTOLIC",
    "WRITABLE",
    "Badge",
    "Content",
    "Course",
    "Entry",
    "Line",
    "Link",
    "Made",
    "Measure",
    "Series",
    "Stated",
    "Treatment",
    "Word",
    "Written",
    "WrittenError",
    "absences",
    "active",
    "add_entry",
    "by_chapter",
    "category_of",
    "change_declared",
    "comparable",
    "correct_entry",
    "day_of",
    "declare",
    "declare_entries",
    "declare_entry",
    "dose_of",
    "ended_lately",
    "entries",
    "entries_for_timer",
    "entries_written",
    "entry_history",
    "first_day",
    "history_in",
    "in_course",
    "insert",
    "kept_from_representatives",
    "last_day",
    "lines_of",
    "links",
    "make_link",
    "may_change",
    "moment_of",
    "narrowed",
    "new",
    "not_concerned",
    "number_of",
    "open_link",
    "out_of_bounds",
    "pressures",
    "read_written",
    "readable_sections",
    "restore_entry",
    "revoke_link",
    "said_on",
    "say_taking",
    "series",
    "stated",
    "stated_entry",
    "stays_of",
    "treatments",
    "withdraw_declared",
    "withdraw_entry",
    "write_directives",
]
