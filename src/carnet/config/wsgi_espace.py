"""Entry point of the process `espace`: a WSGI application with an URL map of its own."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
django.setup(set_prefix=False)


class Request(WSGIRequest):
    """A request of this door."""

    urlconf = "carnet.config.urls_espace"


class Door(WSGIHandler):
    """The door."""

    request_class = Request


application = Door()
