"""What apps above join to the life of a record: records calls what joined, and imports none of it (ADR 13).

A hook runs in the transaction of what it follows: a deposit and what is read of it are there together, or not at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from carnet.apps.storage.api import RecordKey, Table, Work


@dataclass(frozen=True, slots=True)
class Deposited:
    """A document that was just written, for whoever reads more in it."""

    logical_id: UUID
    mime: str
    content: bytes
    at: datetime
    again: bool = False
    """Whether it was read before, by a Carnet that read otherwise."""


@dataclass(slots=True)
class Hooks:
    """What joined: readers of deposits, erasers of records, tables that move with a record."""

    deposited: list[Callable[[Work, RecordKey, Deposited], None]] = field(default_factory=list)
    erased: list[Callable[[Work, UUID], None]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


HOOKS = Hooks()


def join_tables(erased: Callable[[Work, UUID], None], tables: tuple[Table, ...]) -> None:
    """Join tables that move with a record and are erased with it. Joining again changes nothing."""
    if erased not in HOOKS.erased:
        HOOKS.erased.append(erased)
        HOOKS.tables.extend(tables)


def named_bytes(work: Work, record_id: UUID) -> frozenset[str]:
    """Addresses of the bytes that rows of the apps above name, beside those of documents."""
    stored = [(t.name, t.stored) for t in HOOKS.tables if t.stored]
    return frozenset(
        address
        for name, column in stored
        for (address,) in work.rows(f"SELECT {column} FROM {name} WHERE record_id = %s", record_id)
    )


def join(
    deposited: Callable[[Work, RecordKey, Deposited], None], erased: Callable[[Work, UUID], None], tables: tuple[Table, ...]
) -> None:
    """Join an app to the life of records, when it starts. Joining again changes nothing."""
    if deposited not in HOOKS.deposited:
        HOOKS.deposited.append(deposited)
    join_tables(erased, tables)
