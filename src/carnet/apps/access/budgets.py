"""Plausibility: how many records somebody opens, how many negative answers and searches by traits they have (access law §1).

Counted in a sliding hour, day and week, by person, by certificate and by structure; bounds are dated data (`bounds`). Opening again
what one opened today counts nothing, nor does an opening with a proof that the patient is there; records of one's own care have
bounds of their own. Beyond a soft bound a sign-in **after** it answers; beyond a hard one everything stops until an operator looks
(`stops`). In an emergency a stop asks for a sign-in and is never a refusal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from carnet.apps.access import bounds
from carnet.apps.storage.api import Row, Statement, Work, unit
from carnet.dicah.acts import NATURE, Opening
from carnet.dicah.facts import AccessFacts, Plausibility
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask
from carnet.kernel.refusal import No, Refusal

TELLING = frozenset({No.RECORD_ABSENT, No.INS_UNKNOWN, No.INS_MISMATCH, No.INS_NOT_QUALIFIED})
"""Refusals that tell something of an identity to whoever tries numbers or traits."""
REACHING = frozenset({No.CONSENT_MISSING, No.CONSENT_EXPIRED, No.RECORD_CLOSED, No.RECORD_SUSPENDED, No.PROFESSIONAL_BLOCKED,
                      No.EMERGENCY_OPPOSED})  # fmt: skip
"""Refusals that tell that a record is there, and how it stands: as many of them as records that one may reach."""
COUNTED = frozenset({ActorKind.PROFESSIONAL, ActorKind.EMPLOYEE, ActorKind.STRUCTURE})
NEW, OWN, PRESENT = "new", "own", "present"
"""Whose record it is to whoever opens it: anybody's, of a patient of one's own, or of somebody who is there."""
MEASURES = {("content", NEW): bounds.CONTENT, ("content", OWN): bounds.OWN_CONTENT,
             ("reach", NEW): bounds.REACH, ("reach", OWN): bounds.OWN_REACH}  # fmt: skip
OPENED = """(SELECT ARRAY[bool_or(o.day = %(day)s AND o.kind = %(opens)s), bool_or(o.day = %(day)s AND o.care = 'present'),
    bool_or(o.care = 'own'), bool_or(o.day = %(day)s AND o.care = 'new')]
    FROM access_opening o WHERE o.record_id = s.record_id AND o.person = %(actor)s) AS opened,
  (SELECT min(r.since) FROM access_relation r WHERE r.record_id = s.record_id AND r.professional_id = %(person)s) AS related,
  (SELECT min(t.since) FROM access_stop t WHERE t.subject = ANY(%(subjects)s) AND t.lifted_at IS NULL) AS stopped"""
"""A fragment of the facts of a question: what the asker opened of the record today, and since when all is closed."""


@dataclass(frozen=True, slots=True)
class Today:
    """What the asker opened of a record today: this much of it already, with the patient there, as an own patient's, as new."""

    already: bool = False
    present: bool = False
    own: bool = False
    """In the last month: a patient who was one's own does not become a new one by an authorisation that is prolonged."""
    new: bool = False
    related: datetime | None = None
    """Since when the asker is the treating doctor of the record, or an administrator whom the patient named."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a budget belongs to: the person, the certificate of the connection, the structure."""

    by: str
    id: str

    @property
    def key(self) -> str:
        """Under which a stop stands, and what has no record is counted."""
        return self.id if self.by == bounds.PERSON else f"{self.by}:{self.id}"


@dataclass(frozen=True, slots=True)
class Reached:
    """A bound that was reached, in numbers."""

    subject: Subject
    measure: str
    hours: int
    used: int
    bound: int
    hard: bool


def subjects(actor: Actor) -> tuple[Subject, ...]:
    """Whose budgets a question of this actor counts in; none for people in their own records, services, our own processes."""
    if actor.kind not in COUNTED or not actor.id:
        return ()
    named = [] if actor.kind is ActorKind.STRUCTURE else [Subject(bounds.PERSON, actor.key)]
    more = ((bounds.CERTIFICATE, actor.authentication.certificate), (bounds.STRUCTURE, actor.situation.structure))
    return (*named, *(Subject(by, number) for by, number in more if number))


def opens(ask: Ask) -> Opening:
    """What the act of a question is to the budgets of whoever asks."""
    return NATURE[ask.act].opens if ask.actor.kind in COUNTED and ask.actor.id else Opening.NONE


def parameters(ask: Ask, opening: Opening) -> dict[str, object]:
    """Values of the names in `OPENED`."""
    asked = opening is not Opening.NONE
    return {"opens": opening.name.lower(), "actor": ask.actor.key if asked else "", "day": settings.LAW.day(ask.at),
            "subjects": [s.key for s in subjects(ask.actor)] if asked else []}  # fmt: skip


