"""A coded value: the pair (code system OID, code), never the code alone.

A student of TRE_G16 is not the TRE_G15 profession that carries the same number, so nothing in Carnet
compares bare codes of different systems.
"""

from dataclasses import dataclass

PROFESSION_SYSTEM = "1.2.250.1.71.1.2.7"
"""TRE_G15-ProfessionSante."""
TRAINEE_SYSTEM = "TRE_G16"
"""TRE_G16-ProfessionFormation. Its OID was not readable in a published source: the table name stands for it."""
SAVOIR_FAIRE_SYSTEM = "1.2.250.1.71.4.2.5"
"""TRE_R01, the union of the savoir-faire tables."""
SECTOR_SYSTEM = "1.2.250.1.71.4.2.4"
"""TRE_R02-SecteurActivite."""
CONFIDENTIALITY_SYSTEM = "2.16.840.1.113883.5.25"
RAISED_CONFIDENTIALITY = frozenset({"R", "V"})
"""HL7 confidentiality above normal: restricted, very restricted. It changes no right here; the depositor is told so."""
VISIBILITY_SYSTEM = "1.2.250.1.213.1.1.4.13"
"""TRE_A07-StatutVisibiliteDocument."""
MASKED = "MASQUE_PS"
"""Hidden from professionals by the patient."""
HIDDEN_FROM_PATIENT = "INVISIBLE_PATIENT"
"""Hidden from the patient until it is announced."""
HIDDEN_FROM_REPRESENTATIVES = "INVISIBLE_REPRESENTANTS_LEGAUX"
"""Hidden from the legal representatives of a minor."""
VISIBILITY_CODES = frozenset({MASKED, HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES})


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code and the OID (or published name) of its system."""

    system: str
    code: str

    def __str__(self) -> str:
        return f"{self.code}^{self.system}"


DOCTOR = Code(PROFESSION_SYSTEM, "10")
