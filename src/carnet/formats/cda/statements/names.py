"""Names and codes of an entry: what the author wrote, wherever it was written."""

from collections.abc import Iterator
from itertools import chain

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.words import is_deleted, words
from carnet.formats.xds import Coding


def _struck(node: etree._Element) -> bool:
    return is_deleted(node) or any(is_deleted(above) for above in node.iterancestors())


class Narrative:
    """The texts of a section by their ids, to name an entry that has only a reference."""

    def __init__(self, section: etree._Element) -> None:
        text = section.find("h:text", NS)
        named = [n for n in text.iter(etree.Element) if n.get("ID")] if text is not None else []
        # What was struck out, itself or with what holds it, names nothing.
        self.texts = {n.get("ID", ""): "" if _struck(n) else words(n) for n in named}

    def anchor(self, node: etree._Element) -> str:
        """The narrative id that a node, or what it holds, refers to."""
        for reference in chain(node.iterfind("h:text/h:reference", NS), node.iterfind(".//h:reference", NS)):
            # The official kit writes some references without their "#".
            name = (reference.get("value") or "").removeprefix("#")
            if name in self.texts:
                return name
        return ""

    def said(self, node: etree._Element) -> str:
        """The narrative of a statement itself: what its own `text` holds or refers to, never that of what it holds."""
        return self.text(node.find("h:text", NS))

    def text(self, node: etree._Element | None) -> str:
        """What a text holds or refers to."""
        if node is None:
            return ""
        return words(node) or self.texts.get(self._referred(node), "")

    def _referred(self, node: etree._Element) -> str:
        found = node.find("h:reference", NS)
        return (found.get("value") or "").removeprefix("#") if found is not None else ""

    def label(self, node: etree._Element | None) -> str:
        """The name of a coded node: its own, else its original text, else that of a translation."""
        if node is None:
            return ""
        own = (node.get("displayName") or "").strip() or self.text(node.find("h:originalText", NS))
        return own or next((told for t in node.iterfind("h:translation", NS) if (told := self.label(t))), "")


def codes_of(node: etree._Element | None) -> Iterator[Coding]:
    """The codes of a coded node, its own first, then its translations, however deep."""
    if node is None:
        return
    if node.get("code"):
        yield Coding(node.get("code", ""), node.get("codeSystem", ""), node.get("displayName", ""))
    for translation in node.iterfind("h:translation", NS):
        yield from codes_of(translation)


def children(node: etree._Element, path: str) -> list[etree._Element]:
    """Children along a path of local names, whatever their namespace: pharmacy extensions have one of their own."""
    found = [node]
    for name in path.split("/"):
        found = [child for n in found for child in n.iterchildren(f"{{*}}{name}")]
    return found


def child(node: etree._Element, path: str) -> etree._Element | None:
    """The first of them."""
    return next(iter(children(node, path)), None)
