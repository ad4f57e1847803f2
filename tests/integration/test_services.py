"""Connected services: from the request to the reading, what each line opens, and what withdrawing does."""

import pytest
from support.espace import Space, newcomer
from support.services import app, text_of


@pytest.fixture(scope="module")
def somebody(espace: str) -> Space:
    return newcomer(espace)[0]


def test_the_whole_way(espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace, "Margaux")
    space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": "62"})
    client = app(oauth, door).connect(space)
    assert client.tokens["token_type"] == "Bearer"
    assert client.patient not in (person.ins.matricule, "")
    pulse = client.resources(f"Observation?patient={client.patient}&code=http://loinc.org|8867-4")
    assert [o["valueQuantity"]["value"] for o in pulse] == [62]
    assert client.call(f"Patient/{client.patient}").json()["name"][0]["given"] == [person.traits.given_names]
    assert person.traits.birth_name not in client.call(f"Patient/{client.patient}").text
    assert person.ins.matricule not in client.call("Observation").text
    page = text_of(space.get("/services"))
    assert "1 a un accord de vous" in page
    assert "service que vous avez connecté" in text_of(space.get("/acces/journal"))
