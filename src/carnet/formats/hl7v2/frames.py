"""MLLP: a message between a vertical tab and a file separator with a carriage return (HL7 v2, appendix C)."""

from collections.abc import Callable, Iterator

START, END = b"\x0b", b"\x1c\x0d"
_PIECE = 65_536


class FrameError(ValueError):
    """The bytes on the line are not framed, or a frame is too long."""


def frame(message: bytes) -> bytes:
    """A message in its frame."""
    return START + message + END


def frames(read: Callable[[int], bytes], most: int) -> Iterator[bytes]:
    """The messages that come in, one by one. Ends when the line does; raises FrameError beyond `most` bytes."""
    held = b""
    while True:
        end = held.find(END)
        if end >= 0:
            message, held = held[:end], held[end + len(END) :]
            start = message.find(START)
            if start < 0 or message[:start].strip():
                raise FrameError("no frame")
            yield message[start + 1 :]
            continue
        if len(held) > most:
            raise FrameError("too long")
        piece = read(_PIECE)
        if not piece:
            return
        held += piece
