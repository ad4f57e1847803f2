"""The authorisation server as somebody would try it who means harm: each way is refused, and named."""

import hashlib
import re
import secrets
import socket
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from joserfc import jws, jwt
from joserfc.jwk import ECKey, KeySet
from support.espace import Space, newcomer
from support.people import now
from support.portal import HIDDEN
from support.roles import as_role
from support.services import BACK, App, app, challenge, onward, purposes, referenced, register, registration, text_of

from carnet.apps.catalogue import api as catalogue
from carnet.apps.catalogue.possession import thumbprint
from carnet.config.courier import _post
from carnet.desk.demonstration import services as demo


def version_of(page: httpx.Response) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    return found[1] if found else ""


@pytest.fixture(scope="module")
def person(espace: str) -> Space:
    return newcomer(espace)[0]


def error_of(answer: httpx.Response) -> str:
    return str(answer.json().get("error", ""))


# Redirects


@pytest.mark.parametrize(
    "redirect",
    [
        "https://service.example/retour/", "https://service.example/retour?x=1", "https://service.example/retour#x", "https://service.example/RETOUR",
        "https://service.example:443/retour", "https://service.example.evil.example/retour", "https://service.example@evil.example/retour",
        "http://service.example/retour", "https://service.example/retour/../autre", "//service.example/retour", "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_the_registered_one_is_never_gone_to(oauth: str, door: str, redirect: str) -> None:
    answer, _ = app(oauth, door).begin(redirect_uri=redirect)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "Cette demande ne peut pas aboutir" in answer.text


def test_the_loopback_of_a_native_application_may_take_any_port_and_no_other_host(oauth: str, door: str) -> None:
    client = app(oauth, door, redirect_uris=["http://127.0.0.1/retour"], application_type="native")
    assert client.begin(redirect_uri="http://127.0.0.1:49152/retour")[0].status_code == 302
    for wrong in (
        "http://127.0.0.1:49152/autre",
        "http://localhost:49152/retour",
        "http://127.0.0.2/retour",
        "http://x@127.0.0.1/retour",
    ):
        assert client.begin(redirect_uri=wrong)[0].status_code == 400, wrong


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"), ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"), ({"code_challenge": "court"}, "invalid_request"),
        ({"aud": "https://ailleurs.example/fhir"}, "invalid_target"), ({"resource": "https://ailleurs.example"}, "invalid_target"),
        ({"launch": "inconnu"}, "invalid_request"),
    ],
)  # fmt: skip
def test_a_request_that_is_not_in_order_is_sent_back_with_its_error_and_the_issuer(
    oauth: str, door: str, change: dict[str, str], error: str
) -> None:
    answer, _ = app(oauth, door).begin(**change)
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert answer.headers["location"].startswith(BACK)
    assert asked["error"] == [error]
    assert asked["iss"] == [oauth]
    assert asked["state"] == ["etat"]


def test_an_assistant_s_server_is_no_resource_of_an_application(oauth: str, door: str) -> None:
    wanted = next(address for address, kind in catalogue.resources().items() if kind == "mcp")
    answer, _ = app(oauth, door).begin(aud="", resource=wanted)
    assert "error=invalid_target" in answer.headers["location"]


# Codes


def test_a_code_serves_once_and_a_copy_ends_what_came_of_it(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door)
    code, verifier = client.code(person)
    tokens = client.redeem(code, verifier).json()
    again = client.redeem(code, verifier)
    assert (again.status_code, error_of(again)) == (400, "invalid_grant")
    assert client.call("Observation", token=tokens["access_token"]).status_code == 401


def test_a_code_that_was_injected_is_worth_nothing(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door)
    code, _ = client.code(person)
    _, own = client.code(person)
    assert error_of(client.redeem(code, own)) == "invalid_grant"
    code, _ = client.code(person)
    assert error_of(client.token(grant_type="authorization_code", code=code, redirect_uri=BACK)) == "invalid_request"


def test_a_code_of_another_client_is_refused_and_spoilt(oauth: str, door: str, person: Space) -> None:
    service = referenced()
    mine, other = app(oauth, door, service), app(oauth, door, service)
    code, verifier = mine.code(person)
    assert error_of(other.redeem(code, verifier)) == "invalid_grant"
    assert error_of(mine.redeem(code, verifier)) == "invalid_grant"


