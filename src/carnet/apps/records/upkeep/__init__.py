"""What the host does to whole records: checks, derived indexes, export and import, sweeping."""
