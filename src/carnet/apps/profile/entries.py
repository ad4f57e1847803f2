"""Entries of the health profile: what is stored, and what a reader sees of it.

An entry that comes from a document, or that confirms or corrects one that does, is seen by whoever sees that document: what
is masked is masked with everything that was read in it.
"""

import json
import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from carnet.apps.records.api import Query, Visit, criteria, documents
from carnet.apps.storage.api import RecordKey, Row, Table, Work
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

TABLES = (Table("profile_entry", {"sealed": lambda row: f"profile/{row['entry_id']}"}), Table("profile_sheet"))
NOT_CONCERNED = "not-concerned"
"""Code of the entry by which a person says that a section does not concern them: it is no allergy, no illness, no drug."""
WORD = "word"
"""Phase of what a person says of a treatment that others state: it stands beside their word, and ends nothing of theirs."""
OVER = "terminé"
ENDINGS = {
    "inactive": "non actif",
    "remission": "en rémission",
    "aborted": "arrêté",
    "suspended": "suspendu",
    "cancelled": "annulé",
}
"""How what is over ended, by its author's word for it; `OVER` for every other. Pages translate them."""
DOCUMENT, PROFESSIONAL, PERSON, SERVICE = "document", "professional", "person", "service"
SECTIONS: dict[str, str] = {
    "allergies": "allergies",
    "treatments": "treatments",
    "vaccinations": "vaccinations",
    "problems": "history",
    "history": "history",
    "devices": "history",
    "wishes": "wishes",
    "contacts": "contacts",
    "family": "family-history",
    "habits": "habits",
    "disability": "disability",
    "blood": "blood-group",
    "measures": "measures",
    "directives": "directives",
    "equipment": "history",
    "obstetrics": "history",
    "vitals": "",
    "results": "",
    "stays": "",
}
"""Section → the category that the law opens or closes. Results, vital signs and stays are read in documents alone, which decide:
what the person measures is another section."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says. Dates are ISO, as precise as they were stated (`1998`, `2004-07`), empty when they are unknown."""

    label: str
    code: str = ""
    system: str = ""
    start: str = ""
    end: str = ""
    detail: str = ""
    value: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    anchor: str = ""
    active: bool = True
    origin: str = ""
    """Where the start comes from: empty for the entry itself, `organizer`, `document`, `unknown` (said so), `not-stated`,
    `unreadable` (written, and no date)."""
    instant: str = ""
    """The start with its hour, as it was written."""
    polarity: str = ""
    """`known-absent`, `partly-absent` or `no-information`: nothing of the kind is known, or nobody knows."""
    status: str = ""
    certainty: str = ""
    comparator: str = ""
    upper: str = ""
    """Upper end of a value that is a range."""
    bounds_unit: str = ""
    bounds_text: str = ""
    """Bounds that are words, or that hold for some people alone."""
    interpretation: str = ""
    also: str = ""
    phase: str = ""
    """`admission`, `given`, `dispensed`: at which moment of care a treatment is stated."""
    organism: str = ""
    author: str = ""
    place: str = ""
    """The organisation of that author: a laboratory, a hospital."""
    lasts: str = ""
    """Duration in words."""
    route: str = ""
    site: str = ""
    """How and where a vaccine was given, in words."""
    clinical: str = ""
    """Clinical status that its author gives: `active`, `inactive`, `remission`, `resolved`; empty where none is stated."""
    performer: str = ""
    """Who gave a dose, where its document names them; its author only tells of it."""
    comment: str = ""
    """What its author noted beside it."""
    proof: str = ""
    """The document of the record that shows it, for what a person declares: its number."""
    codes: tuple[tuple[str, str, str], ...] = ()
    """Every code that the document gives: code, system, name."""

    @property
    def starts(self) -> date | None:
        """Start as a date, the first day that it may be."""
        return first_day(self.start)

    @property
    def ends(self) -> date | None:
        """End as a date, the last day that it may be."""
        return last_day(self.end)

    @property
    def measured(self) -> float | None:
        """A value that may be drawn and compared; None for words, a range, and what is only below or above a limit."""
        return None if self.comparator or self.upper else number_of(self.value)

    def over(self, today: date) -> bool:
        """Whether it is over on a day: its author said so, or its end has come."""
        return not self.active or (self.ends is not None and self.ends < today)


