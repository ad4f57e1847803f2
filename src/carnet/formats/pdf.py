"""The text of a PDF, for the search. What a PDF only draws (scans, pictures of text) is not read: there is no OCR."""

import io
import logging

PAGES, CHARACTERS = 200, 400_000
"""Bounds of what is read of one document."""
# The library tells of every oddity of a file; a log line of ours never comes from a document.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def is_locked(content: bytes) -> bool:
    """Whether a PDF opens with a password alone. One that only forbids printing opens for everybody."""
    if b"/Encrypt" not in content:
        return False
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(content))
        return reader.is_encrypted and not reader.decrypt("")
    except Exception:
        # An encryption that the library does not know: nobody can say that it is locked.
        return False


def pdf_text(content: bytes) -> str:
    """The words of a PDF, page after page; empty for one that cannot be read."""
    # Loaded where it is needed: with its fonts it takes a fifth of the start of every process.
    from pypdf import PdfReader

    found, length = [], 0
    try:
        for page in PdfReader(io.BytesIO(content)).pages[:PAGES]:
            text = page.extract_text()
            found.append(text)
            length += len(text)
            if length > CHARACTERS:
                break
    except Exception:
        # A PDF that a reader cannot open is still a deposit that nobody may lose: it is found by its metadata alone.
        return "\n".join(found)
    return "\n".join(found)[:CHARACTERS]
