"""Calendar arithmetic of the specification: what does not exist moves forward."""

from datetime import date

import pytest

from carnet.apps.prevention.immunisation.dates import Period, period, plus


@pytest.mark.parametrize(("day", "length", "then"), [
    ("2026-01-31", "1 month", "2026-03-01"),
    ("2024-02-29", "1 year", "2025-03-01"),
    ("2024-02-29", "4 years", "2028-02-29"),
    ("2026-08-31", "6 months", "2027-03-01"),
    ("2024-02-29", "1 y 1 m", "2025-04-01"),
    ("2026-12-31", "2 m", "2027-03-01"),
    ("2026-04-15", "6 weeks - 4 days", "2026-05-23"),
    ("2026-04-15", "18 m", "2027-10-15"),
    ("2026-04-15", "0 d", "2026-04-15"),
    ("2026-12-31", "1 day", "2027-01-01"),
])  # fmt: skip
def test_a_day_and_a_period(day: str, length: str, then: str) -> None:
    assert plus(date.fromisoformat(day), period(length)) == date.fromisoformat(then)


def test_words_of_a_period() -> None:
    assert period("11 months - 4 days") == Period(months=11, days=-4)
    assert period("2 weeks") == Period(days=14)


@pytest.mark.parametrize("text", ["", "   ", "soon", "3", "3 moons", "2 m and more"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="period"):
        period(text)


def test_beyond_the_calendar() -> None:
    with pytest.raises(OverflowError):
        plus(date(9999, 1, 1), Period(years=1))
