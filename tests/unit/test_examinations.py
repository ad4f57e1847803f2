"""Examinations: one name and one unit for what several laboratories write each in their way; nothing else is brought together."""

from datetime import UTC, datetime

import pytest

from carnet.apps.profile import api as profile
from carnet.apps.profile.examinations import CHAPTERS, _by_code, examination_of, plain_unit
from carnet.pages.curves import MOST, curve

LOINC = "2.16.840.1.113883.6.1"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def result(value: str, unit: str, day: str, code: str = "2160-0", system: str = LOINC, **more: str) -> profile.Entry:
    return profile.stated_entry("results", profile.Content("CREATININE", code, system, day, value=value, unit=unit, **more), AT)


@pytest.mark.parametrize(("written", "told"), [
    ("µmol/l", "umol/L"), ("mmol/L", "mmol/L"), ("mUI/l", "m[IU]/L"), ("10^9/L", "10*9/L"), ("G/L", "G/L"), ("g/l", "g/L"),
    ("mg/dl", "mg/dL"), ("UI/L", "[IU]/L"), ("[IU]/L", "[IU]/L"), ("mol/L", "mol/L"), ("ng/ml", "ng/mL"), ("fl", "fL"),
])  # fmt: skip
def test_a_unit_has_one_spelling_and_case_counts(written: str, told: str) -> None:
    assert plain_unit(written) == told


@pytest.mark.parametrize(("code", "value", "unit", "to", "told"), [
    ("2160-0", 10, "mg/L", "µmol/L", 88.4), ("14682-9", 88.4, "umol/L", "mg/dL", 1.0), ("59261-8", 53, "mmol/mol", "%", 7.0),
    ("2345-7", 126, "mg/dL", "g/L", 1.26), ("14749-6", 7, "mmol/L", "g/L", 1.261), ("718-7", 14.2, "g/dL", "g/L", 142),
    ("777-3", 250000, "/mm3", "G/L", 250), ("22664-7", 5, "mmol/L", "g/L", 0.3003), ("9318-7", 3.4, "mg/mmol", "mg/g", 30.06),
    ("2703-7", 12, "kPa", "mmHg", 90.0), ("14920-3", 1.2, "ng/dL", "pmol/L", 15.44), ("6301-6", 2.5, "", "[INR]", 2.5),
])  # fmt: skip
def test_values_are_converted_as_their_molar_mass_says(code: str, value: float, unit: str, to: str, told: float) -> None:
    found = examination_of(((code, LOINC, ""),))
    assert found is not None
    assert found.converted(value, unit, to) == pytest.approx(told, rel=2e-3)


def test_a_code_means_something_in_its_own_system_and_no_code_stands_twice() -> None:
    assert examination_of((("2160-0", "1.2.3", ""),)) is None
    assert examination_of((("0000-0", LOINC, ""),)) is None
    assert {e.chapter for e in _by_code().values()} <= set(CHAPTERS)
    found = examination_of((("X", "1.2.3", ""), ("14682-9", LOINC, "")))
    assert found is not None
    assert found.name == "Créatinine"
    assert found.converted(1, "g", "mg/L") is None


def test_two_laboratories_and_two_units_are_one_series_and_a_value_is_told_as_it_was_written() -> None:
    [found] = profile.series([result("10", "mg/L", "2026-01-02"), result("92", "µmol/L", "2026-05-02", "14682-9")])
    assert [e.content.value for e in found.points] == ["10", "92"]
    assert [found.value_of(e) for e in found.points] == [pytest.approx(88.4), 92]
    assert [found.converted(e) for e in found.points] == ["88.4", ""]
    assert (found.name, found.chapter, found.unit) == ("Créatinine", "Rein et sels", "µmol/L")


def test_a_unit_that_is_not_known_stands_apart_and_nothing_is_drawn_with_another() -> None:
    found = profile.series([result("10", "mg/L", "2026-01-02"), result("92", "furlong", "2026-05-02")])
    assert [(s.unit, len(s.points), s.name) for s in found] == [("furlong", 1, "Créatinine"), ("mg/L", 1, "Créatinine")]
    assert found[0].identity != found[1].identity


def test_the_same_number_in_two_units_is_two_results() -> None:
    [found] = profile.series([result("10", "mg/L", "2026-01-02"), result("10", "µmol/L", "2026-01-02")])
    assert len(found.points) == 2


def test_chapters_stand_in_their_order_and_the_unknown_ends_them() -> None:
    found = profile.series([
        result("1", "x", "2026-01-01", "Z", "1.2"), result("10", "mg/L", "2026-01-02"), result("140", "g/L", "2026-01-02", "718-7"),
    ])  # fmt: skip
    assert [(title, len(held)) for title, held in profile.by_chapter(found)] == [
        ("Sang", 1), ("Rein et sels", 1), ("Autres examens", 1),
    ]  # fmt: skip


def test_a_curve_has_the_shape_of_each_laboratory_its_bounds_and_a_triangle_below_a_limit() -> None:
    bounds = {"low": "4", "high": "6"}
    [found] = profile.series([
        result("7.1", "%", "2024-03-12", "4548-4", place="Laboratoire A", **bounds),
        result("5", "%", "2025-03-12", "4548-4", place="Laboratoire B", comparator="<"),
        result("7.4", "%", "2026-03-12", "4548-4", place="Laboratoire B", **bounds),
    ])  # fmt: skip
    drawn = curve(found)
    assert drawn is not None
    assert [m.shape for m in drawn.marks] == ["circle", "below", "diamond"]
    assert [m.bound is not None for m in drawn.marks] == [True, False, True]
    assert [place for _, place in drawn.legend] == ["Laboratoire A", "Laboratoire B"]
    assert "moins de 5, 12 mars 2025" in drawn.label
    assert drawn.limited
    assert [told for _, _, told in drawn.days] == ["2025", "2026"]
    assert len(found.drawn) == 2, "a limit is no point of a trend"


def test_bounds_in_another_unit_than_their_value_are_not_drawn() -> None:
    [found] = profile.series([
        result(str(90 + n), "µmol/L", f"2026-0{n}-02", low="7", high="13", bounds_unit="mg/L") for n in (1, 2, 3)
    ])  # fmt: skip
    drawn = curve(found)
    assert drawn is not None
    assert not drawn.bounded
    assert [told for _, _, told in drawn.days] == ["2 janvier 2026", "2 mars 2026"]


def test_few_values_draw_nothing_many_draw_the_newest_and_one_value_again_and_again_is_a_line() -> None:
    assert curve(profile.series([result("1", "mg/L", "2026-01-02")])[0]) is None
    many = [result("10", "mg/L", f"{1990 + n // 12}-{n % 12 + 1:02d}-02", place=f"L{n % 6}") for n in range(MOST + 5)]
    drawn = curve(profile.series(many)[0])
    assert drawn is not None
    assert (len(drawn.marks), drawn.cut, len(drawn.legend)) == (MOST, True, 4)
    assert drawn.legend[-1][1].count(",") == 2, "past three laboratories, the others share a shape and are named"


@pytest.mark.parametrize(("one", "other", "count"), [("mmol/l", "mmol/L", 1), ("µg/L", "μg/L", 1), ("mUI/L", "MUI/L", 2)])
def test_an_examination_that_nobody_converts_has_one_series_for_the_spellings_of_a_unit(one: str, other: str, count: int) -> None:
    told = [result("1", one, "2026-01-02", "999-9"), result("2", other, "2026-05-02", "999-9")]
    assert [len(s.points) for s in profile.series(told)] == [2 // count] * count
