"""What time does to records (access law §3 and §5): opposition, announcement, visibility, suspension, destruction.

A function of the database says which records are due, by identifier only; each is then entered by itself, looked at
again under its lock, changed and journaled in one transaction. A second worker, or a second run, finds nothing to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.outbox import api as outbox
from carnet.apps.records.documents.changing import masked_in_sight, write_version
from carnet.apps.records.entry.facts import DOCUMENT_COLUMNS, StoredDocument, stored_document
from carnet.apps.records.lifecycle.states import change_state, erase
from carnet.apps.storage.api import Work, key_of, remove_all, sweep_waiting, unit
from carnet.dicah.facts import RecordState
from carnet.kernel.clock import Timer, catch_up
from carnet.kernel.copies import replace

_WAITING = f"""SELECT {DOCUMENT_COLUMNS} FROM records_document WHERE record_id = %s AND hidden_from_patient
    AND NOT technical AND status <> 'Deleted' AND deposited_at <= %s FOR UPDATE"""
_STATE = "SELECT state, since, destruction_asked FROM records_record WHERE record_id = %s FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Passage:
    """A change of state that time brings: from which state, after how long, by which event, told how."""

    name: str
    state: RecordState
    event: str
    notice: str
    reason: str = ""


OPPOSITION = Passage("opposition-end", RecordState.PENDING_OPPOSITION, "six weeks pass", "record-opened")
SUSPENSION = Passage("suspension-end", RecordState.SUSPENDED, "six weeks pass", "record-closed", "SUSPENSION")


def _due_states(most: int, state: RecordState, since: date, asked: date | None = None) -> list[UUID]:
    with unit() as work:
        rows = work.rows("SELECT record_id FROM records_due(%s, %s, %s, %s)", state.value, since, asked, most)
    return [row[0] for row in rows]


def _pass(passage: Passage, at: datetime, since: date, record_id: UUID) -> bool:
    with unit(record_id) as work:
        row = work.row(_STATE, record_id)
        if row is None or row[0] != passage.state or row[1] > since:
            return False
        granted = access.timer_grant(access.timer_question(passage.name, at), record_id)
        state = change_state(work, record_id, passage.event, access.law().day(at), passage.reason)
        access.write_entry(work, granted, (), state.value)
        outbox.notify(work, record_id, passage.notice, outbox.HOLDER, at)
    return True


def _passes(passage: Passage, lasts: Callable[[], timedelta]) -> Callable[[datetime], int]:
    def run(at: datetime) -> int:
        since = access.law().day(at - lasts())
        return catch_up(
            lambda most: _due_states(most, passage.state, since), lambda record_id: _pass(passage, at, since, record_id)
        )

    return run


def _destroy(at: datetime, since: date, asked: date, record_id: UUID) -> bool:
    with unit(record_id) as work:
        row = work.row(_STATE, record_id)
        if row is None or row[0] != RecordState.CLOSED:
            return False
        requested = row[2] is not None and row[2] <= asked
        if not requested and row[1] > since:
            return False
        granted = access.timer_grant(access.timer_question("destruction", at), record_id)
        event = "three months pass after a request" if requested else "ten years pass"
        change_state(work, record_id, event, access.law().day(at))
        # The entry stays: it is the certificate of the destruction, and names nobody any more.
        access.write_entry(work, granted, (), "key-destroyed")
        erase(work, granted)
    remove_all(record_id)
    return True


def destroy_due(at: datetime) -> int:
    """Destroy the records closed for ten years, or whose destruction was asked for: key, identity, rows, then bytes."""
    law = access.law()
    since, asked = law.day(at - law.closed_kept), law.day(at - law.destroyed_on_request_after)
    return catch_up(
        lambda most: _due_states(most, RecordState.CLOSED, since, asked),
        lambda record_id: _destroy(at, since, asked, record_id),
    )


def _due_waiting(most: int, before: datetime, untold: bool) -> list[UUID]:
    with unit() as work:
        return [row[0] for row in work.rows("SELECT record_id FROM records_due_waiting(%s, %s, %s)", before, untold, most)]


def _tell(at: datetime, before: datetime, record_id: UUID) -> bool:
    """One notice for a record, whatever waits in it: how many, or what, is not told."""
    with unit(record_id) as work:
        waiting = [stored_document(row) for row in work.rows(_WAITING, record_id, before)]
        documents = [d for d in waiting if d.waiting_told_at is None]
        if not documents:
            return False
        work.run(
            "UPDATE records_document SET waiting_told_at = %s WHERE record_id = %s AND logical_id = ANY(%s)",
            at, record_id, [d.logical_id for d in documents],
        )  # fmt: skip
        # A secret act of a minor leaves no notice: the minor's address may be read by the parents.
        if any(not d.facts.hidden_from_representatives for d in documents):
            granted = access.timer_grant(access.timer_question("announcement-notice", at), record_id)
            access.write_entry(work, granted, (), "announcement-waiting")
            outbox.notify(work, record_id, "announcement-waiting", outbox.HOLDER, at)
    return True


def tell_waiting(at: datetime) -> int:
    """Within two weeks of a deposit that is not announced, tell the patient that something waits (R.1111-53 CSP)."""
    law = access.law()
    before = at - law.announcement_notice_after + law.announcement_notice_margin
    return catch_up(lambda most: _due_waiting(most, before, True), lambda record_id: _tell(at, before, record_id))


def _show(work: Work, at: datetime, record_id: UUID, documents: list[StoredDocument]) -> None:
    ask = access.timer_question("automatic-visibility", at)
    granted, key = access.timer_grant(ask, record_id), key_of(work, record_id)
    for document in documents:
        # The end of one code lifts no other: what is masked, or hidden from representatives, stays so.
        masked = document.facts.masked or masked_in_sight(work, record_id, document.facts)
        write_version(work, ask, key, document, replace(document.facts, hidden_from_patient=False, masked=masked))
    shown = [d for d in documents if not d.facts.hidden_from_representatives]
    if shown:
        access.write_entry(work, granted, tuple(str(d.logical_id) for d in shown))
    for secret in (d for d in documents if d.facts.hidden_from_representatives):
        # What stays a secret of a minor has a line of its own, which shows when it is one no more.
        veil = access.veil_of(replace(secret.facts, hidden_from_patient=False))
        access.write_entry(work, granted, (str(secret.logical_id),), veil=veil)
    if any(not d.facts.hidden_from_representatives for d in documents):
        outbox.notify(work, record_id, "document-visible", outbox.HOLDER, at)


def _lift(at: datetime, before: datetime, record_id: UUID) -> bool:
    with unit(record_id) as work:
        documents = [stored_document(row) for row in work.rows(_WAITING, record_id, before)]
        if documents:
            _show(work, at, record_id, documents)
    return bool(documents)


def make_visible(at: datetime) -> int:
    """One month after deposit a document that nobody announced becomes visible by itself (R.1111-53 CSP)."""
    before = at - access.law().visible_by_itself_after
    return catch_up(lambda most: _due_waiting(most, before, False), lambda record_id: _lift(at, before, record_id))


TIMERS = (
    Timer("opposition-end", timedelta(hours=1), _passes(OPPOSITION, lambda: access.law().opposition_lasts)),
    Timer("suspension-end", timedelta(hours=1), _passes(SUSPENSION, lambda: access.law().suspension_lasts)),
    Timer("destruction", timedelta(hours=1), destroy_due),
    Timer("automatic-visibility", timedelta(minutes=10), make_visible),
    Timer("announcement-notice", timedelta(minutes=10), tell_waiting),
    Timer("waiting-files", timedelta(hours=1), lambda _at: sweep_waiting()),
)
