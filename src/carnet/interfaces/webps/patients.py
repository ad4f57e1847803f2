"""Finding a patient: INS, Datamatrix, Vitale card, own list; identity traits in regulation alone."""

from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect

from carnet.apps.access.api import told
from carnet.apps.identity.api import reader
from carnet.apps.records.api import Listed, ends_soon, own_list, search_by_traits
from carnet.formats.ins_datamatrix import PREFIX
from carnet.formats.pictures import datamatrix_texts
from carnet.interfaces.webps.door import Asked, may_regulate, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of, typed
from carnet.interfaces.webps.paging import paged
from carnet.kernel.ask import Act, Mode
from carnet.kernel.copies import replace
from carnet.kernel.ins import InsError
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, is_minor
from carnet.pages.civil import number_of

PER_PAGE = 12
_WRONG = {
    "shape": "Ce n'est pas un matricule INS : il compte quinze caractères. Vérifiez la saisie ou lisez la carte Vitale.",
    "letter": "Ce matricule contient une lettre à la place d'un chiffre : la lettre O pour zéro, ou I pour un. Corrigez-la.",
    "several": "Plusieurs matricules se trouvent dans ce texte. Collez celui d'une seule personne.",
    "key": "La clé du matricule ne correspond pas : un caractère est mal recopié. Rien n'a été cherché.",
    "image": "Aucun Datamatrix n'a été lu sur cette image. Reprenez la photo de près, à plat et sans reflet.",
}
_LARGEST_IMAGE = 10_000_000


def go(asked: Asked, sought: Sought) -> HttpResponse:
    """Go and see what stands between this professional and this person."""
    return HttpResponseRedirect(f"/porte/{handle_of(sought, asked.actor)}")


def _as_wanted(asked: Asked, sought: Sought) -> Sought:
    """In a secret connection where the form asks for one. It is asked for before anything is: the first test leaves a line."""
    return sought.in_secret(asked.form.yes("secret"))


@dataclass(frozen=True, slots=True)
class Line:
    """A record of the own list, with its address for this professional."""

    listed: Listed
    handle: str
    soon: bool
    in_secret: str = ""
    """The address of a secret connection, for a minor."""


def _line(asked: Asked, listed: Listed) -> Line:
    sought = Sought(listed.ins)
    minor = is_minor(listed.traits.birth_date, asked.today)
    in_secret = handle_of(sought.in_secret(True), asked.actor) if minor else ""
    # Whoever agreed in secret is opened in secret: an ordinary visit would be told.
    return Line(listed, in_secret if listed.secret else handle_of(sought, asked.actor), ends_soon(listed, asked.today), in_secret)


def _own(asked: Asked, name: str) -> tuple[list[Listed], str]:
    """The own list, or the code of the refusal for a profile that has none: a search by INS stays open to it."""
    try:
        return own_list(asked.ask(Act.OWN_LIST), name), ""
    except Refusal as refusal:
        return [], refusal.code


def _found(asked: Asked, wrong: str = "", typed_text: str = "", status: int = 200) -> HttpResponse:
    """The page: the ways to a patient, what is to be settled, and the own list."""
    get = asked.request.GET
    name = get.get("nom", "").strip()[:60]
    listed, refused = _own(asked, name)
    paging = paged(len(listed), number_of(get.get("page", "1"), 9999) or 1, PER_PAGE, nom=name)
    context: dict[str, object] = {
        "tab": "patients", "listed": [_line(asked, one) for one in listed[paging.start : paging.last]], "paging": paging,
        "name": name, "wrong": _WRONG.get(wrong, ""), "typed": typed_text, "no_list": refused, "vitale": reader() is not None,
        "ending": [one for one in listed if ends_soon(one, asked.today)], "in_secret": asked.form.yes("secret"),
    }  # fmt: skip
    return page(asked, "patients/search", context, status)


@signed_in("GET")
def patients(asked: Asked) -> HttpResponse:
    """The first page."""
    return _found(asked)


@signed_in("POST")
def look_for(asked: Asked) -> HttpResponse:
    """What was typed, pasted or scanned."""
    text = asked.form.raw("ins", 600)
    try:
        return go(asked, _as_wanted(asked, typed(text)))
    except InsError as error:
        # A scan is long and says who a person is: it is not put back into the field.
        return _found(asked, error.reason, "" if PREFIX in text else text[:40], 400)


@signed_in("GET", "POST")
def vitale(asked: Asked) -> HttpResponse:
    """The card in the reader: the person is chosen among those who are on it."""
    found = reader()
    cards = found.cards() if found else []
    if asked.request.method == "POST":
        number = asked.form.number("carte", len(cards) - 1)
        if number is not None:
            return go(asked, _as_wanted(asked, Sought(cards[number].ins, cards[number].traits, seen_at=asked.at)))
    context: dict[str, object] = {
        "cards": list(enumerate(cards)),
        "reader": found is not None,
        "in_secret": asked.form.yes("secret"),
    }
    return page(asked, "patients/vitale", {"tab": "patients"} | context)


@signed_in("GET", "POST")
def camera(asked: Asked) -> HttpResponse:
    """A photograph of the Datamatrix: read here, kept nowhere."""
    if asked.request.method == "GET":
        return page(asked, "patients/camera", {"tab": "patients"})
    upload = asked.request.FILES.get("image")
    data = upload.read() if upload is not None and (upload.size or 0) <= _LARGEST_IMAGE else b""
    for text in datamatrix_texts(data):
        try:
            return go(asked, _as_wanted(asked, typed(text)))
        except InsError:
            continue
    context: dict[str, object] = {"tab": "patients", "wrong": _WRONG["image"], "in_secret": asked.form.yes("secret")}
    return page(asked, "patients/camera", context, 400)


_TRAITS = {"nom": "birth_name", "prenom": "given_names", "sexe": "sex", "naissance": "birth_date"}


@signed_in("GET", "POST")
def traits(asked: Asked) -> HttpResponse:
    """Medical regulation alone: scored candidates for identity traits. It opens nothing."""
    if not may_regulate(asked):
        raise Refusal(No.REGULATION_NOT_PROVED)
    context: dict[str, object] = {"tab": "patients", "form": asked.request.POST}
    if asked.request.method == "GET":
        return page(asked, "patients/traits", context)
    given = Traits(**{name: asked.form.text(field, 100) for field, name in _TRAITS.items()})
    question = replace(asked.ask(Act.SEARCH_BY_TRAITS, mode=Mode.REGULATION), traits=given)
    try:
        found = search_by_traits(question)
    except Refusal as refusal:
        return page(asked, "patients/traits", context | {"refusal": told(refusal.code)}, 400)
    rows = [(c, handle_of(Sought(c.ins, c.traits), asked.actor), round(c.score * 100)) for c in found]
    return page(asked, "patients/traits", context | {"candidates": rows, "asked": True})
