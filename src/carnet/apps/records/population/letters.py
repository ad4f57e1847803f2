"""Letters of announcement, in batches: one operator asks, another prints and posts. The code of each stands on its paper alone.

A batch is printed in postal order, one sheet a letter. The day until which one may oppose is counted from the day of posting that
the batch was asked for: posting later is refused, and another batch is made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records.lifecycle.by_help_desk import operator_grant
from carnet.apps.records.population.notices import Arrival, arrival_of, started
from carnet.apps.records.population.sheets import Recipient, print_sheets
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Row, Work, unit
from carnet.dicah.facts import RecordState
from carnet.kernel.ask import Ask
from carnet.kernel.clock import begins
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import is_minor

LARGEST = 500
"""Letters of a batch: what one person folds and posts in a day, and prints in some seconds."""
_COLUMNS = "id, territory, letters, asked_at, asked_by, posting_on, printed_at, printed_by, posted_at"


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters that are printed and posted together."""

    id: UUID
    territory: str
    letters: int
    asked_at: datetime
    asked_by: str
    posting_on: date
    printed_at: datetime | None
    printed_by: str
    posted_at: datetime | None
    may_print: bool = False
    """Whether this operator may print it: who asked for it may not."""


def waiting_letters_by_territory(ask: Ask) -> list[tuple[str, int]]:
    """How many letters wait for a batch, by territory. Raises Refusal for anybody but an operator."""
    operator_grant(ask, None)
    with unit() as work:
        return [(str(territory), int(count)) for territory, count in work.rows("SELECT * FROM records_letters_waiting()")]


def batches(ask: Ask) -> list[Batch]:
    """Batches that wait or were posted lately, the newest first. Raises Refusal."""
    operator_grant(ask, None)
    with unit() as work:
        rows = work.rows(f"SELECT {_COLUMNS} FROM records_letter_batch WHERE outcome = '' ORDER BY asked_at DESC LIMIT 100")
    return [_batch(row, ask) for row in rows]


def _batch(row: Row, ask: Ask) -> Batch:
    found = Batch(*row)
    return replace(found, may_print=found.posted_at is None and not signin.same_operator(found.asked_by, ask.actor.key))


def ask_for_batch(ask: Ask, territory: str, posting_on: date) -> UUID:
    """Set letters of a territory apart for a batch that is posted that day. Raises Refusal: `request-malformed` for a day that
    is over, or where none waits."""
    operator_grant(ask, None)
    if posting_on < access.law().day(ask.at):
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "the day of posting is over"})
    number = uuid4()
    with unit() as work:
        # Two operators who ask at once must not set the same letters apart.
        work.run("SELECT pg_advisory_xact_lock(%s)", _LETTERS)
        found = [row[0] for row in work.rows("SELECT record_id FROM records_letters_due(%s, %s)", territory, LARGEST)]
        if not found:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "no letter waits"})
        work.run(
            """INSERT INTO records_letter_batch (id, territory, letters, asked_at, asked_by, posting_on, printed_by, posted_by,
            outcome) VALUES (%s, %s, %s, %s, %s, %s, '', '', '')""",
            number, territory, len(found), ask.at, ask.actor.key, posting_on,
        )  # fmt: skip
        for record_id in found:
            work.enter(record_id)
            work.run("UPDATE records_arrival SET batch_id = %s WHERE record_id = %s", number, record_id)
    return number


_LETTERS = 0x6C657474
"""The number of the advisory lock under which letters are set apart."""


def _held(work: Work, number: UUID, ask: Ask) -> Batch:
    row = work.row(f"SELECT {_COLUMNS} FROM records_letter_batch WHERE id = %s AND outcome = '' FOR UPDATE", number)
    if row is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return _batch(row, ask)


def _letters_of(work: Work, number: UUID) -> list[UUID]:
    return [row[0] for row in work.rows("SELECT record_id FROM records_letters_of(%s)", number)]


def _addresses(work: Work, record_id: UUID, arrival: Arrival, minor: bool) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """To whom, where, and under which postal code the letters of a record go: its person, or each place where a parent lives."""
    yield "", arrival.address, arrival.postcode
    seen = {arrival.address}
    for ins in arrival.representatives if minor else ():
        parent = identity.find(ins, work)
        if parent is None:
            continue
        work.enter(parent)
        told, lives = identity.known(work, parent), arrival_of(work, parent)
        if told and lives and lives.address and lives.address not in seen:
            seen.add(lives.address)
            yield signin.name_of(told[1]), lives.address, lives.postcode
    work.enter(record_id)


