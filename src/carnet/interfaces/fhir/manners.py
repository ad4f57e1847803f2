"""How an answer is asked to look, whatever it holds: `_elements`, `_summary`, `_pretty`, ETag, HEAD (FHIR R4 §3.1.0, §3.2.1).

What is left out is said: a resource that is not whole bears the tag SUBSETTED.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict

from carnet.formats.fhir import FhirError, Json
from carnet.kernel.refusal import No, Refusal

PRESENTATION = frozenset({"_format", "_pretty", "_elements"})
"""Parameters that select nothing: `_summary` is one too, but for `count`."""
_SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}
_MANDATORY = {
    "DocumentReference": ("status", "content"),
    "List": ("status", "mode"),
    "AuditEvent": ("type", "recorded", "agent", "source"),
    "Immunization": ("status", "vaccineCode", "patient", "occurrenceDateTime", "occurrenceString"),
    "ImmunizationRecommendation": ("patient", "date", "recommendation"),
    "Appointment": ("status", "participant"),
    "Binary": ("contentType",),
}
"""Elements that a resource cannot do without: they stay, whatever is asked for (§3.2.1.6.8.1)."""
_SUMMARY = {
    "DocumentReference": (
        "masterIdentifier", "identifier", "status", "docStatus", "type", "category", "subject", "date", "author", "relatesTo",
        "description", "securityLabel", "content", "extension",
    ),
    "List": ("identifier", "status", "mode", "title", "code", "subject", "encounter", "date", "source", "extension"),
}  # fmt: skip
"""Elements of a summary, and the extensions; contained resources come with what refers to them."""
_CONTAINED = re.compile(r'"reference": "(#[^"]*)"')
_VERSION = re.compile(rb'"versionId":"(\d{1,9})"')
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


@dataclass(frozen=True, slots=True)
class Presentation:
    """How the answer is to look."""

    elements: tuple[str, ...] = ()
    summary: str = "false"
    pretty: bool = False

    @property
    def plain(self) -> bool:
        """Whether nothing of it changes an answer."""
        return not (self.elements or self.pretty or self.summary in ("true", "text", "data"))


def _one_of(values: Iterable[str], name: str, allowed: Sequence[str]) -> str:
    found = next(iter(values), allowed[0])
    if found not in allowed:
        raise FhirError(name, f"must be one of {', '.join(allowed)}")
    return found


def presentation_of(data: QueryDict) -> Presentation:
    """Read how the answer is to look. Raises FhirError."""
    names = (name.strip() for value in data.getlist("_elements") for name in value.split(","))
    elements = tuple(name.partition(".")[2] or name for name in names)
    summary = _one_of(data.getlist("_summary"), "_summary", ("false", "true", "text", "data", "count"))
    pretty = _one_of(data.getlist("_pretty"), "_pretty", ("false", "true")) == "true"
    if elements and summary in ("true", "text", "data"):
        raise FhirError("_elements", "does not stand beside _summary")
    return Presentation(tuple(filter(None, elements)), summary, pretty)


def without_presentation(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters that select something."""
    return [(name, value) for name, value in pairs if name not in PRESENTATION and (name != "_summary" or value == "count")]


def presentation_pairs(data: QueryDict) -> list[tuple[str, str]]:
    """The parameters that say how an answer is to look: those that its next page takes over."""
    return [(name, value) for name, values in data.lists() for value in values if not without_presentation([(name, value)])]


def _kept(resource: Json, asked: Presentation) -> Json:
    kind = str(resource.get("resourceType", ""))
    always = ("resourceType", "id", "meta", *_MANDATORY.get(kind, ()))
    narrowing = bool(asked.elements) or asked.summary in ("true", "text", "data")
    if not narrowing or kind == "OperationOutcome" or (asked.elements and kind not in _MANDATORY):
        return resource
    if asked.elements:
        kept = {*always, *asked.elements}
    elif asked.summary == "text":
        kept = {*always, "text"}
    elif asked.summary == "data":
        kept = set(resource) - {"text"}
    else:
        kept = {*always, *_SUMMARY.get(kind, tuple(resource))}
    left = {name: value for name, value in resource.items() if name in kept}
    if len(left) == len(resource):
        return resource
    if asked.summary != "data":
        left = _with_contained(resource, left)
    meta = resource.get("meta", {})
    return left | {"meta": meta | {"tag": [*meta.get("tag", []), _SUBSETTED]}}


def _with_contained(resource: Json, left: Json) -> Json:
    """What is left of a resource, with those contained resources that it refers to, and those that these refer to (dom-3)."""
    held = {f"#{one['id']}": one for one in resource.get("contained", [])}
    named, asked = dict[str, Json](), _references({name: value for name, value in left.items() if name != "contained"})
    while asked:
        reference = asked.pop()
        if reference in held and reference not in named:
            named[reference] = held[reference]
            asked |= _references(held[reference])
    left = {name: value for name, value in left.items() if name != "contained"}
    contained = [one for reference, one in held.items() if reference in named]
    return left | ({"contained": contained} if contained else {})


def _references(node: object) -> set[str]:
    return set(_CONTAINED.findall(json.dumps(node)))


def _narrowed(resource: Json, asked: Presentation) -> Json:
    if resource.get("resourceType") != "Bundle":
        return _kept(resource, asked)
    entries = [e | {"resource": _kept(e["resource"], asked)} if "resource" in e else e for e in resource.get("entry", [])]
    return resource | ({"entry": entries} if entries else {})


def presented(response: HttpResponse, asked: Presentation) -> HttpResponse:
    """The answer as it was asked to look. What is no FHIR JSON, and what is refused, stays as it is."""
    json_ = response.headers.get("Content-Type", "").startswith(("application/fhir+json", "application/json"))
    if asked.plain or not json_ or response.streaming or response.status_code >= 300:
        return response
    narrowed = _narrowed(json.loads(response.content), asked)
    separators = None if asked.pretty else (",", ":")
    response.content = json.dumps(narrowed, ensure_ascii=False, indent=2 if asked.pretty else None, separators=separators).encode()
    return response


def versioned(response: HttpResponse, resource: bytes) -> HttpResponse:
    """The answer with the version of its resource as ETag (§3.1.0.1.3)."""
    found = _VERSION.search(resource)
    if found:
        response["ETag"] = f'W/"{found.group(1).decode()}"'
    return response


def version_of(resource: bytes) -> str:
    """The version that a stored resource states."""
    found = _VERSION.search(resource)
    return found.group(1).decode() if found else ""


def if_match(request: HttpRequest) -> str:
    """The version that a change is meant for (§3.1.0.5); empty without one. Raises Refusal for what is no version."""
    stated = request.headers.get("If-Match", "").strip()
    if stated in ("", "*"):
        return ""
    found = _ETAG.fullmatch(stated)
    if found is None:
        raise Refusal(No.METADATA_VERSION_MISMATCH, {"fields": "If-Match"})
    return found.group(1)


def lenient(request: HttpRequest) -> bool:
    """Whether parameters that are not known may be passed over: `Prefer: handling=lenient` (§3.1.1.2). By default they are not."""
    preferences = (part.strip().lower().replace(" ", "") for part in request.META.get("HTTP_PREFER", "").split(","))
    return any(part.split(";")[0] == "handling=lenient" for part in preferences)


def headed(response: HttpResponse) -> HttpResponse:
    """An answer to HEAD: what GET would answer, without its body."""
    length = len(response.content)
    response.content = b""
    response["Content-Length"] = str(length)
    return response
