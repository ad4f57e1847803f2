"""Addresses of the DMP door."""

from django.http import HttpRequest, HttpResponseBase
from django.urls import path, re_path

from carnet.interfaces.dmp.door import faulted
from carnet.interfaces.dmp.errors import fault_of
from carnet.interfaces.dmp.services import service
from carnet.interfaces.dmp.wsdl import PREFIX
from carnet.kernel.refusal import No, Refusal


def nothing_here(request: HttpRequest) -> HttpResponseBase:
    """Any other address."""
    return faulted(request, fault_of(Refusal(No.OPERATION_UNKNOWN)))


urlpatterns = [
    path(f"{PREFIX}/", service),
    path(f"{PREFIX}", service),
    path(f"{PREFIX}/<str:name>", service),
    path(f"{PREFIX}/<str:name>/", service),
    re_path(r"^.*$", nothing_here),
]
