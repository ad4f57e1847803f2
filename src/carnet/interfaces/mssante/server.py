"""The two forms of the gateway: SMTP with mutual TLS, listening itself; LMTP on a Unix socket, behind a Postfix."""

import asyncio
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from django.conf import settings

from carnet.apps.messaging.api import INBOUND_MOST_BYTES
from carnet.interfaces.mssante.gateway import Gateway

MOST_CONNECTIONS = 64
TIMEOUT = 120.0
"""Seconds that a silent client has."""
_IDENT = "Carnet"
_COMMANDS = {"*": 200, "RSET": 2000, "NOOP": 50, "MAIL": 2000, "RCPT": 2000, "DATA": 2000, "EHLO": 10, "STARTTLS": 3}
"""Commands of one connection: an operator keeps one open for many mails, and nobody keeps one busy with nothing."""


def context_of(certificate: str, key: str, authorities: str) -> ssl.SSLContext:
    """TLS 1.2 or later, the other operator's certificate mandatory (rules CLI-01, OPE-03)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


class _Bounded:
    """Makes a protocol for each connection, and closes one too many at once: it is tried again."""

    def __init__(self, make: Callable[[], SMTP]) -> None:
        self._make, self._open = make, 0

    def __call__(self) -> asyncio.Protocol:
        protocol = self._make()
        lost, made = protocol.connection_lost, protocol.connection_made

        def connection_made(transport: asyncio.BaseTransport) -> None:
            if self._open >= MOST_CONNECTIONS and protocol.transport is None:
                transport.close()
                return
            self._open += protocol.transport is None
            made(transport)

        def connection_lost(error: Exception | None) -> None:
            self._open -= protocol.transport is not None
            lost(error)

        protocol.connection_made, protocol.connection_lost = connection_made, connection_lost  # type: ignore[method-assign]
        return protocol


def _smtp(handler: Gateway, context: ssl.SSLContext) -> SMTP:
    return SMTP(
        handler,
        data_size_limit=INBOUND_MOST_BYTES,
        hostname=settings.CARNET.mss_name,
        ident=_IDENT,
        tls_context=context,
        require_starttls=True,
        timeout=TIMEOUT,
        auth_exclude_mechanism=("LOGIN", "PLAIN"),
        command_call_limit=_COMMANDS,
    )


def _lmtp(handler: Gateway) -> LMTP:
    return LMTP(handler, data_size_limit=INBOUND_MOST_BYTES, hostname=settings.CARNET.mss_name, ident=_IDENT, timeout=TIMEOUT,
                auth_exclude_mechanism=("LOGIN", "PLAIN"), command_call_limit=_COMMANDS)  # fmt: skip


async def listen(handler: Gateway, host: str, port: int, context: ssl.SSLContext) -> asyncio.Server:
    """Listen by SMTP."""
    return await asyncio.get_running_loop().create_server(_Bounded(lambda: _smtp(handler, context)), host, port, backlog=64)


async def listen_behind(handler: Gateway, socket: Path) -> asyncio.Server:
    """Listen by LMTP on a Unix socket, which its owner and group alone may open."""
    with suppress(FileNotFoundError):
        socket.unlink()
    before = os.umask(0o117)
    try:
        return await asyncio.get_running_loop().create_unix_server(_Bounded(lambda: _lmtp(handler)), str(socket))
    finally:
        os.umask(before)