def test_a_code_for_another_address_or_resource_is_refused(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door, redirect_uris=[BACK, "https://service.example/autre"])
    code, verifier = client.code(person)
    wrong = client.token(
        grant_type="authorization_code", code=code, redirect_uri="https://service.example/autre", code_verifier=verifier
    )
    assert error_of(wrong) == "invalid_grant"
    code, verifier = client.code(person)
    assert error_of(client.redeem(code, verifier, resource="https://ailleurs.example")) == "invalid_target"


def test_a_code_after_a_withdrawal_gives_nothing(oauth: str, door: str, espace: str) -> None:
    space, service = newcomer(espace)[0], referenced()
    client = app(oauth, door, service)
    code, verifier = client.code(space)
    space.post(f"/services/{service}/retirer")
    assert error_of(client.redeem(code, verifier)) == "invalid_grant"


# The way through the portal


def test_a_decision_is_taken_up_once_in_the_browser_that_asked(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door)
    left, _ = client.begin()
    ticket = parse_qs(urlsplit(left.headers["location"]).query)["demande"][0]
    answer = person.post("/services/accord", {"demande": ticket, "ligne": ["suivi/measures.HEART_RATE/read"], "duree": "1"})
    stolen = httpx.get(onward(answer))
    assert stolen.status_code == 403, "the one who sent the link has no cookie of this request"
    assert "location" not in stolen.headers
    assert client.browser.get(onward(answer)).status_code == 302
    assert client.browser.get(onward(answer)).status_code == 403
    assert person.post("/services/accord", {"demande": ticket, "ligne": [], "duree": "1"}).status_code == 403


def test_somebody_who_sends_their_own_request_on_gets_nothing_of_who_agreed(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door)
    left, _ = client.begin()
    ticket = parse_qs(urlsplit(left.headers["location"]).query)["demande"][0]
    answer = person.post("/services/accord", {"demande": ticket, "ligne": ["suivi/measures.HEART_RATE/read"], "duree": "1"})
    for proof in ({}, {"preuve": "autre"}):
        taken = client.browser.get(f"{oauth}/authorize/retour", params={"demande": ticket} | proof)
        assert (taken.status_code, "location" in taken.headers) == (403, False), "the cookie of whoever began is not enough"
    assert client.browser.get(onward(answer)).status_code == 403, "and their request is over"


def test_the_client_that_authenticates_is_the_one_whose_tokens_are_bound(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door, token_endpoint_auth_method="client_secret_basic", dpop_bound_access_tokens=True)
    other = app(oauth, door)
    code, verifier = client.code(person)
    for named in ({}, {"client_id": other.client_id}):
        answer = client.redeem(code, verifier, **named)
        assert answer.status_code == 400, "no proof, no token, whatever client the request names"
        assert "access_token" not in answer.json()


@pytest.mark.parametrize(
    "odd", [{"jwks": {"keys": 5}}, {"jwks": {"keys": [1]}}, {"client_name": "a\u0000b"}, {"backchannel_logout_uri": "https://x:99999/"},
            {"backchannel_logout_uri": f"https://{'a' * 64}.example/"}, {"redirect_uris": ["http://["]}]
)  # fmt: skip
def test_odd_metadata_is_refused_in_words(oauth: str, odd: dict[str, Any]) -> None:
    answer = register(oauth, referenced(), **odd)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri")


def test_a_redirect_address_that_is_none_is_refused(oauth: str, door: str) -> None:
    assert app(oauth, door).begin(redirect_uri="http://[")[0].status_code == 400


@pytest.mark.parametrize("address", ["https://x:99999/", f"https://{'a' * 64}.example/", "https://[", "https://127.0.0.1/",
                                     "https://[64:ff9b::7f00:1]/", "https://[ff0e::1]/", "https://224.0.0.1/", "http://192.0.2.1/"])  # fmt: skip
def test_an_address_that_leads_nowhere_or_inside_is_not_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(settings, "CARNET", settings.CARNET.model_copy(update={"service_calls_private": False}))
    assert not catalogue.may_call(address)


def test_a_service_that_answers_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.config import courier

    monkeypatch.setattr(courier, "LONGEST", 0.4)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection = server.accept()[0]
            with connection, suppress(OSError):
                connection.recv(4096)
                for _ in range(100):
                    connection.sendall(b"HTTP/1.1 200 OK\r\n"[:1])
                    sleep(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        problem = courier._post(catalogue.Sending(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}))
        assert problem in ("TimeoutError", "RemoteProtocolError")
        thread.join()


