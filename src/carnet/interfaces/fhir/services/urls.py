"""Addresses of the FHIR door of connected services, below `/services/fhir`."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from carnet.interfaces.fhir.services import exporting, metadata, reading, subscriptions, writing


def root(request: HttpRequest) -> HttpResponse:
    """The root: a transaction."""
    return writing.transaction(request)


def typed(request: HttpRequest, name: str) -> HttpResponse:
    """A type: searched by GET, created by POST where it is written at all."""
    if request.method == "POST" and name == "Observation":
        return writing.create(request)
    return reading.typed(request, name=name)


urlpatterns = [
    path("", root),
    path(".well-known/smart-configuration", metadata.smart),
    path("metadata", metadata.metadata),
    path("Patient/$summary", reading.summary),
    path("Patient/<str:number>/$summary", reading.summary),
    path("Patient/$export", exporting.kick_off),
    path("Patient/<str:number>/$export", exporting.kick_off),
    path("export/<str:ticket>", exporting.status),
    path("export/<str:ticket>/<str:name>.ndjson", exporting.file),
    path("Subscription", subscriptions.collection),
    path("Subscription/<uuid:number>", subscriptions.one),
    path("Subscription/<uuid:number>/$status", subscriptions.status),
    path("Subscription/<uuid:number>/$events", subscriptions.events),
    path("Binary/<str:number>", reading.binary),
    path("<str:name>", typed),
    path("<str:name>/_search", reading.search),
    path("<str:name>/<str:number>", reading.read),
]
