"""Settings, URL maps and process entry points."""

import signal
import threading


def end_while_starting() -> None:
    """Have a worker of granian end by a signal that comes while it starts.

    It is a fork of its parent, whose handler it keeps until it serves: nobody would hear the signal, and the parent would wait for
    its end for ever. Called when this package is imported, before anything that takes time; elsewhere it changes nothing.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if str(getattr(handler, "__module__", "")).startswith("granian.") and threading.current_thread() is threading.main_thread():
            signal.signal(number, signal.SIG_DFL)


end_while_starting()
