"""Drafts: what is typed is kept in the browser, encrypted, until the server has answered that it is saved.

The key comes with each page of the person and is kept by nobody: somebody else who signs in at the same browser has another key,
and finds nothing. The name of a draft says neither whose it is nor about whom.
"""

import base64
from dataclasses import dataclass

from carnet.apps.storage.api import blind_index


@dataclass(frozen=True, slots=True)
class Draft:
    """What a page tells its script: who signed in, whose record this is, and the key of their drafts (AES-256, base64)."""

    me: str
    whose: str
    key: str


def draft_of(door: str, person: str, whose: str) -> Draft:
    """Of a person at a door, for the record or the patient that the page is about."""
    me = blind_index("draft-who", f"{door}/{person}").hex()[:32]
    about = blind_index("draft-whose", f"{door}/{person}/{whose}").hex()[:32] if whose else ""
    return Draft(me, about, base64.b64encode(blind_index("draft-key", f"{door}/{person}")).decode())
