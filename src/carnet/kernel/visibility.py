"""Which documents of a record an actor may see, as a value that a database can apply to a list."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Availability status of a document."""

    APPROVED = "Approved"
    DEPRECATED = "Deprecated"
    ARCHIVED = "Archived"
    DELETED = "Deleted"


class Own(StrEnum):
    """Whether the list is limited to documents of the actor, and on which ground they are the actor's."""

    ANY = "any"
    AUTHOR = "author"
    STRUCTURE = "structure"


class Masked(StrEnum):
    """Which documents masked to professionals the actor sees."""

    ALL = "all"
    OWN = "own"
    """Those the actor wrote or deposited, or that the actor's structure deposited."""
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Visibility:
    """The filter. `types` None means every type; technical objects are never in any list."""

    types: frozenset[str] | None
    statuses: frozenset[Status]
    masked: Masked
    hidden_from_patient: bool
    hidden_from_representatives: bool
    own: Own = Own.ANY
    actor_id: str = ""
    structure_id: str = ""
