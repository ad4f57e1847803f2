"""What each act is to the law: one row per act. A new act is one row here; the conditions and the doors read it.

No column has a default: an act without a row, or with a column left out, does not import. Who among professionals may do an act is
not said here but by the official matrix (`dicah.functional_rights`), under the row that stands last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act


class Side(Enum):
    """Who on the person's side may do it (access law §6)."""

    ALL = auto()
    NOT_CARERS = auto()
    """The holder and the representatives: a carer may not pass on, change credentials, close, ask deletion, or export; who sees
    what, and the journal of who looked, stay with the holder (ours)."""
    NOT_A_MINOR = auto()
    """As `NOT_CARERS`, and in the record of a minor the representatives alone: the life of the record and who else enters."""
    NOBODY = auto()


class Consent(Enum):
    """What of the patient's agreement a professional needs for it in normal mode."""

    NEEDED = auto()
    UNBLOCKED = auto()
    """No authorisation, but whom the patient blocked may not."""
    FREE = auto()
    """Neither: depositing stays open to whom the patient blocked (R.1111-46 CSP)."""


class Document(Enum):
    """Which document it is about."""

    SHOWN = auto()
    """One that the asker sees: the habilitation of the profession decides."""
    OWN = auto()
    """One's own, found by reference: it needs neither consent nor habilitation."""
    NONE = auto()


class Effect(Enum):
    """What it does to the record."""

    LISTS = auto()
    """Lists documents, or what was read in them, through the visibility that the decision gives."""
    READS = auto()
    DEPOSITS = auto()
    KEEPS = auto()
    """Writes an entry of the health profile."""
    CHANGES = auto()
    """Changes or adds what is there: not for a carer whom the holder lets read alone."""
    OTHER = auto()
    """Concerns the record as a whole, who enters it, or no record."""


class Record(Enum):
    """What state of which record it needs."""

    NONE = auto()
    """No record, and no INS."""
    ANY = auto()
    """Whatever the state: the answer is the state."""
    OPEN = auto()
    OPEN_OR_CLOSED = auto()
    OPEN_OR_ANNOUNCED = auto()
    """Also one that is announced and not yet open, or that was opposed: acts of the person before the opening."""
    UNATTACHED = auto()
    """Open, and without a Mon espace: what professionals may do for it (R.1111-36 CSP)."""
    UNATTACHED_CLOSED = auto()
    """The same, open or closed."""


class Line(Enum):
    """Which line of the journal tells it."""

    PERMIT = auto()
    """The permission alone, or a line of its own that may fail to come."""
    OWN = auto()
    """Always a line of its own: telling the permission beside it would tell it twice."""


class Opening(Enum):
    """What it is to the budgets of a professional (access law §1, plausibility)."""

    NONE = auto()
    """Not asked: depositing, and one's own."""
    ASKED = auto()
    """Closed with everything else to somebody whose activity is under review; it opens no record that is not open."""
    REACH = auto()
    """Reaches a record: whether it is there, what it lists. Software does it for every local record that is opened."""
    CONTENT = auto()
    """Opens what is in a record."""


@dataclass(frozen=True, slots=True)
class Nature:
    """One act. `machine`: which of services, assistants, operators, timers and correspondents may do it (an assistant whatever a
    service may read); `named`: whether the matrix of
    the habilitation must name the professional's profession; `row`: its row in the functional matrix, where empty no
    professional may."""

    side: Side
    machine: ActorKind | None
    consent: Consent
    document: Document
    effect: Effect
    named: bool
    record: Record
    line: Line
    opens: Opening
    row: str


