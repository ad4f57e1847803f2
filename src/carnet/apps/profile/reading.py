"""What a deposited document states becomes entries of the profile, in the transaction of the deposit.

A later Carnet reads better: `carnet reindex` reads documents again. What a person or a professional wrote, confirmed, corrected
or withdrew stays as it is; only what a document alone says is made again.
"""

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.apps.profile.entries import DOCUMENT, Content, Entry, insert, new, opened
from carnet.apps.records.api import TYPES_OF_CDA, Deposited
from carnet.apps.storage.api import RecordKey, Work
from carnet.formats.cda import CdaError, Statement, read_statements
from carnet.formats.cda.statements import Polarity, Range
from carnet.formats.timestamps import from_hl7
from carnet.kernel.traits import normalise_name

NO_LABEL, NO_INFORMATION = "Sans libellé", "Pas d’information"
"""What stands for a name that the document does not give, and where it says that nobody knows."""


def _short(text: str, most: int) -> str:
    """A text that fits; one that is cut says so."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _label(statement: Statement) -> str:
    if statement.label:
        return statement.label
    if statement.polarity is Polarity.NO_INFORMATION and not statement.codes:
        return NO_INFORMATION
    return f"{NO_LABEL} (code {statement.code.code})" if statement.code.code else NO_LABEL


def _range(held: Range) -> str:
    """Bounds in words, with those for whom they are."""
    between = held.text or " à ".join(bound for bound in (held.low, held.high) if bound)
    return " ".join(part for part in (f"{held.whom} :" if held.whom else "", between, held.unit) if part)


def _day(told: str, instant: str) -> str:
    """A day as it was written: its author counts the days of where they are. A moment in UTC is nobody's day, and is told as
    the one of the country; midnight there is a day without hour."""
    hour, sign, zone = instant[8:].partition("+")
    if not sign or zone.strip("0") or not hour.strip("0"):
        return told
    try:
        return settings.LAW.day(from_hl7(instant, ZoneInfo(settings.LAW.civil_zone))).isoformat()
    except (ValueError, OverflowError):
        return told


def content_of(statement: Statement) -> Content:
    """A statement as the profile keeps it."""
    value, bounds, first = statement.value, statement.bounds, statement.code
    said = [_range(r) for r in statement.ranges if r is not bounds]
    return Content(
        label=_short(_label(statement), 300), code=first.code[:60], system=first.system[:80],
        start=_day(statement.when.start, statement.when.instant), end=_day(statement.when.end, statement.when.until),
        detail=_short(statement.detail, 2000),
        value=_short((value.number or value.text) if value else "", 400), unit=value.unit[:60] if value else "",
        low=bounds.low[:40], high=bounds.high[:40], anchor=statement.anchor[:120], active=not statement.over,
        origin=statement.when.origin.value, instant=statement.when.instant[:40], polarity=statement.polarity.value,
        status=statement.status.value, clinical=statement.clinical, certainty=statement.certainty,
        comparator=value.comparator if value else "",
        upper=value.upper[:40] if value else "", bounds_unit=bounds.unit[:60], bounds_text=_short(" ; ".join(said), 400),
        interpretation=_short(statement.interpretation, 120), also=statement.also[:80], phase=statement.phase.value,
        organism=_short(statement.organism, 120), author=_short(statement.author, 120), place=_short(statement.place, 120),
        lasts=statement.when.width, route=_short(statement.route, 60), site=_short(statement.site, 60),
        performer=_short(statement.performer, 120), comment=_short(statement.comment, 400),
        codes=tuple((c.code[:60], c.system[:80], c.display[:200]) for c in statement.codes[:12]),
    )  # fmt: skip


def _statements(deposited: Deposited) -> tuple[Statement, ...]:
    """What a structured CDA states. A document that states nothing never stops its deposit."""
    if deposited.mime not in TYPES_OF_CDA:
        return ()
    try:
        return read_statements(deposited.content).statements
    except CdaError:
        return ()


def _name(section: str, content: Content) -> tuple[str, str]:
    """What somebody rules on: the thing, whatever date an earlier reading gave to it."""
    return section, normalise_name(content.label)


def _made_again(work: Work, key: RecordKey, deposited: Deposited) -> set[tuple[str, str]]:
    """Remove what an earlier reading of this document left, and return the names that people have ruled on since."""
    rows = work.rows(
        """SELECT entry_id, section, source, document_id, recorded_at, recorded_by, confirmed, replaces, ended_at, sealed, secret,
        '', NULL FROM profile_entry WHERE record_id = %s AND document_id = %s AND source = 'document'""",
        key.record_id, deposited.logical_id,
    )  # fmt: skip
    found: list[Entry] = [opened(key, row) for row in rows]
    work.run(
        """DELETE FROM profile_entry WHERE record_id = %s AND document_id = %s AND source = 'document' AND ended_at IS NULL""",
        key.record_id, deposited.logical_id,
    )  # fmt: skip
    return {_name(entry.section, entry.content) for entry in found if entry.ended_at is not None}


def read_deposit(work: Work, key: RecordKey, deposited: Deposited) -> None:
    """Keep what a document states. Read again, it gives what it states now, but for what somebody has confirmed or withdrawn."""
    ruled = _made_again(work, key, deposited) if deposited.again else set()
    source: UUID = deposited.logical_id
    for statement in _statements(deposited):
        content = content_of(statement)
        if _name(statement.section, content) not in ruled:
            insert(work, key, new(statement.section, content, DOCUMENT, deposited.at, "", source))
