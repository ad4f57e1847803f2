"""A day as it is written in a letter, in French and in English: mails and papers are no pages, and follow no reader's language."""

from datetime import date

_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
_ENGLISH = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def in_french(day: date) -> str:
    """`1er mars 2027`."""
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def in_english(day: date) -> str:
    """`1 March 2027`."""
    return f"{day.day} {_ENGLISH[day.month - 1]} {day.year}"
