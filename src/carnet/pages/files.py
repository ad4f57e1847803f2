"""Files of the look: style sheets, scripts, HTMX from its package. Their address carries their digest."""

import hashlib
import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from django.http import HttpResponse

from carnet.kernel.refusal import No, Refusal

_OWN = (
    "tokens.css",
    "base.css",
    "webps.css",
    "components.css",
    "pages.css",
    "espace.css",
    "safe.js",
    "webps.js",
    "espace.js",
    "sheet.js",
    "card.js",
    "icon.svg",
)
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@cache
def _files() -> dict[str, Traversable]:
    own = resources.files("carnet.pages").joinpath("static")
    htmx = resources.files("django_htmx").joinpath("static/django_htmx/htmx-2.min.js")
    return {name: own.joinpath(name) for name in _OWN} | {"htmx.js": htmx}


_COMMENT, _BLANK = re.compile(r"/\*.*?\*/", re.S), re.compile(r"(?<=[{};,])\n|(?<=\n)\s+")


def _light(css: str) -> str:
    """A style sheet without what only its readers need: comments, indentation, ends of line."""
    lines = (line.strip() for line in _COMMENT.sub("", css).splitlines())
    return _BLANK.sub("", "\n".join(line for line in lines if line))


@cache
def _content(name: str) -> tuple[str, bytes]:
    data = _files()[name].read_bytes()
    data = _light(data.decode()).encode() if name.endswith(".css") else data
    return hashlib.sha256(data).hexdigest()[:12], data


def address_of(name: str) -> str:
    """Where a page finds a file."""
    return f"/fichiers/{_content(name)[0]}/{name}"


def file_of_look(name: str) -> HttpResponse:
    """A file of the look, for a door to answer with. Raises Refusal for another name."""
    if name not in _files():
        raise Refusal(No.INTERACTION_UNKNOWN)
    response = HttpResponse(_content(name)[1], content_type=_TYPES[name.rpartition(".")[2]])
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
