"""`GET /fhir/metadata`: what this door does, from the same tables as the code."""

from collections.abc import Sequence

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet import __version__
from carnet.formats.fhir import Json
from carnet.formats.fhir.systems import PDSM
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import view
from carnet.interfaces.fhir.lists import SUPPORTED as OF_LISTS
from carnet.interfaces.fhir.parameters import SUPPORTED

_CONTROL = frozenset({"_count", "_sort", "_total", "_offset"})
_TYPES = {"date": "date", "creation": "date", "period": "date", "period-start": "date", "period-end": "date",
          "_lastUpdated": "date", "author.family": "string", "author.given": "string", "patient": "reference",
          "source.family": "string", "source.given": "string",
          "relatesto": "reference"}  # fmt: skip


def _parameters(names: Sequence[str]) -> list[Json]:
    return [{"name": name, "type": _TYPES.get(name, "token")} for name in names if name not in _CONTROL]


def _operations(*names: str) -> list[Json]:
    return [{"name": name, "definition": f"https://carnet.example/OperationDefinition/Patient-{name}"} for name in names]


_PATIENT: list[Json] = [{"name": name, "type": _TYPES.get(name, "token")} for name in ("patient", "patient.identifier")]


def capability_statement() -> Json:
    """The CapabilityStatement."""
    resources: list[Json] = [
        {
            "type": "DocumentReference",
            "supportedProfile": [f"{PDSM}/pdsm-comprehensive-document-reference", f"{PDSM}/pdsm-simplified-publish"],
            "interaction": [{"code": "read"}, {"code": "search-type"}, {"code": "create"}, {"code": "patch"}],
            "searchParam": _parameters(SUPPORTED),
        },
        {"type": "List", "interaction": [{"code": "read"}, {"code": "search-type"}], "searchParam": _parameters(OF_LISTS)},
        {
            "type": "AuditEvent",
            "interaction": [{"code": "search-type"}],
            "searchParam": _parameters(("patient", "patient.identifier")),
        },
        {"type": "Binary", "interaction": [{"code": "read"}]},
        {"type": "Immunization", "interaction": [{"code": "create"}, {"code": "search-type"}], "searchParam": _PATIENT},
        {"type": "ImmunizationRecommendation", "interaction": [{"code": "search-type"}], "searchParam": _PATIENT},
        {
            "type": "Appointment",
            "interaction": [{"code": "create"}, {"code": "update"}, {"code": "search-type"}],
            "searchParam": _PATIENT,
        },
        {
            "type": "Patient",
            "interaction": [{"code": "search-type"}],
            "searchParam": [{"name": "identifier", "type": "token"}],
            "operation": _operations("authorize", "withdraw", "emergency-access", "match", "immds-forecast"),
        },
    ]
    security = {
        "description": "Bearer token of a professional, got by /signin/authorize through Pro Santé Connect or by token exchange; "
        "or the client certificate of a card or of a structure."
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-23",
        "kind": "instance",
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "patchFormat": ["application/json-patch+json", "application/fhir+json"],
        "software": {"name": "Carnet", "version": __version__},
        "implementation": {"description": "Carnet, FHIR door", "url": f"{settings.CARNET.base_url}/fhir"},
        "rest": [
            {
                "mode": "server",
                "security": security,
                "resource": resources,
                "interaction": [{"code": "transaction", "documentation": "ITI-65 Provide Document Bundle"}],
                "operation": [
                    {
                        "name": "immds-forecast",
                        "definition": "http://hl7.org/fhir/us/immds/OperationDefinition/ImmDSForecastOperation",
                    }
                ],
            }
        ],
    }


@view("GET")
def metadata(request: HttpRequest) -> HttpResponse:
    """The CapabilityStatement, open to everybody."""
    return fhir(capability_statement())
