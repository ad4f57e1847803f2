"""TD3.1, search: IHE ITI-18 with its fourteen stored queries, whole objects or references.

What the asker may not see is not read, so it is in no answer, no count and no order. FindDocuments is asked of the database;
queries that follow relations are answered out of everything that the asker sees of the record.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from carnet.apps.records.api import Criterion, Query, Whole, criteria, read_whole, search
from carnet.formats.fhir import Json, read_stored, read_stored_list
from carnet.formats.timestamps import from_fhir
from carnet.formats.xds import DocumentEntry, Folder, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import read_cx
from carnet.formats.xds.messages import Issue, write_query_response, write_query_response_around
from carnet.formats.xds.queries import E, StoredQuery, read_query
from carnet.formats.xds.ready import ready_text, told_texts
from carnet.formats.xds.registry import UNTOLD, Holding, Holdings, answer, objects_of, references_of
from carnet.formats.xds.rim_read import XdsError
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import issue_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal

log = logging.getLogger("carnet.dmp")
_CODED = (("ClassCode", "category"), ("TypeCode", "type"), ("PracticeSettingCode", "setting"), ("FormatCode", "format"),
          ("HealthcareFacilityTypeCode", "facility"))  # fmt: skip
_TIMES = (("CreationTime", "creation"), ("ServiceStartTime", "period-start"), ("ServiceStopTime", "period-end"))
_ALWAYS, _NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_FOUND_BY_DATABASE = frozenset({"FindDocuments", "FindDocumentsByReferenceId"})
_REFERENCE_IS_ENOUGH = frozenset({No.CONSENT_MISSING, No.CONSENT_EXPIRED, No.FUNCTION_NOT_ALLOWED})


def _codes(query: StoredQuery, name: str) -> list[str]:
    return [value.partition("^^")[0] for value in query.any_of(f"{E}{name}")]


def _statuses(query: StoredQuery) -> Criterion:
    asked = query.any_of(f"{E}Status")
    if not set(asked) <= set(n.STATUS_OF):
        # A status that does not exist finds nothing: a typing error would look like an empty record.
        raise XdsError(f"one of {', '.join(n.STATUS_OF)}", "XDSStoredQueryMissingParam", f"{E}Status")
    return criteria.by_statuses([n.STATUS_OF[uri] for uri in asked])


def _narrowed(query: StoredQuery) -> tuple[Criterion, ...]:
    """What the database can say of a query: never less than what answers it. The exact answer is chosen from what it finds."""
    found = [_statuses(query)]
    found += [criteria.by_codes(column, _codes(query, name)) for name, column in _CODED if query.any_of(f"{E}{name}")]
    for name, column in _TIMES:
        low, high = query.time(f"{E}{name}From"), query.time(f"{E}{name}To")
        found += [criteria.by_date(column, "ge", low, _NEVER)] if low else []
        found += [criteria.by_date(column, "lt", high, _ALWAYS)] if high else []
    return tuple(found)


def _entry(resource: Json, ins: Ins) -> DocumentEntry:
    """A stored document as XDS tells it, about the INS that was asked for: an INS may have changed since (EX_3.1-1055)."""
    entry, patient = read_stored(resource), (ins.oid.value, ins.matricule)
    own = entry.source_patient[1] or entry.source_patient_stated
    return replace(entry, patient=patient, source_patient=entry.source_patient if own else patient)


class _Untold:
    """Documents of an answer that cannot be told: each costs itself, is logged by its id, and the asker reads that it is missing.

    `carnet fsck` names them too.
    """

    def __init__(self) -> None:
        self.any = False

    def note(self, logical_id: str, error: Exception) -> None:
        """Keep that one was left out."""
        self.any = True
        log.error("document-untold document=%s type=%s", logical_id, type(error).__name__)

    def read(self, resources: Iterable[Json], ins: Ins) -> tuple[DocumentEntry, ...]:
        """The stored documents that can be read."""
        return tuple(filter(None, (self._one(resource, ins) for resource in resources)))

    def _one(self, resource: Json, ins: Ins) -> DocumentEntry | None:
        try:
            return _entry(resource, ins)
        except UNTOLD as error:
            self.note(str(resource.get("id", "")), error)
            return None

    def text(self, resource: bytes) -> bytes | None:
        """ebRIM of a stored document that has none ready."""
        stored = json.loads(resource)
        try:
            return ready_text(read_stored(stored))
        except UNTOLD as error:
            self.note(str(stored.get("id", "")), error)
            return None

    def package(self, resource: Json) -> SubmissionSet | Folder | None:
        """A stored set or folder, if it can be read."""
        try:
            return read_stored_list(resource)
        except UNTOLD as error:
            self.note(str(resource.get("id", "")), error)
            return None

    def issues(self) -> list[Issue]:
        """What the asker reads of it."""
        if not self.any:
            return []
        told = gettext("Un document ne peut pas être montré ici : ses métadonnées sont abîmées. Prévenez l'exploitant.")
        return [Issue("XDSRegistryError", told, No.DOCUMENT_DAMAGED, warning=True)]


def _whole(question: Ask, ins: Ins, untold: _Untold) -> Holdings:
    whole = read_whole(question, settings.CARNET.dmp_max_results)
    entries = untold.read(whole.documents, ins)
    entry_of, patient = {e.logical_id: e.entry_uuid for e in entries}, (ins.oid.value, ins.matricule)
    sets: list[Holding[SubmissionSet]] = []
    folders: list[Holding[Folder]] = []
    for resource in whole.lists:
        package = untold.package(resource)
        named = (e["item"]["reference"].removeprefix("DocumentReference/") for e in resource.get("entry", []))
        members = tuple(entry_of[m] for m in named if m in entry_of)
        if isinstance(package, Folder):
            folders.append(Holding(package, members, from_fhir(resource["date"])))
        elif package is not None:
            sets.append(Holding(replace(package, patient=patient), members))
    return Holdings(entries, *_tied(whole, sets, folders, entry_of), patient)


def _tied(
    whole: Whole, sets: list[Holding[SubmissionSet]], folders: list[Holding[Folder]], entry_of: dict[str, str]
) -> tuple[tuple[Holding[SubmissionSet], ...], tuple[Holding[Folder], ...]]:
    """Sets with the folders that they made and filled, folders with the last date at which a document that shows came into them."""
    shown = {folder.package.entry_uuid for folder in folders}
    items = [item for item in whole.items if str(item.logical_id) in entry_of and str(item.folder_id) in shown]
    made, filed = defaultdict[str, list[str]](list), defaultdict[str, list[tuple[str, str]]](list)
    latest: dict[str, datetime] = {}
    for folder_id in shown:
        made[str(whole.makers.get(UUID(folder_id)))].append(folder_id)
    for item in items:
        folder_id = str(item.folder_id)
        filed[str(item.submission_id)].append((folder_id, entry_of[str(item.logical_id)]))
        latest[folder_id] = max(latest.get(folder_id, item.added_at), item.added_at)
    dated = (replace(f, updated=max(filter(None, (f.updated, latest.get(f.package.entry_uuid))))) for f in folders)
    tied = (
        replace(s, folders=tuple(made[s.package.entry_uuid]), filed=tuple(filed[s.package.entry_uuid])) for s in sets
    )  # fmt: skip
    return tuple(tied), tuple(dated)


def _decided(query: StoredQuery) -> bool:
    """Whether the database decides alone which documents answer, and whole objects are asked for: then they are ready."""
    exact = {f"{E}PatientId", f"{E}Status", *(f"{E}{name}{end}" for name, _ in _TIMES for end in ("From", "To"))}
    return query.leaf and query.name == "FindDocuments" and set(query.parameters) <= exact


@dataclass(frozen=True, slots=True)
class _Ready:
    """Documents that answer, as ebRIM that is ready."""

    texts: list[bytes]
    patient: tuple[str, str]


def _searched(question: Ask, ins: Ins, query: StoredQuery, untold: _Untold) -> Holdings | _Ready:
    most, ready = settings.CARNET.dmp_max_results, _decided(query)
    asked = Query(_narrowed(query), frozenset(_codes(query, "TypeCode")), count=most if query.leaf else 100_000, ebrim=ready)
    page = search(question, asked)
    if page.following is not None:
        raise Refusal(No.TOO_MANY_RESULTS)
    if ready:
        pairs = zip(page.texts, page.resources, strict=True)
        texts = (text if text is not None else untold.text(resource) for text, resource in pairs)
        return _Ready([text for text in texts if text is not None], (ins.oid.value, ins.matricule))
    return Holdings(untold.read(map(json.loads, page.resources), ins))


def _holdings(question: Ask, query: StoredQuery, untold: _Untold) -> Holdings | _Ready:
    if question.ins is None:
        raise Refusal(No.INS_MALFORMED)
    if query.name in _FOUND_BY_DATABASE:
        return _searched(question, question.ins, query, untold)
    return _whole(question, question.ins, untold)


def _seen(call: Call, query: StoredQuery, untold: _Untold) -> Holdings | _Ready:
    """What the asker sees: a structure and its employees the references of their own documents, a person without the patient's
    agreement likewise, when objects are asked for by name."""
    patient = read_cx(query.patient) if query.patient else ("", "")
    own_only = call.actor.kind in (ActorKind.EMPLOYEE, ActorKind.STRUCTURE)
    question = call.ask(Act.SEARCH_OWN_REFERENCE if own_only else Act.SEARCH, patient)
    try:
        return _holdings(question, query, untold)
    except Refusal as refusal:
        if own_only or query.patient or refusal.code not in _REFERENCE_IS_ENOUGH:
            raise
        return _holdings(replace(question, act=Act.SEARCH_OWN_REFERENCE), query, untold)


def handle(call: Call) -> Answer:
    """Answer a stored query."""
    untold = _Untold()
    try:
        query = read_query(call.body)
        holdings = _seen(call, query, untold)
    except XdsError as error:
        told = issue_of(Refusal(No.REQUEST_MALFORMED, {"problem": str(error), "element": error.element}))
        return Answer(write_query_response([], [replace(told, code=error.code)]))
    passed_over = gettext("Ce paramètre n'existe pas dans cette requête ; il n'a rien filtré : {name}.")
    warned = [Issue("XDSRegistryError", passed_over.format(name=name), name, warning=True) for name in query.unknown]
    repository = settings.CARNET.dmp_repository_oid
    if isinstance(holdings, _Ready):
        body, mark = write_query_response_around(len(holdings.texts), untold.issues() + warned)
        return Answer(body, within=(mark, told_texts(holdings.texts, holdings.patient, repository)))
    found = answer(query, holdings)
    if not query.leaf:
        return Answer(write_query_response(references_of(found), untold.issues() + warned))
    written = objects_of(found, holdings, repository, lambda e, error: untold.note(e.logical_id, error))
    return Answer(write_query_response(written, untold.issues() + warned))


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as an AdhocQueryResponse."""
    return Answer(write_query_response([], [issue_of(refusal)]))
