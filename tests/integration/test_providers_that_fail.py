"""Sign-in when the provider fails: each answer that is not one, is another's, or is none, opens nothing and says which check failed."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from support.people import now

from carnet.apps.signin import oidc
from carnet.apps.signin.persons import franceconnect
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals import software as flow
from carnet.apps.signin.publishers import proconnect
from carnet.kernel.refusal import Refusal


class Provider:
    """A server whose answers a test chooses, path by path."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, str]] = {}
        self.server: Any = None
        self.url = ""

    def says(self, path: str, told: object, status: int = 200) -> None:
        self.answers[path] = (status, told if isinstance(told, str) else json.dumps(told))


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    held = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            status, text = held.answers.get(self.path.partition("?")[0], (404, ""))
            if status == 0:
                self.connection.close()
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    held.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{held.server.server_address[1]}"
    threading.Thread(target=held.server.serve_forever, daemon=True).start()
    monkeypatch.setattr(settings.CARNET, "psc_issuer", held.url)
    monkeypatch.setattr(settings.CARNET, "franceconnect_issuer", held.url)
    monkeypatch.setattr(settings.CARNET, "proconnect_issuer", held.url)
    known = {"issuer": held.url, **{f"{name}_endpoint": f"{held.url}/{name}" for name in ("token", "userinfo", "introspection", "authorization")},
             "jwks_uri": f"{held.url}/keys"}  # fmt: skip
    for path in (settings.CARNET.psc_discovery, "/.well-known/openid-configuration"):
        held.says(path, known)
    oidc._metadata.cache_clear()
    oidc.keys_at.cache_clear()
    yield held
    oidc._metadata.cache_clear()
    oidc.keys_at.cache_clear()
    held.server.shutdown()
    held.server.server_close()


def why(call: Callable[..., object], *args: object) -> str:
    with pytest.raises(Refusal, match="sign-in-refused") as caught:
        call(*args)
    return caught.value.details["problem"]


def test_a_discovery_document_of_another_issuer_is_refused(provider: Provider) -> None:
    provider.says("/.well-known/openid-configuration", {"issuer": "https://elsewhere.example"})
    assert why(oidc.discovery_of, provider.url, "/.well-known/openid-configuration", "x") == "issuer of the discovery document"


@pytest.mark.parametrize("whose", ["psc", "franceconnect", "proconnect"])
def test_a_token_endpoint_that_answers_nothing_or_no_token_is_refused(provider: Provider, whose: str) -> None:
    parties = {"franceconnect": franceconnect.party, "proconnect": proconnect.party}
    for status, told in ((200, "not json"), (500, {}), (200, {}), (0, "")):
        provider.says("/token", told, status)
        asked = (psc._tokens, {"grant_type": "x"}) if whose == "psc" else (parties[whose]()._tokens, "code", "verifier")
        assert "token endpoint" in why(*asked)


def test_userinfo_that_cannot_be_read_or_is_somebody_else_s_is_refused(provider: Provider) -> None:
    provider.says("/userinfo", "not json")
    assert why(psc._userinfo, "token", "me") == "userinfo endpoint"
    provider.says("/userinfo", {"sub": "somebody else"})
    assert why(psc._userinfo, "token", "me") == "userinfo: sub"
    provider.says("/introspection", "not json")
    assert why(psc.identify_token, "token", "client") == "introspection endpoint"


def test_signed_userinfo_of_a_wrong_key_of_somebody_else_or_none_is_refused(provider: Provider) -> None:
    key, other = ECKey.generate_key("P-256", {"kid": "k"}), ECKey.generate_key("P-256", {"kid": "k"})
    provider.says("/keys", {"keys": [key.as_dict(private=False)]})

    def signed(claims: dict[str, str], by: ECKey | RSAKey = key) -> str:
        return jwt.encode({"alg": "ES256", "kid": "k"}, claims, by)

    provider.says("/userinfo", signed({"sub": "me", "iss": provider.url}, other))
    assert why(franceconnect.party()._userinfo, "t", "me").startswith("userinfo: ")
    for claims in ({"sub": "somebody else", "iss": provider.url}, {"sub": "me", "iss": "https://elsewhere.example"}):
        provider.says("/userinfo", signed(claims))
        assert why(franceconnect.party()._userinfo, "t", "me") == "userinfo: sub"
    provider.says("/userinfo", "", 500)
    assert why(franceconnect.party()._userinfo, "t", "me") == "userinfo: sub"
    provider.says("/userinfo", "", 0)
    assert why(franceconnect.party()._userinfo, "t", "me") == "userinfo endpoint"
    provider.says("/userinfo", signed({"sub": "me", "iss": provider.url}))
    assert franceconnect.party()._userinfo("t", "me")["sub"] == "me"


def _says(provider: Provider, monkeypatch: pytest.MonkeyPatch, info: dict[str, str]) -> oidc.Start:
    monkeypatch.setattr(oidc.RelyingParty, "_tokens", lambda self, code, verifier: {"id_token": "i", "access_token": "a"})
    monkeypatch.setattr(oidc, "id_claims", lambda *a, **k: {"sub": "me"})
    monkeypatch.setattr(oidc.RelyingParty, "_userinfo", lambda self, token, subject: info)
    provider.says("/keys", {"keys": [ECKey.generate_key("P-256", {"kid": "k"}).as_dict(private=False)]})
    return oidc.begin()


def test_a_pivot_identity_without_a_name_or_a_birth_date_is_none(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    for info in ({"family_name": "ESSAI"}, {"birthdate": "1980-05-17"}):
        assert why(franceconnect.identify, "code", _says(provider, monkeypatch, info)) == "pivot identity"


def test_a_publisher_without_the_number_of_a_company_is_nobody(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.apps.signin.attempts import keep

    for siret in ("", "123", "1234567890123x"):
        start = _says(provider, monkeypatch, {"siret": siret, "given_name": "Ada"})
        state = keep(proconnect.PublisherStarted(start, "b"), now())
        assert why(proconnect.return_publisher, state, "code", "b", now()) == "siret"
    start = _says(provider, monkeypatch, {"siret": "000 000 001 00011", "email": "ada@x.example"})
    who = proconnect.return_publisher(keep(proconnect.PublisherStarted(start, "b"), now()), "code", "b", now())
    assert (who.siret, who.name, who.company) == ("00000000100011", "ada@x.example", "00000000100011")


def test_an_address_that_cannot_be_parsed_is_no_loopback() -> None:
    assert not flow._loopback_matches("http://[::1", "http://127.0.0.1/retour")
    assert not flow._loopback_matches("http://127.0.0.1:99999999/retour", "http://127.0.0.1/retour")
