"""Mailboxes that Carnet holds for professionals without one elsewhere, and the look-up of addresses (types PER, ORG, APP, CAB)."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.storage.api import Work, unit
from carnet.kernel.actor import Actor
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name

PERSON, TEAM = "PER", "ORG"
_COLUMNS = """id, address, kind, label, owner, structure, unlisted, hours, automatic_reply, automatic_until, imap, phone"""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox: one's own (PER), or a team's (ORG), read by whoever exercises in the structure."""

    id: UUID
    address: str
    kind: str
    label: str
    owner: str = ""
    structure: str = ""
    unlisted: bool = False
    hours: str = ""
    """When it is read, in words."""
    automatic_reply: str = ""
    automatic_until: date | None = None
    imap: bool = False
    """Whether mails also go to the mail store, for the professional's own mail program."""
    phone: str = ""

    def replies(self, on: date) -> str:
        """The automatic reply of this day; empty without one."""
        return self.automatic_reply if self.automatic_until is None or on <= self.automatic_until else ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What those who read a mailbox may say about it."""

    hours: str = ""
    automatic_reply: str = ""
    automatic_until: date | None = None
    unlisted: bool = False
    phone: str = ""


def _address(work: Work, label: str, number: str) -> str:
    """An address that people can say; with the whole identifier where another mailbox of that name has the short one."""
    words = re.sub(r"[^a-z0-9]+", ".", normalise_name(label).lower()).strip(".")[:40]
    said = f"{words}.{number[-4:]}@{settings.CARNET.mss_domain}"
    if words and mailbox_at(work, said) is None:
        return said
    whole = re.sub(r"[^a-z0-9]+", "-", number.lower())
    return f"{words}.{whole}".strip(".")[:64] + f"@{settings.CARNET.mss_domain}"


def mailboxes_of(actor: Actor, work: Work | None = None) -> list[Mailbox]:
    """The mailboxes that a professional reads: their own, and those of the structure of the situation they act in."""
    sql = f"""SELECT {_COLUMNS} FROM messaging_mailbox WHERE (kind = 'PER' AND owner = %s) OR (kind <> 'PER' AND structure = %s
        AND structure <> '') ORDER BY kind DESC, label"""
    values = (actor.id, actor.situation.structure)
    if work is not None:
        return [Mailbox(*row) for row in work.rows(sql, *values)]
    with unit() as own:
        return [Mailbox(*row) for row in own.rows(sql, *values)]


def offered_mailboxes(actor: Actor, work: Work | None = None) -> list[Mailbox]:
    """The mailboxes that a professional reads, those that are made at their first use among them: one's own, and that of the team
    where there is a structure."""
    if work is None:
        with unit() as own:
            return offered_mailboxes(actor, own)
    found, place = mailboxes_of(actor, work), actor.situation
    if not any(m.kind == PERSON for m in found):
        found.append(Mailbox(uuid4(), _address(work, actor.name, actor.id), PERSON, actor.name, actor.id, place.structure))
    if place.structure and not any(m.kind == TEAM for m in found):
        label = place.structure_name or place.structure
        found.append(Mailbox(uuid4(), _address(work, label, place.structure), TEAM, label, "", place.structure))
    return found


def open_mailboxes(actor: Actor, at: datetime) -> list[Mailbox]:
    """The same, made now where they are not there yet."""
    with unit() as work:
        for one in offered_mailboxes(actor, work):
            _make(work, one, at)
        return mailboxes_of(actor, work)


def _make(work: Work, one: Mailbox, at: datetime) -> None:
    work.run(
        """INSERT INTO messaging_mailbox (id, address, kind, label, owner, structure, unlisted, hours, automatic_reply,
        automatic_until, imap, phone, created_at) VALUES (%s, %s, %s, %s, %s, %s, false, '', '', NULL, false, '', %s)
        ON CONFLICT DO NOTHING""",
        one.id,
        one.address,
        one.kind,
        one.label[:200],
        one.owner,
        one.structure,
        at,
    )


def mailbox(work: Work, number: UUID) -> Mailbox | None:
    """A mailbox by its number."""
    row = work.row(f"SELECT {_COLUMNS} FROM messaging_mailbox WHERE id = %s", number)
    return Mailbox(*row) if row else None


def mailbox_at(work: Work, address: str) -> Mailbox | None:
    """A mailbox by its address."""
    row = work.row(f"SELECT {_COLUMNS} FROM messaging_mailbox WHERE address = %s", address.lower())
    return Mailbox(*row) if row else None


def mailboxes_in(work: Work, numbers: list[UUID]) -> dict[UUID, Mailbox]:
    """Mailboxes by their numbers."""
    return {row[0]: Mailbox(*row) for row in work.rows(f"SELECT {_COLUMNS} FROM messaging_mailbox WHERE id = ANY(%s)", numbers)}


def of_structures(work: Work, structures: list[str]) -> list[Mailbox]:
    """The team mailboxes of structures."""
    rows = work.rows(f"SELECT {_COLUMNS} FROM messaging_mailbox WHERE kind <> 'PER' AND structure = ANY(%s)", structures)
    return [Mailbox(*row) for row in rows]


def change_mailbox(actor: Actor, number: UUID, told: Settings) -> None:
    """Change what is said of a mailbox that one reads. Raises Refusal."""
    if number not in {m.id for m in mailboxes_of(actor)}:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    with unit() as work:
        work.run(
            """UPDATE messaging_mailbox SET hours = %s, automatic_reply = %s, automatic_until = %s, unlisted = %s, phone = %s
            WHERE id = %s""",
            told.hours[:120], told.automatic_reply[:2000], told.automatic_until, told.unlisted, told.phone[:40], number,
        )  # fmt: skip


def look_up(question: str, kind: str = "", most: int = 30) -> list[Mailbox]:
    """Mailboxes by name, address or kind. One that is unlisted (liste rouge) is found by nobody who does not know it."""
    words = [f"%{w}%" for w in question.replace("%", "").replace("_", "").split()][:5]
    if not words:
        return []
    with unit() as work:
        rows = work.rows(
            f"""SELECT {_COLUMNS} FROM messaging_mailbox WHERE (label ILIKE ALL(%s) OR address = %s)
            AND NOT (unlisted AND address <> %s)
            AND (%s = '' OR kind = %s) ORDER BY kind DESC, label LIMIT %s""",
            words,
            question.strip().lower(),
            question.strip().lower(),
            kind,
            kind,
            most,
        )
    return [Mailbox(*row) for row in rows]
