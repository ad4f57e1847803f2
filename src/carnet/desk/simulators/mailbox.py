"""The mail server of the demonstration: it takes every mail and keeps it in a folder, one file each. It sends nothing on.

python -m carnet.desk.simulators.mailbox --port 8025 --folder mailbox
"""

import argparse
import signal
import threading
from pathlib import Path
from typing import Any

from carnet.desk.simulators.smtp_server import SmtpServer


class Mailbox:
    """Keeps mails as files, numbered as they came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._next = len(list(folder.glob("*.eml"))) + 1

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (the library's name)
        """Keep a mail."""
        (self.folder / f"{self._next:05d}.eml").write_bytes(envelope.content)
        self._next += 1
        return "250 kept"


def controller(port: int, folder: Path) -> SmtpServer:
    """A server ready to start."""
    folder.mkdir(parents=True, exist_ok=True)
    return SmtpServer(Mailbox(folder), port)


def main() -> None:
    """Run until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    # Before anybody can connect: whoever sees the port open may already ask the process to end.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    server = controller(options.port, options.folder)
    server.start()
    stop.wait()
    server.stop()


if __name__ == "__main__":
    main()
