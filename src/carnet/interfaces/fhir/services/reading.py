"""Reading and searching: one category of data for each type of resource, decided at every call."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict

from carnet.apps.catalogue import api as catalogue
from carnet.apps.records.api import Query, criteria
from carnet.formats.fhir import FhirError, Json
from carnet.interfaces.fhir.answers import fhir, raw
from carnet.interfaces.fhir.door import form
from carnet.interfaces.fhir.services.door import base, caller, needs, own, service_view
from carnet.interfaces.fhir.services.searching import Parameters, matching, one_of, read_parameters
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal

OF_PAGE = "_offset"


def _category(name: str) -> str:
    if name not in catalogue.FHIR_TYPES or name == "Binary":
        raise Refusal(No.INTERACTION_UNKNOWN)
    return catalogue.OF_TYPE[name]


def _searchset(name: str, given: QueryDict, found: list[Json], total: int | None, following: str) -> Json:
    here = f"{base()}/{name}"
    links = [
        {"relation": "self", "url": f"{here}?{given.urlencode()}" if given else here},
        *([{"relation": "next", "url": following}] if following else []),
    ]
    entries = [{"fullUrl": f"{here}/{r['id']}", "resource": r, "search": {"mode": "match"}} for r in found]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "link": links}
    bundle |= {"total": total} if total is not None else {}
    return bundle | ({"entry": entries} if entries else {})


def _following(given: QueryDict, name: str, asked: Parameters, total: int | None) -> str:
    """Address of the page after this one; empty for the last, and where none was asked for (`_count=0`: the total alone)."""
    after = asked.offset + asked.count
    if not asked.count or total is None or total <= after:
        return ""
    params = given.copy()
    params[OF_PAGE] = str(after)
    return f"{base()}/{name}?{params.urlencode()}"


@service_view("GET")
def typed(request: HttpRequest, name: str) -> HttpResponse:
    """`GET [type]?patient=…`. A type that is not written has no POST: it would look like a creation."""
    return _search(request, name)


@service_view("GET", "POST")
def search(request: HttpRequest, name: str) -> HttpResponse:
    """`POST [type]/_search`, its parameters in the form or in the address; or the same by GET."""
    return _search(request, name)


def _asked(request: HttpRequest) -> QueryDict:
    """The parameters of a search: those of the form and those of the address together (R4 §3.1.1.1)."""
    found = request.GET.copy()
    if request.method == "POST" and request.body:
        for key, values in form(request).lists():
            found.setlist(key, [*found.getlist(key), *values])
    return found


def _search(request: HttpRequest, name: str) -> HttpResponse:
    call, category = caller(request), _category(name)
    needs(call, name, "s")
    given = _asked(request)
    asked = read_parameters(name, given)
    for patient in asked.patients:
        own(call, patient)
    if name == "Patient":
        found = [p for p in [catalogue.patient(call, moment())] if one_of(p["id"], asked.ids)]
        return fhir(_searchset(name, given, found, len(found), ""))
    if name == "DocumentReference":
        return _documents(call, asked, given)
    resources = matching(catalogue.resources_of(call, category, moment()), asked)
    page = resources[asked.offset : asked.offset + asked.count]
    return fhir(_searchset(name, given, page, len(resources), _following(given, name, asked, len(resources))))


def _documents(call: catalogue.Call, asked: Parameters, given: QueryDict) -> HttpResponse:
    # A service sees current documents alone: another status that it asks for is that of none.
    statuses = ["Approved"] if one_of("current", asked.statuses) else []
    types = [criteria.by_codes("type", [token.code for token in group]) for group in asked.codes]
    ids = [criteria.by_logical_id([token.code for token in group]) for group in asked.ids]
    # Pages of documents are few: each begins where the visible ones before it end.
    query = Query((criteria.by_statuses(statuses), *types, *ids), sort="date", count=asked.offset + asked.count, total=True)
    found, page = catalogue.document_resources(call, query, moment())
    name = "DocumentReference"
    return fhir(_searchset(name, given, found[asked.offset :], page.total, _following(given, name, asked, page.total)))


def _number(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(No.DOCUMENT_UNKNOWN) from None


@service_view("GET")
def read(request: HttpRequest, name: str, number: str) -> HttpResponse:
    """`GET [type]/[id]`."""
    call, category = caller(request), _category(name)
    needs(call, name, "r")
    at = moment()
    if name == "Patient":
        own(call, number)
        return fhir(catalogue.patient(call, at))
    if name == "DocumentReference":
        query = Query((criteria.by_logical_id([str(_number(number))]),), count=1)
        found = catalogue.document_resources(call, query, at)[0]
    else:
        found = [r for r in catalogue.resources_of(call, category, at) if r["id"] == number]
    if not found:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return fhir(found[0])


@service_view("GET", any_type=True)
def binary(request: HttpRequest, number: str) -> HttpResponse:
    """The bytes of a document."""
    call = caller(request)
    needs(call, "DocumentReference", "r")
    content = catalogue.document_content(call, _number(number), moment())
    response = raw(content.data, content.mime)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Content-Disposition"] = "attachment"
    return response


@service_view("GET")
def summary(request: HttpRequest, number: str = "") -> HttpResponse:
    """`Patient/$summary`: the International Patient Summary, of what was agreed to (HL7 IPS 2.0)."""
    call = caller(request)
    if number:
        own(call, number)
    unknown = [n for n in request.GET if n not in ("identifier", "profile", "graph")]
    if unknown:
        raise FhirError(unknown[0], "is not a parameter of $summary")
    return fhir(catalogue.patient_summary(call, moment()))
