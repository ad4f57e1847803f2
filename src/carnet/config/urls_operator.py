"""URL map of the process `operator`."""

from django.urls import include, path

urlpatterns = [path("", include("carnet.interfaces.operator.urls"))]
