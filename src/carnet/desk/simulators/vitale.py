"""Simulator of a Vitale card reader: it holds the cards of the demonstration's people. The real reader is a workstation part."""

from carnet.apps.identity.api import VitaleCard
from carnet.desk.demonstration.people import PEOPLE

HELD = 12
"""Cards that lie on the counter."""


class Simulator:
    """A `VitaleReader` (carnet.apps.identity.vitale)."""

    def cards(self) -> list[VitaleCard]:
        """The first people of the demonstration."""
        return [VitaleCard(f"{p.traits.given_names} {p.traits.birth_name}", p.ins, p.traits) for p in PEOPLE[:HELD]]
