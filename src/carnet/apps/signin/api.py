"""Public face of sign-in: Pro Santé Connect, cards and certificates, tokens of software, sessions and devices."""

from carnet.apps.signin.cards import actor_of_certificate
from carnet.apps.signin.certificates import Certificate, read_certificate
from carnet.apps.signin.devices import (
    KnownDevice,
    OpenSession,
    cut_device,
    cut_session,
    devices,
    label_of,
    sessions,
)
from carnet.apps.signin.exchange import ACCESS_TOKEN, GRANT, exchange_token
from carnet.apps.signin.flow import Choice, Request, choose, exchange, register_software, returned, start
from carnet.apps.signin.logout import backchannel_logout
from carnet.apps.signin.pkce import challenge_of
from carnet.apps.signin.portal import (
    Identified,
    PortalSession,
    act_for,
    choose_situation,
    end_portal_session,
    leave_for_card,
    poll_mobile,
    portal_session,
    prefer,
    return_psc,
    start_card,
    start_mobile,
    start_psc,
    take_card,
)
from carnet.apps.signin.presented import certificate_of, presented
from carnet.apps.signin.sessions import TIMERS, SignedIn, actor_of, end_session, open_session

__all__ = [
    "ACCESS_TOKEN",
    "GRANT",
    "TIMERS",
    "Certificate",
    "Choice",
    "Identified",
    "KnownDevice",
    "OpenSession",
    "PortalSession",
    "Request",
    "SignedIn",
    "act_for",
    "actor_of",
    "actor_of_certificate",
    "backchannel_logout",
    "certificate_of",
    "challenge_of",
    "choose",
    "choose_situation",
    "cut_device",
    "cut_session",
    "devices",
    "end_portal_session",
    "end_session",
    "exchange",
    "exchange_token",
    "label_of",
    "leave_for_card",
    "open_session",
    "poll_mobile",
    "portal_session",
    "prefer",
    "presented",
    "read_certificate",
    "register_software",
    "return_psc",
    "returned",
    "sessions",
    "start",
    "start_card",
    "start_mobile",
    "start_psc",
    "take_card",
]
