"""What time does to accesses: an authorisation that ends is noted in the journal, once. And the worker's own questions."""

from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.access.closing import STOPS_KEPT
from carnet.apps.access.decision import decide_or_refuse, edition, law, write_entry
from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.storage.api import Work, unit
from carnet.dicah.facts import Facts
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import Timer, catch_up
from carnet.kernel.grant import Grant

BUDGETS_KEPT = timedelta(days=31)
_ERASED = ("access_authorisation", "access_block", "access_relation", "access_choices", "access_emergency", "access_presence",
           "access_lookup", "access_person", "access_invitation", "access_case", "access_agreement", "access_opening")  # fmt: skip


def timer_question(name: str, at: datetime) -> Ask:
    """The question of the worker's own actor: life cycle and visibility clocks only (access law §1)."""
    return Ask(Actor(ActorKind.TIMER, name, authentication=Authentication(Means.INTERNAL)), Act.RUN_TIMER, at)


def timer_grant(ask: Ask, record_id: UUID) -> Grant:
    """The Grant of a timer. What it then does is journaled as the write that it is, one entry for each record."""
    facts = Facts(settings=law(), edition=edition(ask.at))
    return decide_or_refuse(ask, facts, record_id).grant


def _due(most: int, at: datetime) -> list[UUID]:
    with unit() as work:
        return [row[0] for row in work.rows("SELECT record_id FROM access_due_ends(%s, %s)", at, most)]


def _note_ends(at: datetime, record_id: UUID) -> bool:
    with unit(record_id) as work:
        ended = work.rows(
            """UPDATE access_authorisation SET end_noted = true WHERE record_id = %s AND NOT end_noted AND expires_at <= %s
            RETURNING subject_kind, subject_id, secret""",
            record_id, at,
        )  # fmt: skip
        for kind, subject, secret in ended:
            granted = timer_grant(timer_question("authorisation-end", at), record_id)
            write_entry(work, granted, (), f"{kind}:{subject}", REPRESENTATIVES if secret else "")
    return bool(ended)


def note_ends(at: datetime) -> int:
    """Note every authorisation whose term is over. It opens nothing since its term; TD0.2 goes on saying EXPIRE."""
    return catch_up(lambda most: _due(most, at), lambda record_id: _note_ends(at, record_id))


def _purge_budgets(at: datetime) -> int:
    with unit() as work:
        counts = len(work.rows("DELETE FROM access_budget WHERE hour < %s RETURNING 1", at - BUDGETS_KEPT))
        signed_in = len(work.rows("DELETE FROM access_signin WHERE at < %s RETURNING 1", at - BUDGETS_KEPT))
        lifted = len(work.rows("DELETE FROM access_stop WHERE lifted_at < %s RETURNING 1", at - STOPS_KEPT))
        opened = work.row("SELECT access_forget_openings(%s)", at - BUDGETS_KEPT)
    return counts + signed_in + lifted + int(opened[0] if opened else 0)


def forget(work: Work, granted: Grant) -> None:
    """Erase who could read a record that is destroyed."""
    for table in _ERASED:
        work.run(f"DELETE FROM {table} WHERE record_id = %s", granted.record_id)  # noqa: S608 (names of this file)


TIMERS = (
    Timer("authorisation-end", timedelta(minutes=10), note_ends),
    Timer("budget-purge", timedelta(days=1), _purge_budgets),
)
