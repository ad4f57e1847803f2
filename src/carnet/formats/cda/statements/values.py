"""Values of observations in every data type that documents use, and the bounds that stand beside them."""

import re

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.coded_words import known
from carnet.formats.cda.statements.model import Range, Value
from carnet.formats.cda.statements.names import Narrative, child, children
from carnet.formats.cda.statements.times import partial, type_of
from carnet.formats.cda.statements.units import unit
from carnet.formats.cda.words import words

_WORDS = re.compile(r"[^\W\d_]{4,}")
_NUMBERS = frozenset({"PQ", "INT", "REAL", "MO"})
_LIKELY = ("PPD_", "UVP_")
"""Quantities with a probability or a spread (HL7 v3 data types): read as the quantity."""
_INTERVALS = frozenset({"IVL_PQ", "IVL_INT", "IVL_REAL", "IVL_MO"})
_TIMES = frozenset({"TS", "IVL_TS", "EIVL_TS"})
_YES = {"true": "oui", "1": "oui", "false": "non", "0": "non"}
INTERPRETATIONS = {
    "H": "haut", "HH": "très haut (alerte du laboratoire)", "HU": "nettement haut", "L": "bas",
    "LL": "très bas (alerte du laboratoire)", "LU": "nettement bas", "N": "normal", "A": "anormal",
    "AA": "anormal (alerte du laboratoire)", "S": "sensible", "R": "résistant", "I": "intermédiaire",
    "MS": "modérément sensible", "VS": "très sensible", "POS": "positif", "NEG": "négatif", "IND": "indéterminé",
    "DET": "détecté", "ND": "non détecté", "U": "en hausse nette", "D": "en baisse nette", "B": "meilleur", "W": "moins bon",
    "<": "sous la limite de mesure", ">": "au-dessus de la limite de mesure",
}  # fmt: skip
"""HL7 ObservationInterpretation (2.16.840.1.113883.5.83) in French words of our own."""
_UNTOLD_WORDS = {
    "TRC": "traces", "UNK": "valeur inconnue", "ASKU": "demandé, et inconnu", "NASK": "non demandé", "MSK": "non communiqué",
    "NAV": "non disponible pour le moment",
}  # fmt: skip
"""HL7 v3 NullFlavor of a value, in words of ours: traces, unknown, masked and not there yet are four things. Of one that says less
(NI, NA, OTH) nothing is told."""
NOT_TOLD = frozenset(_UNTOLD_WORDS.values())
ANSWERS = frozenset({"POS", "NEG", "IND", "DET", "ND"})
"""Interpretations that are an answer of their own, where no value stands beside them."""
SUSCEPTIBILITY = frozenset({"S", "R", "I", "MS", "VS"})


def _guessed(node: etree._Element) -> str:
    """The type of a value that declares none, by what it holds."""
    if node.get("value") is not None:
        return "PQ" if node.get("unit") else "REAL"
    if child(node, "low") is not None or child(node, "high") is not None:
        return "IVL_PQ"
    return "CD" if node.get("code") or child(node, "translation") is not None else "ST"


def _number(node: etree._Element | None) -> str:
    return (node.get("value") or "").strip() if node is not None else ""


def _open(node: etree._Element) -> bool:
    """Whether a bound is left out of its interval; it belongs to it unless the document says otherwise."""
    return (node.get("inclusive") or "true").strip() in ("false", "0")


def _interval(node: etree._Element) -> Value | None:
    low, high, center, width = (child(node, name) for name in ("low", "high", "center", "width"))
    below, above = _number(high), _number(low)
    units = list(dict.fromkeys(unit(n.get("unit", "")) for n in (low, high, center, node) if n is not None and n.get("unit")))
    of = units[0] if units else ""
    if above and below and len(units) > 1:
        return Value(text=f"{above} {units[0]} à {below} {units[1]}")
    if width is not None:
        parts = (above or below or _number(center), of, "étendue", _number(width), unit(width.get("unit") or ""))
        return Value(text=" ".join(part for part in parts if part))
    if above and below:
        return Value(above, of, "", "" if above == below else below)
    if high is not None and below:
        return Value(below, of, "<" if _open(high) else "≤")
    if low is not None and above:
        return Value(above, of, ">" if _open(low) else "≥")
    return Value(_number(center), of) if _number(center) else None


def _part(node: etree._Element) -> str:
    """One side of a ratio; it may be an interval: more than 8."""
    between = None if _number(node) else _interval(node)
    return shown(between) if between else " ".join(part for part in (_number(node), unit(node.get("unit", ""))) if part)


def _ratio(node: etree._Element) -> Value | None:
    above, below = child(node, "numerator"), child(node, "denominator")
    parts = [_part(n) for n in (above, below) if n is not None]
    return Value(text=" / ".join(parts)) if len(parts) == 2 and all(parts) else None


