"""What an entry says, and its exact bytes.

The body is JSON with sorted keys and no blanks: for our flat strings, numbers and lists this is the canonical form of
RFC 8785. No health content: the act, the mode and the identifiers of documents, never their types or titles.
"""

import json
import os
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID, uuid5

from carnet.apps.storage.api import blind_index
from carnet.kernel.copies import replace

GENESIS = bytes(32)
ACTOR_CHAINS = UUID("4f5f3a0e-6d0c-5b7b-9a51-6a1f0c7b2d11")
"""Name space of the chains of actors (acts that concern no record)."""


@dataclass(frozen=True, slots=True)
class Event:
    """One decision or one write: who, whose record, what, mode, reason given or not, outcome and rule, when."""

    kind: str
    at: datetime
    actor: str
    actor_name: str
    actor_kind: str
    act: str
    mode: str
    outcome: str
    code: str
    rule: str
    structure: str = ""
    profession: str = ""
    means: str = ""
    software: str = ""
    on_behalf_of: str = ""
    record_id: str = ""
    documents: tuple[str, ...] = ()
    detail: str = ""
    under: str = ""
    """Under what it was decided: the rules, a digest of the settings in force, the editions of both matrices."""
    connection: str = ""
    """`secret` for what was done in a secret connection: no document that comes into sight makes it one of the representatives'."""


UNNAMED = frozenset({"holder", "representative", "carer"})
"""Kinds of actors whose name no line bears: the journal outlives the record, whose key opens their names."""
_FIELDS = tuple(field.name for field in fields(Event))


def chain_of(record_id: UUID | None, actor: str) -> UUID:
    """The chain of an entry: the record, else the actor."""
    return record_id or uuid5(ACTOR_CHAINS, actor)


PATIENT, REPRESENTATIVES, BOTH = "patient", "representatives", "both"
VEILS = (PATIENT, REPRESENTATIVES, BOTH)
"""From whom the documents of a veiled chain are hidden while its lines are written."""


def veiled_chain(record_id: UUID, veil: str) -> UUID:
    """The chain of what concerns documents that somebody on the patient's side may not see yet (ADR 17).

    In the record's own chain such a line would show: by its text, or by the number that the next line carries. Nobody can
    work out the name of a veiled chain, so that nobody can tell from the daily map whether there is one.
    """
    return UUID(bytes=blind_index("journal-veil", f"{record_id}/{veil}")[:16])


def chains_of(record_id: UUID) -> tuple[UUID, ...]:
    """Every chain of a record: its own, then the veiled ones."""
    return record_id, *(veiled_chain(record_id, veil) for veil in VEILS)


def body_of(event: Event) -> str:
    """The canonical text of an entry. The salt keeps a hash from being guessed: hashes are leaves of a public tree."""
    named = event if event.actor_kind not in UNNAMED else replace(event, actor_name="")
    values = ((name, getattr(named, name)) for name in _FIELDS)
    told = {name: value for name, value in values if value not in ("", ())}
    told["at"] = event.at.isoformat(timespec="microseconds")
    told["salt"] = os.urandom(16).hex()
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
