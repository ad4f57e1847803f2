"""The courier's work: claim what is due, put what one person is told into one mail, send it, note how it went.

A notice is claimed for some minutes before it is sent and marked after: a courier that dies in between is followed by
another that sends the same mail with the same Message-ID. No mail is lost; a mail system drops the second one.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.apps.outbox import sentences
from carnet.apps.outbox.contacts import DAILY, Contact, contacts, former_addresses, owner_of
from carnet.apps.outbox.notices import HOLDER, Sealed
from carnet.apps.storage.api import Work, derived, unit, unseal
from carnet.kernel.clock import Timer
from carnet.kernel.copies import replace

log = logging.getLogger("carnet.outbox")
CLAIMED_FOR = timedelta(minutes=5)
BATCH = 100
"""People told in one round; all that waits for one of them leaves in one mail."""
WAITS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 1440, 1440))
"""Waits between tries; after the last the notice is a dead letter, shown to the operator."""
DIGEST_HOUR = time(18, 0)
KEPT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A notice in the hands of this courier."""

    record_id: UUID
    id: UUID
    kind: str
    recipient: str
    attempts: int
    secret: bytes | None = None

    @property
    def sealed(self) -> Sealed:
        """What this notice carries for its mail; empty for most."""
        return Sealed.read(unseal(derived("notice-code"), bytes(self.secret), self.id.bytes).decode() if self.secret else "")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail did not go: `code` of SMTP or a word, never an address; `final` when trying again is of no use."""

    code: str
    final: bool


Send = Callable[[EmailMessage], Awaitable[Failure | None]]


def claim(at: datetime) -> list[Claimed]:
    """Take the notices that are due. Another courier passes them by."""
    with unit() as work:
        rows = work.rows(
            """WITH who AS (SELECT record_id, recipient FROM outbox_notice WHERE outcome = 'waiting'
              AND coalesce(next_at, created_at) <= %s GROUP BY 1, 2 ORDER BY min(created_at) LIMIT %s),
            due AS (SELECT n.record_id, n.id FROM outbox_notice n JOIN who USING (record_id, recipient)
              WHERE n.outcome = 'waiting' AND coalesce(n.next_at, n.created_at) <= %s FOR UPDATE OF n SKIP LOCKED)
            UPDATE outbox_notice n SET attempts = n.attempts + 1, next_at = %s FROM due
            WHERE n.record_id = due.record_id AND n.id = due.id
            RETURNING n.record_id, n.id, n.kind, n.recipient, n.attempts, n.secret""",
            at, BATCH, at, at + CLAIMED_FOR,
        )  # fmt: skip
    return [Claimed(*row) for row in rows]


def _mark(work: Work, notices: Sequence[Claimed], outcome: str, at: datetime, problem: str = "") -> None:
    work.run(
        """UPDATE outbox_notice SET outcome = %s, delivered_at = %s, problem = %s, secret = NULL
        WHERE record_id = ANY(%s) AND id = ANY(%s)""",
        outcome, at if outcome == "sent" else None, problem, [n.record_id for n in notices], [n.id for n in notices],
    )  # fmt: skip


def _again(work: Work, notices: Sequence[Claimed], at: datetime, problem: str) -> None:
    work.run(
        "UPDATE outbox_notice SET next_at = %s, problem = %s WHERE record_id = ANY(%s) AND id = ANY(%s)",
        at, problem, [n.record_id for n in notices], [n.id for n in notices],
    )  # fmt: skip


def next_digest(at: datetime) -> datetime:
    """The next moment at which daily mails leave: six in the evening, in the civil time of the law's settings."""
    local = at.astimezone(ZoneInfo(settings.LAW.civil_zone))
    today = datetime.combine(local.date(), DIGEST_HOUR, local.tzinfo)
    return today if local < today else today + timedelta(days=1)


def _waits_for_digest(contact: Contact, notice: Claimed) -> bool:
    return contact.digest == DAILY and notice.attempts == 1 and notice.kind not in sentences.AT_ONCE


def message(notices: Sequence[Claimed], contact: Contact, at: datetime) -> EmailMessage:
    """The mail of these notices. Its Message-ID comes from them: sending again sends the same mail."""
    config, professional = settings.CARNET, notices[0].recipient != HOLDER
    mail = EmailMessage()
    kept = [n.sealed for n in notices if n.secret]
    announced = next((s for s in kept if s.name), None) if {n.kind for n in notices} == {"record-announced"} else None
    if announced and not announced.day:
        announced = replace(announced, day=(settings.LAW.day(at) + settings.LAW.opposition_lasts).isoformat())
    subject = sentences.announced_subject(announced) if announced else sentences.subject({n.kind for n in notices}, professional)
    mail["Subject"] = subject
    mail["From"] = config.notice_from
    mail["To"] = contact.address
    mail["Date"] = format_datetime(at)
    digest = hashlib.sha256("".join(sorted(str(n.id) for n in notices)).encode()).hexdigest()[:40]
    mail["Message-ID"] = f"<{digest}@{config.notice_from.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    text = sentences.announced_body(announced, config.portal_url, settings.LAW.support_line) if announced else ""
    mail.set_content(text or sentences.body((n.kind for n in notices), professional, config.portal_url, [s.code for s in kept]))
    return mail


