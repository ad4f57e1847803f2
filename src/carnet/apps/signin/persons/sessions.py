"""Sessions of persons: an opaque token in a cookie; on whose record the person acts stands in the session, not in addresses."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.outbox import api as outbox
from carnet.apps.signin.persons.accounts import opened_name
from carnet.apps.storage.api import Work, blind_index, lookup, unit
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.clock import Timer
from carnet.kernel.refusal import No, Refusal

LEVEL = "eidas2"
"""Two factors, or FranceConnect+: substantial (arrêté of 28 March 2022)."""
KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class PersonSession:
    """A session of a person that lives: who, and on which record they act, as what."""

    id: UUID
    account: UUID
    own_record: UUID
    name: str
    acting: UUID
    kind: ActorKind
    language: str
    signed_in_at: datetime
    ends_at: datetime
    """When it ends if nothing happens."""
    closes_at: datetime

    @property
    def actor(self) -> Actor:
        """Who asks: the person, under their own name, as what they are to the record."""
        proof = Authentication(Means.PERSON_SESSION, LEVEL, self.closes_at, self.signed_in_at)
        return Actor(self.kind, str(self.account), self.name, proof, software="Mon espace")


@dataclass(frozen=True, slots=True)
class OpenPersonSession:
    """A session in the list of a person's own."""

    id: UUID
    label: str
    means: str
    since: datetime
    last_used: datetime
    here: bool


def _digest(token: str) -> bytes:
    return blind_index("person-token", token)


def open_person_session(account: UUID, means: str, device: str, label: str, at: datetime) -> str:
    """Open a session on the person's own record. A device never seen is told to its owner. Returns the token."""
    token, known = secrets.token_urlsafe(32), blind_index("person-device", device)
    life = timedelta(seconds=settings.CARNET.portal_session_seconds)
    with unit() as work:
        row = work.rows(
            """SELECT record_id, (SELECT count(*) FROM signin_person_session s WHERE s.account_id = a.id),
            EXISTS (SELECT FROM signin_person_session s WHERE s.account_id = a.id AND s.device = %s)
            FROM signin_account a WHERE id = %s""",
            known, account,
        )[0]  # fmt: skip
        work.run(
            """INSERT INTO signin_person_session (token, id, account_id, acting, kind, means, device, label, created_at, expires_at,
            last_used_at) VALUES (%s, %s, %s, %s, 'holder', %s, %s, %s, %s, %s, %s)""",
            _digest(token), uuid4(), account, row[0], means, known, label[:120], at, at + life, at,
        )  # fmt: skip
        if row[1] and not row[2]:
            work.enter(row[0])
            outbox.notify(work, row[0], "new-device", outbox.HOLDER, at)
    return token


def person_session(token: str, at: datetime) -> PersonSession:
    """The session of a cookie's token; its use is noted. Raises Refusal for one that is over, cut or unknown."""
    idle = timedelta(seconds=settings.CARNET.portal_idle_seconds)
    row = lookup("SELECT * FROM signin_person_session_of(%s, %s, %s)", _digest(token), at, idle) if token else None
    if row is None or row[0] is None:
        raise Refusal(No.AUTHENTICATION_MISSING)
    number, account, record_id, name, acting, kind, language, since, closes = row
    told = opened_name(name, account)
    return PersonSession(number, account, record_id, told, acting, ActorKind(kind), language, since, min(closes, at + idle), closes)


def act_on(session: PersonSession, record_id: UUID, kind: ActorKind) -> None:
    """Say on which record the session acts from now on, as what. Whether it may is asked of the law at every question."""
    with unit() as work:
        work.run("UPDATE signin_person_session SET acting = %s, kind = %s WHERE id = %s", record_id, kind.value, session.id)


def end_person_session(token: str, at: datetime) -> None:
    """End a session."""
    with unit() as work:
        work.run("UPDATE signin_person_session SET ended_at = coalesce(ended_at, %s) WHERE token = %s", at, _digest(token))


def person_sessions(session: PersonSession, at: datetime) -> list[OpenPersonSession]:
    """The sessions of this person that live, the newest first."""
    with unit() as work:
        rows = work.rows(
            """SELECT id, label, means, created_at, last_used_at FROM signin_person_session WHERE account_id = %s
            AND ended_at IS NULL AND expires_at > %s ORDER BY created_at DESC""",
            session.account, at,
        )  # fmt: skip
    return [
        OpenPersonSession(number, label, means, since, used, number == session.id) for number, label, means, since, used in rows
    ]


def cut_person_session(session: PersonSession, number: UUID, at: datetime) -> bool:
    """End one session of this person."""
    with unit() as work:
        return bool(work.rows(
            """UPDATE signin_person_session SET ended_at = %s WHERE account_id = %s AND id = %s AND ended_at IS NULL RETURNING 1""",
            at, session.account, number,
        ))  # fmt: skip


def cut_all(work: Work, account: UUID, at: datetime, but: UUID | None = None) -> None:
    """End every session of an account, but one: credentials changed."""
    work.run(
        """UPDATE signin_person_session SET ended_at = %s WHERE account_id = %s AND ended_at IS NULL AND id IS DISTINCT FROM %s""",
        at, account, but,
    )  # fmt: skip


def _purge(at: datetime) -> int:
    with unit() as work:
        row = work.row("SELECT signin_purge_persons(%s, %s)", at, at - KEPT)
    return int(row[0]) if row else 0


TIMERS = (Timer("person-session-purge", timedelta(days=1), _purge),)