def _bounds(actor: Actor, at: datetime, subject: Subject, measure: str) -> tuple[bounds.Bound, ...]:
    traits = bounds.traits_of(actor.situation, settings.LAW)
    return bounds.in_force(settings.LAW.day(at)).of(subject.by, measure, traits)


_Measure = tuple[str, str, str]
"""A measure, and of openings the kind and whose the record is; both empty for what is counted without a record."""
_OPENED = "SELECT * FROM access_opened(%s, %s, %s, %s, %s, %s, %s::int[], %s)"
_COUNTED = "SELECT * FROM access_counted(%s, %s, %s, %s, %s::int[], %s)"


@dataclass(frozen=True, slots=True)
class _Question:
    """One count to ask for, and what it is compared with."""

    subject: Subject
    measure: str
    bounds: tuple[bounds.Bound, ...]
    statement: Statement

    def reached(self, rows: Iterable[Row]) -> list[Reached]:
        used = {hours: (proved, whole) for hours, proved, whole in rows}
        found = []
        for bound in self.bounds:
            proved, whole = used[bound.hours]
            if bound.hard is not None and whole >= bound.hard:
                found.append(Reached(self.subject, self.measure, bound.hours, whole, bound.hard, True))
            if bound.soft is not None and proved >= bound.soft:
                found.append(Reached(self.subject, self.measure, bound.hours, proved, bound.soft, False))
        return found


def _questions(actor: Actor, at: datetime, measures: Sequence[_Measure]) -> list[_Question]:
    hours, proof, found = list(bounds.HOURS), actor.authentication.at, []
    for subject in subjects(actor):
        for measure, kind, care in measures:
            limits = _bounds(actor, at, subject, bounds.REACH if measure == _TOLD[0] else measure)
            if not limits:
                continue
            statement: Statement = (
                (_OPENED, (subject.by, subject.id, subject.key, kind, care, at, hours, proof))
                if kind
                else (_COUNTED, (subject.key, subject.key, measure, at, hours, proof))
            )
            found.append(_Question(subject, measure, limits, statement))
    return found


def _reached(work: Work, actor: Actor, at: datetime, measures: Sequence[_Measure]) -> list[Reached]:
    asked = _questions(actor, at, measures)
    answers = work.several([question.statement for question in asked]) if asked else []
    return [one for question, rows in zip(asked, answers, strict=True) for one in question.reached(rows)]


def _verdict(work: Work, ask: Ask, reached: Sequence[Reached], stopped: datetime | None) -> Plausibility:
    hard, soft = stopped is not None or any(one.hard for one in reached), any(not one.hard for one in reached)
    if not hard:
        return Plausibility.STEP_UP if soft else Plausibility.PLAUSIBLE
    if ask.mode not in EMERGENCY_MODES:
        return Plausibility.STOP
    # Never a plain refusal in an emergency: whoever signs in after the stop goes on, and that access is reviewed first.
    answered = stopped is not None and not soft and _signed_in_after(work, ask.actor, stopped)
    return Plausibility.PLAUSIBLE if answered else Plausibility.STEP_UP


def _signed_in_after(work: Work, actor: Actor, moment: datetime) -> bool:
    proof = actor.authentication.at
    known = work.row("SELECT at FROM access_signin WHERE person = %s", actor.key)
    # A provider tells the moment of a sign-in in whole seconds.
    return any(at is not None and at >= moment.replace(microsecond=0) for at in (proof, known[0] if known else None))


OWN_AFTER = timedelta(days=7)
"""A professional's own declaration makes no own patient before: whoever declares tonight opens new records tomorrow (ours)."""


def _care(ask: Ask, facts: AccessFacts, today: Today) -> str:
    if today.own or today.new:
        # What came first says it: whoever declares themselves the treating doctor now is not yet that of an own patient.
        return OWN if today.own else NEW
    held, before = facts.authorisation, ask.at - OWN_AFTER
    agreed = held is not None and (held.by_person or held.granted_at <= before)
    related = today.related is not None and today.related <= before
    return OWN if agreed or related else NEW


_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))"
_KEEP = """INSERT INTO access_opening (record_id, person, kind, day, care, at, certificate, structure, profession, savoir_faire,
    sector) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (record_id, person, kind, day) DO UPDATE SET care = excluded.care WHERE excluded.care = 'present'"""


def _kept(ask: Ask, record_id: UUID, kind: str, care: str) -> Statement:
    actor, situation, day = ask.actor, ask.actor.situation, settings.LAW.day(ask.at)
    return _KEEP, (record_id, actor.key, kind, day, care, ask.at, actor.authentication.certificate, situation.structure,
                   str(situation.profession or ""), situation.savoir_faire, situation.sector)  # fmt: skip


