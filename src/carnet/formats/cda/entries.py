"""Writing what a section states as entries of level 3, in the shapes that `facts` reads (CI-SIS volets VSM, VAC, CR-BIO)."""

from datetime import date

from lxml import etree
from lxml.builder import ElementMaker

from carnet.formats.cda.facts import Fact

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
E = ElementMaker(namespace=HL7, nsmap={None: HL7, "xsi": XSI})
_TYPE = f"{{{XSI}}}type"
_LOINC, _ACT_CODE = "2.16.840.1.113883.6.1", "2.16.840.1.113883.5.4"


def _day(value: date | None, tag: str) -> list[etree._Element]:
    return [E(tag, value=value.strftime("%Y%m%d"))] if value else []


def _period(fact: Fact) -> etree._Element:
    return E.effectiveTime(*_day(fact.start, "low"), *_day(fact.end, "high"), {_TYPE: "IVL_TS"})


def _coded(tag: str, fact: Fact, **more: str) -> etree._Element:
    code = {"code": fact.code, "codeSystem": fact.system} if fact.code else {"nullFlavor": "NA"}
    return E(tag, {**code, "displayName": fact.label, **more})


def _reference(anchor: str) -> etree._Element:
    return E.text(E.reference(value=f"#{anchor}"))


def _concern(fact: Fact, anchor: str) -> etree._Element:
    observation = E.observation(
        E.code(code="ASSERTION", codeSystem=_ACT_CODE), _reference(anchor), E.statusCode(code="completed"), _period(fact),
        classCode="OBS", moodCode="EVN",
    )  # fmt: skip
    if fact.section == "allergies":
        agent = E.playingEntity(_coded("code", fact), classCode="MMAT")
        observation.append(E.participant(E.participantRole(agent, classCode="MANU"), typeCode="CSM"))
        if fact.detail:
            told = E.value({_TYPE: "CD", "displayName": fact.detail})
            reaction = E.observation(E.code(code="ASSERTION", codeSystem=_ACT_CODE), told, classCode="OBS", moodCode="EVN")
            observation.append(E.entryRelationship(reaction, typeCode="MFST"))
    else:
        observation.append(_coded("value", fact, **{_TYPE: "CD"}))
    status = E.statusCode(code="active" if fact.active else "completed")
    return E.act(status, E.entryRelationship(observation, typeCode="SUBJ"), classCode="ACT", moodCode="EVN")


def _administration(fact: Fact, anchor: str) -> etree._Element:
    material = E.manufacturedMaterial(_coded("code", fact), E.name(fact.label))
    if fact.section == "vaccinations" and fact.detail.startswith("lot "):
        material.append(E.lotNumberText(fact.detail.removeprefix("lot ")))
    node = E.substanceAdministration(
        _reference(anchor), E.statusCode(code="completed"), _period(fact),
        E.consumable(E.manufacturedProduct(material)), classCode="SBADM", moodCode="EVN",
    )  # fmt: skip
    if fact.section == "treatments" and fact.detail:
        told = E.act(E.code(code="PINSTRUCT"), E.text(fact.detail), classCode="ACT", moodCode="INT")
        node.append(E.entryRelationship(told, typeCode="SUBJ"))
    return node


def _result(fact: Fact, anchor: str) -> etree._Element:
    node = E.observation(
        _coded("code", fact), _reference(anchor), E.statusCode(code="completed"), _period(fact),
        E.value({_TYPE: "PQ", "value": fact.value, "unit": fact.unit}), classCode="OBS", moodCode="EVN",
    )  # fmt: skip
    bounds = [E(tag, value=value, unit=fact.unit) for tag, value in (("low", fact.low), ("high", fact.high)) if value]
    if bounds:
        node.append(E.referenceRange(E.observationRange(E.value({_TYPE: "IVL_PQ"}, *bounds)), typeCode="REFV"))
    return node


def _device(fact: Fact, anchor: str) -> etree._Element:
    device = E.participantRole(E.playingDevice(_coded("code", fact)), classCode="MANU")
    return E.supply(_reference(anchor), _period(fact), E.participant(device, typeCode="DEV"), classCode="SPLY", moodCode="EVN")


_WRITERS = {
    "allergies": _concern, "problems": _concern, "history": _concern, "treatments": _administration,
    "vaccinations": _administration, "results": _result, "devices": _device,
}  # fmt: skip


def entry(fact: Fact, anchor: str) -> etree._Element:
    """The entry of a fact; `anchor` is the narrative id that says it in words. Raises KeyError for a stay: the header says it."""
    return E.entry(_WRITERS[fact.section](fact, anchor))


def words(fact: Fact) -> str:
    """The fact as the narrative says it."""
    measured = f"{fact.value} {fact.unit}".strip()
    since = f"depuis le {fact.start:%d/%m/%Y}" if fact.start and fact.section in ("problems", "treatments") else ""
    on = f"le {fact.start:%d/%m/%Y}" if fact.start and fact.section in ("vaccinations", "history") else ""
    return ", ".join(part for part in (fact.label, measured, fact.detail, since or on) if part)
