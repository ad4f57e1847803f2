"""Sessions: an opaque bearer token of 256 random bits; only its keyed digest is stored."""

import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.signin.attempts import refused
from carnet.apps.signin.certificates.actors import place_of
from carnet.apps.storage.api import Answer, Elsewhere, Row, Statement, Steps, Work, blind_index, lookup, unit
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means, Situation
from carnet.kernel.clock import Timer
from carnet.kernel.codes import Code
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A professional whose sign-in was verified, in one situation of exercise, in one software."""

    professional_id: str
    name: str
    level: str
    regulation: bool
    at: datetime
    software_id: str
    software_name: str
    software_is_regulation: bool
    profession: Code
    savoir_faire: str
    structure: str
    structure_name: str
    sector: str
    role: str = ""
    means: Means = Means.PRO_SANTE_CONNECT
    device: bytes | None = None
    bound_to: bytes | None = None
    """SHA-256 of the client certificate that alone may use the token (RFC 8705 §3)."""
    provider_subject: str = ""
    provider_session: str = ""
    kind: ActorKind = ActorKind.PROFESSIONAL
    certificate: str = ""
    """The card's certificate (base64 of its DER) of a session of the portal: its revocation ends the session."""
    on_behalf_of: str = ""
    """Colleague on whose behalf this session looks things up."""


@dataclass(frozen=True, slots=True)
class Place:
    """A situation of exercise to act in, as whoever proved an identity holds it."""

    profession: Code
    savoir_faire: str
    structure: str
    structure_name: str
    sector: str
    role: str


@dataclass(frozen=True, slots=True)
class Proved:
    """Somebody who proved who they are, by whatever means, before a situation is chosen."""

    professional_id: str
    name: str
    level: str
    regulation: bool
    at: datetime
    places: tuple[Place, ...]
    means: Means = Means.PRO_SANTE_CONNECT
    kind: ActorKind = ActorKind.PROFESSIONAL
    subject: str = ""
    session: str = ""
    """Subject and session at Pro Santé Connect, which its back-channel logout names."""
    certificate: str = ""
    """The card's certificate (base64 of its DER), for a card."""

    def place(self, number: int) -> Place:
        """The place of this number. Raises Refusal for one that is not theirs."""
        if not 0 <= number < len(self.places):
            raise refused("this situation is not one of yours")
        return self.places[number]

    def signed_in(self, place: Place, software: tuple[str, str, bool], device: bytes | None) -> SignedIn:
        """Signed in, in this place, in a software (its id, its name, whether it is one of medical regulation)."""
        number, name, regulates = software
        return SignedIn(
            self.professional_id, self.name, self.level, self.regulation, self.at, number, name, regulates, place.profession,
            place.savoir_faire, place.structure, place.structure_name, place.sector, place.role, means=self.means, device=device,
            provider_subject=self.subject, provider_session=self.session, kind=self.kind, certificate=self.certificate,
        )  # fmt: skip


def _digest(token: str) -> bytes:
    return blind_index("token", token)


_COLUMNS = ("at", "profession", "means", "kind", "device", "bound_to", "provider_subject", "provider_session")


def dump(who: SignedIn) -> str:
    """Who signed in, as a session keeps it."""
    fields = {name: getattr(who, name) for name in who.__slots__ if name not in _COLUMNS}
    fields |= {"at": who.at.isoformat(), "profession": [who.profession.system, who.profession.code], "means": who.means.value,
               "kind": who.kind.value}  # fmt: skip
    return json.dumps(fields, ensure_ascii=False)


MOST_REMEMBERED = 10_000
"""Sessions, and situations, that a process remembers; beyond, it forgets them all."""


@lru_cache(maxsize=MOST_REMEMBERED)
def load(text: str) -> SignedIn:
    """Who signed in, as a session keeps it."""
    fields = json.loads(text)
    fields["at"], fields["profession"] = datetime.fromisoformat(fields["at"]), Code(*fields["profession"])
    fields["means"] = Means(fields.get("means", Means.PRO_SANTE_CONNECT))
    fields["kind"] = ActorKind(fields.get("kind", ActorKind.PROFESSIONAL))
    return SignedIn(**fields)


def open_session(who: SignedIn, at: datetime) -> tuple[str, int]:
    """Open a session. Returns the bearer token and its life in seconds."""
    token, life = secrets.token_urlsafe(32), settings.CARNET.token_lifetime
    with unit() as work:
        insert_session(work, _digest(token), uuid4(), who, at, at + timedelta(seconds=life))
    return token, life


