"""The authorisation server on Authlib (ADR 24): its grants, ways of proving a client, and rules of ours on top.

Authlib reads requests and writes errors; what is kept and what stands behind a code or a token is the catalogue's.
"""

import secrets
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from authlib.oauth2 import AuthorizationServer as Base
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    ClientMixin,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Payload,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from joserfc.jwk import KeySet

from carnet.apps.catalogue import api as catalogue
from carnet.apps.signin.api import Certificate, certificate_of
from carnet.kernel.clock import moment
from carnet.kernel.refusal import Refusal

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
MTLS, ASSERTION = "tls_client_auth", "private_key_jwt"


class InvalidTargetError(OAuth2Error):  # type: ignore[misc]
    """RFC 8707 §2: the resource is unknown, or is not for this service."""

    error = "invalid_target"


class InvalidProofError(OAuth2Error):  # type: ignore[misc]
    """RFC 9449 §5: the proof of possession does not hold."""

    error = "invalid_dpop_proof"


class Client(ClientMixin):  # type: ignore[misc]
    """A registered client, as Authlib asks about it."""

    def __init__(self, client: catalogue.Client, service: catalogue.Service) -> None:
        self.client, self.service = client, service

    def get_client_id(self) -> str:
        """Its identifier."""
        return self.client.client_id

    def get_default_redirect_uri(self) -> None:
        """None: a request names where it goes back to (OAuth 2.1 §4.1.1)."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes that may be asked for. Those that name nothing here are left out; the answer says which were granted."""
        asked = (scope or "").split()
        registered = set(self.client.metadata.get("scope", "").split())
        kept = [s for s in dict.fromkeys(asked) if not registered or s in registered]
        return " ".join(kept) or None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Exactly one of those that were registered."""
        return catalogue.redirect_holds(self.client, redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is its secret."""
        return catalogue.secret_holds(self.client, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """The one way in which it said that it proves itself."""
        return bool(self.client.metadata["token_endpoint_auth_method"] == method)

    def check_response_type(self, response_type: str) -> bool:
        """Codes alone."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """What it registered for."""
        return grant_type in self.client.metadata["grant_types"]


class Payload(OAuth2Payload):  # type: ignore[misc]
    """Parameters of a request: of its address for the authorisation endpoint, of its body for all others."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    @property
    def data(self) -> dict[str, str]:
        """One value of each."""
        return {name: values[-1] for name, values in self._values.items() if values}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        """Every value."""
        return defaultdict(list, self._values)


class Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it. Its address is the public one, whatever stands in front of the server."""

    def __init__(self, method: str, path: str, values: Mapping[str, list[str]], headers: Mapping[str, str]) -> None:
        # Authlib refuses plain http: here TLS is the front's (or the demonstration's loopback), and the public address says https.
        super().__init__(method, "https" + settings.CARNET.oauth_url[len(urlsplit(settings.CARNET.oauth_url).scheme) :] + path)
        self.headers = headers
        self.payload = Payload(values)
        self.certificate: Certificate | None = None
        self.bound = ""
        self.gift: catalogue.Gift | None = None
        self.granted: catalogue.Granted | None = None

    @property
    def args(self) -> dict[str, str]:
        """Parameters of the address."""
        data: dict[str, str] = self.payload.data
        return data

    @property
    def form(self) -> dict[str, str]:
        """Parameters of the body."""
        data: dict[str, str] = self.payload.data
        return data


def request_of(request: HttpRequest) -> Request:
    """Read a request, with the client certificate that came with it."""
    values = request.GET if request.method == "GET" else request.POST
    found = Request(request.method or "GET", request.path, dict(values.lists()), request.headers)
    try:
        found.certificate = certificate_of(request, moment())
    except Refusal:
        raise InvalidClientError(description="This certificate is not trusted") from None
    return found


class _Pkce(CodeChallenge):  # type: ignore[misc]
    """S256, of every client."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """A request without a challenge is refused (OAuth 2.1 §4.1.1)."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Missing 'code_challenge' with the method S256")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, authorization_code: Any) -> str:
        """The challenge of a code."""
        return str(authorization_code.challenge)

    def get_authorization_code_challenge_method(self, authorization_code: Any) -> str:
        """S256."""
        return "S256"


class _Code:
    """A code, as Authlib asks about it."""

    def __init__(self, held: Any) -> None:
        self.challenge = held.data.get("code_challenge", "")
        self._redirect, self._scope = held.data.get("redirect_uri", ""), held.scope

    def get_redirect_uri(self) -> str:
        """Where it was sent."""
        return str(self._redirect)

    def get_scope(self) -> str:
        """What was granted."""
        return str(self._scope)