def test_a_ticket_that_nobody_decided_gives_no_code(oauth: str, door: str) -> None:
    client = app(oauth, door)
    left, _ = client.begin()
    ticket = parse_qs(urlsplit(left.headers["location"]).query)["demande"][0]
    assert client.browser.get(f"{oauth}/authorize/retour", params={"demande": ticket}).status_code == 403


def test_a_carer_connects_nothing(oauth: str, door: str, espace: str) -> None:
    from support.espace import relate

    from carnet.apps.access import api as access

    _, _, record_id = newcomer(espace)
    carer = newcomer(espace)[0]
    relate(record_id, carer, access.CARES)
    carer.act_on(record_id)
    left, _ = app(oauth, door).begin()
    assert carer.get(left.headers["location"].removeprefix(espace)).status_code == 403


# Refresh


def test_a_rotated_token_that_comes_back_ends_the_family(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door).connect(person, "patient/*.rs offline_access")
    first = client.tokens["refresh_token"]
    second = client.refresh().json()
    assert second["refresh_token"] != first
    assert error_of(client.refresh(first)) == "invalid_grant"
    assert error_of(client.refresh(second["refresh_token"])) == "invalid_grant"
    assert client.call("Observation", token=second["access_token"]).status_code == 401


def test_two_refreshes_at_once_give_one_gift_at_most(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door).connect(person, "patient/*.rs offline_access")
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(client.refresh().status_code)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(200) <= 1
    assert len(answers) == 6


def test_scopes_are_never_widened(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door).connect(person, "patient/Observation.rs offline_access", ["suivi/measures.HEART_RATE/read"])
    assert error_of(client.refresh(scope="patient/*.rs")) == "invalid_scope"
    first = client.connect(person, "patient/*.crus offline_access", ["suivi/measures.HEART_RATE/read"]).tokens["scope"]
    repeated = client.refresh(scope="patient/*.crus offline_access").json()["scope"]
    assert repeated == first == "patient/Observation.rs offline_access"
    client.connect(person, "patient/Observation.rs patient/Patient.rs offline_access")
    narrow = client.refresh(scope="patient/Patient.rs").json()
    assert narrow["scope"] == "patient/Patient.rs"
    assert client.call("Observation", token=narrow["access_token"]).status_code == 403
    assert client.refresh(narrow["refresh_token"]).json()["scope"].startswith("patient/Observation.rs")


def test_a_refresh_token_of_another_client_is_unknown(oauth: str, door: str, person: Space) -> None:
    service = referenced()
    mine = app(oauth, door, service).connect(person, "patient/*.rs offline_access")
    other = app(oauth, door, service)
    assert error_of(other.refresh(mine.tokens["refresh_token"])) == "invalid_grant"
    assert mine.refresh().status_code == 200, "what somebody else tried spoils nothing"


def test_a_client_that_did_not_ask_gets_no_refresh_token(oauth: str, door: str, person: Space) -> None:
    assert "refresh_token" not in app(oauth, door).connect(person, "patient/*.rs").tokens
    assert (
        "refresh_token"
        not in app(oauth, door, grant_types=["authorization_code"]).connect(person, "patient/*.rs offline_access").tokens
    )


def test_what_lasts_as_long_as_the_session_ends_with_it(oauth: str, door: str, espace: str) -> None:
    space = newcomer(espace)[0]
    online = app(oauth, door, backchannel_logout_uri="https://service.example/fin").connect(
        space, "openid patient/*.rs online_access"
    )
    offline = app(oauth, door).connect(space, "openid patient/*.rs offline_access")
    space.post("/deconnexion")
    assert online.call("Observation").status_code == 401
    assert offline.call("Observation").status_code == 200


# Clients


def test_a_confidential_client_proves_itself(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door, token_endpoint_auth_method="client_secret_basic").connect(person)
    code, verifier = client.code(person)
    for secret in ("", "faux"):
        wrong = App(oauth, door, client.client_id, secret)
        answer = wrong.redeem(code, verifier)
        assert (answer.status_code, error_of(answer)) == (401, "invalid_client")
    assert client.redeem(code, verifier).status_code == 200, "a proof that failed used nothing up"


def _assertion(client: str, key: ECKey, audience: str, **change: Any) -> dict[str, str]:
    claims = {"iss": client, "sub": client, "aud": audience, "exp": int(now().timestamp()) + 120, "jti": str(uuid4())} | change
    signed = jwt.encode({"alg": "ES256", "kid": "k"}, {k: v for k, v in claims.items() if v is not None}, key)
    return {"client_assertion": signed, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}


