"""Sign-in at the portal of professionals: Pro Santé Connect, its CIBA variant, or a card; then the situation of exercise.

Whatever the means, what is known of the person is kept as a single-use ticket until the situation is chosen; the session is
then an opaque token in a cookie. A card's certificate stays with its session, so that a revocation ends it at once.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.signin import oidc
from carnet.apps.signin.attempts import keep, same_browser, take
from carnet.apps.signin.certificates.actors import CARD_LEVEL, place_of
from carnet.apps.signin.certificates.reading import CPE, CPF, STRUCTURE, read_certificate
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals.devices import device_of, seen
from carnet.apps.signin.professionals.sessions import Place, Proved, SignedIn, actor_from, dump, end, insert_session, load
from carnet.apps.signin.professionals.software import Choice, choices_of
from carnet.apps.storage.api import blind_index, lookup, unit
from carnet.kernel.actor import Actor, ActorKind, Means, Situation
from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

PORTAL = "webps"
LEGAL_NOTICE_LASTS = timedelta(days=180)
CALLBACK = "/connexion/retour"


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody who proved who they are, with the situations to choose from and the one that was chosen last."""

    ticket: str
    name: str
    choices: list[Choice]
    last: int


@dataclass(frozen=True, slots=True)
class PortalStarted:
    """On the way to Pro Santé Connect."""

    psc: oidc.Start
    browser: str
    then: str


@dataclass(frozen=True, slots=True)
class PortalMobile:
    """Waiting for a telephone: the request, and the two digits that are compared."""

    request: str
    browser: str
    then: str
    digits: str


@dataclass(frozen=True, slots=True)
class PortalCard:
    """A card was presented; the browser that left for it takes the ticket over. `browser` is its digest."""

    who: Proved
    then: str
    browser: str


@dataclass(frozen=True, slots=True)
class PortalIdentified:
    """Somebody who has not chosen a situation yet."""

    who: Proved
    browser: str
    then: str


def _digest(token: str) -> bytes:
    """A name space of its own: the cookie of the portal is no bearer token of another door, which knows no idle end."""
    return blind_index("portal-token", token)


def end_portal_session(token: str, at: datetime) -> None:
    """End a session of the portal."""
    end(_digest(token), at)


def callback_uri() -> str:
    """The portal's redirect URI at Pro Santé Connect."""
    return f"{settings.CARNET.webps_url}{CALLBACK}"


def start_psc(then: str, at: datetime, anew: bool = False) -> tuple[str, str]:
    """Begin with Pro Santé Connect. Returns its address and the secret that the browser keeps in a cookie.

    `anew`: the person proves the identity again there, whatever session the provider still holds (OpenID Connect Core §3.1.2.1).
    """
    begun, browser = oidc.begin(), secrets.token_urlsafe(24)
    state = keep(PortalStarted(begun, browser, then), at)
    return psc.authorization_url(begun, state, callback_uri(), anew), browser


def return_psc(state: str, code: str, browser: str, at: datetime) -> Identified:
    """Come back from Pro Santé Connect."""
    step = take(PortalStarted, state, at)
    same_browser(step.browser, browser)
    who = psc.identify(code, step.psc.verifier, step.psc.nonce, callback_uri())
    return _identified(psc.proved(who), browser, step.then, at)


def start_mobile(identifier: str, then: str, at: datetime) -> tuple[str, str, str]:
    """Begin on the telephone (CIBA). Returns the ticket to wait with, the two digits to compare, and the browser's secret."""
    digits, browser = f"{secrets.randbelow(100):02d}", secrets.token_urlsafe(24)
    request = psc.ciba_start(identifier.strip(), digits)
    return keep(PortalMobile(request, browser, then, digits), at), digits, browser


def poll_mobile(ticket: str, browser: str, at: datetime) -> Identified | tuple[str, str]:
    """Ask whether the telephone confirmed. Returns who it is, or the next ticket to wait with and the digits."""
    step = take(PortalMobile, ticket, at)
    same_browser(step.browser, browser)
    who = psc.ciba_poll(step.request)
    if who is None:
        return keep(step, at), step.digits
    return _identified(psc.proved(who), browser, step.then, at)


def leave_for_card() -> tuple[str, str]:
    """A secret for the browser's cookie before it leaves for the port of cards, and the digest that goes along."""
    browser = secrets.token_urlsafe(24)
    return browser, blind_index("card-browser", browser).hex()


def start_card(der: bytes, then: str, browser: str, at: datetime) -> str:
    """A card was presented on the port that asks for one. Returns the ticket that the portal takes over, once.

    `browser` is the digest of the browser that left for that port: a ticket given to somebody else signs nobody in.
    """
    card = read_certificate(der, at)
    if card.kind == STRUCTURE:
        raise Refusal(No.CERTIFICATE_REFUSED, {"problem": "the certificate of a structure names no person"})
    if card.revoked:
        raise Refusal(No.CERTIFICATE_REVOKED)
    who = Proved(
        card.id, card.name, CARD_LEVEL, card.regulation, at, _card_places(card.kind, card.id, card.profession, card.structure),
        Means.CPE if card.kind == CPE else Means.CPS_CPF, ActorKind.EMPLOYEE if card.kind == CPE else ActorKind.PROFESSIONAL,
        certificate=base64.b64encode(der).decode(),
    )  # fmt: skip
    return keep(PortalCard(who, then, browser), at)


