"""What an answer has the next page say."""

import json

import httpx

from carnet.pages.sealed import opened_text


def said_by(answer: httpx.Response) -> dict[str, str]:
    """The key of the sentence as `done`, and what its undoing needs; nothing where nothing is said."""
    for name, value in answer.cookies.items():
        if name.endswith("-dit") and (text := opened_text(value, name)):
            told = json.loads(text)
            assert told["path"] == answer.headers.get("location", answer.headers.get("HX-Redirect", "")).partition("?")[0]
            return {"done": told["done"], **told["more"]}
    return {}
