"""Writing small CDA R2 documents: a structured body of narrative sections, or a body around a PDF.

Used to turn a typed note into a document, and by the demonstration. The header follows the CI-SIS minimal structure.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from carnet.formats.cda.entries import E, entry, words
from carnet.formats.cda.statements import Statement
from carnet.formats.timestamps import to_hl7
from carnet.formats.xds import Coding
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits


@dataclass(frozen=True, slots=True)
class Person:
    """An author as a header names one."""

    id: str
    family: str
    given: str
    structure_id: str
    structure_name: str
    specialty: Coding = Coding()


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its LOINC code, title, paragraphs, rows of a table when there are any (first row: headings), and what it
    states in a structured form. Statements that are as many as the rows are said by them; others by a list of their own."""

    code: str
    title: str
    paragraphs: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    facts: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class CdaDraft:
    """Everything that a document says."""

    unique_id: str
    type: Coding
    title: str
    effective_time: datetime
    ins: Ins
    patient: Traits
    author: Person
    sections: tuple[Section, ...] = ()
    pdf: bytes | None = None
    text: str = ""
    """A note as it was typed: the body of a document of level 1."""
    replaces: str = ""
    service_start: datetime | None = None
    stay: tuple[datetime, datetime] | None = None
    """Beginning and end of the stay that the document tells of."""


def _identifier(tag: str, unique_id: str) -> etree._Element:
    root, _, extension = unique_id.partition("^")
    attributes = {"root": root, "extension": extension} if extension else {"root": root}
    return E(tag, **attributes)


def _target(draft: CdaDraft) -> etree._Element:
    traits = draft.patient
    patient = E.patient(
        E.name(E.given(traits.given_names), E.family(traits.birth_name, qualifier="BR")),
        E.administrativeGenderCode(code=traits.sex, codeSystem="2.16.840.1.113883.5.1"),
        E.birthTime(value=traits.birth_date.replace("-", "")),
    )
    identifier = E.id(root=draft.ins.oid.value, extension=draft.ins.matricule)
    return E.recordTarget(E.patientRole(identifier, patient))


def _assigned(tag: str, person: Person) -> etree._Element:
    node = E(tag, E.id(root=PS_ID_SYSTEM, extension=person.id))
    if person.specialty:
        node.append(_code("code", person.specialty))
    node.append(E.assignedPerson(E.name(E.given(person.given), E.family(person.family))))
    node.append(
        E.representedOrganization(E.id(root=STRUCTURE_ID_SYSTEM, extension=person.structure_id), E.name(person.structure_name))
    )
    return node


def _code(tag: str, coding: Coding) -> etree._Element:
    return E(tag, code=coding.code, codeSystem=coding.system, displayName=coding.display)


def _table(rows: tuple[tuple[str, ...], ...], anchors: list[str]) -> etree._Element:
    names = [{"ID": anchor} for anchor in anchors] or [{}] * len(rows)
    head = E.thead(E.tr(*(E.th(cell) for cell in rows[0])))
    body = (E.tr(named, *(E.td(cell) for cell in row)) for row, named in zip(rows[1:], names, strict=False))
    return E.table(head, E.tbody(*body))


def _section(section: Section) -> etree._Element:
    text = E.text(*(E.paragraph(p) for p in section.paragraphs))
    anchors = [f"f-{section.code}-{number}" for number in range(len(section.facts))]
    in_table = bool(section.table) and len(section.facts) == len(section.table) - 1
    if section.table:
        text.append(_table(section.table, anchors if in_table else []))
    if section.facts and not in_table:
        text.append(E.list(*(E.item(words(f), ID=a) for f, a in zip(section.facts, anchors, strict=True))))
    code = E.code(code=section.code, codeSystem="2.16.840.1.113883.6.1", displayName=section.title)
    entries = (entry(f, a) for f, a in zip(section.facts, anchors, strict=True))
    return E.component(E.section(code, E.title(section.title), text, *entries))


def _body(draft: CdaDraft) -> etree._Element:
    if draft.pdf is not None:
        data = base64.b64encode(draft.pdf).decode()
        return E.component(E.nonXMLBody(E.text(data, mediaType="application/pdf", representation="B64")))
    if draft.text:
        data = base64.b64encode(draft.text.encode()).decode()
        return E.component(E.nonXMLBody(E.text(data, mediaType="text/plain", representation="B64")))
    return E.component(E.structuredBody(*(_section(s) for s in draft.sections)))


def _service(draft: CdaDraft) -> etree._Element:
    low = E.low(value=to_hl7(draft.service_start or draft.effective_time))
    performer = E.performer(_assigned("assignedEntity", draft.author), typeCode="PRF")
    return E.documentationOf(E.serviceEvent(E.effectiveTime(low), performer))


def _encounter(draft: CdaDraft) -> list[etree._Element]:
    if draft.stay is None:
        return []
    times = E.effectiveTime(E.low(value=to_hl7(draft.stay[0])), E.high(value=to_hl7(draft.stay[1])))
    place = E.location(E.healthCareFacility(E.location(E.name(draft.author.structure_name))))
    return [E.componentOf(E.encompassingEncounter(times, place))]


def write_document(draft: CdaDraft) -> bytes:
    """Write the document, UTF-8 with an XML declaration."""
    moment = to_hl7(draft.effective_time)
    author = draft.author
    custodian = E.representedCustodianOrganization(
        E.id(root=STRUCTURE_ID_SYSTEM, extension=author.structure_id), E.name(author.structure_name)
    )
    root = E.ClinicalDocument(
        E.realmCode(code="FR"),
        E.typeId(root="2.16.840.1.113883.1.3", extension="POCD_HD000040"),
        E.templateId(root="2.16.840.1.113883.2.8.2.1"),
        E.templateId(root="1.2.250.1.213.1.1.1.1"),
        _identifier("id", draft.unique_id),
        _code("code", draft.type),
        E.title(draft.title),
        E.effectiveTime(value=moment),
        E.confidentialityCode(code="N", codeSystem="2.16.840.1.113883.5.25", displayName="Normal"),
        E.languageCode(code="fr-FR"),
        _target(draft),
        E.author(E.time(value=moment), _assigned("assignedAuthor", author)),
        E.custodian(E.assignedCustodian(custodian)),
        E.legalAuthenticator(E.time(value=moment), E.signatureCode(code="S"), _assigned("assignedEntity", author)),
        _service(draft),
    )
    if draft.replaces:
        root.append(E.relatedDocument(E.parentDocument(_identifier("id", draft.replaces)), typeCode="RPLC"))
    root.extend(_encounter(draft))
    root.append(_body(draft))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