def test_a_client_that_signs(oauth: str, door: str, person: Space) -> None:
    key, other = ECKey.generate_key("P-256", {"kid": "k"}), ECKey.generate_key("P-256", {"kid": "k"})
    public = {"keys": [key.as_dict(private=False, kid="k")]}
    client = app(oauth, door, token_endpoint_auth_method="private_key_jwt", jwks=public)
    code, verifier = client.code(person)
    number = client.client_id
    wrong = [
        _assertion(number, other, oauth), _assertion(number, key, "https://ailleurs.example"), _assertion(number, key, oauth, jti=None),
        _assertion(number, key, oauth, exp=int(now().timestamp()) - 600), _assertion(number, key, oauth, exp=int(now().timestamp()) + 9000),
        _assertion(number, key, oauth, iss="autre"), _assertion("inconnu", key, oauth),
    ]  # fmt: skip
    for proof in wrong:
        assert error_of(client.redeem(code, verifier, **proof)) == "invalid_client"
    right = _assertion(number, key, f"{oauth}/token")
    assert client.redeem(code, verifier, **right).status_code == 200
    code, verifier = client.code(person)
    assert error_of(client.redeem(code, verifier, **right)) == "invalid_client", "an assertion serves once"


def test_parameters_twice_or_in_the_address_are_refused(oauth: str, door: str) -> None:
    client = app(oauth, door)
    twice = httpx.post(
        f"{oauth}/token",
        content=f"grant_type=refresh_token&grant_type=x&client_id={client.client_id}",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert error_of(twice) == "invalid_request"
    assert (
        error_of(httpx.post(f"{oauth}/token?client_id={client.client_id}", data={"grant_type": "refresh_token"}))
        == "invalid_request"
    )
    assert error_of(httpx.post(f"{oauth}/token", json={"grant_type": "refresh_token"})) == "invalid_request"
    assert error_of(client.token(grant_type="password", username="x", password="y")) == "unsupported_grant_type"


def test_introspection_and_revocation_are_of_one_s_own(oauth: str, door: str, person: Space) -> None:
    service = referenced()
    mine = app(oauth, door, service).connect(person, "openid fhirUser patient/*.rs offline_access")
    other = app(oauth, door, service)

    def asked(client: App, path: str) -> Any:
        return httpx.post(f"{oauth}/{path}", data={"client_id": client.client_id, "token": mine.tokens["access_token"]}).json()

    told = asked(mine, "introspect")
    assert told["active"] is True
    assert told["sub"] == mine.patient
    assert told["fhirUser"].endswith(f"Patient/{mine.patient}")
    assert asked(other, "introspect") == {"active": False}
    asked(other, "revoke")
    assert mine.call("Observation").status_code == 200
    asked(mine, "revoke")
    assert mine.call("Observation").status_code == 401
    assert error_of(mine.refresh()) == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uris": ["http://service.example/"]}, "invalid_redirect_uri"), ({"redirect_uris": ["https://*.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://service.example/#x"]}, "invalid_redirect_uri"), ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://u@service.example/"]}, "invalid_redirect_uri"), ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"jwks_uri": "https://service.example/jwks"}, "invalid_client_metadata"), ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"), ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"), ({"backchannel_logout_uri": "ftp://x/"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{"kty": "EC", "d": "x"}]}, "token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ],
)  # fmt: skip
def test_a_registration_that_would_open_too_much_is_refused(oauth: str, change: dict[str, Any], error: str) -> None:
    answer = register(oauth, referenced(), **change)
    assert (answer.status_code, error_of(answer)) == (400, error)


def test_a_registration_token_serves_once_for_its_own_service(oauth: str) -> None:
    service = referenced()
    token = registration(service)
    told = {"redirect_uris": [BACK], "logo_uri": "https://service.example/logo", "contacts": ["x@service.example"]}
    headers = {"Authorization": f"Bearer {token}"}
    made = httpx.post(f"{oauth}/register", json=told, headers=headers)
    assert made.status_code == 201
    assert made.json()["not_kept"] == ["contacts", "logo_uri"]
    assert made.json()["client_secret"]
    assert httpx.post(f"{oauth}/register", json=told, headers=headers).status_code == 401
    assert httpx.post(f"{oauth}/register", json=told).status_code == 401
    assert httpx.post(f"{oauth}/register", content=b"[" * 3000, headers=headers).status_code in (400, 401)
    own = {"Authorization": f"Bearer {made.json()['registration_access_token']}"}
    address = made.json()["registration_client_uri"]
    assert httpx.get(address, headers=own).json()["client_id"] == made.json()["client_id"]
    assert httpx.get(address, headers=headers).status_code == 401
    assert httpx.delete(address, headers=own).status_code == 204
    assert httpx.get(address, headers=own).status_code == 401


