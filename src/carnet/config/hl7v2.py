"""Entry point of the process `hl7v2`: the hospital door, HL7 v2 over MLLP and TLS."""

import signal
import threading

from carnet.config.doors import BY_NAME, certificate_and_key, port_of
from carnet.config.processes import prepare
from carnet.kernel.clock import moment


def main() -> None:
    """Serve until told to stop."""
    prepare("hl7v2")
    from django.conf import settings

    from carnet.interfaces.hl7v2.server import Mllp, context_of

    config = settings.CARNET
    process = BY_NAME["hl7v2"]
    context = context_of(*certificate_and_key(process, config), str(config.client_ca_file))
    # Before anybody can connect: whoever sees the port open may already ask the process to end.
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Mllp((config.listen, port_of(process, config)), context, moment) as server:

        def end() -> None:
            stop.wait()
            server.shutdown()

        threading.Thread(target=end, daemon=True).start()
        server.serve_forever()


if __name__ == "__main__":
    main()
