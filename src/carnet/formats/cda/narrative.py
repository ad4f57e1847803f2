"""The narrative of a CDA as HTML that is safe by construction, and as plain text for the search.

Nothing of the source is copied as markup: known elements become elements of ours, text is escaped, and everything else is
shown as its text. No script, no style, no address of another machine that a browser would follow. Nothing is left out in
silence: what cannot be drawn leaves a line that names it, with a way to open it where the document carries it.
"""

import base64
import re
from collections.abc import Iterator
from html import escape
from urllib.parse import quote

from lxml import etree

from carnet.formats.cda.carried import Attached, caption_of, file_of, media_of
from carnet.formats.cda.header import NS, ONESELF, parse_document
from carnet.formats.cda.words import STRUCK, lines, name_of, words

_PLAIN = {
    "paragraph": "p", "item": "li", "sub": "sub", "sup": "sup", "thead": "thead", "tbody": "tbody", "tfoot": "tfoot",
    "tr": "tr", "td": "td", "th": "th", "caption": "caption",
}  # fmt: skip
_STYLES = {"bold": ("b",), "italics": ("i",), "underline": ("u",), "emphasis": ("em",), "bolditalics": ("b", "i"),
           **dict.fromkeys(STRUCK, ("s",))}  # fmt: skip
"""CDA R2 §4.3.5.11 and the official kit's own, in any case: they hold on every element that takes a styleCode."""
_OF_TABLE = ("caption", "thead", "tbody", "tfoot", "tr")
_AROUND = frozenset({"thead", "tbody", "tfoot", "tr"})
"""Elements whose style is that of their cells: no run of text stands directly in them."""
_NUMBERS = {"arabic": "1", "littlealpha": "a", "bigalpha": "A", "littleroman": "i", "bigroman": "I"}
_IMAGES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/gif": b"GIF8"}
_NAMES = {"application/pdf": "PDF", "image/tiff": "image TIFF", "text/rtf": "RTF", "application/rtf": "RTF", "text/plain": "texte",
          "application/dicom": "image DICOM"}  # fmt: skip
_DEPTH = 60
_SPAN = re.compile("0{0,4}([2-9]|[1-9][0-9]{1,2})", re.ASCII)
_CELLS = frozenset({"tr", "td", "th", "li"})
_UNKNOWN = {"NI": "pas d’information", "UNK": "inconnu", "NASK": "non demandé", "ASKU": "demandé, et inconnu",
    "NAV": "non disponible pour le moment",
            "NA": "sans objet", "MSK": "information non communiquée", "OTH": "autre"}  # fmt: skip
"""HL7 v3 NullFlavor of a section, in words of ours."""
_NAMED = {
    "48765-2": "Allergies et intolérances", "11450-4": "Problèmes", "11348-0": "Antécédents", "47519-4": "Actes et interventions",
    "29554-3": "Actes et interventions",
    "10160-0": "Traitements", "10183-2": "Traitements à la sortie", "42346-7": "Traitements à l’admission",
    "18610-6": "Traitements administrés", "57828-6": "Prescriptions", "60590-7": "Médicaments délivrés", "11369-6": "Vaccinations",
    "46264-8": "Dispositifs médicaux", "8716-3": "Signes vitaux", "29762-2": "Habitudes de vie", "10162-6": "Grossesses",
    "30954-2": "Résultats", "46240-8": "Séjours et rencontres", "10157-6": "Antécédents familiaux",
}  # fmt: skip
"""Names of sections that carry neither title nor the name of their code: whose words they are must not be guessed."""


def _anchor(node: etree._Element) -> str:
    name = node.get("ID", "")
    return f' id="n-{escape(name, quote=True)}"' if name else ""


def _spans(node: etree._Element) -> str:
    kept = ((k, node.get(k, "")) for k in ("colspan", "rowspan"))
    return "".join(f' {k}="{found[1]}"' for k, v in kept if (found := _SPAN.fullmatch(v.strip())))


def _styles(node: etree._Element) -> list[str]:
    return [tag for style in (node.get("styleCode") or "").lower().split() for tag in _STYLES.get(style, ())]


