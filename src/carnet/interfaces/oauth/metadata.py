"""What the server says of itself (RFC 8414, OpenID Connect Discovery 1.0, RFC 9207), and the keys with which it signs."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from carnet.apps.catalogue import api as catalogue
from carnet.interfaces.oauth.door import api_view


def metadata_of() -> dict[str, object]:
    """The metadata."""
    config = settings.CARNET
    base, card = config.oauth_url, config.oauth_card_url
    found: dict[str, object] = {
        "issuer": base,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "introspection_endpoint": f"{base}/introspect",
        "revocation_endpoint": f"{base}/revoke",
        "registration_endpoint": f"{base}/register",
        "jwks_uri": f"{base}/jwks.json",
        "scopes_supported": [*sorted(catalogue.PLAIN), *(f"patient/{t}.rs" for t in catalogue.OF_TYPE)],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(catalogue.GRANTS),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": list(catalogue.AUTH_METHODS),
        "token_endpoint_auth_signing_alg_values_supported": list(catalogue.ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": list(catalogue.AUTH_METHODS),
        "introspection_endpoint_auth_signing_alg_values_supported": list(catalogue.ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(catalogue.AUTH_METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": list(catalogue.ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "dpop_signing_alg_values_supported": ["ES256", "ES384", "RS256", "PS256"],
        "tls_client_certificate_bound_access_tokens": bool(card),
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "auth_time", "acr", "sid", "fhirUser"],
        "protected_resources": list(catalogue.resources()),
        "service_documentation": f"{base}/editeur",
        "ui_locales_supported": ["fr"],
    }
    if card:
        names = ("token", "introspect", "revoke")
        found["mtls_endpoint_aliases"] = {f"{_ENDPOINTS[n]}_endpoint": f"{card}/{n}" for n in names}
    return found


_ENDPOINTS = {"token": "token", "introspect": "introspection", "revoke": "revocation"}


@api_view("GET")
def metadata(request: HttpRequest) -> HttpResponse:
    """The metadata, open to everybody."""
    return JsonResponse(metadata_of())


@api_view("GET")
def keys(request: HttpRequest) -> HttpResponse:
    """The public keys."""
    return JsonResponse(catalogue.public_keys())
