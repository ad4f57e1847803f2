"""Measures in words and in order: nothing of a value is left out, no number stands beside one of another moment."""

from datetime import UTC, datetime

from django.utils.translation import override

from carnet.apps.profile import api as profile
from carnet.apps.profile.api import DIASTOLIC, SYSTOLIC
from carnet.pages.templatetags.pages import measured

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def entry(value: str, code: str = "x", day: str = "2026-11-19", at: datetime = AT, **more: str) -> profile.Entry:
    return profile.new(
        "vitals", profile.Content("Saturation", code, start=day, value=value, **more), profile.SERVICE, at, "service:1"
    )


def test_a_value_is_told_with_its_limit_its_range_and_where_its_date_comes_from() -> None:
    with override("fr"):
        told = [measured(e) for e in (
            entry("80", unit="%", comparator="<"), entry("92", unit="%", upper="94", origin="document"), entry("97", day="", origin="unknown"),
            entry("97,5", day="", unit="%"), entry("97", day="2026-11"),
        )]  # fmt: skip
    assert told == [
        "Saturation : < 80 %, 19 novembre 2026", "Saturation : 92 à 94 %, 19 novembre 2026 (date du document)",
        "Saturation : 97, date inconnue", "Saturation : 97,5 %, date non dite", "Saturation : 97, novembre 2026",
    ]  # fmt: skip


def test_two_numbers_are_one_pressure_where_one_hand_wrote_them_at_one_moment_of_one_moment() -> None:
    morning, evening = "2026-11-19T08:00:00+01:00", "2026-11-19T20:00:00+01:00"
    later = AT.replace(minute=5)
    told = [
        entry("82", DIASTOLIC, instant=morning), entry("71", DIASTOLIC, instant=evening), entry("128", SYSTOLIC, instant=morning),
        entry("118", SYSTOLIC, instant=evening), entry("131", SYSTOLIC), entry("60", "8867-4"), entry("85", DIASTOLIC, at=later),
    ]  # fmt: skip
    pairs = [tuple(e.content.value if e else "" for e in pair) for pair in profile.pressures(told)]
    assert pairs == [("128", "82"), ("118", "71"), ("131", ""), ("", "85")]


def test_the_hours_of_two_zones_and_two_notations_are_in_order() -> None:
    told = ["2026-11-19T08:30:00Z", "2026-11-19T09:00:00+01:00", "202611191000+0100", "202611190945", "", "hier"]
    ordered = sorted((entry("1", instant=one) for one in told), key=profile.moment_of)
    assert [e.content.instant for e in ordered] == ["", "hier", "2026-11-19T09:00:00+01:00", "2026-11-19T08:30:00Z", "202611190945",
                                                    "202611191000+0100"]  # fmt: skip
