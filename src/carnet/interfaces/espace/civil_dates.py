"""Dates as people type them: three fields of a form, or one."""

from collections.abc import Mapping

from django.utils.translation import gettext

from carnet.apps.profile import api as profile
from carnet.interfaces.espace.door import Asked
from carnet.pages.civil import day_of
from carnet.pages.forms import Problems
from carnet.pages.partial_dates import partial_day


def day_text(post: Mapping[str, str], name: str) -> str:
    """A date as ISO from the fields `name` (ISO), or `name-jour`, `name-mois`, `name-annee`; empty when it is none."""
    whole = post.get(name, "").strip()
    if not whole:
        parts = [post.get(f"{name}-{part}", "").strip() for part in ("annee", "mois", "jour")]
        if not all(p.isascii() and p.isdecimal() for p in parts):
            return ""
        whole = f"{parts[0]:0>4}-{parts[1]:0>2}-{parts[2]:0>2}"
    found = day_of(whole)
    return found.isoformat() if found else ""


def stated_day(asked: Asked, problems: Problems, birth: str = "") -> str:
    """The date of a form, whole or in part, of somebody born on a day."""
    try:
        found = partial_day(asked.form, day_text(asked.request.POST, "date"))
    except ValueError:
        problems.append(("date", gettext("Écrivez la date, ou l’année seule, ou laissez vide.")))
        return ""
    first, last = profile.first_day(found), profile.last_day(found)
    if first is not None and first > asked.today:
        problems.append(("date", gettext("Cette date est dans l’avenir.")))
    elif last is not None and last.isoformat() < birth:
        problems.append(("date", gettext("Cette date est avant la naissance.")))
    return found
