"""Settings of gunicorn for the FHIR door that asks for client certificates: it terminates TLS itself.

A certificate is optional at the handshake, because sign-in pages and bearer tokens need none; where one is presented its
chain is verified here, and everything else by `carnet.apps.signin.certificates.reading`.
"""

import ssl

from carnet.config.environment import Environment

_config = Environment()
bind = f"127.0.0.1:{_config.tls_port}"
worker_class = "gthread"
workers = 1
threads = 4
keepalive = 5
certfile = str(_config.tls_certificate)
keyfile = str(_config.tls_key or _config.tls_certificate)
ca_certs = str(_config.client_ca_file)
cert_reqs = ssl.CERT_OPTIONAL
loglevel = "error"
accesslog = None
# No socket for a control tool: two doors of one user would ask for the same one, and nobody uses it.
control_socket_disable = True


def ssl_context(config: object, default_ssl_context_factory: object) -> ssl.SSLContext:
    """TLS 1.2 or later, with a certificate asked for."""
    context: ssl.SSLContext = default_ssl_context_factory()  # type: ignore[operator]
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
