"""Interfaces: speak a protocol, decide nothing."""
