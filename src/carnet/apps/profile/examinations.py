"""Examinations as people know them: one name, one chapter, plain words, and the units in which one result may be told.

A result is recognised by its LOINC code alone. Units are converted only where a molar mass or a scale makes it exact; a value
that was converted is said to be. Two methods that do not give the same number (a filtration by MDRD and by CKD-EPI) are two
examinations. Factors are those of molar masses (IUPAC), HbA1c that of the NGSP (NGSP % = 0.09148 × IFCC + 2.152).
"""

import re
from dataclasses import dataclass
from functools import cache

from carnet.apps.profile.measures import LOINC

_SYSTEMS = frozenset({LOINC, "2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.1"})


def _(words: str) -> str:
    """Mark words to translate. Not gettext's own: this list is read before there are settings."""
    return words


@dataclass(frozen=True, slots=True)
class Examination:
    """An examination: `units` are scale and offset to the first of them."""

    key: str
    name: str
    chapter: str
    plain: str
    units: dict[str, tuple[float, float]]

    def converted(self, value: float, unit: str, to: str) -> float | None:
        """A value in another unit of this examination; None where one of them is none of its units."""
        source, target = self.units.get(plain_unit(unit)), self.units.get(plain_unit(to))
        if source is None or target is None:
            return None
        return (value * source[0] + source[1] - target[1]) / target[0]


BLOOD, CLOTTING, KIDNEY, SUGAR, FATS = _("Sang"), _("Coagulation"), _("Rein et sels"), _("Sucre"), _("Graisses")
LIVER, FIRE, THYROID, IRON, HEART = _("Foie et pancréas"), _("Inflammation"), _("Thyroïde"), _("Fer et vitamines"), _("Cœur")
URINE, GASES, OTHERS = _("Urines"), _("Gaz du sang"), _("Autres examens")
CHAPTERS = (BLOOD, CLOTTING, KIDNEY, SUGAR, FATS, LIVER, FIRE, THYROID, IRON, HEART, URINE, GASES, OTHERS)
"""In the order in which they are shown."""

