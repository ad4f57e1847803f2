"""Moments as HL7 v3 and FHIR write them, with less precision than a second allowed (ITI TF-3 §4.2.3.1.7)."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_TS = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4}|Z)?")
_INSTANT = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?")

_SEARCHED = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?")
"""The same where the zone of an hour may be left out: in a search it should stand there, and need not."""


def _zone(text: str | None) -> timezone:
    if not text or text == "Z":
        return UTC
    digits = text.replace(":", "")
    sign = -1 if digits[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5])))


def _moment(parts: tuple[str | None, ...], zone: str | None) -> datetime:
    year, month, day, hour, minute, second = (int(p) if p else None for p in parts)
    return datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=_zone(zone)).astimezone(UTC)


def from_hl7(text: str, local: tzinfo = UTC) -> datetime:
    """Read an HL7 v3 TS (`202302091130+0100`, `1979`); `Z`, which is FHIR's, is read too. Raises ValueError.

    `local` is the zone of an hour that gives none: XDS slots are UTC (EX_3.1-1070), CDA is local. A day alone is moved by no zone.
    """
    match = _TS.fullmatch(text.strip())
    if not match:
        raise ValueError(f"not an HL7 time: {text[:40]!r}")
    moment = _moment(match.groups()[:6], match.group(7))
    without_zone = match.group(4) and not match.group(7)
    return moment.replace(tzinfo=local).astimezone(UTC) if without_zone else moment


def from_fhir(text: str) -> datetime:
    """Read a FHIR date, dateTime or instant. Raises ValueError."""
    match = _INSTANT.fullmatch(text.strip())
    if not match:
        raise ValueError(f"not a FHIR time: {text[:40]!r}")
    return _moment(match.groups()[:6], match.group(7))


def bounds_of_fhir(text: str, local: tzinfo = UTC) -> tuple[datetime, datetime]:
    """First moment covered by a FHIR date, and first moment after it: a day covers the hours between two midnights.

    `local` is the zone of what gives none: a day, a month, a year, and an hour of a search (FHIR R4 §3.1.1.5.6). The last day of
    the calendar has no end but its own. Raises ValueError, and OverflowError before the first.
    """
    match = _SEARCHED.fullmatch(text.strip())
    if not match:
        raise ValueError(f"not a FHIR time: {text[:40]!r}")
    _, month, day, hour, _, second, zone = match.groups()
    start = _moment(match.groups()[:6], zone)
    if hour is not None:
        start = start if zone else start.replace(tzinfo=local).astimezone(UTC)
        return start, start + (timedelta(minutes=1) if second is None else timedelta(seconds=1))
    try:
        if day is not None:
            end = start + timedelta(days=1)
        elif month is not None:
            end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        else:
            end = start.replace(year=start.year + 1)
        after = end.replace(tzinfo=local).astimezone(UTC)
    except (OverflowError, ValueError):
        after = datetime.max.replace(tzinfo=UTC)
    return start.replace(tzinfo=local).astimezone(UTC), after


def to_fhir(moment: datetime) -> str:
    """Write an instant in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_hl7(moment: datetime) -> str:
    """Write an HL7 v3 TS in UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
