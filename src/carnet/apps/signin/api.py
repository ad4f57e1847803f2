"""Public face of sign-in: the flow of a professional through Pro Santé Connect, and the actor of a token."""

from carnet.apps.signin.flow import Choice, Request, choose, exchange, register_software, returned, start
from carnet.apps.signin.pkce import challenge_of
from carnet.apps.signin.sessions import SignedIn, actor_of, end_session, open_session

__all__ = [
    "Choice",
    "Request",
    "SignedIn",
    "actor_of",
    "challenge_of",
    "choose",
    "end_session",
    "exchange",
    "open_session",
    "register_software",
    "returned",
    "start",
]