def insert_session(
    work: Work, digest: bytes, number: UUID, who: SignedIn, at: datetime, ends_at: datetime, used_at: datetime | None = None
) -> None:
    """Write a session under the digest of its token. One with a moment of last use ends when it is not used."""
    work.run(
        """INSERT INTO signin_session (token, id, professional_id, client_id, means, device, bound_to, provider_subject,
        provider_session, actor, created_at, expires_at, last_used_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        digest, number, who.professional_id, who.software_id, who.means.value, who.device, who.bound_to,
        who.provider_subject, who.provider_session, dump(who), at, ends_at, used_at,
    )  # fmt: skip


def end_session(token: str, at: datetime) -> None:
    """End a session: its token opens nothing any more."""
    end(_digest(token), at)


def end(digest: bytes, at: datetime) -> None:
    """End the session of a digest."""
    with unit() as work:
        work.run("SELECT signin_end(%s, %s)", digest, at)


_seen: dict[tuple[str, ...], tuple[float, Situation]] = {}
_rows: dict[bytes, Row] = {}
"""What the database last answered for the digest of a token; never the word on whether its session stands."""


def _key(who: SignedIn) -> tuple[str, ...]:
    return (who.professional_id, who.structure, str(who.profession), who.sector, who.savoir_faire, who.role, who.structure_name)


def _remembered(who: SignedIn) -> Situation | None:
    """The situation as the directory knew it at most `directory_cache_seconds` ago."""
    seen = _seen.get(_key(who))
    return seen[1] if seen and monotonic() - seen[0] < settings.CARNET.directory_cache_seconds else None


def _situated(who: SignedIn) -> Steps[Situation]:
    """The situation as the directory knows it now."""
    claimed = Situation(who.profession, who.savoir_faire, who.structure, who.structure_name, who.sector, who.role)
    (answer,) = yield [identity.professional_of(who.professional_id)]
    person = identity.read_professional(who.professional_id, answer.fetchall())
    known = person.situations if person else ()
    same = [s for s in known if s.profession == who.profession]
    here = [s for s in same if s.structure == who.structure and s.sector == who.sector]
    linked = bool(here) or not same
    # Without the directory's word the exercise is not open: Pro Santé Connect is never the only gate.
    found = replace(claimed, open=any(s.open for s in (here or same)), structure_linked=linked)
    if len(_seen) > MOST_REMEMBERED:
        _seen.clear()
    _seen[_key(who)] = (monotonic(), found)
    return found


def _in_directory(who: SignedIn) -> Situation:
    found = _remembered(who)
    if found is None:
        with unit() as work:
            found = work.follow(_situated(who))
    return found


_SESSION = "SELECT actor, expires_at, bound_to FROM signin_session_of(%s)"


def actor_of(token: str, thumbprint: bytes | None = None, revoked: bool = False) -> Actor:
    """The actor of a bearer token. Raises Refusal for a token that nobody has; an expired one is the law's to refuse.

    A token bound to a certificate is nobody's without that certificate (RFC 8705 §3). `revoked`: the certificate of the
    connection is; the law then refuses it whatever the token.
    """
    who, expires_at, bound = _session(lookup(_SESSION, _digest(token)), thumbprint)
    return actor_from(who, expires_at, revoked, bound)


def acting(token: str, thumbprint: bytes | None = None, revoked: bool = False) -> Steps[Actor]:
    """The steps to the actor of a bearer token: `actor_of`. Raises Elsewhere for an employee, whose structure says who they are."""
    digest = _digest(token)
    (found,) = yield [(_SESSION, (digest,))]
    row = found.fetchone() or ()
    who, expires_at, bound = _session(row, thumbprint)
    if who.kind is ActorKind.EMPLOYEE:
        raise Elsewhere("an employee")
    situation = _remembered(who) or (yield from _situated(who))
    if len(_rows) > MOST_REMEMBERED:
        _rows.clear()
    _rows[digest] = row
    return _actor_in(who, situation, expires_at, revoked, bound)


@dataclass(frozen=True, slots=True)
class Assumed:
    """Who a bearer token was when it was last looked up. It is still theirs only if `statement` answers what it answered then."""

    actor: Actor
    _token: bytes
    _row: Row

    @property
    def statement(self) -> Statement:
        """What asks for the session."""
        return _SESSION, (self._token,)

    def holds(self, answer: Answer) -> bool:
        """Whether the session is as it was: neither ended nor another one's. What does not hold is assumed no more."""
        if answer.fetchone() == self._row:
            return True
        _rows.pop(self._token, None)
        return False


def assumed(token: str, thumbprint: bytes | None = None, revoked: bool = False) -> Assumed | None:
    """Who a bearer token was, asked of nobody: nothing may follow from it until its session was looked up (`while_asking`).

    None for a token that this process did not see lately. Raises Refusal for one that is bound to another certificate.
    """
    digest = _digest(token)
    row = _rows.get(digest)
    if row is None:
        return None
    who, expires_at, bound = _session(row, thumbprint)
    situation = _remembered(who)
    if situation is None:
        return None
    return Assumed(_actor_in(who, situation, expires_at, revoked, bound), digest, row)


def _session(row: Row | None, thumbprint: bytes | None) -> tuple[SignedIn, datetime, str]:
    bound = bytes(row[2]) if row and row[2] else None
    if not row or (bound is not None and not hmac.compare_digest(bound, thumbprint or b"")):
        raise Refusal(No.AUTHENTICATION_MISSING)
    return load(row[0]), row[1], bound.hex() if bound else ""


def actor_from(who: SignedIn, expires_at: datetime, revoked: bool, certificate: str = "") -> Actor:
    """The actor of a session, in the situation as the directory knows it now. `certificate`: the one that it is bound to."""
    employee = who.kind is ActorKind.EMPLOYEE
    situation = place_of(who.structure, who.structure_name) if employee else _in_directory(who)
    return _actor_in(who, situation, expires_at, revoked, certificate)


def _actor_in(who: SignedIn, situation: Situation, expires_at: datetime, revoked: bool, certificate: str) -> Actor:
    proof = Authentication(
        means=who.means,
        level=who.level,
        expires_at=expires_at,
        at=who.at,
        certificate=certificate,
        revoked=revoked,
        regulation=who.regulation,
        software_is_regulation=who.software_is_regulation,
    )
    return Actor(who.kind, who.professional_id, who.name, proof, situation, who.software_name or who.software_id,
                 who.on_behalf_of)  # fmt: skip


SESSIONS_KEPT = timedelta(days=365)


def _purge(at: datetime) -> int:
    with unit() as work:
        row = work.row("SELECT signin_purge(%s, %s)", at, at - SESSIONS_KEPT)
    return int(row[0]) if row else 0


TIMERS = (Timer("session-purge", timedelta(days=1), _purge),)
