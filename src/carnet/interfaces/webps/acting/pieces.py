"""Files of a deposit: what came with the form, and what was read before and waits for it."""

import json
from dataclasses import dataclass

from carnet.apps.storage.api import leave, waiting
from carnet.interfaces.webps.door import Asked
from carnet.kernel.copies import replace
from carnet.pages.proposing import Proposal, propose, taken
from carnet.pages.sealed import opened_text, sealed_text

MOST_FILES = 20
PIECE = "piece"
"""The field of a file that waits: its token and its name, sealed for whoever left it."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file, what names it in the form, and what is proposed for it."""

    was: str
    """What names its fields in the form that came."""
    data: bytes
    proposal: Proposal
    piece: str = ""
    """The value of its field, once it waits here."""
    token: str = ""
    """What names its fields in the next form: it waits here under this token."""


def _context(asked: Asked) -> str:
    return f"piece/{asked.actor.key}"


def sent(asked: Asked) -> list[Received]:
    """Files that came with this request."""
    on, files = asked.today, asked.request.FILES.getlist("fichiers")[:MOST_FILES]
    read = ((str(n), str(f.name or ""), taken(f.read())) for n, f in enumerate(files))
    return [Received(was, data, propose(name, data, asked.actor, on)) for was, name, data in read]


def left_waiting(asked: Asked, received: list[Received]) -> list[Received]:
    """The same files: those that may be deposited wait from now on, and are not sent again with the form."""
    return [one if one.piece or one.proposal.problem else _left(asked, one) for one in received]


def _left(asked: Asked, one: Received) -> Received:
    token = leave(asked.actor.key, one.data)
    piece = sealed_text(json.dumps({"token": token, "name": one.proposal.name}), _context(asked))
    return replace(one, piece=piece, token=token)


def kept(asked: Asked) -> list[Received]:
    """Files that wait for this form."""
    found = []
    for value in asked.request.POST.getlist(PIECE)[:MOST_FILES]:
        told = json.loads(opened_text(value, _context(asked)) or "{}")
        data = waiting(asked.actor.key, str(told.get("token", "")))
        if data is not None:
            proposal = propose(told["name"], data, asked.actor, asked.today)
            found.append(Received(told["token"], data, proposal, value, told["token"]))
    return found
