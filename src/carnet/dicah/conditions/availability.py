"""D — Disponibilité: the record exists and is open. A record not activated by its holder is still open."""

from carnet.dicah.acts import BEFORE_OPENING, OF_UNATTACHED, ON_ANY_STATE, ON_CLOSED
from carnet.dicah.conditions import Denial, rule
from carnet.dicah.facts import Facts, RecordState
from carnet.kernel.ask import Ask
from carnet.kernel.refusal import No

_ANNOUNCED = frozenset({RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION, RecordState.OPPOSED})
SHOWN_AS_ABSENT = frozenset(
    # An opposition is nobody's business: it is shown as an absence (access law §1).
    {
        RecordState.ABSENT,
        RecordState.TO_NOTIFY,
        RecordState.OPPOSED,
        RecordState.PENDING_OPPOSITION,
        RecordState.MERGED,
        RecordState.DESTROYED,
    }
)


@rule("D", "L.1111-13-1, R.1111-28 CSP; TD0.2 NF")
def record_absent(ask: Ask, facts: Facts) -> Denial | None:
    """No record, an opposed one and one not yet open answer alike."""
    if ask.act in ON_ANY_STATE or facts.record.state not in SHOWN_AS_ABSENT:
        return None
    theirs = ask.act in BEFORE_OPENING and facts.record.state in _ANNOUNCED
    return None if theirs else Denial(No.RECORD_ABSENT)


@rule("D", "R.1111-36 CSP; TD0.2 terminated")
def record_closed(ask: Ask, facts: Facts) -> Denial | None:
    """A closed record is neither read nor fed; its holder may still reopen or export it."""
    if ask.act in ON_CLOSED or facts.record.state is not RecordState.CLOSED:
        return None
    return Denial(No.RECORD_CLOSED, {"since": facts.record.since.isoformat() if facts.record.since else ""})


@rule("D", "R.1111-36 CSP; PDT-INF-526, note 10")
def record_attached(ask: Ask, facts: Facts) -> Denial | None:
    """The record of a Mon espace santé is closed, reopened and kept up by its holder alone."""
    if ask.act not in OF_UNATTACHED or facts.record.state in SHOWN_AS_ABSENT:
        return None
    return Denial(No.RECORD_ATTACHED) if facts.record.attached else None


@rule("D", "R.1111-36 CSP")
def record_suspended(ask: Ask, facts: Facts) -> Denial | None:
    """A suspension (malfunction, fraud) stops every act but the test of existence."""
    stopped = facts.record.state is RecordState.SUSPENDED and ask.act not in ON_ANY_STATE
    return Denial(No.RECORD_SUSPENDED) if stopped else None
