"""Words of a node as people read them: an inline element divides no word, a block does, what was struck out is left out.

CDA R2 §4.3.5.1: `content revised="delete"` is text that the author took back.
"""

from collections.abc import Iterator

from lxml import etree

_HL7 = "{urn:hl7-org:v3}"
INLINE = frozenset({"content", "sub", "sup", "linkHtml"})
_RAISED = str.maketrans("0123456789+-−()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾")


def name_of(node: etree._Element | None) -> str:
    """Local name of an element; empty for a comment, a processing instruction, or nothing."""
    return etree.QName(node).localname if node is not None and isinstance(node.tag, str) else ""


STRUCK = frozenset({"strikethrough", "xstrike", "linethrough"})
"""Styles of a text that was taken back, in any case."""


def is_deleted(node: etree._Element) -> bool:
    """Whether the author struck this text out, by a revision or by its style."""
    return node.get("revised") == "delete" or bool(STRUCK & set((node.get("styleCode") or "").lower().split()))


_BLOCK = "\x00"
"""Stands for the edge of a block: no XML text can hold it."""


def _raised(text: str) -> str:
    """A raised number stays one: 10<sup>9</sup> is not 109. Letters are read as they stand (1<sup>er</sup>); what has a
    number among other signs is told as raised."""
    written = text.strip()
    if written and not written.strip("0123456789+-−()"):
        return text.translate(_RAISED)
    return f"^{written}" if any(c.isdigit() for c in written) else text


def _pieces(node: etree._Element) -> Iterator[str]:
    yield node.text or ""
    for child in node:
        name = name_of(child)
        # The call of a note is no part of the number that it stands behind.
        if name and name != "footnoteRef" and not is_deleted(child):
            around = "" if name in INLINE else _BLOCK
            inner = _pieces(child)
            yield around
            yield from (_raised("".join(inner)),) if name == "sup" else inner
            yield around
        yield child.tail or ""


def lines(node: etree._Element | None) -> list[str]:
    """The text of a node, a line for each block that holds some."""
    if node is None:
        return []
    # A line end of the source is white space like another: only a block of the narrative ends a line.
    blocks = "".join(_pieces(node)).split(_BLOCK)
    return [line for block in blocks if (line := " ".join(block.split()))]


def words(node: etree._Element | None) -> str:
    """The text of a node on one line."""
    return " ".join(lines(node))
