"""Entry point of the process `hl7v2`: the hospital door, HL7 v2 over MLLP and TLS."""

import os
import signal
import threading

from carnet.config.processes import check_keys, clock, prepare


def main() -> None:
    """Serve until told to stop."""
    os.environ["CARNET_DATABASE_ROLE"] = "carnet_hl7v2"
    prepare()
    check_keys("hl7v2")
    from django.conf import settings

    from carnet.interfaces.hl7v2.server import Mllp, context_of

    config = settings.CARNET
    certificate = config.dmp_certificate or config.tls_certificate
    context = context_of(str(certificate), str(config.dmp_key or certificate), str(config.client_ca_file))
    server = Mllp(("127.0.0.1", config.hl7v2_port), context, clock())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever()


if __name__ == "__main__":
    main()