# Messages are no reading of the record: whoever may feed it may write to its person and read the answers in the mailboxes that are
# theirs (ours: the matrices of the DMP know no messaging).
# The matrices in force have no row any more for acts on unattached records (PDT-INF-526, note 10): those who read administrative
# data may (ours). Opening an emergency access is for whoever may then consult.
_TABLE = """
act                     side       machine   consent   document effect   named record            line   opens   row
TEST_RECORD             nobody     -         free      none     other    -     any               permit reach   TD0.2
DECLARE_AUTHORISATION   nobody     -         unblocked none     other    -     open              own    reach   TD0.3:AJOUT
WITHDRAW_AUTHORISATION  not-carers -         free      none     other    -     open              own    -       TD0.3:SUPPRESSION
STOP_TREATING_DOCTOR    nobody     -         free      none     other    -     open              permit -       TD0.3:SUPPR_MT
DECLARE_TREATING_DOCTOR nobody     -         needed    none     other    -     open              permit reach   TD0.3:AJOUT
OWN_LIST                nobody     -         free      none     other    -     none              permit asked   TD0.4
SEARCH_BY_TRAITS        nobody     -         free      none     other    -     none              permit asked   TD0.5
READ_ADMINISTRATIVE     all        -         needed    none     reads    -     open              permit content TD1.3a
CHANGE_ADMINISTRATIVE   nobody     -         needed    none     other    -     unattached        permit asked   TD1.3a
CLOSE_UNATTACHED        nobody     -         needed    none     other    -     unattached        permit asked   TD1.3a
REOPEN_UNATTACHED       nobody     -         unblocked none     other    -     unattached-closed permit asked   TD1.3a
LIST_AUTHORISED         not-carers -         needed    none     reads    -     open              permit content TD1.6
FEED                    all        service   free      none     deposits -     open              own    -       TD2.1
FEED_AS_EMPLOYEE        nobody     -         free      none     deposits named open              own    -       TD2.2
SEARCH                  all        service   needed    shown    lists    named open              permit reach   TD3.1:metadata
SEARCH_OWN_REFERENCE    nobody     -         free      own      lists    -     open              permit -       TD3.1:reference
READ                    all        service   needed    shown    reads    named open              permit content TD3.2:non_masque
MASK                    not-carers -         needed    shown    changes  named open              own    asked   TD3.3a:masquer
UNMASK                  not-carers -         needed    shown    changes  named open              own    asked   TD3.3a:demasquer
ANNOUNCE                nobody     -         needed    shown    changes  named open              own    asked   TD3.3b
DELETE                  all        -         free      own      changes  -     open              own    -       TD3.3c
ARCHIVE                 all        -         needed    shown    changes  named open              own    asked   TD3.3d:archiver
UNARCHIVE               all        -         needed    shown    changes  named open              own    asked   TD3.3d:desarchiver
REPLACE                 all        -         free      own      deposits -     open              own    -       TD2.1
OWN_TRACES              not-carers assistant free      none     other    -     none              permit asked   TD0.1
READ_PROFILE            all        service   needed    none     lists    -     open              permit content TD3.1:metadata
WRITE_PROFILE           all        service   free      none     keeps    named open              own    -       TD2.1
FILE_MESSAGE            all        -         free      none     deposits -     open              own    -       -
LIST_MESSAGES           nobody     -         free      none     other    -     none              permit asked   TD2.1
READ_MESSAGES           all        -         free      none     reads    -     open              permit asked   TD2.1
WRITE_MESSAGE           all        -         free      none     changes  -     open              own    asked   TD2.1
RECEIVE_MESSAGE         nobody     correspondent free      none     other    -     open              own    -       -
OPEN_EMERGENCY          nobody     -         unblocked none     other    -     open              own    content TD3.2:non_masque
CLOSE_RECORD            not-a-minor -         free      none     other    -     open              own    -       -
REOPEN_RECORD           not-a-minor -         free      none     other    -     open-or-closed    own    -       -
EXPORT_RECORD           not-carers -         free      none     other    -     open-or-closed    permit -       -
OPPOSE_RECORD           not-a-minor -         free      none     other    -     open-or-announced own    -       -
OPEN_RECORD             not-a-minor -         free      none     other    -     open-or-announced own    -       -
DESTROY_RECORD          not-a-minor -         free      none     other    -     open-or-closed    own    -       -
CHOOSE_RIGHTS           not-carers -         free      none     other    -     open              own    -       -
PREVIEW_RIGHTS          not-carers -         free      none     other    -     open              permit -       -
NAME_PEOPLE             not-a-minor -         free      none     other    -     open              own    -       -
SHARE_SHEET             not-a-minor -         free      none     other    -     open              own    -       -
CONNECT_SERVICE         not-a-minor -         free      none     other    -     open              own    -       -
SHOW_PRESENCE           not-carers -         free      none     other    -     open              permit -       -
REPORT_ACCESS           not-carers -         free      none     other    -     open              own    -       -
ASK_CORRECTION          all        -         free      none     changes  -     open              own    -       -
RUN_TIMER               nobody     timer     free      none     other    -     none              permit -       -
CONFIGURE               nobody     operator  free      none     other    -     none              permit -       -
"""


