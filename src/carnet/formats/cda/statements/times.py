"""Times of entries: as precise as they were written, and no more (HL7 v3 data types, TS and IVL_TS)."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.model import Origin, When
from carnet.formats.cda.statements.units import DAYS, decimal, duration

_TS = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(\d{2,6}(?:\.\d+)?(?:[+-]\d{4}|Z)?)?)?)?(?:[+-]\d{4}|Z)?")
_ISO = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d)(?:T[\d:.]*(?:Z|[+-][\d:]*)?)?)?()")
"""A day written with hyphens is no TS, and can mean one thing alone."""
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def type_of(node: etree._Element) -> str:
    """The data type that a node declares: a QName, whose prefix may be any (XML Schema part 1 §2.6.1). Empty for none of HL7."""
    prefix, _, local = (node.get(XSI_TYPE) or "").strip().rpartition(":")
    known = node.nsmap.get(prefix or None)
    return local if known in (None, "urn:hl7-org:v3") else ""


def partial(text: str) -> str:
    """A TS as an ISO date of the same precision, at most a day; empty for what is none."""
    match = _TS.fullmatch(text.strip()) or _ISO.fullmatch(text.strip())
    if match is None:
        return ""
    year, month, day = match.group(1), match.group(2), match.group(3)
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return "-".join(part for part in (year, month, day) if part)


def _instant(text: str) -> str:
    """A moment as HL7 v3 writes it, where it is written so or as FHIR does: that can mean one thing alone."""
    text = text.strip()
    match = _TS.fullmatch(text)
    if match:
        return text.replace("Z", "+0000") if match.group(4) else ""
    try:
        return f"{datetime.fromisoformat(text):%Y%m%d%H%M%S%z}" if "T" in text and _ISO.fullmatch(text) else ""
    except ValueError:
        return ""


def _point(node: etree._Element | None) -> str:
    return partial(node.get("value") or "") if node is not None else ""


def _last(high: etree._Element | None) -> str:
    """The last day of an interval. One that is left out of it ends it on the day before."""
    end = _point(high)
    left_out = (
        high is not None and (high.get("inclusive") or "").strip() in ("false", "0") and not _instant(high.get("value") or "")
    )
    if not left_out or len(end) != len("2026-01-01") or end == date.min.isoformat():
        return end
    return (date.fromisoformat(end) - timedelta(days=1)).isoformat()


def _is_interval(node: etree._Element) -> bool:
    return type_of(node) in ("", "TS", "IVL_TS", "SXPR_TS")


def times_of(node: etree._Element) -> list[etree._Element]:
    """The times of an entry, those inside a parenthesis (SXPR_TS) brought out."""
    found = []
    for time in node.iterfind("h:effectiveTime", NS):
        found += time.findall("h:comp", NS) or [time]
    return found


def _month_end(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def _ended(start: str, width: etree._Element | None) -> tuple[str, str, int]:
    """End, words and days of a width. An end is a day where a day begins it, else the month in which it has come at the latest."""
    value, unit = (width.get("value") or "", width.get("unit") or "") if width is not None else ("", "")
    lasts = decimal(value)
    if lasts is None or unit not in DAYS:
        return "", duration(value, unit), 0
    try:
        days = round(lasts * DAYS[unit])
        whole, month = len(start) == len("2026-01-01"), len(start) == len("2026-01")
        year = len(start) == len("2026")
        first = date.fromisoformat(start) if whole else _month_end(start if month else f"{start}-12") if month or year else None
        last = first + timedelta(days=max(days - 1, 0)) if first and days else None
    except (ValueError, OverflowError):
        return "", duration(value, unit), 0
    return (last.isoformat() if whole else last.isoformat()[:7]) if last else "", duration(value, unit), days


def _read(time: etree._Element) -> When | None:
    low, high, width, center = (time.find(f"h:{name}", NS) for name in ("low", "high", "width", "center"))
    begins = low if low is not None and low.get("value") else center
    written = time.get("value") or (begins.get("value") if begins is not None else "") or ""
    start, end = partial(written), _last(high)
    by_width, told, days = _ended(start, width)
    if start or end or told:
        origin = Origin.OWN if start or end else Origin.NOT_STATED
        return When(
            start,
            end or by_width,
            origin,
            _instant(written),
            told,
            days,
            _instant(high.get("value") or "") if high is not None else "",
        )
    nothing = [time, *(n for n in (low, center) if n is not None)]
    if any((n.get("value") or "").strip() for n in (*nothing, high) if n is not None):
        return When(origin=Origin.UNREADABLE)
    return When(origin=Origin.UNKNOWN) if any(n.get("nullFlavor") for n in nothing) else None


def excludes(time: etree._Element) -> bool:
    """Whether a time is taken out of the others (HL7 v3 SetOperator E): a pause, not when it is."""
    return (time.get("operator") or "").strip() == "E"


def at_once(node: etree._Element) -> bool:
    """Whether the one time of an administration is a moment with its hour (C-CDA: a single administration)."""
    times = times_of(node)
    return len(times) == 1 and type_of(times[0]) in ("", "TS") and bool(_instant(times[0].get("value") or ""))


def when_of(node: etree._Element) -> When:
    """Beginning and end of an entry by its own words."""
    read = [w for time in times_of(node) if _is_interval(time) and not excludes(time) and (w := _read(time)) is not None]
    return next((w for w in read if w.origin is Origin.OWN), read[0] if read else When())


def when_within(node: etree._Element, ancestors: list[etree._Element], document: When) -> When:
    """When something was found: by its own time, else that of the organizer that holds it, else the document's, said to be so.

    A time that the author said to be unknown stays unknown: nothing is put in its place.
    """
    own = when_of(node)
    if own.origin is not Origin.NOT_STATED:
        return own
    for holder in ancestors:
        found = when_of(holder)
        if found.origin is Origin.OWN:
            return When(found.start, found.end, Origin.ORGANIZER, found.instant)
    return document
