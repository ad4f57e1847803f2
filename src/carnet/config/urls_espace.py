"""URL map of the process `espace`."""

from django.urls import include, path

urlpatterns = [path("", include("carnet.interfaces.espace.urls"))]
