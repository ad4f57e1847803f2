"""URL map of the process `webps`."""

from django.urls import include, path

urlpatterns = [path("", include("carnet.interfaces.webps.urls"))]
