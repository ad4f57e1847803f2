"""Entry point of the process `mssante`: the gateway, by SMTP with mutual TLS, or by LMTP behind a Postfix."""

import asyncio
import signal

from carnet.config.doors import BY_NAME, certificate_and_key, port_of
from carnet.config.processes import prepare
from carnet.kernel.clock import moment


async def _serve() -> None:
    from django.conf import settings

    from carnet.interfaces.mssante.gateway import Gateway
    from carnet.interfaces.mssante.server import context_of, listen, listen_behind

    config, process = settings.CARNET, BY_NAME["mssante"]
    handler = Gateway(moment, several=config.mss_socket is not None)
    # Before anybody can connect: whoever sees the port open may already ask the process to end.
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if config.mss_socket is not None:
        server = await listen_behind(handler, config.mss_socket)
    else:
        pair = certificate_and_key(process, config)
        context = context_of(*pair, str(config.mss_ca_file or config.client_ca_file))
        server = await listen(handler, config.mss_host, port_of(process, config), context)
    async with server:
        await stop.wait()
    await asyncio.to_thread(handler.close)


def main() -> None:
    """Serve until told to stop."""
    prepare("mssante")
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
