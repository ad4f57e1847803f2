"""Looking something up on behalf of a colleague of the same structure, who reviews each look-up afterwards.

A delegation opens nothing: the law decides on the delegate's own rights alone (access law §1). It adds the name of the one on
whose behalf the delegate looked to the journal, and puts the look-up on that person's list, to be reviewed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from carnet.apps.journal.api import Event, append
from carnet.apps.storage.api import Statement, Steps, Work, lookup, unit
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal

LASTS = timedelta(days=180)
VERDICTS = ("as-agreed", "not-asked-for")


@dataclass(frozen=True, slots=True)
class Delegation:
    """Somebody who may look things up for somebody else, in a structure, until a day."""

    delegating: str
    delegate: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Lookup:
    """A look-up that waits for its review."""

    record_id: UUID
    id: UUID
    delegate: str
    delegate_name: str
    at: datetime


def delegate_to(actor: Actor, delegate: str, at: datetime, until: datetime | None = None) -> None:
    """Let somebody of the same structure look things up for this professional: until then, half a year at most.

    Raises Refusal `delegation-missing` for who cannot delegate, and for an end that is over.
    """
    until = min(until or at + LASTS, at + LASTS)
    if until <= at:
        raise Refusal(No.DELEGATION_MISSING)
    professional = actor.kind is ActorKind.PROFESSIONAL
    if not professional or not delegate or delegate == actor.id or not actor.situation.structure:
        raise Refusal(No.DELEGATION_MISSING)
    with unit() as work:
        work.run(
            """INSERT INTO access_delegation (delegating, delegate, structure, since, until) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (delegating, delegate) DO UPDATE SET structure = excluded.structure, since = excluded.since,
            until = excluded.until""",
            actor.id, delegate, actor.situation.structure, at, until,
        )  # fmt: skip


def end_delegation(actor: Actor, delegate: str, at: datetime) -> None:
    """End a delegation, from either side."""
    with unit() as work:
        work.run(
            "UPDATE access_delegation SET until = %s WHERE until > %s AND delegating = ANY(%s) AND delegate = ANY(%s)",
            at, at, [actor.id, delegate], [actor.id, delegate],
        )  # fmt: skip


def delegations(actor: Actor, at: datetime) -> list[Delegation]:
    """Delegations that hold: those that this person gave, and those that they hold."""
    with unit() as work:
        rows = work.rows(
            """SELECT delegating, delegate, since, until FROM access_delegation WHERE (delegating = %s OR delegate = %s)
            AND until > %s ORDER BY since DESC""",
            actor.id, actor.id, at,
        )  # fmt: skip
    return [Delegation(*row) for row in rows]


_HOLDS = "SELECT 1 FROM access_delegation WHERE delegating = %s AND delegate = %s AND structure = %s AND until > %s"


def may_act_for(actor: Actor, colleague: str, at: datetime) -> bool:
    """Whether a colleague lets this person look things up now, in the structure of the present situation."""
    return lookup(_HOLDS, colleague, actor.id, actor.situation.structure, at) is not None


def noting_lookup(granted: Grant) -> Steps[list[Statement]]:
    """The statements that put a visit on the list of the one on whose behalf it is made; none for a visit of one's own.

    Raises Refusal `delegation-missing` when none holds.
    """
    ask = granted.ask
    for_whom = ask.actor.on_behalf_of
    if not for_whom or granted.record_id is None:
        return []
    (holds,) = yield [(_HOLDS, (for_whom, ask.actor.id, ask.actor.situation.structure, ask.at))]
    if holds.fetchone() is None:
        raise Refusal(No.DELEGATION_MISSING)
    # One line a day until it is reviewed; what is looked up after the review waits for another one.
    return [(
        """INSERT INTO access_lookup (record_id, id, delegating, delegate, delegate_name, at, verdict)
        SELECT %s, %s, %s, %s, %s, %s, '' WHERE NOT EXISTS (SELECT FROM access_lookup WHERE record_id = %s AND delegating = %s
        AND delegate = %s AND reviewed_at IS NULL AND at > %s)""",
        (granted.record_id, uuid4(), for_whom, ask.actor.id, ask.actor.name, ask.at,
         granted.record_id, for_whom, ask.actor.id, ask.at - timedelta(days=1)),
    )]  # fmt: skip


def note_lookup(work: Work, granted: Grant) -> None:
    """Note a look-up in this unit: `noting_lookup`."""
    work.send(*work.follow(noting_lookup(granted)))


def lookups_to_review(actor: Actor) -> list[Lookup]:
    """Look-ups made on behalf of this professional that wait for their review, the oldest first."""
    with unit() as work:
        rows = work.rows("SELECT record_id, id, delegate, delegate_name, at FROM access_lookups_of(%s)", actor.id)
    return [Lookup(*row) for row in rows]


def review_lookup(actor: Actor, number: UUID, verdict: str, at: datetime) -> bool:
    """Note what the delegating professional says of a look-up, once, in the record's journal too.

    False for one that is not theirs to review.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"choose one of {', '.join(VERDICTS)}")
    with unit() as work:
        row = work.row("SELECT access_review_lookup(%s, %s, %s, %s)", actor.id, number, verdict, at)
        if row is None or row[0] is None:
            return False
        append(work, Event("write", at, actor.key, actor.name, actor.kind.value, "delegation:review", "normal", "done", "",
                           "delegated-look-up", record_id=str(row[0]), detail=verdict))  # fmt: skip
    return True