# Possession


def proof(key: ECKey, url: str, method: str = "POST", token: str = "", **change: Any) -> str:
    claims = {"htm": method, "htu": url, "iat": int(now().timestamp()), "jti": secrets.token_urlsafe(12)}
    claims |= {"ath": thumbprint(hashlib.sha256(token.encode()).digest())} if token else {}
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)} | change.pop("header", {})
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    return jwt.encode(header, claims | change, key, registry=registry)


def test_a_token_that_is_bound_serves_with_its_key_alone(oauth: str, door: str, person: Space) -> None:
    key, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    client = app(oauth, door, dpop_bound_access_tokens=True)
    code, verifier = client.code(person, "patient/*.rs offline_access")
    answer = client.redeem(code, verifier)
    assert error_of(answer) == "invalid_dpop_proof"
    code, verifier = client.code(person, "patient/*.rs offline_access")
    used = proof(key, f"{oauth}/token")
    answer = client.redeem(code, verifier, headers={"DPoP": used})
    assert answer.status_code == 200, answer.text
    client.tokens = answer.json()
    assert client.tokens["token_type"] == "DPoP"
    token, url = client.tokens["access_token"], f"{door}/services/fhir/Observation"

    def call(with_: str, scheme: str = "DPoP") -> int:
        return httpx.get(url, headers={"Authorization": f"{scheme} {token}", "DPoP": with_}).status_code

    good = proof(key, url, "GET", token)
    assert call(good) == 200
    assert call(good) == 401, "a proof serves once"
    assert client.call("Observation").status_code == 401, "a bearer of it is nobody"
    for wrong in (
        proof(other, url, "GET", token), proof(key, url, "POST", token), proof(key, f"{door}/services/fhir/Patient", "GET", token),
        proof(key, url, "GET", "autre"), proof(key, url, "GET", token, iat=int(now().timestamp()) - 900), proof(key, url, "GET", token, jti="x"),
        proof(key, url, "GET", token, header={"typ": "JWT"}), "n'importe quoi",
    ):  # fmt: skip
        assert call(wrong) == 401
    assert error_of(client.refresh(headers={"DPoP": proof(other, f"{oauth}/token")})) == "invalid_dpop_proof"
    assert error_of(client.refresh(headers={"DPoP": used})) == "invalid_dpop_proof"
    assert client.refresh(headers={"DPoP": proof(key, f"{oauth}/token")}).status_code == 200


def test_a_client_with_a_certificate_and_tokens_bound_to_it(
    oauth: str, oauth_tls: str, door: str, tls_door: str, pki: Any, person: Space
) -> None:
    from cryptography import x509

    path = (
        pki.certificate("structure-hospital")
        if pki.certificate("structure-hospital").exists()
        else sorted(pki.path.glob("certificates/structure-*.pem"))[0]
    )
    subject = x509.load_pem_x509_certificate(path.read_bytes()).subject.rfc4514_string()
    client = app(
        oauth,
        door,
        token_endpoint_auth_method="tls_client_auth",
        tls_client_auth_subject_dn=subject,
        tls_client_certificate_bound_access_tokens=True,
    )
    context = ssl.create_default_context(cafile=str(pki.authorities))
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(path)
    other = sorted(p for p in pki.path.glob("certificates/structure-*.pem") if p != path)[0]
    stranger = ssl.create_default_context()
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
    stranger.load_cert_chain(other)
    code, verifier = client.code(person)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": verifier,
        "client_id": client.client_id,
    }
    assert error_of(httpx.post(f"{oauth}/token", data=form)) in ("invalid_client", "invalid_dpop_proof")
    assert error_of(httpx.post(f"{oauth_tls}/token", data=form, verify=stranger)) == "invalid_client"
    given = httpx.post(f"{oauth_tls}/token", data=form, verify=context)
    assert given.status_code == 200, given.text
    headers = {"Authorization": f"Bearer {given.json()['access_token']}"}
    path_ = "/services/fhir/Observation"
    assert httpx.get(f"{tls_door}{path_}", headers=headers, verify=context).status_code == 200
    assert httpx.get(f"{tls_door}{path_}", headers=headers, verify=stranger).status_code == 401
    assert httpx.get(f"{door}{path_}", headers=headers).status_code == 401


