"""Services as people use them: what a gesture does, what a page says of it, and what the journal tells."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest
from support.espace import Space, newcomer, relate
from support.people import now
from support.roles import as_role
from support.services import App, app, purposes, referenced, text_of

from carnet.apps.access import api as access
from carnet.apps.catalogue import api as catalogue
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration import services as demo

OPERATOR = catalogue.By(catalogue.Side.OPERATOR, "Exploitante")
PUBLISHER = demo.by_publisher("1")
SCOPE = "openid patient/*.rs offline_access"


def end_of(record_id: UUID, service: UUID) -> Any:
    with as_role("carnet_espace"), unit(record_id) as work:
        return access.agreement_of(work, record_id, service, now()).expires_at


@pytest.fixture
def diary(espace: str, oauth: str, door: str) -> tuple[Space, App, UUID, UUID]:
    """Somebody with a service connected: space, client, service, record."""
    space, _, record_id = newcomer(espace)
    service = referenced(purposes=purposes(("treatments",), ("measures.HEART_RATE", "read", "write")))
    return space, app(oauth, door, service).connect(space, "openid patient/*.crus offline_access"), service, record_id


# The page of consent, when something is open already


@pytest.mark.parametrize(("ticked", "choice"), [([], "accepter"), (["soin/treatments/read"], "refuser")])
def test_refusing_everything_takes_back_what_was_open(diary: tuple[Space, App, UUID, UUID], ticked: list[str], choice: str) -> None:
    space, client, _, _ = diary
    assert client.call("MedicationStatement").status_code == 200
    left, _ = client.begin(SCOPE)
    back = client.decide(space, left, ticked, choice)
    assert parse_qs(urlsplit(back.headers["location"]).query)["error"] == ["access_denied"]
    assert client.call("MedicationStatement").status_code == 401
    assert "Aucun service n’est connecté" in text_of(space.get("/services"))


def test_refusing_a_service_that_has_nothing_leaves_no_refusal_in_the_journal(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    client = app(oauth, door)
    left, _ = client.begin(SCOPE)
    client.decide(space, left, [], "refuser")
    assert "n’existe pas" not in text_of(space.get("/acces/journal?sorte=refus"))


def test_a_change_moves_no_end_by_itself(diary: tuple[Space, App, UUID, UUID]) -> None:
    space, _, service, record_id = diary
    space.post(f"/services/{service}/accord", {"ligne": ["soin/treatments/read"], "duree": "1"})
    end = end_of(record_id, service)
    page = space.get(f"/services/{service}/accord").text
    (chosen,) = re.findall(r'name="duree" value="([^"]+)" checked', page)
    space.post(f"/services/{service}/accord", {"ligne": ["soin/measures.HEART_RATE/read"], "duree": chosen})
    assert end_of(record_id, service) == end
    space.post(f"/services/{service}/accord", {"ligne": ["soin/measures.HEART_RATE/read"], "duree": "12"})
    assert end_of(record_id, service) > end


def test_another_language_keeps_the_request_of_the_service(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    left, _ = app(oauth, door).begin(SCOPE)
    location = urlsplit(left.headers["location"])
    page = space.get(f"{location.path}?{location.query}")
    (back,) = re.findall(r'name="retour" value="([^"]+)"', page.text)
    assert parse_qs(urlsplit(back).query) == parse_qs(location.query)
    over = space.get("/services/accord?demande=inconnue")
    assert over.status_code == 403
    assert "Recommencez depuis le service" in text_of(over)


def test_the_page_of_a_connected_service_says_what_is_open_to_it(diary: tuple[Space, App, UUID, UUID]) -> None:
    space, _, service, _ = diary
    space.post(f"/services/{service}/accord", {"ligne": ["soin/treatments/read"], "duree": "1"})
    page = text_of(space.get(f"/services/{service}"))
    assert re.search(r"Ce que vous lui ouvrez Lit : Traitements\. Accord du .+, jusqu’au ", page)


# Suspended


def _suspend(service: UUID) -> None:
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "suspend", "Un incident.", now())


def test_a_suspended_service_has_a_page_for_whoever_connected_it_alone(diary: tuple[Space, App, UUID, UUID], espace: str) -> None:
    space, _, service, record_id = diary
    carer = newcomer(espace)[0]
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"section:treatments"})))
    stranger = newcomer(espace)[0]
    _suspend(service)
    assert "Ce service est suspendu" in text_of(space.get(f"/services/{service}"))
    assert space.get(f"/services/{service}/signaler").status_code == 200
    never = stranger.get(f"/services/{service}")
    assert never.status_code == 404
    assert carer.act_on(record_id).get(f"/services/{service}").status_code == 404
    assert httpx.get(f"{espace}/catalogue/{service}").status_code == 404


def test_a_service_that_was_suspended_goes_on_with_the_token_that_it_held(diary: tuple[Space, App, UUID, UUID]) -> None:
    _, client, service, _ = diary
    _suspend(service)
    assert client.refresh().json()["error"] == "invalid_grant"
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "publish", "", now())
    assert client.refresh().status_code == 200


# What the journal says


def test_the_journal_names_what_a_service_read_and_what_it_was_refused(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced(purposes=purposes(("treatments",), ("allergies",), ("measures.HEART_RATE", "read", "write")))
    client = app(oauth, door, service).connect(space, "openid patient/*.crus offline_access")
    for name in ("MedicationStatement", "Observation"):
        assert client.call(name).status_code == 200
    space.post(f"/services/{service}/accord", {"ligne": ["soin/treatments/read"], "duree": "1"})
    assert client.call("AllergyIntolerance").status_code == 403
    journal = text_of(space.get("/acces/journal"))
    assert "a lu votre profil de santé, avec votre accord. Traitements" in journal
    assert "a lu votre profil de santé, avec votre accord. Mesures" in journal
    refused = text_of(space.get("/acces/journal?sorte=refus"))
    assert "Rien n'a été lu. Allergies et intolérances" in refused
    assert "Traitements" not in refused


# What cannot be


def test_a_body_mass_index_is_asked_for_to_be_read_alone() -> None:
    card = demo.DIARY | {"purposes": purposes(("measures.BODY_MASS_INDEX", "read", "write"))}
    with pytest.raises(catalogue.CardError):
        catalogue.read_card(card)
    catalogue.read_card(card | {"purposes": purposes(("measures.BODY_MASS_INDEX", "read"))})
    # A card that was listed before this rule is read still, and what it may not have is not offered.
    offers = [o.verb for _, listed in catalogue.offers_of(catalogue.Card.model_validate(card)) for o in listed]
    assert offers == ["read"]


def test_a_pressure_upside_down_is_refused(espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced(purposes=purposes(("measures.BLOOD_PRESSURE", "read", "write")))
    client = app(oauth, door, service).connect(space, "openid patient/*.crus")

    def part(code: str, value: int) -> dict[str, Any]:
        return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {"value": value, "unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}}  # fmt: skip

    def send(high: int, low: int) -> httpx.Response:
        return client.call("Observation", "POST", json={
            "resourceType": "Observation", "status": "final", "subject": {"reference": f"Patient/{client.patient}"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}, "effectiveDateTime": "2026-11-20",
            "component": [part("8480-6", high), part("8462-4", low)],
        })  # fmt: skip

    assert send(70, 120).status_code == 422
    assert client.resources("Observation") == []
    assert send(120, 70).status_code == 201


# A new examination


def _write(service: UUID, **card: Any) -> None:
    with as_role("carnet_oauth"):
        file = catalogue.file_of(PUBLISHER, service)
        catalogue.write_file(PUBLISHER, service, file.service.version, file.service.draft | card, {}, now())


def _ask_again(service: UUID) -> None:
    with as_role("carnet_oauth"):
        catalogue.act_on_file(PUBLISHER, service, "ask-renewal", "", now())


def operator_page(operator: str, path: str) -> str:
    """The words of a page of the operator."""
    with as_role("carnet_operator"):
        token = signin.operator_link("agent", now())
    with httpx.Client(base_url=operator, follow_redirects=True) as http:
        http.get(f"/entrer/{token}")
        return text_of(http.get(path))


def test_an_operator_sees_what_differs_and_refuses_a_new_examination_or_lists_it(operator: str, espace: str) -> None:
    service = referenced()
    _write(service, tagline="Tout autre chose.", purposes=purposes(("documents", "read")))
    _ask_again(service)
    with pytest.raises(catalogue.ReferencingError, match="not-editable"):
        _write(service, tagline="Encore autre chose.")
    with pytest.raises(catalogue.ReferencingError, match="not-now"):
        _ask_again(service)
    shown = operator_page(operator, f"/services/{service}")
    assert re.search(r"En une phrase Tout autre chose\. nouveau Au catalogue, et plus ici : Noter sa tension", shown)
    assert "Documents (lire). Tout ce que votre carnet en dit. nouveau" in shown
    assert "Finalité Au catalogue, et plus ici : « Pour tenir votre carnet de mesures »" in shown
    assert "Au catalogue, et plus ici : Tension artérielle (lire, écrire)" in shown
    assert "Prix Gratuit nouveau" not in shown
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "refuse-renewal", "Pourquoi des documents ?", now())
        with pytest.raises(catalogue.ReferencingError, match="not-now"):
            catalogue.act_on_file(OPERATOR, service, "renew", "", now())
    assert "Tout autre chose" not in text_of(httpx.get(f"{espace}/catalogue/{service}"))
    _write(service, purposes=demo.DIARY["purposes"])
    _ask_again(service)
    with as_role("carnet_operator"):
        catalogue.act_on_file(OPERATOR, service, "renew", "", now())
    assert "Tout autre chose" in text_of(httpx.get(f"{espace}/catalogue/{service}"))


def test_a_file_that_is_written_to_mislead_shows_whole(operator: str) -> None:
    """Two purposes under one title, a title that changed, a perimeter that is none: nothing hides, and no page breaks."""
    service = referenced()
    known, other = demo.DIARY["purposes"]
    strange = {"category": "documents", "verbs": ["read"], "perimeter": "lune", "why": ""}
    _write(service, purposes=[known | {"title": "Pour tout autre chose"}, other | {"title": "Pour tout autre chose"},
                              {"code": "autre", "title": "Pour tout autre chose", "lines": [strange]}])  # fmt: skip
    shown = operator_page(operator, f"/services/{service}")
    assert shown.count("« Pour tout autre chose » nouveau") == 3
    assert "Documents (lire). lune. nouveau" in shown
    assert f"Au catalogue, et plus ici : « {known['title']} »" in shown


def test_what_does_not_concern_a_service_counts_neither_for_nor_against_it() -> None:
    service = referenced("submitted")
    with as_role("carnet_operator"):
        file = catalogue.file_of(OPERATOR, service)
        met, of = file.weight
        assert met == of
        catalogue.act_on_file(OPERATOR, service, "take", "", now())
        catalogue.act_on_file(OPERATOR, service, "ask", "Et l’empreinte ?", now())
    with as_role("carnet_oauth"):
        answers = {file.concerned[-1].code: {"answer": "not-concerned", "proof": "Pas d’objet."}}
        catalogue.write_file(PUBLISHER, service, file.service.version, file.service.draft, answers, now())
        met, of = catalogue.file_of(PUBLISHER, service).weight
    assert met == of < file.weight[1]
