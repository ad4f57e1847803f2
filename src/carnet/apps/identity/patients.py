"""Patients: an identity per record, its INS over time, and the facts of condition I."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from carnet.apps.identity.candidates import index
from carnet.apps.identity.vigilance import IdentityError, check_traits, loses_matricule, status_after, status_with
from carnet.apps.storage.api import SCOPE, KeyDestroyedError, RecordKey, Work, blind_index, key_of, lookup
from carnet.dicah.facts import IdentityFacts
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits, mismatches


def index_of(ins: Ins) -> bytes:
    """The keyed digest under which an INS is found."""
    return blind_index("ins", f"{ins.oid}|{ins.matricule}")


_FIND = "SELECT record_id FROM identity_find(%s)"


def find(ins: Ins, work: Work | None = None) -> UUID | None:
    """The record that an INS leads to, active or former; None when there is none. Inside a unit of work, pass it."""
    row = work.row(_FIND, index_of(ins)) if work else lookup(_FIND, index_of(ins))
    return row[0] if row else None


def register(work: Work, key: RecordKey, traits: Traits, status: str, annotations: tuple[str, ...] = ()) -> None:
    """Keep the identity of a record, in its scope: provisional at once when it is doubtful or fictitious. Raises IdentityError."""
    check_traits(traits)
    sealed = key.seal(json.dumps(asdict(traits)).encode(), "traits")
    work.run(
        """INSERT INTO identity_patient (record_id, status, annotations, sealed) VALUES (%s, %s, %s, %s)
        ON CONFLICT (record_id) DO UPDATE SET status = excluded.status, annotations = excluded.annotations,
        sealed = excluded.sealed""",
        key.record_id, status_with(status, annotations), list(annotations), sealed,
    )  # fmt: skip
    index(work, key.record_id, traits)


def correct(work: Work, key: RecordKey, traits: Traits, annotations: tuple[str, ...], on: date, certain: bool = False) -> str:
    """Correct the identity of a record, in its scope. Returns its status from now on. Raises IdentityError.

    A doubt that was noted stays until it is lifted (`certain`).
    A changed strict trait takes the matricule away: it becomes a former one, which still leads to the record and opens nothing.
    """
    row = work.row("SELECT status, sealed, annotations FROM identity_patient WHERE record_id = %s FOR UPDATE", key.record_id)
    if row is None:
        raise IdentityError("this record has no identity")
    before = traits_of(key, bytes(row[1]))
    annotations = tuple(sorted({*(() if certain else row[2]), *annotations}))
    status = status_with(status_after(row[0], before, traits), annotations)
    register(work, key, traits, status, annotations)
    if loses_matricule(before, traits):
        work.run("UPDATE identity_ins SET active = false, valid_to = %s WHERE record_id = %s AND active", on, key.record_id)
    return status


def attach(work: Work, key: RecordKey, ins: Ins, valid_from: date | None = None, valid_to: date | None = None) -> None:
    """Give a record an INS. One with an end date is a former INS: it still leads to the record."""
    sealed = key.seal(f"{ins.matricule}|{ins.oid}".encode(), "ins")
    work.run(
        """INSERT INTO identity_ins (ins_index, record_id, active, valid_from, valid_to, sealed)
        VALUES (%s, %s, %s, %s, %s, %s)""",
        index_of(ins), key.record_id, valid_to is None, valid_from, valid_to, sealed,
    )  # fmt: skip


def remains(work: Work, record_id: UUID) -> list[str]:
    """Tables in which something of a record's person is left, in its scope."""
    tables = ("identity_patient", "identity_ins")
    statement = "SELECT 1 FROM {} WHERE record_id = %s LIMIT 1"
    return [table for table in tables if work.rows(statement.format(table), record_id)]


ACTIVE_INS = """SELECT sealed FROM identity_ins WHERE record_id = s.record_id AND active
    ORDER BY valid_from DESC NULLS LAST LIMIT 1"""
"""The INS in force, as a fragment like `FACTS`."""
INS_IN_FORCE = f"SELECT n.sealed FROM (SELECT {SCOPE} AS record_id) AS s JOIN LATERAL ({ACTIVE_INS}) AS n ON true"
"""The statement that brings the INS in force of the record in scope."""


def active_ins(work: Work, key: RecordKey) -> Ins | None:
    """The INS in force of a record, in its scope."""
    return read_ins(key, work.row(INS_IN_FORCE))


def read_ins(key: RecordKey, row: Sequence[Any] | None) -> Ins | None:
    """Read the row of `INS_IN_FORCE`."""
    return ins_of(key, bytes(row[0])) if row else None


def ins_of(key: RecordKey, sealed: bytes) -> Ins:
    """Open a sealed INS."""
    matricule, oid = key.unseal(sealed, "ins").decode().split("|")
    return Ins(matricule, Oid(oid))


def traits_of(key: RecordKey, sealed: bytes) -> Traits:
    """Open sealed traits."""
    return Traits(**json.loads(key.unseal(sealed, "traits")))


def known(work: Work, record_id: UUID) -> tuple[str, Traits] | None:
    """Status and traits of the person of a record, whose scope this enters. None without a record, or without its key."""
    work.enter(record_id)
    row = work.row("SELECT status, sealed, annotations FROM identity_patient WHERE record_id = %s", record_id)
    try:
        return (row[0], traits_of(key_of(work, record_id), bytes(row[1]))) if row else None
    except KeyDestroyedError:
        return None


FACTS = "SELECT status, annotations, sealed FROM identity_patient WHERE record_id = s.record_id"
"""A fragment for the statement that enters a record: `s.record_id` is the record in scope."""


def way(ins: Ins) -> tuple[str, tuple[bytes]]:
    """The lookup that leads from an INS to its record."""
    return _FIND, (index_of(ins),)


def facts(status: str, annotations: list[str], known: Traits, sent: Traits) -> IdentityFacts:
    """Condition I of a record: status, annotations and the names of contradicting traits."""
    wrong = mismatches(sent, known) if sent != Traits() else ()
    return IdentityFacts(status, frozenset(annotations), True, wrong)


def forget(work: Work, record_id: UUID) -> None:
    """Erase the identity of a record that is destroyed: no INS and no trait leads to it any more."""
    for table in ("identity_ins", "identity_trait_token", "identity_patient"):
        work.run(f"DELETE FROM {table} WHERE record_id = %s", record_id)