def audience_of(data: Mapping[str, str], many: Mapping[str, list[str]], service: catalogue.Service) -> str:
    """The one resource that tokens will be for: `resource` (RFC 8707) or SMART's `aud`. An assistant reads by its own server."""
    known = catalogue.resources()
    wanted = "mcp" if catalogue.is_assistant(service) else "fhir"
    asked = [a.rstrip("/") for a in (*many.get("resource", []), *many.get("aud", [])) if a]
    if not asked:
        return next(address for address, kind in known.items() if kind == wanted)
    if len(set(asked)) != 1 or known.get(asked[0]) != wanted:
        raise InvalidTargetError("This resource is unknown, or is not for this service")
    return asked[0]


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes: begun here, decided in the portal, exchanged once."""

    TOKEN_ENDPOINT_AUTH_METHODS = catalogue.AUTH_METHODS

    def save_authorization_code(self, code: str, request: Request) -> None:
        """Nothing: the code is the catalogue's own."""

    def generate_authorization_code(self) -> str:
        """The code of what the person decided."""
        try:
            return catalogue.code_for(self.request.user, moment())
        except catalogue.TokenError as error:
            raise AccessDeniedError(error.why) from None

    def query_authorization_code(self, code: str, client: Client) -> _Code:
        """Take a code up. One that comes twice, or from another client, ends what came of it."""
        try:
            held, gift = catalogue.redeem_code(client.client, code, _bound(self.request, client), moment())
        except catalogue.TokenError as error:
            raise InvalidGrantError(error.why) from None
        asked = self.request.payload.datalist.get("resource", [])
        if asked and {a.rstrip("/") for a in asked} != {held.audience}:
            raise InvalidTargetError("This code is for another resource")
        self.request.gift = gift
        return _Code(held)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        """Nothing: it was used up when it was taken."""

    def authenticate_user(self, authorization_code: _Code) -> object:
        """Whoever agreed stands in the code."""
        return authorization_code


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """Refresh tokens: rotated at each use, a copy ends them all."""

    TOKEN_ENDPOINT_AUTH_METHODS = catalogue.AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def validate_token_request(self) -> None:
        """Check the client, then give: what is rotated cannot be looked at first and used later."""
        client = self._validate_request_client()
        self.request.client = client
        text = self.request.form.get("refresh_token")
        if not text:
            raise InvalidRequestError("Missing 'refresh_token' in request.")
        try:
            self.request.granted = catalogue.refreshed(
                client.client, text, self.request.payload.scope or "", _bound(self.request, client), moment()
            )
        except catalogue.TokenError as error:
            kind = {"invalid_scope": InvalidScopeError, "invalid_dpop_proof": InvalidProofError}.get(error.code, InvalidGrantError)
            raise kind(error.why) from None

    def create_token_response(self) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        """The new tokens."""
        return 200, answer_of(self.request.granted), list(NO_STORE.items())


def answer_of(granted: catalogue.Granted) -> dict[str, object]:
    """What the token endpoint answers (RFC 6749 §5.1; SMART App Launch 2.2, `patient`)."""
    bound = granted.held.bound.startswith("jkt:")
    found: dict[str, object] = {
        "access_token": granted.access, "token_type": "DPoP" if bound else "Bearer", "expires_in": granted.seconds,
        "scope": granted.held.scope, "patient": granted.subject, "need_patient_banner": True,
    }  # fmt: skip
    if granted.refresh:
        found["refresh_token"] = granted.refresh
    if granted.id_token:
        found["id_token"] = granted.id_token
    return found


