"""URL map of the process `fhir`."""

from django.urls import include, path

urlpatterns = [path("", include("carnet.interfaces.fhir.urls"))]