_GIGA = "G/L=10*9/L=10*3/uL=10*3/mm3=Giga/L /mm3:0.001 /uL:0.001"
_ENZYME = "U/L=[IU]/L=[U]/L"
_MICRO = "ug/L=ng/mL mg/L:1000"
_FILTERED = "mL/min/{1.73_m2}=mL/min/1.73m2=mL/min/1,73m2=mL/min/1.73m²=mL/min/1,73m²"
_NANO = "ng/L=pg/mL ug/L:1000"
_ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # chapter, LOINC codes, name, units (first one; others with their scale), plain words
    (BLOOD, "718-7", _("Hémoglobine"), "g/dL=g/100mL g/L:0.1", _("Ce qui porte l’oxygène dans le sang.")),
    (BLOOD, "4544-3 20570-8", _("Hématocrite"), "% L/L:100", _("La part du sang que prennent les globules rouges.")),
    (BLOOD, "789-8 26453-1", _("Globules rouges"), "T/L=10*12/L=10*6/uL=10*6/mm3=Tera/L", _("Les cellules qui portent l’oxygène.")),
    (BLOOD, "787-2 30428-7", _("Volume des globules rouges (VGM)"), "fL=um3", _("La taille moyenne des globules rouges.")),
    (BLOOD, "785-6 28539-5", _("Hémoglobine par globule (TCMH)"), "pg", ""),
    (BLOOD, "786-4 28540-3", _("Concentration des globules (CCMH)"), "g/dL=g/100mL g/L:0.1", ""),
    (BLOOD, "6690-2 26464-8", _("Globules blancs"), _GIGA, _("Les cellules qui défendent le corps.")),
    (BLOOD, "751-8 26499-4", _("Neutrophiles"), _GIGA, _("Des globules blancs.")),
    (BLOOD, "731-0 26474-7", _("Lymphocytes"), _GIGA, _("Des globules blancs.")),
    (BLOOD, "742-7 26484-6", _("Monocytes"), _GIGA, _("Des globules blancs.")),
    (BLOOD, "711-2 26449-9", _("Éosinophiles"), _GIGA, _("Des globules blancs.")),
    (BLOOD, "704-7 26444-0", _("Basophiles"), _GIGA, _("Des globules blancs.")),
    (BLOOD, "777-3 26515-7", _("Plaquettes"), _GIGA, _("Ce qui aide le sang à coaguler.")),
    (BLOOD, "14196-0 60474-4", _("Réticulocytes"), _GIGA, _("Des globules rouges jeunes.")),
    (CLOTTING, "6301-6 34714-6", _("INR"), "1=[INR]={INR}=", _("Le temps de coagulation, comparé à une référence.")),
    (CLOTTING, "5894-1", _("Taux de prothrombine (TP)"), "%", _("Une mesure de la coagulation.")),
    (CLOTTING, "3173-2 14979-9", _("Temps de céphaline (TCA)"), "s=sec", _("Une mesure de la coagulation.")),
    (CLOTTING, "3255-7", _("Fibrinogène"), "g/L mg/dL:0.01", _("Une protéine de la coagulation.")),
    (CLOTTING, "48065-7", _("D-dimères"), "ug/L=ng/mL mg/L:1000", ""),
    (KIDNEY, "2160-0 14682-9", _("Créatinine"), "umol/L mg/L:8.84 mg/dL:88.4", _("Un déchet que les reins éliminent.")),
    (KIDNEY, "62238-1", _("Filtration des reins (CKD-EPI 2009)"), _FILTERED,
     _("Ce que les reins filtrent chaque minute, estimé.")),
    (KIDNEY, "98979-8", _("Filtration des reins (CKD-EPI 2021)"), _FILTERED,
     _("Ce que les reins filtrent chaque minute, estimé.")),
    (KIDNEY, "33914-3", _("Filtration des reins (MDRD)"), _FILTERED,
     _("Ce que les reins filtrent chaque minute, estimé.")),
    (KIDNEY, "22664-7 3091-6", _("Urée"), "mmol/L g/L:16.65 mg/dL:0.1665", _("Un déchet que les reins éliminent.")),
    (KIDNEY, "2951-2", _("Sodium"), "mmol/L=meq/L", _("Le sel du sang.")),
    (KIDNEY, "2823-3", _("Potassium"), "mmol/L=meq/L", _("Un sel utile au cœur et aux muscles.")),
    (KIDNEY, "2075-0", _("Chlore"), "mmol/L=meq/L", ""),
    (KIDNEY, "1963-8", _("Bicarbonates"), "mmol/L=meq/L", ""),
    (KIDNEY, "2000-8 17861-6", _("Calcium"), "mmol/L mg/L:0.02495 mg/dL:0.2495", _("Utile aux os, aux nerfs et aux muscles.")),
    (KIDNEY, "14879-1 2777-1", _("Phosphore"), "mmol/L mg/L:0.03229 mg/dL:0.3229", ""),
    (KIDNEY, "2601-3 19123-9", _("Magnésium"), "mmol/L mg/L:0.04114 mg/dL:0.4114", ""),
    (KIDNEY, "14933-6 3084-1", _("Acide urique"), "umol/L mg/L:5.948 mg/dL:59.48", _("En trop, il peut donner la goutte.")),
    (KIDNEY, "2885-2", _("Protéines du sang"), "g/L g/dL:10", ""),
    (KIDNEY, "1751-7", _("Albumine"), "g/L g/dL:10", _("La protéine la plus abondante du sang.")),
    (SUGAR, "2345-7 14749-6", _("Glycémie"), "g/L mmol/L:0.18016 mg/dL:0.01", _("Le sucre dans le sang.")),
    (SUGAR, "1558-6 14771-0", _("Glycémie à jeun"), "g/L mmol/L:0.18016 mg/dL:0.01", _("Le sucre dans le sang, à jeun.")),
    (SUGAR, "4548-4 17856-6 59261-8", _("Hémoglobine glyquée (HbA1c)"), "% mmol/mol:0.09148+2.152",
     _("La part de l’hémoglobine qui porte du sucre : le reflet de trois mois.")),
    (FATS, "2093-3 14647-2", _("Cholestérol total"), "g/L mmol/L:0.38665 mg/dL:0.01", ""),
    (FATS, "2085-9 14646-4", _("Cholestérol HDL"), "g/L mmol/L:0.38665 mg/dL:0.01", ""),
    (FATS, "13457-7 39469-2", _("Cholestérol LDL, calculé"), "g/L mmol/L:0.38665 mg/dL:0.01", ""),
    (FATS, "18262-6 22748-8", _("Cholestérol LDL, mesuré"), "g/L mmol/L:0.38665 mg/dL:0.01", ""),
    (FATS, "2571-8 14927-8", _("Triglycérides"), "g/L mmol/L:0.8857 mg/dL:0.01", _("Des graisses du sang.")),
    (LIVER, "1920-8", _("ASAT (transaminase)"), _ENZYME, _("Une enzyme du foie et des muscles.")),
    (LIVER, "1742-6", _("ALAT (transaminase)"), _ENZYME, _("Une enzyme du foie.")),
    (LIVER, "2324-2", _("Gamma-GT"), _ENZYME, _("Une enzyme du foie.")),
    (LIVER, "6768-6", _("Phosphatases alcalines"), _ENZYME, _("Des enzymes du foie et des os.")),
    (LIVER, "14631-6 1975-2", _("Bilirubine totale"), "umol/L mg/L:1.7104 mg/dL:17.104", ""),
    (LIVER, "14629-0 1968-7", _("Bilirubine conjuguée"), "umol/L mg/L:1.7104 mg/dL:17.104", ""),
    (LIVER, "3040-3", _("Lipase"), _ENZYME, _("Une enzyme du pancréas.")),
    (LIVER, "2532-0 14804-9", _("LDH"), _ENZYME, ""),
    (FIRE, "1988-5", _("Protéine C réactive (CRP)"), "mg/L mg/dL:10", _("Elle monte quand il y a une inflammation.")),
    (FIRE, "30522-7", _("CRP ultrasensible"), "mg/L mg/dL:10", ""),
    (FIRE, "33959-8", _("Procalcitonine"), _MICRO, ""),
    (FIRE, "30341-2 4537-7", _("Vitesse de sédimentation"), "mm/h", ""),
    (THYROID, "3016-3 11579-0 11580-8", _("TSH"), "m[IU]/L=mU/L=u[IU]/mL=uU/mL", _("L’hormone qui commande la thyroïde.")),
    (THYROID, "14920-3 3024-7", _("T4 libre"), "pmol/L ng/L:1.287 pg/mL:1.287 ng/dL:12.87", _("Une hormone de la thyroïde.")),
    (THYROID, "14928-6 3051-0", _("T3 libre"), "pmol/L ng/L:1.536 pg/mL:1.536", _("Une hormone de la thyroïde.")),
    (IRON, "2276-4", _("Ferritine"), _MICRO, _("Les réserves de fer.")),
    (IRON, "14798-3 2498-4", _("Fer"), "umol/L ug/dL:0.1791 ug/L:0.01791", ""),
    (IRON, "3034-6", _("Transferrine"), "g/L mg/dL:0.01", _("Ce qui transporte le fer.")),
    (IRON, "62292-8", _("Vitamine D"), "ng/mL=ug/L nmol/L:0.4006", ""),
    (IRON, "2132-9 14685-2", _("Vitamine B12"), "ng/L=pg/mL pmol/L:1.355", ""),
    (IRON, "2284-8 14732-2", _("Folates (vitamine B9)"), "ug/L=ng/mL nmol/L:0.4414", ""),
    (HEART, "67151-1", _("Troponine T ultrasensible"), _NANO, _("Elle monte quand le muscle du cœur souffre.")),
    (HEART, "89579-7", _("Troponine I ultrasensible"), _NANO, _("Elle monte quand le muscle du cœur souffre.")),
    (HEART, "30934-4", _("BNP"), _NANO, _("Elle monte quand le cœur se fatigue.")),
    (HEART, "33762-6", _("NT-proBNP"), _NANO, _("Elle monte quand le cœur se fatigue.")),
    (HEART, "2157-6", _("Créatine kinase (CK)"), _ENZYME, _("Une enzyme des muscles.")),
    (URINE, "2888-6", _("Protéines dans les urines"), "g/L mg/L:0.001 mg/dL:0.01", ""),
    (URINE, "1754-1 14957-5", _("Albumine dans les urines"), "mg/L", ""),
    (URINE, "9318-7 14959-1", _("Albumine sur créatinine, urines"), "mg/g mg/mmol:8.84", ""),
    (GASES, "2744-1", _("pH du sang artériel"), "1=[pH]={pH}=", ""),
    (GASES, "2019-8", _("Gaz carbonique (PaCO2)"), "mm[Hg]=mmHg kPa:7.50062", ""),
    (GASES, "2703-7", _("Oxygène (PaO2)"), "mm[Hg]=mmHg kPa:7.50062", ""),
    (OTHERS, "2857-1", _("PSA total"), _MICRO, ""),
    (OTHERS, "21198-7", _("Bêta-HCG"), "[IU]/L=m[IU]/mL=U/L", _("L’hormone de la grossesse.")),
)  # fmt: skip

