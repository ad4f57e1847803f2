"""Plausibility: how many new records, and how many negative answers, a professional had in this hour."""

from datetime import datetime, timedelta

from django.conf import settings

from carnet.apps.storage.api import unit
from carnet.dicah.facts import Plausibility
from carnet.kernel.actor import Actor

NEW_RECORD = "new-record"
NEGATIVE_ANSWER = "negative-answer"
STEP_UP_ANSWERED_FOR = timedelta(minutes=5)
"""A proof of identity younger than this answers a step-up."""


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def spend(actor: Actor, kind: str, at: datetime) -> None:
    """Count one. In a transaction of its own: a refused question costs as much as a granted one."""
    with unit() as work:
        work.run(
            """INSERT INTO access_budget (actor, kind, hour, used) VALUES (%s, %s, %s, 1)
            ON CONFLICT (actor, kind, hour) DO UPDATE SET used = access_budget.used + 1""",
            actor.key, kind, _hour(at),
        )  # fmt: skip


def plausibility(actor: Actor, at: datetime) -> Plausibility:
    """Where this professional stands in this hour. Bounds are settings."""
    with unit() as work:
        rows = work.rows("SELECT kind, used FROM access_budget WHERE actor = %s AND hour = %s", actor.key, _hour(at))
    used: dict[str, int] = dict(rows)
    bounds = settings.CARNET
    new, negative = used.get(NEW_RECORD, 0), used.get(NEGATIVE_ANSWER, 0)
    if new >= bounds.hard_new_records_per_hour:
        return Plausibility.STOP
    proof = actor.authentication.at
    if proof is not None and at - proof < STEP_UP_ANSWERED_FOR:
        return Plausibility.PLAUSIBLE
    soft = new >= bounds.soft_new_records_per_hour or negative >= bounds.negative_answers_per_hour
    return Plausibility.STEP_UP if soft else Plausibility.PLAUSIBLE
