"""What happens to the person of a record: another matricule, death. Each is a line of the journal and a word to the person.

Whoever calls has entered the record: an import as the owner of the tables, or an operator after the law permitted it.
"""

from datetime import date, datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.by_help_desk import operator_grant
from carnet.apps.records.lifecycle.states import DIED, change_state
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, key_of, unit
from carnet.dicah.lifecycle import TransitionError
from carnet.kernel.ask import Ask
from carnet.kernel.ins import Ins


class EventError(ValueError):
    """What is said cannot have happened to this record; the message says why. Nothing was changed."""


def change_matricule(work: Work, record_id: UUID, ins: Ins, by: str, at: datetime) -> None:
    """Give the person another matricule; the one before still leads to the record. Raises `identity.IdentityError`."""
    identity.change_matricule(work, key_of(work, record_id), ins, access.law().day(at))
    access.host_entry(work, record_id, "identity:matricule", by, at)
    outbox.notify(work, record_id, "identity-changed", outbox.HOLDER, at)


def note_death(work: Work, record_id: UUID, died_on: date, by: str, at: datetime) -> bool:
    """Note that the person died: the record closes, nobody signs in for them. False where that is known. Raises EventError."""
    row = work.row("SELECT state, died_on FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
    on = access.law().day(at)
    if row is None or died_on > on:
        raise EventError("no record, or a day that is yet to come")
    if row[1] is not None:
        return False
    try:
        if row[0] != "closed":
            change_state(work, record_id, "death", on, DIED)
    except TransitionError as error:
        raise EventError(str(error)) from None
    work.run("UPDATE records_record SET died_on = %s, reason = %s WHERE record_id = %s", died_on, DIED, record_id)
    signin.end_account(work, record_id, at)
    access.host_entry(work, record_id, "identity:death", by, at)
    outbox.notify(work, record_id, "death-noted", outbox.HOLDER, at)
    return True


def take_back_death(work: Work, record_id: UUID, by: str, at: datetime) -> None:
    """Take back a death that was noted by mistake: the record is open again, its person asks for a new code. Raises EventError."""
    row = work.row("SELECT died_on FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
    if row is None or row[0] is None:
        raise EventError("no death is noted for this record")
    try:
        change_state(work, record_id, "death taken back", access.law().day(at))
    except TransitionError as error:
        raise EventError(str(error)) from None
    work.run("UPDATE records_record SET died_on = NULL WHERE record_id = %s", record_id)
    access.host_entry(work, record_id, "identity:death-taken-back", by, at)
    outbox.notify(work, record_id, "record-reopened", outbox.HOLDER, at)


def report_death(ask: Ask, record_id: UUID, died_on: date) -> bool:
    """Note a death as an operator who saw the act. False where it is known. Raises Refusal for anybody else, EventError."""
    with unit(record_id) as work:
        operator_grant(ask, record_id)
        return note_death(work, record_id, died_on, ask.actor.id, ask.at)


def withdraw_death(ask: Ask, record_id: UUID) -> None:
    """Take back a death that was noted by mistake, as an operator. Raises Refusal for anybody else, EventError."""
    with unit(record_id) as work:
        operator_grant(ask, record_id)
        take_back_death(work, record_id, ask.actor.id, ask.at)


def report_matricule(ask: Ask, record_id: UUID, ins: Ins) -> None:
    """Give a person another matricule, as an operator who saw it with INSi. Raises Refusal, `identity.IdentityError`."""
    with unit(record_id) as work:
        operator_grant(ask, record_id)
        change_matricule(work, record_id, ins, ask.actor.id, ask.at)
