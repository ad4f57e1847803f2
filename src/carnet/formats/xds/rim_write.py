"""Writing registry objects as ebRIM (ITI TF-3 §4.2), in the shape of the DMP's published answers."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID

from lxml import etree

from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import write_code, write_cx, write_organisation, write_person, write_reference
from carnet.formats.xds.model import Author, Coding, DocumentEntry, Folder, SubmissionSet
from carnet.formats.xds.rim_read import Association

_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NAMESPACE = UUID("6f2f1a60-8c51-4bb5-9f0b-2f7a2f0d9a11").bytes


def derived_uuid(*parts: str) -> str:
    """A URN that is always the same for the same parts (RFC 9562 §5.5): ids of associations, classifications and identifiers."""
    # Nine of them in a document: without the object that `uuid.uuid5` makes of each.
    told = hashlib.sha1(_NAMESPACE + "|".join(parts).encode(), usedforsecurity=False).digest()
    number = f"{told[:6].hex()}{told[6] & 0x0F | 0x50:02x}{told[7]:02x}{told[8] & 0x3F | 0x80:02x}{told[9:16].hex()}"
    return f"urn:uuid:{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:]}"


def to_ts(moment: datetime) -> str:
    """A moment as XDS writes it: UTC, without a zone (ITI TF-3 §4.2.3.1.7)."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def _sub(parent: etree._Element, tag: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, n.q(n.RIM, tag), attributes)


def add_slot(parent: etree._Element, name: str, values: Iterable[str]) -> None:
    """A slot; nothing without a value."""
    kept = [value for value in values if value]
    if kept:
        listed = _sub(_sub(parent, "Slot", name=name), "ValueList")
        for value in kept:
            _sub(listed, "Value").text = value


def _words(parent: etree._Element, name: str, text: str) -> None:
    if text:
        localized = _sub(_sub(parent, name), "LocalizedString", charset="UTF-8", value=text)
        localized.set(_LANG, "FR")


def _classification(parent: etree._Element, scheme: str, number: int, code: str = "") -> etree._Element:
    owner = parent.get("id", "")
    return _sub(parent, "Classification", id=derived_uuid(owner, scheme, str(number)), classificationScheme=scheme,
                classifiedObject=owner, nodeRepresentation=code)  # fmt: skip


def _codes(parent: etree._Element, scheme: str, codes: Iterable[Coding]) -> None:
    for number, coding in enumerate(c for c in codes if c):
        node = _classification(parent, scheme, number, coding.code)
        add_slot(node, "codingScheme", [coding.system])
        _words(node, "Name", coding.display)


def _authors(parent: etree._Element, scheme: str, authors: Iterable[Author]) -> None:
    for number, author in enumerate(authors):
        node = _classification(parent, scheme, number)
        add_slot(node, "authorInstitution", [write_organisation(author), *author.further_structures])
        add_slot(node, "authorPerson", [write_person(author)] if author.named else [])
        add_slot(node, "authorRole", map(write_code, (author.role, *author.further_roles)))
        add_slot(node, "authorSpecialty", map(write_code, (author.specialty, *author.further_specialties)))
        add_slot(node, "authorTelecommunication", author.telecom)


def _identifier(parent: etree._Element, scheme: str, name: str, value: str) -> None:
    owner = parent.get("id", "")
    node = _sub(parent, "ExternalIdentifier", id=derived_uuid(owner, scheme), identificationScheme=scheme,
                registryObject=owner, value=value)  # fmt: skip
    _words(node, "Name", name)


def _times(entry: DocumentEntry) -> list[tuple[str, datetime | None]]:
    return [
        ("creationTime", entry.creation_time),
        ("serviceStartTime", entry.service_start),
        ("serviceStopTime", entry.service_stop),
    ]


def _entry_slots(node: etree._Element, entry: DocumentEntry, repository: str) -> None:
    stated = dict(entry.times_stated)
    values: dict[str, Iterable[str]] = {name: [stated.get(name) or to_ts(moment)] for name, moment in _times(entry) if moment}
    values |= {
        "hash": [entry.sha1],
        "languageCode": [entry.language],
        "legalAuthenticator": [write_person(entry.authenticator)] if entry.authenticator else [],
        "repositoryUniqueId": [repository],
        "size": [str(entry.size)] if entry.size is not None else [],
        "sourcePatientId": [entry.source_patient_stated or (write_cx(*entry.source_patient) if entry.source_patient[1] else "")],
        "sourcePatientInfo": entry.source_traits,
        "urn:ihe:iti:xds:2013:referenceIdList": [write_reference(reference) for reference in entry.references],
    }
    for name in sorted(values):
        add_slot(node, name, values[name])


