"""Writing a mail: UTF-8, threading headers kept, a receipt asked for, the national headers (rules CLI-07, HDR-01 to HDR-04)."""

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from carnet.formats.mss.addresses import Address
from carnet.formats.mss.mail import Attachment


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail to write."""

    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    at: datetime
    message_id: str
    references: tuple[str, ...] = ()
    """Mails that it answers, the nearest first."""
    attachments: tuple[Attachment, ...] = field(default=(), repr=False)
    receipt: bool = False
    automatic: bool = False
    national: tuple[tuple[str, str], ...] = ()


def _header(address: Address) -> HeaderAddress:
    name = " ".join("".join(c if c.isprintable() else " " for c in address.name).split())
    return HeaderAddress(display_name=name, addr_spec=address.address)


def _line(text: str) -> str:
    return " ".join(text.split())[:900]


def write_mail(draft: Draft) -> bytes:
    """Write a mail, its lines ended as SMTP wants them."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = _header(draft.sender), tuple(_header(a) for a in draft.to)
    mail["Subject"], mail["Date"], mail["Message-ID"] = _line(draft.subject), format_datetime(draft.at), draft.message_id
    if draft.references:
        mail["In-Reply-To"], mail["References"] = draft.references[0], " ".join(reversed(draft.references[:20]))
    if draft.receipt:
        mail["Disposition-Notification-To"] = draft.sender.address
    if draft.automatic:
        mail["Auto-Submitted"] = "auto-replied"
    for name, value in draft.national:
        mail[name] = _line(value)
    # Quoted-printable: a relay without 8BITMIME changes nothing of it.
    mail.set_content(draft.text or "\n", cte="quoted-printable")
    for one in draft.attachments:
        main, _, sub = one.mime.partition("/")
        mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return mail.as_bytes()
