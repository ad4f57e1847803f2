"""The SMTP server of the simulators and of the tests."""

import contextlib
import gc
import smtplib
import socket
from threading import Thread
from typing import Any

import pytest
from support.ports import free_port

from carnet.desk.simulators.operator import context_of
from carnet.desk.simulators.smtp_server import SmtpServer


def test_stopping_hangs_up_on_who_is_still_connected() -> None:
    server = SmtpServer(object(), free_port())
    server.start()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        assert client.recv(100).startswith(b"220")
        server.stop()
        client.settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(100) == b""
    del server
    gc.collect()  # a socket that nobody closed would warn here, and a warning is an error


def test_stopping_hangs_up_on_a_session_whose_tls_was_closed_twice(pki: Any) -> None:
    server = SmtpServer(object(), free_port(), tls_context=context_of(pki.path, server=True))
    server.start()
    with smtplib.SMTP("127.0.0.1", server.port) as client:
        client.starttls(context=context_of(pki.path, server=False))
        client.ehlo()  # a client has shaken hands before the server has: whoever is answered knows that both did
        [session] = [s for s in server._sessions if s.transport is not None and s.transport is not s.wire]
        for _ in range(2):
            server.loop.call_soon_threadsafe(session.transport.close)
        stopping = Thread(target=server.stop, daemon=True)
        stopping.start()
        stopping.join(10)
        client.close()  # or it would say goodbye to a server that did not stop
        assert not stopping.is_alive(), "what cannot be hung up on must not keep the server from stopping"


def test_it_speaks_for_its_handler() -> None:
    class Refusing:
        async def handle_RCPT(self, *_: object) -> str:  # noqa: N802
            return "550 nobody"

    server = SmtpServer(Refusing(), free_port(), server_hostname="essai.example")
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", server.port) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
            client.sendmail("a@a.example", ["b@b.example"], b"Bonjour")
    finally:
        server.stop()
