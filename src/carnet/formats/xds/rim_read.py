"""Reading registry objects: DocumentEntry, SubmissionSet, Folder and Associations out of ebRIM (ITI TF-3 §4.2).

Symbolic ids stay as they are: the caller ties documents to entries, and associations to what they name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from lxml import etree

from carnet.formats.timestamps import from_hl7
from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import read_code, read_cx, read_organisation, read_person, read_reference, write_cx
from carnet.formats.xds.model import Author, Coding, DocumentEntry, Folder, SubmissionSet
from carnet.kernel.copies import replace

Value = TypeVar("Value")
_SLOT, _VALUE = n.q(n.RIM, "Slot"), n.q(n.RIM, "Value")
MOST_OBJECTS = 1_000
"""Fifty documents with their associations and folders are some hundreds."""
_SLOTS = frozenset(
    {
        "creationTime",
        "hash",
        "languageCode",
        "legalAuthenticator",
        "repositoryUniqueId",
        "serviceStartTime",
        "serviceStopTime",
        "size",
        "sourcePatientId",
        "sourcePatientInfo",
        "URI",
        "documentAvailability",
        "urn:ihe:iti:xds:2013:referenceIdList",
    }
)
"""Slots of a DocumentEntry that are read, or that the registry states itself."""
_SLOTS_OF = {
    "ExtrinsicObject": _SLOTS,
    "RegistryPackage": frozenset({"submissionTime", "intendedRecipient", "lastUpdateTime", "homeCommunityId"}),
    "Association": frozenset({"SubmissionSetStatus", "PreviousVersion", "OriginalStatus", "NewStatus", "AssociationPropagation"}),
}
_SCHEMES = frozenset(
    {n.AUTHOR, n.CLASS, n.CONFIDENTIALITY, n.EVENT, n.FORMAT, n.FACILITY, n.PRACTICE, n.TYPE, n.SET_AUTHOR, n.CONTENT_TYPE,
     n.FOLDER_CODES, n.ENTRY_PATIENT, n.ENTRY_UNIQUE_ID, n.SET_PATIENT, n.SET_UNIQUE_ID, n.SOURCE_ID, n.FOLDER_PATIENT,
     n.FOLDER_UNIQUE_ID}
)  # fmt: skip
"""Schemes of the classifications and of the external identifiers that are read."""


class XdsError(ValueError):
    """The metadata cannot be read. `code` is the IHE error code; the text names what is wrong and repeats no value."""

    def __init__(self, problem: str, code: str = "XDSRegistryMetadataError", element: str = "") -> None:
        super().__init__(problem)
        self.code = code
        self.element = element


@dataclass(frozen=True, slots=True)
class Association:
    """A relation between two registry objects, by their ids."""

    kind: str
    source: str
    target: str
    slots: dict[str, list[str]] = field(default_factory=dict)
    id: str = ""
    """The id of the request: what else names this association there names it so."""

    def slot(self, name: str) -> str:
        """The first value of a slot; empty without one."""
        return next(iter(self.slots.get(name, [])), "")


@dataclass(frozen=True, slots=True)
class Objects:
    """The registry objects of a request by their ids, in its order."""

    entries: dict[str, DocumentEntry]
    sets: dict[str, SubmissionSet]
    folders: dict[str, Folder]
    associations: list[Association]
    extra: tuple[str, ...] = ()
    """Names of slots, classifications and identifiers that Carnet does not keep: the sender is warned."""
    uris: dict[str, str] = field(default_factory=dict)
    """URI of entries that state one: the name of the file, in an XDM."""


def slots_of(node: etree._Element) -> dict[str, list[str]]:
    """The slots of an object. A slot that stands twice is an error."""
    found: dict[str, list[str]] = {}
    for slot in node.findall(_SLOT):
        name = slot.get("name", "")
        if name in found:
            raise XdsError("a slot stands twice in one object", element=name)
        found[name] = [(value.text or "").strip() for value in slot.iter(_VALUE)]
    return found


def _first(slots: dict[str, list[str]], name: str) -> str:
    return next(iter(slots.get(name, [])), "")


def _one(slots: dict[str, list[str]], name: str) -> str:
    if len(slots.get(name, [])) > 1:
        raise XdsError("a slot of one value has several", element=name)
    return _first(slots, name)


def read_time(slots: dict[str, list[str]], name: str) -> datetime | None:
    """A moment of a slot. Raises XdsError."""
    value = _one(slots, name)
    try:
        return from_hl7(value) if value else None
    except (ValueError, OverflowError):
        raise XdsError("a time that cannot be read", element=name) from None


def bare_uuid(identifier: str) -> str:
    """The UUID of a `urn:uuid:` in any case, without its prefix; empty for a symbolic id, which names nothing elsewhere."""
    if identifier[:9].lower() != "urn:uuid:":
        return ""
    try:
        return str(UUID(identifier[9:]))
    except ValueError:
        return ""


def _id(value: str) -> str:
    """An id as objects name one another by it: a UUID has no case."""
    found = bare_uuid(value.strip())
    return f"urn:uuid:{found}" if found else value.strip()


def _not_kept(node: etree._Element) -> Iterator[str]:
    """What an object says beyond what is read of it."""
    slots = _SLOTS_OF[etree.QName(node).localname]
    yield from (name for slot in node.findall(_SLOT) if (name := slot.get("name", "")) not in slots)
    for tag, attribute in (("Classification", "classificationScheme"), ("ExternalIdentifier", "identificationScheme")):
        schemes = (child.get(attribute, "") for child in node.findall(n.q(n.RIM, tag)))
        yield from (scheme for scheme in schemes if scheme and scheme not in _SCHEMES)


def _less_than_seconds(slots: dict[str, list[str]]) -> tuple[tuple[str, str], ...]:
    """The times that say a year, a month, a day or a minute."""
    values = ((name, _first(slots, name)) for name in ("creationTime", "serviceStartTime", "serviceStopTime"))
    return tuple((name, value) for name, value in values if value and value.isdigit() and len(value) < len("20051224120000"))


def _words(node: etree._Element, name: str) -> str:
    found = node.find(f"{n.q(n.RIM, name)}/{n.q(n.RIM, 'LocalizedString')}")
    return found.get("value", "").strip() if found is not None else ""


def _classifications(node: etree._Element, scheme: str) -> Iterator[etree._Element]:
    return (c for c in node.findall(n.q(n.RIM, "Classification")) if c.get("classificationScheme") == scheme)


def _codes(node: etree._Element, scheme: str) -> tuple[Coding, ...]:
    return tuple(
        Coding(c.get("nodeRepresentation", ""), _first(slots_of(c), "codingScheme"), _words(c, "Name"))
        for c in _classifications(node, scheme)
    )


def _code(node: etree._Element, scheme: str, element: str) -> Coding:
    found = _codes(node, scheme)
    if len(found) > 1:
        raise XdsError("one code stands here, not several", element=element)
    return found[0] if found else Coding()


def _author(classification: etree._Element) -> Author:
    slots = slots_of(classification)
    person = _one(slots, "authorPerson")
    who = read_person(person) if person else Author()
    places, roles, specialties = (_filled(slots, name) for name in ("authorInstitution", "authorRole", "authorSpecialty"))
    place = read_organisation(places[0]) if places else Author()
    return replace(
        who, structure_id=place.structure_id, structure_name=place.structure_name,
        structure_authority=place.structure_authority, structure_stated=place.structure_stated,
        role=read_code(roles[0]) if roles else Coding(), specialty=read_code(specialties[0]) if specialties else Coding(),
        telecom=tuple(slots.get("authorTelecommunication", [])),
        further_structures=tuple(places[1:]), further_roles=tuple(map(read_code, roles[1:])),
        further_specialties=tuple(map(read_code, specialties[1:])),
    )  # fmt: skip


def _filled(slots: dict[str, list[str]], name: str) -> list[str]:
    return [value for value in slots.get(name, []) if value]


def _authors(node: etree._Element, scheme: str) -> tuple[Author, ...]:
    return tuple(_author(c) for c in _classifications(node, scheme))


def _identifier(node: etree._Element, scheme: str, element: str) -> str:
    found = [
        i.get("value", "").strip()
        for i in node.findall(n.q(n.RIM, "ExternalIdentifier"))
        if i.get("identificationScheme") == scheme
    ]
    if len(found) > 1:
        raise XdsError("an identifier stands twice", element=element)
    return found[0] if found else ""


def _patient(node: etree._Element, scheme: str) -> tuple[str, str]:
    value = _identifier(node, scheme, "patientId")
    return read_cx(value) if value else ("", "")


def _size(slots: dict[str, list[str]]) -> int | None:
    value = _one(slots, "size")
    if value and not (value.isascii() and value.isdigit() and len(value) < 12):
        raise XdsError("not a number of bytes", element="size")
    return int(value) if value else None


def _is_sha1(value: str) -> str:
    value = value.lower()
    if value and (len(value) != 40 or any(c not in "0123456789abcdef" for c in value)):
        raise XdsError("the hash is the SHA-1 in hexadecimal", "XDSRepositoryMetadataError", "hash")
    return value


def read_entry(node: etree._Element) -> DocumentEntry:
    """A DocumentEntry. Raises XdsError."""
    slots = slots_of(node)
    if node.get("objectType", n.STABLE) != n.STABLE:
        raise XdsError("a stable document is expected", element="objectType")
    identifier = node.get("id", "")
    authenticator, source = _one(slots, "legalAuthenticator"), _one(slots, "sourcePatientId")
    return DocumentEntry(
        unique_id=_identifier(node, n.ENTRY_UNIQUE_ID, "uniqueId"),
        entry_uuid=bare_uuid(identifier),
        logical_id=node.get("lid", ""),
        status=n.STATUS_OF.get(node.get("status", ""), "Approved"),
        type=_code(node, n.TYPE, "typeCode"),
        class_=_code(node, n.CLASS, "classCode"),
        format=_code(node, n.FORMAT, "formatCode"),
        facility=_code(node, n.FACILITY, "healthcareFacilityTypeCode"),
        practice=_code(node, n.PRACTICE, "practiceSettingCode"),
        events=_codes(node, n.EVENT),
        confidentiality=_codes(node, n.CONFIDENTIALITY),
        language=_one(slots, "languageCode"),
        mime=node.get("mimeType", "").partition(";")[0].strip().lower(),
        size=_size(slots),
        sha1=_is_sha1(_one(slots, "hash")),
        title=_words(node, "Name"),
        comments=_words(node, "Description"),
        creation_time=read_time(slots, "creationTime"),
        service_start=read_time(slots, "serviceStartTime"),
        service_stop=read_time(slots, "serviceStopTime"),
        times_stated=_less_than_seconds(slots),
        authors=_authors(node, n.AUTHOR),
        authenticator=read_person(authenticator) if authenticator else None,
        patient=_patient(node, n.ENTRY_PATIENT),
        references=tuple(read_reference(v) for v in slots.get("urn:ihe:iti:xds:2013:referenceIdList", [])),
        source_patient=read_cx(source) if source else ("", ""),
        source_patient_stated=source if source and write_cx(*read_cx(source)) != source else "",
        source_traits=tuple(slots.get("sourcePatientInfo", [])),
    )


def _set(node: etree._Element) -> SubmissionSet:
    slots, authors = slots_of(node), _authors(node, n.SET_AUTHOR)
    return SubmissionSet(
        unique_id=_identifier(node, n.SET_UNIQUE_ID, "uniqueId"),
        source_id=_identifier(node, n.SOURCE_ID, "sourceId"),
        content_type=_code(node, n.CONTENT_TYPE, "contentTypeCode"),
        submitted_at=read_time(slots, "submissionTime"),
        title=_words(node, "Name"),
        comments=_words(node, "Description"),
        patient=_patient(node, n.SET_PATIENT),
        author=authors[0] if authors else None,
        further_authors=authors[1:],
        entry_uuid=bare_uuid(node.get("id", "")),
        recipients=tuple(slots.get("intendedRecipient", [])),
    )


def _folder(node: etree._Element) -> Folder:
    return Folder(
        unique_id=_identifier(node, n.FOLDER_UNIQUE_ID, "uniqueId"),
        entry_uuid=bare_uuid(node.get("id", "")),
        codes=_codes(node, n.FOLDER_CODES),
        title=_words(node, "Name"),
        comments=_words(node, "Description"),
    )


def _association(node: etree._Element) -> Association:
    source, target = _id(node.get("sourceObject", "")), _id(node.get("targetObject", ""))
    return Association(node.get("associationType", ""), source, target, slots_of(node), _id(node.get("id", "")))


def _nodes_of_package(package: etree._Element, around: list[etree._Element]) -> set[str]:
    """The classification nodes of a package: inside it, or beside it with its id (ipf#315 shows both)."""
    identifier = package.get("id", "")
    own = package.findall(n.q(n.RIM, "Classification"))
    beside = [c for c in around if identifier and c.get("classifiedObject") == identifier]
    return {c.get("classificationNode", "") for c in (*own, *beside)}


def _by_id(nodes: list[etree._Element], read: Callable[[etree._Element], Value]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for node in nodes:
        identifier = _id(node.get("id", ""))
        if not identifier or identifier in found:
            raise XdsError("each object has an id of its own", element=etree.QName(node).localname)
        found[identifier] = read(node)
    return found


def read_objects(request: etree._Element) -> Objects:
    """The objects of a SubmitObjectsRequest. Raises XdsError."""
    found = request.find(n.q(n.RIM, "RegistryObjectList"))
    if found is None:
        raise XdsError("there is no RegistryObjectList", element="RegistryObjectList")
    if len(found) > MOST_OBJECTS:
        raise XdsError(f"at most {MOST_OBJECTS} objects in a request", element="RegistryObjectList")
    entries, packages = found.findall(n.q(n.RIM, "ExtrinsicObject")), found.findall(n.q(n.RIM, "RegistryPackage"))
    around = found.findall(n.q(n.RIM, "Classification"))
    folders = [p for p in packages if n.FOLDER in _nodes_of_package(p, around)]
    sets = [p for p in packages if n.SUBMISSION_SET in _nodes_of_package(p, around)]
    if len(sets) != 1 or len(sets) + len(folders) != len(packages):
        raise XdsError("exactly one package is the submission set, others are folders", element="RegistryPackage")
    ties = found.findall(n.q(n.RIM, "Association"))
    extra = {name for node in (*entries, *packages, *ties) for name in _not_kept(node)}
    if {_id(node.get("id", "")) for node in entries} & {_id(node.get("id", "")) for node in packages}:
        raise XdsError("each object has an id of its own", element="id")
    return Objects(
        entries=_by_id(entries, read_entry),
        sets=_by_id(sets, _set),
        folders=_by_id(folders, _folder),
        associations=[_association(a) for a in ties],
        extra=tuple(sorted(extra)),
        uris={_id(node.get("id", "")): "".join(slots_of(node).get("URI", [])) for node in entries},
    )
