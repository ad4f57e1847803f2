"""A passkey without a browser: makes and proves credentials as an authenticator does (WebAuthn level 2, §6.1, attestation `none`)."""

import base64
import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """One credential, on one origin."""

    def __init__(self, origin: str, party: str) -> None:
        self.origin, self.party, self.id = origin, party, os.urandom(16)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _data(self, flags: int, more: bytes = b"") -> bytes:
        return hashlib.sha256(self.party.encode()).digest() + bytes([flags]) + bytes(4) + more

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(PRESENT | VERIFIED | ATTESTED, attested)
        response = {"clientDataJSON": _text(self._client("webauthn.create", options)),
                    "attestationObject": _text(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data}))}  # fmt: skip
        return {"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response}

    def prove(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        client, data = self._client("webauthn.get", options), self._data(PRESENT | VERIFIED)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {"clientDataJSON": _text(client), "authenticatorData": _text(data), "signature": _text(signature)}
        return {"id": _text(self.id), "rawId": _text(self.id), "type": "public-key", "response": response}
