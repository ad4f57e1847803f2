"""What an answer has the next page say."""

import json
from http.cookies import SimpleCookie

import httpx

from carnet.pages.sealed import opened_text


def said_by(answer: httpx.Response) -> dict[str, str]:
    """The key of the sentence as `done`, and what its undoing needs; nothing where nothing is said.

    It is opened in the session of the request, as the next page does.
    """
    sent = SimpleCookie(answer.request.headers.get("cookie", ""))
    for name, value in answer.cookies.items():
        held = sent.get(name.removesuffix("-dit")) if name.endswith("-dit") else None
        if held and (text := opened_text(value, f"{name}/{held.value}")):
            told = json.loads(text)
            assert told["path"] == answer.headers.get("location", answer.headers.get("HX-Redirect", "")).partition("?")[0]
            return {"done": told["done"], **told["more"]}
    return {}
