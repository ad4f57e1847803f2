"""Activities that a hard bound closed: told at once to whoever is concerned, examined and lifted by an operator.

No record and no patient is named: the operator sees who, where, since when, and which bound in numbers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from carnet.apps.access.budgets import Reached, hard_bounds_reached, subjects
from carnet.apps.journal.api import Event, append
from carnet.apps.outbox import api as outbox
from carnet.apps.storage.api import Work, unit
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal

VERDICTS = ("lawful", "misused", "stolen")
"""A lawful activity, one that was not, and somebody else's: what an operator concludes."""
STOPS_KEPT = timedelta(days=365)
_OWNERS = UUID("0d0e4e7a-5a75-5c77-9a3c-6f0a4c1f3b10")
"""Name space of the notices that concern an activity and no record."""
_FACTS_KEPT = 200
_NAME_KEPT = 160


class StopError(ValueError):
    """The stop cannot be lifted; the message says why."""


@dataclass(frozen=True, slots=True)
class Stop:
    """An activity that waits for an operator."""

    id: UUID
    subject: str
    since: datetime
    name: str
    """Who asked when the bound was reached: for a certificate or a structure, one of several."""
    structure: str
    facts: str
    """The bounds that were reached: `measure hours used/bound`, with commas."""


def _facts(reached: list[Reached]) -> str:
    return ", ".join(f"{one.measure} {one.hours} {one.used}/{one.bound}" for one in reached)[:_FACTS_KEPT]


def close_where_reached(ask: Ask) -> None:
    """Close the activity of whoever stands at a hard bound, until an operator lifts it; told once. In a unit of its own."""
    actor = ask.actor
    with unit() as work:
        keys = [subject.key for subject in subjects(actor)]
        closed = {
            row[0] for row in work.rows("SELECT subject FROM access_stop WHERE subject = ANY(%s) AND lifted_at IS NULL", keys)
        }
        by_subject: dict[str, list[Reached]] = {}
        for one in hard_bounds_reached(work, ask):
            by_subject.setdefault(one.subject.key, []).append(one)
        for subject, reached in sorted(by_subject.items()):
            if subject not in closed:
                _close(work, ask, subject, _facts(reached))


def _close(work: Work, ask: Ask, subject: str, facts: str) -> None:
    actor = ask.actor
    written = work.rows(
        """INSERT INTO access_stop (id, subject, since, name, structure, facts, lifted_by, verdict, note)
        VALUES (%s, %s, %s, %s, %s, %s, '', '', '') ON CONFLICT (subject) WHERE lifted_at IS NULL DO NOTHING RETURNING 1""",
        uuid4(), subject, ask.at, actor.name[:_NAME_KEPT],
        (actor.situation.structure_name or actor.situation.structure)[:_NAME_KEPT], facts,
    )  # fmt: skip
    if written:
        _tell(work, actor, subject, ask.at)


def scope_of(subject: str) -> UUID:
    """Under which number the notices about an activity stand: they concern no record."""
    return uuid5(_OWNERS, subject)


def _tell(work: Work, actor: Actor, subject: str, at: datetime) -> None:
    scope = scope_of(subject)
    work.enter(scope)
    if subject == actor.key:
        outbox.notify(work, scope, "activity-stopped", outbox.professional(actor.id), at)
    if actor.situation.structure:
        outbox.notify(work, scope, "activity-stopped-here", outbox.structure(actor.situation.structure), at)
    outbox.notify(work, scope, "activity-to-review", outbox.OPERATOR, at)


def _for_operators(ask: Ask) -> None:
    if ask.actor.kind is not ActorKind.OPERATOR or ask.act is not Act.CONFIGURE:
        raise Refusal(No.FUNCTION_NOT_ALLOWED)


def stops(ask: Ask) -> list[Stop]:
    """Activities that wait for an operator, the oldest first. Raises Refusal for anybody else."""
    _for_operators(ask)
    with unit() as work:
        rows = work.rows(
            "SELECT id, subject, since, name, structure, facts FROM access_stop WHERE lifted_at IS NULL ORDER BY since, id"
        )
    return [Stop(*row) for row in rows]


def lift_stop(ask: Ask, number: UUID, verdict: str, note: str) -> None:
    """Lift a stop with what the operator concluded and wrote; counts begin anew. Raises Refusal, StopError: nothing changes."""
    _for_operators(ask)
    if verdict not in VERDICTS:
        raise StopError(f"choose one of {', '.join(VERDICTS)}")
    if not note.strip():
        raise StopError("write what you found: it is kept with the stop")
    with unit() as work:
        row = work.row(
            """UPDATE access_stop SET lifted_at = %s, lifted_by = %s, verdict = %s, note = %s WHERE id = %s AND lifted_at IS NULL
            RETURNING subject""",
            ask.at, ask.actor.key, verdict, note.strip()[:1000], number,
        )  # fmt: skip
        if row is None:
            raise StopError("no stop with this number waits")
        by = ask.actor
        append(work, Event("write", ask.at, by.key, by.name, by.kind.value, ask.act.value, ask.mode.value, "done", "",
                           "host-procedure", detail=f"stop-lifted:{verdict} {row[0]}"))  # fmt: skip
