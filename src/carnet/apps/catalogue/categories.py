"""What may be exchanged: categories of data, the FHIR types that carry them, the scopes of SMART App Launch that ask for them.

SMART App Launch 2.2.0, scopes: v2 `patient/Observation.rs`, v1 `patient/Observation.read`. A scope is a request; what is given
stands in the agreement, and every call asks it again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import READ, WRITE


@dataclass(frozen=True, slots=True)
class Category:
    """A category of data. `section`: of the profile that holds it, where one does."""

    code: str
    label: str
    types: tuple[str, ...]
    verbs: tuple[str, ...] = (READ,)
    section: str = ""
    perimeters: tuple[str, ...] = ("all", "P1Y")
    assistant: bool = True
    """Whether an assistant may ask for it."""


_OF_NAMES = ("all", "P1Y", "names")
IDENTITY, DOCUMENTS, MEASURES, JOURNAL = "identity", "documents", "measures", "journal"
APPOINTMENTS, PREVENTION = "appointments", "prevention"
PERIMETERS = {
    "all": _("Tout ce que votre carnet en dit"), "P1Y": _("Depuis un an au plus"),
    "names": _("Noms et dates, sans le nom du médecin"), "dates": _("Dates seulement"), "given": _("Prénom seulement"),
}  # fmt: skip
CATEGORIES = {
    c.code: c
    for c in (
        Category(IDENTITY, _("Identité"), ("Patient",), perimeters=("given",)),
        Category("allergies", _("Allergies et intolérances"), ("AllergyIntolerance",), section="allergies"),
        Category("treatments", _("Traitements"), ("MedicationStatement",), section="treatments", perimeters=_OF_NAMES),
        Category("vaccinations", _("Vaccinations"), ("Immunization",), section="vaccinations", perimeters=_OF_NAMES),
        Category("history", _("Maladies et antécédents"), ("Condition",), section="problems"),
        Category(MEASURES, _("Mesures"), ("Observation",), (READ, WRITE), "measures"),
        Category(DOCUMENTS, _("Documents"), ("DocumentReference", "Binary")),
        Category(APPOINTMENTS, _("Rendez-vous"), ("Appointment",), perimeters=("all", "dates")),
        Category(PREVENTION, _("Prévention"), ("CarePlan",), perimeters=("all",)),
        Category(JOURNAL, _("Qui a consulté votre carnet"), ("AuditEvent",), perimeters=("all",)),
    )
}  # fmt: skip
OF_TYPE = {name: c.code for c in CATEGORIES.values() for name in c.types}
FHIR_TYPES = tuple(name for name in OF_TYPE if name != "AuditEvent")
"""Types that are read by FHIR. Who looked is told to assistants alone, by their own server."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One of the measures of the API Mesures: code of the service, LOINC or ANS code, UCUM unit, label."""

    code: str
    loinc: str
    unit: str
    label: str


LOINC, ANS = "http://loinc.org", "https://mos.esante.gouv.fr/NOS/TRE_A04-Loinc/FHIR/TRE-A04-Loinc"
BMI = "BODY_MASS_INDEX"
MEASURES_LIST = tuple(
    Measure(*row)
    for row in (
        ("WEIGHT", "29463-7", "kg", _("Poids")),
        ("HEIGHT", "8302-2", "cm", _("Taille")),
        (BMI, "39156-5", "kg/m2", _("Indice de masse corporelle")),
        ("WAIST_CIRCUMFERENCE", "8280-0", "cm", _("Tour de taille")),
        ("HEAD_CIRCUMFERENCE", "8287-5", "cm", _("Tour de tête")),
        ("BODY_TEMPERATURE", "8310-5", "Cel", _("Température")),
        ("BLOOD_PRESSURE", "85354-9", "mm[Hg]", _("Tension artérielle")),
        ("HEART_RATE", "8867-4", "/min", _("Pouls")),
        ("GLUCOSE", "2345-7", "mg/dL", _("Glycémie")),
        ("GLYCATED_HEMOGLOBIN", "4548-4", "%", _("Hémoglobine glyquée (HbA1c)")),
        ("INTERSTITIAL_GLUCOSE", "MED-969", "mg/dL", _("Glucose interstitiel moyen")),
        ("HEMOGLOBIN_GLYCATION_INDEX", "MED-972", "%", _("Indicateur de gestion de la glycémie")),
        ("PAIN_SEVERITY", "72514-3", "{score}", _("Niveau de douleur")),
        ("STEPS_BY_DAY", "41950-7", "{steps}/d", _("Nombre de pas par jour")),
    )
)
"""Codes, units: API Mesures v1.5.2 (confirmed for kg, mm[Hg], mg/dL, %; the other units inferred)."""
BY_MEASURE = {m.code: m for m in MEASURES_LIST}
BY_LOINC = {m.loinc: m for m in MEASURES_LIST}


