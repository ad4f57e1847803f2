"""Sign-in at the portal of professionals: Pro Santé Connect, its CIBA variant, or a card; then the situation of exercise.

Whatever the means, what is known of the person is kept as a single-use ticket until the situation is chosen; the session is
then an opaque token in a cookie. A card's certificate stays with its session, so that a revocation ends it at once.
"""

import base64
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.signin import oidc
from carnet.apps.signin.attempts import keep, refused, same_browser, take
from carnet.apps.signin.certificates.actors import CARD_LEVEL, place_of
from carnet.apps.signin.certificates.reading import CPE, CPF, STRUCTURE, read_certificate
from carnet.apps.signin.professionals import psc
from carnet.apps.signin.professionals.devices import device_of, seen
from carnet.apps.signin.professionals.sessions import SignedIn, actor_from, dump, end, insert_session, load
from carnet.apps.signin.professionals.software import Choice
from carnet.apps.storage.api import blind_index, lookup, unit
from carnet.kernel.actor import Actor, ActorKind, Means, Situation
from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
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


def _digest(token: str) -> bytes:
    """A name space of its own: the cookie of the portal is no bearer token of another door, which knows no idle end."""
    return blind_index("portal-token", token)


def end_portal_session(token: str, at: datetime) -> None:
    """End a session of the portal."""
    end(_digest(token), at)


def callback_uri() -> str:
    """The portal's redirect URI at Pro Santé Connect."""
    return f"{settings.CARNET.webps_url}{CALLBACK}"


def start_psc(then: str, at: datetime) -> tuple[str, str]:
    """Begin with Pro Santé Connect. Returns its address and the secret that the browser keeps in a cookie."""
    begun, browser = oidc.begin(), secrets.token_urlsafe(24)
    state = keep("portal-started", {"psc": asdict(begun), "browser": browser, "then": then}, at)
    return psc.authorization_url(begun, state, callback_uri()), browser


def return_psc(state: str, code: str, browser: str, at: datetime) -> Identified:
    """Come back from Pro Santé Connect."""
    fields = take("portal-started", state, at)
    same_browser(fields["browser"], browser)
    who = psc.identify(code, fields["psc"]["verifier"], fields["psc"]["nonce"], callback_uri())
    return _identified(_from_psc(who), browser, fields["then"], at)


def start_mobile(identifier: str, then: str, at: datetime) -> tuple[str, str, str]:
    """Begin on the telephone (CIBA). Returns the ticket to wait with, the two digits to compare, and the browser's secret."""
    digits, browser = f"{secrets.randbelow(100):02d}", secrets.token_urlsafe(24)
    request = psc.ciba_start(identifier.strip(), digits)
    return keep("portal-mobile", {"request": request, "browser": browser, "then": then, "digits": digits}, at), digits, browser


def poll_mobile(ticket: str, browser: str, at: datetime) -> Identified | tuple[str, str]:
    """Ask whether the telephone confirmed. Returns who it is, or the next ticket to wait with and the digits."""
    fields = take("portal-mobile", ticket, at)
    same_browser(fields["browser"], browser)
    who = psc.ciba_poll(fields["request"])
    if who is None:
        return keep("portal-mobile", fields, at), fields["digits"]
    return _identified(_from_psc(who), browser, fields["then"], at)


def _from_psc(who: psc.PscIdentity) -> dict[str, Any]:
    situations = [
        {**asdict(s), "system": identity.profession_system(s.profession_code, s.category)} for s in who.situations
    ]  # fmt: skip
    return asdict(who) | {
        "situations": situations,
        "means": Means.PRO_SANTE_CONNECT.value,
        "kind": "professional",
        "certificate": "",
    }


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
    fields = {
        "professional_id": card.id, "name": card.name, "level": CARD_LEVEL, "regulation": card.regulation,
        "proved_at": int(at.timestamp()), "subject": "", "session": "", "certificate": base64.b64encode(der).decode(),
        "means": (Means.CPE if card.kind == CPE else Means.CPS_CPF).value,
        "kind": (ActorKind.EMPLOYEE if card.kind == CPE else ActorKind.PROFESSIONAL).value,
        "situations": [_situation_fields(s) for s in _card_situations(card.kind, card.id, card.profession, card.structure)],
    }  # fmt: skip
    return keep("portal-card", {"who": fields, "then": then, "browser": browser}, at)


def _card_situations(kind: str, identifier: str, profession: str, structure: str) -> list[Situation]:
    if kind == CPE:
        return [place_of(structure, "")]
    code = Code(TRAINEE_SYSTEM if kind == CPF else PROFESSION_SYSTEM, profession)
    with unit() as work:
        person = identity.professional(work, identifier)
    known = [s for s in (person.situations if person else ()) if s.profession == code]
    return [s for s in known if s.open] or known or [Situation(code, open=False)]


def _situation_fields(situation: Situation) -> dict[str, str]:
    code = situation.profession
    return {
        "system": code.system if code else "", "profession_code": code.code if code else "", "category": "",
        "savoir_faire": situation.savoir_faire, "structure": situation.structure, "structure_name": situation.structure_name,
        "sector": situation.sector, "role": situation.role,
    }  # fmt: skip


def take_card(ticket: str, browser: str, at: datetime) -> Identified:
    """Take over a card's ticket in the browser that left for it."""
    fields = take("portal-card", ticket, at)
    same_browser(fields["browser"], blind_index("card-browser", browser).hex())
    return _identified(fields["who"], browser, fields["then"], at)


def _remembered(situation: dict[str, str]) -> str:
    return "|".join(situation[name] for name in ("system", "profession_code", "structure", "sector", "savoir_faire"))[:200]


def _identified(who: dict[str, Any], browser: str, then: str, at: datetime) -> Identified:
    row = lookup("SELECT situation FROM signin_preferences(%s)", who["professional_id"])
    names = [_remembered(s) for s in who["situations"]]
    choices = [
        Choice(n, Code(s["system"], s["profession_code"]), s["structure_name"], s["sector"])
        for n, s in enumerate(who["situations"])
    ]
    ticket = keep("portal-identified", {"who": who, "browser": browser, "then": then}, at)
    return Identified(ticket, who["name"], choices, names.index(row[0]) if row and row[0] in names else 0)


def choose_situation(ticket: str, number: int, browser: str, at: datetime, device: str, label: str) -> tuple[str, str]:
    """Choose a situation and open the session. Returns its token and the address to go on to."""
    fields = take("portal-identified", ticket, at)
    same_browser(fields["browser"], browser)
    who = fields["who"]
    if not 0 <= number < len(who["situations"]):
        raise refused("this situation is not one of yours")
    chosen = who["situations"][number]
    signed = SignedIn(
        professional_id=who["professional_id"], name=who["name"], level=who["level"], regulation=who["regulation"],
        at=datetime.fromtimestamp(who["proved_at"], UTC), software_id=PORTAL, software_name="WebPS",
        # On WebPS regulation is a setting of the demonstration: the law asks for its own proof all the same.
        software_is_regulation=False, profession=Code(chosen["system"], chosen["profession_code"]),
        savoir_faire=chosen["savoir_faire"], structure=chosen["structure"], structure_name=chosen["structure_name"],
        sector=chosen["sector"], role=chosen["role"], means=Means(who["means"]), device=device_of(device),
        provider_subject=who["subject"], provider_session=who["session"], kind=ActorKind(who["kind"]),
        certificate=who["certificate"],
    )  # fmt: skip
    seen(signed.professional_id, device_of(device), label, at)
    prefer(signed.professional_id, situation=_remembered(chosen))
    return _open(signed, at), fields["then"]


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
