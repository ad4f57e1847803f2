"""Statements in one line, for documents that tests write."""

from datetime import date

from carnet.formats.cda import Statement
from carnet.formats.cda.statements import Origin, Range, Value, When
from carnet.formats.xds import Coding


def stated(
    section: str, label: str, code: str = "", system: str = "", start: date | None = None, end: date | None = None, detail: str = "",
    value: str = "", unit: str = "", low: str = "", high: str = "", **more: object,
) -> Statement:  # fmt: skip
    """A statement with one code, whole days, and one range of bounds."""
    when = When(start.isoformat() if start else "", end.isoformat() if end else "", Origin.OWN if start else Origin.NOT_STATED)
    return Statement(
        section, label, (Coding(code, system),) if code else (), when, value=Value(value, unit) if value else None,
        ranges=(Range(low, high, unit),) if low or high else (), detail=detail, **more,  # type: ignore[arg-type]
    )  # fmt: skip