async def _deliver(notices: list[Claimed], contact: Contact, at: datetime, send: Send) -> int:
    failure = await send(message(notices, contact, at))
    if failure is not None:
        # The code of the failure alone: what the server says may repeat an address.
        log.warning("notice-not-sent code=%s final=%s notices=%d", failure.code, failure.final, len(notices))
    with unit() as work:
        if failure is None:
            _mark(work, notices, "sent", at)
            return 1
        for notice in notices:
            if failure.final or notice.attempts > len(WAITS):
                _mark(work, [notice], "dead", at, failure.code)
            else:
                _again(work, [notice], at + WAITS[notice.attempts - 1], failure.code)
    return 0


async def _tell_everywhere(owner: str, notices: list[Claimed], contact: Contact, at: datetime, send: Send) -> int:
    """Tell addresses that were this person's until lately of what nobody may make go unseen, once; never a code."""
    unseen = [replace(n, secret=None) for n in notices if n.kind in sentences.EVERYWHERE and n.attempts == 1]
    if not unseen:
        return 0
    with unit() as work:
        others = [address for address in former_addresses(work, owner, at) if address != contact.address]
    return sum([await send(message(unseen, Contact(address), at)) is None for address in others])


def _sort_out(notices: list[Claimed], contact: Contact | None, at: datetime) -> list[Claimed]:
    """Set aside what nobody can be told, what is muted and what waits for the evening; the rest leaves now."""
    with unit() as work:
        if contact is None:
            _mark(work, notices, "unreachable", at)
            return []
        muted = [n for n in notices if n.kind in contact.muted]
        later = [n for n in notices if n not in muted and _waits_for_digest(contact, n)]
        if muted:
            _mark(work, muted, "muted", at)
        if later:
            _again(work, later, next_digest(at), "")
    return [n for n in notices if n not in muted and n not in later]


async def deliver_due(at: datetime, send: Send) -> tuple[int, int]:
    """Deliver what is due. Returns the notices that were taken and the mails that left."""
    claimed = claim(at)
    groups: dict[str, list[Claimed]] = defaultdict(list)
    for notice in claimed:
        groups[owner_of(notice.recipient, notice.record_id)].append(notice)
    with unit() as work:
        known = contacts(work, groups)
    mails = 0
    for owner, notices in groups.items():
        contact = known.get(owner)
        leaving = _sort_out(notices, contact, at)
        if leaving and contact:
            mails += await _deliver(leaving, contact, at, send)
            mails += await _tell_everywhere(owner, leaving, contact, at, send)
    return len(claimed), mails


def how_many_dead() -> int:
    """How many notices could not be delivered."""
    with unit() as work:
        return len(dead_letters(work))


def delayed() -> tuple[int, str]:
    """How many notices wait for another try after one that failed, and what the last of them met; 0 when all leave as they come."""
    with unit() as work:
        row = work.row("SELECT notices, problem FROM outbox_delayed()")
    return (int(row[0]), str(row[1] or "")) if row else (0, "")


def dead_letters(work: Work) -> list[tuple[str, str, datetime, int, str]]:
    """Kind, recipient (holder, or a professional's number), date, tries and problem of the dead letters, oldest first."""
    rows = work.rows(
        "SELECT kind, recipient, created_at, attempts, problem FROM outbox_notice WHERE outcome = 'dead' ORDER BY created_at"
    )
    return [(str(k), str(r), at, int(n), str(p)) for k, r, at, n, p in rows]


def retry_dead(work: Work, at: datetime) -> int:
    """Have every dead letter tried again from the start. Returns how many."""
    row = work.row("SELECT outbox_retry(%s)", at)
    return int(row[0]) if row else 0


def _purge(at: datetime) -> int:
    with unit() as work:
        row = work.row("SELECT outbox_purge(%s)", at - KEPT)
        former = len(work.rows("DELETE FROM outbox_former WHERE until < %s RETURNING 1", at))
    return (int(row[0]) if row else 0) + former


TIMERS = (Timer("notice-purge", timedelta(days=1), _purge),)
