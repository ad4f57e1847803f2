"""Metadata and words, packed: what every resource of a kind says again is said once, in a dictionary that comes with Carnet.

A packed text begins with a byte that names its dictionary; no dictionary is ever changed, another one gets another byte. Texts of
before begin otherwise (`{` of JSON as it is, `x` of zlib) and are read for ever. `python -m bench.dictionary` made the dictionary.
"""

import threading
import zlib
from importlib import resources

import zstandard

_FIRST, _ZLIB = b"\x01", b"x"
_LEVEL = 3


class _Packers(threading.local):
    """One of each for a thread: they work in buffers of their own."""

    def __init__(self) -> None:
        told = resources.files(__name__).joinpath("metadata-1.zdict").read_bytes()
        dictionary = zstandard.ZstdCompressionDict(told)
        self.compress = zstandard.ZstdCompressor(level=_LEVEL, dict_data=dictionary, write_dict_id=False).compress
        self.decompress = zstandard.ZstdDecompressor(dict_data=dictionary).decompress


_packers = _Packers()


def packed(text: bytes) -> bytes:
    """A text, packed."""
    return _FIRST + _packers.compress(text)


def unpacked(data: bytes) -> bytes:
    """A text that was packed, now or by an earlier release. Raises ValueError for what is none."""
    first = data[:1]
    try:
        if first == _FIRST:
            return _packers.decompress(data[1:])
        return zlib.decompress(data) if first == _ZLIB else data
    except (zstandard.ZstdError, zlib.error) as error:
        raise ValueError("not a packed text") from error
