"""Carnet: an open-source shared health record."""

__version__ = "0.6.0"
