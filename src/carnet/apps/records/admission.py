"""TD0.2 and TD0.3: test of a record, declaring and withdrawing an authorisation, opening an emergency access."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.access.api import Consent
from carnet.apps.identity import api as identity
from carnet.apps.records.entering import Entered, absent, enter
from carnet.apps.storage.api import unit
from carnet.dicah import Refuse, decide
from carnet.dicah.decision import Light
from carnet.dicah.facts import AccessFacts, Plausibility, RecordState
from carnet.kernel.ask import Act, Ask

_SHOWN_AS_ABSENT = frozenset({RecordState.ABSENT, RecordState.OPPOSED, RecordState.PENDING_OPPOSITION, RecordState.DESTROYED})


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
    obstacle: str
    """Code of the refusal that a consultation would get now; empty when all five conditions hold."""
    details: Mapping[str, str]


def _authorisation(facts: AccessFacts, at: datetime) -> str:
    if facts.blocked:
        return "INTERDIT"
    if facts.authorisation is None:
        return "NON_EXISTE"
    return "VALIDE" if facts.authorisation.expires_at > at else "EXPIRE"


def _status(ask: Ask, entered: Entered) -> RecordStatus:
    facts = entered.facts
    hidden = facts.record.state in _SHOWN_AS_ABSENT
    # The lights are those of a consultation: a pure question to the law, which opens nothing and is not an access.
    verdict = decide(replace(ask, act=Act.SEARCH), facts)
    refused = verdict if isinstance(verdict, Refuse) else None
    return RecordStatus(
        record_id=None if hidden else entered.record_id,
        state="absent" if hidden else facts.record.state.value,
        since=None if hidden else facts.record.since,
        reason="" if hidden else facts.record.reason,
        authorisation="NON_EXISTE" if hidden else _authorisation(facts.access, ask.at),
        treating_doctor=not hidden and facts.access.treating_doctor,
        lights=verdict.lights,
        obstacle=refused.code if refused else "",
        details=refused.details if refused else {},
    )


def _doubt(ask: Ask) -> Plausibility:
    return access.plausibility(ask.actor, ask.at) if ask.actor.id else Plausibility.PLAUSIBLE


def test_record(ask: Ask) -> RecordStatus:
    """TD0.2. Negative answers are counted in the asker's budget: whoever tries numbers runs into it."""
    record_id, doubt = identity.find(ask.ins) if ask.ins and ask.actor.id else None, _doubt(ask)
    with access.asking(ask, record_id):
        if record_id is None:
            entered = absent(ask, doubt=doubt)
            with unit() as work:
                access.grant(work, ask, entered.facts, None)
        else:
            with unit(record_id) as work:
                entered = enter(work, ask, record_id, doubt=doubt)
                access.grant(work, ask, entered.facts, record_id)
    status = _status(ask, entered)
    if status.state == "absent":
        access.spend(ask.actor, access.NEGATIVE_ANSWER, ask.at)
    return status


def _enter_or_refuse(ask: Ask, doubt: Plausibility) -> UUID:
    """The record behind the INS; when there is none the decision itself says so."""
    record_id = identity.find(ask.ins) if ask.ins else None
    if record_id is None:
        access.decide_or_refuse(ask, absent(ask, doubt=doubt).facts, None)
        raise AssertionError("the law opened a record that does not exist")
    return record_id


def declare_authorisation(ask: Ask, consent: Consent) -> datetime:
    """TD0.3 AJOUT, on an explicit act that states the patient's agreement. Returns when the authorisation ends."""
    doubt = _doubt(ask)
    with access.asking(ask, identity.find(ask.ins) if ask.ins and ask.actor.id else None):
        record_id = _enter_or_refuse(ask, doubt)
        with unit(record_id) as work:
            entered = enter(work, ask, record_id, doubt=doubt)
            granted = access.grant(work, ask, entered.facts, record_id)
            ends = access.authorise(work, granted, consent)
    access.spend(ask.actor, access.NEW_RECORD, ask.at)
    return ends


def withdraw_authorisation(ask: Ask) -> None:
    """TD0.3 SUPPRESSION: the professional withdraws their own authorisation."""
    with access.asking(ask, identity.find(ask.ins) if ask.ins and ask.actor.id else None):
        record_id = _enter_or_refuse(ask, Plausibility.PLAUSIBLE)
        with unit(record_id) as work:
            entered = enter(work, ask, record_id)
            access.withdraw(work, access.grant(work, ask, entered.facts, record_id))


def open_emergency(ask: Ask) -> datetime:
    """Open an emergency access with its reason in words. Returns when it ends."""
    doubt = _doubt(ask)
    with access.asking(ask, identity.find(ask.ins) if ask.ins and ask.actor.id else None):
        record_id = _enter_or_refuse(ask, doubt)
        with unit(record_id) as work:
            entered = enter(work, ask, record_id, doubt=doubt)
            granted = access.grant(work, ask, entered.facts, record_id)
            ends = access.open_emergency(work, granted, entered.key)
    access.spend(ask.actor, access.NEW_RECORD, ask.at)
    return ends
