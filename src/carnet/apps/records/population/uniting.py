"""The worker carries out what two operators decided: unites two records, parts them again, gives documents back.

Each is one transaction over both records; a worker that dies in the middle leaves nothing done, and begins again.
"""

import logging
from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.states import change_state, erase
from carnet.apps.records.population.moving import Moved, move_all, move_part
from carnet.apps.records.population.unions import COLUMNS, SPLIT, UNITE, Union, obstacle, tell_documents, veils_of
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, key_of, remove_all, unit
from carnet.dicah.facts import RecordState
from carnet.kernel.clock import Timer, catch_up
from carnet.kernel.grant import Grant

log = logging.getLogger("carnet.unions")
_DUE = """SELECT id FROM records_union WHERE outcome = '' AND confirmed_at IS NOT NULL
    AND (done_at IS NULL OR (undo_asked_at IS NOT NULL AND undone_at IS NULL)) ORDER BY asked_at LIMIT %s"""
_OVER = "SELECT id FROM records_union WHERE kind = 'unite' AND outcome = '' AND undo_asked_at IS NULL AND done_at <= %s LIMIT %s"


def _today(at: datetime) -> date:
    return access.law().day(at)


def _granted(at: datetime, record_id: UUID) -> Grant:
    return access.timer_grant(access.timer_question("unions", at), record_id)


def _tell(work: Work, at: datetime, record_id: UUID, detail: str, notice: str) -> None:
    """One line in the journal of a record, and one notice to its person, in its scope."""
    work.enter(record_id)
    access.write_entry(work, _granted(at, record_id), (), detail)
    if notice:
        outbox.notify(work, record_id, notice, outbox.HOLDER, at)


def _unite(work: Work, one: Union, at: datetime) -> str:
    """Unite two records. Returns why not, in a word, where one of them changed since."""
    why = obstacle(work, one.kept, one.absorbed)
    if why:
        return why
    work.enter(one.absorbed)
    source = key_of(work, one.absorbed)
    before = str(work.rows("SELECT state FROM records_record WHERE record_id = %s", one.absorbed)[0][0])
    work.enter(one.kept)
    target = key_of(work, one.kept)
    # Of two accounts one goes on: the relation of the other one stays behind with it.
    moved = move_all(work, source, target, holder=signin.account_named(work, one.kept) is None)
    told = moved.as_json()
    work.enter(one.absorbed)
    choices = access.raw_choices(work, one.absorbed)
    work.enter(one.kept)
    told["choices"] = asdict(access.tighten(work, _granted(at, one.kept), choices))
    told["inses"] = identity.take_over(work, source, target, _today(at))
    told["account"] = signin.take_over(work, one.absorbed, one.kept, at)
    work.enter(one.absorbed)
    change_state(work, one.absorbed, "unite", _today(at))
    work.run("UPDATE records_union SET done_at = %s, state_before = %s, moved = %s WHERE id = %s", at, before, Jsonb(told), one.id)
    _tell(work, at, one.absorbed, f"united-into:{one.kept}", "")
    _tell(work, at, one.kept, f"united-with:{one.absorbed}", "records-united")
    return ""


