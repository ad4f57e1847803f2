"""`GET /fhir/openapi.json`: the door as an OpenAPI 3.1 description, generated from its routes and from the tables of its searches.

An address is in it because it is routed; a method because its view takes it; a parameter because a search reads it.
"""

import inspect
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, get_resolver

from carnet import __version__
from carnet.formats.fhir import Json
from carnet.interfaces.fhir.answers import raw
from carnet.interfaces.fhir.door import JSON_TYPES, MODE_HEADER, SITUATION_HEADER, view
from carnet.interfaces.fhir.lists import SUPPORTED as OF_LISTS
from carnet.interfaces.fhir.parameters import SUPPORTED
from carnet.interfaces.fhir.patch import FHIR, JSON_PATCH
from carnet.kernel.ask import Mode

_ROOT = "fhir"
_OPEN = frozenset({"fhir/metadata", "fhir/openapi.json"})
_PLACE = re.compile(r"<(?:str:)?(\w+)>")
_PATIENT = ("patient", "patient.identifier")
_SEARCHES: dict[str, Sequence[str]] = {
    "fhir/DocumentReference": SUPPORTED,
    "fhir/List": OF_LISTS,
    "fhir/Patient": ("identifier", "family", "given", "gender", "birthdate"),
}
"""Parameters of a search by its type; another type is searched by patient."""
_PRESENTATION = ("_elements", "_summary", "_pretty", "_format")
_VALUES: dict[str, Json] = {
    "_summary": {"type": "string", "enum": ["true", "text", "data", "count", "false"]},
    "_pretty": {"type": "string", "enum": ["true", "false"]},
    "_format": {"type": "string", "enum": ["json", *JSON_TYPES]},
    "_elements": {"type": "string", "pattern": "^[A-Za-z]+(,[A-Za-z]+)*$"},
    "_count": {"type": "integer", "minimum": 0, "maximum": 100},
    "isArchived": {"type": "string", "enum": ["true", "false"]},
    "new-since-last-visit": {"type": "string", "enum": ["true", "false"]},
}
"""What a parameter takes; any other takes a text that its search reads."""


def _text(description: str = "") -> Json:
    return {"type": "string"} | ({"description": description} if description else {})


def _query(name: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": _VALUES.get(name, _text())}


def _header(name: str, description: str, *values: str) -> Json:
    schema = _text() | ({"enum": list(values)} if values else {})
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _body(address: str, method: str) -> Json:
    """What a method takes: a search its parameters, a change a patch, anything else a resource."""
    resource: Json = {"schema": {"$ref": "#/components/schemas/Resource"}}
    if method == "patch":
        operations = {"schema": {"type": "array", "items": {"type": "object"}}}
        return {"required": True, "content": {JSON_PATCH: operations, FHIR: resource}}
    if address.endswith("/_search"):
        names = _SEARCHES.get(address.removesuffix("/_search"), _PATIENT)
        form: Json = {
            "type": "object",
            "properties": {name: _VALUES.get(name, _text()) for name in (*names, *_PRESENTATION)},
            "additionalProperties": False,
        }
        return {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form}, JSON_TYPES[1]: {"schema": form}},
        }
    return {"required": True, "content": {FHIR: resource}}


def _responses(address: str) -> Json:
    answer: Json = {FHIR: {"schema": {"$ref": "#/components/schemas/Resource"}}}
    if address == "fhir/openapi.json":
        answer = {"application/json": {"schema": {"type": "object"}}}
    if address.startswith("fhir/Binary/"):
        answer["*/*"] = {"schema": {"type": "string", "format": "binary"}}
    refused = {"description": "A refusal, with its code, a sentence and what to do next.",
               "content": {FHIR: {"schema": {"$ref": "#/components/schemas/OperationOutcome"}}}}  # fmt: skip
    return {
        "200": {"description": "Done.", "content": answer},
        "201": {"description": "Made.", "content": answer},
        "default": refused,
    }


def _operation(address: str, method: str, function: Any) -> Json:
    lines = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    places = _PLACE.findall(address)
    parameters: list[Json] = [{"name": name, "in": "path", "required": True, "schema": _text()} for name in places]
    if method == "get":
        searched = _SEARCHES.get(address, ()) if not places else ()
        parameters += [_query(name) for name in (*(n for n in searched if n not in _PATIENT[1:]), *_PRESENTATION)]
    if method == "patch":
        parameters.append(_header("If-Match", 'The version that the change is meant for, as `W/"1"`.'))
        parameters += [] if places else [_query("identifier"), _query("patient")]
    if address not in _OPEN:
        parameters.append(_header(MODE_HEADER, "The access mode.", *(mode.value for mode in Mode)))
        parameters.append(_header(SITUATION_HEADER, "The structure, for a card whose holder has several."))
    told: Json = {
        "operationId": f"{method}-{re.sub(r'[^A-Za-z0-9]+', '-', address).strip('-')}",
        "summary": lines[0].replace("\n", " "),
        "parameters": parameters,
        "responses": _responses(address),
        "security": [] if address in _OPEN else [{"bearer": []}, {"card": []}],
    }
    if len(lines) > 1:
        told["description"] = "\n\n".join(lines[1:])
    return told | ({"requestBody": _body(address, method)} if method in ("post", "put", "patch") else {})


def _routes() -> Iterator[tuple[str, Any]]:
    """The addresses under /fhir, and the view of each."""
    for pattern in get_resolver("carnet.interfaces.fhir.urls").url_patterns:
        address = str(pattern.pattern)
        if isinstance(pattern, URLPattern) and (address == _ROOT or address.startswith(f"{_ROOT}/")) and not address.endswith("/"):
            yield address, pattern.callback


def description() -> Json:
    """The OpenAPI description."""
    paths: dict[str, Json] = {}
    for address, function in _routes():
        methods = [method.lower() for method in getattr(function, "methods", ())]
        paths["/" + _PLACE.sub(r"{\1}", address)] = {method: _operation(address, method, function) for method in methods}
    resource = {"type": "object", "required": ["resourceType"], "properties": {"resourceType": _text()}}
    outcome = {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["severity", "code"]}},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Carnet, FHIR door",
            "version": __version__,
            "description": "FHIR R4: MHD 4.2, PDSm 3.1, PDSm4DMP. An INS never stands in an address: searches are posted. "
            "HEAD reads like GET.",
        },
        "servers": [{"url": settings.CARNET.base_url}],
        "paths": paths,
        "components": {
            "schemas": {"Resource": resource, "OperationOutcome": outcome},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "A token of /signin/token (Pro Santé Connect)."},
                "card": {"type": "mutualTLS", "description": "The certificate of a card or of a structure."},
            },
        },
    }


@view("GET", any_type=True)
def openapi(request: HttpRequest) -> HttpResponse:
    """This description, open to everybody."""
    return raw(json.dumps(description(), ensure_ascii=False).encode(), "application/json; charset=utf-8")
