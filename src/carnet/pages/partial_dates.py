"""A day of a form, or a month or a year alone: what one no longer knows is left empty, and is not made up."""

from carnet.apps.profile import api as profile
from carnet.pages.forms import Form


def partial_day(form: Form, whole: str) -> str:
    """What a form states: `2026-11-29`, `2026-11`, `2026`, or nothing. `whole`: its day, as the door reads it.

    Raises ValueError for what is no date, and for two that contradict each other.
    """
    year, month = form.text("annee", 4), form.text("mois", 2)
    part = f"{year:0>4}-{month:0>2}" if year and month else year
    if (form.text("date", 20) and not whole) or (month and not year):
        raise ValueError("no date")
    if not (whole or part).startswith(part) or (part and profile.first_day(part) is None):
        # A day of another year than the one beside it: which of the two is meant, nobody can say.
        raise ValueError("two dates")
    return whole or part
