"""Results over time."""

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.interfaces.webps.record.essential import Result
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.pages.sparks import spark

SHOWN = 200
NEWEST = 240
"""Values that the page opens, the newest first: twelve of twenty examinations. Older ones are in their documents."""
POINTS = 12


_GROUPS = {"vitals": _("Signes vitaux"), "obstetrics": _("Grossesses"), "habits": _("Habitudes de vie")}
"""What is measured in care is not a result of a laboratory: each has its own chapter."""
_SHUT = {"results": _("Examens")} | _GROUPS


Rows = list[tuple[Result, list[tuple[profile.Entry, int, str]]]]


def _rows(found: list[profile.Series]) -> Rows:
    """Each with its last values, told in one unit where the laboratory wrote another."""
    return [
        (Result(s, profile.out_of_bounds(s.last), spark(s)),
         [(p, profile.out_of_bounds(p), s.converted(p)) for p in reversed(s.points[-POINTS:])])
        for s in found
    ]  # fmt: skip


def _chapters(entries: list[profile.Entry]) -> list[tuple[str, Rows]]:
    """Results of laboratories by chapter, then what is measured in care: each is a group of its own."""
    found = [(title, _rows(held)) for title, held in profile.by_chapter(profile.series(entries)[:SHOWN])]
    return found + [
        (title, _rows(held)) for section, title in _GROUPS.items() if (held := profile.series(entries, section)[:SHOWN])
    ]


@record_page("resultats", "GET", detail="results", sections=tuple(_SHUT), most=NEWEST)
def results(opened: Opened) -> Shown | HttpResponse:
    """Each examination with its values, the newest first, and its trend."""
    entries = [e for e in opened.entries if e.section == "results"]
    latest = list(dict.fromkeys(e.document_id for e in entries if e.document_id))[:2]
    context: Context = {
        "groups": _chapters(opened.entries),
        "shut": [title for section, title in _SHUT.items() if section not in profile.readable_sections(opened.visit)],
        "cut": NEWEST if len(entries) >= NEWEST else 0,
        "latest": latest if len(latest) == 2 else [],
    }
    return Shown("results", context)
