"""Settings of gunicorn for the DMP door: mutual TLS, a certificate mandatory, the suites that the national system publishes."""

import ssl

from carnet.config.environment import Environment
from carnet.config.gunicorn_fhir import accesslog, ca_certs, control_socket_disable, keepalive, loglevel, worker_class
from carnet.config.gunicorn_fhir import ssl_context as context_of_doors

_config = Environment()
bind = f"127.0.0.1:{_config.dmp_port}"
workers = 2
threads = 4
certfile = str(_config.dmp_certificate or _config.tls_certificate)
keyfile = str(_config.dmp_key or _config.dmp_certificate or _config.tls_key or _config.tls_certificate)
cert_reqs = ssl.CERT_REQUIRED
SUITES = ":".join(
    # PDT-INF-579 v4 (10/07/2025), for TLS 1.2; the suites of TLS 1.3 are not chosen here.
    ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES256-SHA384")
)

__all__ = ["accesslog", "bind", "ca_certs", "cert_reqs", "certfile", "control_socket_disable", "keepalive", "keyfile", "loglevel",
           "ssl_context", "threads", "worker_class", "workers"]  # fmt: skip


def ssl_context(config: object, default_ssl_context_factory: object) -> ssl.SSLContext:
    """TLS 1.2 with the published suites, or TLS 1.3."""
    context = context_of_doors(config, default_ssl_context_factory)
    context.set_ciphers(SUITES)
    return context
