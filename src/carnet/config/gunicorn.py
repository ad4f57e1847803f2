"""Settings of gunicorn for the doors that ask for client certificates: they terminate TLS themselves (ADR 12).

Where a certificate is optional at the handshake, sign-in pages and bearer tokens need none; where one is presented its chain is
verified here, and everything else by `carnet.apps.signin.certificates.reading`.
"""

import os
import ssl

from carnet.config.doors import BY_NAME, certificate_and_key, port_of
from carnet.config.starting import read_settings

_config, _process = read_settings(), BY_NAME[os.environ["CARNET_PROCESS"]]
bind = f"{_config.listen}:{port_of(_process, _config)}"
worker_class = "carnet.config.tls_worker.Worker"
keepalive = 5
certfile, keyfile = certificate_and_key(_process, _config)
ca_certs = str(_config.client_ca_file)
cert_reqs = _process.certificate
loglevel = "error"
accesslog = None
# No socket for a control tool: two doors of one user would ask for the same one, and nobody uses it.
control_socket_disable = True


def ssl_context(config: object, default_ssl_context_factory: object) -> ssl.SSLContext:
    """TLS 1.2 or later, with the suites of the process."""
    context: ssl.SSLContext = default_ssl_context_factory()  # type: ignore[operator]
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if _process.suites:
        context.set_ciphers(":".join(_process.suites))
    return context
