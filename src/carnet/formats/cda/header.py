"""Reading a CDA R2 header (CI-SIS, structuration minimale des documents). Nothing external is ever fetched."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from lxml import etree

from carnet.formats.cda.words import words
from carnet.formats.safe_xml import XmlError, parse
from carnet.formats.timestamps import from_hl7
from carnet.formats.xds import Author, Coding, Parent
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM

PARIS = ZoneInfo("Europe/Paris")
NS = {"h": "urn:hl7-org:v3"}
ONESELF = frozenset({"ONESELF", "SELF"})
"""Relations of a subject who is the patient."""
_ROOT = "{urn:hl7-org:v3}ClinicalDocument"
_STYLESHEETS = frozenset({f"{{http://www.w3.org/1999/XSL/Transform}}{name}" for name in ("stylesheet", "transform")})
_RELATION = {"RPLC": "replaces", "APND": "appends", "XFRM": "transforms"}


class CdaError(ValueError):
    """The bytes are not a CDA that can be read; the text says where and never repeats the content."""


class SeveralPatientsError(CdaError):
    """The document names two patients."""


class NotClinicalError(CdaError):
    """Well-formed XML that is not a ClinicalDocument, nor a stylesheet around one."""


@dataclass(frozen=True, slots=True)
class CdaHeader:
    """What the registry needs of a CDA header."""

    unique_id: str
    type: Coding
    title: str
    confidentiality: str
    effective_time: datetime | None
    language: str
    patient_ids: tuple[tuple[str, str], ...]
    birth_name: str
    given_names: str
    sex: str
    birth_date: str
    authors: tuple[Author, ...]
    custodian: Author | None
    authenticator: Author | None
    service_start: datetime | None
    service_stop: datetime | None
    times_stated: tuple[tuple[str, str], ...]
    """Of these times, the digits of those that say a year, a month or a day, by the names of their slots."""
    parents: tuple[Parent, ...]
    events: tuple[Coding, ...]
    templates: tuple[str, ...]
    facility: Coding
    """Kind of the place of care: healthcareFacilityTypeCode of XDS."""
    practice: Coding
    """Setting of the practice: practiceSettingCode of XDS."""
    body_mime: str
    """Media type of a level 1 body; empty for a structured one."""
    structured: bool


def parse_document(content: bytes) -> etree._Element:
    """The root of an XML document, with nothing external fetched and no DOCTYPE. Raises CdaError.

    A self-presenting document (CI-SIS: a stylesheet around the ClinicalDocument) gives the document that it holds. Its stylesheet
    is never run.
    """
    try:
        root = parse(content)
    except XmlError as error:
        raise CdaError(str(error)) from None
    if root.tag not in _STYLESHEETS:
        return root
    held = list(root.iter(_ROOT))
    if len(held) != 1:
        raise NotClinicalError("a stylesheet that holds no document, or several")
    return held[0]


def _ident(node: etree._Element | None) -> str:
    if node is None:
        return ""
    root, extension = node.get("root", ""), node.get("extension", "")
    if not extension and "-" in root:
        return f"urn:uuid:{root.lower()}"
    return f"{root}^{extension}" if extension else root


def _coding(node: etree._Element | None) -> Coding:
    if node is None:
        return Coding()
    return Coding(node.get("code", ""), node.get("codeSystem", ""), node.get("displayName", ""))


def _time(node: etree._Element | None, zone: tzinfo) -> datetime | None:
    """A time of the header. Without a zone it is local to its author (HL7 v3 TS); UTC is the rule of XDS slots, not of CDA."""
    value = node.get("value") if node is not None else None
    try:
        return from_hl7(value, zone) if value else None
    except ValueError:
        raise CdaError("a time that cannot be read in the header") from None


def _text(node: etree._Element, path: str) -> str:
    found = node.find(path, NS)
    return words(found)


def _find(node: etree._Element, path: str) -> etree._Element | None:
    return node.find(path, NS)


def _name(node: etree._Element) -> tuple[str, str]:
    """Family and given name of one name: not a pseudonym, where there is another; one in a single piece is a family name."""
    names = node.findall("h:assignedPerson/h:name", NS)
    found = next((name for name in names if "P" not in (name.get("use") or "").split()), names[0] if names else None)
    if found is None:
        return "", ""
    family, given = _text(found, "h:family"), _text(found, "h:given")
    return (family, given) if family or given else (words(found), "")


def _device(node: etree._Element) -> tuple[str, str]:
    """Model and software of a device that writes."""
    device = "h:assignedAuthoringDevice"
    model, software = _text(node, f"{device}/h:manufacturerModelName"), _text(node, f"{device}/h:softwareName")
    return model or software, software if model else ""


def _assigned(node: etree._Element, role: Coding = Coding()) -> Author:
    """An assignedAuthor or assignedEntity."""
    organisation = _find(node, "h:representedOrganization")
    person = _find(node, "h:assignedPerson")
    family, given = _name(node) if person is not None else _device(node)
    identifier = _find(node, "h:id")
    return Author(
        id=(identifier.get("extension") or identifier.get("root") or "") if identifier is not None else "",
        authority=_authority(identifier, PS_ID_SYSTEM),
        family=family,
        given=given,
        structure_id=_organisation_id(organisation),
        structure_authority=_organisation_authority(organisation),
        structure_name=_text(organisation, "h:name") if organisation is not None else "",
        role=role,
        specialty=_coding(_find(node, "h:code")),
        device=person is None,
    )


def _organisation_id(node: etree._Element | None) -> str:
    identifier = _find(node, "h:id") if node is not None else None
    return (identifier.get("extension") or "") if identifier is not None else ""


def _authority(identifier: etree._Element | None, default: str) -> str:
    """Who assigned an identifier (II.root). A root alone identifies by itself: nobody is named beside it."""
    if identifier is None or not (identifier.get("extension") or identifier.get("root")):
        return default
    return (identifier.get("root") or "") if identifier.get("extension") else ""


def _organisation_authority(node: etree._Element | None) -> str:
    identifier = _find(node, "h:id") if node is not None else None
    stated = identifier is not None and identifier.get("extension")
    return _authority(identifier, STRUCTURE_ID_SYSTEM) if stated else STRUCTURE_ID_SYSTEM


def _authors(root: etree._Element) -> Iterator[Author]:
    for author in root.findall("h:author", NS):
        assigned = _find(author, "h:assignedAuthor")
        if assigned is not None:
            yield _assigned(assigned, _coding(_find(author, "h:functionCode")))


def _custodian(root: etree._Element) -> Author | None:
    node = _find(root, "h:custodian/h:assignedCustodian/h:representedCustodianOrganization")
    if node is None:
        return None
    return Author(structure_id=_organisation_id(node), structure_name=_text(node, "h:name"),
                  structure_authority=_organisation_authority(node))  # fmt: skip


def _authenticator(root: etree._Element) -> Author | None:
    node = _find(root, "h:legalAuthenticator/h:assignedEntity")
    return _assigned(node) if node is not None else None


def _parents(root: etree._Element) -> Iterator[Parent]:
    for related in root.findall("h:relatedDocument", NS):
        kind = _RELATION.get(related.get("typeCode", ""), "")
        for identifier in related.findall("h:parentDocument/h:id", NS):
            if kind:
                yield Parent(kind, _ident(identifier))


def _times(root: etree._Element) -> dict[str, etree._Element]:
    """The nodes of the times of a header, by the names of their slots."""
    event = _find(root, "h:documentationOf/h:serviceEvent/h:effectiveTime")
    low, high = (_find(event, f"h:{end}") if event is not None else None for end in ("low", "high"))
    start = low if low is not None and low.get("value") else event
    found = {"creationTime": _find(root, "h:effectiveTime"), "serviceStartTime": start, "serviceStopTime": high}
    return {name: node for name, node in found.items() if node is not None and node.get("value")}


def _in_part(times: dict[str, etree._Element]) -> tuple[tuple[str, str], ...]:
    told = ((name, node.get("value", "").strip()) for name, node in times.items())
    return tuple((name, digits) for name, digits in told if digits.isdigit() and len(digits) <= len("20051224"))


def _patient(root: etree._Element) -> etree._Element:
    """The one patient (CI-SIS: recordTarget [1..1]): a document of two people would tell one of the other."""
    roles = root.findall("h:recordTarget/h:patientRole", NS)
    if not roles:
        raise CdaError("no recordTarget: a CDA names its patient")
    if len(roles) > 1 or len(root.findall("h:recordTarget", NS)) > 1:
        raise SeveralPatientsError("several recordTarget: a document is about one person")
    return roles[0]


def _legal(role: etree._Element, part: str) -> list[etree._Element]:
    """Parts of the names of a patient: of those called legal, or official, where there are; a pseudonym is nobody's birth name."""
    names = [(set((n.get("use") or "").split()), n) for n in role.findall("h:patient/h:name", NS)]
    legal = [n for use, n in names if use & {"L", "OR"}] or [n for use, n in names if not use & {"P", "A", "ASGN"}]
    return [found for name in legal for found in name.findall(f"h:{part}", NS)]


