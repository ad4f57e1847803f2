"""Life cycles of a record and of a document, as tables: the single source of the code and of the diagrams."""

from carnet.dicah.facts import RecordState
from carnet.kernel.ask import Act
from carnet.kernel.visibility import Status

RECORD: dict[tuple[RecordState, str], RecordState] = {
    (RecordState.ABSENT, "prepare"): RecordState.TO_NOTIFY,
    (RecordState.ABSENT, "notify"): RecordState.PENDING_OPPOSITION,
    (RecordState.TO_NOTIFY, "notify"): RecordState.PENDING_OPPOSITION,
    (RecordState.TO_NOTIFY, "oppose"): RecordState.OPPOSED,
    (RecordState.TO_NOTIFY, "ask for opening"): RecordState.OPEN,
    (RecordState.PENDING_OPPOSITION, "notice comes back"): RecordState.TO_NOTIFY,
    (RecordState.PENDING_OPPOSITION, "oppose"): RecordState.OPPOSED,
    (RecordState.PENDING_OPPOSITION, "six weeks pass"): RecordState.OPEN,
    (RecordState.PENDING_OPPOSITION, "ask for opening"): RecordState.OPEN,
    (RecordState.OPPOSED, "ask for opening"): RecordState.OPEN,
    (RecordState.OPEN, "close"): RecordState.CLOSED,
    (RecordState.OPEN, "suspend"): RecordState.SUSPENDED,
    (RecordState.SUSPENDED, "restore"): RecordState.OPEN,
    (RecordState.SUSPENDED, "six weeks pass"): RecordState.CLOSED,
    (RecordState.CLOSED, "reopen"): RecordState.OPEN,
    (RecordState.CLOSED, "ten years pass"): RecordState.DESTROYED,
    (RecordState.CLOSED, "three months pass after a request"): RecordState.DESTROYED,
    (RecordState.TO_NOTIFY, "death"): RecordState.CLOSED,
    (RecordState.PENDING_OPPOSITION, "death"): RecordState.CLOSED,
    (RecordState.OPPOSED, "death"): RecordState.CLOSED,
    (RecordState.OPEN, "death"): RecordState.CLOSED,
    (RecordState.SUSPENDED, "death"): RecordState.CLOSED,
    (RecordState.CLOSED, "death taken back"): RecordState.OPEN,
    (RecordState.TO_NOTIFY, "unite"): RecordState.MERGED,
    (RecordState.PENDING_OPPOSITION, "unite"): RecordState.MERGED,
    (RecordState.OPEN, "unite"): RecordState.MERGED,
    (RecordState.CLOSED, "unite"): RecordState.MERGED,
    (RecordState.MERGED, "part as to_notify"): RecordState.TO_NOTIFY,
    (RecordState.MERGED, "part as pending_opposition"): RecordState.PENDING_OPPOSITION,
    (RecordState.MERGED, "part as open"): RecordState.OPEN,
    (RecordState.MERGED, "part as closed"): RecordState.CLOSED,
    (RecordState.MERGED, "the time to part is over"): RecordState.DESTROYED,
}
"""R.1111-28, R.1111-36, L.1111-18 CSP; access law §5. Uniting and parting two records of one person: ours (identity vigilance).
"""

DOCUMENT: dict[tuple[Status, Act], Status] = {
    (Status.APPROVED, Act.REPLACE): Status.DEPRECATED,
    (Status.APPROVED, Act.ARCHIVE): Status.ARCHIVED,
    (Status.ARCHIVED, Act.UNARCHIVE): Status.APPROVED,
    (Status.APPROVED, Act.DELETE): Status.DELETED,
    (Status.DEPRECATED, Act.DELETE): Status.DELETED,
    (Status.ARCHIVED, Act.DELETE): Status.DELETED,
}
"""Access law §4; TD2.1 RPLC, TD3.3c, TD3.3d."""


class TransitionError(ValueError):
    """The state does not allow the event."""


def next_record_state(state: RecordState, event: str) -> RecordState:
    """State of a record after an event."""
    if (state, event) not in RECORD:
        raise TransitionError(f"a record that is {state.value} does not know the event {event!r}")
    return RECORD[(state, event)]


def next_document_status(status: Status, act: Act) -> Status:
    """Status of a document after an act."""
    if (status, act) not in DOCUMENT:
        raise TransitionError(f"a document that is {status.value} does not allow {act.value}")
    return DOCUMENT[(status, act)]
