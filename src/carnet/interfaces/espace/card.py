"""The emergency card: as it prints for a wallet, with a QR that every phone reads without a network, and as a page that a telephone
keeps: encrypted there under a code of its person, opened without a network, taken away by one touch.
"""

from dataclasses import dataclass

import segno
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from carnet.apps.profile import api as profile
from carnet.interfaces.espace.door import public, render
from carnet.kernel.traits import Traits
from carnet.pages.files import address_of
from carnet.pages.templatetags.pages import long_day

QR_BYTES = 900
"""Longest text of the QR: beyond, its squares are too small for a telephone that is held in a hand."""
_SHEETS = ("tokens.css", "base.css", "components.css", "pages.css", "espace.css", "safe.js", "espace.js", "card.js", "icon.svg")


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says: whose it is, a line for each section (title and what it holds), and the same as one text for a QR."""

    name: str
    born: str
    lines: list[tuple[str, str]]
    danger: bool
    """Whether the first line, that of allergies, names any."""
    made: str
    qr: str
    cut: bool
    """Whether the QR holds less than the card, for want of room."""

    @property
    def kept(self) -> dict[str, object]:
        """What a telephone keeps."""
        return {"name": self.name, "born": f"{gettext('Né(e) le')} {self.born}", "lines": self.lines,
                "made": f"{gettext('Fiche du')} {self.made}"}  # fmt: skip


def qr_of(text: str, scale: int = 5) -> str:
    """A plain QR code as a drawing for a page: never a Micro QR, which most telephones do not read; four modules of margin."""
    return segno.make(text, error="l", micro=False).svg_data_uri(scale=scale, border=4, dark="#000", light="#fff")


def _line(line: profile.Line) -> str:
    return " ".join(part for part in (line.label, line.value, f"({line.detail})" if line.detail else "") if part)


def card_of(traits: Traits, found: list[tuple[str, list[profile.Line], bool]], made: str) -> Card:
    """The card of a person: allergies first, what is not inscribed said so."""
    nothing, shut = gettext("rien d’inscrit"), gettext("non visible pour vous")
    lines = [
        (gettext(title), ", ".join(map(_line, held)) or (shut if closed else nothing)) for title, held, closed in found
    ]  # fmt: skip
    name = f"{traits.birth_name} {traits.given_names}".strip()
    born = long_day(traits.birth_date) if traits.birth_date else gettext("date inconnue")
    head = [gettext("CARTE D’URGENCE"), name, f"{gettext('Né(e) le')} {born}"]
    whole = "\n".join([*head, *(f"{title} : {told}" for title, told in lines), f"{gettext('Fiche du')} {made}"])
    text = whole.encode()[:QR_BYTES].decode("utf-8", "ignore")
    cut = text != whole
    return Card(name, born, lines, bool(found) and bool(found[0][1]), made, qr_of(text + ("…" if cut else ""), 3), cut)


@public("GET")
def kept(request: HttpRequest) -> HttpResponse:
    """The page that a telephone keeps. It holds nothing of anybody: what it shows was encrypted in this browser."""
    return render("sheet/card", {})


@public("GET")
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker of that page alone: it answers without a network, and for nothing else of the portal."""
    files = ["/carte/urgence", *map(address_of, _SHEETS)]
    text = render_to_string("espace/sheet/worker.js", {"files": files, "edition": "-".join(f.split("/")[2][:4] for f in files[1:])})
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@public("GET")
def manifest(request: HttpRequest) -> HttpResponse:
    """What makes of that page an application that stands on a telephone's screen."""
    text = render_to_string("espace/sheet/manifest.json", {"icon": address_of("icon.svg")})
    return HttpResponse(text, content_type="application/manifest+json")
