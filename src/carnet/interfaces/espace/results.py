"""My results: examinations by chapter in plain names, and each one over time, across laboratories."""

from django.http import HttpResponse
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.apps.storage.api import blind_index
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.kernel.refusal import No, Refusal
from carnet.pages.curves import curve

_TABLES = {"vitals": _("Signes vitaux"), "obstetrics": _("Grossesses"), "habits": _("Habitudes de vie")}
"""What is measured in care is not a result of a laboratory: each stands in a chapter of its own."""
_SECTIONS = ("results", *_TABLES)


def _series(opened: Opened, section: str) -> list[profile.Series]:
    return profile.series([e for e in opened.entries if e.source == profile.DOCUMENT], section)


def _key(opened: Opened, series: profile.Series) -> str:
    """A series in an address: under a key of ours, so that no log of addresses tells which examination somebody looked at."""
    return blind_index("result-series", f"{opened.visit.record_id}/{series.identity}").hex()[:16]


def _lines(opened: Opened, found: list[profile.Series]) -> list[tuple[profile.Series, int, str]]:
    return [(s, profile.out_of_bounds(s.last), _key(opened, s)) for s in found]


@record_page("dossier", "GET", detail="results", sections=_SECTIONS, most=profile.MOST)
def results(opened: Opened) -> Shown | HttpResponse:
    """Examinations with their last value, by chapter; what laboratories say in words beside."""
    found = _series(opened, "results")
    chapters = [(title, _lines(opened, held)) for title, held in profile.by_chapter(s for s in found if s.numeric)]
    chapters += [(title, _lines(opened, held)) for section, title in _TABLES.items() if (held := _series(opened, section))]
    context: Context = {
        "chapters": chapters, "worded": [s for s in found if not s.numeric], "narrowed": bool(opened.closed(["results"])),
    }  # fmt: skip
    return Shown("profile/results", context)


@record_page("dossier", "GET", detail="results", sections=_SECTIONS, most=profile.MOST)
def result(opened: Opened, key: str) -> Shown | HttpResponse:
    """One examination: its last value beside the bounds of its laboratory, its curve, and every value in a table."""
    every = [s for section in _SECTIONS for s in _series(opened, section)]
    found = next((s for s in every if _key(opened, s) == key), None)
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    beside = [
        s for s in every if s.chapter == found.chapter and s is not found and s.last.section == found.last.section and s.numeric
    ]
    context: Context = {
        "s": found, "bound": profile.out_of_bounds(found.last), "curve": curve(found),
        "others": [(s, _key(opened, s)) for s in beside[:12]],
        "before": found.points[-2] if len(found.points) > 1 else None,
        "points": [(p, profile.out_of_bounds(p), found.converted(p)) for p in reversed(found.points)],
        "places": len({p.content.place or p.content.author for p in found.points}),
    }  # fmt: skip
    return Shown("profile/result", context)
