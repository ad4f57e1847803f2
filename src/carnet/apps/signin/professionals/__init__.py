"""Professionals and their software: Pro Santé Connect, the portal, tokens, sessions and devices."""
