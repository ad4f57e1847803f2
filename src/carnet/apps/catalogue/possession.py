"""Proof of possession: a token serves only with the key (DPoP, RFC 9449) or the certificate (RFC 8705) that it is bound to."""

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from carnet.apps.catalogue import tokens
from carnet.apps.storage.api import unit

FRESH = timedelta(seconds=60)
_FAR = 2**53
ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA"]
_KINDS: dict[str, type[ECKey] | type[RSAKey]] = {"EC": ECKey, "RSA": RSAKey}


class ProofError(ValueError):
    """A proof that does not hold; it says which check failed, never a value."""


def thumbprint(digest: bytes) -> str:
    """A SHA-256 as these standards write it."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def bound_to_certificate(digest: bytes) -> str:
    """What a token bound to a certificate keeps (x5t#S256)."""
    return f"x5t:{thumbprint(digest)}"


def _header(proof: str) -> dict[str, Any]:
    try:
        header = dict(jws.extract_compact(proof.encode()).headers())
    except (JoseError, ValueError, UnicodeError):
        raise ProofError("not a JWT") from None
    jwk = header.get("jwk")
    if header.get("typ") != "dpop+jwt" or header.get("alg") not in ALGORITHMS or not isinstance(jwk, dict):
        raise ProofError("typ, alg or jwk")
    if "d" in jwk or jwk.get("kty") not in _KINDS:
        raise ProofError("jwk")
    return header


def check_dpop(proof: str, method: str, url: str, at: datetime, token: str = "") -> str:
    """Check a DPoP proof for one request (RFC 9449 §4.3). Returns what a token bound to its key keeps. Raises ProofError.

    A proof serves once, within a minute. `token`: the access token that it comes with, at a resource.
    """
    header = _header(proof)
    try:
        key = _KINDS[header["jwk"]["kty"]].import_key(header["jwk"])
        claims = jwt.decode(proof, key, algorithms=ALGORITHMS, registry=_REGISTRY).claims
    except (JoseError, ValueError, KeyError, TypeError):
        raise ProofError("signature") from None
    made, number = claims.get("iat"), claims.get("jti")
    if not isinstance(made, int) or abs(made) > _FAR or abs(at.timestamp() - made) > FRESH.total_seconds():
        raise ProofError("iat")
    if not isinstance(number, str) or not 8 <= len(number) <= 200:
        raise ProofError("jti")
    if claims.get("htm") != method or _address(str(claims.get("htu", ""))) != _address(url):
        raise ProofError("htm or htu")
    digest = thumbprint(hashlib.sha256(token.encode()).digest())
    if token and not secrets.compare_digest(str(claims.get("ath", "")).encode(), digest.encode()):
        raise ProofError("ath")
    jkt = key.thumbprint()
    with unit() as work:
        if tokens.seen_before(work, f"dpop/{jkt}/{number}", at + 2 * FRESH):
            raise ProofError("jti: this proof was used")
    return f"jkt:{jkt}"


def first_use(name: str, until: float) -> bool:
    """Whether something that serves once comes for the first time. `until`: seconds of the epoch at which it is over anyway."""
    with unit() as work:
        return not tokens.seen_before(work, name, datetime.fromtimestamp(until, UTC) + FRESH)


_REGISTRY = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)


def _address(url: str) -> tuple[str, str, str]:
    """An address without its query and fragment, as §4.3 compares them."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ProofError("htu") from None
    return parts.scheme.lower(), parts.netloc.lower(), parts.path
