"""Results over time, and the vaccination record."""

from django.http import HttpResponse

from carnet.apps.profile import api as profile
from carnet.interfaces.webps.record.essential import results as with_trend
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page

SHOWN = 200
NEWEST = 240
"""Values that the page opens, the newest first: twelve of twenty examinations. Older ones are in their documents."""
POINTS = 12


@record_page("resultats", "GET", detail="results", sections=("results",), most=NEWEST)
def results(opened: Opened) -> Shown | HttpResponse:
    """Each examination with its values, the newest first, and its trend."""
    entries = [e for e in opened.entries if e.section == "results"]
    rows = [
        (r, [(p, profile.out_of_bounds(p)) for p in reversed(r.series.points[-POINTS:])]) for r in with_trend(entries, SHOWN)
    ]  # fmt: skip
    latest = list(dict.fromkeys(e.document_id for e in entries if e.document_id))[:2]
    context: Context = {"rows": rows, "latest": latest if len(latest) == 2 else []}
    return Shown("results", context)


@record_page("vaccinations", "GET", detail="vaccinations", sections=("vaccinations",))
def vaccinations(opened: Opened) -> Shown | HttpResponse:
    """What was given, by vaccine, with lot, source and date."""
    return Shown("vaccinations", {"vaccinations": profile.stated(opened.entries, "vaccinations")})
