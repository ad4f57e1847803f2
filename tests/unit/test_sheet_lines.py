"""Which lines an emergency sheet has: what is known, and no "none known" of before it was."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from carnet.apps.profile.entries import Content, Entry
from carnet.apps.profile.sheet import lines_of

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
