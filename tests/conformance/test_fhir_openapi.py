"""The OpenAPI description of the FHIR door: what is routed is in it, and whatever it allows is answered, never with a 5xx.

Schemathesis makes requests out of the served description, always the same ones: a failure is no chance.
"""

import json
from collections import Counter
from typing import Any

import httpx
import pytest
import schemathesis
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from support.people import client, deposit, patient

from carnet.desk.client import token_of
from carnet.interfaces.fhir.openapi import description

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12
"""Requests for each operation: 30 operations in some ten seconds."""
OPERATIONS = [(path, method) for path, methods in description().get("paths", {}).items() for method in methods]


@pytest.fixture(scope="module")
def served(door: str) -> dict[str, Any]:
    """The description as everybody gets it."""
    answer = httpx.get(f"{door}/fhir/openapi.json")
    assert answer.status_code == 200
    return dict(answer.json())


def test_every_address_of_the_door_is_described_with_the_methods_that_it_takes(served: dict[str, Any]) -> None:
    described = {path: set(methods) for path, methods in served["paths"].items()}
    routed = {}
    for pattern in get_resolver("carnet.interfaces.fhir.urls").url_patterns:
        address = str(pattern.pattern)
        if isinstance(pattern, URLPattern) and (address == "fhir" or address.startswith("fhir/")) and not address.endswith("/"):
            path = "/" + address.replace("<str:", "{").replace(">", "}")
            routed[path] = {method.lower() for method in pattern.callback.methods}
    assert described == routed and len(routed) > 20
    assert served["openapi"].startswith("3.1") and json.dumps(served)
    for methods in served["paths"].values():
        for told in methods.values():
            assert told["summary"] and told["operationId"] and told["responses"]["default"]
    assert len({told["operationId"] for methods in served["paths"].values() for told in methods.values()}) == len(OPERATIONS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_described_is_answered(door: str, served: dict[str, Any], path: str, method: str) -> None:
    person, record_id = patient("treating")
    document = str(deposit(person))
    software = client(door, "treating")
    schema, told = schemathesis.openapi.from_dict(served), Counter[int]()

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def fuzz(case: Any) -> None:
        if told.total() % 2:
            # Half of them about somebody who is there: what stands behind a name that nobody has is soon seen.
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, document)
            if isinstance(case.body, dict) and path.endswith("/_search"):
                case.body |= {"patient.identifier": token_of(person.ins), "status": "current"}
            if method == "get" and "patient" in {p["name"] for p in served["paths"][path]["get"]["parameters"]}:
                case.query = {name: value for name, value in (case.query or {}).items() if name.startswith("_")}
                case.query |= {"patient": f"Patient/{record_id}", "status": "current"}
        answer = case.call(base_url=door, headers=dict(case.headers or {}) | software.headers() | {"Accept": "*/*"})
        told[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS)

    given(case=schema[path][method.upper()].as_strategy())(fuzz)()
    assert told.total() >= 10
    if method == "get" and not path.endswith(("{list_id}", "{version}")):
        assert told[200], "something was read"
