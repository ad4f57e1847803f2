"""Public face of the outbox: a notice is a row of the writer's transaction; the courier delivers it."""

from carnet.apps.outbox.announcing import Outcome, ToAnnounce, announce_many, settle, unsettled
from carnet.apps.outbox.contacts import (
    DAILY,
    IMMEDIATE,
    Contact,
    ContactError,
    contacts,
    forget_contact,
    owner_of,
    set_contact,
    written_before,
)
from carnet.apps.outbox.delivery import TIMERS, Failure, dead_letters, delayed, deliver_due, how_many_dead, retry_dead
from carnet.apps.outbox.notices import HOLDER, OPERATOR, access_notices, forget, notify, pending, professional, send_code, structure

__all__ = [
    "DAILY",
    "HOLDER",
    "IMMEDIATE",
    "OPERATOR",
    "TIMERS",
    "Contact",
    "ContactError",
    "Failure",
    "Outcome",
    "ToAnnounce",
    "access_notices",
    "announce_many",
    "contacts",
    "dead_letters",
    "delayed",
    "deliver_due",
    "forget",
    "forget_contact",
    "how_many_dead",
    "notify",
    "owner_of",
    "pending",
    "professional",
    "retry_dead",
    "send_code",
    "set_contact",
    "settle",
    "structure",
    "unsettled",
    "written_before",
]
