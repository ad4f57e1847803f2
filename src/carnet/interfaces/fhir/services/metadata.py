"""What the door says of itself: `metadata`, and `.well-known/smart-configuration` (SMART App Launch 2.2, conformance)."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from carnet import __version__
from carnet.apps.catalogue import api as catalogue
from carnet.formats.fhir import Json
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.services.door import base, service_view
from carnet.interfaces.fhir.services.searching import OF_TYPE

CAPABILITIES = [
    "launch-standalone", "launch-ehr", "client-public", "client-confidential-symmetric", "client-confidential-asymmetric",
    "context-standalone-patient", "context-ehr-patient", "context-banner", "sso-openid-connect", "permission-patient",
    "permission-offline", "permission-online", "permission-v1", "permission-v2",
]  # fmt: skip


def smart_configuration() -> dict[str, object]:
    """The document."""
    issuer = settings.CARNET.oauth_url
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks.json",
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "registration_endpoint": f"{issuer}/register",
        "management_endpoint": f"{settings.CARNET.espace_url}/services",
        "grant_types_supported": list(catalogue.GRANTS),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": list(catalogue.AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(catalogue.ALGORITHMS),
        "scopes_supported": [*sorted(catalogue.PLAIN), *(f"patient/{t}.rs" for t in catalogue.FHIR_TYPES), "patient/Observation.c"],
        "capabilities": CAPABILITIES,
    }


@service_view("GET", any_type=True)
def smart(request: HttpRequest) -> HttpResponse:
    """Open to everybody."""
    return JsonResponse(smart_configuration())


@service_view("GET", any_type=True)
def protected_resource(request: HttpRequest) -> HttpResponse:
    """What this resource says of itself to any OAuth client (RFC 9728)."""
    return JsonResponse({
        "resource": base(), "authorization_servers": [settings.CARNET.oauth_url], "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256", "ES384", "RS256", "PS256"], "dpop_bound_access_tokens_required": False,
        "tls_client_certificate_bound_access_tokens": bool(settings.CARNET.oauth_card_url),
        "scopes_supported": smart_configuration()["scopes_supported"], "resource_name": "Carnet",
    })  # fmt: skip


_TYPES = {"patient": "reference", "date": "date"}


def _resource(name: str) -> Json:
    interactions = [{"code": "read"}] if name == "Patient" else [{"code": "read"}, {"code": "search-type"}]
    if name in ("Observation", "Subscription"):
        interactions.append({"code": "create"})
    names = ("patient", "_id", *(n for n in OF_TYPE.get(name, ()) if n != "_sort"))
    found: Json = {"type": name, "interaction": interactions}
    if name not in ("Patient", "Binary", "Subscription"):
        found["searchParam"] = [{"name": n, "type": _TYPES.get(n, "token")} for n in names]
    if name == "Patient":
        found["operation"] = [
            {"name": "summary", "definition": "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"},
            {"name": "export", "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export"},
        ]
    return found


@service_view("GET")
def metadata(request: HttpRequest) -> HttpResponse:
    """The CapabilityStatement, open to everybody."""
    oauth = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
    issuer = settings.CARNET.oauth_url
    security = {
        "cors": True,
        "service": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                 "code": "SMART-on-FHIR"}]}],
        "extension": [{"url": oauth, "extension": [
            {"url": "authorize", "valueUri": f"{issuer}/authorize"}, {"url": "token", "valueUri": f"{issuer}/token"},
            {"url": "register", "valueUri": f"{issuer}/register"}]}],
    }  # fmt: skip
    return fhir({
        "resourceType": "CapabilityStatement", "status": "active", "date": "2026-11-27", "kind": "instance", "fhirVersion": "4.0.1",
        "format": ["json"], "software": {"name": "Carnet", "version": __version__},
        "implementation": {"description": "Carnet, FHIR door of connected services", "url": base()},
        "rest": [{"mode": "server", "security": security, "resource": [_resource(n) for n in catalogue.FHIR_TYPES],
                  "interaction": [{"code": "transaction", "documentation": "one Observation, and a Device (API Mesures)"}]}],
    })  # fmt: skip
