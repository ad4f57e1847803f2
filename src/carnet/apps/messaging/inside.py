"""Files inside the files of a mail: those of a plain archive, and of a mail that is forwarded. They are looked at as the others are
(whose they are, what is kept from whom) and stay inside."""

import base64
import binascii
import io
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.policy import default

from carnet.kernel.refusal import No, Refusal

MOST_FILES, MOST_BYTES, DEPTH = 500, 200_000_000, 4
"""What one file of a mail may unfold to, and how deep."""
FORWARDED = "message/rfc822"


def _of_archive(content: bytes) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if len(files) > MOST_FILES or sum(info.file_size for info in files) > MOST_BYTES:
                raise Refusal(No.MESSAGE_TOO_LARGE)
            for info in files:
                yield archive.read(info)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        # Damaged, locked, or packed as nothing here unpacks: what it holds is read by nobody on these pages either.
        return


def _of_mail(content: bytes) -> Iterator[bytes]:
    for part in message_from_bytes(content, policy=default).walk():
        if not part.is_multipart():
            held = part.get_payload(decode=True)
            if isinstance(held, bytes):
                yield held
                # Some programs pack a forwarded mail in Base64, which RFC 2046 §5.2.1 forbids: its text is then what is packed.
                with suppress(binascii.Error, ValueError):
                    yield base64.b64decode(b"".join(held.split()), validate=True)


def files_inside(content: bytes, mime: str, depth: int = DEPTH) -> Iterator[bytes]:
    """The files inside a file, however deep. Raises Refusal `message-too-large` for one that unfolds to more than is looked at."""
    if depth == 0:
        raise Refusal(No.MESSAGE_TOO_LARGE)
    archive = content.startswith(b"PK")
    mail = mime == FORWARDED or b"mime-version:" in content[:4096].lower()
    for held in _of_archive(content) if archive else _of_mail(content) if mail else ():
        yield held
        yield from files_inside(held, "", depth - 1)
