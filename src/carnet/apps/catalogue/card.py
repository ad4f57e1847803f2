"""The card of a service, as its publisher writes it and as people read it: typed, bounded, and read whole or refused."""

from typing import Annotated, Literal

from django.utils.translation import gettext_noop as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from carnet.apps.access.api import READ, WRITE
from carnet.apps.catalogue.categories import CATEGORIES, JOURNAL, known_category, writable
from carnet.apps.catalogue.criteria import ASSISTANT, DEVICE, EXCHANGE

APPLICATION = "application"
THEMES = {
    "measures": _("Mesures"), "prevention": _("Prévention"), "pregnancy": _("Grossesse"), "vaccines": _("Vaccins"),
    "medicines": _("Suivi d’un traitement"), "chronic": _("Maladie chronique"), "autonomy": _("Autonomie"),
    "appointments": _("Rendez-vous"), "teleconsultation": _("Téléconsultation"), "wellbeing": _("Bien-être"),
    "assistant": _("Assistants"),
}  # fmt: skip
"""Themes of the application of Mon espace santé (its public catalogue), and ours for pregnancy and assistants."""


class CardError(ValueError):
    """A card that cannot be kept: pairs of field and sentence."""

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {why}" for field, why in problems))
        self.problems = problems


class RequestedLine(BaseModel):
    """One thing that a service may ask for: a category, reading or writing, how much of it, and why in a few words."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    category: str
    verbs: tuple[Literal["read", "write"], ...] = Field(min_length=1, max_length=2)
    perimeter: str = "all"
    why: str = Field(default="", max_length=160)

    @model_validator(mode="after")
    def _known(self) -> "RequestedLine":
        if not known_category(self.category):
            raise ValueError("cette catégorie n’existe pas")
        held = CATEGORIES[self.category.partition(".")[0]]
        if not set(self.verbs) <= set(held.verbs):
            raise ValueError("cette catégorie ne s’écrit pas")
        if self.perimeter not in held.perimeters:
            raise ValueError("ce périmètre n’existe pas pour cette catégorie")
        return self


class Purpose(BaseModel):
    """What a service does something for, and the lines that it needs for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    code: str = Field(pattern="^[a-z][a-z0-9-]{1,30}$")
    title: str = Field(min_length=3, max_length=120)
    lines: tuple[RequestedLine, ...] = Field(min_length=1, max_length=20)

    @field_validator("lines")
    @classmethod
    def _once(cls, lines: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
        if len({x.category for x in lines}) != len(lines):
            raise ValueError("une catégorie est demandée deux fois pour la même finalité")
        return lines


Text = Annotated[str, Field(max_length=300)]
Link = Annotated[str, Field(max_length=300, pattern="^$|^https?://[^ ]+$")]


class Card(BaseModel):
    """The card of a service."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=2, max_length=60)
    tagline: str = Field(min_length=5, max_length=120)
    description: str = Field(default="", max_length=4000)
    kind: Literal["application", "assistant"] = "application"
    themes: tuple[str, ...] = Field(min_length=1, max_length=4)
    device: str = Field(default="", pattern="^$|^(I|IIa|IIb|III)$")
    """Class of the medical device; empty for a service that is none."""
    price: str = Field(min_length=2, max_length=120)
    model: Text = ""
    """Who pays for it, and how."""
    hosting: str = Field(min_length=2, max_length=200)
    accessibility: Text = ""
    destination: str = Field(default="", max_length=600)
    """Of an assistant: where what it reads goes, at whom, in which country, for how long."""
    site: Link = ""
    terms: Link = ""
    privacy: Link = ""
    help: Text = ""
    launch: Link = ""
    """Where the service is opened from the portal (SMART EHR launch)."""
    screens: tuple[str, ...] = Field(default=(), max_length=6)
    """What its screens show, in words: pictures of a service are its publisher's, on its site."""
    purposes: tuple[Purpose, ...] = Field(default=(), max_length=8)

    @model_validator(mode="after")
    def _whole(self) -> "Card":
        if set(self.themes) - set(THEMES):
            raise ValueError("ce thème n’existe pas")
        if len({p.code for p in self.purposes}) != len(self.purposes):
            raise ValueError("deux finalités portent le même nom")
        if self.kind == ASSISTANT and any(set(x.verbs) != {READ} for p in self.purposes for x in p.lines):
            raise ValueError("un assistant lit, et n’écrit rien")
        named = {x.category.partition(".")[0] for p in self.purposes for x in p.lines}
        if self.kind != ASSISTANT and JOURNAL in named:
            raise ValueError("le journal des accès ne s’ouvre qu’à un assistant")
        if self.kind == ASSISTANT and not self.destination:
            raise ValueError("un assistant dit où partent les données")
        return self

    @property
    def sorts(self) -> tuple[str, ...]:
        """The sorts of criteria that concern it."""
        return (
            *((EXCHANGE,) if self.purposes else ()),
            *((ASSISTANT,) if self.kind == ASSISTANT else ()),
            *((DEVICE,) if self.device else ()),
        )


def read_card(told: dict[str, object]) -> Card:
    """Read a card. Raises CardError with what is wrong, field by field.

    What a later edition of these rules forbids is refused here, where a card is written, and not where one that is listed is read.
    """
    try:
        card = Card.model_validate(told)
    except ValidationError as error:
        problems = [(str(e["loc"][0]) if e["loc"] else "name", _said(e["loc"], e["type"], e["msg"])) for e in error.errors()]
        raise CardError(problems) from None
    if any(WRITE in x.verbs and not writable(x.category) for p in card.purposes for x in p.lines):
        raise CardError([("purposes", "L’indice de masse corporelle se calcule : il ne s’écrit pas.")])
    return card


_SENTENCES = {
    "string_too_short": "Écrivez-en un peu plus.", "string_too_long": "C’est trop long.", "missing": "À remplir.",
    "string_pattern_mismatch": "Ce n’est pas de la forme attendue (un lien commence par https://).",
    "too_short": "Choisissez-en au moins un.", "too_long": "C’est trop.",
}  # fmt: skip


def _said(where: tuple[int | str, ...], kind: str, message: str) -> str:
    if where[:1] == ("purposes",) and where[-1] in ("title", "lines") and kind in ("string_too_short", "too_short"):
        what = "donnez-lui un titre, de trois lettres au moins" if where[-1] == "title" else "cochez au moins une donnée"
        return f"Finalité {int(where[1]) + 1} : {what}."
    if where[:1] == ("themes",) and kind == "too_long":
        return "Quatre au plus."
    own = message.removeprefix("Value error, ")
    return _SENTENCES.get(kind) or f"{own[:1].upper()}{own[1:]}."
