"""TD3.1, search: IHE ITI-18 with its fourteen stored queries, whole objects or references.

What the asker may not see is not read, so it is in no answer, no count and no order. FindDocuments is asked of the database;
queries that follow relations are answered out of everything that the asker sees of the record.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings

from carnet.apps.records.api import Criterion, Query, criteria, read_whole, search
from carnet.formats.fhir import Json, read_stored, read_stored_list
from carnet.formats.timestamps import from_fhir
from carnet.formats.xds import DocumentEntry, Folder, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import read_cx
from carnet.formats.xds.messages import write_query_response
from carnet.formats.xds.queries import E, StoredQuery, read_query
from carnet.formats.xds.registry import Holding, Holdings, answer, objects_of, references_of
from carnet.formats.xds.rim_read import XdsError
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import issue_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal

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
        raise XdsError(f"one of {', '.join(n.STATUS_OF)}", "XDSRegistryError", f"{E}Status")
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
    return replace(entry, patient=patient, source_patient=entry.source_patient if entry.source_patient[1] else patient)


def _whole(question: Ask, ins: Ins) -> Holdings:
    whole = read_whole(question, settings.CARNET.dmp_max_results)
    entries = tuple(_entry(resource, ins) for resource in whole.documents)
    entry_of = {e.logical_id: e.entry_uuid for e in entries}
    patient = (ins.oid.value, ins.matricule)
    sets: list[Holding[SubmissionSet]] = []
    folders: list[Holding[Folder]] = []
    for resource in whole.lists:
        package = read_stored_list(resource)
        named = (e["item"]["reference"].removeprefix("DocumentReference/") for e in resource.get("entry", []))
        members = tuple(entry_of[m] for m in named if m in entry_of)
        if isinstance(package, Folder):
            folders.append(Holding(package, members, from_fhir(resource["date"])))
        else:
            sets.append(Holding(replace(package, patient=patient), members))
    return Holdings(entries, tuple(sets), tuple(folders), patient)


def _searched(question: Ask, ins: Ins, query: StoredQuery) -> Holdings:
    most = settings.CARNET.dmp_max_results
    page = search(question, Query(_narrowed(query), frozenset(_codes(query, "TypeCode")), count=most if query.leaf else 100_000))
    if page.following is not None:
        raise Refusal(No.TOO_MANY_RESULTS)
    return Holdings(tuple(_entry(json.loads(resource), ins) for resource in page.resources))


def _holdings(question: Ask, query: StoredQuery) -> Holdings:
    if question.ins is None:
        raise Refusal(No.INS_MALFORMED)
    read = _searched if query.name in _FOUND_BY_DATABASE else lambda ask, ins, _: _whole(ask, ins)
    return read(question, question.ins, query)


def _seen(call: Call, query: StoredQuery) -> Holdings:
    """What the asker sees: a structure and its employees the references of their own documents, a person without the patient's
    agreement likewise, when objects are asked for by name."""
    patient = read_cx(query.patient) if query.patient else ("", "")
    own_only = call.actor.kind in (ActorKind.EMPLOYEE, ActorKind.STRUCTURE)
    question = call.ask(Act.SEARCH_OWN_REFERENCE if own_only else Act.SEARCH, patient)
    try:
        return _holdings(question, query)
    except Refusal as refusal:
        if own_only or query.patient or refusal.code not in _REFERENCE_IS_ENOUGH:
            raise
        return _holdings(replace(question, act=Act.SEARCH_OWN_REFERENCE), query)


def handle(call: Call) -> Answer:
    """Answer a stored query."""
    try:
        query = read_query(call.body)
        holdings = _seen(call, query)
        found = answer(query, holdings)
    except XdsError as error:
        told = issue_of(Refusal(No.REQUEST_MALFORMED, {"problem": str(error), "element": error.element}))
        return Answer(write_query_response([], [replace(told, code=error.code)]))
    objects = objects_of(found, holdings, settings.CARNET.dmp_repository_oid) if query.leaf else references_of(found)
    return Answer(write_query_response(objects))


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as an AdhocQueryResponse."""
    return Answer(write_query_response([], [issue_of(refusal)]))
