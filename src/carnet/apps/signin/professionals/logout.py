"""Back-channel logout (OpenID Connect Back-Channel Logout 1.0): Pro Santé Connect says that a session is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

from carnet.apps.signin.attempts import refused
from carnet.apps.signin.professionals import psc
from carnet.apps.storage.api import blind_index, unit

EVENT = "http://schemas.openid.net/event/backchannel-logout"
ACCEPTED_FOR = timedelta(minutes=10)


def _check(claims: dict[str, Any], at: datetime) -> None:
    """§2.6: an event, no nonce, a session or a subject, an identifier, and a recent date."""
    events = claims.get("events")
    if not isinstance(events, dict) or EVENT not in events:
        raise refused("logout_token: events")
    if "nonce" in claims:
        raise refused("logout_token: nonce")
    if not claims.get("sid") and not claims.get("sub"):
        raise refused("logout_token: sid or sub")
    if not claims.get("jti"):
        raise refused("logout_token: jti")
    if abs(at - datetime.fromtimestamp(int(claims["iat"]), UTC)) > ACCEPTED_FOR:
        raise refused("logout_token: iat")


def backchannel_logout(token: str, at: datetime) -> int:
    """End the sessions that a logout token names. Returns how many. Raises Refusal `sign-in-refused`; then none ends."""
    claims = psc.logout_claims(token, at)
    _check(claims, at)
    with unit() as work:
        once = work.row("SELECT signin_use_once(%s, %s)", blind_index("jti", str(claims["jti"])), at + 2 * ACCEPTED_FOR)
        if once is None or not once[0]:
            raise refused("logout_token: used before")
        row = work.row("SELECT signin_provider_ended(%s, %s, %s)", str(claims.get("sid", "")), str(claims.get("sub", "")), at)
    return int(row[0]) if row else 0
