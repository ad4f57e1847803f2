"""TD0.5: in medical regulation, a person is looked for by traits. It lists candidates and opens nothing.

Every search is counted and journaled; each candidate that is shown finds the search in the journal of their record.
"""

from dataclasses import dataclass
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records.entry.facts import enter_known
from carnet.apps.storage.api import Work, unit
from carnet.dicah.facts import Facts, RecordState
from carnet.kernel.ask import Ask
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

LOOKED_AT = 60
"""Records whose traits are compared: those that share most with the traits that were sent."""
SHOWN = 10
LEAST_SCORE = 0.6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be the one: identity, how well it fits (0 to 1), and whether an emergency access is opposed."""

    record_id: UUID
    ins: Ins
    traits: Traits
    score: float
    opposed: bool


def _candidate(work: Work, ask: Ask, record_id: UUID) -> Candidate | None:
    entered = enter_known(work, ask, record_id)
    facts = entered.facts
    if facts.record.state is not RecordState.OPEN or facts.identity.status != "QUAL" or facts.identity.annotations:
        return None
    ins = identity.active_ins(work, entered.key)
    if ins is None:
        return None
    score = identity.resemblance(ask.traits, entered.traits)
    return Candidate(record_id, ins, entered.traits, score, not facts.access.switch_regulation)


def _best(work: Work, ask: Ask) -> list[Candidate]:
    compared = (_candidate(work, ask, record_id) for record_id in identity.candidates(work, ask.traits, LOOKED_AT))
    good = sorted((c for c in compared if c is not None and c.score >= LEAST_SCORE), key=lambda c: (-c.score, str(c.record_id)))
    if len(good) > SHOWN and good[SHOWN].score == good[0].score:
        # More people fit equally well than are shown: nobody could tell them apart, and ten of them would be a browse.
        raise Refusal(No.TRAITS_TOO_COMMON)
    return good[:SHOWN]


def search_by_traits(ask: Ask) -> list[Candidate]:
    """Candidates for these traits, the best first, at most ten.

    Raises Refusal: what the law says of the asker, `traits-insufficient`, or `traits-too-common`.
    """
    with access.asking(ask), unit() as work:
        doubt = access.of_question(work, ask)
        facts = Facts(settings=access.law(), edition=access.edition(ask.at), plausibility=doubt)
        granted = access.grant(work, ask, facts, None)
        if not identity.enough_to_search(ask.traits):
            raise Refusal(No.TRAITS_INSUFFICIENT)
    access.spend(ask.actor, access.TRAITS, ask.at)
    with access.asking(ask), unit() as work:
        shown = _best(work, ask)
        for candidate in shown:
            work.enter(candidate.record_id)
            access.write_entry(work, access.about(granted, candidate.record_id), (), "shown-as-candidate")
    return shown
