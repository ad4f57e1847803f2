"""Words on a picture, read by Tesseract where it is installed, in French: photographs, scanned pages, a PDF that only draws.

What a machine read may hold mistakes: it serves the search, and is said to be read by machine wherever it is shown.
"""

import shutil
import subprocess
from functools import cache

from carnet.formats.apart import NotOpenedError, opened

LANGUAGE = "fra"
MOST_PAGES = 12
PAGE_SECONDS = 40.0
"""How long one page may take: a dense sheet takes some seconds on one core."""
PICTURED = frozenset({"image/jpeg", "image/png", "image/tiff", "application/pdf"})
"""Media types whose words may only be drawn."""


@cache
def installed() -> bool:
    """Whether this machine reads pictures: Tesseract with French."""
    reader = shutil.which("tesseract")
    if not reader:
        return False
    told = subprocess.run([reader, "--list-langs"], capture_output=True, text=True, timeout=20, check=False)
    return LANGUAGE in told.stdout.split()


def words_of_scan(data: bytes) -> str:
    """The words that stand on the pages of a picture or of a PDF that only draws; empty for what does not open."""
    try:
        pages = min(int(opened("scan-pages", data)), MOST_PAGES)
        found = [opened("scan-words", data, number, PAGE_SECONDS).decode("utf-8", "replace") for number in range(1, pages + 1)]
    except NotOpenedError:
        return ""
    return "\n".join(text.strip() for text in found if text.strip())
