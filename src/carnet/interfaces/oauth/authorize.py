"""`/authorize`: a service sends its person here; the portal asks them; the browser comes back and leaves with a code or a no.

OAuth 2.1 §4.1, SMART App Launch 2.2 (standalone and from the portal), RFC 9207 (`iss`), RFC 8707 (`resource`, and SMART's `aud`).
"""

from urllib.parse import urlencode

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from carnet.apps.catalogue import api as catalogue
from carnet.interfaces.oauth.door import failed_page, page_view, set_cookie
from carnet.interfaces.oauth.server import NO_STORE, SERVER, InvalidTargetError, Request, audience_of, request_of, with_parameters
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal

COOKIE = "carnet-oauth"
LASTS = 900
_KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method")


def _away(error: OAuth2Error, state: str) -> HttpResponse:
    """Send an error back to the service, at an address that is known to be its own; else say it here."""
    if not error.redirect_uri:
        return failed_page(str(error.error), str(error.description or ""))
    told = {"error": str(error.error), "error_description": str(error.description or ""), "state": state}
    return _sent(with_parameters(error.redirect_uri, **told, iss=settings.CARNET.oauth_url))


def _sent(address: str) -> HttpResponse:
    """Leave for a service, whatever the scheme of its address: it was registered."""
    response = HttpResponseRedirect("/")
    response["Location"] = address
    for name, value in NO_STORE.items():
        response[name] = value
    return response


def _checked(read: Request) -> tuple[catalogue.Service, str, str]:
    """Everything that can be checked before the person is asked. Returns service, scopes and resource. Raises OAuth2Error."""
    grant = SERVER.get_consent_grant(read)
    service = grant.request.client.service
    try:
        audience = audience_of(read.payload.data, read.payload.datalist, service)
    except InvalidTargetError as error:
        error.redirect_uri = read.payload.redirect_uri
        raise
    return service, str(grant.request.scope), audience


@page_view("GET")
def authorize(request: HttpRequest) -> HttpResponse:
    """Check the request, keep it, and go on to the portal."""
    read = request_of(request)
    try:
        service, scope, audience = _checked(read)
    except OAuth2Error as error:
        return _away(error, read.payload.state or "")
    at, data = moment(), read.payload.data
    if not service.connectable:
        raise Refusal(No.SERVICE_NOT_REFERENCED)
    kept = {name: data[name] for name in _KEPT if name in data} | {"scope": scope}
    if data.get("launch"):
        record = catalogue.launched(data["launch"], service.id, at)
        if record is None:
            lost = InvalidRequestError("This launch is over, or is another service's", redirect_uri=read.payload.redirect_uri)
            return _away(lost, read.payload.state or "")
        kept |= {"launch_record": str(record)}
    ticket, browser = catalogue.begin(service, read.payload.client_id, kept, audience, at)
    response = HttpResponseRedirect(f"{settings.CARNET.espace_url}/services/accord?{urlencode({'demande': ticket})}")
    set_cookie(response, COOKIE, browser, LASTS)
    return response


@page_view("GET")
def returned(request: HttpRequest) -> HttpResponse:
    """The person decided: leave for the service with a code, or with `access_denied`."""
    asked = request.GET
    done = catalogue.decided(asked.get("demande", ""), request.COOKIES.get(COOKIE, ""), asked.get("preuve", ""), moment())
    kept = done.asked.parameters
    # The request is read again as it was kept: a code is made for what was checked, never for what a browser brings back.
    read = Request("GET", "/authorize", {name: [value] for name, value in kept.items()}, {})
    try:
        grant = SERVER.get_consent_grant(read)
        response: HttpResponse = SERVER.create_authorization_response(read, done if done.granted else None, grant)
    except OAuth2Error as error:
        return _away(error, kept.get("state", ""))
    response["Location"] = with_parameters(response["Location"], iss=settings.CARNET.oauth_url)
    response.delete_cookie(COOKIE, path="/authorize")
    return response
