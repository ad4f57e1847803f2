"""Who looked, for the person of the record: the journal without what this reader may not know of yet (ADR 17).

A line about a document that is hidden from the reader stands in a veiled chain. Such a chain is shown up to the first line whose
document is still hidden, so that what was shown once is always shown again.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from carnet.apps.journal import api as journal
from carnet.apps.journal.api import Numbered
from carnet.apps.records.reading.visit import Visit
from carnet.kernel.actor import ActorKind

Line = dict[str, object]


def _hidden(visit: Visit) -> frozenset[str]:
    """Documents of the record that this reader does not see for a reason of visibility."""
    holder = visit.ask.actor.kind is ActorKind.HOLDER
    rows = visit.work.rows(
        """SELECT logical_id FROM records_document WHERE record_id = %s
        AND (hidden_from_patient OR (hidden_from_representatives AND %s))""",
        visit.record_id, not holder,
    )  # fmt: skip
    return frozenset(str(row[0]) for row in rows)


def _secret_days(lines: Iterable[Numbered]) -> frozenset[tuple[str, str]]:
    """Who did something on which day about what is kept from the representatives."""
    return frozenset((n.entry["actor"], n.entry["at"][:10]) for n in lines)


def _prefix(lines: list[Numbered], hidden: frozenset[str]) -> list[Numbered]:
    """A veiled chain, the oldest line first, up to what is still hidden."""
    shown = []
    for line in lines:
        secret = line.entry.get("detail") == "profile" or str(line.entry.get("act", "")).startswith("message:")
        if hidden.intersection(line.entry.get("documents", ())) or secret:
            break
        shown.append(line)
    while shown and not shown[-1].entry.get("documents"):
        # The permission that comes before a write names no document yet: it is told with the write, or not at all.
        shown.pop()
    return shown


def chains_shown(visit: Visit) -> dict[UUID, list[Numbered]]:
    """The lines that the reader may see, the oldest first, chain by chain: the record's own, then what is veiled no more."""
    found: dict[UUID, list[Numbered]] = {chain: [] for chain in journal.chains_of(visit.record_id)}
    for line in reversed(journal.numbered_entries(visit.work, visit.record_id)):
        found[line.chain].append(line)
    own, patient, secret, both = found.values()
    hidden, holder = _hidden(visit), visit.ask.actor.kind is ActorKind.HOLDER
    shown = [own, _prefix(patient, hidden), secret if holder else _prefix(secret, hidden), _prefix(both, hidden)]
    if not holder:
        # Whoever cared for a minor in secret on a day leaves no line of that day: the visit itself would tell.
        days = _secret_days([*secret[len(shown[2]) :], *both[len(shown[3]) :]])
        shown[0] = [n for n in own if (n.entry["actor"], n.entry["at"][:10]) not in days]
    return dict(zip(found, shown, strict=True))


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
    """The lines that the reader may see, the newest first."""
    lines = [line for chain in chains_shown(visit).values() for line in chain]
    return sorted(lines, key=lambda n: (n.entry["at"], n.counter), reverse=True)


def unseen_actors(visit: Visit) -> frozenset[str]:
    """Actors whom a representative may not know of: those who cared for the minor in secret and did nothing else."""
    if visit.ask.actor.kind is ActorKind.HOLDER:
        return frozenset()
    shown = {n.entry["actor"] for n in lines_shown(visit)}
    return frozenset(n.entry["actor"] for n in journal.numbered_entries(visit.work, visit.record_id)) - shown


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
