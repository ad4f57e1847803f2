"""Bulk export of what one person agreed to (FHIR Bulk Data Access 2.0, patient level): kick-off, status, files as ndjson.

Nothing waits on a disk: a file is written as it is downloaded, under the agreement as it stands at that moment.
"""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from carnet.apps.catalogue import api as catalogue
from carnet.formats.fhir import FhirError
from carnet.formats.timestamps import to_fhir
from carnet.interfaces.fhir.services.door import base, caller, needs, own, service_view
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages.sealed import opened_text, sealed_text

NDJSON = "application/fhir+ndjson"
_PARAMETERS = ("_outputFormat", "_type")
_FORMATS = ("", NDJSON, "application/ndjson", "ndjson")


def _context(call: catalogue.Call) -> str:
    return f"service-export/{call.actor.id}/{call.record_id}"


@service_view("GET", any_type=True)
def kick_off(request: HttpRequest, number: str = "") -> HttpResponse:
    """`Patient/$export`: 202, with the address where the state is asked for."""
    call = caller(request)
    if number:
        own(call, number)
    unknown = [n for n in request.GET if n not in _PARAMETERS]
    if unknown or request.GET.get("_outputFormat", "") not in _FORMATS:
        raise FhirError(unknown[0] if unknown else "_outputFormat", "is not taken by this export: _type, _outputFormat=ndjson")
    wanted = [t for listed in request.GET.getlist("_type") for t in listed.split(",") if t]
    strange = [t for t in wanted if t not in catalogue.FHIR_TYPES]
    if strange:
        raise FhirError("_type", f"{strange[0]} is not exchanged here")
    for name in wanted:
        needs(call, name, "s")
    types = wanted or [t for t in catalogue.FHIR_TYPES if t != "Binary" and catalogue.permits(call.scopes, t, "s")]
    asked = f"{base()}{request.path.partition('/services/fhir')[2]}" + (f"?{request.GET.urlencode()}" if request.GET else "")
    ticket = sealed_text(json.dumps({"types": types, "at": to_fhir(moment()), "asked": asked}), _context(call))
    response = HttpResponse(status=202)
    response["Content-Location"] = f"{base()}/export/{ticket}"
    return response


def _opened(call: catalogue.Call, ticket: str) -> dict[str, object]:
    text = opened_text(ticket, _context(call))
    if text is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    told: dict[str, object] = json.loads(text)
    return told


@service_view("GET", "DELETE", any_type=True)
def status(request: HttpRequest, ticket: str) -> HttpResponse:
    """The state: complete at once, with one file for each type."""
    call = caller(request)
    told = _opened(call, ticket)
    if request.method == "DELETE":
        return HttpResponse(status=202)
    types = told["types"] if isinstance(told["types"], list) else []
    return JsonResponse({
        "transactionTime": told["at"], "request": told.get("asked", f"{base()}/Patient/$export"), "requiresAccessToken": True,
        "output": [{"type": t, "url": f"{base()}/export/{ticket}/{t}.ndjson"} for t in types], "error": [],
    })  # fmt: skip


@service_view("GET", any_type=True)
def file(request: HttpRequest, ticket: str, name: str) -> HttpResponse:
    """One file: the resources of a type that the service may read now, one on each line."""
    call = caller(request)
    told = _opened(call, ticket)
    if not isinstance(told["types"], list) or name not in told["types"]:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    needs(call, name, "s")
    lines = (json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in catalogue.exported(call, name, moment()))
    return HttpResponse("".join(f"{line}\n" for line in lines), content_type=NDJSON, headers={"Cache-Control": "no-store"})


__all__ = ["file", "kick_off", "settings", "status"]
