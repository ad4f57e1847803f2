"""What makes an answer of a portal safe: its headers, where its forms come from, what no form of ours sends."""

import logging
import re
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError

from carnet.apps.storage.api import blind_index
from carnet.kernel.refusal import No, Refusal

log = logging.getLogger("carnet.pages")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing comes from elsewhere and nothing runs inline; the page frames only documents of this door."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1c\x1e\x1f\ud800-\udfff]")


def secure(response: HttpResponse) -> HttpResponse:
    """The headers of every answer: nothing is kept, framed, guessed or sent on."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def form_token(door: str, token: str) -> str:
    """What a form of this session carries: nobody else can write it (security.md, cross-site requests)."""
    return blind_index(f"{door}-form", token).hex()[:32]


def foreign(request: HttpRequest, own_url: str) -> bool:
    """Whether a form comes from another site: browsers say where a form was, and its token says whose it is."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin", "")
    try:
        own = f"{request.scheme}://{request.get_host()}"
    except DisallowedHost:
        # The name of no host: nothing of ours was asked under it.
        return True
    return site not in ("same-origin", "none") or bool(origin and origin not in (own, own_url))


def check_request(request: HttpRequest) -> None:
    """What no form of ours sends is refused before anything looks at it: too much, unreadable, or with control characters."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > settings.CARNET.max_request_bytes:
        raise Refusal(No.REQUEST_TOO_LARGE)
    try:
        values = [v for data in (request.GET, request.POST) for _, found in data.lists() for v in found]
    except (SuspiciousOperation, MultiPartParserError, UnreadablePostError):
        raise Refusal(No.REQUEST_MALFORMED) from None
    if any(_CONTROL.search(str(value)) for value in (request.path, *values)):
        raise Refusal(No.REQUEST_MALFORMED)


def set_cookie(response: HttpResponse, name: str, value: str, seconds: int, door_url: str, path: str = "/") -> None:
    """A cookie that scripts cannot read and that other sites do not send."""
    secured = door_url.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", path=path, secure=secured)


def local_path(path: str, home: str) -> str:
    """A path of this portal to go on to, or its first page."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return home
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and "\\" not in path
    return path if safe else home


def failure_reference(error: Exception) -> str:
    """Log a failure and return its reference. The exception's text may carry values: only its type is logged."""
    reference = uuid4().hex[:12]
    log.error("door-failure reference=%s type=%s", reference, type(error).__name__)
    if settings.DEBUG:
        log.exception("door-failure-trace reference=%s", reference)
    return reference
