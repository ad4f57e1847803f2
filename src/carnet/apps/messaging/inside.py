"""Files inside the files of a mail: those of a plain archive, and of a mail that is forwarded. They are looked at as the others are
(whose they are, what is kept from whom) and stay inside."""

import base64
import binascii
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError

from carnet.kernel.refusal import No, Refusal

DEPTH = 4
"""How deep a file of a mail is looked into."""
FORWARDED = "message/rfc822"


@dataclass(slots=True)
class Room:
    """What all files of one mail may unfold to, taken together: an archive of archives grows with each of them."""

    files: int = 2000
    size: int = 100_000_000
    """In bytes."""

    def take(self, size: int) -> None:
        """Take the room of a file. Raises Refusal `message-too-large` where there is none left."""
        self.files, self.size = self.files - 1, self.size - size
        if self.files < 0 or self.size < 0:
            raise Refusal(No.MESSAGE_TOO_LARGE)


_UNREADABLE = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, ValueError, OSError, EOFError, RuntimeError)
"""What `zipfile` raises of what is damaged, locked, or packed as nothing here unpacks: nobody reads it on these pages either."""


def _of_archive(content: bytes, room: Room) -> Iterator[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except _UNREADABLE:
        return
    with archive:
        for info in archive.infolist():
            if not info.is_dir():
                room.take(info.file_size)
                # One that cannot be read hides none of those behind it.
                with suppress(*_UNREADABLE), archive.open(info) as held:
                    # No more than it says: the size that a ZIP declares may be another than what it unpacks to.
                    yield held.read(info.file_size)


def _of_mail(content: bytes, room: Room) -> list[bytes]:
    found: list[bytes] = []
    try:
        for part in message_from_bytes(content).walk():
            held = None if part.is_multipart() else part.get_payload(decode=True)
            if isinstance(held, bytes):
                room.take(2 * len(held))
                found.append(held)
                # Some programs pack a forwarded mail in Base64, which RFC 2046 §5.2.1 forbids: its text is then what is packed.
                with suppress(binascii.Error, ValueError):
                    found.append(base64.b64decode(b"".join(held.split()), validate=True))
    except (ValueError, LookupError, MessageError, RecursionError) as error:
        raise Refusal(No.MESSAGE_MALFORMED, {"problem": f"a forwarded mail that cannot be read: {type(error).__name__}"}) from None
    return found


def files_inside(content: bytes, mime: str, room: Room, depth: int = DEPTH) -> Iterator[bytes]:
    """The files inside a file, however deep.

    Raises Refusal `message-too-large` for one that unfolds to more than there is room for, or deeper, and `message-malformed` for a
    forwarded mail that cannot be read.
    """
    if depth == 0:
        raise Refusal(No.MESSAGE_TOO_LARGE)
    archive = content.startswith(b"PK")
    mail = mime == FORWARDED or b"mime-version:" in content[:4096].lower()
    for held in _of_archive(content, room) if archive else _of_mail(content, room) if mail else ():
        yield held
        yield from files_inside(held, "", room, depth - 1)
