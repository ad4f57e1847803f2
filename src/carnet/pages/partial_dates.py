"""A day of a form, or a month or a year alone: what one no longer knows is left empty, and is not made up."""

from carnet.apps.profile import api as profile
from carnet.pages.forms import Form


def partial_day(form: Form, whole: str) -> str:
    """What a form states: `2026-11-29`, `2026-11`, `2026`, or nothing. `whole`: its day, as the door reads it.

    Raises ValueError for what is no date.
    """
    year, month = form.text("annee", 4), form.text("mois", 2)
    found = whole or (f"{year:0>4}-{month:0>2}" if year and month else year)
    if (form.text("date", 20) and not whole) or (month and not year) or (found and profile.first_day(found) is None):
        raise ValueError("no date")
    return found
