"""What processes share: start, and a loop that ends when it is told to."""

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable

from carnet.config.doors import BY_NAME

log = logging.getLogger("carnet.process")


def prepare(name: str = "") -> None:
    """Start Django, as the process `name` where one is given: in its role, and with its keys checked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "carnet.config.settings")
    import django
    from django.conf import settings

    if name and not settings.configured:
        os.environ.setdefault("CARNET_DATABASE_ROLE", BY_NAME[name].role)
    django.setup(set_prefix=False)
    if name and BY_NAME[name].keyed:
        _check_keys(name)


def _check_keys(name: str) -> None:
    """End the process, with a sentence, when its root key is missing or is not that of the database."""
    from carnet.apps.storage.api import KeyFileError, root_key

    try:
        root_key()
    except KeyFileError as error:
        sys.exit(f"carnet {name} ne démarre pas : {error}.")


def looping(name: str, work: Callable[[], int], pause: float) -> None:
    """Do the work again and again, at once while there is some, until SIGTERM or SIGINT. A failure is logged and tried again."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.debug("process-started name=%s", name)
    while not stop.is_set():
        try:
            done = work()
        except Exception as error:
            # The text of an exception may carry values: only its type is logged.
            log.error("process-failure name=%s type=%s", name, type(error).__name__)
            done = 0
        if not done:
            stop.wait(pause)
    log.debug("process-stopped name=%s", name)
