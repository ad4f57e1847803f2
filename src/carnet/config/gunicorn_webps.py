"""Settings of gunicorn for the port of the portal that asks for a card's certificate: TLS as at the FHIR door."""

from carnet.config.environment import Environment
from carnet.config.gunicorn_fhir import (
    accesslog,
    ca_certs,
    cert_reqs,
    certfile,
    control_socket_disable,
    keepalive,
    keyfile,
    loglevel,
    ssl_context,
    threads,
    worker_class,
    workers,
)

bind = f"127.0.0.1:{Environment().webps_card_port}"

__all__ = [
    "accesslog",
    "bind",
    "ca_certs",
    "cert_reqs",
    "certfile",
    "control_socket_disable",
    "keepalive",
    "keyfile",
    "loglevel",
    "ssl_context",
    "threads",
    "worker_class",
    "workers",
]
