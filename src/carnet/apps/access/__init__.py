"""Authorisations and the decision."""