_LITRE, _INTERNATIONAL = re.compile(r"(?<=[/\dmdnpuf])l\b"), re.compile(r"UI\b|(?<!\[)IU(?!\])")


def plain_unit(unit: str) -> str:
    """A unit in one spelling: the sign of micro, litres, international units. Case counts: G/L is no g/L."""
    told = unit.replace("µ", "u").replace("μ", "u").replace(" ", "").replace("\u00a0", "").replace("**", "*")
    return _INTERNATIONAL.sub("[IU]", _LITRE.sub("L", told.replace("10^", "10*").replace("x10*", "10*").replace("×10*", "10*")))


def _units(told: str) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    for part in told.split(" "):
        names, _sep, scale = part.partition(":")
        factor, _sep, offset = scale.partition("+")
        found |= {plain_unit(name): (float(factor or 1), float(offset or 0)) for name in names.split("=")}
    return found


@cache
def _by_code() -> dict[str, Examination]:
    return {
        code: Examination(codes.split(" ")[0], name, chapter, plain, _units(units))
        for chapter, codes, name, units, plain in _ROWS
        for code in codes.split(" ")
    }


def examination_of(codes: tuple[tuple[str, str, str], ...]) -> Examination | None:
    """The examination that the codes of a result name; None for one that has no clean name here."""
    known = _by_code()
    return next((known[code] for code, system, _name in codes if system in _SYSTEMS and code in known), None)
