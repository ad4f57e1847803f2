"""Codes that people copy by hand."""

import secrets

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def readable_code(length: int = 10) -> str:
    """A code without 0, O, 1, I or L: ten characters are fifty bits, which nobody guesses."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def as_typed(code: str) -> str:
    """A code as somebody types it: blanks and hyphens dropped, letters raised."""
    return "".join(c for c in code.upper() if c.isalnum())
