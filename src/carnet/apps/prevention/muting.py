"""Which messages somebody wants: every family can be left out, at once and without a reason (order of 26 May 2024)."""

from uuid import UUID

from carnet.apps.prevention import rows
from carnet.apps.prevention.knowing import CATEGORY
from carnet.apps.prevention.wording import FAMILIES
from carnet.apps.records.api import Visit, writing
from carnet.kernel.ask import Act, Ask


def choose_messages(ask: Ask, record_id: UUID, wanted: frozenset[str]) -> None:
    """Keep which families of messages are wanted. Raises Refusal."""
    with writing(ask, Act.WRITE_PROFILE, record_id, "agenda-messages", CATEGORY) as visit:
        rows.mute(visit.work, visit.record_id, frozenset(FAMILIES) - wanted, ask.at)


def muted_in(visit: Visit) -> frozenset[str]:
    """Families that are left out."""
    return rows.muted_of(visit.work, visit.record_id)