_E = TypeVar("_E", bound=Enum)


def _word(of: type[_E], word: str) -> _E:
    return of[word.upper().replace("-", "_")]


def _nature(cells: Sequence[str]) -> Nature:
    side, machine, consent, document, effect, named, record, line, opens, row = cells
    return Nature(
        _word(Side, side), None if machine == "-" else _word(ActorKind, machine), _word(Consent, consent),
        _word(Document, document), _word(Effect, effect),
        {"named": True, "-": False}[named], _word(Record, record), _word(Line, line),
        Opening.NONE if opens == "-" else _word(Opening, opens), row.strip("-"),
    )  # fmt: skip


NATURE = {Act[act]: _nature(cells) for act, *cells in (line.split() for line in _TABLE.strip().splitlines()[1:])}


def acts(which: Callable[[Nature], bool]) -> frozenset[Act]:
    """The acts whose row is of this sort."""
    return frozenset(act for act in Act if which(NATURE[act]))


WITHOUT_INS = acts(lambda n: n.record is Record.NONE)
ON_ANY_STATE = acts(lambda n: n.record in (Record.NONE, Record.ANY))
ON_CLOSED = ON_ANY_STATE | acts(lambda n: n.record in (Record.OPEN_OR_CLOSED, Record.UNATTACHED_CLOSED))
BEFORE_OPENING = acts(lambda n: n.record is Record.OPEN_OR_ANNOUNCED)
OF_UNATTACHED = acts(lambda n: n.record in (Record.UNATTACHED, Record.UNATTACHED_CLOSED))

NEEDS_CONSENT = acts(lambda n: n.consent is Consent.NEEDED)
NOT_FOR_BLOCKED = acts(lambda n: n.consent is not Consent.FREE)
THROUGH_REPRESENTATIVE = acts(lambda n: n.side is Side.NOT_A_MINOR)

FEEDING = acts(lambda n: n.effect in (Effect.DEPOSITS, Effect.KEEPS))
"""What adds to the record: documents and entries of the profile."""
DEPOSITS = acts(lambda n: n.effect is Effect.DEPOSITS)
CHANGES = FEEDING | acts(lambda n: n.effect is Effect.CHANGES)
LISTS = acts(lambda n: n.effect is Effect.LISTS)
READINGS = LISTS | acts(lambda n: n.effect is Effect.READS)
"""Reading a record, by whoever it is."""
CONSULTATIONS = NEEDS_CONSENT & (LISTS | acts(lambda n: n.effect is Effect.READS))
"""Reading what others wrote, with the patient's agreement."""

ABOUT_SHOWN = acts(lambda n: n.document is Document.SHOWN)
BY_REFERENCE = acts(lambda n: n.document is Document.OWN)
"""Acts on one's own documents, found by reference: they need neither consent nor habilitation."""
OF_MESSAGES = frozenset({Act.READ_MESSAGES, Act.WRITE_MESSAGE, Act.FILE_MESSAGE})
"""What the person's side does with messages: for a carer, within the scope."""
ON_A_DOCUMENT = ABOUT_SHOWN | BY_REFERENCE
NAMES_PROFESSION = acts(lambda n: n.named)

TOLD_BY_THEMSELVES = acts(lambda n: n.line is Line.OWN)
"""Acts that always leave a line of their own beside the permission."""

ACTS_OF = {
    ActorKind.HOLDER: acts(lambda n: n.side is not Side.NOBODY),
    ActorKind.REPRESENTATIVE: acts(lambda n: n.side is not Side.NOBODY),
    ActorKind.CARER: acts(lambda n: n.side is Side.ALL),
    ActorKind.SERVICE: acts(lambda n: n.machine is ActorKind.SERVICE),
    ActorKind.ASSISTANT: acts(lambda n: n.machine is ActorKind.ASSISTANT)
    | (CONSULTATIONS & acts(lambda n: n.machine is ActorKind.SERVICE)),
    ActorKind.OPERATOR: acts(lambda n: n.machine is ActorKind.OPERATOR),
    ActorKind.TIMER: acts(lambda n: n.machine is ActorKind.TIMER),
    ActorKind.CORRESPONDENT: acts(lambda n: n.machine is ActorKind.CORRESPONDENT),
}
"""What somebody who is no professional may do at all (access law §1 and §6); for professionals the official matrix says it."""
