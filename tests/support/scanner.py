"""A simulator of clamd: INSTREAM, one known signature."""

import socketserver
import struct
import threading
from typing import Any


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack(">I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
        self.server.seen.append(len(data))
        found = b"stream: Eicar-Test-Signature FOUND\0" if b"EICAR" in data else b"stream: OK\0"
        self.wfile.write(found)


class Scanner:
    """The server, in a thread."""

    def __init__(self) -> None:
        self.server: Any = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler)
        self.server.seen = []
        self.seen: list[int] = self.server.seen
        self.address = f"127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self) -> "Scanner":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