# OpenID, launch, logout


def test_the_id_token_says_who_under_the_service_s_own_number(oauth: str, door: str, person: Space) -> None:
    client = app(oauth, door)
    code, verifier = client.code(person, "openid fhirUser patient/*.rs", nonce="un-nonce")
    tokens = client.redeem(code, verifier).json()
    metadata = httpx.get(f"{oauth}/.well-known/openid-configuration").json()
    keys = KeySet.import_key_set(httpx.get(metadata["jwks_uri"]).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert claims["iss"] == metadata["issuer"] == oauth
    assert claims["aud"] == client.client_id
    assert claims["sub"] == tokens["patient"]
    assert claims["nonce"] == "un-nonce"
    assert claims["fhirUser"] == f"{door}/services/fhir/Patient/{tokens['patient']}"
    assert person.session.name not in str(claims)


def test_a_service_is_opened_from_the_portal_with_its_context(oauth: str, door: str, espace: str) -> None:
    space, service = newcomer(espace)[0], referenced(launch="https://service.example/ouvrir")
    client = app(oauth, door, service).connect(space)
    opened = space.post(f"/services/{service}/ouvrir")
    asked = parse_qs(urlsplit(onward(opened)).query)
    assert asked["iss"] == [f"{door}/services/fhir"]
    scope = "launch openid patient/Observation.rs"
    code, verifier = client.code(space, scope, launch=asked["launch"][0])
    assert client.redeem(code, verifier).json()["patient"] == client.patient
    assert "error=invalid_request" in client.begin(scope, launch=asked["launch"][0])[0].headers["location"], "a launch serves once"
    other = newcomer(espace)[0]
    theirs = app(oauth, door, service).connect(other)
    again = parse_qs(urlsplit(onward(space.post(f"/services/{service}/ouvrir"))).query)["launch"][0]
    left, _ = client.begin(scope, launch=again)
    ticket = parse_qs(urlsplit(left.headers["location"]).query)["demande"][0]
    refused = other.post("/services/accord", {"demande": ticket, "ligne": ["suivi/measures.HEART_RATE/read"], "duree": "1"})
    assert refused.status_code == 403, "somebody else's record does not take the place of the one that was opened"
    assert other.post("/services/accord", {"demande": ticket, "choix": "refuser"}).status_code == 200
    assert theirs.call("Observation").status_code == 200, "refusing what was asked of another record takes nothing back in this one"


class _Listening(BaseHTTPRequestHandler):
    heard: list[tuple[dict[str, str], bytes]]
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).heard.append((dict(self.headers), body))
        self.send_response(type(self).status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Any:
    handler = type("Handler", (_Listening,), {"heard": [], "status": 200})
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def _deliver(ahead: Any = None) -> None:
    with as_role("carnet_courier"):
        catalogue.deliver_calls(now() + ahead if ahead else now(), _post)


def test_the_end_of_an_access_is_told_to_the_service_signed_and_again_until_heard(
    oauth: str, door: str, espace: str, listener: Any
) -> None:
    from datetime import timedelta

    address, handler = listener
    space, service = newcomer(espace)[0], referenced()
    client = app(oauth, door, service, backchannel_logout_uri=f"{address}/fin").connect(space)
    handler.status = 500
    space.post(f"/services/{service}/retirer")
    _deliver(timedelta(seconds=2))
    handler.status = 200
    _deliver(timedelta(seconds=300))
    bodies = [parse_qs(body.decode()) for _, body in handler.heard if b"logout_token" in body]
    assert len(bodies) == 2
    keys = KeySet.import_key_set(httpx.get(f"{oauth}/jwks.json").json())
    token = jwt.decode(bodies[1]["logout_token"][0], keys, algorithms=["ES256"])
    assert token.header["typ"] == "logout+jwt"
    assert token.claims["sub"] == client.patient
    assert token.claims["aud"] == client.client_id
    assert "http://schemas.openid.net/event/backchannel-logout" in token.claims["events"]
    assert "nonce" not in token.claims


def test_an_event_is_signed_and_its_subscription_becomes_active(oauth: str, door: str, espace: str, listener: Any) -> None:
    from datetime import timedelta

    address, handler = listener
    client = app(oauth, door, referenced(purposes=purposes(("documents",)))).connect(newcomer(espace)[0])
    made = client.call("Subscription", "POST", json={
        "resourceType": "Subscription", "criteria": f"{door}/services/fhir/SubscriptionTopic/documents",
        "channel": {"type": "rest-hook", "endpoint": f"{address}/evenements", "payload": "application/fhir+json"}}).json()  # fmt: skip
    assert made["status"] == "requested"
    _deliver(timedelta(seconds=5))
    headers, body = next((h, b) for h, b in handler.heard if b"handshake" in b)
    keys = KeySet.import_key_set(httpx.get(f"{oauth}/jwks.json").json())
    protected, _, signature = headers["Carnet-Signature"].split(".")
    assert jws.deserialize_compact(f"{protected}..{signature}".encode(), keys, payload=body, algorithms=["ES256"])
    with pytest.raises(Exception, match=r"bad_signature|BadSignature"):
        jws.deserialize_compact(f"{protected}..{signature}".encode(), keys, payload=body + b" ", algorithms=["ES256"])
    assert client.call(f"Subscription/{made['id']}").json()["status"] == "active"


def test_the_courier_calls_no_address_of_this_network_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings.CARNET, "service_calls_private", False)
    for url in (
        "https://127.0.0.1/x",
        "https://localhost/x",
        "http://1.1.1.1/x",
        "https://169.254.169.254/x",
        "https://10.0.0.1/",
        "https://introuvable.invalid/",
    ):
        assert not catalogue.may_call(url), url
    assert catalogue.may_call("https://1.1.1.1/x")


