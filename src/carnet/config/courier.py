"""The courier: the only process that sends. It reads the outbox, speaks SMTP, calls connected services, opens no record and listens
on no port."""

import asyncio
import ssl
from contextlib import suppress
from email.message import EmailMessage
from typing import TYPE_CHECKING

import aiosmtplib
import httpx

from carnet.config.processes import looping, prepare
from carnet.kernel.clock import moment

if TYPE_CHECKING:
    from carnet.apps.catalogue.api import Sending
    from carnet.apps.outbox.api import Failure


LONGEST = 15.0
"""Seconds of a call to a service, from the first word to the last."""


class Smtp:
    """A connection to the mail server, opened when a mail leaves and kept for those that follow."""

    def __init__(self) -> None:
        from django.conf import settings

        config = settings.CARNET
        self._client = aiosmtplib.SMTP(
            hostname=config.smtp_host,
            port=config.smtp_port,
            username=config.smtp_user or None,
            password=config.smtp_password or None,
            use_tls=config.smtp_security == "tls",
            start_tls=config.smtp_security == "starttls",
            tls_context=ssl.create_default_context() if config.smtp_security != "none" else None,
            timeout=30,
        )

    async def send(self, mail: EmailMessage) -> "Failure | None":
        """Send one mail. A refusal of the server is final when its code says so (5xx)."""
        from carnet.apps.outbox.api import Failure

        try:
            if not self._client.is_connected:
                await self._client.connect()
            await self._client.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = refused.recipients[0].code
            return Failure(str(code), code >= 500)
        except aiosmtplib.SMTPResponseException as refused:
            # An authentication that fails is ours to mend: the mail is worth another try.
            final = refused.code >= 500 and not isinstance(refused, aiosmtplib.SMTPAuthenticationError)
            return Failure(str(refused.code), final)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Failure(type(error).__name__, final=False)
        return None

    async def close(self) -> None:
        """End the conversation with the server."""
        with suppress(aiosmtplib.SMTPException, OSError):
            if self._client.is_connected:
                await self._client.quit()


async def _round() -> int:
    from carnet.apps.outbox.api import deliver_due

    smtp = Smtp()
    try:
        taken, _ = await deliver_due(moment(), smtp.send)
    finally:
        await smtp.close()
    return taken


async def _ask(sending: "Sending") -> str:
    # What a service answers is not read, and the whole conversation has an end: one that answers slowly holds nobody else up.
    async with (
        asyncio.timeout(LONGEST),
        httpx.AsyncClient(timeout=10.0, follow_redirects=False) as client,
        client.stream("POST", sending.url, content=sending.content, headers=sending.headers) as answer,
    ):
        return "" if answer.is_success else str(answer.status_code)


def _post(sending: "Sending") -> str:
    """Call a service. Returns what went wrong in a word; empty when it heard. Where it would be sent on to is not followed."""
    from carnet.apps.catalogue.api import may_call

    try:
        return asyncio.run(_ask(sending)) if may_call(sending.url) else "address refused"
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return type(error).__name__


def deliver_once() -> int:
    """Deliver what is due now: mail, and calls to connected services. Returns how many notices and calls were taken."""
    from carnet.apps.catalogue.api import deliver_calls

    return asyncio.run(_round()) + deliver_calls(moment(), _post)


def main() -> None:
    """Deliver until told to stop."""
    prepare("courier")
    looping("courier", deliver_once, pause=2.0)


if __name__ == "__main__":
    main()
