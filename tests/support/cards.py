"""Clients that hold a card or a certificate."""

import ssl
from typing import Any

import httpx

from carnet.desk.client import Client

_kept: dict[str, httpx.Client] = {}


def with_certificate(tls_door: str, pki: Any, name: str = "", token: str = "", situation: str = "") -> Client:
    """A client of the TLS door with the certificate of this name; without one when the name is empty."""
    key = f"{name}|{situation}"
    if key not in _kept:
        context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
        if name:
            context.load_cert_chain(pki.certificate(name))
        headers = {"Carnet-Situation": situation} if situation else {}
        _kept[key] = httpx.Client(verify=context, timeout=30.0, headers=headers)
    return Client(tls_door, token, _kept[key])


def close_all() -> None:
    """Close every connection."""
    while _kept:
        _kept.popitem()[1].close()


def der_of(path: Any) -> bytes:
    """The certificate of a PEM file, as DER."""
    text = path.read_text()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") :].split("-----BEGIN PRIV")[0])
