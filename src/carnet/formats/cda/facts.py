"""What a structured body states: problems, allergies, treatments, vaccinations, results, devices, stays.

Entries of level 3 are read by their shape (act, observation, substanceAdministration, organizer; CI-SIS volets VSM, IPS-FR,
VAC, CR-BIO, eP-MED), not by one volet's paths: a document of another volet gives what it states in the same shapes. A
sentence of the narrative is never made into a fact; nor is what needs its value to be understood (family history, advance
directives): those are read in their document. `anchor` is the narrative id that the entry refers to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from lxml import etree

from carnet.formats.cda.header import NS, parse_document

SECTIONS = {
    "48765-2": "allergies",
    "11450-4": "problems",
    "11348-0": "history",
    "47519-4": "history",
    "10160-0": "treatments",
    "57828-6": "treatments",
    "60590-7": "treatments",
    "11369-6": "vaccinations",
    "46264-8": "devices",
}
"""LOINC code of a section → part of the profile. Results are found wherever an observation has a value of a measure."""
_ENDED = frozenset({"inactive", "aborted", "cancelled", "resolved"})
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a document states. Dates may be missing; `low` and `high` are the laboratory's own bounds."""

    section: str
    label: str
    code: str = ""
    system: str = ""
    start: date | None = None
    end: date | None = None
    detail: str = ""
    value: str = ""
    unit: str = ""
    low: str = ""
    high: str = ""
    anchor: str = ""
    active: bool = True


def _date(node: etree._Element | None) -> date | None:
    digits = (node.get("value") or "")[:8] if node is not None else ""
    try:
        return date(int(digits[:4]), int(digits[4:6] or 1), int(digits[6:8] or 1)) if len(digits) >= 4 else None
    except ValueError:
        return None


def _period(node: etree._Element) -> tuple[date | None, date | None]:
    for time in node.findall("h:effectiveTime", NS):
        low, high = _date(time.find("h:low", NS)), _date(time.find("h:high", NS))
        if low or high or _date(time):
            return low or _date(time), high
    return None, None


def _words(node: etree._Element | None) -> str:
    return " ".join("".join(str(t) for t in node.itertext()).split()) if node is not None else ""


class _Narrative:
    """The texts of a section by their ids, to name an entry that has only a reference."""

    def __init__(self, section: etree._Element) -> None:
        text = section.find("h:text", NS)
        self.texts = {n.get("ID", ""): _words(n) for n in text.iter(etree.Element) if n.get("ID")} if text is not None else {}

    def anchor(self, node: etree._Element) -> str:
        """The narrative id that a node, or what it holds, refers to."""
        for reference in chain(node.iterfind("h:text/h:reference", NS), node.iterfind(".//h:reference", NS)):
            name = (reference.get("value") or "").removeprefix("#")
            if name in self.texts:
                return name
        return ""

    def label(self, node: etree._Element | None) -> str:
        """The name of a coded node: its own, else the text that it refers to."""
        if node is None:
            return ""
        return node.get("displayName") or _words(node.find("h:originalText", NS)) or self.texts.get(self.anchor(node), "")


def _coded(node: etree._Element | None) -> tuple[str, str]:
    return (node.get("code") or "", node.get("codeSystem") or "") if node is not None else ("", "")


def _active(node: etree._Element) -> bool:
    statuses = [s.get("code") for s in node.iterfind("h:statusCode", NS)]
    told = [
        v.get("code")
        for o in node.iterfind(".//h:observation", NS)
        if (c := o.find("h:code", NS)) is not None and c.get("code") == "33999-4"
        for v in o.iterfind("h:value", NS)
    ]
    return not _ENDED & {*statuses, *told}


def _negated(node: etree._Element) -> bool:
    return node.get("negationInd") == "true"


def _concern(section: str, node: etree._Element, narrative: _Narrative) -> Iterator[Fact]:
    """A concern act holds observations: allergies name an agent, problems have a coded value."""
    observations = [node] if etree.QName(node).localname == "observation" else node.findall("h:entryRelationship/h:observation", NS)
    for observation in observations:
        if _negated(observation):
            continue
        agent = observation.find("h:participant/h:participantRole/h:playingEntity", NS)
        value = observation.find("h:value", NS)
        kind = narrative.label(observation.find("h:code", NS))
        if agent is not None:
            label = narrative.label(agent.find("h:code", NS)) or _words(agent.find("h:name", NS))
            coded, detail = _coded(agent.find("h:code", NS)), _reaction(observation, narrative) or kind
        else:
            label, coded, detail = (
                narrative.label(value) or narrative.texts.get(narrative.anchor(observation), ""),
                _coded(value),
                "",
            )
        start, end = _period(observation)
        if label:
            active = _active(node) and end is None
            yield Fact(section, label, *coded, start, end, detail, anchor=narrative.anchor(observation), active=active)


def _reaction(observation: etree._Element, narrative: _Narrative) -> str:
    values = observation.iterfind("h:entryRelationship[@typeCode='MFST']/h:observation/h:value", NS)
    return next((found for value in values if (found := narrative.label(value))), "")


