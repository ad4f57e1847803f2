"""What production refuses of the settings, all of it at once: whoever sets one right should not meet the next one after."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from carnet.config.environment import Environment

DEMONSTRATION_SECRET = "carnet-demonstration-secret"  # noqa: S105 (it opens the simulator, and production refuses it)
_HERE = ("127.0.0.1", "localhost", "::1")
_PROVIDERS = {"psc": "Pro Santé Connect", "proconnect": "ProConnect", "franceconnect": "FranceConnect+"}
_PORTALS = ("webps_url", "espace_url", "operator_url", "oauth_url")


def _of_simulators(config: "Environment") -> dict[str, str]:
    return {
        "vitale": "simulator est refusé en production : un simulateur ne lit aucune carte" if config.vitale == "simulator" else "",
        "insi": "simulator est refusé en production : un simulateur ne connaît que des identités d'essai"
        if config.insi == "simulator" else "",
    }  # fmt: skip


def _of_providers(config: "Environment") -> dict[str, str]:
    found = {}
    for short, name in _PROVIDERS.items():
        issuer = urlsplit(getattr(config, f"{short}_issuer"))
        if getattr(config, f"{short}_client_secret") == DEMONSTRATION_SECRET:
            found[f"{short}_client_secret"] = f"est celui de la démonstration : donnez celui de {name}"
        if issuer.scheme != "https" or issuer.hostname in _HERE:
            found[f"{short}_issuer"] = f"est une adresse de simulateur : donnez celle de {name}, en https"
    return found


def _of_addresses(config: "Environment") -> dict[str, str]:
    found = {name: "doit commencer par https:// en production : les sessions n'y vont pas en clair"
             for name in _PORTALS if urlsplit(getattr(config, name)).scheme != "https"}  # fmt: skip
    if config.smtp_security == "none" and config.smtp_host not in _HERE:
        found["smtp_security"] = "none est refusé en production pour un serveur de courrier d'une autre machine"
    if config.mss_route_security == "none" and any(r.rpartition(":")[0] not in _HERE for r in config.mss_routes.values()):
        found["mss_route_security"] = "none est refusé en production vers une autre machine que celle-ci"
    return found


def _of_tolerance(config: "Environment") -> dict[str, str]:
    return {
        "vendor_kit": "est refusé en production : il laisse passer des signatures faibles et des contradictions"
        if config.vendor_kit else "",
        "service_calls_private": "est refusé en production : un service dit quelle adresse est appelée"
        if config.service_calls_private else "",
    }  # fmt: skip


def unfit(config: "Environment") -> list[str]:
    """What is refused in production, a line for each setting; empty for settings that fit, and for another environment."""
    if config.environment != "production":
        return []
    found = _of_simulators(config) | _of_providers(config) | _of_addresses(config) | _of_tolerance(config)
    return [f"CARNET_{name.upper()} : {why}" for name, why in found.items() if why]
