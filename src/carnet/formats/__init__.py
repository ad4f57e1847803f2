"""Codecs: bytes to dataclasses and back."""
