"""Codes, access and refresh tokens: opaque, kept as keyed digests, looked up at every call, so that what is ended ends at once.

A family holds what came of one authorisation. A code that comes twice, or a refresh token that was rotated, ends its whole family
(OAuth 2.1 §4.1.3 and §4.3.1).

Whoever gives and whoever ends hold the same name (`hold`): what is being given in that moment is ended too, or is not given.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from carnet.apps.storage.api import Row, Work, blind_index, unit
from carnet.kernel.copies import replace

CODE, ACCESS, REFRESH, TICKET, REGISTRATION, LAUNCH = "code", "access", "refresh", "ticket", "registration", "launch"
LIVES = {
    CODE: timedelta(seconds=60), TICKET: timedelta(minutes=15), REGISTRATION: timedelta(days=7), LAUNCH: timedelta(minutes=5),
}  # fmt: skip
"""How long each lives; access and refresh tokens as the settings and the agreement say."""
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Held:
    """What a token stands for. `bound`: the key or the certificate that must come with it, `jkt:…` or `x5t:…`; empty for none."""

    kind: str
    service_id: UUID
    client_id: str = ""
    family: UUID = field(default_factory=uuid4)
    record_id: UUID | None = None
    person_id: UUID | None = None
    person_kind: str = ""
    scope: str = ""
    audience: str = ""
    bound: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    made_at: datetime | None = None
    expires_at: datetime | None = None
    used_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def scopes(self) -> list[str]:
        """Its scopes."""
        return self.scope.split()

    @property
    def record(self) -> UUID:
        """The record that it is for. Raises ValueError for one that is for none."""
        if self.record_id is None:
            raise ValueError("this token is for no record")
        return self.record_id

    def lives(self, at: datetime) -> bool:
        """Whether it may serve now."""
        return self.ended_at is None and self.expires_at is not None and self.expires_at > at


_COLUMNS = """kind, service_id, client_id, family, record_id, person_id, person_kind, scope, audience, bound, data, made_at,
    expires_at, used_at, ended_at"""


def digest_of(kind: str, text: str) -> bytes:
    """The keyed digest under which a token of a kind is kept."""
    return blind_index(f"service-token/{kind}", text)


def issue(work: Work, held: Held, at: datetime, until: datetime | None = None) -> str:
    """Make a token. Returns its text, which is known nowhere afterwards."""
    text = secrets.token_urlsafe(32)
    work.run(
        f"""INSERT INTO catalogue_token (digest, {_COLUMNS})
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL, NULL)""",
        digest_of(held.kind, text), held.kind, held.service_id, held.client_id, held.family, held.record_id, held.person_id,
        held.person_kind, held.scope, held.audience, held.bound, json.dumps(held.data), at, until or at + LIVES[held.kind],
    )  # fmt: skip
    return text


def family_of(held: Held) -> str:
    """The name under which a family is held."""
    return f"family/{held.family}"


def session_of(session: str) -> str:
    """The name under which what lives as long as a session is held."""
    return f"session/{session}"


def pair_of(record_id: UUID, service_id: UUID) -> str:
    """The name under which what a service has of a record is held."""
    return f"pair/{record_id}/{service_id}"


def hold(work: Work, name: str) -> None:
    """Be alone, until the transaction is over, to give or to end under a name. Several: pair, session, family."""
    work.run("SELECT pg_advisory_xact_lock(hashtextextended('service-token/' || %s, 0))", name)


def find(work: Work, kind: str, text: str, lock: bool = False) -> Held | None:
    """A token by its text, over or not; under a lock for whoever uses it up."""
    sql = f"SELECT {_COLUMNS} FROM catalogue_token WHERE digest = %s{' FOR UPDATE' if lock else ''}"
    row = work.row(sql, digest_of(kind, text)) if text else None
    return _held(row) if row is not None else None


def _held(row: Row) -> Held:
    kind, service, client, *rest = row
    return Held(kind, service, client, *rest)


def use(work: Work, kind: str, text: str, at: datetime) -> Held | None:
    """Use a token up, once. None for one that is unknown or over; one that was used before ends its family."""
    known = find(work, kind, text)
    if known is None:
        return None
    hold(work, family_of(known))
    held = find(work, kind, text, lock=True)
    if held is None:
        return None
    if held.used_at is not None:
        end_family(work, held, at)
        return None
    work.run("UPDATE catalogue_token SET used_at = %s WHERE digest = %s", at, digest_of(kind, text))
    return replace(held, used_at=at) if held.lives(at) else None


def was_ended(work: Work, kind: str, text: str) -> bool:
    """Whether a token was ended, used or not. Asked while its names are held, before something is given for it."""
    held = find(work, kind, text)
    return held is None or held.ended_at is not None


def note(work: Work, kind: str, text: str, data: dict[str, Any]) -> None:
    """Keep something with a token."""
    work.run("UPDATE catalogue_token SET data = data || %s::jsonb WHERE digest = %s", json.dumps(data), digest_of(kind, text))


def end_family(work: Work, held: Held, at: datetime) -> None:
    """End everything that came of the authorisation of a token."""
    hold(work, family_of(held))
    work.run("UPDATE catalogue_token SET ended_at = %s WHERE family = %s AND ended_at IS NULL", at, held.family)


def end_tokens(work: Work, record_id: UUID, service_id: UUID, at: datetime) -> None:
    """End every token of a service for a record."""
    hold(work, pair_of(record_id, service_id))
    work.run(
        "UPDATE catalogue_token SET ended_at = %s WHERE record_id = %s AND service_id = %s AND ended_at IS NULL",
        at, record_id, service_id,
    )  # fmt: skip


def end_tokens_of_service(work: Work, service_id: UUID, at: datetime) -> None:
    """End every token of a service: it is no longer referenced."""
    work.run("UPDATE catalogue_token SET ended_at = %s WHERE service_id = %s AND ended_at IS NULL", at, service_id)


def end_tokens_of_client(work: Work, client_id: str, at: datetime) -> None:
    """End every token of a client. One that is being given in this moment is refused at its first call: its client is no more."""
    work.run("UPDATE catalogue_token SET ended_at = %s WHERE client_id = %s AND ended_at IS NULL", at, client_id)


def end_session(work: Work, session: str, at: datetime) -> list[tuple[str, UUID, UUID]]:
    """End what lives as long as a session of the person, a decision that nobody took up included. Returns the clients that hold
    tokens, with their service and record."""
    hold(work, session_of(session))
    rows = work.rows(
        """UPDATE catalogue_token SET ended_at = %s WHERE coalesce(data ->> 'sid', data -> 'decided' ->> 'sid') = %s
        AND ended_at IS NULL AND NOT 'offline_access' = ANY(string_to_array(scope, ' '))
        RETURNING client_id, service_id, record_id, kind""",
        at, session,
    )  # fmt: skip
    return list(dict.fromkeys((row[0], row[1], row[2]) for row in rows if row[3] in (ACCESS, REFRESH)))


def seen_before(work: Work, name: str, until: datetime) -> bool:
    """Keep that a proof or an assertion was used. Returns whether it had been already."""
    row = work.row(
        "INSERT INTO catalogue_proof (digest, expires_at) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1",
        blind_index("service-proof", name), until,
    )  # fmt: skip
    return row is None


def end_visit(token: str, until: datetime) -> None:
    """End a visit of a publisher's page whose cookie would go on until then: whoever kept a copy of it is out too."""
    with unit() as work:
        seen_before(work, f"left/{token}", until)


def visit_ended(token: str) -> bool:
    """Whether such a visit was ended."""
    with unit() as work:
        return (
            work.row("SELECT 1 FROM catalogue_proof WHERE digest = %s", blind_index("service-proof", f"left/{token}")) is not None
        )


def purge(work: Work, at: datetime) -> int:
    """Forget tokens and proofs that ended long ago. Returns how many."""
    gone = work.rows("DELETE FROM catalogue_token WHERE coalesce(ended_at, expires_at) < %s AND expires_at < %s RETURNING 1",
                     at - KEPT, at - KEPT)  # fmt: skip
    work.run("DELETE FROM catalogue_proof WHERE expires_at < %s", at)
    return len(gone)
