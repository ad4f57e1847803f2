"""What is asked: the act, the access mode, the reason and the moment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carnet.kernel.actor import Actor
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits


class Act(StrEnum):
    """The functions of the access law. Where the DMP has a transaction, the value is its name."""

    TEST_RECORD = "TD0.2"
    DECLARE_AUTHORISATION = "TD0.3:AJOUT"
    WITHDRAW_AUTHORISATION = "TD0.3:SUPPRESSION"
    STOP_TREATING_DOCTOR = "TD0.3:SUPPR_MT"
    DECLARE_TREATING_DOCTOR = "TD0.3:AJOUT_MT"
    OWN_LIST = "TD0.4"
    SEARCH_BY_TRAITS = "TD0.5"
    READ_ADMINISTRATIVE = "TD1.3a"
    CHANGE_ADMINISTRATIVE = "TD1.3b"
    CLOSE_UNATTACHED = "TD1.4:fermer"
    REOPEN_UNATTACHED = "TD1.4:reactiver"
    LIST_AUTHORISED = "TD1.6"
    FEED = "TD2.1"
    FEED_AS_EMPLOYEE = "TD2.2"
    SEARCH = "TD3.1:metadata"
    SEARCH_OWN_REFERENCE = "TD3.1:reference"
    READ = "TD3.2"
    MASK = "TD3.3a:masquer"
    UNMASK = "TD3.3a:demasquer"
    ANNOUNCE = "TD3.3b"
    DELETE = "TD3.3c"
    ARCHIVE = "TD3.3d:archiver"
    UNARCHIVE = "TD3.3d:desarchiver"
    REPLACE = "replace"
    OWN_TRACES = "own-traces"
    READ_PROFILE = "profile:read"
    WRITE_PROFILE = "profile:write"
    FILE_MESSAGE = "message:file"
    LIST_MESSAGES = "message:list"
    READ_MESSAGES = "message:read"
    WRITE_MESSAGE = "message:write"
    RECEIVE_MESSAGE = "message:receive"
    OPEN_EMERGENCY = "emergency:open"
    CLOSE_RECORD = "record:close"
    REOPEN_RECORD = "record:reopen"
    EXPORT_RECORD = "record:export"
    OPPOSE_RECORD = "record:oppose"
    OPEN_RECORD = "record:open"
    DESTROY_RECORD = "record:destroy"
    CHOOSE_RIGHTS = "rights:choose"
    PREVIEW_RIGHTS = "rights:preview"
    NAME_PEOPLE = "people:name"
    SHARE_SHEET = "sheet:share"
    CONNECT_SERVICE = "service:connect"
    SHOW_PRESENCE = "presence:show"
    REPORT_ACCESS = "access:report"
    ASK_CORRECTION = "correction:ask"
    RUN_TIMER = "timer"
    CONFIGURE = "operator:configure"


class Mode(StrEnum):
    """Access modes of TRE_R248-ModeAcces."""

    NORMAL = "normal"
    BREAK_GLASS = "bris_de_glace"
    REGULATION = "centre_15"


EMERGENCY_MODES = frozenset({Mode.BREAK_GLASS, Mode.REGULATION})


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to the access law. `reason` is free text of the professional and is never logged."""

    actor: Actor
    act: Act
    at: datetime
    ins: Ins | None = None
    mode: Mode = Mode.NORMAL
    reason: str = ""
    traits: Traits = Traits()
    purpose: str = ""
    """What a connected service does it for, by the name under which the person agreed."""
    present: bool = False
    """Whether a proof that the patient is there comes with it: a Vitale card that was read, a code of presence."""
    secret: bool = False
    """A secret connection, for a minor: what is done in it stays hidden from the representatives (EX_0.1-1100)."""
