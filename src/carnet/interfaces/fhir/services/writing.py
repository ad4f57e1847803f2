"""Writing: measures, as the API Mesures takes them: `POST Observation`, or a transaction of one Observation with its Device."""

from django.http import HttpRequest, HttpResponse

from carnet.apps.catalogue import api as catalogue
from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.immunization_reading import left_out
from carnet.formats.fhir.reading import items, obj, text, understood
from carnet.formats.fhir.systems import NOT_KEPT
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import body
from carnet.interfaces.fhir.services.door import base, caller, needs, service_view
from carnet.kernel.clock import moment


def _kept(call: catalogue.Call, told: Json) -> tuple[str, Json]:
    needs(call, "Observation", "c")
    understood(told, "Observation")
    at = moment()
    draft = catalogue.read_draft(told, call.subject, at)
    number = str(catalogue.keep_measure(call, draft, at))
    left = catalogue.left_of(told)
    kept = {k: v for k, v in told.items() if k not in ("id", "meta", *left)} | {"id": number}
    if left:
        kept["note"] = [{"text": note["text"]} for note in told.get("note", [])]
        kept["extension"] = [*told.get("extension", []), *left_out(left, NOT_KEPT)]
    return number, {k: v for k, v in kept.items() if v != []}


@service_view("POST")
def create(request: HttpRequest) -> HttpResponse:
    """`POST Observation`."""
    call = caller(request)
    number, kept = _kept(call, body(request))
    response = fhir(kept, 201)
    response["Location"] = f"{base()}/Observation/{number}"
    return response


@service_view("POST")
def transaction(request: HttpRequest) -> HttpResponse:
    """A transaction of one Observation, with the Device that measured it beside it or not (API Mesures v1.5.2).

    Of the Device nothing is kept, and the answer says so.
    """
    call, bundle = caller(request), body(request)
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
        raise FhirError("Bundle.type", "must be transaction")
    entries_sent = items(bundle, "entry", "Bundle")
    resources = [obj(e, "resource", "Bundle.entry") for e in entries_sent]
    kinds = [text(r, "resourceType", "Bundle.entry.resource") for r in resources]
    if any(text(obj(e, "request", "Bundle.entry"), "method", "Bundle.entry.request") not in ("", "POST") for e in entries_sent):
        raise FhirError("Bundle.entry.request.method", "must be POST: a measure is created")
    if kinds.count("Observation") != 1 or set(kinds) - {"Observation", "Device"} or len(kinds) > 2:
        raise FhirError("Bundle.entry", "must be one Observation, and at most one Device")
    number, _ = _kept(call, next(r for r in resources if r.get("resourceType") == "Observation"))
    entries: list[Json] = []
    for kind in kinds:
        if kind == "Observation":
            entries.append({"response": {"status": "201", "location": f"Observation/{number}"}})
        else:
            outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational",
                       "diagnostics": "not-kept: Device"}]}  # fmt: skip
            entries.append({"response": {"status": "200", "outcome": outcome}})
    return fhir({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})
