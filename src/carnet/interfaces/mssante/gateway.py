"""Inbound: who speaks, from which domain, to whom, how large, answered before DATA where it can be; 250 only once it is stored.

RFC 5321 and 3207 between operators (mutual TLS, rule OPE-03), RFC 2033 (LMTP) behind a Postfix that does TLS and policies. One mail
has one recipient by SMTP (452 for the next, which every sender sends again): a mail that is refused for one person is never
acknowledged because another one got it.
"""

import asyncio
import logging
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4
from weakref import WeakKeyDictionary

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.utils.translation import override

from carnet.apps.access.api import told
from carnet.apps.messaging.api import deliver, is_trusted, recipient
from carnet.apps.signin.api import operator_of
from carnet.formats.mss import domain_of, is_address
from carnet.interfaces.mssante.authenticity import check_authenticity
from carnet.kernel.refusal import Nature, No, Refusal

log = logging.getLogger("carnet.mssante")
T = TypeVar("T")
_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")
_STATUS: dict[Nature | No, str] = {
    No.MESSAGE_MAILBOX_UNKNOWN: "550 5.1.1",
    No.MESSAGE_TOO_LARGE: "552 5.3.4",
    No.MESSAGE_MALFORMED: "550 5.6.0",
    Nature.OURS: "451 4.3.0",
    Nature.WHO: "550 5.7.1",
    Nature.DOCUMENT: "550 5.6.0",
}
"""Reply of SMTP by the code, then by its nature; any other is a policy (5.7.1)."""
_AGAIN = "451 4.3.0 Incident temporaire, rien n'est garde : envoyez de nouveau"


def reply_of(refusal: Refusal) -> str:
    """A refusal as SMTP tells it: status, code, sentence of plain ASCII."""
    with override("fr"):
        sentence = f"{told(refusal.code).professional} ({refusal.code})"
    plain = unicodedata.normalize("NFKD", sentence.replace("’", "'").replace("«", '"').replace("»", '"')).encode("ascii", "ignore")
    status = _STATUS.get(refusal.code) or _STATUS.get(refusal.code.nature, "550 5.7.1")
    return f"{status} {plain.decode()}"


class Gateway:
    """The handler of a connection. What touches the database runs in threads."""

    def __init__(self, clock: Callable[[], datetime], threads: int = 3, several: bool = False) -> None:
        self._clock, self._several = clock, several
        self._threads, self._reading = ThreadPoolExecutor(threads), ThreadPoolExecutor(2)
        """Mails are read beside the questions that every connection asks: a heavy one stops none of them."""
        self._operators: WeakKeyDictionary[Session, str] = WeakKeyDictionary()

    async def _run(self, function: Callable[..., T], *arguments: Any, pool: ThreadPoolExecutor | None = None) -> T | str:
        """Run a step in a thread; a refusal or a trouble of ours becomes a reply."""
        try:
            return await asyncio.get_running_loop().run_in_executor(pool or self._threads, partial(function, *arguments))
        except Refusal as refusal:
            return reply_of(refusal)
        except Exception as error:
            # The text of an exception may carry values: only its type and a reference are logged.
            log.error("door-failure reference=%s type=%s", uuid4().hex[:12], type(error).__name__)
            return _AGAIN

    def _operator(self, server: SMTP) -> str:
        """The operator that stands on the other side, by its certificate, read again at each mail. Raises Refusal."""
        tls = server.transport.get_extra_info("ssl_object") if server.transport else None
        return operator_of(tls.getpeercert(binary_form=True) or b"", self._clock()) if tls is not None else "postfix"

    def _check_sender(self, server: SMTP, address: str) -> str:
        operator = self._operator(server)
        if address and not is_address(address):
            raise Refusal(No.MESSAGE_MALFORMED)
        if address and not is_trusted(domain_of(address)):
            raise Refusal(No.MESSAGE_SENDER_NOT_TRUSTED)
        return f"={operator}"

    async def handle_MAIL(  # noqa: N802 (the library's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str | None, options: list[str]
    ) -> str:
        """The envelope's sender is of a trusted domain, or empty: a report."""
        address = "" if address in (None, "<>") else str(address)
        answer = await self._run(self._check_sender, server, address)
        if not answer.startswith("="):
            return answer
        self._operators[session] = answer[1:]
        # The library takes an empty sender for none at all.
        envelope.mail_from = address or "<>"
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The recipient is a person whose mailbox is open."""
        if envelope.rcpt_tos and not self._several:
            return "452 4.5.3 Un destinataire par message : envoyez de nouveau pour le suivant"
        if len(envelope.rcpt_tos) >= 50:
            return "452 4.5.3 Trop de destinataires"
        answer = await self._run(recipient, address)
        if isinstance(answer, str):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    def _take(self, content: bytes, addresses: list[str], operator: str) -> list[Refusal | None]:
        if _BARE.search(content):
            # A line that ends otherwise than by CR LF is where two programs disagree about the end of a mail (SMTP smuggling).
            raise Refusal(No.MESSAGE_MALFORMED, {"problem": "bare CR or LF"})
        check_authenticity(content)
        return deliver(content, addresses, operator, self._clock())

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail: kept and on the disk, or refused. By LMTP each recipient has a line."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        answer = await self._run(self._take, content, list(envelope.rcpt_tos), self._operators.get(session, ""), pool=self._reading)
        if isinstance(answer, str):
            return "\r\n".join([answer] * (len(envelope.rcpt_tos) if self._several else 1))
        return "\r\n".join(reply_of(r) if r else "250 2.6.0 OK" for r in answer)

    async def handle_exception(self, error: Exception) -> str:
        """Anything that the library could not handle: its text may carry values."""
        log.error("door-failure reference=%s type=%s", uuid4().hex[:12], type(error).__name__)
        return _AGAIN

    def close(self) -> None:
        """Let what runs end."""
        self._threads.shutdown(wait=True)
        self._reading.shutdown(wait=True)
