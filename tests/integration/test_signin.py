"""Sign-in through a real OpenID Connect provider process, and every way in which it must fail."""

import base64
import hashlib
import json
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from support.people import client, now, patient
from support.roles import as_role

from carnet.apps.signin import api as signin
from carnet.apps.signin.professionals import psc as relying_party
from carnet.apps.storage.api import close_pool, unit
from carnet.desk.client import Client, SignInError, code_of
from carnet.desk.demonstration.loading import import_directory
from carnet.desk.demonstration.professionals import PROFESSIONALS, userinfo
from carnet.desk.simulators.psc import Provider
from carnet.kernel.refusal import Refusal

VERIFIER = "v" * 64


def challenge() -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def asked(**changes: str) -> dict[str, str]:
    return {"client_id": "logiciel-demo", "redirect_uri": "http://127.0.0.1:5555/retour", "state": "s",
            "code_challenge": challenge(), "code_challenge_method": "S256"} | changes  # fmt: skip


def to_situation(door: str, browser: httpx.Client, key: str = "treating") -> tuple[str, httpx.Response]:
    to_psc = browser.get(f"{door}/signin/authorize", params=asked())
    chosen = browser.post(to_psc.headers["location"], data={"person": PROFESSIONALS[key].id})
    page = browser.get(chosen.headers["location"])
    return page.text.split('name="ticket" value="')[1].split('"')[0], page


def test_the_whole_sign_in(door: str) -> None:
    person, _ = patient("treating")
    software = Client(door)
    software.sign_in(PROFESSIONALS["treating"].id)
    assert software.search(person.ins).status_code == 200


def test_the_choice_of_a_situation_is_shown_and_kept(door: str) -> None:
    with httpx.Client() as browser:
        _, page = to_situation(door, browser, "cardiologist")
    assert "Cabinet du Port" in page.text
    assert "Centre hospitalier de la Presqu" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    person, record_id = patient("cardiologist")
    software = Client(door)
    software.sign_in(PROFESSIONALS["cardiologist"].id, situation=1)
    software.search(person.ins)
    from carnet.apps.journal.api import entries_of_record

    with unit(record_id) as work:
        last = entries_of_record(work, record_id)[-1]
    assert last["structure"] == "Centre hospitalier de la Presqu'île"
    assert (last["means"], last["software"]) == ("psc", "Logiciel de démonstration")


@pytest.mark.parametrize(
    "changes",
    [{"client_id": "unknown"}, {"client_id": "\0"}, {"redirect_uri": "https://evil.example/retour"}, {"redirect_uri": "http://127.0.0.1:1/other"}, {"redirect_uri": "http://127.0.0.1:1/retour#x"},
     {"code_challenge": "short"}, {"code_challenge_method": "plain"}],
)  # fmt: skip
def test_a_wrong_request_of_a_software_never_reaches_the_provider(door: str, changes: dict[str, str]) -> None:
    answer = httpx.get(f"{door}/signin/authorize", params=asked(**changes))
    assert answer.status_code == 400
    assert "sign-in-refused" in answer.text


def test_a_sign_in_goes_on_only_in_the_browser_that_started_it(door: str) -> None:
    with httpx.Client() as browser, httpx.Client() as thief:
        to_psc = browser.get(f"{door}/signin/authorize", params=asked())
        chosen = browser.post(to_psc.headers["location"], data={"person": PROFESSIONALS["treating"].id})
        assert thief.get(chosen.headers["location"]).status_code == 400
        assert browser.get(chosen.headers["location"]).status_code == 400, "a state serves once"