def write_entry(entry: DocumentEntry, repository: str = "", identifier: str = "", uri: str = "") -> etree._Element:
    """An ExtrinsicObject. `identifier` is a symbolic id for what is submitted; else the entryUUID stands there."""
    node = etree.Element(n.q(n.RIM, "ExtrinsicObject"), nsmap=n.NSMAP)
    node.set("id", identifier or f"urn:uuid:{entry.entry_uuid}")
    if entry.logical_id:
        node.set("lid", entry.logical_id if entry.logical_id.startswith("urn:") else f"urn:uuid:{entry.logical_id}")
    node.set("mimeType", entry.mime)
    node.set("objectType", n.STABLE)
    if not identifier:
        node.set("isOpaque", "false")
        node.set("status", n.STATUS[entry.status])
    _entry_slots(node, entry, repository)
    add_slot(node, "URI", [uri])
    _words(node, "Name", entry.title)
    _words(node, "Description", entry.comments)
    if not identifier:
        _sub(node, "VersionInfo", versionName=str(entry.version))
    _authors(node, n.AUTHOR, entry.authors)
    single = ((n.CLASS, entry.class_), (n.FORMAT, entry.format), (n.FACILITY, entry.facility), (n.PRACTICE, entry.practice),
              (n.TYPE, entry.type))  # fmt: skip
    for scheme, coding in single:
        _codes(node, scheme, [coding])
    _codes(node, n.CONFIDENTIALITY, entry.confidentiality)
    _codes(node, n.EVENT, entry.events)
    _identifier(node, n.ENTRY_PATIENT, "XDSDocumentEntry.patientId", write_cx(*entry.patient))
    _identifier(node, n.ENTRY_UNIQUE_ID, "XDSDocumentEntry.uniqueId", entry.unique_id)
    return node


def _package(identifier: str, stored: bool, kind: str) -> etree._Element:
    node = etree.Element(n.q(n.RIM, "RegistryPackage"), nsmap=n.NSMAP)
    node.set("id", f"urn:uuid:{identifier}" if stored else identifier)
    if stored:
        node.set("lid", f"urn:uuid:{identifier}")
        node.set("objectType", "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage")
        node.set("status", n.STATUS["Approved"])
    node.set("_kind", kind)
    return node


def _classify(node: etree._Element) -> None:
    """The classification that says what a package is; it stands after those of its codes."""
    kind, owner = node.attrib.pop("_kind"), node.get("id", "")
    _sub(node, "Classification", id=derived_uuid(owner, kind), classificationNode=kind, classifiedObject=owner)


def _first_version(node: etree._Element, stored: bool) -> None:
    """Sets, folders and associations have one version: nothing of them is ever updated here."""
    if stored:
        _sub(node, "VersionInfo", versionName="1")


def write_set(stored: SubmissionSet, identifier: str = "") -> etree._Element:
    """A SubmissionSet. `identifier` is a symbolic id for what is submitted."""
    node = _package(identifier or stored.entry_uuid, not identifier, n.SUBMISSION_SET)
    add_slot(node, "submissionTime", [to_ts(stored.submitted_at)] if stored.submitted_at else [])
    add_slot(node, "intendedRecipient", stored.recipients)
    _words(node, "Name", stored.title)
    _words(node, "Description", stored.comments)
    _first_version(node, not identifier)
    _authors(node, n.SET_AUTHOR, [*([stored.author] if stored.author else []), *stored.further_authors])
    _codes(node, n.CONTENT_TYPE, [stored.content_type])
    _classify(node)
    _identifier(node, n.SET_PATIENT, "XDSSubmissionSet.patientId", write_cx(*stored.patient))
    _identifier(node, n.SOURCE_ID, "XDSSubmissionSet.sourceId", stored.source_id)
    _identifier(node, n.SET_UNIQUE_ID, "XDSSubmissionSet.uniqueId", stored.unique_id)
    return node


def write_folder(stored: Folder, patient: tuple[str, str], identifier: str = "", updated: datetime | None = None) -> etree._Element:
    """A Folder."""
    node = _package(identifier or stored.entry_uuid, not identifier, n.FOLDER)
    add_slot(node, "lastUpdateTime", [to_ts(updated)] if updated else [])
    _words(node, "Name", stored.title)
    _words(node, "Description", stored.comments)
    _first_version(node, not identifier)
    _codes(node, n.FOLDER_CODES, stored.codes)
    _classify(node)
    _identifier(node, n.FOLDER_PATIENT, "XDSFolder.patientId", write_cx(*patient))
    _identifier(node, n.FOLDER_UNIQUE_ID, "XDSFolder.uniqueId", stored.unique_id)
    return node


def association_id(association: Association) -> str:
    """The id of an association follows from what it ties, so that it is the same at each question."""
    return derived_uuid(association.kind, association.source, association.target)


def write_association(association: Association, stored: bool = True) -> etree._Element:
    """An Association."""
    node = etree.Element(n.q(n.RIM, "Association"), nsmap=n.NSMAP)
    node.set("associationType", association.kind)
    node.set("id", association_id(association))
    node.set("objectType", "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association")
    node.set("sourceObject", association.source)
    node.set("targetObject", association.target)
    if stored:
        node.set("lid", node.get("id", ""))
        node.set("status", n.STATUS["Approved"])
    for name, values in association.slots.items():
        add_slot(node, name, values)
    _first_version(node, stored)
    return node


def object_ref(identifier: str) -> etree._Element:
    """An ObjectRef."""
    node = etree.Element(n.q(n.RIM, "ObjectRef"), nsmap=n.NSMAP)
    node.set("id", identifier)
    return node
