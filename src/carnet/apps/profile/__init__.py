"""The health profile of a record."""