def _new_today(ask: Ask, opening: Opening, today: Today) -> bool:
    return opening is not Opening.ASKED and not (today.already and (ask.present or today.present) == today.present)


def to_count(ask: Ask, opening: Opening, facts: AccessFacts, today: Today) -> bool:
    """Whether an opening is to be counted, or weighed: what one opened today already is neither, but for a stop."""
    return opening is not Opening.NONE and (facts.under_review_since is not None or _new_today(ask, opening, today))


def of_opening(work: Work, ask: Ask, opening: Opening, record_id: UUID, facts: AccessFacts, today: Today) -> Plausibility:
    """Whether this opening is plausible (`to_count` says whether one has to ask); it is counted in the unit of the decision, which
    a refusal rolls back."""
    stopped = facts.under_review_since
    present = ask.present or today.present
    if not _new_today(ask, opening, today):
        return _verdict(work, ask, (), stopped)
    kind, care = opening.name.lower(), PRESENT if present else _care(ask, facts, today)
    measures = [_TRIED]
    if not present:
        # Two openings of one person at the same moment wait for each other: nobody is let in above the bound.
        work.run(_LOCK, ask.actor.key)
        measures.append((MEASURES[kind, care], kind, care))
    # Whoever tries codes of presence runs into the bounds of negative answers.
    reached = _reached(work, ask.actor, ask.at, measures)
    work.send(_kept(ask, record_id, kind, care))
    return _verdict(work, ask, reached, stopped)


_TRIED = (bounds.NEGATIVE, "", "")
_TOLD = ("told", "", "")
_BY_TRAITS = (bounds.TRAITS, "", "")
_ALL = (*((measure, kind, care) for (kind, care), measure in MEASURES.items()), _TRIED, _TOLD, _BY_TRAITS)


def of_question(work: Work, ask: Ask) -> Plausibility:
    """Whether a question that names no record, or none that is there, is plausible."""
    opening = opens(ask)
    if opening is Opening.NONE:
        return Plausibility.PLAUSIBLE
    return _asked(work, ask, [_TRIED, _BY_TRAITS] if ask.act is Act.SEARCH_BY_TRAITS else [_TRIED])


def _asked(work: Work, ask: Ask, measures: Sequence[_Measure]) -> Plausibility:
    row = work.row("SELECT min(since) FROM access_stop WHERE subject = ANY(%s) AND lifted_at IS NULL",
                   [s.key for s in subjects(ask.actor)])  # fmt: skip
    return _verdict(work, ask, _reached(work, ask.actor, ask.at, measures), row[0] if row else None)


def hard_bounds_reached(work: Work, ask: Ask) -> list[Reached]:
    """The hard bounds that this actor stands at, of every measure."""
    return [one for one in _reached(work, ask.actor, ask.at, _ALL) if one.hard]


def _spend(work: Work, actor: Actor, measure: str, at: datetime) -> None:
    for subject in subjects(actor):
        work.run(
            """INSERT INTO access_budget (actor, kind, hour, used) VALUES (%s, %s, %s, 1)
            ON CONFLICT (actor, kind, hour) DO UPDATE SET used = access_budget.used + 1""",
            subject.key, measure, at.replace(microsecond=0),
        )  # fmt: skip


def spend(actor: Actor, measure: str, at: datetime) -> None:
    """Count one negative answer or search by traits, in a transaction of its own: refused, it costs as much as granted.

    The column `hour` is the start of a slot: of an hour or a minute in what earlier releases wrote, of a second now.
    """
    if subjects(actor):
        with unit() as work:
            _spend(work, actor, measure, at)


def negative_answer(ask: Ask, refusal: Refusal) -> Refusal:
    """Count a refusal that tells something of an identity or a record; beyond the bounds another that does not takes its place."""
    measure = _TRIED if refusal.code in TELLING else _TOLD if refusal.code in REACHING else None
    if measure is None or not subjects(ask.actor):
        return refusal
    with unit() as work:
        verdict = _asked(work, ask, [measure])
        _spend(work, ask.actor, measure[0], ask.at)
    if verdict is Plausibility.PLAUSIBLE:
        return refusal
    return Refusal(No.ACTIVITY_UNDER_REVIEW if verdict is Plausibility.STOP else No.STEP_UP_REQUIRED)


def note_sign_in(actor: Actor) -> None:
    """Keep that a professional signed in at the portal, when the provider or the card says: it answers a step-up at every door."""
    if actor.kind in COUNTED and actor.authentication.at is not None:
        with unit() as work:
            work.run(
                """INSERT INTO access_signin AS s (person, at) VALUES (%s, %s)
                ON CONFLICT (person) DO UPDATE SET at = greatest(s.at, excluded.at)""",
                actor.key, actor.authentication.at,
            )  # fmt: skip
