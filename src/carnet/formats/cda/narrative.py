"""The narrative of a CDA as HTML that is safe by construction, and as plain text for the search.

Nothing of the source is copied as markup: known elements become elements of ours, text is escaped, and everything else is
shown as its text. No script, no style, no address of another machine: an image is shown only when the document carries it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from html import escape

from lxml import etree

from carnet.formats.cda.header import NS, parse_document

_HL7 = "{urn:hl7-org:v3}"
_PLAIN = {
    "paragraph": "p", "item": "li", "sub": "sub", "sup": "sup", "thead": "thead", "tbody": "tbody", "tfoot": "tfoot",
    "tr": "tr", "td": "td", "th": "th", "caption": "caption", "footnote": "small",
}  # fmt: skip
_STYLES = {"Bold": "b", "Italics": "i", "Underline": "u", "Emphasis": "em"}
_IMAGES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/gif": b"GIF8"}
_DEPTH = 60
_SPAN = re.compile("[2-9]|[1-9][0-9]", re.ASCII)


def _name(node: etree._Element) -> str:
    return node.tag.removeprefix(_HL7) if isinstance(node.tag, str) else ""


def _anchor(node: etree._Element) -> str:
    name = node.get("ID", "")
    return f' id="n-{escape(name, quote=True)}"' if name else ""


def _spans(node: etree._Element) -> str:
    kept = ((k, node.get(k, "")) for k in ("colspan", "rowspan"))
    return "".join(f' {k}="{v}"' for k, v in kept if _SPAN.fullmatch(v))


class _Renderer:
    """Writes the HTML of one document."""

    def __init__(self, root: etree._Element) -> None:
        self.media = {n.get("ID", ""): n for n in root.iter(f"{_HL7}observationMedia")}

    def inside(self, node: etree._Element, depth: int) -> str:
        """Text and children of a node."""
        parts = [escape(node.text or "")]
        for child in node:
            parts.append(self.element(child, depth + 1))
            parts.append(escape(child.tail or ""))
        return "".join(parts)

    def element(self, node: etree._Element, depth: int) -> str:
        """One element of the narrative."""
        name = _name(node)
        if not name or depth > _DEPTH:
            return ""
        if name in _PLAIN:
            tag = "p" if name == "caption" and _name(node.getparent()) != "table" else _PLAIN[name]  # type: ignore[arg-type]
            spans = _spans(node) if tag in ("td", "th") else ""
            return f"<{tag}{_anchor(node)}{spans}>{self.inside(node, depth)}</{tag}>"
        special = {"list": self.list, "table": self.table, "content": self.content, "renderMultiMedia": self.picture}
        if name in special:
            return special[name](node, depth)
        return "<br>" if name == "br" else self.inside(node, depth)

    def list(self, node: etree._Element, depth: int) -> str:
        """A list: its caption first, since HTML lists have none."""
        tag = "ol" if node.get("listType") == "ordered" else "ul"
        captions = "".join(self.element(c, depth) for c in node.iterfind("h:caption", NS))
        items = "".join(self.element(i, depth + 1) for i in node.iterfind("h:item", NS))
        return f"{captions}<{tag}{_anchor(node)}>{items}</{tag}>"

    def table(self, node: etree._Element, depth: int) -> str:
        """A table in a frame of its own that scrolls, so that the page does not."""
        kept = "".join(self.element(c, depth + 1) for c in node if _name(c) in ("caption", "thead", "tbody", "tfoot", "tr"))
        return f'<div class="scroll" tabindex="0" role="group" aria-label="Tableau"><table{_anchor(node)}>{kept}</table></div>'

    def content(self, node: etree._Element, depth: int) -> str:
        """A run of text, with the few styles that carry meaning."""
        inner = self.inside(node, depth)
        for style in (node.get("styleCode") or "").split():
            tag = _STYLES.get(style, "")
            inner = f"<{tag}>{inner}</{tag}>" if tag else inner
        return f"<span{_anchor(node)}>{inner}</span>" if node.get("ID") else inner

    def picture(self, node: etree._Element, depth: int) -> str:
        """An image that the document itself carries, in a format that a browser draws without running anything."""
        media = self.media.get(node.get("referencedObject", ""))
        value = media.find("h:value", NS) if media is not None else None
        mime = value.get("mediaType", "") if value is not None else ""
        if value is None or mime not in _IMAGES:
            return ""
        try:
            data = base64.b64decode(value.text or "", validate=False)
        except (binascii.Error, ValueError):
            return ""
        if not data.startswith(_IMAGES[mime]):
            return ""
        told = escape(" ".join("".join(str(t) for t in node.itertext()).split()) or "Image du document", quote=True)
        return f'<img alt="{told}" src="data:{mime};base64,{base64.b64encode(data).decode()}">'


def _title(section: etree._Element) -> str:
    return " ".join((section.findtext("h:title", "", NS) or "").split())


def _section(renderer: _Renderer, section: etree._Element, level: int) -> Iterator[str]:
    yield "<section>"
    if _title(section):
        yield f"<h{level}>{escape(_title(section))}</h{level}>"
    text = section.find("h:text", NS)
    if text is not None:
        yield renderer.inside(text, 0)
    for inner in section.iterfind("h:component/h:section", NS):
        yield from _section(renderer, inner, min(level + 1, 6))
    yield "</section>"


def render(content: bytes) -> str:
    """The structured body of a CDA as HTML. Headings start at level 2. Raises CdaError."""
    root = parse_document(content)
    renderer = _Renderer(root)
    sections = root.iterfind("h:component/h:structuredBody/h:component/h:section", NS)
    return "".join(part for section in sections for part in _section(renderer, section, 2))


def attached(content: bytes) -> tuple[str, bytes] | None:
    """What a body of level 1 carries: its media type and its bytes. None for a structured body. Raises CdaError."""
    node = parse_document(content).find("h:component/h:nonXMLBody/h:text", NS)
    if node is None:
        return None
    mime = (node.get("mediaType") or "text/plain").partition(";")[0].strip().lower()
    if node.get("representation") != "B64":
        return mime, "".join(str(t) for t in node.itertext()).encode()
    try:
        return mime, base64.b64decode("".join(str(t) for t in node.itertext()))
    except (binascii.Error, ValueError):
        return mime, b""


def plain_text(content: bytes) -> str:
    """Title and narrative as words, for the search. Raises CdaError."""
    root = parse_document(content)
    parts = [root.findtext("h:title", "", NS) or ""]
    for section in root.iterfind(".//h:section", NS):
        parts.append(_title(section))
        text = section.find("h:text", NS)
        if text is not None:
            parts += [piece for piece in (str(t).strip() for t in text.itertext()) if piece]
    return "\n".join(part for part in parts if part)
