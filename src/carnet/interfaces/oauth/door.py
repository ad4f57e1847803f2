"""What every request of the authorisation server goes through: pages for people, JSON for software, and what an error becomes."""

from collections.abc import Callable
from functools import wraps

from authlib.oauth2.rfc6749 import OAuth2Error
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import override

from carnet.apps.access.api import told
from carnet.apps.storage.api import trouble_of
from carnet.kernel.refusal import Refusal
from carnet.pages import safety
from carnet.pages.door import status_of
from carnet.pages.safety import check_request, failure_reference, secure

View = Callable[..., HttpResponse]
CORS = {
    "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP, Accept",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS", "Access-Control-Max-Age": "600",
    "Access-Control-Expose-Headers": "WWW-Authenticate, DPoP-Nonce",
}  # fmt: skip
"""An application in a browser reads these answers from its own origin. No cookie of ours opens anything here."""


def render(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page."""
    shared: dict[str, object] = {"support": settings.LAW.support_line, "portal": settings.CARNET.espace_url}
    return HttpResponse(render_to_string(f"oauth/{name}.html", shared | context), status=status)


def failed_page(code: str, why: str) -> HttpResponse:
    """A request that cannot be sent back to any service: said here, to the person."""
    return render("failed", {"code": code, "why": why}, 400)


def set_cookie(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    """A cookie of the authorisation endpoint alone."""
    safety.set_cookie(response, name, value, seconds, settings.CARNET.oauth_url, "/authorize")


def page_view(*methods: str) -> Callable[[View], View]:
    """A view that answers a person."""

    def decorate(function: View) -> View:
        @wraps(function)
        def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
            with override("fr"):
                try:
                    if request.method not in methods:
                        return secure(HttpResponse(status=405))
                    check_request(request)
                    return secure(function(request, **kwargs))
                except Refusal as refusal:
                    context: dict[str, object] = {"told": told(refusal.code), "code": refusal.code,
                                                  "problem": refusal.details.get("problem", "")}  # fmt: skip
                    return secure(render("refused", context, status_of(refusal.code)))
                except Exception as error:
                    if trouble := trouble_of(error):
                        told_ = {"told": told(trouble.code), "code": trouble.code, "problem": ""}
                        return _later(secure(render("refused", told_, status_of(trouble.code))))
                    return secure(render("broken", {"reference": failure_reference(error)}, 500))

        return wrapped

    return decorate


def _later(response: HttpResponse) -> HttpResponse:
    response["Retry-After"] = "30"
    return response


def api_view(*methods: str) -> Callable[[View], View]:
    """A view that answers software: JSON, errors of RFC 6749 §5.2, and readable from the origin of an application."""

    def decorate(function: View) -> View:
        @wraps(function)
        def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
            response = _answer(request, function, methods, kwargs)
            for name, value in CORS.items():
                response[name] = value
            response.headers.setdefault("Cache-Control", "no-store")
            response["X-Content-Type-Options"] = "nosniff"
            return response

        return wrapped

    return decorate


def _answer(request: HttpRequest, function: View, methods: tuple[str, ...], kwargs: dict[str, str]) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method not in methods:
        return JsonResponse({"error": "invalid_request", "error_description": "This method is not spoken here"}, status=405)
    try:
        check_request(request)
        return function(request, **kwargs)
    except OAuth2Error as error:
        return JsonResponse(dict(error.get_body()), status=error.status_code or 400)
    except Refusal as refusal:
        return JsonResponse({"error": "invalid_request", "error_description": refusal.code}, status=400)
    except Exception as error:
        if trouble := trouble_of(error):
            # RFC 6749 §4.1.2.1 names it for the authorisation endpoint; the status says it to everybody.
            return _later(JsonResponse({"error": "temporarily_unavailable", "error_description": trouble.code}, status=503))
        return JsonResponse({"error": "server_error", "error_description": f"reference {failure_reference(error)}"}, status=500)