class _Renderer:
    """Writes the HTML of one document. `files` is the address at which its own files open; empty where nothing opens them."""

    def __init__(self, root: etree._Element, files: str) -> None:
        self.root, self.files = root, files
        self.media, self.called = media_of(root), set[str]()
        regions = ((n.get("ID") or "", n) for n in root.iter("{urn:hl7-org:v3}regionOfInterest"))
        self.regions = {name: found for name, n in regions if (found := n.find(".//h:observationMedia", NS)) is not None}

    def inside(self, node: etree._Element, depth: int) -> str:
        """Text and children of a node, in its styles."""
        inner = "".join([escape(node.text or ""), *(self.element(c, depth + 1) + escape(c.tail or "") for c in node)])
        name = name_of(node)
        for tag in _styles(node) if name not in _AROUND else ():
            inner = f"<{tag}>{inner}</{tag}>"
        if name in ("td", "th", "item"):
            told, row = self._revised(node, inner), node.getparent()
            return self._revised(row, told) if row is not None and name_of(row) == "tr" else told
        return inner

    def element(self, node: etree._Element, depth: int) -> str:
        """One element of the narrative."""
        name = name_of(node)
        if not name:
            return ""
        if depth > _DEPTH:
            return escape("".join(str(text) for text in node.itertext()))
        written = self._written(node, name, depth)
        # A row, a cell or an item is struck through what it holds: HTML lets nothing stand around it (`inside`).
        return written if _PLAIN.get(name) in _CELLS else self._revised(node, written)

    @staticmethod
    def _revised(node: etree._Element, written: str) -> str:
        if node.get("revised") == "delete":
            return f'<del><span class="vh">supprimé : </span>{written}</del>'
        if node.get("revised") == "insert":
            return f'<ins><span class="vh">ajouté : </span>{written}</ins>'
        return written

    def _written(self, node: etree._Element, name: str, depth: int) -> str:
        if name in _PLAIN:
            return self.plain(node, name, depth)
        special = {"list": self.list, "table": self.table, "content": self.content, "renderMultiMedia": self.multimedia,
                   "linkHtml": self.link, "footnote": self.footnote, "footnoteRef": self.call}  # fmt: skip
        if name in special:
            return special[name](node, depth)
        return "<br>" if name == "br" else self.inside(node, depth)

    def plain(self, node: etree._Element, name: str, depth: int) -> str:
        """An element that HTML has too."""
        tag = "p" if name == "caption" and name_of(node.getparent()) != "table" else _PLAIN[name]
        spans = _spans(node) if tag in ("td", "th") else ""
        style = ' class="strong"' if tag in _AROUND and "b" in _styles(node) else ""
        return f"<{tag}{_anchor(node)}{spans}{style}>{self.inside(node, depth)}</{tag}>"

    def list(self, node: etree._Element, depth: int) -> str:
        """A list: its caption first, since HTML lists have none."""
        ordered = node.get("listType") == "ordered"
        kind = _NUMBERS.get((node.get("styleCode") or "").lower(), "")
        tag, numbered = ("ol", f' type="{kind}"' if kind else "") if ordered else ("ul", "")
        captions = "".join(self.element(c, depth) for c in node.iterfind("h:caption", NS))
        items = "".join(self.element(i, depth + 1) for i in node.iterfind("h:item", NS))
        return f"{captions}{self._stray(node, depth, ('caption', 'item'))}<{tag}{_anchor(node)}{numbered}>{items}</{tag}>"

    def _stray(self, node: etree._Element, depth: int, fitting: tuple[str, ...]) -> str:
        """What stands where neither the schema nor HTML has a place for it: shown before, not lost."""
        texts = (text.strip() for text in (node.text, *(c.tail for c in node)) if text and text.strip())
        others = (self.element(c, depth + 1) for c in node if name_of(c) and name_of(c) not in fitting)
        return "".join([*(f"<p>{escape(text)}</p>" for text in texts), *others])

    def table(self, node: etree._Element, depth: int) -> str:
        """A table in a frame of its own that scrolls, so that the page does not."""
        kept = "".join(self.element(c, depth + 1) for c in node if name_of(c) in _OF_TABLE)
        cells = "".join(self.element(c, depth + 1) for c in node if name_of(c) in ("td", "th"))
        kept += f"<tr>{cells}</tr>" if cells else ""
        stray = self._stray(node, depth, (*_OF_TABLE, "td", "th", "col", "colgroup"))
        return (
            f'{stray}<div class="scroll" tabindex="0" role="group" aria-label="Tableau"><table{_anchor(node)}>{kept}</table></div>'
        )

    def content(self, node: etree._Element, depth: int) -> str:
        """A run of text."""
        inner = self.inside(node, depth)
        return f"<span{_anchor(node)}>{inner}</span>" if node.get("ID") else inner

    def link(self, node: etree._Element, depth: int) -> str:
        """A link inside the document leads there; one to elsewhere is shown as an address to copy, and followed by nobody here."""
        inner, href = self.inside(node, depth), (node.get("href") or "").strip()
        if href.startswith("#"):
            return f'<a{_anchor(node)} href="#n-{escape(href[1:], quote=True)}">{inner.strip() or escape(href[1:])}</a>'
        address = f'<span class="address">{escape(href)}</span>' if href else ""
        told = " ".join(part for part in (inner.strip(), f"({address})" if inner.strip() and address else address) if part)
        return f"<span{_anchor(node)}>{told}</span>"

    def footnote(self, node: etree._Element, depth: int) -> str:
        """A note at the place where it is written."""
        return f'<small{_anchor(node)} role="note">{self.inside(node, depth)}</small>'

    def call(self, node: etree._Element, depth: int) -> str:
        """The call of a note that stands elsewhere."""
        name = node.get("IDREF") or ""
        inner = self.inside(node, depth).strip() or "note"
        return f'<sup><a href="#n-{escape(name, quote=True)}">{inner}</a></sup>' if name else f"<sup>{inner}</sup>"

    def multimedia(self, node: etree._Element, depth: int) -> str:
        """The files that a place of the narrative calls, each drawn, or named with a way to open it."""
        caption, names = caption_of(node), (node.get("referencedObject") or "").split()
        drawn = "".join(self.file(name, caption) for name in dict.fromkeys(names))
        return drawn or f'<p class="lost">Élément joint non décrit par le document. {escape(caption)}</p>'

    def file(self, name: str, caption: str) -> str:
        """One file of the document."""
        media = self.media.get(name) if name in self.media else self.regions.get(name)
        own = (media.get("ID") or name) if media is not None else name
        told = escape(caption)
        if own in self.called:
            return f'<p class="lost">{told or "Fichier joint"} : déjà montré dans ce document.</p>'
        self.called.add(own)
        found = file_of(self.root, own) if media is not None else None
        if found is None:
            return f'<p class="lost">{told or "Fichier joint"} : {escape(_missing(media))}</p>'
        if found.data.startswith(_IMAGES.get(found.mime, b"\0")):
            return self._image(found, told)
        return self._opened(found, told)

    def _image(self, found: Attached, told: str) -> str:
        source = f"data:{found.mime};base64,{base64.b64encode(found.data).decode()}"
        under = f"<figcaption>{told}</figcaption>" if told else ""
        return f'<figure><img alt="{told or "Image du document"}" src="{source}">{under}</figure>'

    def _opened(self, found: Attached, told: str) -> str:
        kind = _NAMES.get(found.mime, found.mime)
        title = f"{told or 'Fichier joint'} ({escape(kind)})"
        if not self.files:
            return f'<p class="lost">{title} : à ouvrir dans le document.</p>'
        address = escape(f"{self.files}?piece={quote(found.id)}", quote=True)
        frame = f'<iframe class="viewer" src="{address}" title="{title}" loading="lazy"></iframe>' if kind == "PDF" else ""
        saved = escape(f"{self.files}?piece={quote(found.id)}&telecharger=1", quote=True)
        return (f'<figure class="piece"><figcaption>{title} <a href="{saved}">Télécharger'
                f'<span class="vh"> {title}</span></a></figcaption>{frame}</figure>')  # fmt: skip

    def uncalled(self) -> str:
        """Files that no place of the narrative calls."""
        return "".join(self.file(name, "") for name in self.media if name not in self.called)


