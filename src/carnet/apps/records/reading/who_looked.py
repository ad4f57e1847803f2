"""Who looked, for the person of the record: the journal without what this reader may not know of yet (ADR 17).

A line about a document that is hidden from the reader stands in a veiled chain. The journal shows each line whose documents are
hidden no more, and no other: line by line, never by day. The proof to keep follows chains, whose gaps would tell: it takes such a
chain up to the first line that is still hidden.
"""

from datetime import datetime
from itertools import takewhile
from operator import itemgetter
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.journal.api import Numbered
from carnet.apps.records.reading.names import named_lines
from carnet.apps.records.reading.visit import Visit
from carnet.kernel.actor import ActorKind

Line = dict[str, object]


def _seen(visit: Visit, holder: bool) -> frozenset[str]:
    """Documents of the record that no reason of visibility hides from its holder, or from somebody else of the patient's side."""
    rows = visit.work.rows(
        """SELECT logical_id FROM records_document WHERE record_id = %s
        AND NOT (hidden_from_patient OR (hidden_from_representatives AND %s))""",
        visit.record_id, not holder,
    )  # fmt: skip
    return frozenset(str(row[0]) for row in rows)


def _shows(line: Numbered, seen: frozenset[str], holder: bool) -> bool:
    """Whether a line of a veiled chain is about what the reader sees. A document that went to whose it is says nothing here.

    What was done in a secret connection is the minor's alone, whatever it was about.
    """
    if not holder and line.entry.get("connection") == "secret":
        return False
    secret = line.entry.get("detail") == "profile" or str(line.entry.get("act", "")).startswith("message:")
    return not secret and seen.issuperset(line.entry.get("documents", ()))


def _prefix(lines: list[Numbered], seen: frozenset[str], holder: bool) -> list[Numbered]:
    """A veiled chain, the oldest line first, up to what is still hidden."""
    shown = list(takewhile(lambda line: _shows(line, seen, holder), lines))
    while shown and not shown[-1].entry.get("documents"):
        # The permission that comes before a write names no document yet: it is told with the write, or not at all.
        shown.pop()
    return shown


def _records(visit: Visit) -> list[UUID]:
    """The record, then those that were united with it: their lines are its person's too, in chains of their own."""
    return [visit.record_id, *(row[0] for row in visit.work.rows("SELECT record_id FROM records_absorbed(%s)", visit.record_id))]


def _by_chain(visit: Visit, record_id: UUID) -> dict[UUID, list[Numbered]]:
    """Every line of a record, the oldest first, chain by chain: its own, then those that are veiled from somebody."""
    found: dict[UUID, list[Numbered]] = {chain: [] for chain in journal.chains_of(record_id)}
    for line in reversed(journal.numbered_entries(visit.work, record_id)):
        found[line.chain].append(line)
    return found


def chains_shown(visit: Visit) -> dict[UUID, list[Numbered]]:
    """What of each chain can be proved to this reader, the oldest first: the own one whole, a veiled one up to what is hidden."""
    holder = visit.ask.actor.kind is ActorKind.HOLDER
    seen = _seen(visit, holder)
    told: dict[UUID, list[Numbered]] = {}
    for record_id in _records(visit):
        found = _by_chain(visit, record_id)
        own, patient, secret, both = found.values()
        shown = [
            own,
            _prefix(patient, seen, holder),
            secret if holder else _prefix(secret, seen, holder),
            _prefix(both, seen, holder),
        ]
        told |= dict(zip(found, shown, strict=True))
    return told


def sealed_chains(visit: Visit) -> list[tuple[UUID, list[journal.Row]]]:
    """The chains that the reader may see, as far as they are shown, with the places of their lines: the proof to keep."""
    found: list[tuple[UUID, list[journal.Row]]] = []
    for chain, lines in chains_shown(visit).items():
        if lines or not found:
            visit.work.enter(chain)
            found.append((chain, journal.sealed_rows(visit.work, chain)[: len(lines)]))
    visit.work.enter(visit.record_id)
    return found


def lines_shown(visit: Visit) -> list[Numbered]:
    """The lines that the reader may see, the newest first: all but those about what is hidden from them."""
    return named_lines(visit.work, visit.key, visit.traits, _lines(visit, visit.ask.actor.kind is ActorKind.HOLDER))


def _lines(visit: Visit, holder: bool) -> list[Numbered]:
    each = [_by_chain(visit, record_id).values() for record_id in _records(visit)]
    own, patient, secret, both = ([line for lines in of for line in lines] for of in zip(*each, strict=True))
    seen = _seen(visit, holder)

    def told(lines: list[Numbered]) -> list[Numbered]:
        # A permission that names no document yet is told with what it was for, or not at all.
        return [line for line in lines if line.entry.get("documents") and _shows(line, seen, holder)]

    chains = (own, told(patient), secret if holder else told(secret), told(both))
    # Of lines of one moment the order is that of what is shown: numbers of their chains would tell of lines between them.
    placed = [(line.entry["at"], place, line) for lines in chains for place, line in enumerate(lines)]
    return [line for _, _, line in sorted(placed, key=itemgetter(0, 1), reverse=True)]


def unseen_actors(visit: Visit) -> frozenset[str]:
    """Actors whom this reader may not know of: for a representative those who cared for the minor in secret alone."""
    return frozenset() if visit.ask.actor.kind is ActorKind.HOLDER else seen_in_secret(visit)


def seen_in_secret(visit: Visit) -> frozenset[str]:
    """Actors of whom the representatives know nothing.

    Whoever is let in, named or blocked by somebody who knows them is none: to leave a list after a secret visit, or not to come
    into it, would tell of the visit.
    """
    shown = {n.entry["actor"] for n in _lines(visit, holder=False)}
    lines = (line for record_id in _records(visit) for line in journal.numbered_entries(visit.work, record_id))
    listed = {f"professional:{n.subject_id}" for n in access.named(visit.work, visit.record_id) if not n.secret}
    return frozenset(n.entry["actor"] for n in lines) - shown - listed


def waiting_since(visit: Visit) -> datetime | None:
    """Since when the oldest document waits for its announcement, once its person was told that something waits (R.1111-53).

    Neither how many wait nor what they are. A carer is told nothing.
    """
    kind = visit.ask.actor.kind
    if kind is ActorKind.CARER:
        return None
    rows = visit.work.rows(
        """SELECT min(deposited_at) FROM records_document WHERE record_id = %s AND hidden_from_patient AND NOT technical
        AND status <> 'Deleted' AND waiting_told_at IS NOT NULL AND (NOT hidden_from_representatives OR %s)""",
        visit.record_id, kind is ActorKind.HOLDER,
    )  # fmt: skip
    found: datetime | None = rows[0][0]
    return found