def known_category(code: str) -> bool:
    """Whether a line may name this category: one of the list, or one measure."""
    family, _dot, one = code.partition(".")
    return family in CATEGORIES and (not one or (family == MEASURES and one in BY_MEASURE))


def label_of(code: str) -> str:
    """The label of a category, to be translated."""
    family, _dot, one = code.partition(".")
    return BY_MEASURE[one].label if one else CATEGORIES[family].label


def perimeter_of(category: str, perimeter: str) -> str:
    """How much of a category a perimeter is, in words to be translated; one that a draft invents, as it is written."""
    if category == JOURNAL:
        return _("Qui, quand et quoi : le nom de vos proches et de qui vous écrit en fait partie")
    return PERIMETERS.get(perimeter, perimeter)


def writable(category: str) -> bool:
    """Whether a category may be written by a service: a body mass index is worked out."""
    return WRITE in CATEGORIES[category.partition(".")[0]].verbs and category != f"{MEASURES}.{BMI}"


_V2 = re.compile(r"^patient/(\*|[A-Z][A-Za-z]{1,40})\.(c?r?u?d?s?)(?:\?[^ ]*)?$")
_V1 = re.compile(r"^patient/(\*|[A-Z][A-Za-z]{1,40})\.(read|write|\*)$")
PLAIN = frozenset({"openid", "fhirUser", "launch", "launch/patient", "offline_access", "online_access"})
"""Scopes that name no data. `profile` is no scope of ours: of the identity, a person gives the first name at most."""
_LETTERS = {"read": "rs", "write": "cu", "*": "crus"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a scope asks for: a type of resource, or every one, and letters of SMART v2."""

    type: str
    letters: str

    @property
    def reads(self) -> bool:
        """Whether it asks to read or to search."""
        return bool(set("rs") & set(self.letters))

    @property
    def writes(self) -> bool:
        """Whether it asks to create or to update."""
        return bool(set("cu") & set(self.letters))


def asked_of(scope: str) -> Asked | None:
    """What one scope asks for; None for one that names no data, or that we do not know. A narrower one (`?…`) is not known."""
    if "?" in scope:
        return None
    found = _V1.match(scope)
    if found:
        return Asked(found[1], _LETTERS[found[2]])
    found = _V2.match(scope)
    return Asked(found[1], found[2]) if found and found[2] else None


def wants(scopes: Iterable[str], category: str, verb: str) -> bool:
    """Whether scopes ask for a category of data, to read or to write."""
    types = CATEGORIES[category.partition(".")[0]].types
    held = [a for a in map(asked_of, scopes) if a is not None and (a.type == "*" or a.type in types)]
    return any(a.reads if verb == READ else a.writes for a in held)


def granted_scopes(scopes: Iterable[str], agreed: Iterable[tuple[str, str]]) -> list[str]:
    """Of the scopes that were asked for, those that something was agreed to for, each narrowed to what was. `agreed`: pairs of
    category and verb. SMART asks for the granted scopes to be told, so that the service knows what was refused."""
    pairs = {(c.partition(".")[0], v) for c, v in agreed}
    found: list[str] = []
    for scope in scopes:
        asked = asked_of(scope)
        if asked is None:
            found += [scope] if scope in PLAIN else []
            continue
        for category, verb in sorted(pairs):
            letters = "".join(x for x in asked.letters if x in ("rs" if verb == READ else "cu"))
            named = [t for t in CATEGORIES[category].types if asked.type in ("*", t)] if letters else []
            found += [_written(scope, t, verb, letters) for t in named]
    return list(dict.fromkeys(found))


def _written(scope: str, name: str, verb: str, letters: str) -> str:
    """A granted scope in the spelling in which it was asked for: a client of SMART v1 reads v1."""
    return f"patient/{name}.{verb}" if _V1.match(scope) else f"patient/{name}.{letters}"


def permits(scopes: Iterable[str], name: str, letter: str) -> bool:
    """Whether the scopes of a token let a type of resource be read (`r`), searched (`s`), created (`c`) or updated (`u`)."""
    held = (a for a in map(asked_of, scopes) if a is not None)
    return any(a.type in ("*", name) and letter in a.letters for a in held)
