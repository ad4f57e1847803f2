"""ITI-66: submission sets and folders of a record, with the documents that the asker sees in them.

A set shows through its documents, or through what it put into folders: one of which the asker sees nothing is not there. One that
brought no document (`bare`) hides none. Titles and codes of sets are sealed, so what is asked of them is compared after they are
opened; a record has tens of sets, not thousands.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.records.entry.facts import Entered, enter, named_by_document, opened_resource, record_of
from carnet.apps.records.reading.relations import trimmed
from carnet.apps.records.reading.search import VISIBLE, Query, notices_of_access, page_statement, visible_values
from carnet.apps.storage.api import RecordKey, Row, Statement, unit
from carnet.formats.fhir import Json, with_entries
from carnet.formats.packing import unpacked
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal

SUBMISSION_SETS, FOLDERS = "submissionset", "folder"
_DOCUMENTS = {
    SUBMISSION_SETS: "SELECT array_agg(logical_id ORDER BY deposited_at, logical_id) "
    "FILTER (WHERE submission_id = l.submission_id) AS seen, count(*) AS shown FROM records_document "
    "WHERE record_id = l.record_id AND (submission_id = l.submission_id OR logical_id IN (SELECT i.logical_id "
    "FROM records_folder_item i WHERE i.record_id = l.record_id AND i.submission_id = l.submission_id)) "
    f"AND {VISIBLE}",
    FOLDERS: "SELECT array_agg(logical_id ORDER BY deposited_at, logical_id) AS seen, count(*) AS shown FROM records_document "
    "WHERE record_id = l.record_id AND logical_id IN (SELECT i.logical_id FROM records_folder_item i "
    f"WHERE i.record_id = l.record_id AND i.folder_id = l.folder_id) AND {VISIBLE}",
}
_COLUMNS = {
    SUBMISSION_SETS: ("records_submission_set", "submission_id", "submitted_at", "submission"),
    FOLDERS: ("records_folder", "folder_id", "made_at", "folder"),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What is asked of the lists of a record. `matches` is tried on each opened List."""

    kinds: tuple[str, ...] = (SUBMISSION_SETS, FOLDERS)
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()
    unique_ids: tuple[str, ...] = ()
    source_id: str = ""
    matches: Callable[[Json], bool] = lambda _: True
    count: int = 20
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists, the newest first, and whether there are more."""

    record_id: UUID
    resources: list[Json]
    more: bool


def _statement(granted: Grant, kind: str, query: ListQuery) -> Statement:
    if granted.visibility is None:
        raise PermissionError("this Grant is not one for a list")
    table, number, moment, _ = _COLUMNS[kind]
    visibility = granted.visibility
    where = "l.record_id = %s AND (v.shown > 0 OR (l.bare AND (%s = 'any' OR l.depositor = %s)))"
    values = [*visible_values(visibility), granted.record_id, visibility.own.value, visibility.actor_id]
    narrowing = (
        (query.since, f"l.{moment} >= %s"),
        (query.until, f"l.{moment} < %s"),
        (list(query.ids), f"l.{number}::text = ANY(%s)"),
        (list(query.unique_ids), "l.unique_id = ANY(%s)"),
        (query.source_id, "l.source_id = %s" if kind == SUBMISSION_SETS else "%s = ''"),
    )
    for value, condition in narrowing:
        if value:
            where, values = f"{where} AND {condition}", [*values, value]
    sql = f"""SELECT l.{number}, l.{moment}, l.resource, v.seen FROM {table} l
        JOIN LATERAL ({_DOCUMENTS[kind]}) v ON true WHERE {where} ORDER BY l.{moment} DESC, l.{number}"""
    return sql, values


def _open(key: RecordKey, kind: str, row: Row) -> Json:
    resource: Json = json.loads(unpacked(key.unseal(bytes(row[2]), f"{_COLUMNS[kind][3]}/{row[0]}")))
    return with_entries(resource, [str(one) for one in row[3] or ()])


def _found(entered: Entered, answers: list[tuple[str, list[Row]]], query: ListQuery) -> Iterator[Json]:
    rows = [(row, kind) for kind, found in answers for row in found]
    rows.sort(key=lambda pair: (-pair[0][1].timestamp(), str(pair[0][0])))
    opened = (_open(entered.key, kind, row) for row, kind in rows)
    return (resource for resource in opened if query.matches(resource))


def search_lists(ask: Ask, query: ListQuery) -> Lists:
    """Search the lists of a record. One decision, one journal entry, committed before anything is opened."""
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask)
        place.record_id = entered.record_id
        decided = access.decide_or_refuse(ask, entered.facts, entered.record_id)
        statements = [_statement(decided.grant, kind, query) for kind in query.kinds]
        _, *cursors = work.send(decided.statement, *statements)
    answers = [(kind, cursor.fetchall()) for kind, cursor in zip(query.kinds, cursors, strict=True)]
    found = list(_found(entered, answers, query))[query.skip :]
    return Lists(record_of(entered), found[: query.count], len(found) > query.count)


@dataclass(frozen=True, slots=True)
class Item:
    """A document that stands in a folder, since when, and which set put it there: none where it took another's place."""

    folder_id: UUID
    logical_id: UUID
    added_at: datetime
    submission_id: UUID | None


