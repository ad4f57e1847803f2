"""Reading XML from outside: nothing external is fetched, no DOCTYPE, and a bounded number of whatever costs time."""

import re

from lxml import etree

NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""No XML holds these: what one door took with one, another could not tell."""
MOST_ELEMENTS = 200_000
"""A submission of fifty documents has some thousands of elements."""
LIBRARY_LIMIT = 9_000_000
"""libxml2 refuses a text of more than ten million characters unless it is told that the document is large."""
DEPTH = 250
"""Its limit of nesting for other documents."""
MOST_ATTRIBUTES = 200
"""Of one element. Canonicalisation sorts them one by one."""
MOST_NAMESPACES = 20_000
"""Declared in one document; some stacks declare them again on each element."""
_AS_WINDOWS_1252 = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}


class XmlError(ValueError):
    """The bytes are not XML that may be read; the text says where and never repeats the content."""


def as_utf8(content: bytes) -> bytes:
    """The same text in UTF-8: bytes that are not UTF-8 are read as Windows-1252, which some vendor kits mix in."""
    try:
        content.decode("utf-8")
        return content
    except UnicodeDecodeError:
        pass
    return content.decode("utf-8", "surrogateescape").translate(_AS_WINDOWS_1252).encode()


def _check_counts(content: bytes) -> None:
    """Refuse before a tree is built what would build too large a one."""
    if content.count(b"<") > 3 * MOST_ELEMENTS:
        raise XmlError("too many elements")
    if content.count(b"xmlns") > MOST_NAMESPACES:
        raise XmlError("too many namespace declarations")


def _check_depth(root: etree._Element) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEPTH:
            raise XmlError("elements nested too deep")


def parse(content: bytes) -> etree._Element:
    """The root of an XML document. Raises XmlError for what is not well formed, has a DOCTYPE, or is too large."""
    _check_counts(content)
    huge = len(content) > LIBRARY_LIMIT
    if huge and (b"<!DOCTYPE" in content or b"\x00" in content[:64]):
        # Without the library's own limits an entity could grow: such a document is read only where it can declare none.
        raise XmlError("a DOCTYPE, or an encoding that could hide one, in a large document")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=huge, remove_pis=False)
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
    if huge:
        _check_depth(root)
    for number, node in enumerate(root.iter()):
        if number >= MOST_ELEMENTS:
            raise XmlError("too many elements")
        if len(node.attrib) > MOST_ATTRIBUTES:
            raise XmlError("too many attributes on one element")
    return root
