"""Help-desk acts on identity and on the way in: decided, journaled on the record, reading no content (access law §1, operator)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.by_person import of_age, represent
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, key_of, unit
from carnet.dicah.facts import Facts
from carnet.kernel.ask import Ask
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import is_minor, majority


@dataclass(frozen=True, slots=True)
class Helped:
    """Somebody whom the help desk serves: name, date of birth, state of the record, whether there is an account."""

    record_id: UUID
    name: str
    birth_date: str
    state: str
    has_account: bool
    by_mail: bool
    """Whether a mail reaches this person alone."""


def operator_grant(ask: Ask, record_id: UUID | None) -> Grant:
    """The Grant of an operator's act, on a record or on none. Raises Refusal for anybody else."""
    facts = Facts(settings=access.law(), edition=access.edition(ask.at))
    return access.decide_or_refuse(ask, facts, record_id).grant


def helped(ask: Ask, ins: Ins) -> Helped | None:
    """The person of an INS, for an operator. None when there is no record. Raises Refusal for anybody but an operator."""
    operator_grant(ask, None)
    record_id = identity.find(ins)
    if record_id is None:
        return None
    with unit(record_id) as work:
        access.write_entry(work, operator_grant(ask, record_id), (), "help-desk:look")
        told = identity.known(work, record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s", record_id)
        account, own = signin.account_named(work, record_id), _has_own_address(work, record_id, ask.at)
    return (
        Helped(record_id, signin.name_of(told[1]), told[1].birth_date, row[0], account is not None, own) if told and row else None
    )


def _has_own_address(work: Work, record_id: UUID, at: datetime) -> bool:
    """Whether a mail reaches the person alone: an account wrote the address, and its person was of age. A minor's, and one of when
    they were a minor, may still be read by somebody else."""
    told = identity.known(work, record_id)
    if told is None or is_minor(told[1].birth_date, access.law().day(at)) or signin.account_named(work, record_id) is None:
        return False
    since = majority(told[1].birth_date)
    return since is None or not outbox.written_before(work, outbox.owner_of(outbox.HOLDER, record_id), access.law().begins(since))


def mail_code(ask: Ask, record_id: UUID) -> None:
    """Send a provisional code to the address that the person gave. Journaled, told. Raises Refusal where none is theirs alone."""
    with unit(record_id) as work:
        if not _has_own_address(work, record_id, ask.at):
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        code = signin.provisional_code(work, record_id, "mail", ask.actor.key, ask.at)
        outbox.send_code(work, record_id, "access-code", code, ask.at)
        outbox.notify(work, record_id, "code-asked", outbox.HOLDER, ask.at)
        access.write_entry(work, operator_grant(ask, record_id), (), "help-desk:code")


def ask_for_letter(ask: Ask, record_id: UUID) -> None:
    """Ask for a letter with a code, which another operator prints. Journaled, told at every address that was known until lately."""
    with unit(record_id) as work:
        signin.ask_letter(work, record_id, ask.actor.key, ask.at)
        outbox.notify(work, record_id, "code-asked", outbox.HOLDER, ask.at)
        access.write_entry(work, operator_grant(ask, record_id), (), "help-desk:letter")


@dataclass(frozen=True, slots=True)
class WaitingLetter:
    """A letter of the queue: to whom, who asked for it, and whether this operator may print it."""

    id: UUID
    name: str
    asked_at: datetime
    asked_by: str
    may_print: bool


def waiting_letters(ask: Ask) -> list[WaitingLetter]:
    """Letters that wait for a second operator, the oldest first. Raises Refusal for anybody but an operator."""
    operator_grant(ask, None)
    found = []
    with unit() as work:
        for letter in signin.letters(work):
            work.enter(letter.record_id)
            told = identity.known(work, letter.record_id)
            name = signin.name_of(told[1]) if told else ""
            by = letter.asked_by.partition(":")[2]
            found.append(
                WaitingLetter(letter.id, name, letter.asked_at, by, not signin.same_operator(letter.asked_by, ask.actor.key))
            )
    return found


def _letter(work: Work, number: UUID) -> signin.Letter:
    for letter in signin.letters(work):
        if letter.id == number:
            work.enter(letter.record_id)
            return letter
    raise Refusal(No.DOCUMENT_UNKNOWN)


def print_letter(ask: Ask, number: UUID) -> tuple[str, str]:
    """Name and code for the letter, this once, for somebody else than who asked. Journaled. Raises Refusal."""
    operator_grant(ask, None)
    with unit() as work:
        letter = _letter(work, number)
        told = identity.known(work, letter.record_id)
        code = signin.print_letter(work, letter, ask.actor.key, ask.at)
        access.write_entry(work, operator_grant(ask, letter.record_id), (), "help-desk:letter-printed")
    return (signin.name_of(told[1]) if told else "", code)


def drop_letter(ask: Ask, number: UUID) -> None:
    """Make no letter of a request. Journaled. Raises Refusal for one that does not wait any more."""
    operator_grant(ask, None)
    with unit() as work:
        letter = _letter(work, number)
        signin.drop_letter(work, letter, ask.actor.key, ask.at)
        access.write_entry(work, operator_grant(ask, letter.record_id), (), "help-desk:letter-dropped")


def correct_identity(
    record_id: UUID, changes: Mapping[str, str], annotations: tuple[str, ...], by: str, at: datetime, *, certain: bool = False
) -> str:
    """Correct traits, note a doubt or lift it, as a procedure of the host that the journal tells. Returns the identity's status.

    Raises `identity.IdentityError`; then nothing changes.
    """
    with unit(record_id) as work:
        told = identity.known(work, record_id)
        if told is None:
            raise identity.IdentityError("this record has no identity")
        on, key = access.law().day(at), key_of(work, record_id)
        status = identity.correct(work, key, replace(told[1], **changes), annotations, on, certain)
        access.host_entry(work, record_id, "identity:correct", by, at)
    return status


def attach_representative(ask: Ask, child: UUID, parent: UUID) -> bool:
    """Tie an adult, by their record, to the record of a minor. False when there is no account, no adult or no minor, or when they
    are tied already. Journaled."""
    if child == parent or not of_age(parent, ask.at):
        return False
    with unit(child) as work:
        account = signin.account_named(work, parent)
        granted = operator_grant(ask, child)
        tied = {p.person_id for p in access.persons(work, key_of(work, child), ask.at)}
        if account is None or account[0] in tied or not represent(work, granted, account[0], account[1]):
            return False
        access.write_entry(work, granted, (), "help-desk:representative")
        outbox.notify(work, child, "relation-changed", outbox.HOLDER, ask.at)
    return True
