"""Help-desk acts on identity and on the way in: decided, journaled on the record, reading no content (access law §1, operator)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.by_person import represent
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, key_of, unit
from carnet.dicah.facts import Facts
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import is_minor


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


def _granted(ask: Ask, record_id: UUID | None) -> Grant:
    facts = Facts(settings=access.law(), edition=access.edition(ask.at.date()))
    return access.decide_or_refuse(ask, facts, record_id).grant


def helped(ask: Ask, ins: Ins) -> Helped | None:
    """The person of an INS, for an operator. None when there is no record. Raises Refusal for anybody but an operator."""
    _granted(ask, None)
    record_id = identity.find(ins)
    if record_id is None:
        return None
    with unit(record_id) as work:
        access.write_entry(work, _granted(ask, record_id), (), "help-desk:look")
        told = identity.known(work, record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s", record_id)
        account, own = signin.account_named(work, record_id), _has_own_address(work, record_id, ask.at)
    return (
        Helped(record_id, signin.name_of(told[1]), told[1].birth_date, row[0], account is not None, own) if told and row else None
    )


def _has_own_address(work: Work, record_id: UUID, at: datetime) -> bool:
    """Whether a mail reaches the person alone: an account wrote the address. A minor's may still be read by somebody else."""
    told = identity.known(work, record_id)
    return told is not None and not is_minor(told[1].birth_date, at.date()) and signin.account_named(work, record_id) is not None


def help_desk_code(ask: Ask, record_id: UUID, channel: str) -> str:
    """Make a provisional code, and send it when the channel is `mail`. Journaled. Returns it, this once."""
    with unit(record_id) as work:
        if channel == "mail" and not _has_own_address(work, record_id, ask.at):
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        code = signin.provisional_code(work, record_id, channel, ask.actor.key, ask.at)
        access.write_entry(work, _granted(ask, record_id), (), "help-desk:code" if channel == "mail" else "help-desk:letter")
        if channel == "mail":
            outbox.send_code(work, record_id, "access-code", code, ask.at)
    return code


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
        status = identity.correct(work, key_of(work, record_id), replace(told[1], **changes), annotations, at.date(), certain)
        access.host_entry(work, record_id, "identity:correct", by, at)
    return status


def attach_representative(ask: Ask, child: UUID, parent: UUID) -> bool:
    """Tie the person of one record to the record of a minor. False when there is no account, or no minor. Journaled."""
    with unit(child) as work:
        account = signin.account_named(work, parent)
        granted = _granted(ask, child)
        if account is None or not represent(work, granted, account[0], account[1]):
            return False
        access.write_entry(work, granted, (), "help-desk:representative")
        outbox.notify(work, child, "relation-changed", outbox.HOLDER, ask.at)
    return True
