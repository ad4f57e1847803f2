"""Two records of one person made one, parted again, and documents given back to whose they are (identity vigilance).

An operator asks, a second one confirms, the worker carries out (`uniting`): operators open no document. It is told in both journals
and to the person. Until a term *(setting)* one act takes a union back: what it brought goes back, with what was added to it since.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records.lifecycle.by_help_desk import operator_grant
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Row, Work, unit
from carnet.dicah.facts import DocumentFacts, RecordState
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal

UNITE, SPLIT = "unite", "split"
COLUMNS = """id, kind, kept, absorbed, asked_at, asked_by, confirmed_at, confirmed_by, done_at, undo_asked_at, undo_asked_by,
    undone_at, outcome, state_before, moved"""
MOST = 200
_UNITES = frozenset({RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION, RecordState.OPEN, RecordState.CLOSED})
"""States of a record that another one may take in. One that was opposed is asked about first; a suspended one waits."""


@dataclass(frozen=True, slots=True)
class Union:
    """A union or a split: both records, who asked and confirmed, what came of it."""

    id: UUID
    kind: str
    kept: UUID
    absorbed: UUID
    asked_at: datetime
    asked_by: str
    confirmed_at: datetime | None
    confirmed_by: str
    done_at: datetime | None
    undo_asked_at: datetime | None
    undo_asked_by: str
    undone_at: datetime | None
    outcome: str
    state_before: str
    moved: dict[str, Any]

    @property
    def waits_for(self) -> str:
        """What comes next: `second` operator, `worker`, `undoing`, or nothing (empty)."""
        if self.outcome:
            return ""
        if self.undo_asked_at is not None:
            return "" if self.undone_at else "undoing"
        return "second" if self.confirmed_at is None else "worker" if self.done_at is None else ""

    def undone_until(self) -> date | None:
        """The day until which a union can be taken back; None for one that cannot."""
        if self.kind != UNITE or self.done_at is None or self.undo_asked_at is not None or self.outcome:
            return None
        return access.law().day(self.done_at + access.law().union_undone_within)


@dataclass(frozen=True, slots=True)
class Outlined:
    """A document as an operator sees it: when it was deposited and by which structure. Neither type, nor title, nor content."""

    logical_id: UUID
    day: date
    structure: str
    by_patient: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of two records, as an operator compares them: name, date of birth, state, documents by day and structure."""

    record_id: UUID
    name: str
    birth_date: str
    sex: str
    birth_place: str
    state: str
    documents: list[Outlined]
    has_account: bool


def compared_side(ask: Ask, record_id: UUID) -> Side:
    """A record as an operator compares it with another; journaled there. Raises Refusal, `document-unknown` without one."""
    with unit(record_id) as work:
        granted = operator_grant(ask, record_id)
        told = identity.known(work, record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s", record_id)
        if told is None or row is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        found = work.rows("SELECT logical_id, at, structure, by_patient FROM records_deposited(%s)", record_id)
        names = identity.names(work, {str(structure) for _, _, structure, _ in found if structure})
        access.write_entry(work, granted, (), "compared")
        account = signin.account_named(work, record_id) is not None
    traits = told[1]
    day = access.law().day
    outline = [Outlined(n, day(at), names.get(s, (s, None))[0] if s else "", mine) for n, at, s, mine in found]
    return Side(record_id, signin.name_of(traits), traits.birth_date, traits.sex, traits.birth_place, str(row[0]), outline, account)


def obstacle(work: Work, kept: UUID, absorbed: UUID) -> str:
    """Why two records are not united, in a word; empty where they may be. Both are locked, in one order for everybody."""
    states = {}
    for record_id in sorted((kept, absorbed)):
        work.enter(record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
        states[record_id] = RecordState(row[0]) if row else RecordState.ABSENT
    if kept == absorbed:
        return "same"
    if states[kept] is not RecordState.OPEN:
        return "kept-not-open"
    return "" if states[absorbed] in _UNITES else "absorbed-state"


def ask_union(ask: Ask, kept: UUID, absorbed: UUID) -> UUID:
    """Ask for a union: `absorbed` goes into `kept`. Raises Refusal: `request-malformed` with the obstacle."""
    operator_grant(ask, None)
    with unit() as work:
        why = obstacle(work, kept, absorbed) or _in_course(work, kept, absorbed)
        if why:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": why})
        return _written(work, ask, UNITE, kept, absorbed, {})


def ask_split(ask: Ask, source: UUID, target: UUID, documents: list[UUID]) -> UUID:
    """Ask that documents of one record go to the one of the person whose they are. Raises Refusal: `request-malformed`."""
    operator_grant(ask, None)
    with unit() as work:
        known = {row[0] for row in work.rows("SELECT logical_id FROM records_deposited(%s)", source)}
        if source == target or not documents or not set(documents) <= known:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "documents"})
        work.enter(target)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s", target)
        if row is None or row[0] in (RecordState.MERGED, RecordState.DESTROYED, RecordState.OPPOSED):
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "absorbed-state"})
        if _in_course(work, source, target):
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "in-course"})
        return _written(work, ask, SPLIT, source, target, {"documents": sorted(str(d) for d in documents)})


