"""The conversation as a state machine: who may start, who may answer, what a mail opens, ends and opens again.

Plain Python: it reads no table and knows no protocol. Each rule bears its number in the rules of Mon espace santé (CIT, INB).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carnet.formats.mss import Closing, domain_of
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No

PERSON_MOST_BYTES = 5 * 1024 * 1024
"""All attachments of one message of a person (CIT-07)."""
INBOUND_MOST_BYTES = 25 * 1024 * 1024
"""A whole mail to a person (INB-03)."""
PERSON_MEDIA = frozenset({"image/tiff", "image/jpeg", "image/png", "text/plain", "application/pdf", "application/rtf",
                          "application/msword"})  # fmt: skip
"""What a person may attach (CIT-07)."""


class Reply(StrEnum):
    """What a person may do with a message (CIT-06)."""

    NEW_MESSAGE = "NEW_MESSAGE"
    REPLY = "REPLY"
    REPLY_TO_ALL = "REPLY_TO_ALL"
    REPLY_BLOCKED = "REPLY_BLOCKED"
    NO_REPLY = "NO_REPLY"


@dataclass(frozen=True, slots=True)
class Link:
    """What a correspondent is to the person: whether they wrote, are a pharmacy they went to, ended it, or are blocked."""

    wrote: bool = False
    pharmacy: bool = False
    ended_at: datetime | None = None
    """When the correspondent ended every exchange (`[FIN]`)."""
    blocked_at: datetime | None = None
    """When the person chose to get nothing more from them."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The state of one thread."""

    ended_at: datetime | None = None
    answerable: bool = True
    """Whether somebody reads the answers: not those to an automatic message."""


def obstacle(address: str, patient_domain: str, link: Link | None, exchange: Exchange | None = None) -> No | None:
    """What keeps a person from writing to an address, in a thread or in a new one; None when they may."""
    if domain_of(address) == patient_domain.lower():
        return No.MESSAGE_BETWEEN_PERSONS
    if link is None or not (link.wrote or link.pharmacy) or link.blocked_at:
        return No.MESSAGE_CORRESPONDENT_UNKNOWN
    if link.ended_at or (exchange is not None and exchange.ended_at):
        return No.MESSAGE_ENDED
    return None


def reply_of(link: Link, exchange: Exchange | None, recipients: int = 1) -> Reply:
    """What the person may do in a thread (CIT-06); without one, whether they may begin another."""
    if link.blocked_at or link.ended_at or (exchange and exchange.ended_at):
        return Reply.REPLY_BLOCKED
    if exchange is None:
        return Reply.NEW_MESSAGE if link.wrote or link.pharmacy else Reply.NO_REPLY
    if not exchange.answerable:
        return Reply.NO_REPLY
    return Reply.REPLY_TO_ALL if recipients > 1 else Reply.REPLY


def after_mail(link: Link, exchange: Exchange, closing: Closing, at: datetime) -> tuple[Link, Exchange]:
    """What a mail of the correspondent makes of the exchange: it opens again (CIT-05), or ends (INB-04, INB-05).

    Whoever is blocked gets no mail through, so a mail never lifts a block.
    """
    if closing is Closing.ALL:
        return replace(link, wrote=True, ended_at=at), replace(exchange, ended_at=at)
    if closing is Closing.THREAD:
        return replace(link, wrote=True), replace(exchange, ended_at=at)
    return replace(link, wrote=True, ended_at=None), replace(exchange, ended_at=None)


def signature(author: str, person: str, kind: str) -> str:
    """The line under a message that somebody else wrote for the person (CIT-09); empty for the person's own."""
    roles = {"carer": "l’aidant", "representative": "le représentant légal"}
    return f"Ce message a été rédigé par {author}, {roles[kind]} de {person}." if kind in roles else ""
