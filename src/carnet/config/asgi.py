"""The server of assistants, over HTTP: start, the check of the root key, and its application."""

from typing import Any

from carnet.config.processes import prepare


def __getattr__(name: str) -> Any:
    """`application`: the server of assistants, as servers ask for it."""
    if name != "application":
        raise AttributeError(name)
    prepare("mcp")
    from carnet.interfaces.assistants.server import application

    return application()