def _missing(media: etree._Element | None) -> str:
    """Why a file cannot be opened."""
    value = media.find("h:value", NS) if media is not None else None
    reference = value.find("h:reference", NS) if value is not None else None
    address = reference.get("value") if reference is not None else None
    if address:
        return f"le fichier n’est pas dans le document, il est à l’adresse {address}"
    return "le document ne porte pas ce fichier, ou ses octets ne se lisent pas"


def _title(section: etree._Element) -> str:
    """Its title, else the name of its code: a section without one would read as a part of the one above."""
    coded = section.find("h:code", NS)
    codes = [coded, *coded.iterfind("h:translation", NS)] if coded is not None else []
    told = (code.get("displayName") or _NAMED.get(code.get("code") or "", "") for code in codes)
    named = next((name.strip() for name in told if name.strip()), "")
    return words(section.find("h:title", NS)) or named


def _nothing(section: etree._Element) -> Iterator[str]:
    """A line in a section that holds no words: what the document says of that, or that it says nothing."""
    held = section.find("h:text", NS)
    drawn = held is not None and (words(held) or held.find(".//h:renderMultiMedia", NS) is not None)
    if drawn or section.find("h:component", NS) is not None:
        return
    flavor = section.get("nullFlavor") or (held.get("nullFlavor") if held is not None else None) or ""
    said = f"Le document dit : {_UNKNOWN.get(flavor.upper(), 'pas d’information')}." if flavor else ""
    yield f'<p class="lost">{said or "Le document ne porte aucun texte ici."}</p>'


