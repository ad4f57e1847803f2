"""What time does to agendas: the reminder of the day before, and the notice that something is due. Neither says what."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity.api import known
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.prevention import rows
from carnet.apps.prevention.agenda import Agenda, Line, agenda
from carnet.apps.prevention.doses import shots
from carnet.apps.prevention.keeping import edition_of
from carnet.apps.prevention.knowing import SECTIONS, facts_of, history_of
from carnet.apps.profile.api import entries_for_timer
from carnet.apps.records.api import unseen_by_holder
from carnet.apps.storage.api import Work, key_of, unit
from carnet.kernel.clock import Timer, catch_up

APPOINTMENTS = "rendez-vous"
LONGEST = timedelta(days=180)
"""After which an agenda is looked at again, whatever it holds: editions change."""


def _due(most: int, day: date) -> list[UUID]:
    with unit() as work:
        return rows.due_reminders(work, day, day + timedelta(days=1), most)


def _remind(at: datetime, day: date, record_id: UUID) -> bool:
    """One notice for a record, whatever is booked for the next day."""
    with unit(record_id) as work:
        held = rows.reminders_of(work, key_of(work, record_id), day, day + timedelta(days=1))
        if not held:
            return False
        rows.reminded(work, record_id, [e.id for e in held], at)
        # What a minor keeps from the representatives leaves no notice: the address may be read by the parents.
        told = any(not e.secret for e in held) and APPOINTMENTS not in rows.muted_of(work, record_id)
        if told:
            access.write_entry(work, access.timer_grant(access.timer_question("agenda-reminder", at), record_id), (), "reminder")
            notify(work, record_id, "agenda-tomorrow", HOLDER, at)
    return True


def remind(at: datetime) -> int:
    """The day before, tell that something is booked. What was booked too late for that is told on its day."""
    day = settings.LAW.day(at)
    return catch_up(lambda most: _due(most, day), lambda record_id: _remind(at, day, record_id))


def _to_look(most: int, day: date) -> list[UUID]:
    with unit() as work:
        return rows.to_look(work, day, most)


def next_change(found: Agenda) -> date:
    """The first day on which an agenda changes by itself: a window that opens, or one that ends."""
    days = [d for x in found.lines for d in (x.due, x.first, x.last + timedelta(days=1) if x.last else None) if d]
    return min([d for d in days if d > found.day] + [found.day + LONGEST])


def _new(found: Agenda, muted: frozenset[str], since: date | None) -> list[Line]:
    """What opened since the person was last told, of the families that they want to hear of."""
    first = since or found.day - timedelta(days=1)
    return [x for x in found.now if x.rule.family not in muted and x.due is not None and first < x.due <= found.day]


def _look(at: datetime, day: date, record_id: UUID) -> bool:
    with unit(record_id) as work:
        muted, told_on = rows.told_state(work, record_id)
        found = agenda_of_record(work, record_id, day)
        if found is None:
            rows.look_again(work, record_id, day + LONGEST, None, at)
            return True
        new = bool(_new(found, muted, told_on)) and told_on is not None
        if new:
            access.write_entry(
                work, access.timer_grant(access.timer_question("prevention-notice", at), record_id), (), "prevention"
            )
            notify(work, record_id, "prevention-due", HOLDER, at)
        rows.look_again(work, record_id, next_change(found), day, at)
    return True


def agenda_of_record(work: Work, record_id: UUID, day: date) -> Agenda | None:
    """The agenda of a record as its holder knows it, for the worker: without a minor's secrets, and what is not announced."""
    person, key = known(work, record_id), key_of(work, record_id)
    if person is None:
        return None
    edition, held = edition_of(work, day), entries_for_timer(work, key, SECTIONS, unseen_by_holder(work, record_id))
    told = rows.told_of(work, key, False)
    facts = facts_of(edition, person[1], told, held, day)
    return agenda(edition, facts, shots(edition, held, day), history_of(told), day) if facts is not None else None


def look(at: datetime) -> int:
    """Look again at the agendas that change today. Each says itself when that is, so that a night looks at few of them."""
    day = settings.LAW.day(at)
    return catch_up(lambda most: _to_look(most, day), lambda record_id: _look(at, day, record_id))


TIMERS = (Timer("agenda-reminder", timedelta(minutes=30), remind), Timer("prevention-review", timedelta(hours=6), look))
__all__ = ["TIMERS", "agenda_of_record", "look", "next_change", "remind"]
