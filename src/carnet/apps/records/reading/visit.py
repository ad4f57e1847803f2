"""A visit to a record: one decision, one journal entry, then everything that one page shows, in one unit of work.

A page of a portal needs several things of a record at once. Each of them alone would be decided, journaled and paid for;
together they are one consultation (TD3.1), and everything that is shown passes the visibility of its Grant.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.journal.api import PATIENT
from carnet.apps.records.entry.facts import Entered, enter, named_by_document, opened_resource, record_of
from carnet.apps.records.reading.relations import trimmed
from carnet.apps.records.reading.search import (
    VISIBLE,
    Cursor,
    Query,
    last_visit,
    notices_of_access,
    page_statement,
    total_statement,
    visible_values,
)
from carnet.apps.storage.api import RecordKey, Work, unit
from carnet.dicah import Permit, decide
from carnet.dicah.acts import Opening
from carnet.dicah.facts import DocumentFacts, Facts
from carnet.formats.fhir import Json, stated_date
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits
from carnet.kernel.visibility import Status


@dataclass(frozen=True, slots=True)
class Seen:
    """A document as a page shows it: its metadata, and what the reader may do with it is asked of the law."""

    logical_id: UUID
    resource: Json
    facts: DocumentFacts
    updated_at: datetime
    deposited_at: datetime

    @property
    def dated(self) -> str:
        """Its date as it was stated: a moment, or a year, a month, a day where no more was said; empty where none is."""
        return stated_date(self.resource)

    @property
    def title(self) -> str:
        """Title of the document."""
        return str(self.resource["content"][0]["attachment"].get("title") or self.resource["type"]["coding"][0].get("display", ""))


@dataclass(slots=True)
class Line:
    """The line of the journal that tells an act: from whom it is hidden, and what it was about, is known once it is under way."""

    veil: str = ""
    detail: str = ""
    """What a page looked at, where it turned out to be another thing than it was opened for."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An open record, for one page. Only a Grant makes one."""

    work: Work
    ask: Ask
    granted: Grant
    entered: Entered
    line: Line = field(default_factory=Line)

    @property
    def record_id(self) -> UUID:
        """The record."""
        return record_of(self.entered)

    @property
    def key(self) -> RecordKey:
        """Its key."""
        return self.entered.key

    @property
    def facts(self) -> Facts:
        """What the decision was taken on."""
        return self.entered.facts

    @property
    def traits(self) -> Traits:
        """Identity of the person."""
        return self.entered.traits

    @property
    def ins(self) -> Ins:
        """INS in force."""
        if self.ask.ins is None:
            raise PermissionError("a visit names its person")
        return self.ask.ins

    def may(self, act: Act, document: DocumentFacts | None = None, minor_agreed: bool = False) -> bool:
        """Whether the law permits an act here: what a page offers is what would be done."""
        facts = replace(self.facts, document=document, minor_agreed=minor_agreed)
        return isinstance(decide(replace(self.ask, act=act), facts), Permit)

    def opens(self, section: str) -> bool:
        """Whether a section of the profile is open to the reader."""
        facts = replace(self.facts, category=section)
        return isinstance(decide(replace(self.ask, act=Act.READ_PROFILE), facts), Permit)

    def sees_secrets(self) -> bool:
        """Whether the reader sees what is hidden from the representatives of a minor."""
        return self.granted.visibility is not None and self.granted.visibility.hidden_from_representatives

    def visible_document(self, number: str) -> tuple[str, list[Any]]:
        """A fragment for the statement of another app, and its values: status, class and date of the document whose number
        stands in that column, when the reader sees it."""
        condition, values = self.visible()
        sql = f"""SELECT status, class_code, authored_at FROM records_document
            WHERE record_id = %s AND logical_id = {number} AND {condition}"""
        return sql, [self.record_id, *values]

    def visible(self) -> tuple[str, list[Any]]:
        """The condition on documents of this visit, and its values: every statement about documents carries it."""
        if self.granted.visibility is None:
            raise PermissionError("this Grant is not one for a list")
        return VISIBLE, visible_values(self.granted.visibility)


_COLUMNS = """, type_code, status, masked, hidden_from_patient, hidden_from_representatives, technical, by_patient, author_ids,
    author_structures, depositor, depositor_structure, updated_at, deposited_at"""