def test_tickets_and_codes_serve_once_and_only_their_software(door: str) -> None:
    with httpx.Client() as browser:
        ticket, _ = to_situation(door, browser)
        form = {"ticket": ticket, "situation": "0"}
        back = browser.post(f"{door}/signin/situation", data=form).headers["location"]
        assert browser.post(f"{door}/signin/situation", data=form).status_code == 400
        assert parse_qs(urlsplit(back).query)["state"] == ["s"]
        code = parse_qs(urlsplit(back).query)["code"][0]
        right = {"grant_type": "authorization_code", "code": code, "client_id": "logiciel-demo",
                 "redirect_uri": asked()["redirect_uri"], "code_verifier": VERIFIER}  # fmt: skip
        token = browser.post(f"{door}/signin/token", data=right)
        assert token.json()["token_type"] == "Bearer"
        assert token.headers["Cache-Control"] == "no-store"
        assert browser.post(f"{door}/signin/token", data=right).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change", [{"code_verifier": "w" * 64}, {"client_id": "logiciel-regulation"}, {"redirect_uri": "http://x/"}]
)
def test_a_code_is_bound_to_verifier_software_and_address(door: str, change: dict[str, str]) -> None:
    with httpx.Client() as browser:
        ticket, _ = to_situation(door, browser)
        back = browser.post(f"{door}/signin/situation", data={"ticket": ticket, "situation": "0"}).headers["location"]
        form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(back).query)["code"][0],
                "client_id": "logiciel-demo", "redirect_uri": asked()["redirect_uri"], "code_verifier": VERIFIER}  # fmt: skip
        assert browser.post(f"{door}/signin/token", data=form | change).status_code == 400
    assert httpx.post(f"{door}/signin/token", data={"grant_type": "password"}).json()["error"] == "unsupported_grant_type"


def test_a_situation_that_is_not_yours_is_refused(door: str) -> None:
    for number in ("7", "-1", "x"):
        with httpx.Client() as browser:
            ticket, _ = to_situation(door, browser)
            assert browser.post(f"{door}/signin/situation", data={"ticket": ticket, "situation": number}).status_code == 400


def test_an_old_ticket_is_over(door: str, settings_clock: Any) -> None:
    with httpx.Client() as browser:
        ticket, _ = to_situation(door, browser)
        settings_clock.move(timedelta(minutes=11))
        assert browser.post(f"{door}/signin/situation", data={"ticket": ticket, "situation": "0"}).status_code == 400


def test_a_revoked_token_opens_nothing(door: str) -> None:
    person, _ = patient("treating")
    software = client(door, "treating")
    assert software.search(person.ins).status_code == 200
    software.http.post(f"{door}/signin/revoke", data={"token": software.token})
    assert code_of(software.search(person.ins)) == "authentication-missing"
    assert httpx.post(f"{door}/signin/revoke", data={"token": "whatever"}).status_code == 200


def test_only_the_digest_of_a_token_is_stored(door: str) -> None:
    token = client(door, "treating").token
    close_pool()
    settings.CARNET.database_role = "postgres"
    try:
        with unit() as work:
            rows = work.rows("SELECT token, actor FROM signin_session")
    finally:
        close_pool()
        settings.CARNET.database_role = "carnet_fhir"
    assert rows
    assert not any(token.encode() in bytes(digest) or token in text for digest, text in rows)


def test_a_situation_that_the_directory_closed_opens_nothing(door: str) -> None:
    person, _ = patient("audiologist")
    software = client(door, "audiologist")
    assert software.search(person.ins).status_code == 200
    who = PROFESSIONALS["audiologist"]
    head = "Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code secteur d'activité"
    with as_role("carnet_operator"):
        signin.import_directory([head, f"{who.id}|{who.family}|{who.given}|{who.profession}|SA01"], now(), partial=True)
    assert code_of(software.search(person.ins)) == "exercise-closed"
    with as_role("carnet_operator"):
        import_directory(now())


# --- what the relying party checks --------------------------------------------------------------------------------


@pytest.fixture
def provider(psc: str, door: str) -> Provider:
    """A provider of our own, whose tokens the tests can spoil."""
    people = {"p": userinfo(PROFESSIONALS["treating"])}
    return Provider(psc, people, [])


