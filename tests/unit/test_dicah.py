"""Editions of the habilitation matrix, life cycles, value sets."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from carnet.dicah import habilitation
from carnet.dicah.habilitation import COLUMNS, EditionError, import_edition, in_force, parse
from carnet.dicah.messages import message
from carnet.dicah.settings import LawSettings
from carnet.formats import codes
from carnet.kernel.codes import PROFESSION_SYSTEM, Code

HEAD = ",".join(COLUMNS)
LINE = f"{PROFESSION_SYSTEM},60,11488-4,yes,official"


def write(folder: Path, *lines: str) -> Path:
    path = folder / "matrix.csv"
    path.write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    return path


def test_an_imported_edition_is_in_force_from_its_day_on(tmp_path: Path) -> None:
    folder = tmp_path / "editions"
    edition = import_edition(write(tmp_path, LINE), date(2026, 1, 1), folder)
    assert edition.name == "2026-01-01 (official)"
    assert in_force(date(2025, 12, 31), folder).effective < date(2026, 1, 1)
    assert in_force(date(2030, 1, 1), folder) == edition, "no edition that comes with Carnet takes its place"
    assert in_force(date(2026, 1, 1), folder).consultable(Code(PROFESSION_SYSTEM, "60")) == {"11488-4"}
    assert edition.basis(Code(PROFESSION_SYSTEM, "60"), "11488-4") == "confirmed"
    assert edition.basis(Code(PROFESSION_SYSTEM, "60"), "other") == "none"
    assert in_force(date(2026, 6, 1)).basis(Code(PROFESSION_SYSTEM, "10"), "11488-4") in ("confirmed", "reconstructed")


def test_an_edition_is_immutable(tmp_path: Path) -> None:
    import_edition(write(tmp_path, LINE), date(2026, 1, 1), tmp_path / "editions")
    with pytest.raises(EditionError, match="immutable"):
        import_edition(write(tmp_path, LINE), date(2026, 1, 1), tmp_path / "editions")


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "no line"),
        ([f"{PROFESSION_SYSTEM},60,11488-4,maybe,official"], "line 2: consult"),
        ([f"{PROFESSION_SYSTEM},60,11488-4,yes,hearsay"], "line 2: basis"),
        ([LINE, LINE], "line 3: the cell"),
        ([f"{PROFESSION_SYSTEM},,11488-4,yes,official"], "line 2: an empty cell"),
    ],
)
def test_a_wrong_edition_is_refused_with_its_line(tmp_path: Path, lines: list[str], problem: str) -> None:
    with pytest.raises(EditionError, match=problem):
        import_edition(write(tmp_path, *lines), date(2026, 1, 1), tmp_path / "editions")
    assert not (tmp_path / "editions").exists()


def test_a_file_without_the_columns_is_refused() -> None:
    with pytest.raises(EditionError, match="missing columns"):
        parse("a,b\n1,2\n", date(2026, 1, 1))
    assert hash(habilitation.shipped()[0]) == hash(habilitation.shipped()[0])


def test_insurers_and_employers_have_no_context() -> None:
    grouped = LawSettings().town_sectors | LawSettings().hospital_sectors | LawSettings().medico_social_sectors
    assert not {"SA23", "SA24", "SA48", "SA32"} & grouped
    assert grouped <= {code for _, code in codes.members("sectors")}


def test_the_message_of_a_code() -> None:
    assert message("record-closed").next_step
    with pytest.raises(KeyError):
        message("nonsense")


def test_value_sets_are_dated() -> None:
    assert codes.state("type_codes", "11526-1", date(2024, 9, 27)) == "valid"
    assert codes.state("type_codes", "11526-1", date(2024, 9, 28)) == "ended"
    assert codes.state("type_codes", "nope", date(2026, 1, 1)) == "unknown"
    assert codes.label("type_codes", "11488-4").startswith("CR ou fiche")
    assert codes.label("type_codes", "nope") == "nope"
    assert codes.member("class_codes", "10", "1.2.250.1.213.1.1.4.1") is not None
    assert codes.member("type_codes", "11488-4").class_code == "10"
    assert codes.member("type_codes", "nope") is None


def test_the_value_sets_are_those_of_the_sources(shared: Path) -> None:
    import csv

    for name, column in (("type_codes", "code"), ("class_codes", "code"), ("facility_types", "code"), ("format_codes", "code")):
        source = {r[column] for r in csv.DictReader((shared / "data" / f"{name}.csv").read_text(encoding="utf-8").splitlines())}
        assert {code for _, code in codes.members(name)} == source


def test_editions_of_one_digest_are_the_same_without_a_look_at_their_cells() -> None:
    """Two threads that read the matrix at the same moment leave two copies: each decision would compare ten thousand cells."""
    one = habilitation.shipped()[-1]
    copy = replace(one, cells={}, confirmed=frozenset())
    assert (copy, hash(copy)) == (one, hash(one))
    assert replace(one, digest="another") != one
