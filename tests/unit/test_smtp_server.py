"""The SMTP server of the simulators and of the tests."""

import contextlib
import gc
import socket

import pytest
from support.ports import free_port

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


def test_it_speaks_for_its_handler() -> None:
    import smtplib

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
