"""Looking something up on behalf of a colleague of the same structure, who reviews each look-up afterwards.

A delegation opens nothing: the law decides on the delegate's own rights alone (access law §1). It adds the name of the one on
whose behalf the delegate looked to the journal, and puts the look-up on that person's list, to be reviewed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from carnet.apps.storage.api import Work, unit
from carnet.kernel.actor import Actor
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import Refusal

LASTS = timedelta(days=180)
LOOKUPS = UUID("0d7f2a54-7b0e-5a0f-9f64-6f0f3a7f1c33")
"""Name space of look-ups: one for each delegate, record and day."""
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


def delegate_to(actor: Actor, delegate: str, at: datetime) -> None:
    """Let somebody of the same structure look things up for this professional, for half a year."""
    if not delegate or delegate == actor.id or not actor.situation.structure:
        raise Refusal("delegation-missing", "delegation-missing")
    with unit() as work:
        work.run(
            """INSERT INTO access_delegation (delegating, delegate, structure, since, until) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (delegating, delegate) DO UPDATE SET structure = excluded.structure, since = excluded.since,
            until = excluded.until""",
            actor.id, delegate, actor.situation.structure, at, at + LASTS,
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


def note_lookup(work: Work, granted: Grant) -> None:
    """Put a visit on the list of the one on whose behalf it is made. Raises Refusal `delegation-missing` when none holds."""
    ask = granted.ask
    for_whom = ask.actor.on_behalf_of
    if not for_whom or granted.record_id is None:
        return
    held = work.row(
        "SELECT 1 FROM access_delegation WHERE delegating = %s AND delegate = %s AND structure = %s AND until > %s",
        for_whom, ask.actor.id, ask.actor.situation.structure, ask.at,
    )  # fmt: skip
    if held is None:
        raise Refusal("delegation-missing", "delegation-missing")
    name = uuid5(LOOKUPS, f"{granted.record_id}|{ask.actor.id}|{for_whom}|{ask.at.date()}")
    work.run(
        """INSERT INTO access_lookup (record_id, id, delegating, delegate, delegate_name, at, verdict)
        VALUES (%s, %s, %s, %s, %s, %s, '') ON CONFLICT DO NOTHING""",
        granted.record_id, name, for_whom, ask.actor.id, ask.actor.name, ask.at,
    )  # fmt: skip


def lookups_to_review(actor: Actor) -> list[Lookup]:
    """Look-ups made on behalf of this professional that wait for their review, the oldest first."""
    with unit() as work:
        rows = work.rows("SELECT record_id, id, delegate, delegate_name, at FROM access_lookups_of(%s)", actor.id)
    return [Lookup(*row) for row in rows]


def review_lookup(actor: Actor, lookup: UUID, verdict: str, at: datetime) -> bool:
    """Note what the delegating professional says of a look-up, once. False for one that is not theirs to review."""
    if verdict not in VERDICTS:
        raise ValueError(f"choose one of {', '.join(VERDICTS)}")
    with unit() as work:
        row = work.row("SELECT access_review_lookup(%s, %s, %s, %s)", actor.id, lookup, verdict, at)
    return bool(row and row[0])
