"""The Vitale card, behind a small interface: no card library can be shipped (identity.md §5)."""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits


@dataclass(frozen=True, slots=True)
class VitaleCard:
    """What a card says of one person: the traits that are printed on it, and the INS that INSi answered for them."""

    name: str
    ins: Ins
    traits: Traits


class VitaleReader(Protocol):
    """What the portal needs of a reader: who is on the cards that it holds now."""

    def cards(self) -> list[VitaleCard]:
        """The beneficiaries of the card in the reader; empty without a card."""
        ...


def reader() -> VitaleReader | None:
    """The configured reader; None when there is none. A simulator is refused in production by the settings."""
    path = settings.VITALE_READER
    return import_string(path)() if path else None
