"""Requests and answers of ITI-18, ITI-41, ITI-43 and ITI-57 around the registry objects."""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

from lxml import etree

from carnet.formats.soap import Part, SoapError, include, included
from carnet.formats.xds import names as n
from carnet.formats.xds.model import DocumentEntry, Folder, Parent, SubmissionSet
from carnet.formats.xds.rim_read import Association, Objects, XdsError, bare_uuid, read_objects
from carnet.kernel.copies import replace


@dataclass(frozen=True, slots=True)
class Issue:
    """One RegistryError: IHE or DMP code, French text with the next step, where, and whether it is a warning."""

    code: str
    text: str
    location: str = ""
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Provided:
    """An ITI-41 request: the set, the documents with their bytes, the folders made or completed, and what will not be kept."""

    set: SubmissionSet
    documents: tuple[tuple[DocumentEntry, bytes], ...]
    folders: tuple[Folder, ...]
    extra: tuple[str, ...] = ()


def _content(node: etree._Element, parts: dict[str, bytes]) -> bytes:
    found = included(node, parts)
    if found is not None:
        return found
    try:
        return base64.b64decode("".join((node.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise XdsError("a document that is neither a part nor base64", "XDSRepositoryMetadataError", "Document") from None


def _documents(request: etree._Element, ids: Iterable[str], parts: dict[str, bytes]) -> dict[str, bytes]:
    """The bytes of each entry. An id in another case means the same entry: a published example writes one so."""
    exact = {one: one for one in ids}
    folded = {one.lower(): one for one in exact}
    found: dict[str, bytes] = {}
    for node in request.findall(n.q(n.XDSB, "Document")):
        name = node.get("id", "")
        entry = exact.get(name) or folded.get(name.lower())
        if entry is None:
            raise XdsError("a document without metadata", "XDSMissingDocumentMetadata", "Document")
        if entry in found:
            raise XdsError("two documents for one entry", "XDSRepositoryMetadataError", "Document")
        found[entry] = _content(node, parts)
    missing = set(exact) - set(found)
    if missing:
        raise XdsError("metadata without a document", "XDSMissingDocument", "Document")
    return found


def parents_of(objects: Objects, entry_id: str) -> tuple[Parent, ...]:
    """What a document replaces, completes, transforms or signs. The signature of the lot signs the set, which is no document."""
    ties = [tie for tie in objects.associations if tie.source == entry_id and tie.target not in objects.sets]
    return tuple(Parent(kind, tie.target.removeprefix("urn:uuid:")) for tie in ties for kind in _KINDS.get(tie.kind, ()))


_KINDS = {uri: (kind,) for uri, kind in n.RELATION_OF.items()} | {n.TRANSFORM_AND_REPLACE: ("replaces", "transforms")}


def _members(objects: Objects, folder_id: str) -> tuple[str, ...]:
    order = {one: f"#{number}" for number, one in enumerate(objects.entries)}
    ties = (a for a in objects.associations if a.kind == n.HAS_MEMBER and a.source == folder_id)
    return tuple(order.get(a.target, a.target.removeprefix("urn:uuid:")) for a in ties)


def _unresolved(end: str) -> XdsError:
    return XdsError("an association whose end is nowhere", "UnresolvedReferenceException", end)


def _check_member(objects: Objects, tie: Association, into_folders: frozenset[str]) -> None:
    """A HasMember: of the set, its documents, folders and what puts documents into folders; of a folder, documents."""
    if tie.source in objects.sets:
        if tie.target in objects.entries:
            if tie.slot("SubmissionSetStatus") != "Original":
                raise XdsError("a document is not an original member of the submission set", element="SubmissionSetStatus")
        elif bare_uuid(tie.target) and tie.target not in objects.folders and tie.target not in into_folders:
            # ITI TF-3 §4.2.1.4: a document that is there already may be named by another set.
            raise XdsError("a document of another submission is not a member of this set here", "XDSRegistryError", "Reference")
        elif tie.target not in objects.folders and tie.target not in into_folders:
            raise _unresolved("targetObject")
    elif tie.source not in objects.folders and not bare_uuid(tie.source):
        raise _unresolved("sourceObject")
    elif tie.target not in objects.entries and not bare_uuid(tie.target):
        raise _unresolved("targetObject")


def _check_relation(objects: Objects, tie: Association) -> None:
    if tie.kind == n.RELATIONS["signs"] and tie.target in objects.sets:
        return
    if tie.source not in objects.entries:
        raise _unresolved("sourceObject")
    if tie.target in objects.entries:
        raise XdsError("a relation to a document of the same submission", element="Association")
    if not bare_uuid(tie.target):
        raise _unresolved("targetObject")


def check_associations(objects: Objects) -> None:
    """Each association is of a kind that a deposit has, between objects that are there.

    Each document is an original member of the set. Raises XdsError (ITI TF-3 §4.2.2). Whether what is named outside the request
    exists, the record decides.
    """
    into_folders = frozenset(
        tie.id for tie in objects.associations if tie.id and tie.kind == n.HAS_MEMBER and tie.source not in objects.sets
    )
    for tie in objects.associations:
        if not tie.source or not tie.target:
            raise _unresolved("targetObject" if tie.source else "sourceObject")
        if tie.kind == n.HAS_MEMBER:
            _check_member(objects, tie, into_folders)
        elif tie.kind in _KINDS:
            _check_relation(objects, tie)
        else:
            raise XdsError("an association of a kind that no deposit has", element="associationType")
    set_id = next(iter(objects.sets))
    members = {tie.target for tie in objects.associations if tie.kind == n.HAS_MEMBER and tie.source == set_id}
    if not members >= set(objects.entries):
        raise XdsError("a document is not an original member of the submission set", element="SubmissionSetStatus")


def _folders(objects: Objects) -> Iterator[Folder]:
    """The folders of the request, then those that are there already and that it adds to."""
    for one, folder in objects.folders.items():
        yield replace(folder, members=_members(objects, one))
    inside = {*objects.sets, *objects.folders, *objects.entries}
    sources = dict.fromkeys(tie.source for tie in objects.associations if tie.kind == n.HAS_MEMBER and tie.source not in inside)
    for source in sources:
        yield Folder(entry_uuid=bare_uuid(source), members=_members(objects, source))


def read_provide(request: etree._Element, parts: dict[str, bytes]) -> Provided:
    """Read a ProvideAndRegisterDocumentSetRequest. Raises XdsError, or SoapError for parts that mean nothing."""
    submit = request.find(n.q(n.LCM, "SubmitObjectsRequest"))
    if submit is None:
        raise XdsError("there is no SubmitObjectsRequest", element="SubmitObjectsRequest")
    objects, left = read_objects(submit), dict(parts)
    check_associations(objects)
    contents = _documents(request, objects.entries, left)
    if left:
        raise SoapError("a part that no document means")
    documents = tuple(
        (replace(entry, parents=parents_of(objects, one), logical_id=""), contents[one]) for one, entry in objects.entries.items()
    )
    return Provided(next(iter(objects.sets.values())), documents, tuple(_folders(objects)), objects.extra)


def write_provide(
    objects: Sequence[etree._Element], documents: Sequence[tuple[str, bytes]], inline: bool = False
) -> tuple[etree._Element, list[Part]]:
    """A ProvideAndRegisterDocumentSetRequest with these registry objects, and the parts of its documents."""
    root = etree.Element(n.q(n.XDSB, "ProvideAndRegisterDocumentSetRequest"), nsmap=n.NSMAP)
    listed = etree.SubElement(etree.SubElement(root, n.q(n.LCM, "SubmitObjectsRequest")), n.q(n.RIM, "RegistryObjectList"))
    listed.extend(objects)
    parts = []
    for number, (identifier, content) in enumerate(documents):
        node = etree.SubElement(root, n.q(n.XDSB, "Document"), id=identifier)
        if inline:
            node.text = base64.b64encode(content).decode()
        else:
            part = Part(f"document.{number}@carnet", "application/octet-stream", content)
            include(node, part.content_id)
            parts.append(part)
    return root, parts


def write_submit(objects: Sequence[etree._Element]) -> etree._Element:
    """A SubmitObjectsRequest (ITI-57)."""
    root = etree.Element(n.q(n.LCM, "SubmitObjectsRequest"), nsmap=n.NSMAP)
    etree.SubElement(root, n.q(n.RIM, "RegistryObjectList")).extend(objects)
    return root


def _errors(parent: etree._Element, issues: Sequence[Issue]) -> None:
    if not issues:
        return
    worst = n.WARNING if all(issue.warning for issue in issues) else n.ERROR
    listed = etree.SubElement(parent, n.q(n.RS, "RegistryErrorList"), highestSeverity=worst)
    for issue in issues:
        node = etree.SubElement(listed, n.q(n.RS, "RegistryError"), codeContext=issue.text, errorCode=issue.code,
                                severity=n.WARNING if issue.warning else n.ERROR)  # fmt: skip
        if issue.location:
            node.set("location", issue.location)


def status_of(issues: Sequence[Issue], some: bool = False) -> str:
    """The status of an answer: Success with warnings at most, PartialSuccess when something was done all the same."""
    if all(issue.warning for issue in issues):
        return n.SUCCESS
    return n.PARTIAL if some else n.FAILURE


def write_registry_response(issues: Sequence[Issue] = ()) -> etree._Element:
    """A RegistryResponse."""
    root = etree.Element(n.q(n.RS, "RegistryResponse"), nsmap=n.NSMAP, status=status_of(issues))
    _errors(root, issues)
    return root


def write_query_response(objects: Sequence[etree._Element], issues: Sequence[Issue] = ()) -> etree._Element:
    """An AdhocQueryResponse, with its count as the DMP gives it."""
    root = etree.Element(n.q(n.QUERY, "AdhocQueryResponse"), nsmap=n.NSMAP, startIndex="0", status=status_of(issues),
                         totalResultCount=str(len(objects)))  # fmt: skip
    _errors(root, issues)
    etree.SubElement(root, n.q(n.RIM, "RegistryObjectList")).extend(objects)
    return root


def write_query_response_around(count: int, issues: Sequence[Issue] = ()) -> tuple[etree._Element, bytes]:
    """An AdhocQueryResponse for so many objects, and the mark that stands where their text goes (`ready.told_texts`)."""
    root, mark = write_query_response((), issues), uuid4().hex
    root.set("totalResultCount", str(count))
    root[-1].text = mark
    return root, mark.encode()


def read_retrieve(request: etree._Element) -> list[tuple[str, str]]:
    """The (repositoryUniqueId, uniqueId) pairs of a RetrieveDocumentSetRequest. Raises XdsError."""
    pairs = [
        (
            (node.findtext(n.q(n.XDSB, "RepositoryUniqueId")) or "").strip(),
            (node.findtext(n.q(n.XDSB, "DocumentUniqueId")) or "").strip(),
        )
        for node in request.findall(n.q(n.XDSB, "DocumentRequest"))
    ]
    if not pairs:
        raise XdsError("no document is asked for", "XDSRepositoryError", "DocumentRequest")
    return pairs


def write_retrieve(pairs: Iterable[tuple[str, str]]) -> etree._Element:
    """A RetrieveDocumentSetRequest."""
    root = etree.Element(n.q(n.XDSB, "RetrieveDocumentSetRequest"), nsmap=n.NSMAP)
    for repository, unique_id in pairs:
        node = etree.SubElement(root, n.q(n.XDSB, "DocumentRequest"))
        etree.SubElement(node, n.q(n.XDSB, "RepositoryUniqueId")).text = repository
        etree.SubElement(node, n.q(n.XDSB, "DocumentUniqueId")).text = unique_id
    return root


def write_retrieve_response(
    repository: str, documents: Sequence[tuple[str, str, bytes]], issues: Sequence[Issue] = ()
) -> tuple[etree._Element, list[Part]]:
    """A RetrieveDocumentSetResponse and its parts, for documents as (uniqueId, media type, bytes)."""
    root = etree.Element(n.q(n.XDSB, "RetrieveDocumentSetResponse"), nsmap=n.NSMAP)
    response = etree.SubElement(root, n.q(n.RS, "RegistryResponse"), status=status_of(issues, bool(documents)))
    _errors(response, issues)
    parts = []
    for number, (unique_id, mime, content) in enumerate(documents):
        node = etree.SubElement(root, n.q(n.XDSB, "DocumentResponse"))
        fields = (("RepositoryUniqueId", repository), ("DocumentUniqueId", unique_id), ("mimeType", mime))
        for name, value in fields:
            etree.SubElement(node, n.q(n.XDSB, name)).text = value
        part = Part(f"document.{number}@carnet", mime, content)
        include(etree.SubElement(node, n.q(n.XDSB, "Document")), part.content_id)
        parts.append(part)
    return root, parts
