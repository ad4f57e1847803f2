"""Measures as people write them, read to what they say; what is ambiguous is asked again."""

import pytest

from carnet.apps.profile.api import DIASTOLIC, MEASURES, PRESSURE, SYSTOLIC, WrittenError, read_written

HEIGHT, WEIGHT, GLUCOSE, TEMPERATURE, HBA1C, PULSE = "8302-2", "29463-7", "2345-7", "8310-5", "4548-4", "8867-4"


@pytest.mark.parametrize(("text", "high", "low", "kept"), [
    ("12/8", 120, 80, True), ("12,5/8", 125, 80, True), ("120/80", 120, 80, False), ("120 / 80 mmHg", 120, 80, False),
    ("13-7", 130, 70, True), ("12 sur 8", 120, 80, True), ("120 80", 120, 80, False), ("14.2/9.1 cmHg", 142, 91, True),
])  # fmt: skip
def test_a_pressure(text: str, high: float, low: float, kept: bool) -> None:
    found = read_written(PRESSURE, text)
    assert [(w.measure.code, w.value) for w in found] == [(SYSTOLIC, high), (DIASTOLIC, low)]
    assert {w.words for w in found} == ({text} if kept else {""}), "what was written in another unit is kept as it was"


@pytest.mark.parametrize(("code", "text", "value"), [
    (HEIGHT, "1,72 m", 172), (HEIGHT, "1m72", 172), (HEIGHT, "1 m 72", 172), (HEIGHT, "1.72", 172), (HEIGHT, "172", 172), (HEIGHT, "172 cm", 172),
    (WEIGHT, "72,5 kg", 72.5), (WEIGHT, "3450 g", 3.45), (WEIGHT, "72", 72), (GLUCOSE, "1,26 g/L", 126), (GLUCOSE, "7,2 mmol/L", 129.71),
    (GLUCOSE, "126 mg/dL", 126), (GLUCOSE, "126", 126), (TEMPERATURE, "38,5 °C", 38.5), (TEMPERATURE, "38.5", 38.5),
    (HBA1C, "7,2 %", 7.2), (HBA1C, "53 mmol/mol", 7.0), (PULSE, "62 bpm", 62),
])  # fmt: skip
def test_a_value(code: str, text: str, value: float) -> None:
    (found,) = read_written(code, text)
    assert (found.measure, found.value) == (MEASURES[code], value)
    assert found.words in ("", text)


@pytest.mark.parametrize(("code", "text", "why"), [
    (PRESSURE, "12", "pressure"), (PRESSURE, "8/12", "pressure"), (PRESSURE, "abc", "pressure"), (PRESSURE, "400/80", "bounds"),
    (GLUCOSE, "1,26", "glucose-unit"), (GLUCOSE, "7,2", "glucose-unit"), (WEIGHT, "72 lb", "unit"), (WEIGHT, "9000", "bounds"),
    (WEIGHT, "", "number"), (WEIGHT, "-3", "number"), (WEIGHT, "soixante", "number"), (TEMPERATURE, "101 °F", "unit"), (HEIGHT, "9", "bounds"),
])  # fmt: skip
def test_what_cannot_be_read_says_why(code: str, text: str, why: str) -> None:
    with pytest.raises(WrittenError) as error:
        read_written(code, text)
    assert error.value.code == why


def test_no_measure() -> None:
    with pytest.raises(KeyError):
        read_written("", "3")
