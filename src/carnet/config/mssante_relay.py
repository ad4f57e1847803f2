"""Entry point of the process `mssante-relay`: it sends what waits in the queue of messages; it listens on no port."""

import asyncio

from carnet.config.doors import BY_NAME, certificate_and_key
from carnet.config.processes import looping, prepare
from carnet.kernel.clock import moment


def own_certificate() -> tuple[str, str] | None:
    """Certificate and key towards other operators; None where routes need none. Ends the process where they are missing."""
    from django.conf import settings

    secured = settings.CARNET.mss_route_security != "none"
    return certificate_and_key(BY_NAME["mssante-relay"], settings.CARNET) if secured else None


def deliver_once() -> int:
    """Deliver what is due now. Returns how many mails were taken."""
    from django.conf import settings

    from carnet.interfaces.mssante.relay import Relay, context_of

    config, pair = settings.CARNET, own_certificate()
    context = context_of(*pair, str(config.mss_ca_file or config.client_ca_file)) if pair else None
    return asyncio.run(Relay(context).round(moment()))


def main() -> None:
    """Deliver until told to stop."""
    prepare("mssante-relay")
    # Said before the first round: what is missing then is missing in every one.
    own_certificate()
    looping("mssante-relay", deliver_once, pause=1.0)


if __name__ == "__main__":
    main()
