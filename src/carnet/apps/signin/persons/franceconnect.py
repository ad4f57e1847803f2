"""Relying party of a provider shaped like FranceConnect+: code flow with PKCE, level eIDAS substantial, and the pivot identity.

Parameters and claims are those of the public documentation of FranceConnect (identité pivot). FranceConnect+ also encrypts its
tokens for the client (JWE), which is not done here: see docs/divergences/psc.md.
"""

from dataclasses import dataclass

from django.conf import settings

from carnet.apps.signin.attempts import refused
from carnet.apps.signin.oidc import RelyingParty, Start
from carnet.kernel.traits import Traits

CALLBACK = "/connexion/retour"
_SCOPE = "openid given_name family_name birthdate gender birthplace birthcountry"
_SEX = {"male": "M", "female": "F"}


@dataclass(frozen=True, slots=True)
class Pivot:
    """Who signed in: the subject at the provider, and the pivot identity as strict traits."""

    subject: str
    traits: Traits


def party() -> RelyingParty:
    """The patients' portal at FranceConnect+."""
    config = settings.CARNET
    return RelyingParty(
        "FranceConnect+", config.franceconnect_issuer, config.franceconnect_client_id, config.franceconnect_client_secret,
        tuple(config.franceconnect_algorithms), tuple(config.franceconnect_acr), f"{config.espace_url}{CALLBACK}", _SCOPE,
    )  # fmt: skip


def authorization_url(start: Start, state: str) -> str:
    """Where the browser is sent."""
    return party().authorization_url(start, state)


def identify(code: str, start: Start) -> Pivot:
    """Exchange the code and check everything. Raises Refusal `sign-in-refused` with the check that failed."""
    subject, info = party().identify(code, start)
    traits = Traits(
        str(info.get("family_name", "")), str(info.get("given_name", "")), _SEX.get(str(info.get("gender", "")), ""),
        str(info.get("birthdate", "")), str(info.get("birthplace", "")),
    )  # fmt: skip
    if not subject or not traits.birth_name or not traits.birth_date:
        raise refused("pivot identity")
    return Pivot(subject, traits)