def _subject(section: etree._Element) -> Iterator[str]:
    """A line above a part that is about somebody else (CDA R2 §4.3.2.1): its words would read as the patient's."""
    if section.find("h:subject", NS) is None:
        return
    code = section.find("h:subject/h:relatedSubject/h:code", NS)
    if code is not None and code.get("code") in ONESELF:
        return
    told = words(code.find("h:originalText", NS)) or code.get("displayName") or "" if code is not None else ""
    yield f'<p class="lost">Cette partie concerne une autre personne{escape(f" : {told}" if told else "")}.</p>'


_CONFIDENTIAL = {"R": "restreinte", "V": "très restreinte"}
"""HL7 Confidentiality above normal. It changes no right here: whoever reads the part is told what its author says of it."""


def _confidential(section: etree._Element) -> Iterator[str]:
    """A line above a part that its author calls confidential for itself (CDA R2 §4.3.1)."""
    code = section.find("h:confidentialityCode", NS)
    told = _CONFIDENTIAL.get((code.get("code") or "").upper()) if code is not None else None
    if told:
        yield f'<p class="lost">Cette partie est de confidentialité {told}, dit son auteur.</p>'


def _section(renderer: _Renderer, section: etree._Element, level: int) -> Iterator[str]:
    yield f"<section{_anchor(section)}>"
    if _title(section):
        yield f"<h{level}>{escape(_title(section))}</h{level}>"
    yield from _subject(section)
    yield from _confidential(section)
    text = section.find("h:text", NS)
    if text is not None:
        yield renderer.inside(text, 0)
    yield from _nothing(section)
    for inner in section.iterfind("h:component/h:section", NS):
        yield from _section(renderer, inner, min(level + 1, 6))
    yield "</section>"


def render(content: bytes, files: str = "") -> str:
    """The structured body of a CDA as HTML. Headings start at level 2. `files`: where its files open. Raises CdaError."""
    root = parse_document(content)
    renderer = _Renderer(root, files)
    sections = root.iterfind("h:component/h:structuredBody/h:component/h:section", NS)
    written = "".join(part for section in sections for part in _section(renderer, section, 2))
    left = renderer.uncalled()
    return written + (f"<section><h2>Fichiers joints</h2>{left}</section>" if left else "")


def plain_text(content: bytes) -> str:
    """Title and narrative as words, for the search: without what was struck out. Raises CdaError."""
    root = parse_document(content)
    parts = [words(root.find("h:title", NS))]
    for section in root.iterfind(".//h:section", NS):
        parts.append(_title(section))
        parts += lines(section.find("h:text", NS))
    return "\n".join(part for part in parts if part)
