"""DKIM (RFC 6376) and DMARC (RFC 7489) of a mail of another operator, where the setting asks for them.

Between operators of the trusted space the certificate and the list of domains come first; this proves that the mail is of the
domain that its From says, and of no other operator's.
"""

from collections.abc import Callable
from email import message_from_bytes
from email.utils import getaddresses

import dkim
import dns.exception
import dns.resolver
from django.conf import settings

from carnet.formats.mss import domain_of, is_address
from carnet.kernel.refusal import No, Refusal

Lookup = Callable[[str], bytes | None]
MOST_SIGNATURES = 3


def text_record(name: str) -> bytes | None:
    """The TXT record of a name; None without one. Raises Refusal `scanner-silent` when the name server does not answer."""
    try:
        found = dns.resolver.resolve(name.rstrip("."), "TXT", lifetime=10)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    except dns.exception.DNSException:
        raise Refusal(No.SCANNER_SILENT) from None
    return b"".join(next(iter(found)).strings)


def _aligned(signed: str, sender: str) -> bool:
    """Relaxed alignment: the signing domain is that of the sender, or above it."""
    return sender == signed or sender.endswith(f".{signed}")


def _signatures(content: bytes, sender: str, lookup: Lookup) -> tuple[bool, bool]:
    """Whether a signature of the sender's domain holds, and whether one was there at all."""
    mail = message_from_bytes(content)
    count = min(len(mail.get_all("DKIM-Signature", [])), MOST_SIGNATURES)
    holds = False
    for number in range(count):
        verifier = dkim.DKIM(content, minkey=1024)
        try:
            good = verifier.verify(idx=number, dnsfunc=lambda name, timeout=5: lookup(_plain(name)))
        except (dkim.DKIMException, ValueError, KeyError):
            continue
        holds = holds or (good and _aligned(verifier.domain.decode("ascii", "replace").lower(), sender))
    return holds, count > 0


def _plain(name: object) -> str:
    return name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)


def _policy(sender: str, lookup: Lookup) -> str:
    told = (lookup(f"_dmarc.{sender}") or b"").decode("ascii", "replace")
    tags = dict(part.strip().partition("=")[::2] for part in told.split(";"))
    return tags.get("p", "none").strip().lower() if tags.get("v", "").strip() == "DMARC1" else "none"


def check_authenticity(content: bytes, lookup: Lookup = text_record) -> None:
    """Check a mail as the setting says. Raises Refusal `message-sender-not-proved`."""
    mode = settings.CARNET.mss_dkim
    if mode == "off":
        return
    addresses = [a for _, a in getaddresses([str(v) for v in message_from_bytes(content).get_all("From", [])])]
    if len(addresses) != 1 or not is_address(addresses[0]):
        raise Refusal(No.MESSAGE_SENDER_NOT_PROVED)
    sender = domain_of(addresses[0])
    holds, signed = _signatures(content, sender, lookup)
    if holds:
        return
    if mode == "require" or signed or _policy(sender, lookup) in ("reject", "quarantine"):
        raise Refusal(No.MESSAGE_SENDER_NOT_PROVED)
