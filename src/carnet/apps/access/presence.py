"""Presence: the patient shows a single-use code, the professional types it, and the journal says that the patient was there.

A code is one of a printed card, or the one that the patient's own screen shows at this minute.

Nothing depends on it: without a code the declaration stands as before. Codes are printed on a card at WebPS; only their
keyed digests are kept, under the record that they belong to, so that a code says nothing to whoever does not know whose.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hmac import compare_digest
from uuid import uuid4

from django.conf import settings

from carnet.apps.access.decision import write_entry
from carnet.apps.storage.api import RecordKey, Work, blind_index, unit
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal

CODES, DIGITS = 10, 8
LASTS = timedelta(days=365)
OWN_CARD_RESTS = timedelta(days=1)
"""A code of a card that one printed oneself proves nothing before: the card must first have left the room."""
PROVED = "presence-proved"


def _digest(key: RecordKey, code: str) -> bytes:
    return blind_index("presence", f"{key.record_id}/{code}")


def make_card(work: Work, key: RecordKey, granted: Grant) -> list[str]:
    """Make the codes of a new card; those of a former card that were not used are over. Returns them, this once."""
    ask = granted.ask
    work.run(
        "UPDATE access_presence SET expires_at = %s WHERE record_id = %s AND used_at IS NULL AND expires_at > %s",
        ask.at, key.record_id, ask.at,
    )  # fmt: skip
    codes = [f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}" for _ in range(CODES)]
    for code in codes:
        work.run(
            """INSERT INTO access_presence (record_id, id, code, made_at, expires_at, made_by, used_by)
            VALUES (%s, %s, %s, %s, %s, %s, '')""",
            key.record_id, uuid4(), _digest(key, code), ask.at, ask.at + LASTS, ask.actor.id,
        )  # fmt: skip
    return codes


STEP = timedelta(minutes=1)
ROTATING = "rotating"


def _minute(at: datetime) -> int:
    return int(at.timestamp() // STEP.total_seconds())


def _rotating(key: RecordKey, minute: int) -> str:
    return f"{int.from_bytes(blind_index('presence-minute', f'{key.record_id}/{minute}')[:8], 'big') % 10**DIGITS:0{DIGITS}d}"


def rotating_code(key: RecordKey, at: datetime) -> tuple[str, datetime]:
    """The code of this minute, which the person's own screen shows, and when the next one comes."""
    minute = _minute(at)
    ends = datetime.fromtimestamp((minute + 1) * STEP.total_seconds(), UTC)
    return _rotating(key, minute), ends


def _proves_now(work: Work, key: RecordKey, granted: Grant, code: str) -> bool:
    """Use the code of this minute or of the one before: once, like a code of a card."""
    ask, minute = granted.ask, _minute(granted.ask.at)
    if not any(compare_digest(code, _rotating(key, minute - back)) for back in (0, 1)):
        return False
    used = work.rows("SELECT 1 FROM access_presence WHERE record_id = %s AND code = %s", key.record_id, _digest(key, code))
    if used:
        return False
    work.run(
        """INSERT INTO access_presence (record_id, id, code, made_at, expires_at, made_by, used_at, used_by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        key.record_id, uuid4(), _digest(key, code), ask.at, ask.at, ROTATING, ask.at, ask.actor.id,
    )  # fmt: skip
    return True


def prove(work: Work, key: RecordKey, granted: Grant, code: str) -> None:
    """Use a code, once, in the transaction of the declaration that it goes with. Raises Refusal `presence-code-wrong`."""
    ask, typed = granted.ask, "".join(c for c in code if c.isdigit())
    if _proves_now(work, key, granted, typed):
        write_entry(work, granted, (), PROVED)
        return
    row = work.row(
        """UPDATE access_presence SET used_at = %s, used_by = %s WHERE record_id = %s AND code = %s AND used_at IS NULL
        AND expires_at > %s AND (made_by <> %s OR made_at < %s) RETURNING made_by""",
        ask.at, ask.actor.id, key.record_id, _digest(key, typed), ask.at,
        ask.actor.id, ask.at - OWN_CARD_RESTS,
    )  # fmt: skip
    if row is None:
        raise Refusal(No.PRESENCE_CODE_WRONG)
    # Whoever printed the card has seen its codes: the journal says so.
    write_entry(work, granted, (), PROVED if row[0] != ask.actor.id else f"{PROVED}-own-card")


def count_declaration(work: Work, on: date, proved: bool) -> None:
    """Count a declaration of a day, and whether a presence was proved: the share that operators see."""
    work.run(
        """INSERT INTO access_presence_share AS s (day, declared, proved) VALUES (%s, 1, %s)
        ON CONFLICT (day) DO UPDATE SET declared = s.declared + 1, proved = s.proved + excluded.proved""",
        on, int(proved),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """Declarations of a period, and how many came with a proof of presence."""

    declared: int
    proved: int


def presence_share(since: datetime) -> Share:
    """The share of declarations with a proof of presence since a moment (operators)."""
    with unit() as work:
        row = work.rows("SELECT coalesce(sum(declared), 0), coalesce(sum(proved), 0) FROM access_presence_share WHERE day >= %s",
                        settings.LAW.day(since))[0]  # fmt: skip
    return Share(int(row[0]), int(row[1]))
