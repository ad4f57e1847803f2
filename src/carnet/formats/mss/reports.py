"""Receipts and failures: MDN (RFC 8098) read and written, DSN (RFC 3464) read."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP
from email.utils import format_datetime

from carnet.formats.mss.addresses import Address, normalised

_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_ERROR = re.compile(r"processed/error:\s*(\d{3})\s*\^\s*(.*)", re.IGNORECASE)
FAILED, DELAYED, DELIVERED, DISPLAYED, PROCESSED, DISPATCHED = (
    "failed",
    "delayed",
    "delivered",
    "displayed",
    "processed",
    "dispatched",
)
_ACTIONS = {"failed": FAILED, "delayed": DELAYED, "delivered": DELIVERED, "relayed": DELIVERED, "expanded": DELIVERED}
_DISPOSITIONS = {"displayed": DISPLAYED, "processed": PROCESSED, "dispatched": DISPATCHED}


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a mail that was sent: `about` is its Message-ID, `outcome` a word of this module, empty for one unknown."""

    about: str
    outcome: str
    code: str = ""
    """Status of SMTP (5.1.1), or the application code of a system that could not take a document in (900 to 906)."""
    recipient: str = ""


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a part of a report. Some programs attach them as plain text."""
    return [one for one in part.get_payload() if isinstance(one, Message)] if part.is_multipart() else []


def _about(mail: Message) -> str:
    """The Message-ID of the mail that comes back with a failure, whole or by its headers."""
    for part in mail.walk():
        if part.get_content_type() == "text/rfc822-headers":
            found = re.search(r"^message-id:\s*(<[^<>\s]+>)", str(part.get_payload()), re.IGNORECASE | re.MULTILINE)
            if found:
                return str(found[1])
        if part.get_content_type() == "message/rfc822":
            ids = [i for one in _blocks(part) for i in _ID.findall(str(one.get("Message-ID", "")))]
            if ids:
                return str(ids[0])
    ids = _ID.findall(str(mail.get("In-Reply-To", "")))
    return str(ids[0]) if ids else ""


def _failure(mail: Message) -> Report | None:
    for part in mail.walk():
        for block in _blocks(part) if part.get_content_type() == "message/delivery-status" else []:
            if block.get("Action"):
                recipient = str(block.get("Final-Recipient", "")).partition(";")[2]
                outcome = _ACTIONS.get(str(block["Action"]).strip().lower(), "")
                return Report(_about(mail), outcome, str(block.get("Status", "")).strip()[:12], normalised(recipient))
    return None


def _receipt(mail: Message) -> Report | None:
    for part in mail.walk():
        for block in _blocks(part) if part.get_content_type() == "message/disposition-notification" else []:
            told = " ".join(str(block.get("Disposition", "")).partition(";")[2].split())
            ids = _ID.findall(str(block.get("Original-Message-ID", "")))
            error = _ERROR.match(told)
            outcome = FAILED if error else _DISPOSITIONS.get(told.partition("/")[0].strip().lower(), "")
            recipient = str(block.get("Final-Recipient", "")).partition(";")[2]
            return Report(ids[0] if ids else "", outcome, error[1] if error else "", normalised(recipient))
    return None


def report_of(mail: Message) -> Report | None:
    """What a mail reports about another one; None for a mail that is no report."""
    if mail.get_content_type() != "multipart/report":
        return None
    return _failure(mail) or _receipt(mail)


def write_receipt(
    sender: Address, to: str, about: str, subject: str, message_id: str, at: datetime, *, code: str = "", label: str = "",
    processed: bool = False, text: str = "",
) -> bytes:  # fmt: skip
    """Write an MDN: displayed, or processed with the error `code^label` of the CI-SIS volet where there is one (rule MDN-01)."""
    mail = MIMEMultipart("report", policy=SMTP)
    mail.set_param("report-type", "disposition-notification")
    for name, value in {"From": sender.address, "To": to, "Subject": subject, "Date": format_datetime(at), "Message-ID": message_id,
                        "In-Reply-To": about, "References": about, "Auto-Submitted": "auto-replied"}.items():  # fmt: skip
        mail[name] = value
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode()
    disposition = f"processed/Error: {code}^{plain}" if code else "processed" if processed else "displayed"
    mode = "automatic-action" if processed or code else "manual-action"
    fields = MIMEBase("message", "disposition-notification", policy=SMTP)
    fields.set_payload(
        f"Reporting-UA: Carnet\r\nFinal-Recipient: rfc822;{sender.address}\r\nOriginal-Message-ID: {about}\r\n"
        f"Disposition: {mode}/MDN-sent-automatically; {disposition}\r\n"
    )
    mail.attach(MIMEText(text, "plain", "utf-8", policy=SMTP))
    mail.attach(fields)
    return mail.as_bytes()
