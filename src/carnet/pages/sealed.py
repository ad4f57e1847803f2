"""Texts that stand in an address or a form without saying what they say: sealed, and opened in one context only."""

import base64
import binascii

from cryptography.exceptions import InvalidTag

from carnet.apps.storage.api import derived, seal, unseal


def sealed_text(text: str, context: str) -> str:
    """A text for an address, which only this context opens."""
    return base64.urlsafe_b64encode(seal(derived("webps-patient"), text.encode(), context.encode())).decode().rstrip("=")


def opened_text(sealed: str, context: str) -> str | None:
    """What `sealed_text` sealed; None for anything else."""
    try:
        raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != sealed:
            # The same bytes in another spelling: what was ended under one would be opened by the other.
            return None
        return unseal(derived("webps-patient"), raw, context.encode()).decode()
    except (binascii.Error, ValueError, InvalidTag):
        return None