_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:[.,][0-9]{0,30})?|[.,][0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")


def number_of(text: str) -> float | None:
    """A value as a number, with a comma or a point; None for words, and for what only a program would take for a number."""
    return float(text.strip().replace(",", ".")) if _NUMBER.fullmatch(text.strip()) else None


def first_day(partial: str) -> date | None:
    """The first day of a date that may lack its day or its month."""
    return date.fromisoformat(f"{partial}-01-01"[:10]) if partial else None


def check_born(visit: Visit, section: str, content: Content) -> None:
    """A vaccination that somebody writes is not before the birth: its year was mistyped. Raises Refusal."""
    last = last_day(content.start) if section == "vaccinations" else None
    if last is not None and last.isoformat() < visit.traits.birth_date:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "a vaccination that is not before the birth"})


def last_day(partial: str) -> date | None:
    """The last day of a date that may lack its day or its month."""
    if len(partial) == len("2004-07"):
        year, month = int(partial[:4]), int(partial[5:])
        return date(year, month, monthrange(year, month)[1])
    return date.fromisoformat(f"{partial}-12-31"[:10]) if partial else None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with its source. `recorded_by` is a PS_IdNat, a person's key, or the document's depositor."""

    id: UUID
    section: str
    source: str
    document_id: UUID | None
    recorded_at: datetime
    recorded_by: str
    confirmed: bool
    replaces: UUID | None
    ended_at: datetime | None
    content: Content
    secret: bool = False
    """Written by a minor, and kept from the representatives."""
    document_class: str = ""
    """Class of the document that it comes from, and when that document was written."""
    written_at: datetime | None = None

    def ending(self, today: date) -> str:
        """How it is over on a day, in its author's words: not active, in remission. Empty for what is not over."""
        said = self.content
        told = said.clinical or (said.status if self.section == "treatments" and not said.active else "")
        return ENDINGS.get(told, OVER) if said.over(today) else ""


_COLUMNS = "entry_id, section, source, document_id, recorded_at, recorded_by, confirmed, replaces, ended_at, sealed, secret"


def insert(work: Work, key: RecordKey, entry: Entry) -> None:
    """Write an entry."""
    sealed = key.seal(json.dumps(asdict(entry.content), ensure_ascii=False).encode(), f"profile/{entry.id}")
    work.run(
        f"INSERT INTO profile_entry (record_id, {_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        key.record_id, entry.id, entry.section, entry.source, entry.document_id, entry.recorded_at, entry.recorded_by,
        entry.confirmed, entry.replaces, entry.ended_at, sealed, entry.secret,
    )  # fmt: skip


def new(
    section: str, content: Content, source: str, at: datetime, by: str, document_id: UUID | None = None,
    confirmed: bool = False, replaces: UUID | None = None, secret: bool = False,
) -> Entry:  # fmt: skip
    """A new entry. Raises ValueError for a section that does not exist."""
    if section not in SECTIONS:
        raise ValueError("no such section of the profile")
    return Entry(uuid4(), section, source, document_id, at, by, confirmed, replaces, None, content, secret)


_FIELDS = frozenset(f.name for f in fields(Content))


def opened(key: RecordKey, row: Row) -> Entry:
    """Open a row."""
    told: dict[str, Any] = json.loads(key.unseal(bytes(row[9]), f"profile/{row[0]}"))
    # A field that a later version added is not known to this one: it is left aside, not a failure.
    content = Content(**{name: value for name, value in told.items() if name in _FIELDS})
    if content.codes:
        content = replace(content, codes=tuple((code, system, name) for code, system, name in content.codes))
    number, section, source, document_id, at, by, confirmed, replaces, ended_at = row[:9]
    return Entry(
        number, section, source, document_id, at, by, confirmed, replaces, ended_at, content, row[10], row[11] or "", row[12]
    )


