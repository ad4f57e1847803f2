"""Answers of the door: FHIR JSON, and every refusal as an OperationOutcome with its code, sentence and next step."""

from collections.abc import Mapping

import orjson
from django.conf import settings
from django.http import HttpResponse

from carnet.apps.access.api import sentence
from carnet.dicah.messages import message
from carnet.formats.fhir import FhirError, Issue, Json, NotPatchableError, operation_outcome
from carnet.formats.fhir.document_reference import BASE
from carnet.kernel.refusal import Nature, No, Refusal

RETRY_AFTER = "30"
"""Seconds after which a trouble of ours may be over."""
OUTCOME = "urn:uuid:7e3b1f0c-5d2a-4c86-9f44-0a6f2f1f7c11"
"""fullUrl of the outcome beside the entries of a searchset: it names nothing outside, and is the same for everybody."""
FHIR_JSON = "application/fhir+json; charset=utf-8"
_STATUS = {
    Nature.IDENTITY: 422,
    Nature.DOCUMENT: 422,
    Nature.REQUEST: 400,
    Nature.OURS: 503,
    No.AUTHENTICATION_MISSING: 401,
    No.AUTHENTICATION_EXPIRED: 401,
    No.CERTIFICATE_REFUSED: 401,
    No.SIGN_IN_REFUSED: 400,
    No.SITUATION_CHOICE: 400,
    No.RECORD_ABSENT: 404,
    No.DOCUMENT_UNKNOWN: 404,
    No.INTERACTION_UNKNOWN: 404,
    No.PATCH_NOT_ALLOWED: 405,
    No.METHOD_NOT_ALLOWED: 405,
    No.FORMAT_NOT_SPOKEN: 406,
    No.DOCUMENT_DUPLICATE: 409,
    No.ENTRY_UUID_USED: 409,
    No.METADATA_VERSION_MISMATCH: 412,
    No.REQUEST_TOO_LARGE: 413,
    No.DOCUMENT_TOO_LARGE: 413,
    No.DOCUMENT_MEDIA_REFUSED: 415,
    No.DOCUMENT_TO_CONVERT: 415,
    No.REQUEST_MEDIA_REFUSED: 415,
}
"""By nature, then the exceptions; anything else is 403, forbidden."""
_KIND = {
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "duplicate",
    412: "conflict",
    413: "too-long",
    415: "not-supported",
    503: "transient",
}
_XDS = {
    # The IHE code that stands beside ours where one fits (MHD 2:3.65.4.1.3 asks for it "where apt").
    No.DOCUMENT_HASH_MISMATCH: "XDSRepositoryMetadataError",
    No.DOCUMENT_SIZE_MISMATCH: "XDSRepositoryMetadataError",
    No.DOCUMENT_DUPLICATE: "XDSNonIdenticalHash",
    No.RELATION_UNKNOWN: "UnresolvedReferenceException",
    No.DOCUMENT_PATIENT_MISMATCH: "XDSPatientIdDoesNotMatch",
    No.DOCUMENT_PARENT_UNKNOWN: "XDSRegistryError",
    No.DOCUMENT_CODE_UNKNOWN: "XDSRegistryMetadataError",
    No.DOCUMENT_CODE_ENDED: "XDSRegistryMetadataError",
    No.DOCUMENT_TYPE_CLASS_MISMATCH: "XDSRegistryMetadataError",
    No.DOCUMENT_METADATA_MISMATCH: "XDSRegistryMetadataError",
    No.RECORD_ABSENT: "XDSUnknownPatientId",
}


def status_of(no: No) -> int:
    """HTTP status of a refusal."""
    return _STATUS.get(no) or _STATUS.get(no.nature, 403)


def issue_of(no: No, details: Mapping[str, str], severity: str = "error") -> Issue:
    """The issue of a refusal: what happened, and in the diagnostics the rule, the details and what to do."""
    told = message(no)
    named = "; ".join(f"{name}: {value}" for name, value in details.items() if value and name != "element")
    xds = f" [{_XDS[no]}]" if no in _XDS else ""
    return Issue(
        code=no,
        text=f"{sentence(told.professional)} {sentence(told.next_step)}",
        diagnostics=f"{named + '. ' if named else ''}{told.rule}{xds}",
        severity=severity,
        kind=_KIND.get(status_of(no), "processing"),
        expression=details.get("element", ""),
    )


def fhir(resource: Json, status: int = 200) -> HttpResponse:
    """A resource. Nothing of it may be kept by a cache on the way."""
    return raw(orjson.dumps(resource), FHIR_JSON, status)


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
    if refusal.code is No.METHOD_NOT_ALLOWED:
        response["Allow"] = refusal.details["allow"]
    if status == 503:
        response["Retry-After"] = RETRY_AFTER
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="carnet", error="invalid_token"'
    return response


def malformed(error: FhirError) -> Refusal:
    """A FHIR reading error as a refusal."""
    if isinstance(error, NotPatchableError):
        return Refusal(No.PATCH_NOT_ALLOWED, {"element": error.element, "problem": error.problem})
    return Refusal(No.REQUEST_MALFORMED, {"element": error.element, "problem": error.problem})