def _administration(section: str, node: etree._Element, narrative: _Narrative) -> Iterator[Fact]:
    material = node.find("h:consumable/h:manufacturedProduct/h:manufacturedMaterial", NS)
    if material is None or _negated(node):
        return
    code = material.find("h:code", NS)
    label = _words(material.find("h:name", NS)) or narrative.label(code)
    generic = material.find("h:asSpecializedKind/h:generalizedMedicineClass/h:code", NS)
    if not label:
        return
    start, end = _period(node)
    lot = _words(material.find("h:lotNumberText", NS))
    dose = _dose(node) or _instruction(node, narrative)
    detail = f"lot {lot}" if section == "vaccinations" and lot else dose
    coded = _coded(generic if generic is not None else code)
    yield Fact(section, label, *coded, start, end, detail, anchor=narrative.anchor(node), active=_active(node))


def _dose(node: etree._Element) -> str:
    quantity = node.find("h:doseQuantity", NS)
    if quantity is None:
        return ""
    low = quantity.find("h:low", NS)
    number = quantity.get("value") or (low.get("value") if low is not None else "") or ""
    return f"{number} {_unit(quantity) or (_unit(low) if low is not None else '')}".strip()


def _unit(node: etree._Element) -> str:
    """A UCUM unit as people read it: an annotation loses its braces."""
    return (node.get("unit") or "").replace("{", "").replace("}", "")


def _instruction(node: etree._Element, narrative: _Narrative) -> str:
    """How to take it, in the words of the prescription."""
    for act in node.iterfind("h:entryRelationship/h:act", NS):
        code = act.find("h:code", NS)
        if code is not None and code.get("code") == "PINSTRUCT":
            return narrative.texts.get(narrative.anchor(act), "") or _words(act.find("h:text", NS))
    return ""


def _result(node: etree._Element, narrative: _Narrative) -> Iterator[Fact]:
    value = node.find("h:value", NS)
    if value is None or value.get(_XSI_TYPE) != "PQ" or not value.get("value"):
        return
    code = node.find("h:code", NS)
    bounds = node.find("h:referenceRange/h:observationRange/h:value", NS)
    low, high = (_bound(bounds, "low"), _bound(bounds, "high")) if bounds is not None else ("", "")
    label, (start, _) = narrative.label(code), _period(node)
    if label:
        yield Fact("results", label, *_coded(code), start, None, "", value.get("value") or "", _unit(value),
                   low, high, narrative.anchor(node))  # fmt: skip


def _bound(bounds: etree._Element, name: str) -> str:
    node = bounds.find(f"h:{name}", NS)
    return (node.get("value") or "") if node is not None else ""


def _statement(section: str, entry: etree._Element, narrative: _Narrative) -> Iterator[Fact]:
    """The facts of one entry."""
    for node in entry:
        name = etree.QName(node).localname if isinstance(node.tag, str) else ""
        if name == "substanceAdministration" and section in ("treatments", "vaccinations"):
            yield from _administration(section, node, narrative)
        elif name in ("act", "observation") and section in ("allergies", "problems", "history"):
            yield from _concern(section, node, narrative)
        elif name == "supply" and section == "devices":
            yield from _device(node, narrative)


def _device(node: etree._Element, narrative: _Narrative) -> Iterator[Fact]:
    device = node.find("h:participant/h:participantRole/h:playingDevice/h:code", NS)
    label, (start, end) = narrative.label(device), _period(node)
    if label:
        yield Fact("devices", label, *_coded(device), start, end, anchor=narrative.anchor(node), active=end is None)


def _stay(root: etree._Element) -> Iterator[Fact]:
    encounter = root.find("h:componentOf/h:encompassingEncounter", NS)
    if encounter is None:
        return
    start, end = _period(encounter)
    place = _words(encounter.find("h:location/h:healthCareFacility/h:location/h:name", NS)) or _words(
        encounter.find("h:location/h:healthCareFacility/h:serviceProviderOrganization/h:name", NS)
    )
    if start and end and end > start:
        yield Fact("stays", place, "", "", start, end)


def read_facts(content: bytes) -> list[Fact]:
    """Every fact that a CDA states in a structured form. Raises CdaError for bytes that are none."""
    root = parse_document(content)
    effective = _date(root.find("h:effectiveTime", NS))
    found = list(_stay(root))
    for section in root.iterfind(".//h:section", NS):
        code, narrative = section.find("h:code", NS), _Narrative(section)
        part = SECTIONS.get((code.get("code") or "") if code is not None else "", "")
        for entry in section.iterfind("h:entry", NS):
            found += _statement(part, entry, narrative) if part else ()
            for observation in entry.iterfind(".//h:observation", NS):
                found += _result(observation, narrative)
    dated = ("results", "treatments", "vaccinations")
    return list(dict.fromkeys(replace(f, start=f.start or effective) if f.section in dated else f for f in found))
