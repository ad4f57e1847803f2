"""The proof that a decision was taken, journaled and positive. Only `carnet.apps.access` builds one."""

from dataclasses import dataclass
from uuid import UUID

from carnet.kernel.ask import Ask
from carnet.kernel.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Grant:
    """Permission for this act on this record, with the visibility as a filter. It opens nothing else."""

    ask: Ask
    record_id: UUID | None
    rule: str
    visibility: Visibility | None
