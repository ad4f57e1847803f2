"""ITI-18 Registry Stored Query: the fourteen queries of a registry, their parameters and their coding (ITI TF-2 §3.18.4.1.2.3)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from carnet.formats.timestamps import from_hl7
from carnet.formats.xds import names as n
from carnet.formats.xds.rim_read import XdsError

E, S, F = "$XDSDocumentEntry", "$XDSSubmissionSet", "$XDSFolder"
QUERIES = {
    "FindDocuments": "14d4debf-8f97-4251-9a74-a90016b0af0d",
    "FindSubmissionSets": "f26abbcb-ac74-4422-8a30-edb644bbc1a9",
    "FindFolders": "958f3006-baad-4929-a4de-ff1114824431",
    "GetAll": "10b545ea-725c-446d-9b95-8aeb444eddf3",
    "GetDocuments": "5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4",
    "GetFolders": "5737b14c-8a1a-4539-b659-e03a34a5e1e4",
    "GetAssociations": "a7ae438b-4bc2-4642-93e9-be891f7bb155",
    "GetDocumentsAndAssociations": "bab9529a-4a10-40b3-a01f-f68a615d247a",
    "GetSubmissionSets": "51224314-5390-4169-9b91-b1980040715a",
    "GetSubmissionSetAndContents": "e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
    "GetFolderAndContents": "b909a503-523d-4517-8acf-8e5834dfc4c7",
    "GetFoldersForDocument": "10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
    "GetRelatedDocuments": "d90e5407-b356-4d91-a89f-873917b4b0e6",
    "FindDocumentsByReferenceId": "12941a89-e02e-4be5-967c-ce4bfc8fe492",
}
_NAME_OF = {number: name for name, number in QUERIES.items()}
_FILTER = (f"{E}FormatCode", f"{E}ConfidentialityCode", f"{E}Type")
_TIMES = tuple(f"{E}{what}{edge}" for what in ("CreationTime", "ServiceStartTime", "ServiceStopTime") for edge in ("From", "To"))
_FIND = (f"{E}ClassCode", f"{E}TypeCode", f"{E}PracticeSettingCode", *_TIMES, f"{E}HealthcareFacilityTypeCode", f"{E}EventCodeList",
         f"{E}AuthorPerson", *_FILTER)  # fmt: skip
_ENTRY = (f"{E}EntryUUID", f"{E}UniqueId", f"{E}LogicalID")
_SET, _FOLDER = (f"{S}EntryUUID", f"{S}UniqueId"), (f"{F}EntryUUID", f"{F}UniqueId")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a query must say, of which group it must say exactly one, and what else it may say."""

    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


