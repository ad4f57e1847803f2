"""Files of the look: style sheets, one script, HTMX from its package. Their address carries their digest."""

import hashlib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from django.http import HttpRequest, HttpResponse

from carnet.interfaces.webps.door import public
from carnet.kernel.refusal import Refusal

_OWN = ("tokens.css", "base.css", "components.css", "webps.css", "webps.js", "icon.svg")
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@cache
def _files() -> dict[str, Traversable]:
    own = resources.files("carnet.interfaces.webps").joinpath("static")
    htmx = resources.files("django_htmx").joinpath("static/django_htmx/htmx-2.min.js")
    return {name: own.joinpath(name) for name in _OWN} | {"htmx.js": htmx}


@cache
def _content(name: str) -> tuple[str, bytes]:
    data = _files()[name].read_bytes()
    return hashlib.sha256(data).hexdigest()[:12], data


def address_of(name: str) -> str:
    """Where a page finds a file."""
    return f"/fichiers/{_content(name)[0]}/{name}"


@public("GET")
def file(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file of the look."""
    if name not in _files():
        raise Refusal("interaction-unknown", "interaction-unknown")
    response = HttpResponse(_content(name)[1], content_type=_TYPES[name.rpartition(".")[2]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
