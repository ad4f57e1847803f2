"""Appointments and reminders as a calendar (RFC 5545)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar
from icalendar import Event as VEvent

from carnet.apps.prevention.rows import CANCELLED, Event


def calendar(events: Iterable[tuple[Event, str, str]], name: str, at: datetime) -> bytes:
    """A calendar of events, each with its title and its words. An hour is one of the civil zone of the installation."""
    found = Calendar()
    found.add("prodid", "-//Carnet//Agenda//FR")
    found.add("version", "2.0")
    found.add("x-wr-calname", name)
    for event, title, words in events:
        found.add_component(_event(event, title, words, at))
    # Each zone that is named is described (RFC 5545 §3.6.5).
    found.add_missing_timezones()
    return bytes(found.to_ical())


def _event(event: Event, title: str, words: str, at: datetime) -> VEvent:
    found = VEvent()
    # The number of the row alone: it names no person and stays the same when the event changes.
    found.add("uid", f"{event.id}@carnet")
    found.add("dtstamp", at)
    found.add("last-modified", event.changed_at)
    found.add("summary", title)
    if words:
        found.add("description", words)
    # A discreet calendar has another title, and says no place either.
    if event.place and title == event.title:
        found.add("location", event.place)
    if event.at_time is None:
        found.add("dtstart", event.on_day)
        found.add("dtend", event.on_day + timedelta(days=1))
    else:
        start = datetime.combine(event.on_day, event.at_time, ZoneInfo(settings.LAW.civil_zone))
        found.add("dtstart", start)
        found.add("dtend", start + timedelta(minutes=event.minutes or 30))
    if event.status == CANCELLED:
        found.add("status", "CANCELLED")
    return found
