"""TD3.3a-d (PDSm flux 03/04): `PATCH DocumentReference/id`, and the guide's conditional `PATCH DocumentReference?identifier=…`.

JSON Patch and FHIRPath Patch are read. The answer is the changed resource, or an OperationOutcome for an author who
may act on an own document without being allowed to read the record.
"""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from carnet.apps.records.api import named_document, patch_document
from carnet.formats.fhir import (
    FhirError,
    Issue,
    Json,
    act_of,
    operation_outcome,
    parse_json,
    parse_tree,
    read_fhirpath_patch,
    read_json_patch,
)
from carnet.formats.fhir.patch import Patch
from carnet.interfaces.fhir.answers import FHIR_JSON, fhir, raw, stored
from carnet.interfaces.fhir.door import ask, authenticated, whole
from carnet.interfaces.fhir.manners import if_match, versioned
from carnet.interfaces.fhir.parameters import identifiers, pairs_of
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal

JSON_PATCH, FHIR = "application/json-patch+json", "application/fhir+json"
AGREEMENT_HEADER = "Carnet-Minor-Agreed"
"""`true` states that the minor's agreement to show a document to the representatives was asked for and noted."""


def _patch(request: HttpRequest) -> Patch:
    received = whole(request, JSON_PATCH, FHIR)
    if (request.content_type or "").lower() == FHIR:
        return read_fhirpath_patch(parse_json(received))
    return read_json_patch(parse_tree(received))


def _record_of(reference: str) -> UUID | None:
    try:
        return UUID(reference.removeprefix("Patient/")) if reference else None
    except ValueError:
        raise FhirError("patient", "must be Patient/id") from None


def _named(request: HttpRequest, question: Ask) -> UUID:
    """The document of a conditional update: `identifier`, and `patient=Patient/id` where two records use the same."""
    unknown = {name for name, _ in pairs_of(request.GET)} - {"identifier", "patient"}
    if unknown or len(identifiers(request.GET.get("identifier", ""))) != 1:
        raise FhirError("identifier", "must name one document: PATCH DocumentReference?identifier=system|value")
    (name,) = identifiers(request.GET["identifier"])
    if "\x00" in name:
        raise FhirError("identifier", "is not a value of this parameter")
    # An entryUUID is stored bare, a uniqueId that is a UUID as a URN.
    names = dict.fromkeys((name, name.removeprefix("urn:uuid:")))
    return named_document(question, tuple(names), _record_of(request.GET.get("patient", "")))


def _act(patch: Patch, version: str, resource: Json) -> Act | None:
    """The act of a patch that is meant for this version. Raises Refusal `metadata-version-mismatch` (412)."""
    if version and version != resource["meta"]["versionId"]:
        raise Refusal(No.METADATA_VERSION_MISMATCH, {"fields": "If-Match"})
    return act_of(patch, resource)


def patched(request: HttpRequest, logical_id: UUID, named: bool = False) -> HttpResponse:
    """Do the act that the patch asks for, and answer the resource as it is now."""
    patch = _patch(request)
    agreed = request.headers.get(AGREEMENT_HEADER, "").strip().lower() == "true"
    question, act_asked = ask(request, authenticated(request), Act.READ), partial(_act, patch, if_match(request))
    done = patch_document(question, logical_id, act_asked, agreed, named)
    if done.resource is not None:
        return versioned(raw(stored(done.resource), FHIR_JSON), done.resource)
    told = Issue("done", gettext("L'acte est fait."), severity="information", kind="informational")
    return fhir(operation_outcome(told))


def conditional(request: HttpRequest) -> HttpResponse:
    """`PATCH DocumentReference?identifier=…`."""
    question = ask(request, authenticated(request), Act.READ)
    _patch(request)
    return patched(request, _named(request, question), named=True)
