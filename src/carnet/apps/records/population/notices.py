"""Notices of records that were created for their person: what became of each starts the six weeks, or stops them (R.1111-28 CSP).

The courier says in each mail the day until which one may oppose, six weeks from there; the worker then notes in the record that it
was sent. One that comes back stops the clock *(setting)*, and the record waits for another notice.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.by_help_desk import operator_grant
from carnet.apps.records.lifecycle.states import change_state
from carnet.apps.storage.api import Work, key_of, unit
from carnet.dicah.facts import RecordState
from carnet.kernel.ask import Ask
from carnet.kernel.clock import Timer, catch_up
from carnet.kernel.grant import Grant
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal

_STATE = "SELECT state FROM records_record WHERE record_id = %s FOR UPDATE"


def _state(work: Work, record_id: UUID) -> str:
    row = work.row(_STATE, record_id)
    return str(row[0]) if row else ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where somebody lives and who represents them: what an arrival keeps sealed."""

    address: tuple[str, ...]
    postcode: str
    representatives: tuple[Ins, ...]


def arrival_of(work: Work, record_id: UUID) -> Arrival | None:
    """Where the person of a record lives, in its scope."""
    row = work.row("SELECT sealed FROM records_arrival WHERE record_id = %s", record_id)
    if row is None:
        return None
    told = json.loads(key_of(work, record_id).unseal(bytes(row[0]), "arrival"))
    parents = (one.partition("|") for one in told.get("representatives", ()))
    inses = tuple(Ins(matricule, Oid(oid)) for oid, _, matricule in parents)
    return Arrival(tuple(told.get("address", ())), str(told.get("postcode", "")), inses)


def started(work: Work, granted: Grant, record_id: UUID, sent_at: datetime, way: str) -> None:
    """Note that the notice of a record was sent, in its scope: the six weeks run from that day."""
    if _state(work, record_id) == RecordState.TO_NOTIFY:
        change_state(work, record_id, "notify", access.law().day(sent_at))
    work.run("UPDATE records_arrival SET notified_at = %s, returned_at = NULL WHERE record_id = %s", sent_at, record_id)
    access.write_entry(work, granted, (), f"notice-sent:{way}")


def came_back(work: Work, granted: Grant, record_id: UUID, at: datetime, way: str) -> bool:
    """Note that a notice came back, in the record's scope: where the setting says so the clock stops, and a letter takes its place.

    False where the record is announced no more.
    """
    state = _state(work, record_id)
    if state not in (RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION):
        return False
    if state == RecordState.PENDING_OPPOSITION and access.law().undelivered_stops_clock:
        change_state(work, record_id, "notice comes back", access.law().day(at))
    # After a mail a letter is tried where an address is known; after a letter nothing is, until somebody gives another one.
    arrival = arrival_of(work, record_id)
    channel = "letter" if way == "mail" and arrival is not None and arrival.address else "none"
    work.run(
        "UPDATE records_arrival SET returned_at = %s, notified_at = NULL, batch_id = NULL, channel = %s WHERE record_id = %s",
        at, channel, record_id,
    )  # fmt: skip
    access.write_entry(work, granted, (), f"notice-came-back:{way}")
    return True


def _settle(at: datetime, record_id: UUID) -> bool:
    with unit(record_id) as work:
        outcome = outbox.settle(work, record_id)
        if outcome is None:
            return False
        granted = access.timer_grant(access.timer_question("notices", at), record_id)
        if outcome.sent_at is not None:
            started(work, granted, record_id, outcome.sent_at, "mail")
        else:
            came_back(work, granted, record_id, at, "mail")
    return True


def _unsettled(most: int) -> list[UUID]:
    with unit() as work:
        return outbox.unsettled(work, most)


def settle_notices(at: datetime) -> int:
    """Note what became of the announcements that the courier sent, or could not send. Returns how many."""
    return catch_up(_unsettled, lambda record_id: _settle(at, record_id))


def undelivered(ask: Ask, record_id: UUID) -> None:
    """Note that the letter of a record came back to whoever sent it. Raises Refusal for anybody but an operator, and
    `request-malformed` where the record is announced no more."""
    with unit(record_id) as work:
        granted = operator_grant(ask, record_id)
        noted = came_back(work, granted, record_id, ask.at, "letter")
        if not noted:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "the record is announced no more"})


TIMERS = (Timer("notices", timedelta(minutes=1), settle_notices),)