def _qualifiers(part: etree._Element) -> set[str]:
    return set((part.get("qualifier") or "").split())


def _birth_name(role: etree._Element) -> str:
    # A family name that is called one of birth is one, in whatever name it stands.
    birth = [f for f in role.findall("h:patient/h:name/h:family", NS) if "BR" in _qualifiers(f)]
    # SP is the name of a spouse, CL the one in use: neither says the name of birth.
    birth = birth or [f for f in _legal(role, "family") if not _qualifiers(f) & {"SP", "CL"}]
    return words(birth[0]) if birth else ""


def _given_names(role: etree._Element) -> str:
    # The given name without qualifier is the list of the act; BR repeats the first of it, CL is the one in use.
    nodes = _legal(role, "given")
    listed = [g for g in nodes if g.get("qualifier") is None] or [g for g in nodes if g.get("qualifier") == "BR"]
    return words(listed[0]) if listed else ""


def _birth_date(role: etree._Element) -> str:
    node = _find(role, "h:patient/h:birthTime")
    digits = (node.get("value") or "")[:8] if node is not None else ""
    # 00 stands for a month or a day that is not known.
    return "-".join(part for part in (digits[:4], digits[4:6], digits[6:8]) if part.strip("0"))


def _sex(role: etree._Element) -> str:
    node = _find(role, "h:patient/h:administrativeGenderCode")
    code = node.get("code", "") if node is not None else ""
    return code if code in ("F", "M") else ""


