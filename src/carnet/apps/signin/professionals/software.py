"""The sign-in of a professional in a software: software → Carnet → Pro Santé Connect → situation → software.

For the software Carnet is an OAuth 2 authorization server (code flow, PKCE mandatory, exact redirect URIs, RFC 8252
loopback allowed); for Pro Santé Connect it is a relying party.
"""

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from carnet.apps.identity.api import profession_system
from carnet.apps.signin import oidc
from carnet.apps.signin.attempts import keep, refused, same_browser, take
from carnet.apps.signin.pkce import challenge_of
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals.devices import device_of, seen
from carnet.apps.signin.professionals.sessions import SignedIn, open_session
from carnet.apps.storage.api import unit
from carnet.kernel.codes import Code


@dataclass(frozen=True, slots=True)
class Request:
    """What a software asks for."""

    client_id: str
    redirect_uri: str
    state: str
    code_challenge: str
    code_challenge_method: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A situation of exercise to choose, as the page shows it."""

    number: int
    profession: Code
    structure_name: str
    sector: str


@dataclass(frozen=True, slots=True)
class Software:
    """A registered software."""

    client_id: str
    name: str
    regulation: bool


def _loopback_matches(asked: str, registered: str) -> bool:
    # RFC 8252 §7.3: a native software listens on a loopback port that it learns only when it starts.
    try:
        a, b = urlsplit(asked), urlsplit(registered)
        plain = a.username is None and a.port is not None
    except ValueError:
        return False
    return (
        plain and b.hostname == "127.0.0.1" and (a.scheme, a.hostname, a.path, a.query) == (b.scheme, b.hostname, b.path, b.query)
    )


def software_named(client_id: str) -> Software:
    """A registered software. Raises Refusal."""
    with unit() as work:
        row = work.row("SELECT client_id, name, regulation FROM signin_software WHERE client_id = %s AND active", client_id)
    if row is None:
        raise refused("unknown software")
    return Software(*row)


def software_of(client_id: str, redirect_uri: str) -> Software:
    """The software that may use this redirect URI. Raises Refusal."""
    with unit() as work:
        row = work.row(
            "SELECT client_id, name, regulation, redirect_uris FROM signin_software WHERE client_id = %s AND active",
            client_id,
        )
    if row is None:
        raise refused("unknown software")
    if "#" in redirect_uri or not any(redirect_uri == uri or _loopback_matches(redirect_uri, uri) for uri in row[3]):
        raise refused("redirect_uri is not registered for this software")
    return Software(row[0], row[1], row[2])


def start(request: Request, at: datetime) -> tuple[str, str]:
    """Begin. Returns the address of Pro Santé Connect and the secret that the browser keeps in a cookie."""
    software = software_of(request.client_id, request.redirect_uri)
    if request.code_challenge_method != "S256" or not 43 <= len(request.code_challenge) <= 128:
        raise refused("PKCE with S256 is mandatory")
    begun, browser = oidc.begin(), secrets.token_urlsafe(24)
    fields = {"request": asdict(request), "software": asdict(software), "psc": asdict(begun), "browser": browser}
    state = keep("started", fields, at)
    return psc.authorization_url(begun, state), browser


def returned(state: str, code: str, browser: str, at: datetime) -> tuple[str, list[Choice]]:
    """Come back from Pro Santé Connect. Returns a ticket and the situations to choose from."""
    fields = take("started", state, at)
    same_browser(fields["browser"], browser)
    who = psc.identify(code, fields["psc"]["verifier"], fields["psc"]["nonce"])
    fields["who"] = asdict(who)
    choices = [
        Choice(n, Code(profession_system(s.profession_code, s.category), s.profession_code), s.structure_name, s.sector)
        for n, s in enumerate(who.situations)
    ]
    return keep("identified", fields, at), choices


def choose(ticket: str, number: int, browser: str, at: datetime, device: str, label: str) -> str:
    """Choose a situation. Returns the address of the software, with its code.

    `device` is the secret that the browser keeps between sign-ins; `label` is what a person recognises it by.
    """
    fields = take("identified", ticket, at)
    same_browser(fields["browser"], browser)
    situations = fields["who"]["situations"]
    if not 0 <= number < len(situations):
        raise refused("this situation is not one of yours")
    code = keep("chosen", fields | {"number": number, "device": device, "label": label}, at)
    request = fields["request"]
    separator = "&" if "?" in request["redirect_uri"] else "?"
    return f"{request['redirect_uri']}{separator}{urlencode({'code': code, 'state': request['state']})}"


def exchange(code: str, client_id: str, redirect_uri: str, verifier: str, at: datetime) -> tuple[str, int]:
    """Exchange the software's code for a bearer token, once (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
    fields = take("chosen", code, at)
    request = fields["request"]
    if (request["client_id"], request["redirect_uri"]) != (client_id, redirect_uri):
        raise refused("client_id or redirect_uri")
    if not hmac.compare_digest(challenge_of(verifier), request["code_challenge"]):
        raise refused("code_verifier")
    who, situation, software = fields["who"], fields["who"]["situations"][fields["number"]], fields["software"]
    device = device_of(fields["device"])
    signed = SignedIn(
        professional_id=who["professional_id"],
        name=who["name"],
        level=who["level"],
        regulation=who["regulation"],
        at=datetime.fromtimestamp(who["proved_at"], UTC),
        software_id=software["client_id"],
        software_name=software["name"],
        software_is_regulation=software["regulation"],
        profession=Code(profession_system(situation["profession_code"], situation["category"]), situation["profession_code"]),
        savoir_faire=situation["savoir_faire"],
        structure=situation["structure"],
        structure_name=situation["structure_name"],
        sector=situation["sector"],
        role=situation["role"],
        device=device,
        provider_subject=who["subject"],
        provider_session=who["session"],
    )
    seen(signed.professional_id, device, fields["label"], at)
    return open_session(signed, at)


def register_software(client_id: str, name: str, redirect_uris: list[str], regulation: bool = False) -> None:
    """Register a software that may send its users here."""
    with unit() as work:
        work.run(
            """INSERT INTO signin_software (client_id, name, redirect_uris, regulation, active) VALUES (%s, %s, %s, %s, true)
            ON CONFLICT (client_id) DO UPDATE SET name = excluded.name, redirect_uris = excluded.redirect_uris,
            regulation = excluded.regulation, active = true""",
            client_id, name, redirect_uris, regulation,
        )  # fmt: skip
