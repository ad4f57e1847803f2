"""Codes that say that nothing of a kind is known, or that nobody knows: never an agent, a problem or a drug.

IPS absent and unknown data (2.16.840.1.113883.5.1150.1), which CI-SIS uses; the same in SNOMED CT; words that stand for a value.
"""

import re
import unicodedata
from collections.abc import Iterable

from lxml import etree

from carnet.formats.cda.statements.model import Polarity, When
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
    "787480003",  # no known procedures
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
_NOTHING = frozenset({"aucun", "aucune", "neant", "rien", "ras", "absence", "absent", "none", "nil", "nka", "nkda"})
_NO_THING = frozenset({"oui", "non", "vrai", "faux", "true", "false", "yes", "no", "sans objet", "na", "n/a"})
_DENYING = frozenset({"aucun", "aucune", "pas", "absence", "absent", "absente", "sans", "nul", "nulle", "neant", "rien", "ras",
    "no", "none",
                      "nil", "nka", "nkda", "nkfa", "not"})  # fmt: skip
_UNKNOWING = (
    "non renseigne", "non connu", "non precise", "non recherche", "non evalue", "non documente", "non communique", "non disponible",
    "non determine", "pas d information", "pas de renseignement", "aucune information", "sans information",
    "absence d information", "ne sait pas", "ne connait pas", "ignore", "inconnu", "indetermine", "indisponible", "unknown",
    "not known",
    "no information", "not asked", "not available", "nsp", "nc", "nr",
)  # fmt: skip
"""Beginnings of what says that nobody knows. Endings that agree (e, s, es) follow."""
_KINDS = frozenset({"allergie", "hypersensibilite", "intolerance", "antecedent", "traitement", "medicament", "probleme", "maladie",
                    "pathologie", "vaccin", "vaccination", "dispositif", "intervention", "operation", "chirurgie", "acte",
                    "hospitalisation", "implant", "allergy", "allergies", "reaction", "drug", "medication", "problem",
                    "surgery"})  # fmt: skip
_OF_ONE_KIND = frozenset({"medicament", "medicamenteux", "medicamenteuse", "alimentaire", "respiratoire", "latex", "venin",
    "insecte",
                          "saisonnier", "saisonniere", "environnementale", "drug", "food", "medication", "nkda",
                          "nkfa"})  # fmt: skip
_FILLING = frozenset({
    "de", "d", "des", "du", "le", "la", "les", "l", "a", "au", "aux", "ce", "jour", "en", "cours", "par", "sur", "ni", "et",
    "ou", "to",
    "patient", "patiente", "famille", "entourage", "notion", "connu", "connue", "known", "declare", "declaree", "rapporte",
    "rapportee",
    "signale", "signalee", "retrouve", "retrouvee", "identifie", "identifiee", "notable", "particulier", "particuliere",
    "personnel",
    "personnelle", "medical", "medicale", "medicaux", "chirurgical", "chirurgicale", "chirurgicaux", "allergique", "chronique",
    "habituel",
    "habituelle", "regulier", "reguliere", "long", "signaler", "actif", "active", "actuel", "actuelle", "actuellement",
    "implante", "implantable",
    "medicamenteuse", "medicamenteux", "alimentaire", "respiratoire", "latex", "venin", "insecte", "saisonnier", "saisonniere",
    "environnementale", "food",
})  # fmt: skip
"""What may stand around a denial and its kind without naming anything: "aucune allergie sauf…" names one."""
_ANY_ALLERGY = frozenset({"419199007", "106190000", "420134006", "105590001"})
"""SNOMED CT: allergy or intolerance in general; denied, it says that none is known."""
_ALLERGIES_OF_ONE_KIND = frozenset({"416098002", "419511003", "59037007", "414285001", "418471000", "235719002", "426232007",
                                    "300915004", "424213003", "410942007", "373873005", "255620007",
                                    "762766007"})  # fmt: skip
"""SNOMED CT: allergy or intolerance to drugs, to food, of the environment, to animals; denied, it says so of that kind."""
_ANY_AGENT = frozenset({"105590001", "410942007", "373873005", "255620007", "762766007"})
"""SNOMED CT: a substance, a drug, a food, whichever: what stands there where no agent is named."""


def plain(label: str) -> str:
    """A label in lower case, without accents."""
    told = unicodedata.normalize("NFD", label.lower().replace("’", "'"))
    return "".join(c for c in told if unicodedata.category(c) != "Mn").strip(" .")


_APART = re.compile(r"[^a-z0-9]+")


def _words(told: str) -> list[str]:
    return _APART.sub(" ", told).split()


def _one(word: str) -> str:
    """A word of the kinds and fillings as it is listed: in the singular."""
    return word if word in _KINDS | _FILLING | _DENYING else word.removesuffix("s")


def _none_at_all(told: str) -> bool:
    """Whether words say that there is none of a kind, and nothing more: each of them denies, is a kind, or names nothing."""
    found = [_one(word) for word in _words(told)]
    denials = sum(word in _DENYING for word in found)
    return denials == 1 and len(found) > 1 and all(word in _DENYING | _KINDS | _FILLING for word in found)


