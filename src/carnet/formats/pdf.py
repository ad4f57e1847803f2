"""The text of a PDF, for the search. What a PDF only draws (scans, pictures of text) is read by `scans`, later."""

from carnet.formats.apart import NotOpenedError, opened


def is_locked(content: bytes) -> bool:
    """Whether a PDF opens with a password alone. One that only forbids printing opens for everybody."""
    if b"/Encrypt" not in content:
        return False
    try:
        return opened("pdf-locked", content) == b"1"
    except NotOpenedError:
        # An encryption that the library does not know, a file that eats time: nobody can say that it is locked.
        return False


def pdf_text(content: bytes) -> str:
    """The words of a PDF, page after page; empty for one that cannot be read within the limits: its metadata find it."""
    try:
        return opened("pdf-text", content).decode()
    except NotOpenedError:
        return ""
