"""WebPS, the portal of professionals."""
