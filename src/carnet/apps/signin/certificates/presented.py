"""The client certificate of a connection: from the server that terminated TLS, or from a proxy of this machine."""

import ssl
from datetime import datetime
from urllib.parse import unquote

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from carnet.apps.signin.certificates.reading import Certificate, read_certificate
from carnet.kernel.refusal import No, Refusal

_OF_THIS_MACHINE = frozenset({"", "127.0.0.1", "::1"})


def presented(request: HttpRequest) -> bytes | None:
    """The certificate as it came (DER), not yet trusted; None without one."""
    connection = request.environ.get("gunicorn.socket") if isinstance(request, WSGIRequest) else None
    if isinstance(connection, ssl.SSLSocket):
        return connection.getpeercert(binary_form=True)
    header = settings.CARNET.certificate_header
    passed = request.headers.get(header, "") if header else ""
    if not passed or request.META.get("REMOTE_ADDR", "") not in _OF_THIS_MACHINE:
        return None
    try:
        return ssl.PEM_cert_to_DER_cert(unquote(passed))
    except ValueError:
        raise Refusal(No.CERTIFICATE_REFUSED, {"problem": "not a certificate"}) from None


def certificate_of(request: HttpRequest, at: datetime) -> Certificate | None:
    """The client certificate, read and checked. None without one; raises Refusal for one that is not trusted."""
    der = presented(request)
    return read_certificate(der, at) if der else None
