"""Private calendars: an address that a calendar reads, that its person cuts, and that says no more than its person wants."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.prevention import rows
from carnet.apps.prevention.calendar import calendar
from carnet.apps.prevention.knowing import CATEGORY, today
from carnet.apps.prevention.rows import Event, Feed
from carnet.apps.records.api import Visit, standing, writing
from carnet.apps.storage.api import blind_index, key_of, unit
from carnet.dicah.facts import RecordState
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal

MOST = 5
BEFORE, AFTER = timedelta(days=90), timedelta(days=3 * 366)


def _digest(token: str) -> bytes:
    return blind_index("calendar-link", token)


def make_feed(ask: Ask, record_id: UUID, whole: bool, base: str) -> str:
    """Make a private calendar, discreet or whole. Returns its address, which is known nowhere afterwards. Raises Refusal."""
    token = secrets.token_urlsafe(32)
    if ask.actor.kind is ActorKind.CARER:
        # A scope narrows and ends, and an address in a telephone does not: carers take nothing out (access law, section 6).
        raise Refusal(No.OUTSIDE_SCOPE)
    with writing(ask, Act.WRITE_PROFILE, record_id, "calendar-link", CATEGORY) as visit:
        person = UUID(ask.actor.id)
        if len(rows.feeds_of(visit.work, visit.record_id, person)) >= MOST:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": f"at most {MOST} calendars: cut one first"})
        rows.insert_feed(visit.work, visit.record_id, _digest(token), person, ask.actor.kind.value, whole, ask.at)
    return f"{base}/agenda/flux/{token}.ics"


def _whose(ask: Ask) -> UUID | None:
    """Whose calendars somebody manages: everybody's for the holder, one's own for a representative."""
    return None if ask.actor.kind is ActorKind.HOLDER else UUID(ask.actor.id)


def feeds_in(visit: Visit) -> list[Feed]:
    """The private calendars that whoever looks may cut."""
    return rows.feeds_of(visit.work, visit.record_id, _whose(visit.ask))


def cut_feed(ask: Ask, record_id: UUID, number: UUID) -> None:
    """Cut a private calendar: its address answers nothing any more. Raises Refusal `document-unknown`."""
    with writing(ask, Act.WRITE_PROFILE, record_id, "calendar-link-ended", CATEGORY) as visit:
        if not rows.end_feed(visit.work, visit.record_id, number, _whose(ask), ask.at):
            raise Refusal(No.DOCUMENT_UNKNOWN)


def read_feed(token: str, at: datetime, name: str, discreet: str) -> bytes | None:
    """What a calendar reads by its address: appointments and reminders. None for any address that leads nowhere.

    Nobody signed in: the address stands for who made it, as long as they may act on the record. Its reading is journaled once a
    day, for a calendar asks every quarter of an hour.
    """
    row = rows.feed_by_token(_digest(token))
    if row is None:
        return None
    record_id, number, person, kind, whole = row
    record = standing(record_id)
    if record is None or record.state is not RecordState.OPEN:
        return None
    with unit(record_id) as work:
        key = key_of(work, record_id)
        if not any(p.person_id == person and p.kind == kind for p in access.persons(work, key, at)):
            return None
        day = today(at)
        if rows.read_today(work, record_id, number, day):
            access.link_entry(work, record_id, f"calendar:{number}", "calendar:read", at)
        held = rows.events_of(work, key, kind == ActorKind.HOLDER.value, day - BEFORE, day + AFTER)
    return calendar(_shown(held, whole, discreet), name, at)


def _shown(held: list[Event], whole: bool, discreet: str) -> list[tuple[Event, str, str]]:
    """Each with its title and its words: a discreet calendar says when, and nothing of what."""
    return [(e, e.title, _words(e)) if whole else (e, discreet, "") for e in held]


def _words(event: Event) -> str:
    return "\n".join(part for part in (event.whom, event.comment) if part)


def as_calendar(events: list[Event], name: str, at: datetime, discreet: str = "") -> bytes:
    """Events as a file that its person downloads: whole, or with `discreet` in the place of every title."""
    return calendar(_shown(events, not discreet, discreet), name, at)


__all__ = ["AFTER", "BEFORE", "as_calendar", "cut_feed", "feeds_in", "make_feed", "read_feed"]
