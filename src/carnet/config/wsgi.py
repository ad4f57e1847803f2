"""The doors over HTTP: start, the check of the root key, and the addresses of the interface that the process serves."""

import os

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from carnet.config.doors import BY_NAME
from carnet.config.processes import prepare


def door(name: str) -> WSGIHandler:
    """The WSGI application of the process `name`. Ends the process, with a sentence, when its keys are not the database's."""
    prepare(name)

    class Request(WSGIRequest):
        urlconf = f"carnet.interfaces.{BY_NAME[name].interface}.urls"

    class Door(WSGIHandler):
        request_class = Request

    return Door()


def __getattr__(name: str) -> WSGIHandler:
    """`application`: the door of the process that the environment names, as servers ask for it."""
    if name != "application":
        raise AttributeError(name)
    return door(os.environ["CARNET_PROCESS"])
