"""Identities of many people at once, and what happens to one in its life: a new matricule, the end of an old one.

The writers by COPY are for the owner of the tables (an import); the others for whoever acts in the scope of a record.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from carnet.apps.identity.candidates import index, tokens
from carnet.apps.identity.insured import Insured
from carnet.apps.identity.patients import attach, index_of, traits_of
from carnet.apps.identity.vigilance import IdentityError
from carnet.apps.storage.api import RecordKey, Work
from carnet.kernel.ins import Ins

_PATIENTS = "identity_patient (record_id, status, annotations, sealed)"
_INSES = "identity_ins (ins_index, record_id, active, valid_from, valid_to, sealed)"
_TOKENS = "identity_trait_token (token, record_id)"


def register_many(work: Work, people: Sequence[tuple[RecordKey, Insured]], status: str, on: date) -> None:
    """Keep the identities of many new records at once: traits, the matricule in force, former ones, digests of traits."""
    none: list[str] = []
    rows = ((k.record_id, status, none, k.seal(json.dumps(asdict(p.traits)).encode(), "traits")) for k, p in people)
    work.copy_in(_PATIENTS, rows)
    work.copy_in(_INSES, (row for key, one in people for row in _inses(key, one, on)))
    work.copy_in(_TOKENS, ((token, key.record_id) for key, one in people for token in tokens(one.traits)))


def _inses(key: RecordKey, one: Insured, on: date) -> list[tuple[object, ...]]:
    told = [(one.ins, True, None), *((former, False, on) for former in one.former if former != one.ins)]
    return [
        (index_of(ins), key.record_id, active, None, until, key.seal(f"{ins.matricule}|{ins.oid}".encode(), "ins"))
        for ins, active, until in told
    ]


def records_of(work: Work, inses: Collection[Ins]) -> dict[Ins, tuple[UUID, bool]]:
    """The records that these matricules lead to, and whether each is in force there; for the owner of the tables."""
    digests = {index_of(ins): ins for ins in inses}
    rows = work.rows("SELECT ins_index, record_id, active FROM identity_ins WHERE ins_index = ANY(%s)", list(digests))
    return {digests[bytes(index)]: (record_id, active) for index, record_id, active in rows}


def first_seen(work: Work, table: str, inses: Sequence[Ins]) -> set[Ins]:
    """Matricules that a temporary table of digests did not hold yet; it holds them from now on (a count without writing)."""
    digests = {index_of(ins): ins for ins in inses}
    sql = f"INSERT INTO {table} SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING RETURNING ins_index"
    return {digests[bytes(row[0])] for row in work.rows(sql, list(digests))}


def known_in(work: Work, table: str, inses: Sequence[Ins]) -> set[Ins]:
    """Matricules that a temporary table of digests holds."""
    digests = {index_of(ins): ins for ins in inses}
    sql = f"SELECT ins_index FROM {table} WHERE ins_index = ANY(%s)"  # noqa: S608 (the caller's)
    return {digests[bytes(row[0])] for row in work.rows(sql, list(digests))}


def alike(work: Work, people: Collection[tuple[UUID, Insured]]) -> set[UUID]:
    """Those of the records whose person has the traits of the file, as far as digests say it; for the owner of the tables."""
    rows = work.rows(
        "SELECT record_id, array_agg(token) FROM identity_trait_token WHERE record_id = ANY(%s) GROUP BY record_id",
        [record_id for record_id, _ in people],
    )
    held = {record_id: {bytes(token) for token in found} for record_id, found in rows}
    return {record_id for record_id, one in people if held.get(record_id) == set(tokens(one.traits))}


def change_matricule(work: Work, key: RecordKey, ins: Ins, on: date) -> None:
    """Give a person another matricule, in the scope of their record; the one before is a former one, which still leads there.

    One that was theirs already is in force again. Raises IdentityError for the one in force, and for somebody else's.
    """
    row = work.row("SELECT record_id FROM identity_find(%s)", index_of(ins))
    if row is not None and row[0] != key.record_id:
        raise IdentityError("this matricule is another person's here: unite both records, or correct the other one first")
    if work.row("SELECT 1 FROM identity_ins WHERE record_id = %s AND ins_index = %s AND active", key.record_id, index_of(ins)):
        raise IdentityError("this matricule is the one in force")
    work.run("UPDATE identity_ins SET active = false, valid_to = %s WHERE record_id = %s AND active", on, key.record_id)
    if row is None:
        attach(work, key, ins, on)
    else:
        work.run("UPDATE identity_ins SET active = true, valid_from = %s, valid_to = NULL WHERE record_id = %s AND ins_index = %s",
                 on, key.record_id, index_of(ins))  # fmt: skip


def take_over(work: Work, source: RecordKey, target: RecordKey, on: date) -> list[dict[str, Any]]:
    """The matricules of one record lead to another one from now on, as former ones; its digests of traits go.

    Leaves the scope of the second record. Returns what `give_back` needs, which names no matricule.
    """
    work.enter(source.record_id)
    rows = work.rows("DELETE FROM identity_ins WHERE record_id = %s RETURNING ins_index, active, valid_from, valid_to, sealed",
                     source.record_id)  # fmt: skip
    work.run("DELETE FROM identity_trait_token WHERE record_id = %s", source.record_id)
    work.enter(target.record_id)
    for digest, _, since, until, sealed in rows:
        _put(work, target, bytes(digest), False, since, until or on, source.unseal(bytes(sealed), "ins"))
    return [{"index": bytes(digest).hex(), "active": active, "from": _iso(since), "to": _iso(until)}
            for digest, active, since, until, _ in rows]  # fmt: skip


def give_back(work: Work, source: RecordKey, target: RecordKey, told: Sequence[Mapping[str, Any]]) -> None:
    """The matricules that a union took over lead to their record again, as they did. Leaves the scope of the second record."""
    work.enter(source.record_id)
    plain = {}
    for one in told:
        row = work.row("DELETE FROM identity_ins WHERE record_id = %s AND ins_index = %s RETURNING sealed",
                       source.record_id, bytes.fromhex(one["index"]))  # fmt: skip
        if row is not None:
            plain[one["index"]] = source.unseal(bytes(row[0]), "ins")
    work.enter(target.record_id)
    for one in told:
        if one["index"] in plain:
            since, until = _day(one["from"]), _day(one["to"])
            _put(work, target, bytes.fromhex(one["index"]), one["active"], since, until, plain[one["index"]])
    row = work.row("SELECT sealed FROM identity_patient WHERE record_id = %s", target.record_id)
    if row is not None:
        index(work, target.record_id, traits_of(target, bytes(row[0])))


def _put(work: Work, key: RecordKey, digest: bytes, active: bool, since: date | None, until: date | None, plain: bytes) -> None:
    work.run(
        """INSERT INTO identity_ins (ins_index, record_id, active, valid_from, valid_to, sealed)
        VALUES (%s, %s, %s, %s, %s, %s)""",
        digest, key.record_id, active, since, until, key.seal(plain, "ins"),
    )  # fmt: skip


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