# The publishers' space


def publisher(oauth: str, number: str = "1") -> httpx.Client:
    """Somebody of a publisher, signed in through ProConnect."""
    http = httpx.Client(base_url=oauth, timeout=30)
    left = http.get("/editeur/connexion")
    back = httpx.post(left.headers["location"], data={"person": number})
    assert http.get(back.headers["location"]).status_code == 302
    return http


def token_of(page: httpx.Response) -> str:
    return dict(HIDDEN.findall(page.text))["form_token"]


def test_a_publisher_writes_a_file_and_submits_it(oauth: str) -> None:
    http = publisher(oauth)
    home = http.get("/editeur")
    made = http.post("/editeur/nouveau", data={"form_token": token_of(home), "nom": "Sommeil Calme"})
    address = made.headers["location"].partition("?")[0]
    page = http.get(address)
    form = {"form_token": token_of(page), "version": "1", "name": "Sommeil Calme", "tagline": "Mieux dormir, nuit après nuit.", "themes": ["wellbeing"],
            "price": "Gratuit", "hosting": "France, certifié", "kind": "application", "f0-titre": "Pour suivre votre sommeil",
            "f0-measures.HEART_RATE-lire": "oui", "f0-measures.HEART_RATE-perimetre": "P1Y", "f0-measures.HEART_RATE-pourquoi": "La nuit"}  # fmt: skip
    assert http.post(f"{address}/dossier", data=form).status_code == 302
    late = http.post(f"{address}/dossier", data=form | {"tagline": "Une autre phrase."})
    assert late.status_code == 409, "somebody wrote since"
    assert 'value="Une autre phrase."' in late.text, "what was typed is still there"
    early = http.post(f"{address}/acte", data={"form_token": token_of(page), "acte": "submit"})
    assert early.status_code == 409
    assert "critères attendent" in text_of(early)
    with as_role("carnet_oauth"):
        file = catalogue.file_of(demo.by_publisher("1"), UUID(address.rpartition("/")[2]))
    answers = {c.code: "yes" for c in file.concerned} | {f"{c.code}-preuve": "jointe" for c in file.concerned}
    assert http.post(f"{address}/dossier", data=form | {"version": "2"} | answers).status_code == 302
    assert http.post(f"{address}/acte", data={"form_token": token_of(page), "acte": "submit"}).status_code == 302
    shown = text_of(http.get(address))
    assert "Déposé" in shown
    assert "Rien ne dépend de vous" in shown


