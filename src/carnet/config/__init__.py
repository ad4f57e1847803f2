"""Settings, URL maps and process entry points."""
