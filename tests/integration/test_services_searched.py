"""What a connected service asks for in a search is what it gets: hours, systems, repeats, pages; nothing is passed over in silence."""

from typing import Any

import pytest
from support.espace import Space, newcomer
from support.people import deposit
from support.services import App, app, purposes, referenced, text_of

LOINC = "http://loinc.org"


def pressure(number: str, high: int, low: int, when: str) -> dict[str, Any]:
    """A blood pressure that a service sends."""
    parts = [
        {
            "code": {"coding": [{"system": LOINC, "code": code}]},
            "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": "mm[Hg]"},
        }
        for code, value in (("8480-6", high), ("8462-4", low))
    ]
    return {
        "resourceType": "Observation", "status": "final", "code": {"coding": [{"system": LOINC, "code": "85354-9"}]},
        "subject": {"reference": f"Patient/{number}"}, "effectiveDateTime": when, "component": parts,
    }  # fmt: skip


@pytest.fixture(scope="module")
def pressed(espace: str, oauth: str, door: str) -> tuple[Space, App]:
    """Somebody whose service sent pressures: of one evening, of a day without an hour, and of one morning in two zones."""
    space, _, _ = newcomer(espace)
    client = app(oauth, door).connect(space, "openid fhirUser launch/patient patient/*.crus offline_access")
    for told in ((128, 82, "2026-11-19T23:30:00Z"), (118, 71, "2026-11-19T18:00:00+01:00"), (140, 90, "2026-11-10"),
                 (131, 85, "2026-11-09T08:30:00Z"), (132, 86, "2026-11-09T09:00:00+01:00")):  # fmt: skip
        sent = client.call("Observation", "POST", json=pressure(client.patient, *told))
        assert sent.status_code == 201, sent.text
    return space, client


def highs(client: App, asked: str) -> list[float]:
    """The higher numbers of the pressures that a search finds."""
    return [o["component"][0]["valueQuantity"]["value"] for o in client.resources(f"Observation?code=85354-9&{asked}")]


@pytest.mark.parametrize(("asked", "found"), [
    ("date=2026-11-09", [131, 132]), ("date=gt2026-11-10&date=gt2026-11-19T18:00:00%2B01:00", [128]), ("date=ge2026-11-19T17:00:00Z", [128, 118]), ("date=lt2026-11-10", [131, 132]),
    ("date=2026-11-20", [128]), ("date=2026-11-19", [118]), ("date=ge2026-11-10&date=le2026-11-19", [118, 140]), ("date=2026-11", [128, 118, 140, 131, 132]),
    ("date=ne2026-11-10", [128, 118, 131, 132]), ("date=sa2026-11-10", [128, 118]), ("date=eb2026-11-19&date=sa2026-11-09", [140]),
    ("date=ge2026-11-10T12:00:00Z", [128, 118, 140]), ("date=2026-11-10T12:00:00Z", []),
])  # fmt: skip
def test_a_search_by_date_knows_hours_and_the_day_of_the_country(pressed: tuple[Space, App], asked: str, found: list[int]) -> None:
    assert sorted(highs(pressed[1], asked)) == sorted(found)


@pytest.mark.parametrize(("asked", "count"), [
    ("code=http://loinc.org|85354-9", 5), ("code=http://snomed.info/sct|85354-9", 0), ("code=|85354-9", 0), ("code=http://loinc.org|", 5),
    ("code=urn:oid:2.16.840.1.113883.6.1|85354-9", 5), ("code=8867-4,85354-9", 5), ("code=8867-4&code=85354-9", 0),
])  # fmt: skip
def test_a_code_is_one_of_its_system_and_what_is_asked_twice_holds_twice(
    pressed: tuple[Space, App], asked: str, count: int
) -> None:
    assert len(pressed[1].resources(f"Observation?{asked}")) == count


def test_the_last_value_is_that_of_the_last_hour_whatever_came_first(pressed: tuple[Space, App]) -> None:
    space, client = pressed
    assert highs(client, "_sort=-date") == [128, 118, 140, 131, 132]
    shown = text_of(space.get("/profil/measures"))
    assert "128/82 mmHg" in shown
    assert "140 Tension, maximum / 90 Tension, minimum" in shown


def test_no_page_follows_a_total_alone_and_a_posted_search_goes_on_as_it_began(pressed: tuple[Space, App]) -> None:
    client = pressed[1]
    none = client.call("Observation?code=85354-9&_count=0").json()
    assert (none["total"], none.get("entry"), [x["relation"] for x in none["link"]]) == (5, None, ["self"])
    first = client.call("Observation/_search", "POST", data={"code": "85354-9", "date": "ge2026-11-19", "_count": "1"}).json()
    following = next(x["url"] for x in first["link"] if x["relation"] == "next")
    second = client.call(following.split("/services/fhir/")[1]).json()
    assert [second["total"], len(second["entry"]), [x["relation"] for x in second["link"]]] == [2, 1, ["self"]]
    assert first["entry"][0]["resource"]["id"] != second["entry"][0]["resource"]["id"]


def test_pressures_of_one_day_keep_their_two_numbers_together(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    client = app(oauth, door).connect(space, "openid fhirUser launch/patient patient/*.crus offline_access")
    told = {(120, 80), (120, 60), (150, 60), (150, 99)}
    for high, low in sorted(told):
        assert client.call("Observation", "POST", json=pressure(client.patient, high, low, "2026-11-12")).status_code == 201
    read = client.resources("Observation?code=85354-9")
    assert {tuple(p["valueQuantity"]["value"] for p in o["component"]) for o in read} == told
    assert client.call("Observation", "POST", json=pressure(client.patient, 150, 60, "2026-11-12")).status_code == 409
    shown = text_of(space.get("/profil/measures"))
    assert all(f"{high} Tension, maximum / {low} Tension, minimum" in shown for high, low in told)


def test_documents_are_searched_by_number_and_by_status(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace)
    one, other = (str(deposit(person, title=title)) for title in ("Un", "Deux"))
    client = app(oauth, door, referenced(purposes=purposes(("documents",)))).connect(space)

    def found(asked: str) -> set[str]:
        answer = client.call(f"DocumentReference?{asked}").json()
        numbers = {e["resource"]["id"] for e in answer.get("entry", ())}
        assert answer["total"] == len(numbers)
        return numbers

    assert found("status=current") == found("") == found(f"_id={one},{other}") == found("status=superseded,current") == {one, other}
    assert found(f"_id={one}") == {one}
    assert found("status=superseded") == found(f"_id={one}&_id={other}") == found("_id=rien") == set()
