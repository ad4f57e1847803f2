"""Editions: read whole or refused, immutable, with what is doubted in them."""

from datetime import date

import pytest

from carnet.apps.prevention.edition import PACKAGED, Edition, EditionError, in_force, packaged, read_edition

CONTENT = (PACKAGED / "fr-2026-11.toml").read_text(encoding="utf-8")


def changed(before: str, after: str) -> bytes:
    assert before in CONTENT
    return CONTENT.replace(before, after, 1).encode()


def test_the_packaged_edition_is_whole() -> None:
    edition = packaged()[0]
    assert edition.id == "fr-2026-11"
    assert len(edition.rules) >= 116
    assert all(rule.source and rule.status for rule in edition.rules)
    doubted = {rule.id for rule in edition.doubted}
    assert {"VAC-MENB-3", "VAC-ROTA-ROTARIX-1", "VAC-HEPA"} <= doubted
    assert "VAC-DTP-75PLUS" not in doubted


def test_the_same_bytes_are_the_same_edition_and_others_are_not() -> None:
    again, other = read_edition(CONTENT.encode()), read_edition(changed("Calendrier de prévention 2026", "Autre"))
    assert again.digest == packaged()[0].digest != other.digest


@pytest.mark.parametrize(("before", "after", "told"), [
    ('id = "fr-2026-11"', "", "an id"),
    ('in_force_from = "2026-01-01"', 'in_force_from = "janvier"', "not a date"),
    ('family = "vaccination"', 'family = "voyage"', "family"),
    ('from = "6 w"', 'from = "six semaines"', "not a period"),
    ('requirement = "OBLIGATOIRE"', 'requirement = "PEUT-ETRE"', "requirement"),
    ('label = "Hexavalent, première dose"', 'libelle = "x"', "no such field: libelle"),
    ('rule = "VAC-HEXA-1"', 'rule = "VAC-NULLE-PART"', "VAC-NULLE-PART"),
    ('who = [["hepb_risk"]]', 'who = [["personne"]]', "personne"),
    ('vaccines = ["rsv"]', 'vaccines = ["rien"]', "rien"),
    ('id = "VAC-HEXA-2"', 'id = "VAC-HEXA-1"', "two rules|VAC-HEXA-2"),
    ('age_from = "18 y"', 'age_from = "majeur"', "cannot be read"),
])  # fmt: skip
def test_what_is_not_understood_is_an_error_with_its_place(before: str, after: str, told: str) -> None:
    with pytest.raises(EditionError, match=told):
        read_edition(changed(before, after))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"id = ", b"id = 3\nin_force_from = 4", b"x" * (3 * 1024 * 1024)])
def test_what_is_no_edition(content: bytes) -> None:
    with pytest.raises(EditionError):
        read_edition(content)


def _on(number: str, day: str) -> Edition:
    return read_edition(changed('id = "fr-2026-11"', f'id = "{number}"').replace(b"2026-01-01", day.encode(), 1))


def test_the_edition_of_a_day() -> None:
    old, new = _on("a", "2025-01-01"), _on("b", "2027-01-01")
    assert in_force([new, old], date(2026, 5, 1)) is old
    assert in_force([old, new], date(2027, 1, 1)) is new
    assert in_force([new], date(2020, 1, 1)) is new, "before the first, the first"
    with pytest.raises(EditionError):
        in_force([], date(2026, 1, 1))