def _card_places(kind: str, identifier: str, profession: str, structure: str) -> tuple[Place, ...]:
    if kind == CPE:
        return (_place(place_of(structure, "")),)
    code = Code(TRAINEE_SYSTEM if kind == CPF else PROFESSION_SYSTEM, profession)
    with unit() as work:
        person = identity.professional(work, identifier)
    known = [s for s in (person.situations if person else ()) if s.profession == code]
    return tuple(_place(s) for s in [s for s in known if s.open] or known or [Situation(code, open=False)])


def _place(situation: Situation) -> Place:
    s = situation
    return Place(s.profession or Code("", ""), s.savoir_faire, s.structure, s.structure_name, s.sector, s.role)


def take_card(ticket: str, browser: str, at: datetime) -> Identified:
    """Take over a card's ticket in the browser that left for it."""
    step = take(PortalCard, ticket, at)
    same_browser(step.browser, blind_index("card-browser", browser).hex())
    return _identified(step.who, browser, step.then, at)


def _remembered(place: Place) -> str:
    parts = (place.profession.system, place.profession.code, place.structure, place.sector, place.savoir_faire)
    return "|".join(parts)[:200]


def _identified(who: Proved, browser: str, then: str, at: datetime) -> Identified:
    row = lookup("SELECT situation FROM signin_preferences(%s)", who.professional_id)
    names = [_remembered(p) for p in who.places]
    ticket = keep(PortalIdentified(who, browser, then), at)
    return Identified(ticket, who.name, choices_of(who), names.index(row[0]) if row and row[0] in names else 0)


def choose_situation(ticket: str, number: int, browser: str, at: datetime, device: str, label: str) -> tuple[str, str]:
    """Choose a situation and open the session. Returns its token and the address to go on to."""
    step = take(PortalIdentified, ticket, at)
    same_browser(step.browser, browser)
    place = step.who.place(number)
    # On WebPS regulation is a setting of the demonstration: the law asks for its own proof all the same.
    signed = step.who.signed_in(place, (PORTAL, "WebPS", False), device_of(device))
    seen(signed.professional_id, device_of(device), label, at)
    prefer(signed.professional_id, situation=_remembered(place))
    return _open(signed, at), step.then


def _open(signed: SignedIn, at: datetime) -> str:
    token = secrets.token_urlsafe(32)
    life = timedelta(seconds=settings.CARNET.portal_session_seconds)
    with unit() as work:
        insert_session(work, _digest(token), uuid4(), signed, at, at + life, at)
    return token


def prefer(
    professional_id: str, situation: str | None = None, legal_read_at: datetime | None = None, shortcuts: bool | None = None
) -> None:
    """Keep preferences; those that are not given stay."""
    with unit() as work:
        work.run("SELECT signin_prefer(%s, %s, %s, %s)", professional_id, situation, legal_read_at, shortcuts)


def act_for(token: str, colleague: str, at: datetime) -> None:
    """Say on whose behalf this session looks things up; an empty name ends it. Raises Refusal for a session that is over."""
    digest, idle = _digest(token), timedelta(seconds=settings.CARNET.portal_idle_seconds)
    row = lookup("SELECT * FROM signin_portal_session(%s, %s, %s)", digest, at, idle)
    if row is None:
        raise Refusal(No.AUTHENTICATION_MISSING)
    with unit() as work:
        work.run("SELECT signin_act_for(%s, %s)", digest, dump(replace(load(row[0]), on_behalf_of=colleague)))


@dataclass(frozen=True, slots=True)
class PortalSession:
    """A session of the portal that lives."""

    id: UUID
    actor: Actor
    ends_at: datetime
    """When it ends if nothing happens."""
    closes_at: datetime
    """When it ends at the latest, whatever happens."""
    legal_read: bool
    shortcuts: bool


def portal_session(token: str, at: datetime) -> PortalSession:
    """The session of a cookie's token; its use is noted. Raises Refusal for one that is over, cut or unknown."""
    idle = timedelta(seconds=settings.CARNET.portal_idle_seconds)
    row = lookup("SELECT * FROM signin_portal_session(%s, %s, %s)", _digest(token), at, idle) if token else None
    if row is None or row[1] <= at:
        raise Refusal(No.AUTHENTICATION_MISSING)
    who = load(row[0])
    revoked = bool(who.certificate) and read_certificate(base64.b64decode(who.certificate), at).revoked
    actor = actor_from(who, row[1], revoked)
    legal = row[4] is not None and row[4] > at - LEGAL_NOTICE_LASTS
    return PortalSession(row[2], actor, min(row[1], at + idle), row[1], legal, row[5])
