"""Letters with a provisional code: one operator asks, another prints and posts. Whoever asked never sees the code (four eyes)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.signin.persons.accounts import provisional_code
from carnet.apps.storage.api import Work
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that waits for somebody else than who asked for it."""

    id: UUID
    record_id: UUID
    asked_at: datetime
    asked_by: str


def same_operator(one: str, other: str) -> bool:
    """Whether two names are one operator's, however they are spelled."""
    return normalise_name(one) == normalise_name(other)


def ask_letter(work: Work, record_id: UUID, by: str, at: datetime) -> None:
    """Ask for a letter; one that waits already for this person goes on waiting."""
    work.run(
        """INSERT INTO signin_letter (id, record_id, asked_at, asked_by, done_by, outcome) VALUES (%s, %s, %s, %s, '', '')
        ON CONFLICT (record_id) WHERE done_at IS NULL DO NOTHING""",
        uuid4(), record_id, at, by,
    )  # fmt: skip


def letters(work: Work) -> list[Letter]:
    """Letters that wait, the oldest first."""
    rows = work.rows("SELECT id, record_id, asked_at, asked_by FROM signin_letter WHERE done_at IS NULL ORDER BY asked_at, id")
    return [Letter(*row) for row in rows]


def print_letter(work: Work, letter: Letter, by: str, at: datetime) -> str:
    """Make the code of a letter, this once. Raises Refusal for whoever asked for it, and for one that does not wait any more."""
    if same_operator(letter.asked_by, by):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    _close(work, letter, by, at, "printed")
    return provisional_code(work, letter.record_id, "letter", by, at)


def drop_letter(work: Work, letter: Letter, by: str, at: datetime) -> None:
    """Make no letter of it: anybody may, who asked for it too. Raises Refusal for one that does not wait any more."""
    _close(work, letter, by, at, "dropped")


def _close(work: Work, letter: Letter, by: str, at: datetime, outcome: str) -> None:
    done = work.rows(
        "UPDATE signin_letter SET done_at = %s, done_by = %s, outcome = %s WHERE id = %s AND done_at IS NULL RETURNING 1",
        at, by, outcome, letter.id,
    )  # fmt: skip
    if not done:
        raise Refusal(No.DOCUMENT_UNKNOWN)
