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
    held, looked = bytearray(), 0
    while True:
        end = held.find(END, looked)
        if end >= 0:
            message = bytes(held[:end])
            del held[: end + len(END)]
            looked = 0
            start = message.find(START)
            if start < 0 or message[:start].strip():
                raise FrameError("no frame")
            yield message[start + 1 :]
            continue
        if len(held) > most:
            raise FrameError("too long")
        # The end may stand across two pieces; what was looked at is not looked at again.
        looked = max(0, len(held) - 1)
        piece = read(_PIECE)
        if not piece:
            return
        held += piece
