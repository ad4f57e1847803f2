"""PKCE (RFC 7636): the challenge of a verifier, method S256."""

import base64
import hashlib


def challenge_of(verifier: str) -> str:
    """BASE64URL(SHA-256(verifier)), without padding (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("ascii", "replace")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
