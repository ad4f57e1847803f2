"""What the doors over HTTP share: start, the check of the root key, and an URL map of their own."""

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

from carnet.config.processes import check_keys, prepare


def door(name: str) -> WSGIHandler:
    """The WSGI application of the process `name`. Ends the process, with a sentence, when its keys are not the database's."""
    prepare()
    check_keys(name)

    class Request(WSGIRequest):
        urlconf = f"carnet.config.urls_{name}"

    class Door(WSGIHandler):
        request_class = Request

    return Door()
