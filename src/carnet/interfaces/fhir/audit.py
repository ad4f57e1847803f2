"""`POST /fhir/AuditEvent/_search`: own traces, and all of the record's for its treating doctor (ITI-81 in its shape)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet.apps.records.api import traces
from carnet.formats.fhir import FhirError, Json, write_audit_event
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import ask, authenticated, form, view
from carnet.interfaces.fhir.parameters import count_of, offset_of, pairs_of, patient_of
from carnet.interfaces.fhir.search import ins_of_patient
from carnet.kernel.ask import Act

_SUPPORTED = ("patient", "patient.identifier", "_count", "_offset")


@view("POST")
def post_search(request: HttpRequest) -> HttpResponse:
    """The traces that the asker may see, the newest first."""
    question = ask(request, authenticated(request), Act.OWN_TRACES)
    pairs = pairs_of(form(request))
    unknown = [name for name, _ in pairs if name not in _SUPPORTED]
    if unknown or pairs_of(request.GET):
        raise FhirError(
            unknown[0] if unknown else "patient", "is not a parameter of this search: patient.identifier, _count, _offset"
        )
    found = traces(ins_of_patient(question, patient_of(pairs)))
    first = offset_of(pairs)
    shown = found.entries[first : first + count_of(pairs)]
    events = [write_audit_event(entry, str(name), str(found.record_id)) for name, entry in shown]
    base = f"{settings.CARNET.base_url}/fhir/AuditEvent"
    entries: list[Json] = [{"fullUrl": f"{base}/{event['id']}", "resource": event, "search": {"mode": "match"}} for event in events]
    # An INS stands in no address: the next page is asked for by the same form with another `_offset`, and the total says whether.
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(found.entries)} | (
        {"entry": entries} if entries else {}
    )
    return fhir(bundle)
