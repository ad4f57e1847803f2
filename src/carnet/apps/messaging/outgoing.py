"""The queue of mails that leave: written with the message, claimed by the relay, tried again, given up (RFC 5321 §4.5.4).

A mail is claimed for some minutes before it is sent and deleted after it is taken: a relay that dies in between is followed by
another that sends the same mail with the same Message-ID. No mail is lost; who takes it knows the second by that identifier.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag

from carnet.apps.messaging.keeping import mark
from carnet.apps.messaging.rows import DELIVERED, FAILED, SENT, seal, unseal
from carnet.apps.outbox.api import HOLDER, Failure, notify
from carnet.apps.storage.api import BlobMissingError, KeyDestroyedError, RecordKey, Work, get, key_of, put, unit

SMTP, LMTP = "smtp", "lmtp"
CLAIMED_FOR = timedelta(minutes=5)
BATCH = 50
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 480, 960, 1440, 1440))
"""Waits between tries: five days in all."""


@dataclass(frozen=True, slots=True)
class Due:
    """A mail in the hands of this relay."""

    record_id: UUID
    id: UUID
    route: str
    sender: str
    """Of the envelope: empty for a receipt, which nobody answers."""
    to: str
    attempts: int
    message_id: UUID | None
    content: bytes = field(repr=False)


def enqueue(
    work: Work, key: RecordKey, message_id: UUID | None, route: str, sender: str, to: str, content: bytes, at: datetime
) -> None:  # fmt: skip
    """Have a mail sent, in the transaction of the message that it carries."""
    number = uuid4()
    work.run(
        """INSERT INTO messaging_outgoing (record_id, id, message_id, route, created_at, next_at, attempts, state, problem, address,
        sealed) VALUES (%s, %s, %s, %s, %s, %s, 0, 'waiting', '', %s, %s)""",
        key.record_id, number, message_id, route, at, at, put(key, content), seal(key, number, {"from": sender, "to": to}),
    )  # fmt: skip


def _opened(record_id: UUID, number: UUID) -> Due | None:
    with unit(record_id) as work:
        row = work.row(
            "SELECT route, attempts, message_id, address, sealed FROM messaging_outgoing WHERE record_id = %s AND id = %s",
            record_id, number,
        )  # fmt: skip
        if row is None:
            return None
        route, attempts, message_id, address, sealed = row
        try:
            key = key_of(work, record_id)
            told = unseal(key, number, sealed)
            return Due(record_id, number, route, told["from"], told["to"], attempts, message_id, get(key, address))
        except (KeyDestroyedError, InvalidTag, BlobMissingError):
            # One damaged record must not keep the mails of all the others.
            work.run("UPDATE messaging_outgoing SET state = 'dead', problem = 'unreadable' WHERE record_id = %s AND id = %s",
                     record_id, number)  # fmt: skip
            return None


def claim(at: datetime, most: int = BATCH) -> list[Due]:
    """Take the mails that are due. Another relay passes them by."""
    with unit() as work:
        rows = work.rows("SELECT record_id, id FROM messaging_claim(%s, %s, %s)", at, at + CLAIMED_FOR, most)
    return [due for record_id, number in rows if (due := _opened(record_id, number))]


def settle(due: Due, failure: Failure | None, at: datetime) -> None:
    """Note how it went: taken, to be tried again, or given up."""
    with unit(due.record_id) as work:
        if failure is None:
            work.run("DELETE FROM messaging_outgoing WHERE record_id = %s AND id = %s", due.record_id, due.id)
        elif failure.final or due.attempts > len(WAITS):
            work.run("UPDATE messaging_outgoing SET state = 'dead', problem = %s WHERE record_id = %s AND id = %s",
                     failure.code[:40], due.record_id, due.id)  # fmt: skip
        else:
            work.run("UPDATE messaging_outgoing SET next_at = %s, problem = %s WHERE record_id = %s AND id = %s",
                     at + WAITS[due.attempts - 1], failure.code[:40], due.record_id, due.id)  # fmt: skip
            return
        if due.message_id is not None:
            _tell(work, due, failure, at)


def _tell(work: Work, due: Due, failure: Failure | None, at: datetime) -> None:
    if due.message_id is None:
        return
    key = key_of(work, due.record_id)
    if failure is None:
        mark(work, key, due.message_id, DELIVERED if due.route == LMTP else SENT, at)
        return
    mark(work, key, due.message_id, FAILED, at, failure.code)
    tell_failure(work, due.record_id, due.message_id, at)


def tell_failure(work: Work, record_id: UUID, message_id: UUID, at: datetime) -> None:
    """Tell the person that a message of theirs did not arrive; one that is a minor's secret tells nobody by mail."""
    row = work.row("SELECT secret, incoming FROM messaging_message WHERE record_id = %s AND id = %s", record_id, message_id)
    if row == (False, False):
        notify(work, record_id, "message-failed", HOLDER, at)
