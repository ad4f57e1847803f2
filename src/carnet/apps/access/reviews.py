"""The queue of emergency accesses: each is looked at by somebody else than who opened it (R.1111-48 CSP; access law §2).

The reviewer reads who, when, in which mode, and whether the patient had blocked that person; the reason in words is sealed
under the record's key, which no operator has. First those with priority, then the oldest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.access.decision import decide_or_refuse, edition, law, write_entry
from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.storage.api import unit
from carnet.dicah.facts import Facts
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant

VERDICTS = ("justified", "unjustified", "followed-up")
DUE = timedelta(days=7)
"""Five working days, counted as a week (security.md §2.1)."""


class ReviewError(ValueError):
    """The review cannot be noted; the message says why."""


@dataclass(frozen=True, slots=True)
class EmergencyToReview:
    """An emergency access that nobody has looked at yet."""

    id: UUID
    record_id: UUID
    professional_id: str
    mode: str
    started_at: datetime
    ends_at: datetime
    priority: bool
    overdue: bool


def _granted(ask: Ask, record_id: UUID | None) -> Grant:
    return decide_or_refuse(ask, Facts(settings=law(), edition=edition(ask.at)), record_id).grant


def emergencies_to_review(ask: Ask) -> list[EmergencyToReview]:
    """What waits for a review. Raises Refusal for anybody but an operator."""
    _granted(ask, None)
    with unit() as work:
        rows = work.rows(
            """SELECT id, record_id, professional_id, mode, started_at, ends_at, priority FROM access_emergency
            WHERE reviewed_at IS NULL ORDER BY priority DESC, started_at"""
        )
    return [
        EmergencyToReview(number, record, who, mode, started, ends, priority, ask.at - started > DUE)
        for number, record, who, mode, started, ends, priority in rows
    ]


def review_emergency(ask: Ask, identifier: UUID, verdict: str) -> None:
    """Note the verdict, once, and journal it on the record. Raises Refusal, or ReviewError; then nothing changes."""
    _granted(ask, None)
    if verdict not in VERDICTS:
        raise ReviewError(f"choose one of {', '.join(VERDICTS)}")
    with unit() as work:
        row = work.row(
            "SELECT record_id, professional_id, secret FROM access_emergency WHERE id = %s AND reviewed_at IS NULL FOR UPDATE",
            identifier,
        )
        if row is None:
            raise ReviewError("no emergency access with this number waits for a review")
        if row[1] == ask.actor.id:
            raise ReviewError("somebody else reviews it: nobody reviews an access of their own")
        work.run(
            "UPDATE access_emergency SET reviewed_at = %s, reviewed_by = %s, verdict = %s WHERE id = %s",
            ask.at, ask.actor.key, verdict, identifier,
        )  # fmt: skip
        write_entry(work, _granted(ask, row[0]), (), f"emergency-review:{verdict}", REPRESENTATIVES if row[2] else "")
