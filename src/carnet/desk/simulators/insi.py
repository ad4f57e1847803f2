"""Simulator of INSi: it knows published test people and those of the demonstration, and nobody else.

The real teleservice cannot be reached without homologation. The simulator is refused in production by the settings.
"""

from carnet.desk.demonstration.people import ABSENT, PEOPLE
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits

PUBLISHED = {
    "297022A02077878": Traits("ADRTROIS", "DOMINIQUE", "F", "1997-02-26", "2A020"),
    "160012B02077713": Traits("ADRTROIS", "TOUSSAINT", "M", "1960-01-01", "2B020"),
    "109076322083489": Traits("ECETINSI", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14", "63220"),
    "275126322074974": Traits("ADRUN", "ZOE", "F", "1975-12-31", "63220"),
    "207058575627097": Traits("PATB-QUATRE", "LAURENCE", "F", "1907-05-25", "85756"),
    "180032B02040123": Traits("CORSE", "ANTHONY", "M", "1980-03-02", "2B020"),
    "236066322083656": Traits("TCHITCHI", "CATARINA BELLA", "F", "1936-06-21", "63220"),
    "110086322083060": Traits("NESSI", "MICHELANGELO ANTHONY", "M", "2010-08", "63220"),
}
"""Published test identities of the CNDA (matricule → strict traits)."""

DEMONSTRATION = {person.ins.matricule: person.traits for person in (*PEOPLE, ABSENT)}


class Simulator:
    """An `InsiClient` (carnet.apps.identity.insi)."""

    def traits_of(self, ins: Ins) -> Traits | None:
        """Traits of a matricule that the simulator knows, else None (code 01, no identity found)."""
        return PUBLISHED.get(ins.matricule) or DEMONSTRATION.get(ins.matricule)
