"""ITI-66 Find Document Lists: `POST /fhir/List/_search`, `GET /fhir/List?patient=Patient/id`, and one List by its id.

`code` says which: submission sets, folders, or both when it is absent (MHD asks for it; a list of everything harms nobody).
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet.apps.records.api import ListQuery, Lists, read_list, search_lists
from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.submission_set import FOLDER, SUBMISSION_SET
from carnet.formats.fhir.systems import DESIGNATION
from carnet.formats.timestamps import bounds_of_fhir
from carnet.interfaces.fhir.answers import FHIR_JSON, raw, stored
from carnet.interfaces.fhir.door import ask, authenticated, document_id, form, presentation, view
from carnet.interfaces.fhir.manners import lenient, presentation_pairs
from carnet.interfaces.fhir.parameters import (
    PATIENT,
    count_of,
    identifiers,
    known_of,
    offset_of,
    pairs_of,
    passed_over,
    patient_of,
    tokens,
)
from carnet.interfaces.fhir.search import ins_of_patient, without_ins
from carnet.kernel.ask import Act, Ask
from carnet.kernel.traits import normalise_name

Pairs = Sequence[tuple[str, str]]
SUPPORTED = ("patient", "patient.identifier", "code", "status", "date", "designationType", "identifier", "sourceId",
             "source.family", "source.given", "_id", "_count", "_offset")  # fmt: skip


def _kinds(pairs: Pairs) -> tuple[str, ...]:
    asked = {token for name, value in pairs if name == "code" for token in tokens(value)}
    if asked - {SUBMISSION_SET, FOLDER}:
        raise FhirError("code", "must be submissionset or folder")
    return tuple(kind for kind in (SUBMISSION_SET, FOLDER) if not asked or kind in asked)


def _dates(pairs: Pairs) -> tuple[datetime | None, datetime | None]:
    since, until = None, None
    for value in (v for name, v in pairs if name == "date"):
        prefix, rest = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
        try:
            low, high = bounds_of_fhir(rest, ZoneInfo(settings.LAW.civil_zone))
        except (ValueError, OverflowError):
            raise FhirError("date", "is not a date") from None
        if prefix not in ("eq", "ge", "gt", "le", "lt"):
            raise FhirError("date", "takes eq, ge, gt, le or lt")
        begins, ends = {"eq": low, "ge": low, "gt": high}.get(prefix), {"eq": high, "le": high, "lt": low}.get(prefix)
        since = max(filter(None, (since, begins)), default=None)
        until = min(filter(None, (until, ends)), default=None)
    return since, until


def _designations(resource: Json) -> set[str]:
    found = (e["valueCodeableConcept"] for e in resource.get("extension", []) if e.get("url") == DESIGNATION)
    return {coding["code"] for concept in found for coding in concept.get("coding", [])}


def _source_names(resource: Json, part: str) -> list[str]:
    people = (c for c in resource.get("contained", []) if c["resourceType"] == "Practitioner")
    names = (name for person in people for name in person.get("name", []))
    return [normalise_name(" ".join(n.get("given", [])) if part == "given" else n.get("family", "")) for n in names]


def _matches(pairs: Pairs) -> Callable[[Json], bool]:
    wanted = {token for name, value in pairs if name == "designationType" for token in tokens(value)}
    sources = [
        (name.partition(".")[2], [normalise_name(one) for one in value.split(",")])
        for name, value in pairs if name.startswith("source.")
    ]  # fmt: skip

    def match(resource: Json) -> bool:
        designated = not wanted or bool(wanted & _designations(resource))
        return designated and all(any(n.startswith(tuple(v)) for n in _source_names(resource, part)) for part, v in sources)

    return match


def read_list_search(pairs: Pairs) -> ListQuery:
    """Read the parameters. Raises FhirError on the first that is wrong."""
    odd = [name for name, value in pairs if "\x00" in value or len(value) > 2000]
    if odd:
        raise FhirError(odd[0], "is not a value of this parameter")
    if {token for name, value in pairs if name == "status" for token in tokens(value)} - {"current"}:
        raise FhirError("status", "must be current: lists have no other status")
    since, until = _dates(pairs)
    return ListQuery(
        kinds=_kinds(pairs),
        since=since,
        until=until,
        ids=tuple(v for name, value in pairs if name == "_id" for v in value.split(",")),
        unique_ids=tuple(i for name, value in pairs if name == "identifier" for i in identifiers(value)),
        source_id=next((i for name, value in pairs if name == "sourceId" for i in identifiers(value)), ""),
        matches=_matches(pairs),
        count=count_of(pairs),
        skip=offset_of(pairs),
    )


def _following(base: str, lists: Lists, query: ListQuery, pairs: Pairs, look: Pairs) -> str:
    kept = [(n, v) for n, v in pairs if n not in (*PATIENT, "_offset", "_count")]
    place = [("patient", f"Patient/{lists.record_id}"), ("_offset", query.skip + query.count), ("_count", query.count)]
    return f"{base}?{urlencode([*place, *kept, *look])}"


def _bundle(lists: Lists, query: ListQuery, pairs: Pairs, look: Pairs, ignored: Sequence[str]) -> HttpResponse:
    base = f"{settings.CARNET.base_url}/fhir/List"
    links = [{"relation": "self", "url": f"{base}/_search"}]
    if lists.more:
        links.append({"relation": "next", "url": _following(base, lists, query, pairs, look)})
    entries = [
        {"fullUrl": f"{base}/{resource['id']}", "resource": resource, "search": {"mode": "match"}} for resource in lists.resources
    ] + passed_over(ignored)
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": links} | ({"entry": entries} if entries else {})
    return raw(stored(json.dumps(bundle, ensure_ascii=False).encode()), FHIR_JSON)


def _answer(request: HttpRequest, question: Ask, pairs: Pairs) -> HttpResponse:
    known, ignored = known_of(pairs, SUPPORTED, lenient(request))
    query = read_list_search(known)
    look = presentation_pairs(presentation(request))
    return _bundle(search_lists(ins_of_patient(question, patient_of(known)), query), query, known, look, ignored)


@view("POST")
def post_search(request: HttpRequest) -> HttpResponse:
    """`POST List/_search`."""
    question, in_address = ask(request, authenticated(request), Act.SEARCH), pairs_of(request.GET)
    without_ins(in_address)
    return _answer(request, question, [*in_address, *pairs_of(form(request))])


@view("GET")
def get_search(request: HttpRequest) -> HttpResponse:
    """`GET List?patient=Patient/id`."""
    question, in_address = ask(request, authenticated(request), Act.SEARCH), pairs_of(request.GET)
    without_ins(in_address)
    return _answer(request, question, in_address)


@view("GET")
def read(request: HttpRequest, list_id: str) -> HttpResponse:
    """One submission set or folder."""
    resource = read_list(ask(request, authenticated(request), Act.SEARCH), document_id(list_id))
    return raw(stored(json.dumps(resource, ensure_ascii=False).encode()), FHIR_JSON)
