"""Executor and record scope, blobs, record keys."""
