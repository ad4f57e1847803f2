"""Notices: rows written in the transaction of what they tell. A kind, a recipient and a date; nothing of the content."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings

from carnet.apps.storage.api import Row, Statement, Work, after_commit, derived, seal
from carnet.kernel.clock import begins

HOLDER = "holder"
ACCESSES = UUID("6c0f5e0e-0b1c-5f38-9a3f-2f6f7d9c1a41")
"""Name space of the notices of accesses: one for each professional, record and day."""
_NOTIFY = """INSERT INTO outbox_notice (record_id, id, kind, recipient, created_at) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING"""


def professional(identifier: str) -> str:
    """The recipient that a professional is."""
    return f"professional:{identifier}"


OPERATOR = "operator"
"""The recipient that whoever runs Carnet is."""


def structure(identifier: str) -> str:
    """The recipient that whoever answers for a structure is."""
    return f"structure:{identifier}"


def notify(work: Work, record_id: UUID, kind: str, recipient: str, at: datetime) -> None:
    """Leave a notice in the transaction of what it tells: both are there, or neither."""
    work.run(_NOTIFY, record_id, uuid4(), kind, recipient, at)


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a notice carries for its mail alone: a code, and of an announcement whom it is for and on which day the record opens."""

    code: str
    name: str = ""
    day: str = ""

    @classmethod
    def read(cls, text: str) -> "Sealed":
        """Read what was sealed; before this release it was the code alone."""
        return cls(*json.loads(text)) if text.startswith("[") else cls(text)


def send_code(work: Work, record_id: UUID, kind: str, code: str, at: datetime, name: str = "", day: date | None = None) -> None:
    """Leave a code to be sent to the holder's address, sealed so that the courier alone reads it, and forgotten once sent.

    `name`, `day`: of an announcement, whom it is for and when the record opens.
    """
    number, told = uuid4(), json.dumps([code, name, day.isoformat() if day else ""])
    work.run(
        "INSERT INTO outbox_notice (record_id, id, kind, recipient, created_at, secret) VALUES (%s, %s, %s, %s, %s, %s)",
        record_id, number, kind, HOLDER, at, seal(derived("notice-code"), told.encode(), number.bytes),
    )  # fmt: skip


_TELL_ACCESS = "SELECT outbox_tell_access(%s, %s, %s, %s, %s)"
MOST_TOLD = 50_000
"""Accesses that a process remembers to have told; beyond, it forgets them all and asks the database again."""
_told: dict[UUID, None] = {}


def _remember(told: Sequence[tuple[Sequence[Any], Row]]) -> None:
    if len(_told) >= MOST_TOLD:
        _told.clear()
    for values, _ in told:
        _told[values[2]] = None


after_commit(_TELL_ACCESS, _remember)


def access_notices(record_id: UUID, actor: str, at: datetime) -> list[Statement]:
    """The statement that tells the holder of an access: the first of this professional, which nobody can mute (order of 26 October
    2023), then the first of each day. None where this process told it today: once it is committed it stays told."""
    day = settings.LAW.day(at)
    daily = uuid5(ACCESSES, f"{record_id}|{actor}|{day}")
    if daily in _told:
        return []
    return [
        (_TELL_ACCESS, (record_id, uuid5(ACCESSES, f"{record_id}|{actor}|first"), daily, at, begins(day, settings.LAW.civil_zone)))
    ]


def pending(work: Work, record_id: UUID) -> list[tuple[str, str]]:
    """Kinds and recipients of the notices of a record that wait for the courier, oldest first."""
    rows = work.rows(
        "SELECT kind, recipient FROM outbox_notice WHERE record_id = %s AND outcome = 'waiting' ORDER BY created_at, id",
        record_id,
    )
    return [(str(kind), str(recipient)) for kind, recipient in rows]


def forget(work: Work, record_id: UUID) -> None:
    """Erase the notices and the address of a record that is destroyed."""
    work.run("DELETE FROM outbox_notice WHERE record_id = %s", record_id)
    work.run("DELETE FROM outbox_contact WHERE owner = %s", f"{HOLDER}:{record_id}")
    work.run("DELETE FROM outbox_former WHERE owner = %s", f"{HOLDER}:{record_id}")
