"""Entry point of the process `dmp`: a WSGI application with an URL map of its own."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
django.setup(set_prefix=False)


class Request(WSGIRequest):
    """A call of the DMP door."""

    urlconf = "carnet.config.urls_dmp"


class Door(WSGIHandler):
    """The door of professionals' software."""

    request_class = Request


application = Door()
