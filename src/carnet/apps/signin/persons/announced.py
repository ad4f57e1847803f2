"""Codes of announcements: each opposes as long as the six weeks run, and opens an account as other provisional codes do.

Opposing needs no account: the code of the notice and the date of birth say whose record it is (R.1111-28 CSP).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from carnet.apps.identity import api as identity
from carnet.apps.signin.persons.accounts import CODE_LASTS, ENDED, LETTER_LASTS, code_digest, count_try
from carnet.apps.signin.spelling import readable_code
from carnet.apps.storage.api import Work, unit
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, dates_agree

_COLUMNS = "code, record_id, channel, made_at, expires_at, used_at, made_by, tries, opposes_until"
MAIL, LETTER = "mail", "letter"


def _row(code: str, record_id: UUID, channel: str, by: str, at: datetime, until: datetime) -> tuple[object, ...]:
    opens_until = at + (LETTER_LASTS if channel == LETTER else CODE_LASTS)
    return code_digest(code), record_id, channel, at, opens_until, None, by, 0, until


def announcement_code(work: Work, record_id: UUID, channel: str, by: str, at: datetime, until: datetime) -> str:
    """Make the code of one notice, which opposes until then. Those of other notices go on: each parent has one."""
    code = readable_code()
    work.run(f"INSERT INTO signin_code ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
             *_row(code, record_id, channel, by, at, until))  # fmt: skip
    return code


def announcement_codes(work: Work, record_ids: Sequence[UUID], by: str, at: datetime, until: datetime) -> list[str]:
    """Make the codes of many notices by mail at once (`Work.copy_in`)."""
    codes = [readable_code() for _ in record_ids]
    rows = (_row(code, record_id, MAIL, by, at, until) for code, record_id in zip(codes, record_ids, strict=True))
    work.copy_in(f"signin_code ({_COLUMNS})", rows)
    return codes


def announced_to(code: str, birth_date: str, at: datetime) -> tuple[UUID, Traits, str]:
    """Whose record a notice announced, by its code and the date of birth: number, traits, channel. The code serves on.

    Raises Refusal `code-unknown`, the same for every code that is none; the fifth wrong date ends the code.
    """
    with unit() as work:
        row = work.row(
            "SELECT record_id, channel FROM signin_code WHERE code = %s AND used_at IS NULL AND opposes_until > %s",
            code_digest(code), at,
        )  # fmt: skip
        known = identity.known(work, row[0]) if row else None
        right = known is not None and dates_agree(birth_date, known[1].birth_date)
        if row and not right:
            count_try(work, code, at)
    if row is None or known is None or not right:
        raise Refusal(No.CODE_UNKNOWN)
    return row[0], known[1], str(row[1])


def record_of_notice(work: Work, code: str) -> UUID | None:
    """Whose record a notice announced, for an operator who holds the form that it came with. None for a code that is none."""
    row = work.row("SELECT record_id FROM signin_code WHERE code = %s AND opposes_until IS NOT NULL", code_digest(code))
    return row[0] if row else None


def end_account(work: Work, record_id: UUID, at: datetime) -> None:
    """Nobody signs in as the person of a record any more: sessions, credentials and codes end. A new code begins again."""
    work.run("SELECT signin_end_account(%s, %s)", record_id, at)


def end_announcements(work: Work, record_id: UUID, at: datetime) -> None:
    """End the codes of letters of announcement to the person of a record: others take their place."""
    work.run(
        f"""UPDATE signin_code SET {ENDED} WHERE record_id = %s AND used_at IS NULL AND channel = 'letter'
        AND opposes_until IS NOT NULL""",
        at, at, at, record_id,
    )  # fmt: skip


def take_over(work: Work, source: UUID, target: UUID, at: datetime) -> str:
    """The account of one record's person serves the other record, where that has none; else it ends. Sessions end either way.

    Returns which: `moved`, `ended`, or empty for none.
    """
    row = work.row("SELECT signin_take_over(%s, %s, %s)", source, target, at)
    return str(row[0]) if row else ""


def give_back(work: Work, source: UUID, target: UUID, what: str, at: datetime) -> None:
    """An account that a union moved serves its record again; one that it ended needs a new code."""
    if what == "moved":
        work.run("SELECT signin_take_over(%s, %s, %s)", source, target, at)
