"""What a page says once after an act: told by the server in a sealed cookie, never by the address, which anybody can write.

The cookie names the page that says it and is taken away as soon as it was said: an address that is opened again, kept or sent to
somebody else says nothing. It is opened in the session in which it was made, and for two minutes: what it says may be a code of
invitation or a link, and the next person at the same browser is somebody else.
"""

import json
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from carnet.kernel.clock import moment
from carnet.pages import safety
from carnet.pages.sealed import opened_text, sealed_text

_SECONDS = 120
"""How long the next page may take to come."""


class Door(Protocol):
    """What a request of a door says about its cookie: the name, and the address of the door."""

    request: HttpRequest
    said_cookie: str

    @property
    def door_url(self) -> str:
        """The address of the door, as the settings say it now."""


def _context(asked: Door) -> str:
    """What the seal is bound to: the cookie, and the session beside it."""
    return f"{asked.said_cookie}/{asked.request.COOKIES.get(asked.said_cookie.removesuffix('-dit'), '')}"


def _set(asked: Door, response: HttpResponse, path: str, done: str, more: dict[str, str]) -> None:
    until = (moment() + timedelta(seconds=_SECONDS)).isoformat()
    told = {"path": urlsplit(path).path, "done": done, "more": more, "until": until}
    sealed = sealed_text(json.dumps(told), _context(asked))
    safety.set_cookie(response, asked.said_cookie, sealed, _SECONDS, asked.door_url)


def saying(asked: Door, path: str, done: str, **more: str) -> HttpResponseRedirect:
    """Go on to a page that says what was done. `done` is a key of the sentences in the door's `done.py`."""
    response = HttpResponseRedirect(path)
    if done:
        _set(asked, response, path, done, more)
    return response


def said_here(asked: Door) -> tuple[str, dict[str, str]]:
    """What this page has to say: a key, and what its undoing needs. Empty where there is nothing."""
    text = opened_text(asked.request.COOKIES.get(asked.said_cookie, ""), _context(asked))
    told = json.loads(text) if text else {}
    here = told.get("path") == asked.request.path and datetime.fromisoformat(told["until"]) > moment()
    return (str(told["done"]), dict(told["more"])) if here else ("", {})


def forgotten(asked: Door, response: HttpResponse) -> HttpResponse:
    """The answer that said it: it is said once."""
    if said_here(asked)[0]:
        response.delete_cookie(asked.said_cookie)
    return response


def onward_to(asked: Door, path: str) -> HttpResponseRedirect:
    """Go on to another page, which says what this one had to say."""
    done, more = said_here(asked)
    return saying(asked, path, done, **more)
