"""Photographs as telephones take them (HEIC) become JPEG, which the national value set admits and every browser shows.

What somebody sent is opened in a process of its own, with limits: a picture that eats memory or time ends that process alone.
"""

import io
import resource
import sys
from subprocess import TimeoutExpired, run

SECONDS, MEMORY = 20, 2_000_000_000
_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


def is_heic(data: bytes) -> bool:
    """Whether these are the bytes of such a photograph (ISO/IEC 23008-12: a `ftyp` box of its brands)."""
    return data[4:8] == b"ftyp" and data[8:12] in _BRANDS


def as_jpeg(data: bytes) -> bytes:
    """The photograph as a JPEG, upright; empty for one that does not open."""
    command = [sys.executable, "-m", "carnet.pages.photographs"]
    try:
        done = run(command, input=data, capture_output=True, timeout=SECONDS, check=False)
    except TimeoutExpired:
        return b""
    return done.stdout if done.returncode == 0 else b""


def main() -> None:
    """The process: a photograph in, a JPEG out."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform != "darwin":
        # macOS gives a process more address space than it uses: the limit would end every one.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from pi_heif import register_heif_opener
    from PIL import Image, ImageOps

    register_heif_opener()
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(sys.stdin.buffer.read())))
    image.convert("RGB").save(sys.stdout.buffer, "JPEG", quality=90)


if __name__ == "__main__":
    main()
