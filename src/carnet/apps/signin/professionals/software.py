"""The sign-in of a professional in a software: software → Carnet → Pro Santé Connect → situation → software.

For the software Carnet is an OAuth 2 authorization server (code flow, PKCE mandatory, exact redirect URIs, RFC 8252
loopback allowed); for Pro Santé Connect it is a relying party.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from carnet.apps.signin import oidc
from carnet.apps.signin.attempts import keep, refused, same_browser, take
from carnet.apps.signin.pkce import challenge_of
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals.devices import device_of, seen
from carnet.apps.signin.professionals.sessions import Place, Proved, open_session
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


@dataclass(frozen=True, slots=True)
class SoftwareStarted:
    """On the way to Pro Santé Connect."""

    request: Request
    software: Software
    psc: oidc.Start
    browser: str


@dataclass(frozen=True, slots=True)
class SoftwareReturned:
    """Back from there; the situation is not chosen yet."""

    request: Request
    software: Software
    browser: str
    who: Proved


@dataclass(frozen=True, slots=True)
class SoftwareChosen:
    """What the software's code stands for."""

    request: Request
    software: Software
    who: Proved
    place: Place
    device: str
    label: str


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


_REGISTERED = "SELECT client_id, name, regulation, redirect_uris FROM signin_software WHERE client_id = %s AND active"


def _registered(client_id: str) -> tuple[Software, list[str]]:
    """A registered software, and where it may be sent back to. The database takes no NUL: one that holds it is nobody's."""
    with unit() as work:
        row = None if "\0" in client_id else work.row(_REGISTERED, client_id)
    if row is None:
        raise refused("unknown software")
    return Software(row[0], row[1], row[2]), row[3]


def software_named(client_id: str) -> Software:
    """A registered software. Raises Refusal."""
    return _registered(client_id)[0]


def software_of(client_id: str, redirect_uri: str) -> Software:
    """The software that may use this redirect URI. Raises Refusal."""
    software, known = _registered(client_id)
    if "#" in redirect_uri or not any(redirect_uri == uri or _loopback_matches(redirect_uri, uri) for uri in known):
        raise refused("redirect_uri is not registered for this software")
    return software


def start(request: Request, at: datetime, anew: bool = False) -> tuple[str, str]:
    """Begin. Returns the address of Pro Santé Connect and the secret that the browser keeps in a cookie. `anew`: see `psc`."""
    software = software_of(request.client_id, request.redirect_uri)
    if request.code_challenge_method != "S256" or not 43 <= len(request.code_challenge) <= 128:
        raise refused("PKCE with S256 is mandatory")
    begun, browser = oidc.begin(), secrets.token_urlsafe(24)
    state = keep(SoftwareStarted(request, software, begun, browser), at)
    return psc.authorization_url(begun, state, anew=anew), browser


def returned(state: str, code: str, browser: str, at: datetime) -> tuple[str, list[Choice]]:
    """Come back from Pro Santé Connect. Returns a ticket and the situations to choose from."""
    step = take(SoftwareStarted, state, at)
    same_browser(step.browser, browser)
    who = psc.proved(psc.identify(code, step.psc.verifier, step.psc.nonce))
    return keep(SoftwareReturned(step.request, step.software, browser, who), at), choices_of(who)


def choices_of(who: Proved) -> list[Choice]:
    """The situations to choose from, as a page shows them."""
    return [Choice(n, p.profession, p.structure_name, p.sector) for n, p in enumerate(who.places)]


def choose(ticket: str, number: int, browser: str, at: datetime, device: str, label: str) -> str:
    """Choose a situation. Returns the address of the software, with its code.

    `device` is the secret that the browser keeps between sign-ins; `label` is what a person recognises it by.
    """
    step = take(SoftwareReturned, ticket, at)
    same_browser(step.browser, browser)
    place, request = step.who.place(number), step.request
    code = keep(SoftwareChosen(request, step.software, step.who, place, device, label), at)
    separator = "&" if "?" in request.redirect_uri else "?"
    return f"{request.redirect_uri}{separator}{urlencode({'code': code, 'state': request.state})}"


def exchange(code: str, client_id: str, redirect_uri: str, verifier: str, at: datetime) -> tuple[str, int]:
    """Exchange the software's code for a bearer token, once (RFC 6749 §4.1.3, RFC 7636 §4.6)."""
    step = take(SoftwareChosen, code, at)
    if (step.request.client_id, step.request.redirect_uri) != (client_id, redirect_uri):
        raise refused("client_id or redirect_uri")
    if not hmac.compare_digest(challenge_of(verifier), step.request.code_challenge):
        raise refused("code_verifier")
    software, device = step.software, device_of(step.device)
    signed = step.who.signed_in(step.place, (software.client_id, software.name, software.regulation), device)
    seen(signed.professional_id, device, step.label, at)
    return open_session(signed, at)
