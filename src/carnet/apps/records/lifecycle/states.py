"""Life cycle: a record is opened for a person, closed, suspended, destroyed. The table is in `dicah.lifecycle`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.hooks import HOOKS
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, create_key, destroy_key, unit
from carnet.dicah.facts import RecordState
from carnet.dicah.lifecycle import TransitionError, next_record_state
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits

_ERASED = ("records_folder_item", "records_folder", "records_document_version", "records_submission_set",
           "records_directory", "records_words", "records_alert", "records_document", "records_arrival",
           "records_opposition")  # fmt: skip
DIED = "DECES"
"""Motive of a record that is closed because its person died."""
_EVENTS = {
    RecordState.TO_NOTIFY: "returned", RecordState.PENDING_OPPOSITION: "notified", RecordState.OPPOSED: "opposed",
    RecordState.OPEN: "opened", RecordState.CLOSED: "closed", RecordState.MERGED: "united",
}  # fmt: skip
_FIRST_OPENING = frozenset({"six weeks pass", "ask for opening"})
_PASSAGE = "INSERT INTO records_passage (record_id, event, day) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"


def note_passage(work: Work, record_id: UUID, event: str, on: date) -> None:
    """Note what happened to a record, in its scope, for the figures: a code and a day."""
    work.run(_PASSAGE, record_id, event, on)


@contextmanager
def creating(
    ins: Ins, traits: Traits, on: date, *, state: RecordState = RecordState.OPEN, status: str = "QUAL",
    annotations: tuple[str, ...] = (), former: tuple[Ins, ...] = (), activated: bool = False,
    attached: bool = True,
) -> Iterator[tuple[Work, UUID]]:  # fmt: skip
    """The record of a person as it is made (key, identity, INS in force and former ones), with the unit that makes it: what has to
    be there with it is written inside, or nothing is."""
    record_id = uuid4()
    with unit(record_id) as work:
        key = create_key(work, record_id, datetime.combine(on, time.min, UTC))
        work.run(
            "INSERT INTO records_record (record_id, state, since, reason, activated, attached) VALUES (%s, %s, %s, '', %s, %s)",
            record_id, state.value, on, activated, attached,
        )  # fmt: skip
        note_passage(work, record_id, "created", on)
        if state in (RecordState.PENDING_OPPOSITION, RecordState.OPEN):
            note_passage(work, record_id, _EVENTS[state], on)
        identity.register(work, key, traits, status, annotations)
        identity.attach(work, key, ins)
        for old in former:
            identity.attach(work, key, old, valid_to=on)
        yield work, record_id


def create_record(ins: Ins, traits: Traits, on: date, **more: Any) -> UUID:
    """Create the record of a person, as `creating` says. Returns its pseudonym."""
    with creating(ins, traits, on, **more) as (_, record_id):
        return record_id


def change_state(work: Work, record_id: UUID, event: str, on: date, reason: str = "") -> RecordState:
    """Apply an event of the life cycle. Raises TransitionError when the state does not know it.

    Reopening takes back a request of destruction that was not carried out yet.
    """
    row = work.row("SELECT state, reason FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
    if row and row[1] == DIED and event == "reopen":
        raise TransitionError("the person is known to have died: that is taken back first")
    state = next_record_state(RecordState(row[0]) if row else RecordState.ABSENT, event)
    work.run(
        "UPDATE records_record SET state = %s, since = %s, reason = %s, destruction_asked = NULL WHERE record_id = %s",
        state.value, on, reason, record_id,
    )  # fmt: skip
    if state in _EVENTS:
        again = state is RecordState.OPEN and event not in _FIRST_OPENING
        note_passage(work, record_id, "reopened" if again else _EVENTS[state], on)
    return state


def ask_destruction(work: Work, record_id: UUID, on: date) -> None:
    """Note that the holder asks for the destruction of a closed record: the worker destroys it within three months.

    Raises TransitionError for a record that is not closed.
    """
    row = work.row(
        """UPDATE records_record SET destruction_asked = coalesce(destruction_asked, %s)
        WHERE record_id = %s AND state = 'closed' RETURNING 1""",
        on, record_id,
    )  # fmt: skip
    if row is None:
        raise TransitionError("only a closed record can be destroyed at its holder's request: close it first")


def receives_messages(record_id: UUID) -> bool:
    """Whether a message to the person of a record can be read there: it is open, and belongs to a Mon espace (rule CIT-10)."""
    with unit(record_id) as work:
        return bool(work.rows("SELECT 1 FROM records_record WHERE record_id = %s AND state = 'open' AND attached", record_id))


def erase(work: Work, granted: Grant) -> None:
    """Erase a record that is destroyed: its key, then every row that says something readable of the person."""
    record_id = access.record_of_grant(granted)
    destroy_key(work, record_id, granted.ask.at)
    for table in _ERASED:
        work.run(f"DELETE FROM {table} WHERE record_id = %s", record_id)
    for erase_more in HOOKS.erased:
        erase_more(work, record_id)
    identity.forget(work, record_id)
    access.forget(work, granted)
    outbox.forget(work, record_id)
    signin.forget_account(work, record_id)
