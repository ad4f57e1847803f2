"""Reading a mail (RFC 5322, 2045, 2047, 2231): what it says and carries, within limits, whatever its sender's program made of it.

Nothing is dropped in silence: a part that is no text of the body is an attachment, a body of HTML alone becomes text and says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.errors import InvalidBase64LengthDefect, MessageError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value, getaddresses, parsedate_to_datetime
from enum import StrEnum
from typing import cast

from lxml import etree, html

from carnet.formats.mss.addresses import Address, is_address, normalised
from carnet.formats.mss.reports import Report, report_of

MOST_PARTS, MOST_DEPTH, MOST_HEADERS, LONGEST_HEADER, LONGEST_READ = 100, 12, 300, 16_000, 2_000
LONGEST_TEXT = 100_000
"""Characters of a body that a conversation shows; the whole of a longer one is kept as a file."""
_NATIONAL = ("X-MSS-CODECDA", "X-MSS-INS", "X-MSS-NIL", "X-MSS-MES")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
FIN = "[FIN]"


class MailError(ValueError):
    """The bytes are no mail that can be read; the text says why and repeats nothing of it."""


class Closing(StrEnum):
    """What a mail ends, beside what it says."""

    NOTHING = ""
    THREAD = "thread"
    """Header `X-MSS-MES: FIN`: the thread of this mail (rule INB-05)."""
    ALL = "all"
    """Subject exactly `[FIN]`: every earlier thread of the sender with this person (rule INB-04)."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail."""

    message_id: str
    references: tuple[str, ...]
    """Mails that it answers: those of In-Reply-To and References, the nearest first."""
    sender: Address
    reply_to: tuple[Address, ...]
    recipients: tuple[Address, ...]
    subject: str
    text: str
    sent_at: datetime | None
    attachments: tuple[Attachment, ...]
    receipt_to: str = ""
    """Who asked for a receipt (RFC 8098)."""
    closes: Closing = Closing.NOTHING
    report: Report | None = None
    automatic: bool = False
    """Whether a program sent it: nobody is to be answered automatically (RFC 3834)."""
    national: tuple[tuple[str, str], ...] = ()
    """The X-MSS headers that it carries."""
    from_html: bool = False
    """Whether its text was made from HTML: the sender's layout is not kept."""

    @property
    def answers_to(self) -> Address:
        """Where an answer goes: the first Reply-To, else the sender (rule INB-06)."""
        return self.reply_to[0] if self.reply_to else self.sender


def _decoded(value: object) -> str:
    """A header as people read it, on one line; of one that no program writes, the beginning."""
    parts = []
    for raw, charset in decode_header(str(value)[:LONGEST_READ]):
        parts.append(_text(raw, charset or "utf-8") if isinstance(raw, bytes) else raw)
    return " ".join("".join(parts).split())


def _text(data: bytes, charset: str) -> str:
    """Bytes as text: by the declared set, else by those that mails mostly are in."""
    for name in (charset, "utf-8", "cp1252"):
        try:
            # What is no letter by itself (half of a pair) could be stored nowhere.
            return data.decode(name).encode("utf-8", "replace").decode()
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def _header(mail: Message, name: str) -> str:
    return _decoded(mail.get(name, ""))


def _addresses(mail: Message, *names: str) -> tuple[Address, ...]:
    raw = [str(value) for name in names for value in mail.get_all(name, [])]
    found = (Address(normalised(address), _decoded(name)) for name, address in getaddresses(raw))
    return tuple(a for a in found if is_address(a.address))


def _references(mail: Message) -> tuple[str, ...]:
    told = _ID.findall(str(mail.get("In-Reply-To", ""))) + list(reversed(_ID.findall(str(mail.get("References", "")))))
    return tuple(dict.fromkeys(told))


def _moment(mail: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(mail.get("Date", "")))
    except (ValueError, TypeError, OverflowError):
        return None
    # RFC 5322 §3.3: `-0000` tells no zone; the hour is that of UTC.
    return found if found.tzinfo else None


def _leaves(part: Message, depth: int = 0) -> Iterator[Message]:
    """The parts that hold something, in order. A mail inside a mail is one part."""
    if depth > MOST_DEPTH:
        raise MailError("parts within parts within parts")
    if part.get_content_maintype() != "multipart" or not part.is_multipart():
        yield part
        return
    for one in cast(list[Message], part.get_payload()):
        yield from _leaves(one, depth + 1)


def _content(part: Message) -> bytes:
    if part.is_multipart():
        # message/rfc822 and its like: the mail inside, whole.
        return b"\n".join(one.as_bytes() for one in part.get_payload() if isinstance(one, Message))
    data = part.get_payload(decode=True)
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        raise MailError("a part that cannot be decoded")
    return data if isinstance(data, bytes) else b""


