"""TD3.1 / ITI-67: the documents of a record that the asker may see, a page at a time.

The visibility of the Grant is part of the statement: a hidden document is not read, so it can be in no count, page,
order or timing of what comes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.records.entry.facts import Entered, entering, opened_resource, record_of
from carnet.apps.records.entry.reading import Reading, Ready, last
from carnet.apps.records.reading.relations import trimmed
from carnet.apps.storage.api import KEY_OF_RECORD, Answer, Statement, Steps, Work, open_key, unit
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.visibility import Visibility

VISIBLE = """NOT technical AND status = ANY(%s) AND (%s OR type_code = ANY(%s::varchar[]))
  AND (NOT masked OR %s = 'all' OR (%s = 'own' AND (%s = ANY(author_ids) OR depositor = %s
       OR (%s <> '' AND (depositor_structure = %s OR (author_ids = '{}' AND %s = ANY(author_structures)))))))
  AND (NOT hidden_from_patient OR %s) AND (NOT hidden_from_representatives OR %s)
  AND (%s = 'any' OR (%s = 'author' AND %s = ANY(author_ids))
       OR (%s = 'structure' AND %s <> '' AND %s = ANY(author_structures)))"""
SORTS = {"_lastUpdated": "updated_at", "date": "authored_at", "creation": "created_at"}


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of a search: SQL with its values. Only this package writes the SQL."""

    sql: str
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page starts."""

    at: datetime
    logical_id: UUID


@dataclass(frozen=True, slots=True)
class Query:
    """A search: criteria, the types it names (for the law), order, page size, place."""

    criteria: tuple[Criterion, ...] = ()
    types: frozenset[str] = frozenset()
    sort: str = "_lastUpdated"
    ascending: bool = False
    count: int = 20
    after: Cursor | None = None
    total: bool = False
    backwards: bool = False
    """The page before `after`, not the one behind it."""
    new_since_last_visit: bool = False
    """Only what changed since the asker's last visit, which the journal knows."""
    ebrim: bool = False
    """Metadata as ebRIM where it is ready, in the place of the FHIR resource."""


@dataclass(frozen=True, slots=True)
class Page:
    """Resources ready to send, and the cursor of the next page when there is one."""

    record_id: UUID
    logical_ids: list[str]
    resources: list[bytes]
    following: Cursor | None
    total: int | None
    last_visit: datetime | None = None
    """When the asker's last visit ended, where the search asked for what is new."""
    texts: Sequence[bytes | None] = ()
    """Where ebRIM was asked for: that of each document; None for one whose resource stands in its place."""


@lru_cache(maxsize=1024)
def _literal(codes: frozenset[str]) -> str:
    """An array literal: a hundred type codes are written once, not for each request. Codes have no quote or brace."""
    return "{" + ",".join(f'"{code}"' for code in sorted(codes)) + "}"


def visible_values(visibility: Visibility) -> list[Any]:
    """Values of `VISIBLE`, in its order."""
    types = _literal(visibility.types) if visibility.types is not None else None
    masked, actor, structure, own = (
        visibility.masked.value, visibility.actor_id, visibility.structure_id, visibility.own.value,
    )  # fmt: skip
    return [
        sorted(s.value for s in visibility.statuses), types is None, types or "{}",
        masked, masked, actor, actor, structure, structure, structure,
        visibility.hidden_from_patient, visibility.hidden_from_representatives,
        own, own, actor, own, structure, structure,
    ]  # fmt: skip


def last_visit(granted: Grant) -> Statement:
    """The statement that says when this asker's last visit to the record ended."""
    ask = granted.ask
    return journal.last_visit(granted.record_id or UUID(int=0), ask.actor.key, ask.at, settings.CARNET.visit_pause())


def _criteria(granted: Grant, query: Query) -> list[Criterion]:
    if not query.new_since_last_visit:
        return list(query.criteria)
    sql, values = last_visit(granted)
    return [*query.criteria, Criterion(f"updated_at > coalesce(({sql}), '-infinity')", list(values))]


def _where(granted: Grant, query: Query) -> tuple[str, list[Any]]:
    if granted.visibility is None:
        raise PermissionError("this Grant is not one for a list")
    criteria = _criteria(granted, query)
    sql = "record_id = %s AND " + VISIBLE + "".join(f" AND ({c.sql})" for c in criteria)
    values = [granted.record_id, *visible_values(granted.visibility), *(v for c in criteria for v in c.values)]
    return sql, values