def _facts(row: Sequence[Any]) -> DocumentFacts:
    type_code, status, masked, patient, representatives, technical, by_patient, authors, structures, depositor, place = row[:11]
    return DocumentFacts(
        type_code, Status(status), masked, patient, representatives, technical, by_patient, frozenset(authors),
        frozenset(structures), depositor, place,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Documents:
    """A page of documents, whether there are more in its direction, and where it begins and ends."""

    items: list[Seen]
    more: bool
    total: int | None = None
    first: Cursor | None = None
    last: Cursor | None = None


def documents(visit: Visit, query: Query) -> Documents:
    """Documents of the record that the reader may see."""
    sql, values = page_statement(visit.granted, query, _COLUMNS)
    counts = [total_statement(visit.granted, query)] if query.total else []
    rows, *counted = visit.work.several([(sql, values), *counts])
    shown = rows[: query.count][:: -1 if query.backwards else 1]
    first, last = (Cursor(shown[n][1], shown[n][0]) if shown else None for n in (0, -1))
    items = [_seen(visit, row) for row in shown]
    return Documents(items, len(rows) > query.count, counted[0][0][0] if counted else None, first, last)


def _seen(visit: Visit, row: Sequence[Any]) -> Seen:
    logical_id, _, sealed, parents, seen = row[:5]
    resource = trimmed(opened_resource(visit.key, bytes(sealed), logical_id), parents, seen)
    return Seen(logical_id, json.loads(resource), _facts(row[5:]), row[16], row[17])


def previous_visit(visit: Visit) -> datetime | None:
    """When the reader's last visit ended, before this one."""
    sql, values = last_visit(visit.granted)
    found: datetime | None = visit.work.rows(sql, *values)[0][0]
    return found


@contextmanager
def visiting(
    ask: Ask, record_id: UUID | None = None, detail: str = "", act: Act = Act.SEARCH, category: str = ""
) -> Iterator[Visit]:
    """Open a record for a page: by the INS of the question, or by its pseudonym. Raises Refusal, journaled.

    The journal entry is written at the end, in the same transaction: what the page read and its trace are there together.
    `detail` says in a word what the page looked at beside metadata; it never repeats a question or a content. `act`, `category`:
    of a connected service, which reads what its person agreed to and nothing beside it. A page about one document says from whom it
    is hidden (`line` of the visit).
    """
    ask = replace(ask, act=act)
    with access.asking(ask) as place, unit() as work:
        access.before_record(ask)
        entered = enter(work, ask, record=record_id, opening=Opening.CONTENT)
        place.record_id, place.detail = entered.record_id, detail if category else ""
        if entered.record_id is None:
            raise Refusal(No.RECORD_ABSENT)
        named = named_by_document(work, ask, entered)
        facts = replace(entered.facts, category=category)
        decided = access.decide_or_refuse(named, facts, entered.record_id, detail=detail)
        access.note_lookup(work, decided.grant)
        line = Line()
        yield Visit(work, named, decided.grant, entered, line)
        if not line.veil and not line.detail:
            work.send(decided.statement, *notices_of_access(named, entered.record_id))
            return
        # The page was about a document that is hidden from somebody: so is its line, and a secret leaves no notice.
        told = access.decide_or_refuse(named, facts, entered.record_id, detail=line.detail or detail, veil=line.veil).statement
        work.send(told, *(notices_of_access(named, entered.record_id) if line.veil in ("", PATIENT) else ()))


@contextmanager
def acting(
    ask: Ask,
    act: Act,
    record_id: UUID | None = None,
    category: str = "",
    veil: str = "",
    *,
    told_first: bool = False,
    refused_on_record: bool = True,
) -> Iterator[Visit]:
    """Open a record for one act, decided and journaled as a permit. Raises Refusal.

    It shows no document: a visit that reads has a Grant for a list, this one has not. `category`: the section of the profile
    that is written. `veil`: from whom the permit is hidden in the journal, unless `line` of the visit says otherwise at the end;
    `told_first`: it is written before the act. `refused_on_record`: whether a refusal stands in the journal of the record, or in
    the asker's own alone.
    """
    ask = replace(ask, act=act)
    with access.asking(ask) as place, unit() as work:
        line = Line(veil)
        access.before_record(ask)
        entered = enter(work, ask, record=record_id, lock=True)
        place.record_id = entered.record_id if refused_on_record else None
        if entered.record_id is None:
            raise Refusal(No.RECORD_ABSENT)
        named = named_by_document(work, ask, entered)
        facts = replace(entered.facts, category=category)
        decided = access.decide_or_refuse(named, facts, entered.record_id, veil=veil)
        if told_first:
            work.send(decided.statement)
        try:
            yield Visit(work, named, decided.grant, entered, line)
        except Refusal:
            place.veil = line.veil
            raise
        if not told_first:
            # The lock of a chain is taken last, after every lock of rows, and held for the shortest time.
            work.send(access.decide_or_refuse(named, facts, entered.record_id, veil=line.veil).statement)


@contextmanager
def writing(
    ask: Ask, act: Act, record_id: UUID | None = None, detail: str = "", category: str = "", veil: str = ""
) -> Iterator[Visit]:
    """Open a record for a write: as `acting`, and at the end journaled as the write that it is. Raises Refusal."""
    with acting(ask, act, record_id, category, veil, told_first=True) as visit:
        yield visit
        access.write_entry(visit.work, visit.granted, (), detail, visit.line.veil)


def consulted(visit: Visit, act: Act) -> None:
    """A further consultation inside a visit (TD1.3a, TD1.6, own traces): decided and journaled. Raises Refusal."""
    access.grant(visit.work, replace(visit.ask, act=act), visit.facts, visit.record_id)


@contextmanager
def written(visit: Visit, act: Act, detail: str = "", category: str = "", veil: str = "") -> Iterator[Grant]:
    """A write inside a visit: a decision of its own, and the write in the journal. Raises Refusal."""
    facts = replace(visit.facts, category=category)
    granted = access.grant(visit.work, replace(visit.ask, act=act), facts, visit.record_id, veil=veil)
    yield granted
    access.write_entry(visit.work, granted, (), detail, veil)
