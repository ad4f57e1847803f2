"""Entry point of the process `webps`: a WSGI application with an URL map of its own."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
django.setup(set_prefix=False)


class Request(WSGIRequest):
    """A request of the portal."""

    urlconf = "carnet.config.urls_webps"


class Portal(WSGIHandler):
    """The portal of professionals."""

    request_class = Request


application = Portal()
