"""A matricule as it is pasted: among words, with characters that nobody sees, with a letter that looks like a digit."""

import pytest

from carnet.kernel.ins import InsError
from carnet.pages.collation import in_order
from carnet.pages.reading_ins import ins_typed

MATRICULE = "231011399900185"


@pytest.mark.parametrize("text", [
    MATRICULE, "2 31 01 13 999 001 85", "INS : 2 31 01 13 999 001 85 (Mme MAQUETTE)", "2\u200b31\u00a001\u202f13 999 001 85", "\ufeff" + MATRICULE,
    "matricule 2.31.01.13.999.001.85, née le 01/01/1931", "NIR-231011399900185.",
])  # fmt: skip
def test_it_is_read(text: str) -> None:
    assert ins_typed(text).matricule == MATRICULE


@pytest.mark.parametrize(("text", "reason"), [
    ("23101139990O185", "letter"), ("2 31 O1 13 999 001 85", "letter"), ("bonjour", "shape"), ("231011399900186", "key"),
    (f"{MATRICULE} ou 140043399900472", "several"), ("INS 231011399900186 de Mme", "key"), ("12345", "shape"),
])  # fmt: skip
def test_it_is_not_guessed(text: str, reason: str) -> None:
    with pytest.raises(InsError) as error:
        ins_typed(text)
    assert error.value.reason == reason
    assert "2310" not in str(error.value)


def test_accents_and_case_stand_beside_their_letters() -> None:
    names = ["Zoé", "élan", "Eté", "Étoile", "abbé", "Ève"]
    assert sorted(names, key=in_order) == ["abbé", "élan", "Eté", "Étoile", "Ève", "Zoé"]
