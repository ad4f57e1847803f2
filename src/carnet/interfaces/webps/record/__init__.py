"""Pages of an open record."""
