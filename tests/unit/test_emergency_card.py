"""The emergency card: what it says, a QR that every telephone reads, and what it says of what it has no room for."""

import io
from typing import Any

import pytest
import segno
import zxingcpp
from PIL import Image

from carnet.formats.fhir.emergency_sheet import Line
from carnet.interfaces.espace.card import QR_BYTES, Card, card_of
from carnet.kernel.traits import Traits

WHO = Traits("EXEMPLE", "Camille", "F", "1974-03-14")


def line(label: str, **more: str) -> Line:
    return Line("allergies", label, more.get("detail", ""), more.get("value", ""), "person", "", "2026-11-20", "")


def read(monkeypatch: pytest.MonkeyPatch, lines: list[Line], closed: bool = False) -> tuple[Card, str, str]:
    """The card, the text that a reader of codes finds in its QR, and the kind of code."""
    drawn: list[segno.QRCode] = []
    make = segno.make

    def kept(*values: Any, **options: Any) -> segno.QRCode:
        drawn.append(make(*values, **options))
        return drawn[-1]

    monkeypatch.setattr(segno, "make", kept)
    card = card_of(WHO, [("Allergies", lines, closed)], "21 novembre 2026")
    out = io.BytesIO()
    drawn[-1].save(out, kind="png", scale=4, border=4)
    [found] = zxingcpp.read_barcodes(Image.open(out))
    return card, found.text, str(found.format)


def test_the_qr_is_a_plain_one_and_says_what_the_card_says(monkeypatch: pytest.MonkeyPatch) -> None:
    card, told, kind = read(monkeypatch, [line("Amoxicilline", detail="œdème"), line("Latex")])
    assert "Micro" not in kind
    assert told.splitlines() == [
        "CARTE D’URGENCE", "EXEMPLE Camille", "Né(e) le 14 mars 1974", "Allergies : Amoxicilline (œdème), Latex", "Fiche du 21 novembre 2026",
    ]  # fmt: skip
    assert card.danger and not card.cut


@pytest.mark.parametrize(("closed", "told"), [(False, "rien d’inscrit"), (True, "non visible pour vous")])
def test_nothing_inscribed_and_not_visible_are_two_things(monkeypatch: pytest.MonkeyPatch, closed: bool, told: str) -> None:
    card, text, _ = read(monkeypatch, [], closed)
    assert f"Allergies : {told}" in text
    assert not card.danger


def test_what_the_qr_has_no_room_for_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    card, text, _ = read(monkeypatch, [line("é" * 300), line("Latex" * 200)])
    assert card.cut and text.endswith("…") and len(text.encode()) <= QR_BYTES + 3
    assert card.lines[0][1].endswith("Latex")
