"""How a treatment is taken, whole: amount or range, frequency, duration, condition, route, and the words of the prescription.

An amount alone would mislead: it never stands without the frequency that the document gives (CDA R2 §4.3.8, PIVL, EIVL, SXPR).
"""

import re

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.coded_words import in_words, route_in_words, says
from carnet.formats.cda.statements.entry import COMMENT
from carnet.formats.cda.statements.names import Narrative, child, children
from carnet.formats.cda.statements.times import excludes, partial, times_of, type_of
from carnet.formats.cda.statements.units import DAYS, decimal, dose_unit, duration, number, time_unit
from carnet.formats.cda.words import words

_EVENTS = {
    "ACM": "avant le petit déjeuner", "ACD": "avant le déjeuner", "ACV": "avant le dîner", "AC": "avant les repas",
    "PCM": "après le petit déjeuner", "PCD": "après le déjeuner", "PCV": "après le dîner", "PC": "après les repas",
    "CM": "au petit déjeuner", "CD": "au déjeuner", "CV": "au dîner", "C": "au moment des repas", "ICM": "au petit déjeuner",
    "ICD": "au déjeuner", "ICV": "au dîner", "IC": "entre les repas", "HS": "au coucher", "WAKE": "au réveil", "MORN": "le matin",
    "MORN.early": "tôt le matin", "MORN.late": "en fin de matinée", "NOON": "à midi", "AFT": "l’après-midi", "EVE": "le soir",
    "NIGHT": "la nuit",
}  # fmt: skip
"""HL7 TimingEvent, in French words of our own."""
_FOR_A_PERIOD = {
    "min": "toutes les minutes",
    "h": "toutes les heures",
    "d": "par jour",
    "wk": "par semaine",
    "mo": "par mois",
    "a": "par an",
}
_SMALLER = {"d": ("h", 24), "wk": ("d", 7), "h": ("min", 60)}
_INSTRUCTION = ("PINSTRUCT", "FINSTRUCT", "409073007")
"""Instructions to the patient and to whoever gives it (IHE PCC), and in general (SNOMED CT)."""
_TAKEN = re.compile(
    r"\b(fois|matin|midi|soir|coucher|repas|jours?|semaines?|heures?|toutes les|tous les|si besoin|à vie|"
    r"\d+\s*(cp|comprim|g[ée]lule|goutte|bouff|sachet|ml|dose|injection|application|ampoule))|/\s?j",
    re.IGNORECASE,
)
"""Words that say how something is taken: the name of a product, or a whole line of a table, says nothing of it."""
_AS_NEEDED = ("si besoin", "as needed", "en cas de")


def _amount(node: etree._Element | None, narrative: Narrative) -> str:
    """A quantity or a range, with its unit. A high alone is an upper limit, a low alone a lower one."""
    if node is None:
        return ""
    low, high = child(node, "low"), child(node, "high")
    values = [(n.get("value") or "").strip() if n is not None else "" for n in (node, low, high)]
    units = list(dict.fromkeys(n.get("unit") or "" for n in (node, low, high) if n is not None and n.get("unit")))
    if len(units) > 1 and values[1] and values[2]:
        return f"{number(values[1])} {dose_unit(units[0], values[1])} à {number(values[2])} {dose_unit(units[1], values[2])}"
    of = units[0] if units else ""
    original = narrative.text(node.find(".//h:originalText", NS))
    if values[0] and not dose_unit(of, values[0]) and says(original):
        # A count of something that its author names: "1 comprimé".
        return original
    single = values[0] or (values[1] if values[1] == values[2] else "")
    told = dose_unit(of, single or values[2] or values[1])
    if single:
        said = number(single)
    elif values[1] and values[2]:
        said = f"{number(values[1])} à {number(values[2])}"
    elif values[2]:
        said = f"jusqu’à {number(values[2])}"
    else:
        said = f"au moins {number(values[1])}" if values[1] else narrative.text(node.find(".//h:originalText", NS))
    return f"{said} {told}".strip()


def _as_written(value: str, of: str) -> str:
    """A period that no words of ours tell: never a dose alone."""
    return f"période écrite : {' '.join(part for part in (number(value), of) if part)}"


def _often(value: str, of: str) -> str:
    """A period in French words; as it is written, where it is none that we know."""
    every = decimal(value)
    if not every or every < 0 or of not in DAYS:
        return _as_written(value, of)
    if every < 1 and of in _SMALLER:
        smaller, count = _SMALLER[of]
        times, whole = round(1 / every), (every * count).is_integer()
        if not whole and abs(1 / every - times) < 0.05 * times:
            # A third of a day, rounded as kits write it.
            return f"{times} fois {_FOR_A_PERIOD[of]}" if of in ("d", "wk") else f"{times} fois par heure"
        fewer = f"{round(every * count, 2):g}"
        return _often(fewer, smaller) if fewer != "0" else _as_written(value, of)
    if every == 1:
        return (
            _FOR_A_PERIOD[of]
            if of in ("h", "min")
            else f"1 fois {_FOR_A_PERIOD[of]}"
            if of in _FOR_A_PERIOD
            else _as_written(value, of)
        )
    return _every(duration(value, of), of)


