"""The antivirus hook: what a person or a professional sends is shown to a scanner before anything is kept, where one is set.

The protocol is that of clamd (INSTREAM). Without a scanner nothing is scanned, and the documentation says so.
"""

import socket
import struct
from collections.abc import Iterable

from django.conf import settings

from carnet.kernel.refusal import No, Refusal

CHUNK, TIMEOUT = 65536, 30.0


def _answer(content: bytes) -> str:
    host, _, port = settings.CARNET.antivirus.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as scanner:
        scanner.sendall(b"zINSTREAM\0")
        for start in range(0, len(content), CHUNK):
            chunk = content[start : start + CHUNK]
            scanner.sendall(struct.pack(">I", len(chunk)) + chunk)
        scanner.sendall(struct.pack(">I", 0))
        return scanner.makefile("rb").read(4096).decode("utf-8", "replace").strip("\0\n ")


def scan(contents: Iterable[bytes]) -> None:
    """Show bytes to the scanner. Raises Refusal `document-infected`, or `scanner-silent` when it does not answer."""
    if not settings.CARNET.antivirus:
        return
    for content in contents:
        try:
            answer = _answer(content)
        except (OSError, ValueError):
            raise Refusal(No.SCANNER_SILENT) from None
        if answer.endswith("FOUND"):
            raise Refusal(No.DOCUMENT_INFECTED)
        if not answer.endswith("OK"):
            raise Refusal(No.SCANNER_SILENT)
