"""Public face of records. What concerns a person's data takes an Ask, decides, journals, and only then touches them.

Without an Ask: `create_record` and `change_state`, which read nothing back and which no door calls (they serve the
demonstration until the acts of the holder join), and `sweep_orphans`, for the operator.
"""

from carnet.apps.records.admission import (
    RecordStatus,
    declare_authorisation,
    open_emergency,
    test_record,
    withdraw_authorisation,
)
from carnet.apps.records.changing import change_document
from carnet.apps.records.deposit import Accepted, Receipt, deposit
from carnet.apps.records.opening import change_state, create_record
from carnet.apps.records.reading import Content, read_content, read_metadata
from carnet.apps.records.search import Criterion, Cursor, Page, Query, ins_of_record, search
from carnet.apps.records.sweeping import sweep_orphans

__all__ = [
    "Accepted",
    "Content",
    "Criterion",
    "Cursor",
    "Page",
    "Query",
    "Receipt",
    "RecordStatus",
    "change_document",
    "change_state",
    "create_record",
    "declare_authorisation",
    "deposit",
    "ins_of_record",
    "open_emergency",
    "read_content",
    "read_metadata",
    "search",
    "sweep_orphans",
    "test_record",
    "withdraw_authorisation",
]