def _every(told: str, of: str) -> str:
    return f"{'tous' if of in ('d', 'mo', 'a') else 'toutes'} les {told}"


def _between(period: etree._Element) -> str:
    """A period that is a range: every four to six hours."""
    low, high = child(period, "low"), child(period, "high")
    least, most = ((node.get("value") or "").strip() if node is not None else "" for node in (low, high))
    units = [time_unit(node.get("unit") or "") for node in (low, high) if node is not None]
    if least == most and least:
        return _often(least, units[0])
    if least and most and units[0] == units[1] and (told := duration(most, units[0])):
        return _every(f"{number(least)} à {told}", units[0])
    parts = [f"{word} {number(n.get('value') or '')} {n.get('unit') or ''}".strip()
             for word, n in (("au moins", low), ("au plus", high)) if n is not None and n.get("value")]  # fmt: skip
    return f"période écrite : {', '.join(parts)}" if parts else ""


def _periodic(time: etree._Element, narrative: Narrative) -> str:
    period, count = child(time, "period"), child(time, "frequency")
    said = narrative.text(time.find("h:period/h:translation/h:originalText", NS))
    value, of = (period.get("value") or "", time_unit(period.get("unit") or "")) if period is not None else ("", "")
    often = _often(value, of) if value.strip() else _between(period) if period is not None else ""
    times = _amount(child(count, "numerator"), narrative) if count is not None else ""
    if count is not None and times:
        each = child(count, "denominator")
        return f"{times} fois {_per(each) if each is not None else ''}".strip()
    return said or often


def _per(each: etree._Element) -> str:
    """The span that a count is for, whole: three times in two days is not three times a day."""
    value, of = each.get("value") or "1", each.get("unit") or ""
    if value == "1" and of in _FOR_A_PERIOD and of not in ("h", "min"):
        return _FOR_A_PERIOD[of]
    told = duration(value, of) or f"{number(value)} {of}".strip()
    return f"en {told}"


def _event(time: etree._Element, narrative: Narrative) -> str:
    event = child(time, "event")
    if event is None:
        return ""
    offset = child(time, "offset")
    shift = child(offset, "low") if offset is not None else None
    near = shift if shift is not None else offset
    told = _EVENTS.get(event.get("code") or "") or narrative.label(event) or event.get("code") or ""
    shifted = (near.get("value") or "") if near is not None else ""
    by = duration(shifted.removeprefix("-"), near.get("unit") or "") if near is not None else ""
    if by and not told.startswith(("avant", "après")):
        told = f"{'avant' if shifted.startswith('-') else 'après'} {told.replace('au ', 'le ', 1)}"
    return f"{by} {told}".strip()


def _length(time: etree._Element) -> str:
    width = child(time, "width")
    told = duration(width.get("value") or "", width.get("unit") or "") if width is not None else ""
    return f"pendant {told}" if told else ""


def _day(text: str) -> str:
    return "/".join(reversed(partial(text).split("-")))


def _pause(time: etree._Element) -> str:
    """The days that are taken out of the others."""
    low, high, width = child(time, "low"), child(time, "high"), child(time, "width")
    first, last = (_day(node.get("value") or "") if node is not None else "" for node in (low, high))
    lasts = duration(width.get("value") or "", width.get("unit") or "") if width is not None else ""
    if first and last:
        return f"du {first} au {last}"
    if first:
        return f"{f'pendant {lasts} ' if lasts else ''}à partir du {first}"
    return f"jusqu’au {last}" if last else _day(time.get("value") or "") or "pendant une pause sans date"


def _frequency(node: etree._Element, narrative: Narrative) -> list[str]:
    told, days = [], []
    for time in times_of(node):
        kind, except_for = type_of(time), "sauf " if excludes(time) else ""
        if kind == "PIVL_TS" or child(time, "period") is not None:
            told.append(except_for + _periodic(time, narrative))
        elif kind == "EIVL_TS" or child(time, "event") is not None:
            told.append(except_for + _event(time, narrative))
        elif except_for:
            told.append(f"{except_for}{_pause(time)}")
        elif kind == "TS" and len(partial(time.get("value") or "")) == len("2026-01-01"):
            days.append(_day(time.get("value") or ""))
    # One day given as a point is the start; several are the days on which it is taken.
    return [*told, *([f"le {', le '.join(days)}"] if len(days) > 1 else [])]


def _limits(node: etree._Element, narrative: Narrative) -> list[str]:
    rate = _amount(child(node, "rateQuantity"), narrative)
    most, per = child(node, "maxDoseQuantity/numerator"), child(node, "maxDoseQuantity/denominator")
    found = [f"débit {rate}"] if rate else []
    if most is not None and most.get("value"):
        limit = f"{number(most.get('value') or '')} {dose_unit(most.get('unit') or '', most.get('value') or '')}".strip()
        each = duration(per.get("value") or "", per.get("unit") or "") if per is not None else ""
        found.append(f"au plus {limit}" + (f" en {each}" if each else ""))
    repeat = child(node, "repeatNumber")
    times = (repeat.get("value") or "") if repeat is not None else ""
    # CI-SIS eP-MED: the number of renewals of the prescription.
    return found + ([f"renouvelable {times} fois"] if times.isdecimal() and times.strip("0") else [])


