"""Measures as people write them: 12/8, 1,72 m, 7,2 mmol/L. What is ambiguous is asked again and never guessed.

Values are kept in the unit of the measure; what was written in another one is kept beside it, word for word.
"""

import re
from dataclasses import dataclass

from carnet.apps.profile.measures import DIASTOLIC, MEASURES, SYSTOLIC, Measure

PRESSURE = "tension"
"""Both values of a blood pressure, written together."""
_GLUCOSE, _HEIGHT, _WEIGHT, _HBA1C = "2345-7", "8302-2", "29463-7", "4548-4"
_NUMBER = r"(\d{1,6}(?:[.,]\d{1,3})?)"
_MG_PER_MMOL = 18.0156
"""Milligrams per decilitre in a millimole per litre of glucose (molar mass 180.156 g)."""
_UNITS: dict[str, dict[str, float]] = {
    _HEIGHT: {"cm": 1, "m": 100},
    _WEIGHT: {"kg": 1, "g": 0.001},
    _GLUCOSE: {"mg/dl": 1, "g/l": 100, "mmol/l": _MG_PER_MMOL},
    "8280-0": {"cm": 1},
    "8287-5": {"cm": 1},
    "8310-5": {"°c": 1, "c": 1, "degrés": 1, "°": 1},
    "8867-4": {"/min": 1, "bpm": 1, "battements": 1},
    _HBA1C: {"%": 1},
}
_METRES, _CENTIMETRES_OF_MERCURY = 3.0, 30.0
"""Below this, a height without a unit is in metres, a pressure in centimetres of mercury: no adult, no child, is otherwise."""
_SURE_MG = 40.0
"""From here on a glucose without a unit can only be in mg/dL; below, it may be g/L or mmol/L."""


class WrittenError(ValueError):
    """What was written is no measure, or says no unit where it matters; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Written:
    """A value in the unit of its measure, and what was written where that was in another unit."""

    measure: Measure
    value: float
    words: str = ""


def _plain(number: str) -> float:
    return float(number.replace(",", "."))


def _within(written: Written) -> Written:
    if not written.measure.low <= written.value <= written.measure.high:
        raise WrittenError("bounds")
    return written


def _pressure(text: str) -> list[Written]:
    found = re.fullmatch(rf"{_NUMBER}\s*(?:/|-|sur|et|\s)\s*{_NUMBER}\s*(mmhg|cmhg)?", text.lower())
    if not found:
        raise WrittenError("pressure")
    high, low, unit = _plain(found[1]), _plain(found[2]), found[3]
    centimetres = unit == "cmhg" or (unit is None and high < _CENTIMETRES_OF_MERCURY)
    factor, words = (10.0, text) if centimetres else (1.0, "")
    if high <= low:
        raise WrittenError("pressure")
    return [
        _within(Written(MEASURES[code], round(value * factor, 1), words)) for code, value in ((SYSTOLIC, high), (DIASTOLIC, low))
    ]


def _height(text: str) -> Written | None:
    """1m72 and 1 m 72."""
    found = re.fullmatch(r"([0-2])\s*m\s*(\d{2})", text.lower())
    return Written(MEASURES[_HEIGHT], int(found[1]) * 100.0 + int(found[2]), text) if found else None


def _factor(measure: Measure, value: float, unit: str) -> float:
    units = _UNITS.get(measure.code, {})
    if unit:
        if unit not in units and unit not in (measure.unit.lower(), measure.ucum.lower()):
            raise WrittenError("unit")
        return units.get(unit, 1.0)
    if measure.code == _GLUCOSE and value < _SURE_MG:
        raise WrittenError("glucose-unit")
    return 100.0 if measure.code == _HEIGHT and value < _METRES else 1.0


def read_written(code: str, text: str) -> list[Written]:
    """What somebody wrote of a measure: one value, or two for a blood pressure. Raises WrittenError, KeyError for no measure."""
    text = " ".join(text.split())
    if code == PRESSURE:
        return _pressure(text)
    measure = MEASURES[code]
    if code == _HEIGHT and (found := _height(text)):
        return [_within(found)]
    parts = re.fullmatch(rf"{_NUMBER}\s*(\D.*)?", text)
    if not parts:
        raise WrittenError("number")
    value, unit = _plain(parts[1]), (parts[2] or "").strip().lower().rstrip(".")
    if code == _HBA1C and unit == "mmol/mol":
        # IFCC to NGSP, the master equation: NGSP = 0.09148 × IFCC + 2.152.
        return [_within(Written(measure, round(0.09148 * value + 2.152, 1), text))]
    factor = _factor(measure, value, unit)
    return [_within(Written(measure, round(value * factor, 2), text if factor != 1 else ""))]
