"""Codes that say that nothing of a kind is known, or that nobody knows: never an agent, a problem or a drug.

IPS absent and unknown data (2.16.840.1.113883.5.1150.1), which CI-SIS uses; the same in SNOMED CT; words that stand for a value.
"""

from collections.abc import Iterable

from lxml import etree

from carnet.formats.cda.statements.absent_words import NOTHING, nobody_knows, none_of_a_kind, of_one_kind, plain
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
_NO_THING = frozenset({"oui", "non", "vrai", "faux", "true", "false", "yes", "no", "sans objet", "non applicable", "na", "n/a"})
_NOMENCLATURES = frozenset({"2.16.840.1.113883.6.3", "2.16.840.1.113883.6.42", "2.16.840.1.113883.6.90", "2.16.840.1.113883.6.73",
                            "1.2.250.1.213.2.5", "1.2.250.1.213.2.3.1", "1.2.250.1.213.2.3.2", "1.2.250.1.213.2.61",
                            "2.16.840.1.113883.6.139.1"})  # fmt: skip
"""ICD-10 and its national forms, ATC, CCAM, CIS, CIP, CISP: what one of their codes names is there, whatever its label says."""
_IN_GENERAL = frozenset({"282291009", "55607006", "64572001", "404684003", "418799008", "71388002"})
"""SNOMED CT: diagnosis, problem, disease, finding, symptom, procedure, in general."""
_ANY_ALLERGY = frozenset({"419199007", "106190000", "420134006", "105590001"})
"""SNOMED CT: allergy or intolerance in general; denied, it says that none is known."""
_ALLERGIES_OF_ONE_KIND = frozenset({"416098002", "419511003", "59037007", "414285001", "418471000", "235719002", "426232007",
                                    "300915004", "424213003", "410942007", "373873005", "255620007",
                                    "762766007"})  # fmt: skip
"""SNOMED CT: allergy or intolerance to drugs, to food, of the environment, to animals; denied, it says so of that kind."""
_ANY_AGENT = frozenset({"105590001", "410942007", "373873005", "255620007", "762766007"})
"""SNOMED CT: a substance, a drug, a food, whichever: what stands there where no agent is named."""


def _of_snomed(coding: Coding) -> bool:
    """Whether a code is of SNOMED CT, by its OID, its address (FHIR), or no system: its numbers are nobody else's."""
    known = (_SNOMED, "http://snomed.info/sct", f"urn:oid:{_SNOMED}")
    return coding.system in known or (not coding.system and len(coding.code) > 7)


def _of_the_codes(codes: tuple[Coding, ...]) -> Polarity:
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
    return Polarity.AFFIRMED


def _names(coding: Coding) -> bool:
    """Whether a code names one thing, whatever its label: of a nomenclature of illnesses, acts or drugs, and not in general."""
    general = coding.code in _ANY_ALLERGY | _ALLERGIES_OF_ONE_KIND | _ANY_AGENT | _IN_GENERAL
    return bool(coding.code) and not general and (_of_snomed(coding) or coding.system in _NOMENCLATURES)


def polarity_of(codes: Iterable[Coding], label: str, dated: bool = False) -> Polarity:
    """What a coded thing says by its code, else by its name alone. A name says nothing against a code that names a thing, and of
    what is `dated` no more than that nobody specified it: it was there."""
    held = tuple(codes)
    told = _of_the_codes(held)
    if told is not Polarity.AFFIRMED or any(_names(coding) for coding in held):
        return told
    if nobody_knows(label):
        return Polarity.AFFIRMED if dated else Polarity.NO_INFORMATION
    if not none_of_a_kind(label):
        return Polarity.AFFIRMED
    return Polarity.PARTLY_ABSENT if of_one_kind(label) else Polarity.KNOWN_ABSENT


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
        told in _ANSWERS | NOTHING | _NO_THING
        or none_of_a_kind(label)
        or any(_of_snomed(c) and c.code in _ANSWER_CODES for c in codes)
    )


def denies(codes: Iterable[Coding], label: str) -> bool:
    """Whether an answer is no."""
    told = plain(label)
    return told in _DENIALS | NOTHING or none_of_a_kind(label) or any(_of_snomed(c) and c.code in _DENIAL_CODES for c in codes)


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
