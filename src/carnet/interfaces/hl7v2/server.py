"""The line: a TLS server that asks for a structure's certificate, and reads MLLP frames one by one."""

import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import BoundedSemaphore
from uuid import uuid4

from django.conf import settings

from carnet.apps.signin.api import read_certificate
from carnet.formats.hl7v2 import frame, frames
from carnet.formats.hl7v2.frames import FrameError
from carnet.interfaces.hl7v2.feeding import answer
from carnet.kernel.refusal import Refusal

log = logging.getLogger("carnet.hl7v2")
IDLE_SECONDS = 300.0
HANDSHAKE_SECONDS = 10.0
MOST_LINES = 64
Request = socket.socket | tuple[bytes, socket.socket]


class Line(BaseRequestHandler):
    """One connection of a hospital's system."""

    server: "Mllp"

    def handle(self) -> None:
        """Answer each message in turn. An error of ours closes the line without an acknowledgement: the sender sends again."""
        try:
            self.request.settimeout(HANDSHAKE_SECONDS)
            with self.server.context.wrap_socket(self.request, server_side=True) as line:
                line.settimeout(IDLE_SECONDS)
                self._serve(line)
        except (OSError, FrameError) as error:
            log.debug("line-closed type=%s", type(error).__name__)
        except Exception as error:
            # The text of an exception may carry values: only its type and a reference are logged.
            log.error("door-failure reference=%s type=%s", uuid4().hex[:12], type(error).__name__)

    def _serve(self, line: ssl.SSLSocket) -> None:
        der = line.getpeercert(binary_form=True)
        for message in frames(line.recv, settings.CARNET.max_request_bytes):
            at = self.server.clock()
            try:
                # Each message reads the certificate again: it may have been revoked since the line was opened.
                transport = read_certificate(der or b"", at)
            except Refusal as refusal:
                log.info("line-refused code=%s", refusal.code)
                return
            line.sendall(frame(answer(message, transport, at)))


class Mllp(ThreadingTCPServer):
    """The server of the hospital door."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, clock: Callable[[], datetime]) -> None:
        self.context, self.clock = context, clock
        self._places = BoundedSemaphore(MOST_LINES)
        super().__init__(address, Line)

    def process_request(self, request: Request, client_address: object) -> None:
        """A thread for each line, and no more than there are places: one too many is closed at once, to be tried again."""
        if not self._places.acquire(blocking=False):
            log.info("line-refused code=too-many-lines")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Request, client_address: object) -> None:
        """One line, then its place is free again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def shutdown_request(self, request: Request) -> None:
        """Close a connection; one that TLS closed already is closed."""
        with suppress(OSError):
            super().shutdown_request(request)


def context_of(certificate: str, key: str, authorities: str) -> ssl.SSLContext:
    """TLS 1.2 or later with a client certificate, mandatory."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
