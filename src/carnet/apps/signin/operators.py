"""Operators enter by a single-use link that is made on the server itself: whoever may run commands there may open the pages."""

from dataclasses import dataclass
from datetime import datetime

from carnet.apps.signin.attempts import keep, take


@dataclass(frozen=True, slots=True)
class OperatorLink:
    """Whom a link lets in."""

    name: str


def operator_link(name: str, at: datetime) -> str:
    """The token of a link for an operator, alive for ten minutes, once."""
    # Two spellings of one name are no two operators: four eyes are counted by it.
    return keep(OperatorLink(" ".join(name.split())[:60]), at)


def take_operator_link(token: str, at: datetime) -> str:
    """The name of the operator of a link. Raises Refusal when it is used, unknown or too old."""
    return take(OperatorLink, token, at).name
