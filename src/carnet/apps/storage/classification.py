"""Every model field says what it is: kind of data, how long it is kept, and whether the record's key covers it."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Sort of data in a field."""

    HEALTH = "health"
    IDENTITY = "identity"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True)
class Classified:
    """`sealed`: encrypted under the record's key. When not, `why` says why it may stay readable."""

    kind: Kind
    kept: str
    sealed: bool = False
    why: str = ""


def classify(kind: Kind, kept: str, fields: str, *, sealed: bool = False, why: str = "") -> dict[str, Classified]:
    """Classify several fields alike."""
    return dict.fromkeys(fields.split(), Classified(kind, kept, sealed, why))


LIFE = "as long as the record, then ten years (L.1111-18 CSP)"
