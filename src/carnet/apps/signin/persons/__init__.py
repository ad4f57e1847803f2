"""Persons: their accounts, passkeys, sessions and ways in."""