_SEEN = f"""CASE WHEN parents = '{{}}' THEN parents ELSE ARRAY(SELECT logical_id FROM records_document p
    WHERE p.record_id = %s AND p.logical_id = ANY(d.parents) AND {VISIBLE}) END"""
"""Of the documents that a row is tied to, those that the asker sees too."""


def page_statement(granted: Grant, query: Query, more: str = "") -> Statement:
    """The statement of a page of documents. `more` names further columns."""
    column, ascending = SORTS[query.sort], query.ascending is not query.backwards
    where, values = _where(granted, query)
    if query.after is not None:
        sign, beside = ">" if ascending else "<", "<" if query.backwards else ">"
        where += f" AND ({column} {sign} %s OR ({column} = %s AND logical_id {beside} %s))"
        values += [query.after.at, query.after.at, query.after.logical_id]
    order = f"ORDER BY {column} {'ASC' if ascending else 'DESC'}, logical_id {'DESC' if query.backwards else 'ASC'} LIMIT %s"
    seen = [granted.record_id, *visible_values(granted.visibility)] if granted.visibility else []
    told = "CASE WHEN ebrim IS NULL THEN resource END" if query.ebrim else "resource"
    sql = f"SELECT logical_id, {column}, {told}, parents, {_SEEN}{more} FROM records_document d WHERE {where} {order}"
    return sql, [*seen, *values, query.count + 1]


def total_statement(granted: Grant, query: Query) -> Statement:
    """The statement that counts what a search finds."""
    where, values = _where(granted, query)
    return f"SELECT count(*) FROM records_document WHERE {where}", values


def notices_of_access(ask: Ask, record_id: UUID | None) -> list[Statement]:
    """What tells the holder that a professional looked. An emergency access was told when it was opened."""
    looked = ask.actor.kind is ActorKind.PROFESSIONAL and ask.act in (Act.SEARCH, Act.READ)
    told = looked and ask.mode is Mode.NORMAL and not ask.secret
    return outbox.access_notices(record_id, ask.actor.key, ask.at) if told and record_id else []


def searching(ask: Ask, query: Query) -> Reading[Page]:
    """A search of a record. One decision, one journal entry, committed before the page is returned."""

    def steps(place: access.Place, work: Work | None) -> Steps[Ready[Page]]:
        entered = yield from entering(work, ask, requested=query.types)
        place.record_id = entered.record_id
        decided = access.decide_or_refuse(ask, entered.facts, entered.record_id)
        totals = [total_statement(decided.grant, query)] if query.total else []
        visits = [last_visit(decided.grant)] if query.new_since_last_visit else []
        # The visit is asked for before the entry of this very search is written: it must not count itself.
        page = page_statement(decided.grant, query, ", ebrim" if query.ebrim else "")
        sent = yield last(decided, *visits, page, *totals, *notices_of_access(ask, entered.record_id))
        visit, found, counted = sent[0] if visits else None, sent[len(visits)], sent[len(visits) + 1] if totals else None
        return lambda: _page(entered, query, found, counted, visit)

    return Reading(ask, steps)


def _page(entered: Entered, query: Query, found: Answer, counted: Answer | None, visit: Answer | None) -> Page:
    key, rows = entered.key, found.fetchall()
    shown = rows[: query.count]
    numbers = [str(row[0]) for row in shown]
    resources = [
        trimmed(opened_resource(key, row[2], number), row[3], row[4]) if row[2] is not None else b""
        for number, row in zip(numbers, shown, strict=True)
    ]
    texts = [key.unseal(bytes(row[5]), f"ebrim/{row[0]}") if row[5] is not None else None for row in shown] if query.ebrim else []
    following = Cursor(shown[-1][1], shown[-1][0]) if shown and len(rows) > query.count else None
    return Page(
        record_of(entered),
        numbers,
        resources,
        following,
        counted.fetchall()[0][0] if counted else None,
        visit.fetchall()[0][0] if visit else None,
        texts,
    )


def search(ask: Ask, query: Query) -> Page:
    """Search a record, in a unit of its own: `searching`."""
    return searching(ask, query).take()


def ins_of_record(ask: Ask, record_id: UUID) -> Ins:
    """The INS in force of a record that TD0.2 named by its pseudonym. It opens nothing: the decision comes next.

    Raises Refusal: what concerns the asker alone first, then `record-absent`.
    """
    with access.asking(ask):
        access.before_record(ask)
        with unit(record_id) as work:
            row = work.row(KEY_OF_RECORD, record_id)
            found = identity.active_ins(work, open_key(record_id, row[0])) if row else None
        if found is None:
            raise Refusal(No.RECORD_ABSENT)
        return found
