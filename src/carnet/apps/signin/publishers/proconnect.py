"""Relying party of a provider shaped like ProConnect: who signs in, and for which company (its SIRET).

ProConnect is the State's sign-in of people at work. Scopes and claims (`siret`, `usual_name`, `organizational_unit`) are recalled
from its public documentation, not confirmed: the issuer, the levels and the algorithms are settings.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from carnet.apps.signin.attempts import keep, refused, same_browser, take
from carnet.apps.signin.oidc import RelyingParty, Start, begin

CALLBACK = "/editeur/retour"
_SCOPE = "openid given_name usual_name email siret organizational_unit"


@dataclass(frozen=True, slots=True)
class PublisherStarted:
    """On the way to ProConnect."""

    start: Start
    browser: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """Somebody who acts for a company."""

    siret: str
    company: str
    name: str
    email: str


def party() -> RelyingParty:
    """The publishers' space at ProConnect."""
    config = settings.CARNET
    return RelyingParty(
        "ProConnect", config.proconnect_issuer, config.proconnect_client_id, config.proconnect_client_secret,
        tuple(config.proconnect_algorithms), tuple(config.proconnect_acr), f"{config.oauth_url}{CALLBACK}", _SCOPE,
    )  # fmt: skip


def start_publisher(at: datetime) -> tuple[str, str]:
    """Begin with ProConnect. Returns its address and the secret that the browser keeps in a cookie."""
    begun, browser = begin(), secrets.token_urlsafe(24)
    state = keep(PublisherStarted(begun, browser), at)
    return party().authorization_url(begun, state), browser


def return_publisher(state: str, code: str, browser: str, at: datetime) -> Publisher:
    """Come back from ProConnect. Raises Refusal `sign-in-refused`."""
    step = take(PublisherStarted, state, at)
    same_browser(step.browser, browser)
    _, info = party().identify(code, step.start)
    siret = "".join(str(info.get("siret", "")).split())
    if len(siret) != 14 or not siret.isdecimal() or not siret.isascii():
        raise refused("siret")
    name = " ".join(str(info.get(part, "")) for part in ("given_name", "usual_name")).strip()
    company = str(info.get("organizational_unit", "")) or siret
    return Publisher(siret, company[:160], name[:120] or str(info.get("email", ""))[:120], str(info.get("email", ""))[:200])
