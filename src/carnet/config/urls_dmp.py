"""URL map of the process `dmp`."""

from django.urls import include, path

urlpatterns = [path("", include("carnet.interfaces.dmp.urls"))]
