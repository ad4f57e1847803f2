"""Simulators of national services that nobody can reach, each behind a small interface."""
