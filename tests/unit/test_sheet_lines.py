"""Which lines an emergency sheet has: what is known, and no "none known" of before it was."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from carnet.apps.profile.entries import Content, Entry
from carnet.apps.profile.sheet import lines_of
from carnet.apps.profile.treatments import Course, Treatment
from carnet.kernel.copies import replace

TODAY = date(2026, 11, 29)


def said(label: str, day: int, polarity: str = "") -> Entry:
    at = datetime(2026, 11, day, tzinfo=UTC)
    return Entry(
        uuid4(), "allergies", "document", uuid4(), at, "x", False, None, None, Content(label, polarity=polarity), written_at=at
    )


def labels(*entries: Entry) -> list[str]:
    return [line.label for line in lines_of(entries, ["allergies"], [], TODAY)]


@pytest.mark.parametrize("polarity", ["known-absent", "no-information"])
def test_an_absence_stands_where_nothing_was_known_or_where_it_contradicts(polarity: str) -> None:
    assert labels(said("Aucune", 1, polarity)) == ["Aucune"]
    assert labels(said("Pénicilline", 2), said("Aucune", 1, polarity)) == ["Pénicilline"]
    assert labels(said("Pénicilline", 2), said("Aucune", 3, polarity)) == ["Pénicilline", "Aucune"]


def test_an_absence_of_one_kind_stands_beside_another_kind() -> None:
    assert labels(said("Arachide", 2), said("Pas d’allergie médicamenteuse", 1, "partly-absent")) == [
        "Arachide", "Pas d’allergie médicamenteuse",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("section", "content", "told"),
    [
        ("problems", Content("Asthme"), ""),
        ("problems", Content("Asthme", clinical="active", active=True), ""),
        ("problems", Content("Asthme", clinical="inactive", active=False), "non actif"),
        ("problems", Content("Asthme", clinical="remission", active=False, end="2019"), "en rémission"),
        ("problems", Content("Asthme", clinical="resolved", active=False), "terminé"),
        ("problems", Content("Asthme", end="2019"), "terminé"),
        ("problems", Content("Asthme", end="2026-11-29"), ""),
        ("problems", Content("Asthme", status="aborted", active=False), "terminé"),
        ("treatments", Content("Amoxicilline", status="aborted", active=False), "arrêté"),
        ("treatments", Content("Amoxicilline", status="suspended", active=False), "suspendu"),
        ("treatments", Content("Amoxicilline", status="completed", end="2020"), "terminé"),
    ],
)
def test_how_something_is_over_in_its_author_s_words(section: str, content: Content, told: str) -> None:
    entry = replace(said("", 1), section=section, content=content)
    assert entry.ending(TODAY) == told


def test_a_reaction_of_an_older_source_is_on_the_sheet_and_a_dose_of_before_is_not() -> None:
    old, new = said("Pénicilline", 1), said("Pénicilline", 2)
    old = replace(old, content=replace(old.content, detail="choc"))
    [line] = lines_of([old, new], ["allergies"], [], TODAY)
    assert line.detail == "choc (dit le 01/11/2026)"
    told = [replace(said("Metformine", day), section="treatments", content=Content("Metformine", detail=dose))
            for day, dose in ((2, "1 le matin"), (1, "2 le soir"))]  # fmt: skip
    [line] = lines_of([], ["treatments"], [Treatment("Metformine", tuple(told), Course.CURRENT)], TODAY)
    assert line.detail == "1 le matin"
