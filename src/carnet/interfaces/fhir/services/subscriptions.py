"""Subscriptions (R4 backport): create, list, read, end, `$status`, `$events`."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from carnet.apps.catalogue import api as catalogue
from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.reading import items, obj
from carnet.formats.timestamps import to_fhir
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import body
from carnet.interfaces.fhir.services.door import base, caller, needs, service_view
from carnet.kernel.clock import moment

_CONTENT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-payload-content"
_FHIR_JSON = "application/fhir+json"


def _resource(subscription: catalogue.Subscription) -> Json:
    found: Json = {
        "resourceType": "Subscription", "id": str(subscription.id), "status": subscription.state,
        "reason": "service connecté", "criteria": catalogue.topic_url(subscription.kind),
        "channel": {"type": "rest-hook", "endpoint": subscription.endpoint, "payload": _FHIR_JSON,
                    "_payload": {"extension": [{"url": _CONTENT, "valueCode": subscription.payload}]}},
    }  # fmt: skip
    return found | ({"end": to_fhir(subscription.ends_at)} if subscription.ends_at else {})


def _payload(channel: Json) -> str:
    extensions = items(obj(channel, "_payload", "Subscription.channel"), "extension", "Subscription.channel._payload")
    strange = [e for e in extensions if e.get("url") != _CONTENT]
    if strange or channel.get("payload", _FHIR_JSON) not in (_FHIR_JSON, "application/json"):
        raise FhirError("Subscription.channel.payload", "is JSON with one extension that says its content: nothing else is kept")
    found = next((e.get("valueCode") for e in extensions), "empty")
    if found not in ("empty", "id-only"):
        raise FhirError("Subscription.channel.payload", "is empty or id-only: data is read with a token, never pushed")
    return str(found)


_LONGEST_ENDPOINT = 300
_TAKEN = frozenset({"resourceType", "id", "meta", "text", "status", "reason", "criteria", "channel", "end"})
_TAKEN_OF_CHANNEL = frozenset({"type", "endpoint", "payload", "_payload", "header"})
"""What a subscription is read by; of `reason` and `text` this server writes its own."""
_LONGEST = timedelta(days=731)
"""No agreement lasts longer than a year."""


def _ends(told: Json) -> datetime | None:
    if "end" not in told:
        return None
    try:
        found = datetime.fromisoformat(str(told["end"]))
        if found.tzinfo is None:
            raise FhirError("Subscription.end", "must have a time zone")
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FhirError("Subscription.end", "is not an instant") from None
    if found <= moment():
        raise FhirError("Subscription.end", "has passed")
    if found > moment() + _LONGEST:
        raise FhirError("Subscription.end", "is more than two years away")
    return found


def _create(request: HttpRequest) -> HttpResponse:
    call, told, at = caller(request), body(request), moment()
    channel = told.get("channel", {})
    if told.get("resourceType") != "Subscription" or not isinstance(channel, dict) or channel.get("type") != "rest-hook":
        raise FhirError("Subscription.channel.type", "must be rest-hook")
    unknown = [n for n in told if n not in _TAKEN] + [f"channel.{n}" for n in channel if n not in _TAKEN_OF_CHANNEL]
    if unknown:
        raise FhirError(f"Subscription.{unknown[0]}", "is not kept by this server: leave it out")
    if told.get("status", "requested") not in ("requested", "active"):
        raise FhirError("Subscription.status", "must be requested")
    if channel.get("header"):
        raise FhirError("Subscription.channel.header", "is not kept: every call is signed, check Carnet-Signature instead")
    kind = catalogue.kind_of(str(told.get("criteria", "")))
    if not kind:
        raise FhirError("Subscription.criteria", "must be a topic of this server: …/services/fhir/SubscriptionTopic/[category]")
    needs(call, catalogue.CATEGORIES[kind].types[0], "s")
    endpoint = str(channel.get("endpoint", ""))
    if len(endpoint) > _LONGEST_ENDPOINT:
        raise FhirError("Subscription.channel.endpoint", f"is longer than {_LONGEST_ENDPOINT} characters")
    try:
        catalogue.check_address(endpoint)
    except ValueError as error:
        raise FhirError("Subscription.channel.endpoint", str(error)) from None
    if not catalogue.may_call(endpoint):
        raise FhirError("Subscription.channel.endpoint", "is not an address that is called from here")
    made = catalogue.subscribe(call, kind, endpoint, _payload(channel), _ends(told), at)
    response = fhir(_resource(made), 201)
    response["Location"] = f"{base()}/Subscription/{made.id}"
    return response


@service_view("GET", "POST")
def collection(request: HttpRequest) -> HttpResponse:
    """`POST Subscription`, or the client's own."""
    if request.method == "POST":
        return _create(request)
    if request.GET:
        raise FhirError(next(iter(request.GET))[:40], "is not a parameter of this search: it gives all of the client's own")
    found = catalogue.subscriptions_of(caller(request), moment())
    entries = [{"fullUrl": f"{base()}/Subscription/{s.id}", "resource": _resource(s), "search": {"mode": "match"}} for s in found]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return fhir(bundle | ({"entry": entries} if entries else {}))


@service_view("GET", "DELETE")
def one(request: HttpRequest, number: UUID) -> HttpResponse:
    """One of them: read, or ended."""
    call, at = caller(request), moment()
    if request.method == "DELETE":
        catalogue.unsubscribe(call, number, at)
        return HttpResponse(status=204)
    return fhir(_resource(catalogue.subscription_of(call, number, at)))


@service_view("GET", "POST")
def status(request: HttpRequest, number: UUID) -> HttpResponse:
    """`$status`."""
    at = moment()
    return fhir(catalogue.status_bundle(catalogue.subscription_of(caller(request), number, at), at))


def _number(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise FhirError(name, "must be a whole number")
    return int(text)


@service_view("GET", "POST")
def events(request: HttpRequest, number: UUID) -> HttpResponse:
    """`$events?eventsSinceNumber=…&eventsUntilNumber=…`: what was told, for a service that was away."""
    first, last = _number(request, "eventsSinceNumber", 1), _number(request, "eventsUntilNumber", 999_999_999)
    return fhir(catalogue.events_since(caller(request), number, first, last, moment()))
