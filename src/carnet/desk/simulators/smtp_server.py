"""An SMTP server in a thread, of the simulators and of the tests, that leaves no connection open when it stops."""

import logging
from asyncio import BaseTransport, Transport
from typing import Any
from weakref import WeakSet

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

# The library warns at each connection that the certificate of a client is asked for: it is meant to be.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class _Session(SMTP):
    """A session that knows its socket, under TLS too: what TLS closed twice can no longer be hung up on (Python 3.11)."""

    wire: BaseTransport | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Called for the socket, then again for the TLS above it."""
        self.wire = self.wire or transport
        super().connection_made(transport)


class SmtpServer(Controller):
    """The library's controller stops its loop and forgets who is still connected: a client that leaves a moment later
    then finds a socket that nobody will close. Here, stopping hangs up first."""

    def __init__(self, handler: Any, port: int, **options: Any) -> None:
        super().__init__(handler, hostname="127.0.0.1", port=port, **options)
        self._sessions: WeakSet[_Session] = WeakSet()

    def factory(self) -> SMTP:
        """One session, remembered."""
        session = _Session(self.handler, **self.SMTP_kwargs)
        self._sessions.add(session)
        return session

    def cancel_tasks(self, stop_loop: bool = True) -> None:
        """Hang up, then stop."""
        for session in list(self._sessions):
            if isinstance(session.wire, Transport):
                session.wire.abort()
        super().cancel_tasks(stop_loop)
