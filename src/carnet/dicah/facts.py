"""What the decision is taken on: facts, passed in. The law loads nothing."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from carnet.dicah.habilitation import Edition, in_force
from carnet.dicah.settings import LawSettings
from carnet.kernel.visibility import Status


class RecordState(StrEnum):
    """Life-cycle state of a record (access law §5), and `absent` when there is none."""

    ABSENT = "absent"
    TO_NOTIFY = "to_notify"
    """Made from the file of insured people; the six weeks run from the notice, which has not been sent, or came back."""
    PENDING_OPPOSITION = "pending_opposition"
    OPPOSED = "opposed"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    MERGED = "merged"
    """United with another record of the same person: what was in it is there, and its number leads there."""
    DESTROYED = "destroyed"


class AuthorisationGround(StrEnum):
    """On what ground a professional is authorised in normal mode."""

    CARE_TEAM = "care_team"
    CONSULTATION = "consultation"


class Plausibility(StrEnum):
    """The sixth, silent gate: is this pattern plausible for this professional?"""

    PLAUSIBLE = "plausible"
    STEP_UP = "step_up"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """The record: its state, and when and why it was closed."""

    state: RecordState = RecordState.ABSENT
    since: date | None = None
    reason: str = ""
    attached: bool = True
    """Whether it belongs to a Mon espace santé."""


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What identity vigilance knows: status, and the names of traits that contradict those sent."""

    status: str = "QUAL"
    annotations: frozenset[str] = frozenset()
    known: bool = True
    """False when INSi answered that the matricule does not exist."""
    mismatches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An authorisation of this person, dated. A structure's authorisation is a different fact."""

    ground: AuthorisationGround
    granted_at: datetime
    expires_at: datetime
    initial_consent: bool = True
    """Care team only: the patient's initial consent and information are recorded (CE, 15 October 2025)."""
    by_person: bool = False
    """Given, or its end chosen, on the person's side and not declared by the professional."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """An emergency access opened for this patient by this person, in this mode, until then."""

    mode: str
    until: datetime


MESSAGES = "messages"
"""What the scope of a carer says when messages are in it."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What a person is to the record: scope and period. Empty scope means everything of the relation."""

    kind: str
    starts: datetime
    ends: datetime | None = None
    scope: frozenset[str] = frozenset()
    """Types of documents, `profile:` with a section, and `messages`."""
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """What stands between this actor and this record, and the patient's switches."""

    authorisation: Authorisation | None = None
    structure_authorised: bool = False
    blocked: bool = False
    treating_doctor: bool = False
    administrator: bool = False
    emergency: Emergency | None = None
    switch_break_glass: bool = True
    switch_regulation: bool = True
    switch_masked: bool = False
    objection: bool = False
    """A legitimate objection of the patient to this deposit (R.1111-47)."""
    occupational_consent: bool = False
    relation: Relation | None = None
    service_consent: frozenset[str] = frozenset()
    """Live consent of a connected service: `purpose/category/verb` triples."""
    hidden_profile_sections: frozenset[str] = frozenset()
    under_review_since: datetime | None = None
    """Since when the asker's activity waits for an operator (a hard bound)."""


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What the law looks at in a document. Ids are those of XDS; nothing of the content."""

    type_code: str = ""
    status: Status = Status.APPROVED
    masked: bool = False
    hidden_from_patient: bool = False
    hidden_from_representatives: bool = False
    technical: bool = False
    by_patient: bool = False
    authors: frozenset[str] = frozenset()
    author_structures: frozenset[str] = frozenset()
    depositor: str = ""
    depositor_structure: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one question."""

    record: RecordFacts = field(default_factory=RecordFacts)
    identity: IdentityFacts = field(default_factory=IdentityFacts)
    access: AccessFacts = field(default_factory=AccessFacts)
    document: DocumentFacts | None = None
    requested_types: frozenset[str] = frozenset()
    """Types that a search names; empty when it names none."""
    category: str = ""
    """Category of data that a connected service, or a section that a professional, asks for."""
    minor_agreed: bool = False
    """The minor's recorded agreement to end INVISIBLE_REPRESENTANTS_LEGAUX."""
    minor: bool = False
    """Whether the person of the record is a minor at the moment of the question."""
    plausibility: Plausibility = Plausibility.PLAUSIBLE
    settings: LawSettings = field(default_factory=LawSettings)
    edition: Edition = field(default_factory=lambda: in_force(date.max))
    """Edition of the habilitation matrix in force at the moment of the question."""
