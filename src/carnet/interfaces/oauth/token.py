"""`/token`, `/introspect`, `/revoke`: a code or a refresh token becomes an access token; what one is worth; its end."""

import base64
import binascii
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import InvalidClientError, InvalidRequestError
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from carnet.apps.catalogue import api as catalogue
from carnet.interfaces.oauth.door import api_view
from carnet.interfaces.oauth.server import NO_STORE, SERVER, Client, Request, check_proof, request_of
from carnet.kernel.clock import moment

FORM = "application/x-www-form-urlencoded"


def _check_basic(header: str) -> None:
    """Refuse what is no name and password (RFC 7617): the library would fail on bytes that are no text."""
    scheme, _, told = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(told.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise InvalidClientError(description="Not a name and a password", status_code=401) from None
        if "\0" in name:
            raise InvalidClientError(description="Not a name and a password", status_code=401)


def _form(request: HttpRequest) -> Request:
    """A posted form. Parameters in the address, or twice, are refused: they would stand in logs, or be read in two ways."""
    if (request.content_type or "").lower() != FORM or request.GET:
        raise InvalidRequestError("Post a form, with nothing in the address")
    many = [name for name, values in request.POST.lists() if len(values) > 1 and name not in ("resource", "audience")]
    if many:
        raise InvalidRequestError("A parameter stands twice")
    _check_basic(request.headers.get("Authorization", ""))
    return request_of(request)


def _own_url(request: HttpRequest) -> str:
    """The public address of this request: of the server, or of its port for certificates."""
    config = settings.CARNET
    by_certificate = config.oauth_card_url and request.get_host() == urlsplit(config.oauth_card_url).netloc
    return f"{config.oauth_card_url if by_certificate else config.oauth_url}{request.path}"


@api_view("POST")
def token(request: HttpRequest) -> HttpResponse:
    """The token endpoint (RFC 6749 §3.2)."""
    read = _form(request)
    check_proof(read, "POST", _own_url(request))
    response: HttpResponse = SERVER.create_token_response(read)
    return response


def _client(read: Request) -> Client:
    client: Client = SERVER.authenticate_client(read, catalogue.AUTH_METHODS)
    return client


@api_view("POST")
def introspect(request: HttpRequest) -> HttpResponse:
    """What a token of the client that asks is worth now (RFC 7662)."""
    read = _form(request)
    client = _client(read)
    return JsonResponse(catalogue.introspected(client.client, read.form.get("token", ""), moment()), headers=NO_STORE)


@api_view("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token of the client that asks, and all that came of the same authorisation (RFC 7009)."""
    read = _form(request)
    client = _client(read)
    catalogue.revoke_token(client.client, read.form.get("token", ""), moment())
    return JsonResponse({}, headers=NO_STORE)