class _Assertion(JWTBearerClientAssertion):  # type: ignore[misc]
    """Clients that sign (private_key_jwt, RFC 7523): asymmetric, for this server, once."""

    CLIENT_AUTH_METHOD = ASSERTION

    def get_audiences(self) -> list[str]:
        """Whom an assertion is for: the issuer, or the token endpoint."""
        config = settings.CARNET
        return [config.oauth_url, *(f"{base}/token" for base in (config.oauth_url, config.oauth_card_url) if base)]

    def resolve_client_public_key(self, client: Client) -> KeySet:
        """The keys that the client registered."""
        keys: Any = client.client.metadata.get("jwks") or {"keys": []}
        return KeySet.import_key_set(keys)

    def process_assertion_claims(self, assertion: str, resolve_key: Any) -> Any:
        """Signed by one of the keys, with an algorithm of signatures that no shared key makes."""
        header, _claims = self.extract_assertion(assertion)
        if header.get("alg") not in catalogue.ALGORITHMS:
            raise InvalidClientError(description="This algorithm is not accepted")
        return super().process_assertion_claims(assertion, resolve_key)

    def validate_jti(self, claims: Mapping[str, Any], jti: str) -> bool:
        """Whether it comes for the first time. One that lives for more than five minutes is refused."""
        until = float(claims["exp"])
        if until - moment().timestamp() > 360:
            return False
        return catalogue.first_use(f"assertion/{claims['sub']}/{jti}", until)


def _by_certificate(query_client: Any, request: Request) -> Client | None:
    """Clients that prove themselves at the handshake (RFC 8705 §2.1)."""
    number, certificate = request.payload.client_id, request.certificate
    client: Client | None = query_client(number) if number and certificate is not None else None
    if client is None or certificate is None or certificate.revoked:
        return None
    named = str(client.client.metadata.get("tls_client_auth_subject_dn", ""))
    own = certificate.subject.rfc4514_string()
    return client if named and secrets.compare_digest(named.encode(), own.encode()) else None


class Server(Base):  # type: ignore[misc]
    """The server."""

    def __init__(self) -> None:
        super().__init__()
        self.register_grant(CodeGrant, [_Pkce(required=True)])
        self.register_grant(RefreshGrant)
        self.register_client_auth_method(ASSERTION, _Assertion())
        self.register_client_auth_method(MTLS, _by_certificate)

    def query_client(self, client_id: str) -> Client | None:
        """A client that lives."""
        found = catalogue.client_and_service(client_id)
        return Client(*found) if found is not None else None

    def create_oauth2_request(self, request: HttpRequest | Request) -> Request:
        """Read a request, and the proof of possession that comes with it."""
        return request if isinstance(request, Request) else request_of(request)

    def generate_token(self, *args: object, **kwargs: object) -> dict[str, object]:
        """Nothing of Authlib's: `save_token` gives."""
        return {}

    def save_token(self, token: dict[str, object], request: Request) -> None:
        """Give the tokens of a code that held."""
        if request.gift is None:
            raise InvalidGrantError("no code")
        try:
            granted = request.gift.give(moment())
        except catalogue.TokenError as error:
            raise InvalidGrantError(error.why) from None
        token |= answer_of(granted)

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> HttpResponse:
        """An answer of Django's."""
        told = dict(headers)
        if status in (302, 303) and "Location" in told:
            response: HttpResponse = HttpResponseRedirect("/")
            response["Location"] = told.pop("Location")
        else:
            response = JsonResponse(dict(body) if body else {}, status=status)
        for name, value in (told | NO_STORE).items():
            response[name] = value
        return response


SERVER = Server()


def check_proof(request: Request, method: str, url: str) -> None:
    """Check the DPoP proof that came, if one did: what is given is bound to its key. Raises InvalidProofError."""
    proof = request.headers.get("DPoP", "")
    if proof:
        try:
            request.bound = catalogue.check_dpop(proof, method, url, moment())
        except catalogue.ProofError as error:
            raise InvalidProofError(str(error)) from None


def _bound(request: Request, client: Client) -> str:
    """What the tokens of a client that proved itself are bound to: the key of its proof, or its certificate where it asks for that.

    Asked of the client that authenticated, never of one that the request merely names. Raises InvalidProofError: a client that said
    that its tokens are bound gets no other ones.
    """
    if not request.bound and request.certificate is not None and _certificate_bound(client):
        request.bound = catalogue.bound_to_certificate(request.certificate.thumbprint)
    if not request.bound and _wants_bound(client):
        raise InvalidProofError("This client's tokens are bound: the proof is missing")
    return request.bound


def _certificate_bound(client: Client) -> bool:
    return bool(client.client.metadata.get("tls_client_certificate_bound_access_tokens"))


def _wants_bound(client: Client) -> bool:
    return bool(client.client.metadata.get("dpop_bound_access_tokens")) or _certificate_bound(client)


def with_parameters(address: str, **more: str) -> str:
    """An address with further parameters of its query."""
    parts = urlsplit(address)
    query = "&".join(p for p in (parts.query, urlencode({k: v for k, v in more.items() if v})) if p)
    return urlunsplit(parts._replace(query=query))
