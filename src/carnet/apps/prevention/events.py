"""Appointments and reminders: the person's own, and those that a professional's software writes."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.prevention import rows
from carnet.apps.prevention.keeping import edition_of
from carnet.apps.prevention.knowing import CATEGORY, today
from carnet.apps.prevention.rows import APPOINTMENT, BOOKED, CANCELLED, FULFILLED, REMINDER, Event
from carnet.apps.records.api import Visit, visiting, writing, written
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

TITLE, WORDS = 120, 500
FARTHEST = timedelta(days=3 * 366)
STATUSES = frozenset({BOOKED, CANCELLED, FULFILLED})


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody writes of an appointment or of a reminder."""

    kind: str
    title: str
    on_day: date
    at_time: time | None = None
    place: str = ""
    whom: str = ""
    comment: str = ""
    rule: str = ""
    status: str = BOOKED
    minutes: int = 0
    software: str = ""


def _check(draft: Draft, ask: Ask) -> None:
    fits = (
        draft.kind in (APPOINTMENT, REMINDER)
        and 0 < len(draft.title.strip()) <= TITLE
        and max(len(draft.place), len(draft.whom), len(draft.comment)) <= WORDS
        and abs(draft.on_day - today(ask.at)) <= FARTHEST
        and draft.status in STATUSES
        and 0 <= draft.minutes <= 24 * 60
    )
    if not fits:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "an appointment with a title, within three years"})


def _event(draft: Draft, ask: Ask, made_by: str, secret: bool, number: UUID | None = None) -> Event:
    return Event(
        number or uuid4(), draft.kind, draft.on_day, draft.at_time, draft.status, ask.at, made_by, ask.at, draft.title.strip(),
        draft.place, draft.whom, draft.comment, draft.rule, secret, draft.software, draft.minutes,
    )  # fmt: skip


def add_event(ask: Ask, record_id: UUID, draft: Draft, secret: bool = False) -> UUID:
    """Write an appointment or a reminder. A minor may keep one from the representatives, and what is for something intimate is kept
    from them without having to ask for it. Returns its number. Raises Refusal."""
    _check(draft, ask)
    with visiting(ask, record_id, CATEGORY) as visit:
        edition = edition_of(visit.work, today(ask.at))
        rule = edition.rule(draft.rule) if draft.rule else None
        intimate = rule is not None and edition.intimate(rule)
        hidden = (secret or intimate) and visit.facts.minor and ask.actor.kind is ActorKind.HOLDER
        rows.touched(visit.work, visit.record_id, ask.at)
        _bounded(visit, ask.actor.id)
        event = _event(draft, ask, ask.actor.id, hidden)
        with written(visit, Act.WRITE_PROFILE, CATEGORY, CATEGORY, REPRESENTATIVES if hidden else ""):
            rows.put_event(visit.work, visit.key, event)
        return event.id


def _bounded(visit: Visit, made_by: str) -> None:
    if rows.coming_of(visit.work, visit.record_id, made_by, today(visit.ask.at)) >= rows.MOST_OF_ONE:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": f"at most {rows.MOST_OF_ONE} to come"})


def _own(visit: Visit, number: UUID) -> Event:
    """One of the person's side: what software wrote is changed by that software."""
    found = rows.event_of(visit.work, visit.key, number, visit.sees_secrets()) if visit.opens(CATEGORY) else None
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found


def change_event(ask: Ask, record_id: UUID, number: UUID, draft: Draft) -> None:
    """Change one of one's own. Another day is reminded of again."""
    _check(draft, ask)
    with visiting(ask, record_id, CATEGORY) as visit:
        rows.touched(visit.work, visit.record_id, ask.at)
        old = _own(visit, number)
        if old.software or old.withdrawn:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        event = replace(_event(draft, ask, old.made_by, old.secret, old.id), made_at=old.made_at)
        with written(visit, Act.WRITE_PROFILE, CATEGORY, CATEGORY, REPRESENTATIVES if old.secret else ""):
            rows.put_event(visit.work, visit.key, event)


def cancel_event(ask: Ask, record_id: UUID, number: UUID, back: bool = False) -> None:
    """Take an appointment out of one's agenda, or put it back. It tells nobody, the software that wrote it included."""
    with visiting(ask, record_id, CATEGORY) as visit:
        rows.touched(visit.work, visit.record_id, ask.at)
        old = _own(visit, number)
        if old.withdrawn is not back:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        with written(visit, Act.WRITE_PROFILE, CATEGORY, CATEGORY, REPRESENTATIVES if old.secret else ""):
            rows.withdraw(visit.work, visit.record_id, number, None if back else ask.at)


def span_of(event: Event) -> tuple[datetime | None, datetime | None]:
    """When an event begins and ends, where its hour and its length are known."""
    if event.at_time is None:
        return None, None
    start = datetime.combine(event.on_day, event.at_time, ZoneInfo(settings.LAW.civil_zone))
    return start, start + timedelta(minutes=event.minutes) if event.minutes else None


def events_in(visit: Visit, first: date, last: date) -> list[Event]:
    """Appointments and reminders of an open record between two days. Empty for whom the agenda is closed."""
    return rows.events_of(visit.work, visit.key, visit.sees_secrets(), first, last) if visit.opens(CATEGORY) else []


def event_in(visit: Visit, number: UUID) -> Event:
    """One of them. Raises Refusal `document-unknown`."""
    return _own(visit, number)


def _by_software(ask: Ask) -> str:
    return f"{ask.actor.kind.value}:{ask.actor.id}"


def put_appointment(ask: Ask, record_id: UUID | None, draft: Draft, number: UUID | None = None) -> Event:
    """An appointment that a professional's software writes in the agenda of a patient, or changes. As feeding, it asks for no
    authorisation to read. Raises Refusal: `document-unknown` for one that another wrote."""
    _check(draft, ask)
    with writing(ask, Act.WRITE_PROFILE, record_id, CATEGORY, CATEGORY) as visit:
        old = rows.event_of(visit.work, visit.key, number, False) if number else None
        if number is not None and (old is None or old.made_by != _by_software(ask)):
            raise Refusal(No.DOCUMENT_UNKNOWN)
        if old is None:
            _bounded(visit, _by_software(ask))
        event = _event(draft, ask, _by_software(ask), False, number)
        event = replace(event, made_at=old.made_at) if old is not None else event
        rows.put_event(visit.work, visit.key, event)
        return event


def own_appointments(ask: Ask, record_id: UUID | None, first: date) -> list[Event]:
    """The appointments that the asker wrote in the agenda of a patient: of those of others nothing is told. Raises Refusal."""
    with writing(ask, Act.WRITE_PROFILE, record_id, f"{CATEGORY}-own", CATEGORY) as visit:
        return rows.events_by(visit.work, visit.key, _by_software(ask), first)