@dataclass(frozen=True, slots=True)
class Whole:
    """What the asker sees of a record: documents of every status that they may see, submission sets and folders.

    `makers` says which set made a folder. `items` tell of documents that the asker may not see: they are compared with those of the
    answer, never told.
    """

    record_id: UUID
    documents: list[Json]
    lists: list[Json]
    makers: dict[UUID, UUID | None]
    items: list[Item]


_ITEMS = "SELECT folder_id, logical_id, added_at, submission_id FROM records_folder_item WHERE record_id = %s"
_MAKERS = "SELECT folder_id, submission_id FROM records_folder WHERE record_id = %s"


def read_whole(ask: Ask, most: int) -> Whole:
    """Everything that the asker sees of a record's registry (ITI-18). One decision, one journal entry, then the reading.

    Raises Refusal `too-many-results` for more than `most` documents.
    """
    query = Query(count=most)
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask)
        place.record_id = entered.record_id
        decided = access.decide_or_refuse(ask, entered.facts, entered.record_id)
        statements = [_statement(decided.grant, kind, ListQuery()) for kind in (SUBMISSION_SETS, FOLDERS)]
        statements += [(sql, [entered.record_id]) for sql in (_ITEMS, _MAKERS)]
        notices = notices_of_access(ask, entered.record_id)
        _, page, *cursors = work.send(decided.statement, page_statement(decided.grant, query), *statements, *notices)
        rows = page.fetchall()
        items: list[Item] = [Item(*row) for row in cursors[2].fetchall()]
        makers: dict[UUID, UUID | None] = dict(cursors[3].fetchall())
        answers = [(kind, cursor.fetchall()) for kind, cursor in zip((SUBMISSION_SETS, FOLDERS), cursors, strict=False)]
    if len(rows) > most:
        raise Refusal(No.TOO_MANY_RESULTS)
    documents = [
        json.loads(trimmed(opened_resource(entered.key, bytes(resource), logical_id), parents, seen))
        for logical_id, _, resource, parents, seen in rows
    ]
    return Whole(record_of(entered), documents, list(_found(entered, answers, ListQuery())), makers, items)


def read_list(ask: Ask, list_id: UUID) -> Json:
    """One submission set or folder by its id. Raises Refusal `document-unknown` for one of which the asker sees nothing."""
    with access.asking(ask) as place, unit() as work:
        access.before_record(ask)
        entered = enter(work, ask, list_id)
        place.record_id = entered.record_id
        if entered.record_id is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        try:
            decided = access.decide_or_refuse(named_by_document(work, ask, entered), entered.facts, entered.record_id)
        except Refusal:
            # Whoever may not search this record is told of no list in it: one of masked documents would else differ.
            raise Refusal(No.DOCUMENT_UNKNOWN) from None
        query = ListQuery(ids=(str(list_id),))
        _, *cursors = work.send(decided.statement, *(_statement(decided.grant, kind, query) for kind in query.kinds))
        answers = [(kind, cursor.fetchall()) for kind, cursor in zip(query.kinds, cursors, strict=True)]
        found = list(_found(entered, answers, query))
        if not found:
            raise Refusal(No.DOCUMENT_UNKNOWN)
    return found[0]
