"""Whether what a record stores is packed: not while processes of a release that cannot read it still run beside this one."""

from collections.abc import Callable

from django.conf import settings

from carnet.formats.packing import packed

Before = Callable[[bytes], bytes]
"""How the release before stores a text: as it is (`bytes`), or by zlib."""


def kept(text: bytes, before: Before) -> bytes:
    """A text as it is stored; `formats.packing.unpacked` reads either form."""
    return packed(text) if settings.CARNET.packed_metadata else before(text)
