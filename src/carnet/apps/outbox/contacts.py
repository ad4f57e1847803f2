"""Where and how people are told. The address is sealed under a key that the courier has, which has no record's key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from uuid import UUID, uuid4

from carnet.apps.outbox.notices import HOLDER
from carnet.apps.outbox.sentences import KINDS, MANDATORY
from carnet.apps.storage.api import Work, derived, seal, unseal

IMMEDIATE, DAILY = "immediate", "daily"


class ContactError(ValueError):
    """The address or the preference cannot be kept; the message says why, and holds no address."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where somebody is told, what is not told, and whether at once or once a day."""

    address: str
    muted: frozenset[str] = frozenset()
    digest: str = IMMEDIATE


def owner_of(recipient: str, record_id: UUID) -> str:
    """The owner of the contact that a notice goes to: the holder of a record, or a professional."""
    return f"{HOLDER}:{record_id}" if recipient == HOLDER else recipient


def _check(contact: Contact) -> None:
    try:
        parsed = Address(addr_spec=contact.address)
    except Exception:
        raise ContactError("this is not an e-mail address") from None
    if not parsed.username or "." not in parsed.domain or not contact.address.isascii():
        raise ContactError("this is not an e-mail address")
    if contact.digest not in (IMMEDIATE, DAILY):
        raise ContactError(f"choose {IMMEDIATE} or {DAILY}")
    unknown = contact.muted - set(KINDS)
    if unknown:
        raise ContactError(f"unknown notices: {', '.join(sorted(unknown))}")
    if contact.muted & MANDATORY:
        raise ContactError(f"the law asks for these notices: {', '.join(sorted(contact.muted & MANDATORY))}")


def forget_contact(work: Work, owner: str, before: datetime | None = None) -> None:
    """Keep no address of an owner any more; of one that was written since a moment, `before`, the present one stays."""
    work.run("DELETE FROM outbox_contact WHERE owner = %s AND updated_at < coalesce(%s, 'infinity')", owner, before)
    work.run(
        "DELETE FROM outbox_former WHERE owner = %s AND NOT EXISTS (SELECT FROM outbox_contact WHERE owner = %s)", owner, owner
    )


def written_before(work: Work, owner: str, moment: datetime) -> bool:
    """Whether the address of an owner was written before a moment."""
    return bool(work.rows("SELECT 1 FROM outbox_contact WHERE owner = %s AND updated_at < %s", owner, moment))


FORMER_FOR = timedelta(days=90)
"""How long an address that was replaced is still told what nobody may make go unseen (ours)."""


def former_addresses(work: Work, owner: str, at: datetime) -> list[str]:
    """Addresses that were this owner's until lately, beside the present one."""
    key = derived("notice-address")
    rows = work.rows("SELECT address FROM outbox_former WHERE owner = %s AND until > %s ORDER BY until DESC", owner, at)
    return list(dict.fromkeys(unseal(key, bytes(sealed), owner.encode()).decode() for (sealed,) in rows))


def _keep_former(work: Work, owner: str, address: str, at: datetime) -> None:
    before = contacts(work, [owner]).get(owner)
    if before is not None and before.address != address:
        sealed = seal(derived("notice-address"), before.address.encode(), owner.encode())
        work.run("INSERT INTO outbox_former (owner, id, address, until) VALUES (%s, %s, %s, %s)",
                 owner, uuid4(), sealed, at + FORMER_FOR)  # fmt: skip


def set_contact(work: Work, owner: str, contact: Contact, at: datetime) -> None:
    """Keep where somebody is told. Raises ContactError; then nothing changes."""
    _check(contact)
    _keep_former(work, owner, contact.address, at)
    sealed = seal(derived("notice-address"), contact.address.encode(), owner.encode())
    work.run(
        """INSERT INTO outbox_contact (owner, address, muted, digest, updated_at) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (owner) DO UPDATE SET address = excluded.address, muted = excluded.muted, digest = excluded.digest,
        updated_at = excluded.updated_at""",
        owner, sealed, sorted(contact.muted), contact.digest, at,
    )  # fmt: skip


def contacts(work: Work, owners: Iterable[str]) -> dict[str, Contact]:
    """Contacts of these owners, those that are known."""
    rows = work.rows("SELECT owner, address, muted, digest FROM outbox_contact WHERE owner = ANY(%s)", sorted(owners))
    key = derived("notice-address")
    return {
        owner: Contact(unseal(key, bytes(sealed), owner.encode()).decode(), frozenset(muted), digest)
        for owner, sealed, muted, digest in rows
    }