def identify(provider: Provider, monkeypatch: pytest.MonkeyPatch, claims: dict | None = None, info: dict | None = None,
             key: RSAKey | OctKey | None = None, header: dict | None = None) -> relying_party.PscIdentity:  # fmt: skip
    stamp = int(now().timestamp())
    good = {"iss": settings.CARNET.psc_issuer, "aud": "carnet", "azp": "carnet", "sub": provider.people["p"]["sub"], "nonce": "n",
            "exp": stamp + 120, "iat": stamp, "acr": "eidas1"} | (claims or {})  # fmt: skip
    good = {k: v for k, v in good.items() if v is not None}
    token = jwt.encode(header or {"alg": "RS256", "kid": "psc-simulator"}, good, key or provider.key)
    monkeypatch.setattr(relying_party, "_tokens", lambda form: {"id_token": token, "access_token": "a"})
    from joserfc.jwk import KeySet

    monkeypatch.setattr(relying_party, "_keys", lambda url, period: KeySet([provider.key]))
    answer = {k: v for k, v in (provider.people["p"] | (info or {})).items() if not k.startswith("_")}
    monkeypatch.setattr(httpx, "get", _answering(httpx.get, answer))
    return relying_party.identify("code", "verifier", "n")


def _answering(real, info: dict):
    def get(url: str, **options: object) -> httpx.Response:
        return httpx.Response(200, content=json.dumps(info)) if url.endswith("/userinfo") else real(url, **options)

    return get


def test_a_right_token_is_accepted(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    who = identify(provider, monkeypatch)
    assert who.professional_id == PROFESSIONALS["treating"].id
    assert (who.level, who.regulation) == ("APPPRIP3", False)


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "other"}, {"azp": "other"}, {"nonce": "replayed"}, {"acr": "eidas0"}, {"exp": 1},
     {"nonce": None}, {"acr": None}, {"exp": None}],
)  # fmt: skip
def test_a_wrong_claim_is_refused(provider: Provider, monkeypatch: pytest.MonkeyPatch, claims: dict) -> None:
    with pytest.raises(Refusal) as refusal:
        identify(provider, monkeypatch, claims)
    assert refusal.value.code == "sign-in-refused"


@pytest.mark.parametrize(
    "info",
    [{"sub": "somebody else"}, {"SubjectNameID": ""}, {"SubjectNameID": "<script>"}, {"SubjectRefPro": {"exercices": []}}],
)
def test_a_wrong_userinfo_is_refused(provider: Provider, monkeypatch: pytest.MonkeyPatch, info: dict) -> None:
    with pytest.raises(Refusal):
        identify(provider, monkeypatch, info=info)


def test_another_key_and_a_symmetric_signature_are_refused(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal):
        identify(provider, monkeypatch, key=RSAKey.generate_key(2048, {"kid": "psc-simulator"}))
    public = OctKey.import_key(base64.urlsafe_b64encode(secrets.token_bytes(32)))
    with pytest.raises(Refusal):
        identify(provider, monkeypatch, key=public, header={"alg": "HS256"})


def test_the_provider_keeps_its_own_rules(psc: str) -> None:
    token_url = f"{psc}/auth/realms/esante-wallet/protocol/openid-connect/token"
    assert httpx.post(token_url, data={}).status_code == 401
    wrong = httpx.post(
        token_url, data={"grant_type": "authorization_code", "code": "x"}, auth=("carnet", "carnet-demonstration-secret")
    )
    assert wrong.json() == {"error": "invalid_grant"}
    assert httpx.get(f"{psc}/auth", params={"client_id": "x"}).status_code == 400
    assert httpx.get(f"{psc}/nowhere").status_code == 404


def test_a_provider_that_does_not_answer_is_said_so(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CARNET, "psc_issuer", "http://127.0.0.1:9")
    answer = httpx.get(f"{door}/signin/authorize", params=asked())
    assert answer.status_code == 400
    with pytest.raises(SignInError):
        Client(door).sign_in("899700001102")