def _body(root: etree._Element) -> tuple[str, bool]:
    level1 = _find(root, "h:component/h:nonXMLBody/h:text")
    structured = _find(root, "h:component/h:structuredBody") is not None
    if level1 is None and not structured:
        raise CdaError("no body: neither nonXMLBody nor structuredBody")
    return (level1.get("mediaType") or "") if level1 is not None else "", structured


def _patient_ids(role: etree._Element) -> tuple[tuple[str, str], ...]:
    return tuple((i.get("root", ""), i.get("extension", "")) for i in role.findall("h:id", NS))


_PLACE = "h:componentOf/h:encompassingEncounter/h:location/h:healthCareFacility/h:code"
_PRACTICE = "h:documentationOf/h:serviceEvent/h:performer/h:assignedEntity/h:representedOrganization/h:standardIndustryClassCode"


def _events(root: etree._Element) -> tuple[Coding, ...]:
    nodes = root.findall("h:documentationOf/h:serviceEvent/h:code", NS)
    return tuple(c for c in (_coding(node) for node in nodes) if c)


_NAMED = b"ClinicalDocument"


def patients_named(content: bytes) -> list[tuple[str, str]] | None:
    """Every identifier of every patient that a CDA names, its other faults left aside; None for what is no CDA at all.

    A file that says it is one and cannot be read names nobody: the list is empty.
    """
    head = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return None
    try:
        root = parse_document(content)
    except CdaError:
        return [] if _NAMED in content.replace(b"\0", b"") else None
    if root.tag != _ROOT:
        return [] if next(root.iter(_ROOT), None) is not None else None
    return [(i.get("root", ""), i.get("extension", "")) for i in root.iterfind("h:recordTarget/h:patientRole/h:id", NS)]


def read_header(content: bytes, zone: tzinfo = PARIS) -> CdaHeader:
    """Read the header of a CDA document; `zone` is that of times without one. Raises NotClinicalError or CdaError."""
    root = parse_document(content)
    if root.tag != _ROOT:
        raise NotClinicalError("the root element is not ClinicalDocument")
    role, (mime, structured), times = _patient(root), _body(root), _times(root)
    header = CdaHeader(
        unique_id=_ident(_find(root, "h:id")),
        type=_coding(_find(root, "h:code")),
        title=_text(root, "h:title"),
        confidentiality=_coding(_find(root, "h:confidentialityCode")).code,
        effective_time=_time(times.get("creationTime"), zone),
        language=(language.get("code") or "") if (language := _find(root, "h:languageCode")) is not None else "",
        patient_ids=_patient_ids(role),
        birth_name=_birth_name(role),
        given_names=_given_names(role),
        sex=_sex(role),
        birth_date=_birth_date(role),
        authors=tuple(_authors(root)),
        custodian=_custodian(root),
        authenticator=_authenticator(root),
        service_start=_time(times.get("serviceStartTime"), zone),
        service_stop=_time(times.get("serviceStopTime"), zone),
        times_stated=_in_part(times),
        parents=tuple(_parents(root)),
        events=_events(root),
        templates=tuple(t.get("root", "") for t in root.findall("h:templateId", NS)),
        facility=_coding(_find(root, _PLACE)),
        practice=_coding(_find(root, _PRACTICE)),
        body_mime=mime,
        structured=structured,
    )
    if not header.unique_id or not header.type or header.effective_time is None:
        raise CdaError("id, code and effectiveTime are mandatory in the header")
    return header
