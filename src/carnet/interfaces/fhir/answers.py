"""Answers of the door: FHIR JSON, and every refusal as an OperationOutcome with its code, sentence and next step."""

import json
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse

from carnet.apps.access.api import sentence
from carnet.dicah.messages import message
from carnet.formats.fhir import FhirError, Issue, Json, NotPatchableError, operation_outcome
from carnet.formats.fhir.document_reference import BASE
from carnet.kernel.refusal import Refusal

FHIR_JSON = "application/fhir+json; charset=utf-8"
_STATUS = {
    "authentication-missing": 401,
    "authentication-expired": 401,
    "certificate-refused": 401,
    "situation-choice": 400,
    "patch-not-allowed": 405,
    "traits-insufficient": 422,
    "traits-too-common": 422,
    "sign-in-refused": 400,
    "request-malformed": 400,
    "request-too-large": 413,
    "document-too-large": 413,
    "document-media-refused": 415,
    "request-media-refused": 415,
    "document-unknown": 404,
    "record-absent": 404,
    "interaction-unknown": 404,
    "document-duplicate": 409,
}
_UNPROCESSABLE = ("document-", "visibility-", "ins-")
_KIND = {401: "login", 403: "forbidden", 404: "not-found", 409: "duplicate", 413: "too-long", 415: "not-supported"}
_XDS = {
    # The IHE code that stands beside ours where one fits (MHD 2:3.65.4.1.3 asks for it "where apt").
    "document-hash-mismatch": "XDSRepositoryMetadataError",
    "document-size-mismatch": "XDSRepositoryMetadataError",
    "document-duplicate": "XDSNonIdenticalHash",
    "document-patient-mismatch": "XDSPatientIdDoesNotMatch",
    "document-parent-unknown": "XDSRegistryError",
    "document-code-unknown": "XDSRegistryMetadataError",
    "document-code-ended": "XDSRegistryMetadataError",
    "document-type-class-mismatch": "XDSRegistryMetadataError",
    "document-metadata-mismatch": "XDSRegistryMetadataError",
    "record-absent": "XDSUnknownPatientId",
}


def status_of(code: str) -> int:
    """HTTP status of a refusal."""
    if code in _STATUS:
        return _STATUS[code]
    if code in ("document-not-own", "deposit-objection"):
        return 403
    return 422 if code.startswith(_UNPROCESSABLE) else 403


def issue_of(code: str, details: Mapping[str, str], severity: str = "error") -> Issue:
    """The issue of a refusal: what happened, and in the diagnostics the rule, the details and what to do."""
    told = message(code)
    named = "; ".join(f"{name}: {value}" for name, value in details.items() if value and name != "element")
    xds = f" [{_XDS[code]}]" if code in _XDS else ""
    return Issue(
        code=code,
        text=f"{sentence(told.professional)} {sentence(told.next_step)}",
        diagnostics=f"{named + '. ' if named else ''}{told.rule}{xds}",
        severity=severity,
        kind=_KIND.get(status_of(code), "processing"),
        expression=details.get("element", ""),
    )


def fhir(resource: Json, status: int = 200) -> HttpResponse:
    """A resource. Nothing of it may be kept by a cache on the way."""
    body = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
    return raw(body.encode(), FHIR_JSON, status)


def raw(body: bytes, content_type: str, status: int = 200) -> HttpResponse:
    """Bytes, with the headers that every answer carries."""
    response = HttpResponse(body, content_type=content_type, status=status)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def stored(resource: bytes) -> bytes:
    """A stored resource, with the address of this door in it."""
    return resource.replace(BASE.encode(), settings.CARNET.base_url.encode())


def refusal_answer(refusal: Refusal) -> HttpResponse:
    """The answer to a refusal."""
    status = status_of(refusal.code)
    response = fhir(operation_outcome(issue_of(refusal.code, refusal.details)), status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="carnet", error="invalid_token"'
    return response


def malformed(error: FhirError) -> Refusal:
    """A FHIR reading error as a refusal."""
    if isinstance(error, NotPatchableError):
        return Refusal("patch-not-allowed", {"element": error.element, "problem": error.problem})
    return Refusal("request-malformed", {"element": error.element, "problem": error.problem})
