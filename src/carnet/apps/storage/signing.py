"""Keys that sign for this installation, derived from the root key: every process has the same ones, none keeps them in a file."""

import base64
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

from carnet.apps.storage.keys import derived

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@cache
def signing_key(purpose: str) -> ECKey:
    """The key (P-256, for ES256) that signs for one purpose."""
    seed = int.from_bytes(derived(purpose) + derived(f"{purpose}/2"), "big")
    private = ec.derive_private_key(seed % (_ORDER - 1) + 1, ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    parts = {"x": numbers.x, "y": numbers.y, "d": private.private_numbers().private_value}
    encoded = {name: base64.urlsafe_b64encode(value.to_bytes(32, "big")).decode().rstrip("=") for name, value in parts.items()}
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", **encoded})


def public_key_set(purpose: str) -> dict[str, object]:
    """The public side of that key, as a set (JWKS)."""
    key = signing_key(purpose)
    return {"keys": [key.as_dict(private=False, kid=key.thumbprint(), use="sig", alg="ES256")]}
