"""Codes that say that nothing of a kind is known, or that nobody knows: never an agent, a problem or a drug.

IPS absent and unknown data (2.16.840.1.113883.5.1150.1), which CI-SIS uses; the same in SNOMED CT; words that stand for a value.
"""

import re
import unicodedata
from collections.abc import Iterable

from carnet.formats.cda.statements.model import Polarity
from carnet.formats.xds import Coding

IPS_ABSENT = "2.16.840.1.113883.5.1150.1"
_SNOMED = "2.16.840.1.113883.6.96"
_KNOWN_ABSENT = frozenset({
    "716186003",  # no known allergy
    "160244002",  # no known allergies (retired)
    "160245001",  # no current problems or disability
    "182849000",  # no drug therapy prescribed
    "787481004",  # no known medications
    "416471007",  # no known family history
    "416128008",  # no past history of procedure
})  # fmt: skip
_PARTLY_ABSENT = frozenset({
    "409137002",  # no known drug allergy
    "429625007",  # no known food allergy
    "428607008",  # no known environmental allergy
    "428197003",  # no known insect allergy
    "716184000",  # no known latex allergy
    "no-known-medication-allergies",
    "no-known-environmental-allergies",
    "no-known-food-allergies",
})  # fmt: skip
"""Of one kind alone: no food allergy says nothing of drugs."""
_NOBODY_KNOWS = frozenset({"261665006", "182904002", "1631000175102"})
_NOTHING = frozenset({"aucun", "aucune", "neant", "rien", "ras", "pas d'antecedent", "absence", "absent"})
_NO_THING = frozenset({"oui", "non", "vrai", "faux", "true", "false", "yes", "no", "sans objet", "na", "n/a"})
_NONE_OF_A_KIND = re.compile(
    r"(aucune?s?|pas|absence|sans|nulle?)( de| d')?\s*(allergie|hypersensibilite|intolerance|antecedent|traitement|medicament|"
    r"probleme|maladie|pathologie|vaccin|vaccination|dispositif)s?(( en cours|( |/)(a ce jour|ce jour|connue?|declaree?|rapportee?|"
    r"signalee?|retrouvee?|medicale?|medicamenteuse|medicamenteux|particuliere?|actif|active|allergie|hypersensibilite|intolerance)s?))*"
)
"""A name that says that there is none of a kind, and nothing more: "aucune allergie sauf…" names one."""
_ANY_ALLERGY = frozenset({"419199007", "106190000", "420134006"})
"""SNOMED CT: allergy or intolerance in general; denied, it says that none is known."""


def _plain(label: str) -> str:
    told = unicodedata.normalize("NFD", label.lower().replace("’", "'"))
    return "".join(c for c in told if unicodedata.category(c) != "Mn").strip(" .")


def polarity_of(codes: Iterable[Coding], label: str) -> Polarity:
    """What a coded thing says by its code or its name alone."""
    for coding in codes:
        name = coding.code.lower()
        if coding.system in (_SNOMED, IPS_ABSENT) and name in _PARTLY_ABSENT:
            return Polarity.PARTLY_ABSENT
        if name.startswith(("no-known", "no-")) and (coding.system == IPS_ABSENT or name.endswith("-info") or "known" in name):
            return Polarity.NO_INFORMATION if name.endswith("-info") else Polarity.KNOWN_ABSENT
        if coding.system == _SNOMED and coding.code in _KNOWN_ABSENT:
            return Polarity.KNOWN_ABSENT
        if coding.system == _SNOMED and coding.code in _NOBODY_KNOWS:
            return Polarity.NO_INFORMATION
    plain = _plain(label)
    if plain in _NOTHING or _NONE_OF_A_KIND.fullmatch(plain):
        return Polarity.PARTLY_ABSENT if "medicament" in plain and "allergie" in plain else Polarity.KNOWN_ABSENT
    return Polarity.AFFIRMED


_ANSWERS = frozenset({"present", "presente", "positif", "positive", "negatif", "negative", "inconnu", "inconnue", "detecte",
                      "detectee", "non detecte", "non detectee", "trouve", "non trouve", "normal", "anormal"})  # fmt: skip
_DENIALS = frozenset({"negatif", "negative", "non detecte", "non detectee", "non trouve", "non", "false", "no"})
_ANSWER_CODES = frozenset({"52101004", "2667000", "10828004", "260385009", "260373001", "260415000", "373066001", "373067005"})
"""SNOMED CT: present, absent, positive, negative, detected, not detected, yes, no."""
_DENIAL_CODES = frozenset({"2667000", "260385009", "260415000", "373067005"})


def is_answer(codes: Iterable[Coding], label: str) -> bool:
    """Whether a value answers the question of its observation, which it does not repeat."""
    plain = _plain(label)
    return (
        plain in _ANSWERS | _NOTHING | _NO_THING
        or _none_at_all(plain)
        or any(c.system == _SNOMED and c.code in _ANSWER_CODES for c in codes)
    )


def denies(codes: Iterable[Coding], label: str) -> bool:
    """Whether an answer is no."""
    plain = _plain(label)
    return (
        plain in _DENIALS | _NOTHING or _none_at_all(plain) or any(c.system == _SNOMED and c.code in _DENIAL_CODES for c in codes)
    )


def _none_at_all(plain: str) -> bool:
    return _NONE_OF_A_KIND.fullmatch(plain) is not None


def is_no_thing(label: str) -> bool:
    """Whether a label answers a question that it does not repeat: "oui" is no illness."""
    return _plain(label) in _NO_THING


def is_any_allergy(codes: Iterable[Coding]) -> bool:
    """Whether an allergy is named in general: denied, it is an absence of all of them."""
    return any(c.system == _SNOMED and c.code in _ANY_ALLERGY for c in codes)
