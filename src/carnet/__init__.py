"""Carnet: an open-source shared health record."""

__version__ = "0.2.0"
