"""Words on paper: a PDF that every machine opens, beside a file that machines read."""

from fpdf import FPDF

_OPENED = str.maketrans({"œ": "oe", "Œ": "OE", "’": "'", "–": "-", "—": "-", "…": "...", "«": '"', "»": '"', "\u202f": " ",
                         "≥": ">=", "≤": "<=", "→": "->", "−": "-"})  # fmt: skip


def as_pdf(title: str, text: str) -> bytes:
    """Words as a PDF. A letter that its font has not is a question mark: the file that it stands beside has them all."""
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", "B", 15)
    page.multi_cell(0, 9, _plain(title), new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", "", 10)
    for line in text.split("\n"):
        page.multi_cell(0, 5, _plain(line) or " ", new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _plain(text: str) -> str:
    return text.translate(_OPENED).encode("latin-1", "replace").decode("latin-1")