def _recipients(work: Work, ask: Ask, record_id: UUID, posting_on: date) -> Iterator[Recipient]:
    """The letters of one record, each with a code of its own. The codes of a former printing are over."""
    work.enter(record_id)
    row = work.row("SELECT state FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
    told, arrival = identity.known(work, record_id), arrival_of(work, record_id)
    if row is None or row[0] != RecordState.TO_NOTIFY or told is None or arrival is None:
        # Somebody opposed, opened or died since the batch was asked for: no letter.
        return
    law, minor = access.law(), is_minor(told[1].birth_date, posting_on)
    opens = posting_on + law.opposition_lasts
    ends = begins(opens, law.civil_zone)
    signin.end_announcements(work, record_id, ask.at)
    for parent, address, postcode in list(_addresses(work, record_id, arrival, minor)):
        code = signin.announcement_code(work, record_id, "letter", ask.actor.key, ask.at, ends)
        yield Recipient(signin.name_of(told[1]), minor, parent, address, postcode, code, opens)
    access.write_entry(work, operator_grant(ask, record_id), (), "notice-printed")


def print_batch(ask: Ask, number: UUID) -> tuple[bytes, int]:
    """The letters of a batch as one PDF in postal order, and how many. Printing again makes other codes. Raises Refusal:
    `function-not-allowed` for whoever asked for the batch."""
    operator_grant(ask, None)
    with unit() as work:
        batch = _held(work, number, ask)
        if not batch.may_print or batch.posted_at is not None:
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        found = [r for record_id in _letters_of(work, number) for r in _recipients(work, ask, record_id, batch.posting_on)]
        work.run("UPDATE records_letter_batch SET printed_at = %s, printed_by = %s, letters = %s WHERE id = %s",
                 ask.at, ask.actor.key, len(found), number)  # fmt: skip
    found.sort(key=lambda r: (r.postcode, r.address))
    config = settings.CARNET
    return print_sheets(found, config.letter_sender.split("|"), config.espace_url, access.law().support_line), len(found)


def batch_posted(ask: Ask, number: UUID) -> int:
    """Note that a batch was posted: the six weeks of each of its people run from today. Returns how many people are told.

    Raises Refusal: `request-malformed` for a batch that was not printed, was posted, or whose day of posting is over.
    """
    operator_grant(ask, None)
    today, told = access.law().day(ask.at), 0
    with unit() as work:
        batch = _held(work, number, ask)
        if batch.printed_at is None or batch.posted_at is not None or today > batch.posting_on:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "not printed, posted already, or too late for what it says"})
        for record_id in _letters_of(work, number):
            work.enter(record_id)
            row = work.row("SELECT state FROM records_record WHERE record_id = %s", record_id)
            if row is not None and row[0] == RecordState.TO_NOTIFY:
                started(work, operator_grant(ask, record_id), record_id, _noon(batch.posting_on), "letter")
                told += 1
        work.run("UPDATE records_letter_batch SET posted_at = %s, posted_by = %s WHERE id = %s", ask.at, ask.actor.key, number)
    return told


def _noon(day: date) -> datetime:
    """The middle of the day that the letters say: the same day in every zone of the law."""
    return datetime.combine(day, time(12), begins(day, access.law().civil_zone).tzinfo)


def drop_batch(ask: Ask, number: UUID) -> None:
    """Make nothing of a batch that is not posted: its letters wait again, and what was printed opens nothing. Raises Refusal."""
    operator_grant(ask, None)
    with unit() as work:
        batch = _held(work, number, ask)
        if batch.posted_at is not None:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "the batch is posted"})
        for record_id in _letters_of(work, number):
            work.enter(record_id)
            work.run("UPDATE records_arrival SET batch_id = NULL WHERE record_id = %s", record_id)
            signin.end_announcements(work, record_id, ask.at)
            access.write_entry(work, operator_grant(ask, record_id), (), "notice-dropped")
        work.run("UPDATE records_letter_batch SET outcome = 'dropped' WHERE id = %s", number)
