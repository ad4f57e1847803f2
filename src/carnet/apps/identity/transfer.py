"""The identity of a record as plain values, back again, and whether what is stored holds together."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

from cryptography.exceptions import InvalidTag

from carnet.apps.identity.candidates import index, tokens
from carnet.apps.identity.patients import attach, index_of, register, traits_of
from carnet.apps.storage.api import RecordKey, Values, Work
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits

_PATIENT = "SELECT status, annotations, sealed FROM identity_patient WHERE record_id = %s"
_INS = "SELECT sealed, valid_from, valid_to, ins_index, active FROM identity_ins WHERE record_id = %s ORDER BY ins_index"


def _ins(key: RecordKey, sealed: bytes) -> Ins:
    matricule, oid = key.unseal(sealed, "ins").decode().split("|")
    return Ins(matricule, Oid(oid))


def dump(work: Work, key: RecordKey) -> Values:
    """Traits, status and every INS of a record."""
    status, annotations, sealed = work.rows(_PATIENT, key.record_id)[0]
    found = []
    for row in work.rows(_INS, key.record_id):
        ins = _ins(key, bytes(row[0]))
        found.append({"matricule": ins.matricule, "oid": str(ins.oid), "from": _text(row[1]), "to": _text(row[2])})
    return {"status": status, "annotations": annotations, "traits": asdict(traits_of(key, bytes(sealed))), "ins": found}


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def inses(values: Values) -> list[Ins]:
    """Every INS of a dumped identity."""
    return [Ins(one["matricule"], Oid(one["oid"])) for one in values["ins"]]


def load(work: Work, key: RecordKey, values: Values) -> None:
    """Keep a dumped identity for the record of this key: sealed under it, found by this installation's digests."""
    register(work, key, Traits(**values["traits"]), values["status"], tuple(values["annotations"]))
    for one, ins in zip(values["ins"], inses(values), strict=True):
        attach(work, key, ins, _day(one["from"]), _day(one["to"]))


def reindex(work: Work, key: RecordKey) -> None:
    """Make the digests of traits again (after an upgrade from a release that had none, or a change of what they join)."""
    patient = work.row(_PATIENT, key.record_id)
    if patient is not None:
        index(work, key.record_id, traits_of(key, bytes(patient[2])))


def check(work: Work, key: RecordKey) -> Iterator[str]:
    """Sorts of faults in the identity of a record."""
    patient = work.row(_PATIENT, key.record_id)
    if patient is None:
        yield "identity-missing"
        return
    try:
        traits = traits_of(key, bytes(patient[2]))
        numbers = [(_ins(key, bytes(row[0])), bytes(row[3])) for row in work.rows(_INS, key.record_id)]
    except InvalidTag:
        yield "identity-unreadable"
        return
    if not numbers or any(index_of(ins) != digest for ins, digest in numbers):
        yield "identity-ins"
    stored = {bytes(row[0]) for row in work.rows("SELECT token FROM identity_trait_token WHERE record_id = %s", key.record_id)}
    if stored != set(tokens(traits)):
        yield "identity-tokens"
