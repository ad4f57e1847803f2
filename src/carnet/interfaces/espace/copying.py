"""A copy of everything that a person may see: the archive that another Carnet opens, with pages to read and a summary to show."""

import json

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import override

from carnet.apps.catalogue.api import own_summary
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Visit, consulted, export_for, visiting
from carnet.apps.signin.api import name_of
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.profile import SECTIONS
from carnet.kernel.ask import Act


@signed_in("GET")
def export_page(asked: Asked) -> HttpResponse:
    """What the copy holds, and the button."""
    return page(asked, "account/export", {"tab": "compte"})


def _profile(asked: Asked, visit: Visit) -> bytes:
    """The profile as a page of its own: each line with its source and date, absences and what is closed said."""
    found = profile.entries(visit, (*SECTIONS, "results", "vitals", "directives"), most=profile.MOST, markers=True)
    kept = [e for e in found if e.content.code != profile.NOT_CONCERNED]
    open_ones = set(profile.readable_sections(visit, SECTIONS))
    sections = [
        (section, profile.stated(kept, name), profile.absences(kept, name), name in open_ones,
         any(e.section == name and e.content.code == profile.NOT_CONCERNED for e in found))
        for name, section in SECTIONS.items()
    ]  # fmt: skip
    context: dict[str, object] = {
        "traits": visit.traits, "now": asked.at, "sections": sections,
        "results": [s for name in ("results", "vitals") for s in profile.series(kept, name)],
        "directives": next((e for e in kept if e.section == "directives"), None),
    }  # fmt: skip
    with override("fr"):
        return render_to_string("espace/account/copy_profile.html", context).encode()


@signed_in("POST")
def export(asked: Asked) -> HttpResponse:
    """A copy of everything that I may see, in open formats, that another Carnet opens."""
    with visiting(asked.ask(Act.SEARCH), asked.record, "documents") as visit:
        consulted(visit, Act.EXPORT_RECORD)
        seen = frozenset(e.id for e in profile.entries(visit, ended=True, most=profile.MOST, markers=True))
        bundle, paper = own_summary(visit)
        beside = {
            "profil.html": _profile(asked, visit), "resume-ips.pdf": paper,
            "resume-ips.json": json.dumps(bundle, ensure_ascii=False, indent=1).encode(),
        }  # fmt: skip
        made = export_for(visit, seen, name_of(visit.traits), beside)
    response = HttpResponse(made.data, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="mon-carnet-{asked.today.isoformat()}.zip"'
    return response
