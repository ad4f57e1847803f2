"""Addresses of the FHIR door."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import include, path, re_path, resolve

from carnet.interfaces.fhir import (
    appointments,
    audit,
    capability,
    deposit,
    immunizations,
    lists,
    match,
    openapi,
    patient,
    retrieve,
    search,
    signin,
)
from carnet.interfaces.fhir.door import view
from carnet.interfaces.fhir.services.metadata import protected_resource
from carnet.interfaces.fhir.services.urls import root
from carnet.kernel.refusal import No, Refusal


@view("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address."""
    raise Refusal(No.INTERACTION_UNKNOWN)


def slashed(request: HttpRequest, address: str) -> HttpResponseBase:
    """An address with a slash at its end is the address without it."""
    found = resolve(f"/{address}")
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    return answer


urlpatterns = [
    path("fhir/metadata", capability.metadata),
    path("fhir/openapi.json", openapi.openapi),
    path("fhir", deposit.provide_bundle),
    path("fhir/", deposit.provide_bundle),
    path("fhir/Patient/_search", patient.post_search),
    path("fhir/Patient/$match", match.match),
    path("fhir/Patient/$authorize", patient.authorize),
    path("fhir/Patient/$withdraw", patient.withdraw),
    path("fhir/Patient/$emergency-access", patient.emergency_access),
    path("fhir/DocumentReference", deposit.document_references),
    path("fhir/DocumentReference/_search", search.post_search),
    path("fhir/DocumentReference/<str:logical_id>", retrieve.document_reference),
    path("fhir/DocumentReference/<str:logical_id>/_history/<str:version>", retrieve.document_reference_version),
    path("fhir/List", lists.get_search),
    path("fhir/List/_search", lists.post_search),
    path("fhir/List/<str:list_id>", lists.read),
    path("fhir/AuditEvent/_search", audit.post_search),
    path("fhir/$immds-forecast", immunizations.forecast),
    path("fhir/Patient/$immds-forecast", immunizations.forecast_of_record),
    path("fhir/Immunization", immunizations.create),
    path("fhir/Immunization/_search", immunizations.search),
    path("fhir/ImmunizationRecommendation/_search", immunizations.recommendations),
    path("fhir/Appointment", appointments.create),
    path("fhir/Appointment/_search", appointments.search),
    path("fhir/Appointment/<str:number>", appointments.update),
    path("fhir/Binary/<str:logical_id>", retrieve.binary),
    path("signin/authorize", signin.authorize),
    path("signin/callback", signin.callback),
    path("signin/situation", signin.situation),
    path("signin/token", signin.token),
    path("signin/revoke", signin.revoke),
    path("signin/backchannel-logout", signin.backchannel),
    path("signin/sessions", signin.own_sessions),
    path("signin/sessions/cut", signin.cut),
    path("services/fhir", root),
    path("services/fhir/", include("carnet.interfaces.fhir.services.urls")),
    path(".well-known/oauth-protected-resource/services/fhir", protected_resource),
    re_path(r"^(?P<address>fhir/.*[^/])/$", slashed),
    re_path(r"^.*$", nothing_here),
]
