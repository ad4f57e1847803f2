"""Own traces, and all traces of the record for its treating doctor (access law §1; PDT-INF-527 §2.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.records.entry.facts import enter
from carnet.apps.records.reading.names import named_lines
from carnet.apps.records.reading.visit import Visit
from carnet.apps.storage.api import Work, unit
from carnet.dicah import Permit, decide
from carnet.dicah.facts import Facts
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace

OWN_FOR, OWN_LINES = timedelta(days=365), 100
"""A professional sees own traces of one year, a hundred lines at most; a treating doctor all of them."""


@dataclass(frozen=True, slots=True)
class Traces:
    """Entries of a record's chain under names of their own, the newest first. Empty when there is no record.

    The name of an entry tells nothing of its number: a gap between two would tell of what others did.
    """

    record_id: UUID | None
    entries: Sequence[tuple[UUID, Mapping[str, Any]]]


def traces(ask: Ask) -> Traces:
    """The traces that the asker may see on this record. Asking is itself journaled."""
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask)
        place.record_id = entered.record_id
        access.grant(work, ask, entered.facts, entered.record_id)
        if entered.record_id is None:
            return Traces(None, [])
        found = named_lines(work, entered.key, entered.traits, _seen_by(work, ask, entered.facts, entered.record_id))
    return Traces(entered.record_id, [(n.name, n.entry) for n in found])


def _seen_by(work: Work, ask: Ask, facts: Facts, record_id: UUID) -> list[journal.Numbered]:
    """All traces for a treating doctor who may enter at this moment: one whom the patient blocked sees his own."""
    whole = replace(ask, act=Act.LIST_AUTHORISED)
    if facts.access.treating_doctor and isinstance(decide(whole, facts), Permit):
        return journal.numbered_entries(work, record_id)
    return journal.entries_of_actor(work, record_id, ask.actor.key, ask.at - OWN_FOR, OWN_LINES)


def traces_in(visit: Visit) -> list[dict[str, Any]]:
    """The traces that the reader of a visit may see, the newest first, without their numbers."""
    found = _seen_by(visit.work, visit.ask, visit.facts, visit.record_id)
    return [n.entry for n in named_lines(visit.work, visit.key, visit.traits, found)]
