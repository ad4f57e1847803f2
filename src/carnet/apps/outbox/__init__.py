"""Notices, written in the transaction of the writer."""
