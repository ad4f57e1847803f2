"""A relation shows only between two documents that the reader sees: an id in `relatesTo` would tell that another exists."""

import json
from collections.abc import Collection, Sequence
from uuid import UUID

from carnet.apps.records.entry.facts import DOCUMENT, stored_document
from carnet.apps.storage.api import Steps, Work
from carnet.dicah import Permit, decide
from carnet.dicah.facts import Facts
from carnet.formats.fhir import Json
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace


def readable(ask: Ask, facts: Facts, documents: Sequence[UUID]) -> Steps[frozenset[UUID]]:
    """Those of the documents that the asker may read, by the law itself. In the scope of their record."""
    answers = (yield [(DOCUMENT, (one,)) for one in documents]) if documents else []
    found = (stored_document(row) for answer in answers for row in answer.fetchall())
    question = replace(ask, act=Act.READ)
    return frozenset(d.logical_id for d in found if isinstance(decide(question, replace(facts, document=d.facts)), Permit))


def without(resource: Json, hidden: Collection[UUID | str]) -> Json:
    """A DocumentReference without its relations to these documents."""
    names = {f"DocumentReference/{one}" for one in hidden}
    shown = [r for r in resource.get("relatesTo", []) if r.get("target", {}).get("reference") not in names]
    return {k: v for k, v in resource.items() if k != "relatesTo"} | ({"relatesTo": shown} if shown else {})


def trimmed(resource: bytes, parents: Collection[UUID | str], seen: Collection[UUID | str]) -> bytes:
    """A stored resource as a reader gets it, who sees these of its parents. Untouched, byte for byte, when it is all."""
    hidden = set(parents) - set(seen) if parents else ()
    if not hidden:
        return resource
    return json.dumps(without(json.loads(resource), hidden), ensure_ascii=False, separators=(",", ":")).encode()


def unseen_by_holder(work: Work, record_id: UUID) -> list[UUID]:
    """Documents that the holder or the representatives do not see, or that hold no more: for the worker, in the record's scope."""
    rows = work.rows(
        """SELECT logical_id FROM records_document WHERE record_id = %s
        AND (hidden_from_patient OR hidden_from_representatives OR status <> 'Approved')""",
        record_id,
    )
    return [row[0] for row in rows]
