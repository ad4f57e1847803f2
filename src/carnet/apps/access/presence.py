"""Presence: the patient shows a single-use code, the professional types it, and the journal says that the patient was there.

Nothing depends on it: without a code the declaration stands as before. Codes are printed on a card at WebPS; only their
keyed digests are kept, under the record that they belong to, so that a code says nothing to whoever does not know whose.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from carnet.apps.access.decision import write_entry
from carnet.apps.storage.api import RecordKey, Work, blind_index, unit
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import Refusal

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


def prove(work: Work, key: RecordKey, granted: Grant, code: str) -> None:
    """Use a code, once, in the transaction of the declaration that it goes with. Raises Refusal `presence-code-wrong`."""
    ask = granted.ask
    row = work.row(
        """UPDATE access_presence SET used_at = %s, used_by = %s WHERE record_id = %s AND code = %s AND used_at IS NULL
        AND expires_at > %s AND (made_by <> %s OR made_at < %s) RETURNING made_by""",
        ask.at, ask.actor.id, key.record_id, _digest(key, "".join(c for c in code if c.isdigit())), ask.at,
        ask.actor.id, ask.at - OWN_CARD_RESTS,
    )  # fmt: skip
    if row is None:
        raise Refusal("presence-code-wrong", "presence-code-wrong")
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
                        since.date())[0]  # fmt: skip
    return Share(int(row[0]), int(row[1]))