def _said(node: etree._Element, kind: str, narrative: Narrative) -> Value | None:
    """A value in words."""
    if kind == "BL":
        told = _YES.get((node.get("value") or "").strip(), "")
    elif kind in _TIMES:
        points = [
            (word, _day(n)) for word, n in (("", node), ("du", child(node, "low")), ("au", child(node, "high"))) if n is not None
        ]
        told = " ".join(f"{word} {day}".strip() for word, day in points if day)
    elif kind == "ED" and (node.get("representation") == "B64" or not (node.get("mediaType") or "text/plain").startswith("text/")):
        # Bytes of a file are no words: they are opened in the document.
        told = "fichier dans le document" if words(node) else ""
    else:
        told = narrative.label(node) or narrative.text(node) or known(node) or node.get("code") or ""
    return Value(text=told) if told else None


def _day(node: etree._Element) -> str:
    return "/".join(reversed(partial(node.get("value") or "").split("-")))


def _translated(node: etree._Element) -> Value | None:
    """A quantity that is given in another unit alone (PQ with translations)."""
    for other in node.iterfind("h:translation", NS):
        if _number(other):
            return Value(_number(other), unit(other.get("unit") or other.get("code") or ""))
    return None


def _untold(node: etree._Element, narrative: Narrative) -> Value | None:
    """Words in the place of a number, or why there is none, where its author says it."""
    told = narrative.label(node) or _UNTOLD_WORDS.get((node.get("nullFlavor") or "").upper(), "")
    return Value(text=told) if told else None


def value_of(node: etree._Element | None, narrative: Narrative) -> Value | None:
    """The value that a node holds; None for one that holds none."""
    if node is None:
        return None
    kind = type_of(node) or _guessed(node)
    for likely in _LIKELY:
        kind = kind.removeprefix(likely)
    if kind in _INTERVALS:
        found = _interval(node)
    elif kind in _NUMBERS:
        found = Value(_number(node), unit(node.get("unit", ""))) if _number(node) else _translated(node)
    else:
        found = _ratio(node) if kind.startswith("RTO") else _said(node, kind, narrative)
    return found or _untold(node, narrative)


def also_in(node: etree._Element | None) -> str:
    """The same quantity in another unit (PQR), where the laboratory gave one."""
    # Where the quantity has no number of its own, a translation is the value itself.
    for other in [] if node is None or not _number(node) else node.iterfind("h:translation", NS):
        if other.get("value"):
            return f"{other.get('value')} {unit(other.get('unit') or other.get('code') or '')}".strip()
    return ""


def _bound(bounds: etree._Element, name: str) -> tuple[str, str]:
    node = child(bounds, name)
    return _number(node), unit(node.get("unit", "")) if node is not None else ""


def _whom(reference: etree._Element, narrative: Narrative) -> str:
    """For whom bounds are, in words: a criterion of sex, age or state restricts them."""
    told = []
    for criterion in reference.iterfind(".//{*}criterion"):
        value = value_of(child(criterion, "value"), narrative)
        said = narrative.text(child(criterion, "text")) or (shown(value) if value else "")
        told.append(said or narrative.label(child(criterion, "code")) or "?")
    return ", ".join(told)


def ranges_of(node: etree._Element, narrative: Narrative) -> tuple[Range, ...]:
    """The bounds of the laboratory. Those of another interpretation than normal (therapeutic, critical) name it."""
    found = []
    for reference in node.iterfind("h:referenceRange", NS):
        for observed in reference.iterfind("h:observationRange", NS):
            bounds = child(observed, "value")
            (low, of), (high, also) = (_bound(bounds, "low"), _bound(bounds, "high")) if bounds is not None else (("", ""),) * 2
            said = narrative.text(child(observed, "text"))
            if bounds is not None and not (low or high or said) and (told := value_of(bounds, narrative)):
                # A normal answer in words, a centre with its width, one number.
                said = shown(told)
            meant = child(observed, "interpretationCode")
            other = meant is not None and (meant.get("code") or "N") != "N"
            named = "" if meant is None else narrative.label(meant) or INTERPRETATIONS.get(meant.get("code") or "", "?")
            whom = _whom(reference, narrative) or (named if other else "")
            if of and also and of != also:
                # Two units in one range: words, that nothing is compared with.
                low, high, said = "", "", said or f"{low} {of} à {high} {also}"
            if (low or high) and _WORDS.search(said):
                # Words beside bounds may say for whom they are ("femme enceinte"): they are shown, and judge nobody.
                whom = whom or said
            if low or high or said:
                found.append(Range(low, high, of or also, said, whom))
    return tuple(found)


def interpretation_of(node: etree._Element, narrative: Narrative) -> tuple[str, str]:
    """Code and words of the laboratory's own interpretation."""
    found = []
    for meant in children(node, "interpretationCode"):
        code = meant.get("code") or ""
        if told := INTERPRETATIONS.get(code) or narrative.label(meant) or code:
            found.append((code, told))
    return (found[0][0], ", ".join(dict.fromkeys(told for _, told in found))) if found else ("", "")


def shown(value: Value) -> str:
    """A value as a sentence writes it."""
    if value.text:
        return value.text
    amount = " à ".join(part for part in (value.number, value.upper) if part).replace(".", ",")
    return " ".join(part for part in (value.comparator, amount, value.unit) if part)
