"""TD0.2 and TD0.3: test of a record, declaring and withdrawing an authorisation, opening an emergency access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.access.api import Consent
from carnet.apps.records.entry.facts import Entered, enter, entering
from carnet.apps.records.entry.reading import Reading, Ready, last
from carnet.apps.records.reading.visit import visiting, written
from carnet.apps.storage.api import SCOPE, Steps, Work, unit
from carnet.dicah import Refuse, decide
from carnet.dicah.conditions.consent import lives, renews
from carnet.dicah.decision import Light
from carnet.dicah.facts import AuthorisationGround, Facts
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

_OWNED = f"SELECT activated, attached FROM records_record WHERE record_id = {SCOPE}"


@dataclass(frozen=True, slots=True)
class RecordStatus:
    """What TD0.2 may tell: existence, authorisation, treating doctor; and what stands between the asker and reading."""

    record_id: UUID | None
    state: str
    since: date | None
    reason: str
    authorisation: str
    """VALIDE, EXPIRE, INTERDIT or NON_EXISTE (1.2.250.1.213.4.1.2.6.1)."""
    treating_doctor: bool
    lights: Mapping[str, Light]
    obstacle: No | None
    """Code of the refusal that a consultation would get now; empty when all five conditions hold."""
    details: Mapping[str, str]
    traits: Traits = field(default_factory=Traits)
    """The person of the record, for a door whose wire tells them (docs/divergences/dmp.md)."""
    activated: bool = False
    attached: bool = True
    renewable: bool = False
    """Whether the authorisation that ended is prolonged by an act of the professional alone (care team)."""

    @property
    def standing(self) -> str:
        """The four states that software shows by an icon, apart from each other (Ségur requirements, wave 2)."""
        if self.state not in ("open", "closed"):
            return "suspended" if self.state == "suspended" else "none"
        opened = "open-authorised" if self.authorisation == "VALIDE" else "open-not-authorised"
        return opened if self.state == "open" else "closed"


def _authorisation(ask: Ask, facts: Facts) -> str:
    held = facts.access.authorisation
    if facts.access.blocked:
        return "INTERDIT"
    if held is None:
        return "NON_EXISTE"
    return "VALIDE" if lives(held, ask, facts) else "EXPIRE"


def _status(ask: Ask, entered: Entered) -> RecordStatus:
    facts = entered.facts
    # The lights are those of a consultation: a pure question to the law, which opens nothing and is not an access.
    verdict = decide(replace(ask, act=Act.SEARCH), facts)
    refused = verdict if isinstance(verdict, Refuse) else None
    return RecordStatus(
        record_id=entered.record_id,
        state=facts.record.state.value,
        since=facts.record.since,
        reason=facts.record.reason,
        authorisation=_authorisation(ask, facts),
        treating_doctor=facts.access.treating_doctor,
        lights=verdict.lights,
        obstacle=refused.code if refused else None,
        details=refused.details if refused else {},
        traits=entered.traits,
        activated=bool(entered.extra) and bool(entered.extra[0][0][0]),
        attached=not entered.extra or bool(entered.extra[0][0][1]),
        renewable=refused is not None
        and refused.code == No.CONSENT_EXPIRED
        and renews(facts.access.authorisation, AuthorisationGround.CARE_TEAM, ask.at, facts.settings),
    )


def testing_record(ask: Ask) -> Reading[RecordStatus]:
    """TD0.2. Negative answers are counted in the asker's budget: whoever tries numbers runs into it."""

    def steps(place: access.Place, work: Work | None) -> Steps[Ready[RecordStatus]]:
        entered = yield from entering(work, ask, extra=((_OWNED, ()),))
        place.record_id = entered.record_id
        yield last(access.decide_or_refuse(ask, entered.facts, entered.record_id))
        return lambda: told(entered)

    def told(entered: Entered) -> RecordStatus:
        if entered.record_id is None:
            access.spend(ask.actor, access.NEGATIVE, ask.at)
        return _status(ask, entered)

    return Reading(ask, steps)


def test_record(ask: Ask) -> RecordStatus:
    """TD0.2, in a unit of its own: `testing_record`."""
    return testing_record(ask).take()


@contextmanager
def _admitted(ask: Ask) -> Iterator[tuple[Work, Entered, Grant]]:
    """A unit of work inside the record, with the Grant of this question; or the refusal, journaled."""
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask)
        place.record_id = entered.record_id
        yield work, entered, access.grant(work, ask, entered.facts, entered.record_id)


def declare_authorisation(ask: Ask, consent: Consent, as_treating_doctor: bool = False) -> datetime:
    """TD0.3 AJOUT, on an explicit act that states the patient's agreement. Returns when the authorisation ends.

    With the role MEDECIN_TRAITANT a doctor also says that the patient chose them: both are written, or neither.
    """
    # A code of presence is looked at in the same unit: a wrong one takes back what it spared.
    ask = replace(ask, present=ask.present or bool(consent.presence_code))
    try:
        with _admitted(ask) as (work, entered, granted):
            ends = access.authorise(work, granted, consent, entered.key, entered.facts.access.authorisation)
            if as_treating_doctor:
                # A question of its own, asked of the record as it is with the new authorisation.
                question = replace(ask, act=Act.DECLARE_TREATING_DOCTOR)
                now = enter(work, question)
                access.declare_treating_doctor(work, access.grant(work, question, now.facts, now.record_id))
    except Refusal as refusal:
        if refusal.code == No.PRESENCE_CODE_WRONG:
            # Whoever tries codes runs into the budget of negative answers.
            access.spend(ask.actor, access.NEGATIVE, ask.at)
        raise
    return ends


def withdraw_authorisation(ask: Ask) -> None:
    """TD0.3 SUPPRESSION: the professional withdraws their own authorisation."""
    with _admitted(ask) as (work, _, granted):
        access.withdraw(work, granted)


def stop_treating(ask: Ask) -> None:
    """TD0.3 SUPPRESSION with the role MEDECIN_TRAITANT."""
    with _admitted(replace(ask, act=Act.STOP_TREATING_DOCTOR)) as (work, _, granted):
        access.stop_treating(work, granted)


def end_emergency(ask: Ask) -> None:
    """End one's own emergency access before its time. The act is that of opening it: whoever may open may end."""
    with _admitted(ask) as (work, _, granted):
        access.end_emergency(work, granted)


def open_emergency(ask: Ask) -> datetime:
    """Open an emergency access with its reason in words. Returns when it ends."""
    with _admitted(ask) as (work, entered, granted):
        return access.open_emergency(work, granted, entered.key, entered.facts.access.under_review_since is not None)


def presence_card(ask: Ask) -> tuple[list[str], datetime]:
    """Codes of a new presence card, shown this once, and until when they hold. The former card's codes are over.

    For somebody who reads the record: nobody else ends the card that a patient carries. Raises Refusal.
    """
    with visiting(ask, detail="presence-card") as visit, written(visit, Act.DECLARE_AUTHORISATION, "presence-card") as granted:
        codes = access.make_card(visit.work, visit.key, granted)
    return codes, ask.at + access.PRESENCE_LASTS
