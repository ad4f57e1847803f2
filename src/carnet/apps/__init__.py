"""The apps: each owns its tables and offers one `api.py`."""
