"""Results over time."""

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.interfaces.webps.record.essential import Result
from carnet.interfaces.webps.record.essential import results as with_trend
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page

SHOWN = 200
NEWEST = 240
"""Values that the page opens, the newest first: twelve of twenty examinations. Older ones are in their documents."""
POINTS = 12


_GROUPS = {"results": _("Examens"), "vitals": _("Signes vitaux"), "obstetrics": _("Grossesses"), "habits": _("Habitudes de vie")}
"""What is measured in care is not a result of a laboratory: each has its own table."""


def _rows(entries: list[profile.Entry], section: str) -> list[tuple[Result, list[tuple[profile.Entry, int]]]]:
    found = with_trend(entries, SHOWN, section)
    return [(r, [(p, profile.out_of_bounds(p)) for p in reversed(r.series.points[-POINTS:])]) for r in found]


@record_page("resultats", "GET", detail="results", sections=tuple(_GROUPS), most=NEWEST)
def results(opened: Opened) -> Shown | HttpResponse:
    """Each examination with its values, the newest first, and its trend."""
    entries = [e for e in opened.entries if e.section == "results"]
    latest = list(dict.fromkeys(e.document_id for e in entries if e.document_id))[:2]
    groups = [(title, _rows(opened.entries, section)) for section, title in _GROUPS.items()]
    context: Context = {
        "groups": [g for g in groups if g[1]],
        "shut": [title for section, title in _GROUPS.items() if section not in profile.readable_sections(opened.visit)],
        "cut": NEWEST if len(entries) >= NEWEST else 0,
        "latest": latest if len(latest) == 2 else [],
    }
    return Shown("results", context)
