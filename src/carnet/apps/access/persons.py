"""Who acts on a record beside professionals: its holder, legal representatives, carers; and how they are invited (access law §6).

A relation says from when, until when, for which types and sections, and whether it lets somebody write. It is named by an
account of a person (`signin`); the name that is shown in lists is sealed under the key of the record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.signin.api import as_typed, readable_code
from carnet.apps.storage.api import SCOPE, RecordKey, Statement, Work, blind_index, lookup, unit
from carnet.dicah.facts import Relation
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal

HOLDS, REPRESENTS, CARES = ActorKind.HOLDER.value, ActorKind.REPRESENTATIVE.value, ActorKind.CARER.value
MOST_CARERS = 3
"""Carers of one record (law of the national service)."""
MOST_REPRESENTATIVES = 2
"""Holders of parental authority over a minor: the first invites the second."""
INVITATION_LASTS = timedelta(days=14)


def relation_of(ask: Ask) -> Statement:
    """The statement that brings what a person is to the record in scope."""
    sql = f"""SELECT kind, starts, ends, scope, reads_only FROM access_person
        WHERE record_id = {SCOPE} AND person_id::text = %s AND kind = %s"""
    return sql, (ask.actor.id, ask.actor.kind.value)


def read_relation(row: tuple[str, datetime, datetime | None, list[str], bool] | None) -> Relation | None:
    """The fact that a row of `relation_of` states."""
    return Relation(row[0], row[1], row[2], frozenset(row[3]), row[4]) if row else None


@dataclass(frozen=True, slots=True)
class Given:
    """What a relation gives: until when, what of the record, and whether its bearer may add and change."""

    ends: datetime | None = None
    scope: frozenset[str] = frozenset()
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may act on a record."""

    person_id: UUID
    kind: str
    name: str
    starts: datetime
    given: Given


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who is invited and has not answered."""

    id: UUID
    kind: str
    label: str
    made_at: datetime
    expires_at: datetime
    given: Given


@dataclass(frozen=True, slots=True)
class Mine:
    """A record on which a person may act."""

    record_id: UUID
    kind: str
    ends: datetime | None


def name_person(work: Work, key: RecordKey, granted: Grant, person_id: UUID, kind: str, name: str, given: Given) -> None:
    """Name somebody on the record of a Grant, or change what is given to them."""
    if granted.record_id != key.record_id:
        raise PermissionError("this Grant concerns another record")
    sealed = key.seal(name.encode(), f"person/{person_id}/{kind}")
    work.run(
        """INSERT INTO access_person (record_id, person_id, kind, starts, ends, scope, reads_only, sealed)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (record_id, person_id, kind) DO UPDATE SET
        starts = excluded.starts, ends = excluded.ends, scope = excluded.scope, reads_only = excluded.reads_only,
        sealed = excluded.sealed""",
        key.record_id, person_id, kind, granted.ask.at, given.ends, sorted(given.scope), given.reads_only, sealed,
    )  # fmt: skip


def end_relation(work: Work, granted: Grant, person_id: UUID, kind: str) -> bool:
    """End what somebody is to a record, from either side. The holder is never cut from their own record."""
    at = granted.ask.at
    ended = work.rows(
        """UPDATE access_person SET ends = %s WHERE record_id = %s AND person_id = %s AND kind = %s AND kind <> 'holder'
        AND (ends IS NULL OR ends > %s) RETURNING 1""",
        at, granted.record_id, person_id, kind, at,
    )  # fmt: skip
    return bool(ended)


def holds(work: Work, record_id: UUID, person_id: str) -> bool:
    """Whether this person is the holder of the record, in its scope."""
    sql = "SELECT 1 FROM access_person WHERE record_id = %s AND person_id::text = %s AND kind = 'holder'"
    return bool(work.rows(sql, record_id, person_id))


def persons(work: Work, key: RecordKey, at: datetime) -> list[Person]:
    """Everybody who may act on a record now, the holder first."""
    rows = work.rows(
        """SELECT person_id, kind, starts, ends, scope, reads_only, sealed FROM access_person
        WHERE record_id = %s AND (ends IS NULL OR ends > %s) ORDER BY kind = 'holder' DESC, kind DESC, starts""",
        key.record_id, at,
    )  # fmt: skip
    return [
        Person(who, kind, key.unseal(bytes(sealed), f"person/{who}/{kind}").decode(), starts, Given(ends, frozenset(scope), only))
        for who, kind, starts, ends, scope, only, sealed in rows
    ]


def names_of_people(work: Work, key: RecordKey) -> dict[str, str]:
    """Names of everybody who acts or acted on a record, by their number: a relation that ended keeps its name."""
    rows = work.rows("SELECT person_id, kind, sealed FROM access_person WHERE record_id = %s ORDER BY starts", key.record_id)
    return {str(who): key.unseal(bytes(sealed), f"person/{who}/{kind}").decode() for who, kind, sealed in rows}


def records_of_person(person_id: UUID, at: datetime) -> list[Mine]:
    """The records on which a person may act now: their own first."""
    with unit() as work:
        rows = work.rows("SELECT record_id, kind, ends FROM access_records_of(%s, %s)", person_id, at)
    return [Mine(*row) for row in rows]


def _digest(code: str) -> bytes:
    return blind_index("invitation", as_typed(code))


def _counted(work: Work, record_id: UUID | None, kind: str, at: datetime) -> int:
    row = work.rows(
        """SELECT (SELECT count(*) FROM access_person WHERE record_id = %s AND kind = %s AND (ends IS NULL OR ends > %s))
        + (SELECT count(*) FROM access_invitation WHERE record_id = %s AND kind = %s AND answer = '' AND expires_at > %s)""",
        record_id, kind, at, record_id, kind, at,
    )[0]  # fmt: skip
    return int(row[0])


def invite(work: Work, key: RecordKey, granted: Grant, kind: str, label: str, given: Given) -> str:
    """Invite a carer, or a second representative. Returns the code that the invited person types in their own portal, once.

    Raises Refusal `person-limit` for a fourth carer, or a third representative.
    """
    at = granted.ask.at
    if kind not in (CARES, REPRESENTS):
        raise ValueError("one invites a carer or a representative")
    most = MOST_CARERS if kind == CARES else MOST_REPRESENTATIVES
    if _counted(work, granted.record_id, kind, at) >= most:
        raise Refusal(No.PERSON_LIMIT)
    code, number = readable_code(), uuid4()
    work.run(
        """INSERT INTO access_invitation (record_id, id, code, kind, scope, reads_only, ends, sealed, made_at, expires_at, answer)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '')""",
        key.record_id, number, _digest(code), kind, sorted(given.scope), given.reads_only, given.ends,
        key.seal(label.encode(), f"invitation/{number}"), at, at + INVITATION_LASTS,
    )  # fmt: skip
    return code


def invitations(work: Work, key: RecordKey, at: datetime) -> list[Invitation]:
    """Invitations that wait for an answer."""
    rows = work.rows(
        """SELECT id, kind, sealed, made_at, expires_at, ends, scope, reads_only FROM access_invitation
        WHERE record_id = %s AND answer = '' AND expires_at > %s ORDER BY made_at""",
        key.record_id, at,
    )  # fmt: skip
    return [
        Invitation(number, kind, key.unseal(bytes(sealed), f"invitation/{number}").decode(), made, expires,
                   Given(ends, frozenset(scope), only))
        for number, kind, sealed, made, expires, ends, scope, only in rows
    ]  # fmt: skip


def withdraw_invitation(work: Work, granted: Grant, number: UUID) -> bool:
    """Take an invitation back before it is answered."""
    return bool(work.rows(
        "UPDATE access_invitation SET answer = 'withdrawn' WHERE record_id = %s AND id = %s AND answer = '' RETURNING 1",
        granted.record_id, number,
    ))  # fmt: skip


def invited_to(code: str, at: datetime) -> tuple[UUID, UUID]:
    """The record and the invitation of a code. Raises Refusal `invitation-unknown` for one that is over, answered or wrong."""
    row = lookup("SELECT record_id, id FROM access_invitation_of(%s, %s)", _digest(code), at)
    if row is None or row[0] is None:
        raise Refusal(No.INVITATION_UNKNOWN)
    return row[0], row[1]


def offered(work: Work, record_id: UUID, number: UUID, at: datetime) -> tuple[str, Given]:
    """What an invitation offers: the kind of relation, and what it gives."""
    row = work.row(
        """SELECT kind, ends, scope, reads_only FROM access_invitation WHERE record_id = %s AND id = %s AND answer = ''
        AND expires_at > %s FOR UPDATE""",
        record_id, number, at,
    )  # fmt: skip
    if row is None:
        raise Refusal(No.INVITATION_UNKNOWN)
    return row[0], Given(row[1], frozenset(row[2]), row[3])


def answer_invitation(work: Work, key: RecordKey, granted: Grant, number: UUID, accepts: bool) -> str:
    """Accept or refuse an invitation as the person who signed in. Returns the kind of relation; journaled by the caller."""
    ask = granted.ask
    kind, given = offered(work, key.record_id, number, ask.at)
    if any(p.person_id == UUID(ask.actor.id) for p in persons(work, key, ask.at)):
        # Whoever is somebody to this record already does not become somebody else by an invitation of their own.
        raise Refusal(No.INVITATION_UNKNOWN)
    work.run(
        "UPDATE access_invitation SET answer = %s WHERE record_id = %s AND id = %s",
        "accepted" if accepts else "refused", key.record_id, number,
    )  # fmt: skip
    if accepts:
        name_person(work, key, granted, UUID(ask.actor.id), kind, ask.actor.name, given)
    notify(work, key.record_id, "relation-answered", HOLDER, ask.at)
    return kind
