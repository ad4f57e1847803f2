"""Words on paper: PDF that every machine opens, tagged so that a screen reader follows it (ISO 32000-1 §14.8)."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import cast

import segno
from fpdf import FPDF, ViewerPreferences

from carnet.kernel.traits import base_letters

_OPENED = str.maketrans({"œ": "oe", "Œ": "OE", "’": "'", "–": "-", "—": "-", "…": "...", "«": '"', "»": '"', "\u202f": " ",
                         "≥": ">=", "≤": "<=", "→": "->", "−": "-"})  # fmt: skip


def _letter(character: str) -> str:
    if character.encode("latin-1", "ignore"):
        return character
    return base_letters(character).encode("latin-1", "replace").decode("latin-1")


def _plain(text: str) -> str:
    """A text in the letters that the font has; another letter loses its mark, as INSi writes it. What is no letter is a `?`."""
    return "".join(map(_letter, text.translate(_OPENED)))


class Sheet(FPDF):
    """Pages of blocks in their reading order: headings, paragraphs, pictures with what they show in words."""

    def __init__(self, title: str, language: str = "fr-FR") -> None:
        super().__init__()
        self.set_title(_plain(title))
        self.set_lang(language)
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)
        self.set_auto_page_break(auto=True, margin=15)
        self._count: dict[int, int] = {}

    @contextmanager
    def tagged(self, kind: str) -> Iterator[None]:
        """What is written inside is one element of this kind (`P`, `H1`, `H2`); it stays on its page."""
        number = self._count.get(self.page, 0)
        self._count[self.page] = number + 1
        self._add_marked_content(struct_type=f"/{kind}", mcid=number)
        self._out(f"/{kind} <</MCID {number}>> BDC")
        yield
        self._out("EMC")

    def block(
        self, text: str, kind: str = "P", *, size: float = 10, bold: bool = False, width: float = 0, at: float | None = None
    ) -> None:
        """Write a block of text from the left margin (or from `at`, in millimetres), and go under it."""
        self.set_font("Helvetica", "B" if bold else "", size)
        if at is not None:
            self.set_x(at)
        needed = cast(float, self.multi_cell(width, size * 0.5, _plain(text) or " ", dry_run=True, output="HEIGHT"))
        if needed > self.eph and " " in text:
            # An element stays on its page: a text that is longer than one is several.
            middle = text.rfind(" ", 0, len(text) // 2 + 1) if " " in text[: len(text) // 2 + 1] else text.find(" ")
            for part in (text[:middle], text[middle + 1 :]):
                self.block(part, kind, size=size, bold=bold, width=width, at=at)
            return
        if self.will_page_break(needed):
            self.add_page()
        with self.tagged(kind):
            self.multi_cell(width, size * 0.5, _plain(text) or " ", align="L", new_x="LMARGIN", new_y="NEXT")

    def code(self, text: str, means: str, x: float, y: float, side: float) -> None:
        """Draw a QR code (never a Micro QR, which most telephones do not read), with what it opens in words."""
        picture = BytesIO()
        segno.make(text, error="m", micro=False).save(picture, kind="png", scale=6, border=4)
        self._count[self.page] = self._count.get(self.page, 0) + 1
        self.image(picture, x=x, y=y, w=side, h=side, alt_text=_plain(means))