def readable_sections(visit: Visit, wanted: Iterable[str] = SECTIONS) -> list[str]:
    """Those of the sections that the law opens to this reader."""
    return [s for s in wanted if not SECTIONS[s] or visit.opens(SECTIONS[s])]


MOST = 5000
_MANY = frozenset({"results", "vitals"})
SUMMARY = 60
"""Results that one screen of summary opens: a page of a long record costs what a page of a short one does."""


def entries(
    visit: Visit, wanted: Iterable[str] = SECTIONS, ended: bool = False, most: int = MOST, markers: bool = False
) -> list[Entry]:
    """Entries that the reader may see, the newest first. `ended` brings those that were replaced or withdrawn too.

    What a minor kept from the representatives is in no list of theirs. `markers` brings sections that do not concern the person.

    At most `most` results: a measure has a value a week for years. Nothing else is cut there, because an allergy that one old
    document alone states counts as much as the newest.
    """
    # OFFSET keeps the look-up of each entry's document by its key: without statistics the planner would scan the record.
    document, values = visit.visible_document("p.document_id")
    sections = readable_sections(visit, wanted)
    over = "" if ended else "AND p.ended_at IS NULL"
    rows = visit.work.rows(
        f"""SELECT {_COLUMNS}, class_code, authored_at FROM unnest(%s::varchar[], %s::int[]) AS wanted (name, most)
        CROSS JOIN LATERAL (SELECT p.*, d.class_code, d.authored_at FROM profile_entry p
        LEFT JOIN LATERAL ({document} OFFSET 0) d ON true WHERE p.record_id = %s
        AND p.section = wanted.name AND (NOT p.secret OR %s) {over}
        AND (p.document_id IS NULL OR d.status = 'Approved' OR (d.status IS NOT NULL AND p.source <> 'document'))
        ORDER BY p.recorded_at DESC, p.entry_id LIMIT wanted.most) AS e ORDER BY recorded_at DESC, entry_id""",
        sections, [most if section in _MANY else MOST for section in sections], *values, visit.record_id,
        visit.sees_secrets(),
    )  # fmt: skip
    found = [opened(visit.key, row) for row in rows]
    return found if markers else [e for e in found if e.content.code != NOT_CONCERNED]


def kept_from_representatives(visit: Visit, entry: Entry) -> bool:
    """Whether a minor's representatives know nothing of an entry: it is secret itself, or the document that it comes from is."""
    if entry.secret or entry.document_id is None:
        return entry.secret
    found = documents(visit, Query((criteria.by_logical_id([str(entry.document_id)]),), count=1)).items
    return any(d.facts.hidden_from_representatives for d in found)


def entries_for_timer(work: Work, key: RecordKey, wanted: Iterable[str], unseen: Iterable[UUID]) -> list[Entry]:
    """Entries that the holder sees, for the worker's clocks: without those of some documents, and what a minor keeps secret."""
    rows = work.rows(
        f"""SELECT {_COLUMNS}, '', NULL FROM profile_entry WHERE record_id = %s AND section = ANY(%s) AND ended_at IS NULL
        AND NOT secret AND (document_id IS NULL OR document_id <> ALL(%s))""",
        key.record_id, list(wanted), list(unseen),
    )  # fmt: skip
    return [opened(key, row) for row in rows]


def entries_written(work: Work, key: RecordKey, by: str, most: int = 2000) -> list[Entry]:
    """What one connected service wrote and that holds, the newest first: to tell what comes twice."""
    rows = work.rows(
        f"""SELECT {_COLUMNS}, '', NULL FROM profile_entry WHERE record_id = %s AND source = 'service' AND recorded_by = %s
        AND ended_at IS NULL ORDER BY recorded_at DESC LIMIT %s""",
        key.record_id, by, most,
    )  # fmt: skip
    return [opened(key, row) for row in rows]


def forget(work: Work, record_id: UUID) -> None:
    """Erase the profile of a record that is destroyed."""
    work.run("DELETE FROM profile_entry WHERE record_id = %s", record_id)
    work.run("DELETE FROM profile_sheet WHERE record_id = %s", record_id)
