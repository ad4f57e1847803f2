"""How a worker of a door ends while it starts: by the system's own way, not by its parent's handler."""

import signal
from collections.abc import Callable

import pytest

from carnet.config import end_while_starting


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("module", "ends"), [("granian.server.mp", True), ("carnet.desk", False), ("granianesque", False)])
def test_a_handler_of_granian_is_given_back_to_the_system_and_no_other(number: signal.Signals, module: str, ends: bool) -> None:
    def heard(*_: object) -> None: ...

    handler: Callable[..., None] = heard
    handler.__module__ = module
    before = signal.signal(number, handler)
    try:
        end_while_starting()
        assert signal.getsignal(number) == (signal.SIG_DFL if ends else handler)
    finally:
        signal.signal(number, before)