def _name(part: Message) -> str:
    value = part.get_param("filename", None, "content-disposition") or part.get_param("name", None) or ""
    found = _decoded(collapse_rfc2231_value(value))
    return re.split(r"[/\\]", "".join(c for c in found if c.isprintable()))[-1][:200]


def _is_body(part: Message) -> bool:
    kind = part.get_content_type()
    return kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment" and not _name(part)


def html_text(data: str) -> str:
    """The words of an HTML body, one line for each block."""
    try:
        tree = html.document_fromstring(
            re.sub(r"^\s*<\?xml[^>]*\?>", "", data), parser=html.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
        )
    except (etree.ParserError, ValueError):
        return ""
    for gone in tree.xpath("//script | //style | //head"):
        gone.drop_tree()
    for block in tree.xpath("//br | //p | //div | //tr | //li | //h1 | //h2 | //h3 | //h4"):
        block.tail = f"\n{block.tail or ''}"
    lines = (" ".join(line.split()) for line in tree.text_content().split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _bodies(parts: list[Message]) -> tuple[str, bool]:
    """The text of a mail, and whether it was made from HTML: where there is plain text, the HTML says the same."""
    told: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    for part in parts:
        charset = part.get_content_charset() or "utf-8"
        told[part.get_content_type()].append(_text(_content(part), charset).replace("\r\n", "\n").strip())
    plain = "\n\n".join(filter(None, told["text/plain"]))
    if plain or not told["text/html"]:
        return plain, False
    return "\n\n".join(filter(None, map(html_text, told["text/html"]))), True


def _closing(mail: Message, subject: str) -> Closing:
    if _header(mail, "X-MSS-MES").upper() == "FIN":
        return Closing.THREAD
    return Closing.ALL if subject == FIN else Closing.NOTHING


def _parsed(content: bytes) -> Message:
    mail = message_from_bytes(content)
    for number, part in enumerate(mail.walk()):
        headers = part.items()
        long = any(
            len(str(value)) > (LONGEST_READ if name.lower().startswith("content-") else LONGEST_HEADER) for name, value in headers
        )
        if len(headers) > MOST_HEADERS or long or number > 2 * MOST_PARTS:
            # What parses these takes a time that grows with the square of their length.
            raise MailError("headers that no program writes")
    return mail


def _attached(parts: list[Message]) -> tuple[Attachment, ...]:
    files = ((_name(p), p.get_content_type(), _content(p)) for p in parts)
    return tuple(Attachment(name, mime, content) for name, mime, content in files if content or name)


def _sender(mail: Message, report: Report | None) -> Address:
    """The one sender. A report may come from a machine that has no mailbox."""
    raw = [str(value) for value in mail.get_all("From", [])]
    found = _addresses(mail, "From")
    if report is not None and len(raw) <= 1:
        return found[0] if found else Address()
    if len(raw) != 1 or len(getaddresses(raw)) != 1 or len(found) != 1:
        raise MailError("a sender is one address")
    return found[0]


def _whole_text(text: str, files: tuple[Attachment, ...]) -> tuple[str, tuple[Attachment, ...]]:
    """A body that a conversation can show, and the whole of a longer one as a file."""
    if len(text) <= LONGEST_TEXT:
        return text, files
    return text[:LONGEST_TEXT], (*files, Attachment("message.txt", "text/plain", text.encode()))


def read_mail(content: bytes) -> Mail:
    """Read a mail. Raises MailError, for whatever the bytes are."""
    try:
        return _read(content)
    except MailError:
        raise
    except (ValueError, LookupError, MessageError, RecursionError) as error:
        raise MailError(f"not a mail that can be read: {type(error).__name__}") from None


def _read(content: bytes) -> Mail:
    mail = _parsed(content)
    parts = list(_leaves(mail))
    if len(parts) > MOST_PARTS:
        raise MailError("too many parts")
    report, subject = report_of(mail), _header(mail, "Subject")
    bodies = [p for p in parts if _is_body(p)]
    text, from_html = _bodies(bodies)
    said = [] if report else [p for p in parts if p not in bodies]
    text, files = _whole_text(text, _attached(said))
    receipts = _addresses(mail, "Disposition-Notification-To")
    ids = _ID.findall(str(mail.get("Message-ID", "")))
    return Mail(
        ids[0] if ids else "", _references(mail), _sender(mail, report), _addresses(mail, "Reply-To"), _addresses(mail, "To", "Cc"),
        subject, text, _moment(mail), files, receipts[0].address if receipts else "", _closing(mail, subject), report,
        report is not None or _header(mail, "Auto-Submitted").lower() not in ("", "no"),
        tuple((name, _header(mail, name)) for name in _NATIONAL if mail.get(name)), from_html,
    )  # fmt: skip
