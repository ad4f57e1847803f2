"""The measures that a person writes, or a service that they connected: code, unit, and bounds of ours."""

from dataclasses import dataclass

LOINC = "http://loinc.org"
ANS_MEASURES = "https://mos.esante.gouv.fr/NOS/TRE_A04-Loinc/FHIR/TRE-A04-Loinc"
"""System of the two measures that LOINC has no code for (API Mesures v1.5.2; the address is inferred)."""


def _(words: str) -> str:
    """Mark words to translate. Not gettext's own: `carnet run` reads this list before there are settings."""
    return words


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure: its code, label, unit as people read it and in UCUM, and bounds of ours."""

    code: str
    label: str
    unit: str
    ucum: str
    low: float
    high: float

    @property
    def system(self) -> str:
        """System of its code."""
        return ANS_MEASURES if self.code.startswith("MED-") else LOINC


SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
MEASURES = {
    m.code: m
    for m in (
        Measure("29463-7", _("Poids"), "kg", "kg", 0.3, 400),
        Measure("8302-2", _("Taille"), "cm", "cm", 20, 260),
        Measure(SYSTOLIC, _("Tension, maximum"), "mmHg", "mm[Hg]", 40, 300),
        Measure(DIASTOLIC, _("Tension, minimum"), "mmHg", "mm[Hg]", 20, 200),
        Measure("8310-5", _("Température"), "°C", "Cel", 30, 45),
        Measure("8867-4", _("Pouls"), "/min", "/min", 20, 300),
        Measure("2345-7", _("Glycémie"), "mg/dL", "mg/dL", 10, 1000),
        Measure("4548-4", _("HbA1c"), "%", "%", 2, 20),
        Measure("8280-0", _("Tour de taille"), "cm", "cm", 20, 250),
        Measure("72514-3", _("Douleur, de 0 à 10"), "", "{score}", 0, 10),
        Measure("41950-7", _("Pas dans la journée"), "", "{steps}/d", 0, 100_000),
        Measure("8287-5", _("Tour de tête"), "cm", "cm", 20, 80),
        Measure("MED-969", _("Glucose interstitiel moyen"), "mg/dL", "mg/dL", 10, 1000),
        Measure("MED-972", _("Indicateur de gestion de la glycémie"), "%", "%", 2, 20),
    )
}
"""By code. Those that a person writes in the portal are all but the two last, which a sensor alone works out."""
OF_SENSORS = frozenset({"MED-969", "MED-972"})
