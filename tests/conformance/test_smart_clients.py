"""SMART App Launch by clients that are not ours, unmodified: `fhirclient` and `fhirpy` (Python), `authlib` as a plain OAuth client."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from fhirclient.client import FHIRClient
from fhirclient.models.fhirsearch import FHIRSearch
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRUnauthorizedException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError
from support.espace import Space, newcomer
from support.services import BACK, App, app, onward, purposes, referenced

LINES = (("measures", "read", "write"), ("identity", "@given"), ("vaccinations",), ("allergies",))


@pytest.fixture
def ready(espace: str, oauth: str, door: str) -> tuple[Space, App]:
    """Somebody with a pulse in their profile, and a registered client of a service."""
    space, _, _ = newcomer(espace)
    space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": "66"})
    return space, app(oauth, door, referenced(purposes=purposes(*LINES)))


def _consents(space: Space, client: App, address: str) -> str:
    """What the person's browser does of an authorisation address: decide, and come back. Returns where it comes back."""
    left = client.browser.get(address)
    assert left.status_code == 302, left.text
    back = client.decide(space, left)
    assert back.status_code == 302, back.text
    return back.headers["location"]


@contextmanager
def _smart(told: dict[str, Any]) -> Iterator[FHIRClient]:
    """A client whose connections end with it: the library leaves them open."""
    client = FHIRClient(settings=told)
    with client.server.session:
        yield client


@pytest.mark.parametrize("scope", ["", "launch/patient patient/Observation.read patient/Patient.read", "patient/*.rs"])
def test_fhirclient_launches_and_reads(ready: tuple[Space, App], scope: str) -> None:
    space, client = ready
    told: dict[str, Any] = {"app_id": client.client_id, "api_base": f"{client.fhir}/services/fhir", "redirect_uri": BACK}
    with _smart(told | ({"scope": scope} if scope else {})) as smart:
        smart.prepare()
        smart.handle_callback(_consents(space, client, smart.authorize_url))
        assert smart.ready
        assert smart.patient_id
        (pulse,) = FHIRSearch(Observation, {"code": "8867-4", "patient": smart.patient_id}).perform_resources_iter(smart.server)
        assert pulse.valueQuantity.value == 66
        assert Observation.read(pulse.id, smart.server).code.coding[0].code == "8867-4"
        assert Patient.read(smart.patient_id, smart.server).id == smart.patient_id
        space.post(f"/services/{_service(client)}/retirer", {})
        with pytest.raises(FHIRUnauthorizedException):
            Observation.read(pulse.id, smart.server)


def test_fhirclient_is_launched_from_the_portal(ready: tuple[Space, App]) -> None:
    space, client = ready
    service = _service(client)
    opened = space.post(f"/services/{service}/ouvrir", {})
    asked = dict(parse_qsl(urlsplit(onward(opened)).query))
    told = {
        "app_id": client.client_id, "api_base": f"{client.fhir}/services/fhir", "redirect_uri": BACK,
        "launch_token": asked["launch"], "scope": "patient/Observation.rs",
    }  # fmt: skip
    with _smart(told) as smart:
        smart.prepare()
        smart.handle_callback(_consents(space, client, smart.authorize_url))
        assert len(list(FHIRSearch(Observation, {"code": "8867-4"}).perform_resources_iter(smart.server))) == 1


def test_authlib_authorises_and_fhirpy_reads(ready: tuple[Space, App]) -> None:
    space, client = ready
    verifier = secrets.token_urlsafe(48)
    with OAuth2Client(
        client.client_id, scope="openid offline_access launch/patient patient/*.rs", redirect_uri=BACK,
        code_challenge_method="S256", token_endpoint_auth_method="none",
    ) as http:  # fmt: skip
        address, _ = http.create_authorization_url(
            f"{client.oauth}/authorize", code_verifier=verifier, aud=f"{client.fhir}/services/fhir"
        )
        back = _consents(space, client, address)
        token = http.fetch_token(f"{client.oauth}/token", authorization_response=back, code_verifier=verifier)
        renewed = http.refresh_token(f"{client.oauth}/token", refresh_token=token["refresh_token"])
    assert renewed["access_token"] != token["access_token"]
    fhir = SyncFHIRClient(f"{client.fhir}/services/fhir", authorization=f"Bearer {renewed['access_token']}")
    (pulse,) = fhir.resources("Observation").search(code="8867-4").fetch_all()
    assert pulse["valueQuantity"]["value"] == 66
    assert fhir.reference("Patient", token["patient"]).to_resource()["id"] == token["patient"]
    space.post(f"/services/{_service(client)}/retirer", {})
    with pytest.raises(AuthorizationError):
        fhir.resources("Observation").fetch_all()


def _service(client: App) -> Any:
    from support.roles import as_role

    from carnet.apps.catalogue import api as catalogue

    with as_role("carnet_oauth"):
        found = catalogue.client_and_service(client.client_id)
    assert found is not None
    return found[1].id
