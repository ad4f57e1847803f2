"""`/register`: software of a referenced service registers a client (RFC 7591), looks at it and ends it (RFC 7592)."""

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from carnet.apps.catalogue import api as catalogue
from carnet.interfaces.oauth.door import api_view
from carnet.kernel.clock import moment

_STATUS = {"invalid_token": 401, "access_denied": 403}
LARGEST = 20_000


def _bearer(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _told(client: catalogue.Client) -> dict[str, object]:
    """What is registered: what is absent here was not kept."""
    found = {name: value for name, value in client.metadata.items() if value not in ("", None, [])}
    return found | {
        "client_id": client.client_id, "client_id_issued_at": int(client.made_at.timestamp()),
        "registration_client_uri": f"{settings.CARNET.oauth_url}/register/{client.client_id}",
    }  # fmt: skip


def _refused(error: catalogue.RegistrationError) -> HttpResponse:
    return JsonResponse({"error": error.code, "error_description": error.why}, status=_STATUS.get(error.code, 400))


@api_view("POST")
def register(request: HttpRequest) -> HttpResponse:
    """Register a client, with an initial access token that the publisher took from their space."""
    if len(request.body) > LARGEST:
        return _refused(catalogue.RegistrationError("invalid_client_metadata", "too large"))
    try:
        told = json.loads(request.body)
        metadata = catalogue.read_metadata(told)
        made = catalogue.register(_bearer(request), metadata, moment())
    except (ValueError, RecursionError) as error:
        known = isinstance(error, catalogue.RegistrationError)
        return _refused(error if known else catalogue.RegistrationError("invalid_client_metadata", "not JSON"))  # type: ignore[arg-type]
    answer = _told(made.client) | {"registration_access_token": made.registration}
    if made.secret:
        answer |= {"client_secret": made.secret, "client_secret_expires_at": 0}
    left = sorted(set(told) - set(made.client.metadata))
    # What was sent and is not kept is named (RFC 7591 §2 lets a server leave out what it does not know).
    return JsonResponse(answer | ({"not_kept": left} if left else {}), status=201)


@api_view("GET", "DELETE")
def own(request: HttpRequest, client_id: str) -> HttpResponse:
    """A client by its own registration access token: read, or ended with everything that it holds."""
    client = catalogue.own_client(client_id, _bearer(request))
    if client is None:
        return _refused(catalogue.RegistrationError("invalid_token", "this registration access token does not hold"))
    if request.method == "DELETE":
        catalogue.end_client(client, moment())
        return HttpResponse(status=204)
    return JsonResponse(_told(client))
