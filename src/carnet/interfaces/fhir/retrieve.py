"""ITI-68 Retrieve Document, TD3.2: the bytes as they were deposited, raw or as a FHIR Binary; and one DocumentReference."""

from __future__ import annotations

import base64

from django.http import HttpRequest, HttpResponse

from carnet.apps.records.api import Content, reading_content, reading_metadata
from carnet.interfaces.fhir.answers import FHIR_JSON, fhir, raw, stored
from carnet.interfaces.fhir.door import JSON_TYPES, Asked, ask, document_id, reading, view
from carnet.interfaces.fhir.manners import version_of, versioned
from carnet.interfaces.fhir.patch import patched
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

WARNING_HEADER = "Carnet-Visibility-Warning"


def _wants_binary(request: HttpRequest, mime: str) -> bool:
    """Whether a Binary resource is preferred to the bytes (RFC 9110 §12.5.1). Raises Refusal where neither is accepted."""
    preferred = request.get_preferred_type([mime, *JSON_TYPES])
    if preferred is None:
        raise Refusal(No.FORMAT_NOT_SPOKEN)
    return preferred in JSON_TYPES


def _warned(response: HttpResponse, content: Content) -> HttpResponse:
    """Professionals are warned of what the patient or the parents do not see (EX_3.2-1025)."""
    shown = [("patient", content.hidden_from_patient), ("legal-representatives", content.hidden_from_representatives)]
    hidden = [name for name, stands in shown if stands]
    if hidden:
        response[WARNING_HEADER] = "not-visible-to=" + ",".join(hidden)
    return response


@reading("GET", any_type=True)
def binary(request: HttpRequest, who: Actor, logical_id: str) -> Asked[Content]:
    """The bytes of a document. `Accept: application/fhir+json` asks for a Binary resource."""

    def answer(content: Content) -> HttpResponse:
        if _wants_binary(request, content.mime):
            data = base64.b64encode(content.data).decode()
            resource = {"resourceType": "Binary", "id": logical_id, "contentType": content.mime, "data": data}
            return _warned(fhir(resource), content)
        response = raw(content.data, content.mime)
        # Whatever the document holds, a browser that opens it here runs nothing of it.
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        response["Content-Disposition"] = "attachment"
        return _warned(response, content)

    return Asked(reading_content(ask(request, who, Act.READ), document_id(logical_id)), answer)


@view("GET", "PATCH")
def document_reference(request: HttpRequest, logical_id: str) -> HttpResponse:
    """One DocumentReference: read under the rules of reading the document itself, or changed by an act of TD3.3."""
    if request.method == "PATCH":
        return patched(request, document_id(logical_id))
    answer: HttpResponse = read_one.alone(request, logical_id)  # type: ignore[attr-defined]
    return answer


@reading("GET")
def read_one(request: HttpRequest, who: Actor, logical_id: str) -> Asked[bytes]:
    """One DocumentReference."""
    found = reading_metadata(ask(request, who, Act.READ), document_id(logical_id))
    return Asked(found, lambda resource: versioned(raw(stored(resource), FHIR_JSON), resource))


@reading("GET")
def document_reference_version(request: HttpRequest, who: Actor, logical_id: str, version: str) -> Asked[bytes]:
    """The version in force (vread). A former one is unknown: it would tell which codes a document once had."""

    def answer(resource: bytes) -> HttpResponse:
        if version != version_of(resource):
            raise Refusal(No.DOCUMENT_UNKNOWN)
        return versioned(raw(stored(resource), FHIR_JSON), resource)

    return Asked(reading_metadata(ask(request, who, Act.READ), document_id(logical_id)), answer)
