"""What every request of a connected service goes through: its token and what it is bound to, scopes, and what an error becomes."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet.apps.catalogue import api as catalogue
from carnet.formats.fhir import Issue, operation_outcome
from carnet.interfaces.fhir.answers import fhir, refusal_answer
from carnet.interfaces.fhir.door import certificate, view
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal

CORS = {
    "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP, Accept, Prefer",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS", "Access-Control-Max-Age": "600",
    "Access-Control-Expose-Headers": "WWW-Authenticate, Content-Location, Location, Retry-After",
}  # fmt: skip
"""An application in a browser reads these answers from its own origin. No cookie opens anything here."""
View = Callable[..., HttpResponse]


def base() -> str:
    """Address of this door: the resource that tokens are for (RFC 8707)."""
    return f"{settings.CARNET.base_url}/services/fhir"


def _url(request: HttpRequest) -> str:
    """The public address of a request, as a proof of possession names it."""
    config = settings.CARNET
    by_certificate = urlsplit(config.base_url)._replace(scheme="https", netloc=request.get_host()).geturl()
    here = config.base_url if request.get_host() == urlsplit(config.base_url).netloc or not request.is_secure() else by_certificate
    return f"{here}{request.path}"


def caller(request: HttpRequest) -> catalogue.Call:
    """Who calls: the token, with what it is bound to. Raises Refusal."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token, at = token.strip(), moment()
    if scheme.lower() not in ("bearer", "dpop") or not token:
        raise Refusal(No.AUTHENTICATION_MISSING)
    proofs = []
    if scheme.lower() == "dpop":
        try:
            proofs.append(catalogue.check_dpop(request.headers.get("DPoP", ""), request.method or "", _url(request), at, token))
        except catalogue.ProofError:
            raise Refusal(No.AUTHENTICATION_MISSING) from None
    presented = certificate(request)
    if presented is not None and not presented.revoked:
        proofs.append(catalogue.bound_to_certificate(presented.thumbprint))
    return catalogue.call_of(token, base(), proofs, at)


def needs(call: catalogue.Call, name: str, letter: str) -> None:
    """The scopes of the token must let it (SMART). Raises Refusal `service-consent-missing`."""
    if not catalogue.permits(call.scopes, name, letter):
        raise Refusal(No.SERVICE_CONSENT_MISSING, {"scope": f"patient/{name}.{letter}"})


def own(call: catalogue.Call, number: str) -> None:
    """A patient that is named is the one of the token; any other number is refused alike, whoever it is (API Mesures: 403)."""
    if number not in (call.subject, f"Patient/{call.subject}", f"{base()}/Patient/{call.subject}"):
        raise Refusal(No.SERVICE_CONSENT_MISSING, {"problem": "patient"})


def service_view(*methods: str, any_type: bool = False) -> Callable[[View], View]:
    """A view of this door."""

    def decorate(function: View) -> View:
        inner = view(*methods, any_type=any_type)(_measured(function))

        @wraps(function)
        def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            response = HttpResponse(status=204) if request.method == "OPTIONS" else inner(request, **kwargs)
            for name, value in CORS.items():
                response[name] = value
            return response

        return wrapped

    return decorate


def _measured(function: View) -> View:
    """A measure that cannot be kept is told with its place: 422, and 409 for one that is there."""

    @wraps(function)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return function(request, **kwargs)
        except catalogue.MeasureError as error:
            issue = Issue("measure-refused", error.why, expression=error.where, kind="duplicate" if error.conflict else "invalid")
            return fhir(operation_outcome(issue), 409 if error.conflict else 422)

    return wrapped


__all__ = ["base", "caller", "needs", "own", "refusal_answer", "service_view"]
