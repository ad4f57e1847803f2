"""Plausibility: how many new records, and how many negative answers, a professional had in the last sixty minutes.

Counts stand in slots of a minute, and the hour slides: at the stroke of the clock nothing begins anew.
"""

from datetime import datetime, timedelta

from django.conf import settings

from carnet.apps.storage.api import Work, unit
from carnet.dicah.facts import Plausibility
from carnet.kernel.actor import Actor
from carnet.kernel.refusal import No, Refusal

NEW_RECORD = "new-record"
NEGATIVE_ANSWER = "negative-answer"
TRAITS_SEARCH = "traits-search"
TELLING = frozenset({No.RECORD_ABSENT, No.INS_UNKNOWN, No.INS_MISMATCH, No.INS_NOT_QUALIFIED})
"""Refusals that tell something of an identity to whoever tries numbers or traits."""
HARD_NEGATIVE = 4
"""So many times the soft bound of negative answers stops until a review, whoever signs in again."""
STEP_UP_ANSWERED_FOR = timedelta(minutes=5)
"""A proof of identity younger than this answers a step-up."""


HOUR = timedelta(hours=1)
_USED = "SELECT kind, sum(used)::int FROM access_budget WHERE actor = %s AND kind = ANY(%s) AND hour >= %s GROUP BY kind"
"""The column `hour` is the start of a slot: of an hour in what earlier releases wrote, of a minute now."""


def _slot(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def spend(actor: Actor, kind: str, at: datetime) -> int:
    """Count one and return how many this makes. In a transaction of its own: a refused question costs as much as a granted one."""
    with unit() as work:
        work.run(
            """INSERT INTO access_budget (actor, kind, hour, used) VALUES (%s, %s, %s, 1)
            ON CONFLICT (actor, kind, hour) DO UPDATE SET used = access_budget.used + 1""",
            actor.key, kind, _slot(at),
        )  # fmt: skip
        return _used(work, actor, at).get(kind, 0)


def _used(work: Work, actor: Actor, at: datetime) -> dict[str, int]:
    return dict(work.rows(_USED, actor.key, [NEW_RECORD, NEGATIVE_ANSWER, TRAITS_SEARCH], _slot(at) - HOUR))


def plausibility(actor: Actor, at: datetime) -> Plausibility:
    """Where this professional stands. Bounds are settings."""
    with unit() as work:
        used = _used(work, actor, at)
    bounds = settings.CARNET
    new, negative = used.get(NEW_RECORD, 0), used.get(NEGATIVE_ANSWER, 0)
    if new >= bounds.hard_new_records_per_hour or negative >= bounds.negative_answers_per_hour * HARD_NEGATIVE:
        return Plausibility.STOP
    traits = used.get(TRAITS_SEARCH, 0) >= bounds.traits_searches_per_hour
    soft = traits or new >= bounds.soft_new_records_per_hour or negative >= bounds.negative_answers_per_hour
    return Plausibility.STEP_UP if soft and not _answered(actor, at) else Plausibility.PLAUSIBLE


def _answered(actor: Actor, at: datetime) -> bool:
    proof = actor.authentication.at
    return proof is not None and at - proof < STEP_UP_ANSWERED_FOR


def negative_answer(actor: Actor, refusal: Refusal, at: datetime) -> Refusal:
    """Count a refusal that tells something of an identity; beyond the bounds it is replaced by one that tells nothing."""
    if refusal.code not in TELLING:
        return refusal
    used, bound = spend(actor, NEGATIVE_ANSWER, at), settings.CARNET.negative_answers_per_hour
    if used > bound * HARD_NEGATIVE:
        return Refusal(No.ACTIVITY_UNDER_REVIEW)
    soft = used > bound and not _answered(actor, at)
    return Refusal(No.STEP_UP_REQUIRED) if soft else refusal
