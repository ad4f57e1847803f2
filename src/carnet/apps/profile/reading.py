"""What a deposited document states becomes entries of the profile, in the transaction of the deposit."""

from uuid import UUID

from carnet.apps.profile.entries import DOCUMENT, Content, insert, new
from carnet.apps.records.api import TYPES_OF_CDA, Deposited
from carnet.apps.storage.api import RecordKey, Work
from carnet.formats.cda import CdaError, Fact, read_facts

LIMIT = 500
"""Facts of one document that are kept: a longer one is read in the document itself."""


def _content(fact: Fact) -> Content:
    return Content(
        fact.label[:300], fact.code[:60], fact.system[:80], fact.start.isoformat() if fact.start else "",
        fact.end.isoformat() if fact.end else "", fact.detail[:300], fact.value[:40], fact.unit[:40], fact.low[:40],
        fact.high[:40], fact.anchor[:120], fact.active,
    )  # fmt: skip


def read_deposit(work: Work, key: RecordKey, deposited: Deposited) -> None:
    """Keep what a structured CDA states. A document that states nothing leaves nothing, and never stops its deposit."""
    if deposited.mime not in TYPES_OF_CDA:
        return
    try:
        facts = read_facts(deposited.content)
    except CdaError:
        return
    for fact in facts[:LIMIT]:
        _keep(work, key, fact, deposited)


def _keep(work: Work, key: RecordKey, fact: Fact, deposited: Deposited) -> None:
    source: UUID = deposited.logical_id
    insert(work, key, new(fact.section, _content(fact), DOCUMENT, deposited.at, "", source))
