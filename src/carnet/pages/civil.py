"""Moments and days as people of the law's civil zone count them."""

from datetime import date, datetime

from django.conf import settings

from carnet.kernel import clock


def civil(moment: datetime) -> datetime:
    """A moment on the clock of the law's civil zone; as it is at the ends of the calendar, which no zone can move."""
    try:
        return clock.civil(moment, settings.LAW.civil_zone)
    except OverflowError:
        return moment


def begins(day: date) -> datetime:
    """When a day begins in the civil zone."""
    found: datetime = settings.LAW.begins(day)
    return found


def day_of(text: str) -> date | None:
    """A day as a form sends it; None for anything that is no day of a life."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1850 <= found.year <= 2200 else None


def number_of(text: str, most: int) -> int | None:
    """A number of an address; None for what is none, or larger."""
    plain = text.isascii() and text.isdecimal() and len(text) <= 9
    return int(text) if plain and int(text) <= most else None
