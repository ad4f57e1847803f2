"""Documents that complete one another (relation `appends`: CDA R2 §4.2.3.1, ITI TF-3 §4.2.2.2): told on both pages, for who sees
both."""

from carnet.apps.records.api import Query, Seen, Visit, criteria, documents
from carnet.pages.rows import Row, row

APPENDS, MOST = "appends", 20


def _appended(seen: Seen) -> list[str]:
    """Numbers of the documents that one says it completes."""
    told = (one for one in seen.resource.get("relatesTo", ()) if one.get("code") == APPENDS)
    return [str(one["target"].get("reference", "")).rpartition("/")[2] for one in told]


def completing(visit: Visit, seen: Seen) -> dict[str, list[Row]]:
    """What a document completes, and what completes it, as a page's context: `completes` and `completed_by`."""
    numbers = _appended(seen)
    whole = documents(visit, Query((criteria.by_logical_id(numbers),), count=MOST)).items if numbers else []
    tied = documents(visit, Query((criteria.by_parent(str(seen.logical_id)),), count=MOST)).items
    own = [one for one in tied if str(seen.logical_id) in _appended(one)]
    # Of an addendum that was replaced, what took its place is told.
    later = [found for one in own if row(one).replaced
             for found in documents(visit, Query((criteria.by_replaced(str(one.logical_id)),), count=1)).items]  # fmt: skip
    held = {one.logical_id: one for one in (*own, *later) if not row(one).replaced}
    return {"completes": [row(one) for one in whole], "completed_by": [row(one) for one in held.values()]}
