"""Words on paper, for whoever only has words: the writer of PDF is loaded with the first one.

Its libraries of fonts take as long to load as all the rest of a process, and most processes never write a PDF.
"""


def as_pdf(title: str, text: str) -> bytes:
    """Words as a PDF."""
    from carnet.formats.sheet import Sheet

    page = Sheet(title)
    page.add_page()
    page.block(title, "H1", size=15, bold=True)
    for line in text.split("\n"):
        page.block(line)
    return bytes(page.output())
