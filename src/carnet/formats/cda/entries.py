"""Writing what a section states as entries of level 3, in the shapes that `statements` reads (CI-SIS volets VSM, VAC, CR-BIO)."""

from lxml import etree
from lxml.builder import ElementMaker

from carnet.formats.cda.statements import Polarity, Statement, Status, shown

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
E = ElementMaker(namespace=HL7, nsmap={None: HL7, "xsi": XSI})
_TYPE = f"{{{XSI}}}type"
_LOINC, _ACT_CODE = "2.16.840.1.113883.6.1", "2.16.840.1.113883.5.4"
_STATUS = "33999-4"


def _ts(partial: str, tag: str) -> list[etree._Element]:
    return [E(tag, value=partial.replace("-", ""))] if partial else []


def _period(stated: Statement) -> etree._Element:
    """The time of an entry; one that nobody knows says so."""
    parts = [*_ts(stated.when.start, "low"), *_ts(stated.when.end, "high")]
    return E.effectiveTime(*parts, {_TYPE: "IVL_TS"}) if parts else E.effectiveTime(E.low(nullFlavor="UNK"), {_TYPE: "IVL_TS"})


def _coded(tag: str, stated: Statement, **more: str) -> etree._Element:
    first = stated.code
    code = {"code": first.code, "codeSystem": first.system} if first.code else {"nullFlavor": "NA"}
    return E(tag, {**code, "displayName": stated.label, **more})


def _reference(anchor: str) -> etree._Element:
    return E.text(E.reference(value=f"#{anchor}"))


def _subject(stated: Statement) -> list[etree._Element]:
    """Whom it is about, when it is not the patient."""
    if not stated.other:
        return []
    role = E.relatedSubject(E.code(displayName=stated.other, nullFlavor="OTH"), classCode="PRS")
    return [E.subject(role, typeCode="SBJ")]


def _concern(stated: Statement, anchor: str) -> etree._Element:
    observation = E.observation(
        E.code(code="ASSERTION", codeSystem=_ACT_CODE), _reference(anchor), E.statusCode(code="completed"), _period(stated),
        classCode="OBS", moodCode="EVN",
    )  # fmt: skip
    if stated.section == "allergies" and stated.polarity is Polarity.AFFIRMED:
        agent = E.playingEntity(_coded("code", stated), classCode="MMAT")
        observation.append(E.participant(E.participantRole(agent, classCode="MANU"), typeCode="CSM"))
        if stated.detail:
            told = E.value({_TYPE: "CD", "displayName": stated.detail})
            reaction = E.observation(E.code(code="ASSERTION", codeSystem=_ACT_CODE), told, classCode="OBS", moodCode="EVN")
            observation.append(E.entryRelationship(reaction, typeCode="MFST"))
    else:
        observation.append(_coded("value", stated, **{_TYPE: "CD"}))
    if stated.clinical:
        status = E.value({_TYPE: "CE", "code": stated.clinical})
        told = E.observation(E.code(code=_STATUS, codeSystem=_LOINC), status, classCode="OBS", moodCode="EVN")
        observation.append(E.entryRelationship(told, typeCode="REFR"))
    status = E.statusCode(code="completed" if stated.over else "active")
    return E.act(status, E.entryRelationship(observation, typeCode="SUBJ"), classCode="ACT", moodCode="EVN")


def _administration(stated: Statement, anchor: str) -> etree._Element:
    material = E.manufacturedMaterial(_coded("code", stated), E.name(stated.label))
    if stated.section == "vaccinations" and stated.detail.startswith("lot "):
        material.append(E.lotNumberText(stated.detail.removeprefix("lot ")))
    # CI-SIS fixes "completed" for what is written whole; a stop is said by its own status.
    status = stated.status.value if stated.status in (Status.ABORTED, Status.SUSPENDED, Status.CANCELLED) else "completed"
    node = E.substanceAdministration(
        _reference(anchor), E.statusCode(code=status), _period(stated),
        E.consumable(E.manufacturedProduct(material)), classCode="SBADM", moodCode="EVN",
    )  # fmt: skip
    if stated.polarity is Polarity.NEGATED:
        node.set("negationInd", "true")
    if stated.section == "treatments" and stated.detail:
        told = E.act(E.code(code="PINSTRUCT"), E.text(stated.detail), classCode="ACT", moodCode="INT")
        node.append(E.entryRelationship(told, typeCode="SUBJ"))
    return node


def _measured(stated: Statement) -> etree._Element:
    value = stated.value
    if value is None or not value.number:
        return E.value(value.text if value else "", {_TYPE: "ST"})
    if value.comparator in ("<", "≤"):
        return E.value(
            {_TYPE: "IVL_PQ"}, E.high(value=value.number, unit=value.unit, inclusive=str(value.comparator == "≤").lower())
        )
    return E.value({_TYPE: "PQ", "value": value.number, "unit": value.unit})


def _result(stated: Statement, anchor: str) -> etree._Element:
    node = E.observation(
        _coded("code", stated), _reference(anchor), E.statusCode(code="completed"),
        *([_period(stated)] if stated.when.start else []), _measured(stated), *_subject(stated), classCode="OBS", moodCode="EVN",
    )  # fmt: skip
    held = stated.bounds
    bounds = [E(tag, value=value, unit=held.unit) for tag, value in (("low", held.low), ("high", held.high)) if value]
    if bounds:
        node.append(E.referenceRange(E.observationRange(E.value({_TYPE: "IVL_PQ"}, *bounds)), typeCode="REFV"))
    return node


def _device(stated: Statement, anchor: str) -> etree._Element:
    device = E.participantRole(E.playingDevice(_coded("code", stated)), classCode="MANU")
    return E.supply(_reference(anchor), _period(stated), E.participant(device, typeCode="DEV"), classCode="SPLY", moodCode="EVN")


_WRITERS = {
    "allergies": _concern, "problems": _concern, "history": _concern, "treatments": _administration,
    "vaccinations": _administration, "results": _result, "vitals": _result, "devices": _device,
}  # fmt: skip


def entry(stated: Statement, anchor: str) -> etree._Element:
    """The entry of a statement; `anchor` is the narrative id that says it. Raises KeyError for a stay: a header says it."""
    return E.entry(_WRITERS[stated.section](stated, anchor))


def _day(partial: str) -> str:
    return "/".join(reversed(partial.split("-")))


def words(stated: Statement) -> str:
    """The statement as the narrative says it."""
    measured = shown(stated.value) if stated.value else ""
    start = stated.when.start
    since = f"depuis le {_day(start)}" if start and stated.section in ("problems", "treatments") else ""
    on = f"le {_day(start)}" if start and stated.section in ("vaccinations", "history") else ""
    return ", ".join(part for part in (stated.label, measured, stated.detail, since or on) if part)
