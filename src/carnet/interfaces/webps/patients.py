"""Finding a patient: INS, Datamatrix, Vitale card, own list; identity traits in regulation alone."""

import io
from dataclasses import replace
from math import ceil

import zxingcpp
from django.http import HttpResponse, HttpResponseRedirect
from PIL import Image, UnidentifiedImageError

from carnet.apps.identity.api import reader
from carnet.apps.records.api import Listed, ends_soon, own_list, search_by_traits
from carnet.formats.ins_datamatrix import PREFIX
from carnet.interfaces.webps.door import Asked, may_regulate, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of, typed
from carnet.kernel.ask import Act, Mode
from carnet.kernel.ins import InsError
from carnet.kernel.refusal import Refusal
from carnet.kernel.traits import Traits

PER_PAGE = 12
_WRONG = {
    "shape": "Ce n'est pas un matricule INS : il compte quinze caractères. Vérifiez la saisie ou lisez la carte Vitale.",
    "key": "La clé du matricule ne correspond pas : un caractère est mal recopié. Rien n'a été cherché.",
    "image": "Aucun Datamatrix n'a été lu sur cette image. Reprenez la photo de près, à plat et sans reflet.",
}
_LARGEST_IMAGE = 10_000_000
Image.MAX_IMAGE_PIXELS = 50_000_000


def go(asked: Asked, sought: Sought) -> HttpResponse:
    """Go and see what stands between this professional and this person."""
    return HttpResponseRedirect(f"/porte/{handle_of(sought, asked.actor)}")


def _number(text: str) -> int:
    return int(text) if text.isdigit() and len(text) < 5 else 1


def _todo(listed: list[Listed], asked: Asked) -> list[Listed]:
    return [one for one in listed if ends_soon(one, asked.at.date())]


def _found(asked: Asked, wrong: str = "", typed_text: str = "", status: int = 200) -> HttpResponse:
    """The page: the ways to a patient, what is to be settled, and the own list."""
    get = asked.request.GET
    name, refused = get.get("nom", "").strip()[:60], ""
    try:
        listed = own_list(asked.ask(Act.OWN_LIST), name)
    except Refusal as refusal:
        # Not everybody has a list of their own: a search by INS stays, and says what the law says of it.
        listed, refused = [], refusal.code
    pages = max(ceil(len(listed) / PER_PAGE), 1)
    number = min(max(_number(get.get("page", "1")), 1), pages)
    start = (number - 1) * PER_PAGE
    context: dict[str, object] = {
        "tab": "patients", "listed": listed[start : start + PER_PAGE], "total": len(listed), "first": start + 1,
        "last": min(start + PER_PAGE, len(listed)), "page": number, "pages": pages, "name": name, "wrong": _WRONG.get(wrong, ""),
        "typed": typed_text, "ending": _todo(listed, asked), "no_list": refused, "vitale": reader() is not None,
        "done": get.get("fait", ""),
    }  # fmt: skip
    return page(asked, "patients/search", context, status)


@signed_in("GET")
def patients(asked: Asked) -> HttpResponse:
    """The first page."""
    return _found(asked)


@signed_in("POST")
def look_for(asked: Asked) -> HttpResponse:
    """What was typed, pasted or scanned."""
    text = asked.request.POST.get("ins", "")[:600]
    try:
        return go(asked, typed(text))
    except InsError as error:
        # A scan is long and says who a person is: it is not put back into the field.
        return _found(asked, error.reason, "" if PREFIX in text else text[:40], 400)


@signed_in("GET", "POST")
def vitale(asked: Asked) -> HttpResponse:
    """The card in the reader: the person is chosen among those who are on it."""
    found = reader()
    cards = found.cards() if found else []
    if asked.request.method == "POST":
        number = _number(asked.posted("carte", 4) or "x")
        if asked.posted("carte", 4).isdigit() and number < len(cards):
            return go(asked, Sought(cards[number].ins, cards[number].traits))
    return page(asked, "patients/vitale", {"tab": "patients", "cards": list(enumerate(cards)), "reader": found is not None})


@signed_in("GET", "POST")
def camera(asked: Asked) -> HttpResponse:
    """A photograph of the Datamatrix: read here, kept nowhere."""
    if asked.request.method == "GET":
        return page(asked, "patients/camera", {"tab": "patients"})
    upload = asked.request.FILES.get("image")
    data = upload.read() if upload is not None and (upload.size or 0) <= _LARGEST_IMAGE else b""
    for text in _barcodes(data):
        try:
            return go(asked, typed(text))
        except InsError:
            continue
    return page(asked, "patients/camera", {"tab": "patients", "wrong": _WRONG["image"]}, 400)


def _barcodes(data: bytes) -> list[str]:
    try:
        image = Image.open(io.BytesIO(data)).convert("L")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return []
    return [code.text for code in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.DataMatrix))]


_TRAITS = {"nom": "birth_name", "prenom": "given_names", "sexe": "sex", "naissance": "birth_date"}


@signed_in("GET", "POST")
def traits(asked: Asked) -> HttpResponse:
    """Medical regulation alone: scored candidates for identity traits. It opens nothing."""
    if not may_regulate(asked):
        raise Refusal("regulation-not-proved", "regulation-not-proved")
    context: dict[str, object] = {"tab": "patients", "form": asked.request.POST}
    if asked.request.method == "GET":
        return page(asked, "patients/traits", context)
    given = Traits(**{name: asked.posted(field, 100) for field, name in _TRAITS.items()})
    question = replace(asked.ask(Act.SEARCH_BY_TRAITS, mode=Mode.REGULATION), traits=given)
    try:
        found = search_by_traits(question)
    except Refusal as refusal:
        return page(asked, "patients/traits", context | {"refused": refusal.code}, 400)
    rows = [(c, handle_of(Sought(c.ins, c.traits), asked.actor), round(c.score * 100)) for c in found]
    return page(asked, "patients/traits", context | {"candidates": rows, "asked": True})