def _needed(node: etree._Element, narrative: Narrative) -> list[str]:
    told = []
    for criterion in children(node, "precondition/criterion"):
        text = child(criterion, "text")
        coded = narrative.label(child(criterion, "value")) or narrative.label(child(criterion, "code"))
        said = narrative.text(text)
        if says(said):
            # A condition in words may be anything, "à suspendre avant l'opération" too.
            told.append(said if said.lower().startswith(_AS_NEEDED) else f"condition : {said}")
        elif says(coded):
            told.append(coded if coded.lower().startswith(_AS_NEEDED) else f"si besoin : {coded}")
        elif text is None:
            told.append("si besoin")
    return told


def _instructions(node: etree._Element, narrative: Narrative) -> list[str]:
    """How to take it in the words of the prescription: its text and its instruction to the patient."""
    found = []
    for act in children(node, "entryRelationship/act"):
        code = child(act, "code")
        said = narrative.text(child(act, "text"))
        if code is not None and code.get("code") in (*_INSTRUCTION, COMMENT) and says(said):
            found.append(f"au pharmacien : {said}" if code.get("code") == "FINSTRUCT" else said)
    return found


def _reasons(node: etree._Element, narrative: Narrative) -> list[str]:
    """What it is taken for, where the prescription says it (RSON)."""
    held = [n for r in node.iterfind("h:entryRelationship[@typeCode='RSON']", NS) for n in r.iter("{urn:hl7-org:v3}observation")]
    told = (in_words(child(n, "value"), narrative) or narrative.said(n) for n in held)
    return [f"pour : {said}" for said in told if said]


def _one(node: etree._Element, narrative: Narrative) -> list[str]:
    dose, often = _amount(child(node, "doseQuantity"), narrative), _frequency(node, narrative)
    counted = child(node, "doseQuantity")
    if dose and counted is not None and not counted.get("unit"):
        # The dose counts units of administration that are named beside it.
        of = in_words(child(node, "administrationUnitCode"), narrative)
        dose = f"{dose} {dose_unit(of.lower(), counted.get('value') or '')}" if of else dose
    lasts = [told for time in times_of(node) if not excludes(time) and (told := _length(time))]
    return [" ".join(part for part in (dose, *often) if part), *lasts, *_limits(node, narrative), *_needed(node, narrative)]


def dose_of(node: etree._Element, narrative: Narrative) -> str:
    """The amount of one dose, in words."""
    return _amount(child(node, "doseQuantity"), narrative)


def _product(node: etree._Element) -> str:
    material = child(node, "consumable/manufacturedProduct/manufacturedMaterial")
    code = child(material, "code") if material is not None else None
    name = words(child(material, "name")) if material is not None else ""
    return name or (code.get("displayName") or code.get("code") or "" if code is not None else "")


def other_products(node: etree._Element) -> list[etree._Element]:
    """Administrations inside this one that are of another product."""
    inner = children(node, "entryRelationship/substanceAdministration")
    return [n for n in inner if _product(n) and _product(n) != _product(node)]


def _order(relation: etree._Element) -> int:
    number = child(relation, "sequenceNumber")
    text = (number.get("value") or "") if number is not None else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _steps(node: etree._Element) -> list[etree._Element]:
    """The doses that follow one another, in the order of their numbers; one that is denied is none of them."""
    others = other_products(node)
    found = [s for r in sorted(children(node, "entryRelationship"), key=_order) for s in children(r, "substanceAdministration")]
    return [s for s in found if s not in others and (s.get("negationInd") or "").strip().lower() not in ("true", "1")]


def posology_of(node: etree._Element, narrative: Narrative) -> str:
    """The posology of an administration in one line; steps that follow one another are told in their order."""
    told = _one(node, narrative)
    steps = [", ".join(p for p in _one(step, narrative) if p) for step in _steps(node)]
    route = [
        route_in_words(child(node, "routeCode"), narrative).lower(),
        in_words(child(node, "approachSiteCode"), narrative).lower(),
    ]
    parts, instructed = [*told, " puis ".join(step for step in steps if step)], _instructions(node, narrative)
    if not any([*parts, *instructed]):
        # Nothing is structured: the words of the prescription, where they say more than the name of the product.
        said = narrative.said(node)
        parts = [said] if _TAKEN.search(said) else []
    return ", ".join(dict.fromkeys(part for part in [*parts, *route, *instructed, *_reasons(node, narrative)] if part))


def quantity_of(node: etree._Element) -> str:
    """What a dispensation gave out."""
    quantity = child(node, "quantity")
    amount = (quantity.get("value") or "") if quantity is not None else ""
    of = (quantity.get("unit") or "") if quantity is not None else ""
    # Units of EDQM are numbers: "30009000" is a box, and says nothing to a reader.
    return f"{number(amount)} {'' if of.isdecimal() else dose_unit(of, amount)}".strip() if amount else ""