def _part(work: Work, one: Union, at: datetime) -> str:
    """Take a union back. Returns why not, in a word."""
    for record_id in sorted((one.kept, one.absorbed)):
        work.enter(record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
        wanted = RecordState.MERGED if record_id == one.absorbed else RecordState.OPEN
        if row is None or row[0] != wanted:
            return "states-changed"
    work.enter(one.kept)
    source = key_of(work, one.kept)
    work.enter(one.absorbed)
    target = key_of(work, one.absorbed)
    before = Moved.of(one.moved)
    move_part(work, source, target, before.documents(), before)
    work.enter(one.kept)
    access.restore_choices(work, _granted(at, one.kept), access.Tightened(**one.moved["choices"]))
    identity.give_back(work, source, target, one.moved["inses"])
    signin.give_back(work, one.kept, one.absorbed, one.moved["account"], at)
    work.enter(one.absorbed)
    change_state(work, one.absorbed, f"part as {one.state_before}", _today(at))
    work.run("UPDATE records_union SET undone_at = %s, outcome = 'undone' WHERE id = %s", at, one.id)
    _tell(work, at, one.absorbed, f"parted-from:{one.kept}", "records-parted")
    _tell(work, at, one.kept, f"parted-from:{one.absorbed}", "records-parted")
    return ""


def _split(work: Work, one: Union, at: datetime) -> str:
    """Give documents of one record back to whose they are. Returns why not, in a word."""
    for record_id in sorted((one.kept, one.absorbed)):
        work.enter(record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
        if row is None or row[0] in (RecordState.MERGED, RecordState.DESTROYED):
            return "states-changed"
    work.enter(one.kept)
    source = key_of(work, one.kept)
    work.enter(one.absorbed)
    target = key_of(work, one.absorbed)
    moved = move_part(work, source, target, set(one.moved["documents"]))
    work.run("UPDATE records_union SET done_at = %s, outcome = 'done', moved = %s WHERE id = %s",
             at, Jsonb(one.moved | moved.as_json()), one.id)  # fmt: skip
    veils = veils_of(work, one.absorbed, moved.documents())
    for record_id, detail, notice in (
        (one.kept, f"documents-given-back:{one.absorbed}", "records-parted"),
        (one.absorbed, f"documents-received:{one.kept}", "deposit"),
    ):
        work.enter(record_id)
        tell_documents(work, _granted(at, record_id), veils, detail)
        if "" in veils.values():
            # Of documents that wait for their announcement, or are a minor's secret, nobody is told.
            outbox.notify(work, record_id, notice, outbox.HOLDER, at)
    return ""


def _carry_out(at: datetime, number: UUID) -> bool:
    with unit() as work:
        row = work.row(f"SELECT {COLUMNS} FROM records_union WHERE id = %s FOR UPDATE SKIP LOCKED", number)
        one = Union(*row) if row else None
        if one is None or one.waits_for not in ("worker", "undoing"):
            return False
        act = _part if one.waits_for == "undoing" else _split if one.kind == SPLIT else _unite
        why = act(work, one, at)
        if why:
            # Nothing was moved: the reason stays with the request, for whoever asked.
            work.run("UPDATE records_union SET outcome = %s WHERE id = %s", f"refused:{why}", one.id)
    return True


def _due(sql: str, *values: object) -> list[UUID]:
    with unit() as work:
        return [row[0] for row in work.rows(sql, *values)]


def carry_out(at: datetime) -> int:
    """Carry out what was confirmed. Returns how many."""
    return catch_up(lambda most: _due(_DUE, most), lambda number: _carry_out(at, number), 20)


def _finish(at: datetime, number: UUID) -> bool:
    with unit() as work:
        row = work.row(f"SELECT {COLUMNS} FROM records_union WHERE id = %s FOR UPDATE SKIP LOCKED", number)
        one = Union(*row) if row else None
        if one is None or one.kind != UNITE or one.outcome or one.undo_asked_at is not None:
            return False
        work.enter(one.absorbed)
        granted = access.timer_grant(access.timer_question("unions-end", at), one.absorbed)
        change_state(work, one.absorbed, "the time to part is over", _today(at))
        access.write_entry(work, granted, (), "key-destroyed")
        erase(work, granted)
        work.run("UPDATE records_union SET outcome = 'final', moved = %s WHERE id = %s", Jsonb({}), one.id)
    remove_all(one.absorbed)
    return True


def finish(at: datetime) -> int:
    """Destroy what is left of records whose union can be taken back no more. Returns how many."""
    return catch_up(lambda most: _due(_OVER, at - access.law().union_undone_within, most), lambda number: _finish(at, number), 100)


TIMERS = (Timer("unions", timedelta(seconds=5), carry_out), Timer("unions-end", timedelta(days=1), finish))