def test_a_visit_that_was_ended_stays_so_for_whoever_kept_its_cookie(oauth: str) -> None:
    http, other = publisher(oauth), publisher(oauth)
    home = http.get("/editeur")
    kept = dict(http.cookies)
    assert home.status_code == 200
    assert http.post("/editeur/deconnexion", data={"form_token": token_of(home)}).status_code == 302
    assert httpx.get(f"{oauth}/editeur/nouveau", cookies=kept).status_code in (401, 405)
    assert "form_token" not in httpx.get(f"{oauth}/editeur", cookies=kept).text, "the copy of the cookie opens nothing"
    for spelled in ("=", "==", "===", "%"):
        again = httpx.get(f"{oauth}/editeur", headers={"Cookie": f"carnet-editeur={kept['carnet-editeur']}{spelled}"})
        assert "form_token" not in again.text, "nor does another spelling of it"
    assert other.get("/editeur").status_code == 200, "another visit goes on"


def test_another_publisher_s_file_is_unknown_and_a_form_of_elsewhere_is_refused(oauth: str) -> None:
    service = referenced()
    mine, other = publisher(oauth), publisher(oauth, "2")
    assert mine.get(f"/editeur/{service}").status_code == 200
    never = other.get(f"/editeur/{uuid4()}")
    assert (other.get(f"/editeur/{service}").status_code, other.get(f"/editeur/{service}").text) == (404, never.text)
    token = token_of(mine.get(f"/editeur/{service}"))
    for path in ("acte", "client", "client/fin", "dossier"):
        assert other.post(f"/editeur/{service}/{path}", data={"form_token": token}).status_code == 403
        assert other.post(f"/editeur/{service}/{path}", data={"form_token": token_of(other.get("/editeur"))}).status_code == 404
    assert httpx.get(f"{oauth}/editeur/{service}").status_code == 401


def test_a_registration_token_is_shown_once_and_a_client_is_stopped(oauth: str, door: str, person: Space) -> None:
    service = referenced()
    http = publisher(oauth)
    page = http.get(f"/editeur/{service}")
    shown = http.post(f"/editeur/{service}/client", data={"form_token": token_of(page)})
    token = shown.text.split('class="secret">')[1].split("<")[0]
    made = httpx.post(
        f"{oauth}/register",
        json={"redirect_uris": [BACK], "token_endpoint_auth_method": "none"},
        headers={"Authorization": f"Bearer {token}"},
    )
    client = App(oauth, door, made.json()["client_id"]).connect(person)
    assert token not in http.get(f"/editeur/{service}").text
    http.post(f"/editeur/{service}/client/fin", data={"form_token": token_of(page), "client": client.client_id})
    assert client.call("Observation").status_code == 401
    assert client.begin()[0].status_code == 400


def test_the_operator_examines_and_decides(operator: str, oauth: str) -> None:
    from carnet.apps.signin.api import operator_link

    service = referenced("submitted")
    with as_role("carnet_operator"):
        link = operator_link("Exploitante", now())
    http = httpx.Client(base_url=operator, timeout=30)
    http.get(f"/entrer/{link}")
    page = http.get(f"/services/{service}")
    assert "Commencer l’examen" in text_of(page)
    for act, text in (("take", ""), ("ask", "Où ?"), ("accept", "")):
        answer = http.post(
            f"/services/{service}/acte",
            data={"form_token": token_of(page), "acte": act, "texte": text, "version": version_of(page)},
        )
        assert answer.status_code == (409 if act == "accept" else 302), act
    assert "Question" in text_of(http.get(f"/services/{service}"))
    assert str(service) in http.get("/services").text


def test_what_the_server_says_of_itself_is_what_it_does(oauth: str, door: str) -> None:
    smart = httpx.get(f"{door}/services/fhir/.well-known/smart-configuration")
    assert smart.headers["access-control-allow-origin"] == "*"
    told = smart.json()
    assert {"launch-ehr", "launch-standalone", "permission-v1", "permission-v2", "sso-openid-connect"} <= set(told["capabilities"])
    assert (
        httpx.get(f"{oauth}/.well-known/oauth-authorization-server").json()["authorization_endpoint"]
        == told["authorization_endpoint"]
    )
    resource = httpx.get(f"{door}/.well-known/oauth-protected-resource/services/fhir").json()
    assert resource["authorization_servers"] == [oauth]
    assert (
        httpx.get(f"{door}/services/fhir/metadata").json()["rest"][0]["security"]["service"][0]["coding"][0]["code"]
        == "SMART-on-FHIR"
    )
    assert httpx.options(f"{door}/services/fhir/Observation").status_code == 204
    assert httpx.options(f"{oauth}/token").status_code == 204
    assert challenge("x")
