"""Outbound: what waits in the queue goes to the next operator by SMTP with our certificate, or to the mail store by LMTP."""

import asyncio
import smtplib
import ssl
from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import aiosmtplib
from django.conf import settings

from carnet.apps.messaging.api import LMTP, Due, claim, is_trusted, settle
from carnet.apps.outbox.api import Failure
from carnet.formats.mss import domain_of

TIMEOUT = 60


def route_of(address: str) -> tuple[str, int] | None:
    """The next host of an address, by its domain; None where the settings name none."""
    routes = settings.CARNET.mss_routes
    found = routes.get(domain_of(address)) or routes.get("*")
    if not found:
        return None
    host, _, port = found.rpartition(":")
    return host, int(port)


def context_of(certificate: str, key: str, authorities: str) -> ssl.SSLContext:
    """TLS towards another operator: its certificate verified by name, ours presented."""
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context


def _no_longer_trusted(due: Due) -> Failure | None:
    """The domain may have left the list since the message was written."""
    return None if is_trusted(domain_of(due.to)) else Failure("not-trusted", final=True)


async def _connect(client: aiosmtplib.SMTP) -> Failure | None:
    try:
        await client.connect()
    except aiosmtplib.SMTPResponseException as refused:
        return Failure(str(refused.code), refused.code >= 500)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return Failure(type(error).__name__, final=False)
    return None


async def _send(client: aiosmtplib.SMTP, due: Due) -> Failure | None:
    try:
        options = ["NOTIFY=FAILURE,DELAY"] if client.supports_extension("dsn") and due.sender else []
        asked = ["RET=HDRS"] if options else []
        await client.sendmail(due.sender, [due.to], due.content, mail_options=asked, rcpt_options=options)
    except aiosmtplib.SMTPRecipientsRefused as refused:
        return Failure(str(refused.recipients[0].code), refused.recipients[0].code >= 500)
    except aiosmtplib.SMTPResponseException as refused:
        return Failure(str(refused.code), refused.code >= 500)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return Failure(type(error).__name__, final=False)
    return None


def _store(store: smtplib.LMTP, due: Due) -> Failure | None:
    try:
        store.sendmail(due.sender, [f"{due.to.partition('@')[0]}@{settings.CARNET.mss_domain}"], due.content)
    except smtplib.SMTPResponseException as refused:
        return Failure(str(refused.smtp_code), refused.smtp_code >= 500)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        return Failure(str(code), code >= 500)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Failure(type(error).__name__, final=False)
    finally:
        with suppress(smtplib.SMTPException, OSError):
            store.quit()
    return None


class Relay:
    """One round of deliveries. A connection is kept for the mails of one host."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context

    async def _to_host(self, host: str, port: int, mails: list[Due], at: datetime) -> None:
        client = aiosmtplib.SMTP(hostname=host, port=port, local_hostname=settings.CARNET.mss_name, timeout=TIMEOUT,
                                 start_tls=self._context is not None, tls_context=self._context)  # fmt: skip
        try:
            unreachable: Failure | None = None
            for due in mails:
                failure = await asyncio.to_thread(_no_longer_trusted, due)
                if failure is None and not client.is_connected and unreachable is None:
                    # A host that does not answer is asked once for all that waits for it: the mails to others go on.
                    unreachable = await _connect(client)
                await asyncio.to_thread(settle, due, failure or unreachable or await _send(client, due), at)
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()

    def _to_store(self, mails: list[Due], at: datetime) -> None:
        """Hand mails to the store of professionals' own mail programs."""
        place = settings.CARNET.mss_store
        host, _, port = (place, "", "0") if Path(place).is_absolute() else place.rpartition(":")
        unreachable: Failure | None = None
        for due in mails:
            store: smtplib.LMTP | None = None
            if unreachable is None:
                try:
                    store = smtplib.LMTP(host, int(port), timeout=TIMEOUT)
                except (smtplib.SMTPException, OSError, ValueError) as error:
                    unreachable = Failure(type(error).__name__, final=False)
            settle(due, _store(store, due) if store else unreachable, at)

    async def round(self, at: datetime) -> int:
        """Deliver what is due. Returns how many mails were taken."""
        mails = await asyncio.to_thread(claim, at)
        stored = [due for due in mails if due.route == LMTP]
        by_host: dict[tuple[str, int], list[Due]] = defaultdict(list)
        for due in mails:
            route = None if due.route == LMTP else route_of(due.to)
            if route is not None:
                by_host[route].append(due)
            elif due.route != LMTP:
                await asyncio.to_thread(settle, due, Failure("no-route", final=False), at)
        await asyncio.gather(
            asyncio.to_thread(self._to_store, stored, at), *(self._to_host(*host, found, at) for host, found in by_host.items())
        )
        return len(mails)
