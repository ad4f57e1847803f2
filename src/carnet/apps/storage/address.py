"""The address of the database: read by one parser, so that no parameter is lost between what signs in and what was written."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

_DJANGO = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def parameters(url: str, role: str) -> dict[str, Any]:
    """Every parameter of a database URL, `{role}` in it standing for the role of a process (libpq's names)."""
    return dict(conninfo_to_dict(url.replace("{role}", role)))


def django_database(url: str, role: str) -> dict[str, object]:
    """The same, as Django's `DATABASES` wants it: what it has no name for (sslmode, sslrootcert, options…) goes to the driver."""
    found = parameters(url, role)
    options = {name: value for name, value in found.items() if name not in _DJANGO}
    named = {_DJANGO[name]: value for name, value in found.items() if name in _DJANGO}
    return {"ENGINE": "django.db.backends.postgresql", "OPTIONS": options, **named}
