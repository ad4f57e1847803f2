"""Clients of the authorisation server: registered by the publisher of a service (RFC 7591, RFC 7592), with exact addresses.

A client is given what it asks for or refused: nothing is silently changed. Keys come in the request (`jwks`); an address of keys
(`jwks_uri`) is refused, because the server would call wherever a stranger says.
"""

import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from carnet.apps.catalogue import rows, tokens
from carnet.apps.catalogue.life import REACHABLE, State
from carnet.apps.catalogue.referencing import By, ReferencingError, file_of
from carnet.apps.catalogue.rows import Client, Service
from carnet.apps.storage.api import blind_index, unit

MOST = 20
AUTH_METHODS = ("none", "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth")
AuthMethod = Literal["none", "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"]
GRANTS = ("authorization_code", "refresh_token")
ALGORITHMS = ("ES256", "ES384", "RS384", "RS256", "PS256")


class RegistrationError(ValueError):
    """A registration that is refused: the code of RFC 7591 §3.2.2, and why."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(code)
        self.code, self.why = code, why


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine, by a name or an address that leads nowhere else."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_address(address: str, native: bool = False) -> str:
    """An address that we send somebody or something to: https, or the loopback; a scheme of an application's own when `native`.

    Raises ValueError.
    """
    parts = urlsplit(address)
    try:
        # A port above 65535 and a label above 63 letters are found out when they are used: here, not at the call.
        whole = parts.port != 0 and bool((parts.hostname or "x").encode("idna"))
    except UnicodeError:
        whole = False
    if not whole:
        raise ValueError("an address has a host and a port that can be called")
    plain = parts.scheme == "http" and is_loopback(parts.hostname)
    own = native and "." in parts.scheme and not parts.netloc
    if not (parts.scheme == "https" and parts.hostname) and not plain and not own:
        raise ValueError("an address is https, the loopback, or a scheme of the application's own with a point in it")
    if "#" in address or parts.username is not None or "*" in address or any(c.isspace() or ord(c) < 33 for c in address):
        raise ValueError("an address has no fragment, no name of a user, no star and no blank")
    return address


class Metadata(BaseModel):
    """What a client says of itself. What is not named here is not kept, and the answer to a registration says so."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    redirect_uris: tuple[str, ...] = Field(min_length=1, max_length=10)
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"  # noqa: S105 (the name of a method)
    grant_types: tuple[Literal["authorization_code", "refresh_token"], ...] = ("authorization_code",)
    response_types: tuple[Literal["code"], ...] = ("code",)
    application_type: Literal["web", "native"] = "web"
    client_name: str = Field(default="", max_length=120)
    client_uri: str = Field(default="", max_length=300)
    scope: str = Field(default="", max_length=2000)
    jwks: dict[str, Any] | None = None
    software_id: str = Field(default="", max_length=120)
    software_version: str = Field(default="", max_length=60)
    tls_client_auth_subject_dn: str = Field(default="", max_length=300)
    tls_client_certificate_bound_access_tokens: bool = False
    dpop_bound_access_tokens: bool = False
    backchannel_logout_uri: str = Field(default="", max_length=300)
    backchannel_logout_session_required: bool = False
    id_token_signed_response_alg: Literal["ES256"] = "ES256"  # noqa: S105

    @field_validator("redirect_uris")
    @classmethod
    def _addresses(cls, uris: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(check_address(uri, native=True) for uri in uris)

    @field_validator("backchannel_logout_uri")
    @classmethod
    def _logout(cls, uri: str) -> str:
        return check_address(uri) if uri else uri

    @model_validator(mode="after")
    def _whole(self) -> "Metadata":
        if self.token_endpoint_auth_method == "private_key_jwt" and not (self.jwks or {}).get("keys"):  # noqa: S105 (a method)
            raise ValueError("private_key_jwt needs jwks")
        keys = (self.jwks or {}).get("keys", [])
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ValueError("jwks holds a list of keys")
        if any("d" in key or "k" in key for key in keys):
            raise ValueError("jwks holds a private or a shared key: keep it, and send the public ones")
        if self.token_endpoint_auth_method == "tls_client_auth" and not self.tls_client_auth_subject_dn:  # noqa: S105
            raise ValueError("tls_client_auth needs tls_client_auth_subject_dn")
        return self


@dataclass(frozen=True, slots=True)
class Registered:
    """A client that was just registered, with the secrets that are shown once."""

    client: Client
    secret: str
    registration: str


def _digest(purpose: str, text: str) -> bytes:
    return blind_index(purpose, text)


def registration_token(by: By, service_id: UUID, at: datetime) -> str:
    """An initial access token: with it, software registers a client of this service, once. Raises Refusal, ReferencingError."""
    service = file_of(by, service_id).service
    if service.state not in REACHABLE:
        raise ReferencingError("not-now")
    with unit() as work:
        return tokens.issue(work, tokens.Held(tokens.REGISTRATION, service_id), at)


def read_metadata(told: object) -> Metadata:
    """Read what a client says of itself. Raises RegistrationError."""
    if not isinstance(told, dict):
        raise RegistrationError("invalid_client_metadata", "an object")
    if "\\u0000" in json.dumps(told):
        raise RegistrationError("invalid_client_metadata", "a text holds a null character")
    if "jwks_uri" in told:
        raise RegistrationError("invalid_client_metadata", "jwks_uri: send the public keys themselves, as jwks")
    try:
        return Metadata.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = str(first["loc"][0]) if first["loc"] else ""
        code = "invalid_redirect_uri" if where == "redirect_uris" else "invalid_client_metadata"
        raise RegistrationError(code, f"{where}: {first['msg'].removeprefix('Value error, ')}"[:300]) from None


def register(token: str, metadata: Metadata, at: datetime) -> Registered:
    """Register a client with an initial access token. Raises RegistrationError."""
    with unit() as work:
        held = tokens.use(work, tokens.REGISTRATION, token, at)
        service = rows.service_of(work, held.service_id) if held is not None else None
        if held is None or service is None:
            raise RegistrationError("invalid_token", "this initial access token is over, used or unknown")
        if service.state not in REACHABLE or len(rows.clients_of(work, service.id)) >= MOST:
            raise RegistrationError("access_denied", "the service is not referenced, or has too many clients")
        secret = secrets.token_urlsafe(32) if metadata.token_endpoint_auth_method.startswith("client_secret") else ""
        own, number = secrets.token_urlsafe(32), secrets.token_urlsafe(18)
        client = Client(
            number, service.id, metadata.model_dump(mode="json", exclude_defaults=False),
            _digest("client-secret", secret) if secret else None, _digest("client-registration", own), at,
        )  # fmt: skip
        rows.insert_client(work, client)
    return Registered(client, secret, own)


def own_client(client_id: str, registration: str) -> Client | None:
    """A client by its own registration access token (RFC 7592)."""
    with unit() as work:
        found = rows.client_of(work, client_id)
    held = found is not None and secrets.compare_digest(found.registration, _digest("client-registration", registration))
    return found if held else None


def end_client(client: Client, at: datetime) -> None:
    """End a client and its tokens."""
    with unit() as work:
        rows.end_client(work, client.client_id, at)
        tokens.end_tokens_of_client(work, client.client_id, at)


def clients_of(by: By, service_id: UUID) -> list[Client]:
    """The clients of a service, for its publisher or an operator. Raises Refusal."""
    service = file_of(by, service_id).service
    with unit() as work:
        return rows.clients_of(work, service.id)


def cut_client(by: By, service_id: UUID, client_id: str, at: datetime) -> None:
    """End a client of a service, by its publisher. Raises Refusal."""
    found = next((c for c in clients_of(by, service_id) if c.client_id == client_id), None)
    if found is not None:
        end_client(found, at)


def client_and_service(client_id: str) -> tuple[Client, Service] | None:
    """A client that lives, with its service."""
    with unit() as work:
        client = rows.client_of(work, client_id)
        service = rows.service_of(work, client.service_id) if client is not None else None
    return (client, service) if client is not None and service is not None else None


def secret_holds(client: Client, secret: str) -> bool:
    """Whether this is the secret of the client."""
    return client.secret is not None and secrets.compare_digest(client.secret, _digest("client-secret", secret))


def redirect_holds(client: Client, address: str) -> bool:
    """Whether a redirect address is one of the client's: equal, letter by letter; of the loopback by its address, whatever the port
    (RFC 8252 §7.3)."""
    known = client.metadata["redirect_uris"]
    if address in known:
        return True
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme != "http" or parts.hostname not in ("127.0.0.1", "::1") or parts.username is not None:
        return False
    return any(_portless(uri) == _portless(address) for uri in known)


def _portless(address: str) -> tuple[str, str | None, str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.path, parts.query


def resources() -> dict[str, str]:
    """The protected resources that a token may be for (RFC 8707): address → what it is."""
    config = settings.CARNET
    return {f"{config.base_url}/services/fhir": "fhir", f"{config.mcp_url}/mcp": "mcp"}


__all__ = [
    "ALGORITHMS",
    "AUTH_METHODS",
    "GRANTS",
    "Metadata",
    "Registered",
    "RegistrationError",
    "State",
    "check_address",
    "client_and_service",
    "clients_of",
    "cut_client",
    "end_client",
    "own_client",
    "read_metadata",
    "redirect_holds",
    "register",
    "registration_token",
    "resources",
    "secret_holds",
]
