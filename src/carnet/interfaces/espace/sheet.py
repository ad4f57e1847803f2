"""The emergency sheet: chosen, printed, shown by a link that ends; and presence, the code of this minute."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.profile import api as profile
from carnet.apps.records.api import shown_presence_code, visiting
from carnet.interfaces.espace.card import card_of, qr_of
from carnet.interfaces.espace.door import Asked, page, public, render, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.interfaces.espace.profile import SECTIONS
from carnet.kernel.ask import Act
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import said_here, saying
from carnet.pages.templatetags.pages import long_day

LASTS: dict[str, timedelta] = {
    "1h": timedelta(hours=1),
    "1j": timedelta(days=1),
    "7j": timedelta(days=7),
    "30j": timedelta(days=30),
}


def _chosen(wanted: list[str]) -> list[str]:
    kept = [s for s in profile.SHEET_SECTIONS if s in wanted]
    return kept or list(profile.SHEET_SECTIONS)


_TITLES = {n: s.title for n, s in SECTIONS.items()} | {"directives": _("Directives anticipées et volontés")}


def _lines(opened: Opened, chosen: list[str]) -> list[profile.Line]:
    """The lines of the chosen sections. A treatment that nobody restated is on the sheet too, for nobody stopped it."""
    today = opened.asked.today
    entries = [e for e in opened.entries if e.content.code != profile.NOT_CONCERNED]
    held = profile.in_course(opened.treatments(), profile.Course.CURRENT, profile.Course.SILENT)
    return profile.lines_of(entries, chosen, held, today)


_READ = (*profile.SHEET_SECTIONS, "wishes")


@record_page("accueil", "GET", detail="profile", sections=_READ)
def sheet(opened: Opened) -> Shown | HttpResponse:
    """The sheet as it prints, with what the person chose, and the links that live."""
    chosen = _chosen(opened.asked.request.GET.getlist("rubrique"))
    today, closed = opened.asked.today, opened.closed(_READ)
    lines = _lines(opened, chosen)
    by_section = [(_TITLES[s], [line for line in lines if line.section == s], s in closed) for s in chosen]
    context: Context = {
        "card": card_of(opened.visit.traits, by_section, long_day(today)), "lines": by_section,
        "chosen": chosen, "sections": [(s, _TITLES[s]) for s in profile.SHEET_SECTIONS], "partial": [_TITLES[s] for s in closed],
        "unshown": [_TITLES[s] for s in profile.SHEET_SECTIONS if s not in chosen],
        "links": profile.links(opened.visit) if opened.visit.may(Act.SHARE_SHEET) else [],
        "may_share": opened.visit.may(Act.SHARE_SHEET) and not closed, "today": today, "lasts": list(LASTS),
    }  # fmt: skip
    return Shown("sheet/sheet", context)


@signed_in("POST")
def share(asked: Asked) -> HttpResponse:
    """Make a link: shown this once, because its key is kept nowhere."""
    chosen = _chosen(asked.form.many("rubrique", profile.SHEET_SECTIONS))
    lasts = LASTS.get(asked.form.text("duree", 4), LASTS["1j"])
    with visiting(asked.ask(Act.SEARCH), asked.record, "profile") as visit:
        opened = Opened(asked, visit, profile.entries(visit, _READ))
        if opened.closed(_READ):
            # Whoever sees a part of the record would give on a sheet that says nothing where something is hidden from them.
            raise Refusal(No.OUTSIDE_SCOPE)
        lines, traits = _lines(opened, chosen), visit.traits
    titles = {s: gettext(_TITLES[s]) for s in chosen}
    left = [gettext(_TITLES[s]) for s in profile.SHEET_SECTIONS if s not in chosen]
    made = profile.make_link(
        asked.ask(Act.SHARE_SHEET), asked.record, traits, lines, titles, left, lasts, settings.CARNET.espace_url
    )
    address = f"{settings.CARNET.espace_url}/fiche/lire#{made.shlink}"
    # Told on a page of its own, once: opened again, it would make another link.
    return saying(asked, "/fiche/lien/pret", "lien-pret", address=address, until=made.expires_at.isoformat())


@signed_in("GET")
def shared(asked: Asked) -> HttpResponse:
    """The link that was just made, shown this once."""
    made = said_here(asked)[1]
    if "address" not in made:
        return HttpResponseRedirect("/fiche")
    until, address = datetime.fromisoformat(made["until"]), made["address"]
    return page(asked, "sheet/link", {"tab": "accueil", "until": until, "address": address, "qr": qr_of(address, 4)})


@signed_in("POST")
def revoke(asked: Asked, number: UUID) -> HttpResponse:
    """Cut a link."""
    profile.revoke_link(asked.ask(Act.SHARE_SHEET), asked.record, number)
    return saying(asked, "/fiche", "lien-fin")


@public("GET")
def linked(request: HttpRequest, token: str) -> HttpResponse:
    """What a link leads to: the encrypted sheet (SMART Health Links, flag U). One answer for all links that open nothing."""
    found = profile.open_link(token[:80], moment())
    if found is None:
        response = HttpResponse("Ce lien n'ouvre plus rien.", content_type="text/plain; charset=utf-8", status=404)
    else:
        response = HttpResponse(found, content_type="application/jose")
    response["Access-Control-Allow-Origin"] = "*"
    response["Referrer-Policy"] = "no-referrer"
    return response


@public("GET")
def reader(request: HttpRequest) -> HttpResponse:
    """The page that opens a link: what stands behind the # stays in the browser, which decrypts the sheet."""
    response = render("sheet/reader", {})
    response["Referrer-Policy"] = "no-referrer"
    return response


@signed_in("GET")
def presence(asked: Asked) -> HttpResponse:
    """The code of this minute, to show to a professional."""
    code, until = shown_presence_code(asked.ask(Act.SHOW_PRESENCE), asked.record)
    told = f"{code[:4]} {code[4:]}"
    return page(asked, "presence", {"tab": "accueil", "code": told, "until": until, "qr": qr_of(code, 7)})