_SHAPES = {
    "FindDocuments": _Shape((f"{E}PatientId", f"{E}Status"), may=_FIND),
    "FindDocumentsByReferenceId": _Shape((f"{E}PatientId", f"{E}Status", f"{E}ReferenceIdList"), may=_FIND),
    "FindSubmissionSets": _Shape(
        (f"{S}PatientId", f"{S}Status"),
        may=(f"{S}SourceId", f"{S}SubmissionTimeFrom", f"{S}SubmissionTimeTo", f"{S}AuthorPerson", f"{S}ContentType"),
    ),
    "FindFolders": _Shape((f"{F}PatientId", f"{F}Status"), may=(f"{F}LastUpdateTimeFrom", f"{F}LastUpdateTimeTo", f"{F}CodeList")),
    "GetAll": _Shape(("$patientId", f"{E}Status", f"{S}Status", f"{F}Status"), may=_FILTER),
    "GetDocuments": _Shape(one_of=_ENTRY),
    "GetFolders": _Shape(one_of=_FOLDER),
    "GetAssociations": _Shape(("$uuid",)),
    "GetDocumentsAndAssociations": _Shape(one_of=_ENTRY),
    "GetSubmissionSets": _Shape(("$uuid",)),
    "GetSubmissionSetAndContents": _Shape(one_of=_SET, may=_FILTER),
    "GetFolderAndContents": _Shape(one_of=_FOLDER, may=_FILTER),
    "GetFoldersForDocument": _Shape(one_of=_ENTRY),
    "GetRelatedDocuments": _Shape(("$AssociationTypes",), one_of=_ENTRY, may=_FILTER),
}
MOST_VALUES, LONGEST_VALUE, LONGEST_VALUES = 1_000, 256, 300_000
_CODED = re.compile(r"Code(List)?$|ContentType$")
_MAY_REPEAT = frozenset({f"{E}EventCodeList", f"{E}ConfidentialityCode", f"{E}ReferenceIdList", f"{F}CodeList"})
"""Repeating the slot of one of these means AND; of any other it is an error."""
_SINGLE = re.compile(r"PatientId$|From$|To$|^\$patientId$|SubmissionSet(EntryUUID|UniqueId)$")
_IGNORED = frozenset({"$homeCommunityId", "$MetadataLevel", f"{S}AuthorSpecialty"})
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([^',()\s]+))\s*")


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query: its name, whether whole objects are asked for, and its parameters: groups (AND) of values (OR)."""

    name: str
    leaf: bool
    parameters: dict[str, tuple[tuple[str, ...], ...]]
    unknown: tuple[str, ...] = ()
    """Parameters that this query does not have: passed over, and named to the asker."""

    def any_of(self, name: str) -> tuple[str, ...]:
        """The values of a parameter that stands once at most."""
        return next(iter(self.parameters.get(name, ())), ())

    def one(self, name: str) -> str:
        """The value of a parameter of one value."""
        return next(iter(self.any_of(name)), "")

    def time(self, name: str) -> datetime | None:
        """A bound of time. Raises XdsError."""
        value = self.one(name)
        try:
            return from_hl7(value) if value else None
        except (ValueError, OverflowError):
            raise XdsError("a time that cannot be read", "XDSRegistryError", name) from None

    @property
    def patient(self) -> str:
        """The CX of the patient that the query names; empty when it names objects."""
        return next(
            (self.one(name) for name in (f"{E}PatientId", f"{S}PatientId", f"{F}PatientId", "$patientId") if self.one(name)), ""
        )


def read_values(text: str) -> list[str]:
    """The values of one Value element: `('a','b')`, `'a'` or a number; a quote inside is doubled."""
    if len(text) > LONGEST_VALUES:
        raise XdsError("too long", "XDSRegistryError")
    inner = text.strip()
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1]
    values, position = [], 0
    while position < len(inner):
        match = _TOKEN.match(inner, position)
        if match is None:
            raise XdsError("a value that is not quoted as it must be", "XDSRegistryError")
        quoted, bare = match.groups()
        values.append(bare if quoted is None else quoted.replace("''", "'"))
        position = match.end()
        if position < len(inner):
            if inner[position] != ",":
                raise XdsError("values are separated by commas", "XDSRegistryError")
            position += 1
    return values


def _group(name: str, slot: etree._Element) -> tuple[str, ...]:
    texts = [v.text or "" for v in slot.iterfind(f"{n.q(n.RIM, 'ValueList')}/{n.q(n.RIM, 'Value')}")]
    values = tuple(value for text in texts for value in read_values(text))
    if len(values) > MOST_VALUES or any(len(value) > LONGEST_VALUE for value in values):
        raise XdsError(f"at most {MOST_VALUES} values of {LONGEST_VALUE} characters", "XDSRegistryError", name)
    if not values:
        raise XdsError("a parameter without a value", "XDSStoredQueryParamNumber", name)
    if _SINGLE.search(name) and len(values) > 1:
        raise XdsError("one value stands here", "XDSStoredQueryParamNumber", name)
    if _CODED.search(name) and any(not _is_coded(value) for value in values):
        raise XdsError("a code is written code^^scheme", "XDSRegistryError", name)
    return values


def _is_coded(value: str) -> bool:
    code, _, scheme = value.partition("^^")
    return bool(code and scheme and "^" not in scheme)


def _parameters(query: etree._Element, shape: _Shape) -> tuple[dict[str, tuple[tuple[str, ...], ...]], tuple[str, ...]]:
    """The parameters that the query has, and the names of those that it has not."""
    known, unknown = {*shape.needs, *shape.one_of, *shape.may}, []
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for slot in query.findall(n.q(n.RIM, "Slot")):
        name = slot.get("name", "").strip()
        if name in _IGNORED:
            continue
        if name.endswith("Scheme"):
            raise XdsError("the scheme of a code stands in its value: code^^scheme", "XDSRegistryError", name)
        if name not in known:
            unknown.append(name)
            continue
        if name in found and name not in _MAY_REPEAT:
            raise XdsError("this parameter stands once", "XDSStoredQueryParamNumber", name)
        found[name] = (*found.get(name, ()), _group(name, slot))
    return found, tuple(unknown)


def _check_needed(found: dict[str, tuple[tuple[str, ...], ...]], shape: _Shape) -> None:
    for name in shape.needs:
        if name not in found:
            raise XdsError("a parameter is missing", "XDSStoredQueryMissingParam", name)
    named = [name for name in shape.one_of if name in found]
    if shape.one_of and not named:
        raise XdsError("objects are named by one of these parameters", "XDSStoredQueryMissingParam", shape.one_of[0])
    if len(named) > 1:
        raise XdsError("objects are named by one parameter, not several", "XDSStoredQueryParamNumber", named[1])


def read_query(request: etree._Element) -> StoredQuery:
    """Read an AdhocQueryRequest. Raises XdsError with the IHE code that fits."""
    query, option = request.find(n.q(n.RIM, "AdhocQuery")), request.find(n.q(n.QUERY, "ResponseOption"))
    name = _NAME_OF.get((query.get("id", "") if query is not None else "").removeprefix("urn:uuid:").lower())
    if query is None or name is None:
        raise XdsError("not a query of this registry", "XDSUnknownStoredQuery")
    kind = option.get("returnType", "RegistryObject") if option is not None else "LeafClass"
    if kind not in ("LeafClass", "ObjectRef"):
        raise XdsError("LeafClass or ObjectRef", "XDSRegistryError", "returnType")
    found, unknown = _parameters(query, _SHAPES[name])
    _check_needed(found, _SHAPES[name])
    return StoredQuery(name, kind == "LeafClass", found, unknown)


def _quoted(values: Sequence[str]) -> str:
    quoted = ",".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"({quoted})"


def write_query(query: StoredQuery) -> etree._Element:
    """An AdhocQueryRequest."""
    root = etree.Element(n.q(n.QUERY, "AdhocQueryRequest"), nsmap=n.NSMAP)
    etree.SubElement(root, n.q(n.QUERY, "ResponseOption"), returnComposedObjects="true",
                     returnType="LeafClass" if query.leaf else "ObjectRef")  # fmt: skip
    adhoc = etree.SubElement(root, n.q(n.RIM, "AdhocQuery"), id=f"urn:uuid:{QUERIES[query.name]}")
    for name, groups in query.parameters.items():
        for group in groups:
            values = etree.SubElement(etree.SubElement(adhoc, n.q(n.RIM, "Slot"), name=name), n.q(n.RIM, "ValueList"))
            single = "'" + group[0].replace("'", "''") + "'"
            etree.SubElement(values, n.q(n.RIM, "Value")).text = single if _SINGLE.search(name) else _quoted(group)
    return root
