"""Administrative data of a record, for professionals: TD1.3a, TD1.3b, TD1.4 and reactivation, TD1.6.

Only a record that is not attached to a Mon espace is kept up, closed and reopened by professionals; every other is its holder's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.records.entry.facts import Entered, enter, record_of
from carnet.apps.records.lifecycle.states import change_state
from carnet.apps.storage.api import SCOPE, Work, unit
from carnet.dicah.lifecycle import TransitionError
from carnet.kernel.actor import Situation
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

CLOSED_FOR_PATIENT = "FERMETURE_DEMANDE_PATIENT"
_ATTACHED = f"SELECT attached FROM records_record WHERE record_id = {SCOPE}"


@dataclass(frozen=True, slots=True)
class Administrative:
    """What TD1.3a tells: identity, oppositions to the emergency modes, attachment. Who represents a minor stays with the family."""

    traits: Traits
    opposes_break_glass: bool
    opposes_regulation: bool
    attached: bool


@dataclass(frozen=True, slots=True)
class Reader:
    """One line of TD1.6: a professional or a structure, named as the directory names them."""

    named: access.Named
    name: str
    situation: Situation | None
    treating: bool = False
    last_act: datetime | None = None
    """The asker's own last visit; when colleagues came is not theirs to know."""


@contextmanager
def _entered(ask: Ask) -> Iterator[tuple[Work, Entered, Grant]]:
    """A unit of work inside the record after a decision that knows whether the record is attached."""
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask, extra=((_ATTACHED, ()),), lock=True)
        place.record_id = entered.record_id
        if entered.record_id is not None:
            record = replace(entered.facts.record, attached=bool(entered.extra[0][0][0]))
            entered = replace(entered, facts=replace(entered.facts, record=record))
        yield work, entered, access.grant(work, ask, entered.facts, entered.record_id)


def read_administrative(ask: Ask) -> Administrative:
    """TD1.3a. Raises Refusal."""
    with _entered(replace(ask, act=Act.READ_ADMINISTRATIVE)) as (_, entered, _):
        held = entered.facts.access
        attached = entered.facts.record.attached
        return Administrative(entered.traits, not held.switch_break_glass, not held.switch_regulation, attached)


def change_administrative(ask: Ask, opposes_break_glass: bool | None, opposes_regulation: bool | None) -> None:
    """TD1.3b for a record that is not attached: the oppositions that the patient states. Raises Refusal."""
    with _entered(replace(ask, act=Act.CHANGE_ADMINISTRATIVE)) as (work, entered, granted):
        held = access.choices(work, record_of(entered))
        access.choose(
            work, granted, masked_in_emergency=held.masked_in_emergency,
            break_glass=held.break_glass if opposes_break_glass is None else not opposes_break_glass,
            regulation=held.regulation if opposes_regulation is None else not opposes_regulation,
        )  # fmt: skip
        access.write_entry(work, granted, (), "administrative")


def _change_life(ask: Ask, act: Act, event: str, motive: str, notice: str, otherwise: str) -> bool:
    with _entered(replace(ask, act=act)) as (work, entered, granted):
        record_id = record_of(entered)
        try:
            change_state(work, record_id, event, access.law().day(ask.at), motive)
        except TransitionError:
            return False
        access.write_entry(work, granted, (), otherwise)
        outbox.notify(work, record_id, notice, outbox.HOLDER, ask.at)
    return True


def close_unattached(ask: Ask) -> None:
    """TD1.4, at the patient's request. Raises Refusal."""
    _change_life(ask, Act.CLOSE_UNATTACHED, "close", CLOSED_FOR_PATIENT, "record-closed", "closed-for-patient")


def reopen_unattached(ask: Ask, consent: bool) -> bool:
    """Reactivation, with the patient's consent that the professional states (EX_1.2-1030). False for a record that is open.

    Raises Refusal.
    """
    if not consent:
        raise Refusal(No.CONSENT_MISSING, {"missing": "statement"})
    return _change_life(ask, Act.REOPEN_UNATTACHED, "reopen", "", "record-reopened", "reopened-for-patient")


def list_readers(ask: Ask) -> list[Reader]:
    """TD1.6: who is authorised on a record, and who is blocked. Raises Refusal."""
    with _entered(replace(ask, act=Act.LIST_AUTHORISED)) as (work, entered, _):
        found = access.named(work, record_of(entered))
        known = identity.names(work, [one.subject_id for one in found])
        visit = journal.last_visit(record_of(entered), ask.actor.key, ask.at, settings.CARNET.visit_pause())
        own = work.row(visit[0], *visit[1])
    treating = {one.subject_id for one in found if one.kind == "treating_doctor"}
    return [
        Reader(one, *known.get(one.subject_id, (one.subject_id, None)), one.subject_id in treating,
               own[0] if own and one.subject_id == ask.actor.id else None)
        for one in found if one.kind in ("authorised", "blocked")
    ]  # fmt: skip
