"""Reading XML from outside: nothing external is fetched, no DOCTYPE, no huge tree, a bounded number of elements."""

import codecs

from lxml import etree

MOST_ELEMENTS = 200_000
"""A submission of fifty documents has some thousands of elements."""


class XmlError(ValueError):
    """The bytes are not XML that may be read; the text says where and never repeats the content."""


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.start + 1].decode("cp1252", "replace"), error.start + 1


codecs.register_error("carnet-cp1252", _as_windows_1252)


def as_utf8(content: bytes) -> bytes:
    """The same text in UTF-8: bytes that are not UTF-8 are read as Windows-1252, which some vendor kits mix in."""
    return content.decode("utf-8", "carnet-cp1252").encode()


def parse(content: bytes) -> etree._Element:
    """The root of an XML document. Raises XmlError for what is not well formed, has a DOCTYPE, or is too large."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        position = getattr(error, "position", None)
        where = f" at line {position[0]}" if position else ""
        raise XmlError(f"not well-formed XML{where}") from None
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        # Nothing that is exchanged here has a DOCTYPE: one is an entity bomb or an external fetch.
        raise XmlError("a DOCTYPE is not allowed")
    if sum(1 for _ in zip(root.iter(), range(MOST_ELEMENTS + 1), strict=False)) > MOST_ELEMENTS:
        raise XmlError("too many elements")
    return root
