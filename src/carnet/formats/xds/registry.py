"""Answering stored queries out of what a reader sees: pure selection, so that nothing else can show through.

The caller gives the holdings of one record that the asker may see; every answer is a part of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from lxml import etree

from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import write_person, write_reference
from carnet.formats.xds.model import Author, Coding, DocumentEntry, Folder, SubmissionSet
from carnet.formats.xds.queries import E, F, S, StoredQuery
from carnet.formats.xds.rim_read import Association
from carnet.formats.xds.rim_write import association_id, object_ref, write_association, write_entry, write_folder, write_set
from carnet.kernel.copies import replace

Package = TypeVar("Package", SubmissionSet, Folder)


@dataclass(frozen=True, slots=True)
class Holding(Generic[Package]):
    """A set or a folder with the entryUUIDs of its documents, and a folder's date."""

    package: Package
    members: tuple[str, ...]
    updated: datetime | None = None
    folders: tuple[str, ...] = ()
    """entryUUIDs of the folders that a set made."""
    filed: tuple[tuple[str, str], ...] = ()
    """What a set put into folders: entryUUIDs of the folder and of the document."""

    @property
    def id(self) -> str:
        """Its entryUUID as a URN."""
        return f"urn:uuid:{self.package.entry_uuid}"


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a reader sees of one record."""

    entries: tuple[DocumentEntry, ...] = ()
    sets: tuple[Holding[SubmissionSet], ...] = ()
    folders: tuple[Holding[Folder], ...] = ()
    patient: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Found:
    """The objects of an answer, in the order in which they are written."""

    sets: tuple[Holding[SubmissionSet], ...] = ()
    folders: tuple[Holding[Folder], ...] = ()
    entries: tuple[DocumentEntry, ...] = ()
    associations: tuple[Association, ...] = ()


def _id(entry: DocumentEntry) -> str:
    return f"urn:uuid:{entry.entry_uuid}"


def _member(source: str, target: str) -> Association:
    return Association(n.HAS_MEMBER, f"urn:uuid:{source}", f"urn:uuid:{target}")


def _of_set(holding: Holding[SubmissionSet]) -> Iterator[Association]:
    """The members of a set: documents, folders, and the associations that put documents into folders (ITI TF-3 §4.2.1.4)."""
    own = holding.package.entry_uuid
    for document in holding.members:
        yield replace(_member(own, document), slots={"SubmissionSetStatus": ["Original"]})
    yield from (_member(own, folder) for folder in holding.folders)
    for folder, document in holding.filed:
        yield Association(n.HAS_MEMBER, holding.id, association_id(_member(folder, document)))


def _relations(entry: DocumentEntry, by_logical: Mapping[str, str]) -> Iterator[Association]:
    """What a document is tied to. Two relations to one document, to transform and to replace, are one association."""
    kinds: dict[str, list[str]] = {}
    for parent in entry.parents:
        target = by_logical.get(parent.id.removeprefix("DocumentReference/"), "")
        if target:
            kinds.setdefault(target, []).append(parent.kind)
    for target, found in kinds.items():
        both = {"replaces", "transforms"} <= set(found)
        left = [kind for kind in found if not both or kind not in ("replaces", "transforms")]
        for uri in ([n.TRANSFORM_AND_REPLACE] if both else []) + [n.RELATIONS[kind] for kind in left]:
            yield Association(uri, _id(entry), target)


def associations(holdings: Holdings) -> list[Association]:
    """Every association between objects that the reader sees."""
    by_logical = {entry.logical_id: _id(entry) for entry in holdings.entries}
    found = [tie for holding in holdings.sets for tie in _of_set(holding)]
    found += [_member(f.package.entry_uuid, one) for f in holdings.folders for one in f.members]
    return found + [tie for entry in holdings.entries for tie in _relations(entry, by_logical)]


def _coded(values: Iterable[str], codes: Iterable[Coding]) -> bool:
    wanted = {tuple(value.split("^^", 1)) for value in values}
    return any((c.code, c.system) in wanted for c in codes)


def like(pattern: str, text: str) -> bool:
    """SQL LIKE, `%` and `_` being the wild cards, in at most as many steps as both lengths multiplied, whatever the pattern."""
    at = place = mark = 0
    star = -1
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, mark, place = place, at, place + 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            place, at = place + 1, at + 1
        elif star >= 0:
            # The last `%` takes one character more.
            mark += 1
            place, at = star + 1, mark
        else:
            return False
    return not pattern[place:].strip("%")


def _like(patterns: Iterable[str], authors: Iterable[Author]) -> bool:
    """Whether the XCN of one author is like one pattern (ITI TF-2 §3.18.4.1.2.3.3)."""
    written = [write_person(author) for author in authors]
    return any(like(pattern, one) for pattern in patterns for one in written)


def _between(query: StoredQuery, name: str, moment: datetime | None) -> bool:
    """From ≤ moment < To. What has no such moment answers only to a query without these bounds."""
    low, high = query.time(f"{name}From"), query.time(f"{name}To")
    if low is None and high is None:
        return True
    return moment is not None and (low is None or low <= moment) and (high is None or moment < high)


def _all_groups(query: StoredQuery, name: str, holds: Callable[[Sequence[str]], bool]) -> bool:
    return all(holds(group) for group in query.parameters.get(name, ()))


def matches(query: StoredQuery, entry: DocumentEntry) -> bool:
    """Whether an entry answers to the parameters of a query about documents."""
    single = (("ClassCode", entry.class_), ("TypeCode", entry.type), ("PracticeSettingCode", entry.practice),
              ("HealthcareFacilityTypeCode", entry.facility), ("FormatCode", entry.format))  # fmt: skip
    several = (("EventCodeList", entry.events), ("ConfidentialityCode", entry.confidentiality))
    times = (
        ("CreationTime", entry.creation_time),
        ("ServiceStartTime", entry.service_start),
        ("ServiceStopTime", entry.service_stop),
    )
    references = {r.value for r in entry.references} | {f"{r.value}^^^^{r.kind}" for r in entry.references}
    references |= {write_reference(r) for r in entry.references}
    return (
        all(_all_groups(query, f"{E}{name}", lambda group, c=code: _coded(group, [c])) for name, code in single)  # type: ignore[misc]
        and all(_all_groups(query, f"{E}{name}", lambda group, c=codes: _coded(group, c)) for name, codes in several)  # type: ignore[misc]
        and all(_between(query, f"{E}{name}", moment) for name, moment in times)
        and _all_groups(query, f"{E}Status", lambda group: n.STATUS[entry.status] in group)
        and _all_groups(query, f"{E}AuthorPerson", lambda group: _like(group, entry.authors))
        and _all_groups(query, f"{E}Type", lambda group: n.STABLE in group)
        and _all_groups(query, f"{E}ReferenceIdList", lambda group: bool(references & set(group)))
    )


def _set_matches(query: StoredQuery, holding: Holding[SubmissionSet]) -> bool:
    package = holding.package
    return (
        _all_groups(query, f"{S}Status", lambda group: n.STATUS["Approved"] in group)
        and _all_groups(query, f"{S}SourceId", lambda group: package.source_id in group)
        and _between(query, f"{S}SubmissionTime", package.submitted_at)
        and _all_groups(
            query, f"{S}AuthorPerson", lambda group: _like(group, [*filter(None, [package.author]), *package.further_authors])
        )
        and _all_groups(query, f"{S}ContentType", lambda group: _coded(group, [package.content_type]))
    )


def _folder_matches(query: StoredQuery, holding: Holding[Folder]) -> bool:
    return (
        _all_groups(query, f"{F}Status", lambda group: n.STATUS["Approved"] in group)
        and _between(query, f"{F}LastUpdateTime", holding.updated)
        and _all_groups(query, f"{F}CodeList", lambda group: _coded(group, holding.package.codes))
    )


def _named(query: StoredQuery, prefix: str, identifier: str, unique_id: str, logical_id: str = "") -> bool:
    named = {_urn(value) for value in query.any_of(f"{prefix}EntryUUID")}
    lineage = {_urn(value) for value in query.any_of(f"{prefix}LogicalID")}
    return identifier in named or unique_id in query.any_of(f"{prefix}UniqueId") or _urn(logical_id) in lineage


def _urn(value: str) -> str:
    """A name as objects are compared by it: a UUID has no case."""
    if value[:9].lower() == "urn:uuid:":
        return value.lower()
    return value if value.startswith("urn:") else f"urn:uuid:{value.lower()}"


def _entries_named(query: StoredQuery, holdings: Holdings) -> list[DocumentEntry]:
    return [e for e in holdings.entries if _named(query, E, _id(e), e.unique_id, e.logical_id)]


def _packages_named(query: StoredQuery, prefix: str, packages: Iterable[Holding[Package]]) -> tuple[Holding[Package], ...]:
    return tuple(p for p in packages if _named(query, prefix, p.id, p.package.unique_id))


def _touching(holdings: Holdings, ids: Iterable[str]) -> tuple[Association, ...]:
    wanted = {_urn(one) for one in ids}
    return tuple(a for a in associations(holdings) if a.source in wanted or a.target in wanted)


def _find_documents(query: StoredQuery, holdings: Holdings) -> Found:
    return Found(entries=tuple(e for e in holdings.entries if matches(query, e)))


def _find_sets(query: StoredQuery, holdings: Holdings) -> Found:
    return Found(sets=tuple(s for s in holdings.sets if _set_matches(query, s)))


def _find_folders(query: StoredQuery, holdings: Holdings) -> Found:
    return Found(folders=tuple(f for f in holdings.folders if _folder_matches(query, f)))


def _get_all(query: StoredQuery, holdings: Holdings) -> Found:
    entries = tuple(e for e in holdings.entries if matches(query, e))
    sets = tuple(s for s in holdings.sets if _set_matches(query, s))
    folders = tuple(f for f in holdings.folders if _folder_matches(query, f))
    shown = {_id(e) for e in entries} | {s.id for s in sets} | {f.id for f in folders}
    return Found(sets, folders, entries, _between_shown(holdings, shown))


def _between_shown(holdings: Holdings, shown: set[str]) -> tuple[Association, ...]:
    """The associations between objects of an answer, those that name such an association among them."""
    every = associations(holdings)
    ids = {association_id(a) for a in every if a.source in shown and a.target in shown}
    return tuple(a for a in every if a.source in shown and (a.target in shown or a.target in ids))


def _get_documents(query: StoredQuery, holdings: Holdings) -> Found:
    return Found(entries=tuple(_entries_named(query, holdings)))


def _get_folders(query: StoredQuery, holdings: Holdings) -> Found:
    return Found(folders=_packages_named(query, F, holdings.folders))


def _get_associations(query: StoredQuery, holdings: Holdings) -> Found:
    return Found(associations=_touching(holdings, query.any_of("$uuid")))


def _documents_and_associations(query: StoredQuery, holdings: Holdings) -> Found:
    entries = _entries_named(query, holdings)
    return Found(entries=tuple(entries), associations=_touching(holdings, map(_id, entries)))


def _get_sets(query: StoredQuery, holdings: Holdings) -> Found:
    wanted, of_sets = {_urn(one) for one in query.any_of("$uuid")}, {s.id for s in holdings.sets}
    ties = tuple(a for a in associations(holdings) if a.source in of_sets and a.target in wanted)
    return Found(sets=tuple(s for s in holdings.sets if any(a.source == s.id for a in ties)), associations=ties)


def _contents(
    query: StoredQuery, holdings: Holdings, package: Holding[Package]
) -> tuple[tuple[DocumentEntry, ...], tuple[Association, ...]]:
    inside = {f"urn:uuid:{member}" for member in package.members}
    entries = tuple(e for e in holdings.entries if _id(e) in inside and matches(query, e))
    shown = {_id(e) for e in entries}
    return entries, tuple(a for a in associations(holdings) if a.source == package.id and a.target in shown)


def _set_and_contents(query: StoredQuery, holdings: Holdings) -> Found:
    for holding in _packages_named(query, S, holdings.sets):
        entries, ties = _contents(query, holdings, holding)
        folders = tuple(f for f in holdings.folders if f.package.entry_uuid in holding.folders)
        left_out = {f"urn:uuid:{member}" for member in holding.members} - {_id(e) for e in entries}
        filed = [_member(folder, document) for folder, document in holding.filed]
        filed = [tie for tie in filed if tie.target not in left_out]
        named = {f.id for f in folders} | {association_id(tie) for tie in filed}
        ties += tuple(tie for tie in _of_set(holding) if tie.target in named)
        return Found((holding,), folders, entries, (*ties, *filed))
    return Found()


def _folder_and_contents(query: StoredQuery, holdings: Holdings) -> Found:
    for package in _packages_named(query, F, holdings.folders):
        return Found((), (package,), *_contents(query, holdings, package))
    return Found()


def _folders_for_document(query: StoredQuery, holdings: Holdings) -> Found:
    named = {e.entry_uuid for e in _entries_named(query, holdings)}
    return Found(folders=tuple(f for f in holdings.folders if named & set(f.members)))


def _related(query: StoredQuery, holdings: Holdings) -> Found:
    named = [_id(e) for e in _entries_named(query, holdings)]
    kinds = query.any_of("$AssociationTypes")
    documents = {_id(e) for e in holdings.entries}
    ties = tuple(a for a in _touching(holdings, named) if a.kind in kinds and a.source in documents)
    ends = {end for a in ties for end in (a.source, a.target)}
    return Found(entries=tuple(e for e in holdings.entries if _id(e) in ends and matches(query, e)), associations=ties)


_ANSWERS: dict[str, Callable[[StoredQuery, Holdings], Found]] = {
    "FindDocuments": _find_documents,
    "FindDocumentsByReferenceId": _find_documents,
    "FindSubmissionSets": _find_sets,
    "FindFolders": _find_folders,
    "GetAll": _get_all,
    "GetDocuments": _get_documents,
    "GetFolders": _get_folders,
    "GetAssociations": _get_associations,
    "GetDocumentsAndAssociations": _documents_and_associations,
    "GetSubmissionSets": _get_sets,
    "GetSubmissionSetAndContents": _set_and_contents,
    "GetFolderAndContents": _folder_and_contents,
    "GetFoldersForDocument": _folders_for_document,
    "GetRelatedDocuments": _related,
}


def answer(query: StoredQuery, holdings: Holdings) -> Found:
    """The objects that answer a query."""
    return _ANSWERS[query.name](query, holdings)


UNTOLD = (ValueError, LookupError, TypeError, AttributeError)
"""What reading or writing metadata raises that were accepted once and cannot be told any more."""


def _told(
    entries: Iterable[DocumentEntry], repository: str, untold: Callable[[DocumentEntry, Exception], None]
) -> Iterator[etree._Element]:
    for entry in entries:
        try:
            written = write_entry(entry, repository)
        except UNTOLD as error:
            untold(entry, error)
        else:
            yield written


def objects_of(
    found: Found, holdings: Holdings, repository: str, untold: Callable[[DocumentEntry, Exception], None]
) -> list[etree._Element]:
    """The objects of an answer as ebRIM. An entry that cannot be written costs itself: `untold` hears of it."""
    return [
        *(write_set(s.package) for s in found.sets),
        *(write_folder(f.package, holdings.patient, updated=f.updated) for f in found.folders),
        *_told(found.entries, repository, untold),
        *(write_association(a) for a in found.associations),
    ]


def references_of(found: Found) -> list[etree._Element]:
    """The objects of an answer as ObjectRefs."""
    ids = [*(s.id for s in found.sets), *(f.id for f in found.folders), *map(_id, found.entries),
           *map(association_id, found.associations)]  # fmt: skip
    return [object_ref(one) for one in ids]
