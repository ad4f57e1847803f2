"""Writing the answers: PRPA_IN201308UV02, PRPA_IN201306UV02, PRPA_IN201315UV02 and 316, valid against the published schemas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from lxml import etree

from carnet.formats.hl7v3.read import CONSULT, TEST_EXISTENCE, V3, Query

XSI = "http://www.w3.org/2001/XMLSchema-instance"
GDP = "asip:ci-sis:gdp:2010"
_REASONS = "1.2.250.1.213.1.1.4.11"
_LABELS = {TEST_EXISTENCE: "Test d'existence de dossier", CONSULT: "Consultation des données de gestion de dossier"}
_INTERACTIONS = "2.16.840.1.113883.1.6"


@dataclass(frozen=True, slots=True)
class Device:
    """This server in a message: its OID, its name, and the root of the ids that it gives."""

    oid: str
    name: str = "DMP"


@dataclass(frozen=True, slots=True)
class Observation:
    """A coded statement about the record that is true or false."""

    code: str
    system: str
    value: bool
    label: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """A person as an answer shows them. An empty field does not stand in it."""

    ins: tuple[str, str] = ("", "")
    family: str = ""
    given: str = ""
    sex: str = ""
    birth_date: str = ""
    active: bool = True
    observations: tuple[Observation, ...] = ()
    score: int | None = None
    """Percentage of resemblance, among candidates."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer says no: stable code, and French text with the next step."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The answer to a query about one person: what is known of the record, and the attention lines."""

    patient: Patient | None
    attention: tuple[tuple[str, str, str, str, str], ...] = ()
    """(key word, its system, value, its system or empty for a boolean, xsi:type)."""
    response: str = "OK"
    """queryResponseCode: OK, NF, QE."""
    closed: tuple[str, str, str] | None = None
    """Date, motive and reason of a closing."""


def _sub(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, f"{{{V3}}}{name}", {key: value for key, value in attributes.items() if value})
    node.text = text or None
    return node


def _typed(parent: etree._Element, name: str, kind: str, **attributes: str) -> None:
    _sub(parent, name, **attributes).set(f"{{{XSI}}}type", kind)


def _device(parent: etree._Element, role: str, kind: str, oid: str, name: str) -> None:
    device = _sub(_sub(parent, role, typeCode=kind), "device", classCode="DEV", determinerCode="INSTANCE")
    _sub(device, "id", root=oid)
    if name:
        _sub(device, "softwareName", name)


def _ts(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _head(interaction: str, query: Query, device: Device, at: datetime) -> etree._Element:
    root = etree.Element(f"{{{V3}}}{interaction}", nsmap={None: V3}, ITSVersion="XML_1.0")
    _sub(root, "id", root=f"{device.oid}.1", extension=str(uuid4()))
    _sub(root, "creationTime", value=_ts(at))
    _sub(root, "interactionId", root=_INTERACTIONS, extension=interaction)
    for name, code in (("processingCode", "P"), ("processingModeCode", "T"), ("acceptAckCode", "NE")):
        _sub(root, name, code=code)
    _device(root, "receiver", "RCV", query.sender[0] or device.oid, query.sender[1])
    _device(root, "sender", "SND", device.oid, device.name)
    return root


def _acknowledge(root: etree._Element, query: Query, problem: Problem | None, as_element: bool = False) -> None:
    """The acknowledgement. The edition of 2008 writes its type as an element, that of 2009 as an attribute."""
    code = "AE" if problem else "AA"
    node = _sub(root, "acknowledgement", typeCode="" if as_element else code)
    if as_element:
        _sub(node, "typeCode", code=code)
    _sub(_sub(node, "targetMessage"), "id", root=query.message[0], extension=query.message[1])
    if problem:
        detail = _sub(node, "acknowledgementDetail", typeCode="E")
        _sub(detail, "code", code=problem.code)
        _sub(detail, "text", problem.text)


def _act(root: etree._Element, reason: str) -> etree._Element:
    act = _sub(root, "controlActProcess", classCode="CACT", moodCode="EVN")
    if reason:
        _sub(act, "reasonCode", code=reason, codeSystem=_REASONS, displayName=_LABELS.get(reason, ""))
    return act


def _person(patient: etree._Element, shown: Patient) -> None:
    person = _sub(patient, "patientPerson", classCode="PSN", determinerCode="INSTANCE")
    if shown.family or shown.given:
        name = _sub(person, "name")
        _sub(name, "given", shown.given)
        _sub(name, "family", shown.family, qualifier="BR")
    else:
        _sub(person, "name", nullFlavor="MSK")
    if shown.sex:
        _sub(person, "administrativeGenderCode", code=shown.sex)
    if shown.birth_date:
        _sub(person, "birthTime", value=shown.birth_date.replace("-", ""))


def _observe(parent: etree._Element, wrapper: str, observation: Observation) -> None:
    node = _sub(_sub(parent, wrapper, typeCode="SBJ"), "administrativeObservation", classCode="OBS", moodCode="EVN")
    _sub(node, "code", code=observation.code, codeSystem=observation.system, displayName=observation.label)
    _typed(node, "value", "BL", value="true" if observation.value else "false")


def _event(act: etree._Element, device: Device, status: str = "completed") -> tuple[etree._Element, etree._Element]:
    subject = _sub(act, "subject", contextConductionInd="false", typeCode="SUBJ")
    event = _sub(subject, "registrationEvent", classCode="REG", moodCode="EVN")
    _sub(event, "statusCode", code=status)
    patient = _sub(_sub(event, "subject1", typeCode="SBJ"), "patient", classCode="PAT")
    custodian = _sub(_sub(event, "custodian", typeCode="CST"), "assignedEntity", classCode="ASSIGNED")
    _sub(custodian, "id", root=device.oid)
    return subject, patient


def _closing(act: etree._Element, closed: tuple[str, str, str]) -> None:
    """When and why a record was closed."""
    since, motive, reason = closed
    event = _sub(_sub(act, "reasonOf", typeCode="RSON"), "detectedIssueEvent", classCode="ALRT", moodCode="EVN")
    _sub(event, "code", code=motive, codeSystem="1.2.250.1.213.4.1.2.4")
    _sub(event, "text", " ".join(part for part in (since, reason) if part))


def write_demographics(query: Query, shown: Shown, device: Device, at: datetime, problem: Problem | None = None) -> etree._Element:
    """PRPA_IN201308UV02: the answer of TD0.2 and TD1.3a."""
    root = _head("PRPA_IN201308UV02", query, device, at)
    for word, system, value, value_system, kind in shown.attention:
        line = _sub(root, "attentionLine")
        _sub(line, "keyWordText", code=word, codeSystem=system)
        _typed(line, "value", kind, **({"value": value} if kind == "BL" else {"code": value, "codeSystem": value_system}))
    _acknowledge(root, query, problem)
    act = _act(root, query.reason)
    if shown.patient:
        _, patient = _event(act, device)
        _sub(patient, "id", root=shown.patient.ins[0], extension=shown.patient.ins[1])
        _sub(patient, "statusCode", code="active" if shown.patient.active else "terminated")
        _person(patient, shown.patient)
        for observation in shown.patient.observations:
            _observe(patient, "subjectOf", observation)
    if shown.closed:
        _closing(act, shown.closed)
    answer = _sub(act, "queryAck")
    _sub(answer, "queryId", root=query.query[0], extension=query.query[1])
    _sub(answer, "queryResponseCode", code=shown.response)
    return root


def _candidate(act: etree._Element, candidate: Patient, device: Device) -> None:
    _, patient = _event(act, device, "active")
    _sub(patient, "id", root=candidate.ins[0], extension=candidate.ins[1])
    _sub(patient, "statusCode", code="active")
    _person(patient, candidate)
    match = _sub(_sub(patient, "subjectOf1", typeCode="SBJ"), "queryMatchObservation", classCode="COND", moodCode="EVN")
    _typed(match, "code", "CS", code="POURCENTAGE")
    _typed(match, "value", "INT", value=str(candidate.score))
    for observation in candidate.observations:
        _observe(patient, "subjectOf2", observation)


def write_candidates(
    query: Query, asked: etree._Element, candidates: Sequence[Patient], device: Device, at: datetime, problem: Problem | None = None
) -> etree._Element:
    """PRPA_IN201306UV02: the answer of TD0.5. The question stands in it, as HL7 asks."""
    root = _head("PRPA_IN201306UV02", query, device, at)
    _acknowledge(root, query, problem, as_element=True)
    act = _act(root, "")
    _sub(act, "code", code="PRPA_TE201306UV02", codeSystem=_INTERACTIONS)
    for candidate in candidates:
        _candidate(act, candidate, device)
    answer = _sub(act, "queryAck")
    _sub(answer, "queryId", root=query.query[0], extension=query.query[1])
    _sub(answer, "queryResponseCode", code="AE" if problem else "OK" if candidates else "NF")
    for name, value in (("Total", len(candidates)), ("Current", len(candidates)), ("Remaining", 0)):
        _sub(answer, f"result{name}Quantity", value=str(value))
    act.append(asked)
    return root


def _wrapped(message: etree._Element, name: str = "PRPA_IN201314UV02_Response") -> etree._Element:
    wrapper = etree.Element(f"{{{GDP}}}{name}", nsmap={"gdp": GDP, None: V3})
    wrapper.append(message)
    return wrapper


def write_revised(query: Query, patient: Patient, device: Device, at: datetime) -> etree._Element:
    """PRPA_IN201315UV02 in its wrapper: the revision was made."""
    root = _head("PRPA_IN201315UV02", query, device, at)
    _acknowledge(root, query, None)
    act = _act(root, query.reason)
    _, node = _event(act, device)
    _sub(node, "id", root=patient.ins[0], extension=patient.ins[1])
    _sub(node, "statusCode", code="active" if patient.active else "terminated")
    _person(node, patient)
    return _wrapped(root)


def write_refused_revision(query: Query, patient: Patient, problem: Problem, device: Device, at: datetime) -> etree._Element:
    """PRPA_IN201316UV02 in its wrapper: the revision was refused. The person stands in it as the request named them."""
    return _wrapped(_refused("PRPA_IN201316UV02", query, patient, problem, device, at))


def write_refused_creation(query: Query, patient: Patient, problem: Problem, device: Device, at: datetime) -> etree._Element:
    """PRPA_IN201313UV02 in its wrapper: the creation was refused (TD1.1)."""
    return _wrapped(_refused("PRPA_IN201313UV02", query, patient, problem, device, at), "PRPA_IN201311UV02_Response")


def _refused(message: str, query: Query, patient: Patient, problem: Problem, device: Device, at: datetime) -> etree._Element:
    root = _head(message, query, device, at)
    _acknowledge(root, query, problem)
    act = _act(root, query.reason)
    request = _sub(
        _sub(act, "subject", contextConductionInd="false", typeCode="SUBJ"), "registrationRequest", classCode="REG", moodCode="RQO"
    )
    _sub(request, "statusCode", code="active")
    node = _sub(_sub(request, "subject1", typeCode="SBJ"), "patient", classCode="PAT")
    _sub(node, "id", root=patient.ins[0], extension=patient.ins[1])
    _sub(node, "statusCode", code="active")
    _person(node, patient)
    if message == "PRPA_IN201313UV02":
        # A person who is added has a custodian in the published schema: this system.
        custodian = _sub(node, "providerOrganization", classCode="ORG", determinerCode="INSTANCE")
        _sub(custodian, "id", root=device.oid)
        _sub(custodian, "contactParty", classCode="CON")
    author = _sub(_sub(request, "author", typeCode="AUT"), "assignedEntity", classCode="ASSIGNED")
    _sub(author, "id", root=device.oid)
    event = _sub(_sub(act, "reasonOf", typeCode="RSON"), "detectedIssueEvent", classCode="ALRT", moodCode="EVN")
    _sub(event, "code", code=problem.code)
    _sub(event, "text", problem.text)
    return root


def write_query(reason: str, patient: tuple[str, str], device: Device, software: tuple[str, str], at: datetime) -> etree._Element:
    """PRPA_IN201307UV02: a request of TD0.2 or TD1.3a, for clients."""
    root = _head("PRPA_IN201307UV02", Query(("", ""), (device.oid, device.name), ("", ""), reason), Device(*software), at)
    act = _act(root, reason)
    query = _sub(act, "queryByParameter")
    _sub(query, "queryId", root=f"{software[0]}.2", extension=str(uuid4()))
    _sub(query, "statusCode", code="new")
    identifier = _sub(_sub(query, "parameterList"), "patientIdentifier")
    _sub(identifier, "value", root=patient[0], extension=patient[1])
    _sub(identifier, "semanticsText", "Patient.id")
    return root
