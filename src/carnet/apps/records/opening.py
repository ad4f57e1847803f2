"""Life cycle: a record is opened for a person, closed, suspended. The table of transitions is in `dicah.lifecycle`."""

from datetime import date
from uuid import UUID, uuid4

from carnet.apps.identity import api as identity
from carnet.apps.storage.api import Work, create_key, unit
from carnet.dicah.facts import RecordState
from carnet.dicah.lifecycle import next_record_state
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits


def create_record(
    ins: Ins, traits: Traits, on: date, *, state: RecordState = RecordState.OPEN, status: str = "QUAL",
    annotations: tuple[str, ...] = (), former: tuple[Ins, ...] = (), activated: bool = False,
) -> UUID:  # fmt: skip
    """Create the record of a person: key, identity, INS in force and former ones. Returns its pseudonym."""
    record_id = uuid4()
    with unit(record_id) as work:
        key = create_key(work, record_id)
        work.run(
            "INSERT INTO records_record (record_id, state, since, reason, activated) VALUES (%s, %s, %s, '', %s)",
            record_id, state.value, on, activated,
        )  # fmt: skip
        identity.register(work, key, traits, status, annotations)
        identity.attach(work, key, ins)
        for old in former:
            identity.attach(work, key, old, valid_to=on)
    return record_id


def change_state(work: Work, record_id: UUID, event: str, on: date, reason: str = "") -> RecordState:
    """Apply an event of the life cycle. Raises TransitionError when the state does not know it."""
    row = work.row("SELECT state FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
    state = next_record_state(RecordState(row[0]) if row else RecordState.ABSENT, event)
    work.run(
        "UPDATE records_record SET state = %s, since = %s, reason = %s WHERE record_id = %s",
        state.value, on, reason, record_id,
    )  # fmt: skip
    return state