def _in_course(work: Work, one: UUID, other: UUID) -> str:
    pair = [one, other]
    rows = work.rows(
        """SELECT 1 FROM records_union WHERE outcome = '' AND (kept = ANY(%s) OR absorbed = ANY(%s))
        AND (done_at IS NULL OR (undo_asked_at IS NOT NULL AND undone_at IS NULL)) LIMIT 1""",
        pair, pair,
    )  # fmt: skip
    return "in-course" if rows else ""


def veils_of(work: Work, record_id: UUID, documents: Collection[str]) -> dict[str, str]:
    """From whom on the patient's side lines about documents of a record are hidden, by document."""
    rows = work.rows("SELECT logical_id, hidden_from_patient, hidden_from_representatives FROM records_veils(%s, %s)",
                     record_id, [UUID(d) for d in documents])  # fmt: skip
    return {str(n): access.veil_of(DocumentFacts("", hidden_from_patient=p, hidden_from_representatives=r)) for n, p, r in rows}


def tell_documents(work: Work, granted: Grant, veils: Mapping[str, str], detail: str) -> None:
    """A line of the journal for the documents that all may know of, and one for each sort of those that some may not."""
    for veil in sorted(set(veils.values())):
        access.write_entry(work, granted, tuple(sorted(d for d, v in veils.items() if v == veil)), detail, veil=veil)


def _written(work: Work, ask: Ask, kind: str, kept: UUID, absorbed: UUID, moved: dict[str, Any]) -> UUID:
    number = uuid4()
    work.run(
        """INSERT INTO records_union (id, kind, kept, absorbed, asked_at, asked_by, confirmed_by, undo_asked_by, outcome,
        state_before, moved) VALUES (%s, %s, %s, %s, %s, %s, '', '', '', '', %s)""",
        number, kind, kept, absorbed, ask.at, ask.actor.key, Jsonb(moved),
    )  # fmt: skip
    _tell_both(work, ask, Union(number, kind, kept, absorbed, ask.at, "", None, "", None, None, "", None, "", "", moved), "asked")
    return number


def _tell_both(work: Work, ask: Ask, one: Union, word: str) -> None:
    """A line in both journals: of a split, about its documents, hidden from whom they are hidden."""
    veils = veils_of(work, one.kept, one.moved["documents"]) if one.kind == SPLIT else {}
    for record_id in (one.kept, one.absorbed):
        work.enter(record_id)
        granted = operator_grant(ask, record_id)
        if one.kind == SPLIT:
            tell_documents(work, granted, veils, f"{one.kind}-{word}")
        else:
            access.write_entry(work, granted, (), f"{one.kind}-{word}")


def _union(row: Row) -> Union:
    return Union(*row)


def unions(ask: Ask) -> list[tuple[Union, str, str]]:
    """Unions and splits with the names of both sides, those that wait first, then the newest. Raises Refusal for anybody but an
    operator."""
    operator_grant(ask, None)
    with unit() as work:
        rows = work.rows(f"SELECT {COLUMNS} FROM records_union ORDER BY asked_at DESC LIMIT %s", MOST)
        found = [(one, _name(work, one.kept), _name(work, one.absorbed)) for one in map(_union, rows)]
    return sorted(found, key=lambda row: not row[0].waits_for)


def _name(work: Work, record_id: UUID) -> str:
    told = identity.known(work, record_id)
    return signin.name_of(told[1]) if told else ""


def union_of(ask: Ask, number: UUID) -> Union:
    """One of them. Raises Refusal."""
    operator_grant(ask, None)
    with unit() as work:
        return _held(work, number)


def _held(work: Work, number: UUID) -> Union:
    row = work.row(f"SELECT {COLUMNS} FROM records_union WHERE id = %s FOR UPDATE", number)
    if row is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return _union(row)


def decide_union(ask: Ask, number: UUID, *, confirmed: bool) -> None:
    """Confirm what another operator asked for, or set it aside. Raises Refusal: `function-not-allowed` for one's own."""
    operator_grant(ask, None)
    with unit() as work:
        held = _held(work, number)
        if held.waits_for != "second":
            raise Refusal(No.DOCUMENT_UNKNOWN)
        if confirmed and signin.same_operator(held.asked_by, ask.actor.key):
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        work.run("UPDATE records_union SET confirmed_at = %s, confirmed_by = %s, outcome = %s WHERE id = %s",
                 ask.at, ask.actor.key, "" if confirmed else "dropped", number)  # fmt: skip
        _tell_both(work, ask, held, "confirmed" if confirmed else "dropped")


def ask_undo(ask: Ask, number: UUID) -> None:
    """Have a union taken back. Raises Refusal: `request-malformed` where its term is over, or where it is taken back already."""
    operator_grant(ask, None)
    with unit() as work:
        held = _held(work, number)
        until = held.undone_until()
        if until is None or access.law().day(ask.at) > until or _in_course(work, held.kept, held.absorbed):
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "the union cannot be taken back"})
        work.run("UPDATE records_union SET undo_asked_at = %s, undo_asked_by = %s WHERE id = %s", ask.at, ask.actor.key, number)
        for record_id in (held.kept, held.absorbed):
            work.enter(record_id)
            access.write_entry(work, operator_grant(ask, record_id), (), "undo-asked")
