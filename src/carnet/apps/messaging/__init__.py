"""Secure messaging between a person and professionals."""