def _nobody_knows(label: str) -> bool:
    """Whether words say that nobody knows, alone or of a kind: "inconnu", "Allergies : non renseigné"."""
    found = _words(label)
    while found and _one(found[0]) in _KINDS:
        found = found[1:]
    told = " ".join(found)
    begun = max((begin for begin in _UNKNOWING if told.startswith(begin)), key=len, default="")
    rest = [_one(word) for word in _words(told.removeprefix(begun).removeprefix("e").removeprefix("s"))]
    return bool(begun) and all(word in _KINDS | _FILLING for word in rest)


def _of_snomed(coding: Coding) -> bool:
    """Whether a code is of SNOMED CT, whose system is an OID, an address (FHIR), or left out: its numbers are nobody else's."""
    return coding.system in (_SNOMED, "http://snomed.info/sct", f"urn:oid:{_SNOMED}") or (
        not coding.system and len(coding.code) > 7
    )


def polarity_of(codes: Iterable[Coding], label: str) -> Polarity:
    """What a coded thing says by its code or its name alone."""
    for coding in codes:
        name = coding.code.lower()
        if (_of_snomed(coding) or coding.system == IPS_ABSENT) and name in _PARTLY_ABSENT:
            return Polarity.PARTLY_ABSENT
        if name.startswith(("no-known", "no-")) and (coding.system == IPS_ABSENT or name.endswith("-info") or "known" in name):
            return Polarity.NO_INFORMATION if name.endswith("-info") else Polarity.KNOWN_ABSENT
        if _of_snomed(coding) and coding.code in _KNOWN_ABSENT:
            return Polarity.KNOWN_ABSENT
        if _of_snomed(coding) and coding.code in _NOBODY_KNOWS:
            return Polarity.NO_INFORMATION
    return _said(plain(label))


def _said(told: str) -> Polarity:
    """The same of words."""
    if _nobody_knows(told):
        return Polarity.NO_INFORMATION
    if "".join(_words(told)) not in _NOTHING and not _none_at_all(told):
        return Polarity.AFFIRMED
    found = {_one(word) for word in _words(told)}
    # "No drug" among treatments is all of them; among allergies it is one kind.
    of_allergies = found & {"allergie", "hypersensibilite", "intolerance", "allergy", "allergies", "reaction", "nkda", "nkfa"}
    return Polarity.PARTLY_ABSENT if of_allergies and found & _OF_ONE_KIND else Polarity.KNOWN_ABSENT


_UNKNOWN_FLAVORS = frozenset({"NI", "UNK", "ASKU", "NASK", "NAV", "NAVU"})


def _unknown(node: etree._Element | None) -> bool:
    return node is not None and (node.get("nullFlavor") or "").upper() in _UNKNOWN_FLAVORS


def unknown_by(when: When, stated: Iterable[etree._Element], *named: etree._Element | None) -> bool:
    """Whether what names nothing says by a null flavour that nobody knows (HL7 v3 NullFlavor): OTH and MSK do not.

    A flavour of the statement (`stated`: itself and what holds it) says so of all of it; one of its name alone (`named`) does where
    it has no date of its own: what has one was there, and is not named.
    """
    return any(_unknown(node) for node in stated) or (not (when.start or when.end) and any(_unknown(node) for node in named))


_ANSWERS = frozenset({"present", "presente", "positif", "positive", "negatif", "negative", "inconnu", "inconnue", "detecte",
                      "detectee", "non detecte", "non detectee", "trouve", "non trouve", "normal", "anormal", "normale", "anormale",
                      "normaux", "anormaux"})  # fmt: skip
_DENIALS = frozenset({"negatif", "negative", "non detecte", "non detectee", "non trouve", "non", "false", "no"})
_ANSWER_CODES = frozenset({"52101004", "2667000", "10828004", "260385009", "260373001", "260415000", "373066001", "373067005"})
"""SNOMED CT: present, absent, positive, negative, detected, not detected, yes, no."""
_DENIAL_CODES = frozenset({"2667000", "260385009", "260415000", "373067005"})


def is_answer(codes: Iterable[Coding], label: str) -> bool:
    """Whether a value answers the question of its observation, which it does not repeat."""
    told = plain(label)
    return (
        told in _ANSWERS | _NOTHING | _NO_THING
        or _none_at_all(told)
        or any(_of_snomed(c) and c.code in _ANSWER_CODES for c in codes)
    )


def denies(codes: Iterable[Coding], label: str) -> bool:
    """Whether an answer is no."""
    told = plain(label)
    return told in _DENIALS | _NOTHING or _none_at_all(told) or any(_of_snomed(c) and c.code in _DENIAL_CODES for c in codes)


def is_no_thing(label: str) -> bool:
    """Whether a label answers a question that it does not repeat ("oui" is no illness), or is a mark alone ("-")."""
    told = plain(label)
    return told in _NO_THING or (bool(label) and not any(c.isalnum() for c in told))


def is_any_agent(codes: Iterable[Coding]) -> bool:
    """Whether an agent is named in general alone."""
    return any(_of_snomed(c) and c.code in _ANY_AGENT for c in codes)


def of_denied_allergy(codes: tuple[Coding, ...], label: str) -> Polarity | None:
    """What the denial of an allergy that is named in general says, of all or of one kind; None where one thing is denied."""
    named = {c.code for c in codes if _of_snomed(c)}
    if not codes and not label:
        return Polarity.KNOWN_ABSENT
    if named & _ANY_ALLERGY:
        return Polarity.KNOWN_ABSENT
    return Polarity.PARTLY_ABSENT if named & _ALLERGIES_OF_ONE_KIND else None
