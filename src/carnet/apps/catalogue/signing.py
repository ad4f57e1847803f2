"""What the authorisation server signs: ID tokens (OpenID Connect Core 1.0 §2) and logout tokens (Back-Channel Logout 1.0 §2.4)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from joserfc import jws, jwt

from carnet.apps.storage.api import public_key_set, signing_key

PURPOSE = "service-tokens"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIVES = timedelta(minutes=5)


def public_keys() -> dict[str, object]:
    """The keys with which what is signed here is checked (`/jwks.json`)."""
    return public_key_set(PURPOSE)


def _signed(claims: dict[str, Any], kind: str = "JWT") -> str:
    key = signing_key(PURPOSE)
    return jwt.encode({"alg": "ES256", "kid": key.thumbprint(), "typ": kind}, claims, key, algorithms=["ES256"])


def id_token(subject: str, client_id: str, at: datetime, told: dict[str, Any]) -> str:
    """An ID token: who it is, under the number that this service alone knows."""
    claims = {"iss": settings.CARNET.oauth_url, "sub": subject, "aud": client_id, "iat": int(at.timestamp()),
              "exp": int((at + LIVES).timestamp())}  # fmt: skip
    return _signed(claims | {name: value for name, value in told.items() if value})


def logout_token(subject: str, session: str, client_id: str, at: datetime) -> str:
    """A logout token: what this service held for this person is over; for one session alone when it is named."""
    claims = {"iss": settings.CARNET.oauth_url, "sub": subject, "aud": client_id, "iat": int(at.timestamp()),
              "exp": int((at + timedelta(minutes=2)).timestamp()), "jti": str(uuid4()), "events": {LOGOUT_EVENT: {}}}  # fmt: skip
    return _signed(claims | ({"sid": session} if session else {}), "logout+jwt")


def detached(body: bytes) -> str:
    """The signature of a body that travels beside it (RFC 7797, unencoded payload): `header..signature`."""
    key = signing_key(PURPOSE)
    header = {"alg": "ES256", "kid": key.thumbprint(), "b64": False, "crit": ["b64"]}
    compact = jws.serialize_compact(header, body, key, algorithms=["ES256"])
    return compact if ".." in compact else "..".join((compact.split(".")[0], compact.rsplit(".", 1)[1]))
