"""Reading Immunization and Appointment resources that software sends: what is kept, and the names of what is not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from carnet.formats.cda.statements import Polarity
from carnet.formats.cda.statements.absent import polarity_of
from carnet.formats.fhir.immunization import ATC, Given
from carnet.formats.fhir.reading import FhirError, Json, items, moment, obj, text, understood
from carnet.formats.timestamps import from_fhir
from carnet.formats.xds import Coding
from carnet.kernel.clock import day_in

_OIDS = {ATC: "2.16.840.1.113883.6.73", "http://hl7.org/fhir/sid/cvx": "2.16.840.1.113883.12.292"}
_KEPT = frozenset(
    [
        "resourceType",
        "id",
        "status",
        "vaccineCode",
        "patient",
        "occurrenceDateTime",
        "occurrenceString",
        "lotNumber",
        "route",
        "site",
        "performer",
        "note",
        "recorded",
        "text",
        "meta",
    ]
)
_APPOINTMENT = frozenset(
    [
        "resourceType",
        "id",
        "status",
        "description",
        "start",
        "end",
        "requestedPeriod",
        "minutesDuration",
        "participant",
        "comment",
        "patientInstruction",
        "text",
        "meta",
    ]
)
_NO_VACCINE = ("998", _OIDS["http://hl7.org/fhir/sid/cvx"])
"""CVX: no vaccine administered."""
MOST = 12


@dataclass(frozen=True, slots=True)
class Read:
    """A dose that was read, who it is about (a reference or an identifier), and the elements that are not kept."""

    given: Given
    patient: Json
    left: tuple[str, ...]
    unnamed: bool = False
    """Whether somebody gave it whose name is not said."""


def _shown_to_all(node: Json, path: str) -> None:
    """Raises FhirError for a resource that asks to be hidden from somebody: it would be shown."""
    for label in items(obj(node, "meta", path), "security", f"{path}.meta"):
        if text(label, "code", f"{path}.meta.security") not in ("", "N"):
            raise FhirError(f"{path}.meta.security", "is not honoured here: it would be shown to whom it was to be hidden from")


def _concept(node: Json, key: str, path: str) -> str:
    """A CodeableConcept in words: its text, else the first display, else a code."""
    held = obj(node, key, path)
    codings = items(held, "coding", f"{path}.{key}")
    shown = [text(c, "display", path) or text(c, "code", path) for c in codings]
    return text(held, "text", f"{path}.{key}") or next((s for s in shown if s), "")


def _codes(node: Json, path: str) -> tuple[tuple[str, str, str], ...]:
    codings = items(obj(node, "vaccineCode", path), "coding", f"{path}.vaccineCode")
    read = ((text(c, "code", path), text(c, "system", path), text(c, "display", path)) for c in codings[:MOST])
    return tuple(
        (code[:60], _OIDS.get(system, system.removeprefix("urn:oid:"))[:80], display[:200]) for code, system, display in read
    )


def read_immunization(node: Json, zone: str, path: str = "Immunization") -> Read:
    """An Immunization that was given, in the civil time of a zone. Raises FhirError for one that was not, or names no vaccine."""
    understood(node, path)
    _shown_to_all(node, path)
    if node.get("resourceType") != "Immunization":
        raise FhirError(path, "must be an Immunization")
    if text(node, "status", path) != "completed":
        raise FhirError(f"{path}.status", "must be completed: what was not given, or was entered in error, is not a dose")
    if obj(node, "vaccineCode", path) == {}:
        raise FhirError(f"{path}.vaccineCode", "is mandatory")
    label = _concept(node, "vaccineCode", path)
    if not label:
        raise FhirError(f"{path}.vaccineCode", "names no vaccine")
    codes, start = _codes(node, path), text(node, "occurrenceDateTime", path)
    if polarity_of(tuple(Coding(*code) for code in codes), label, bool(start)) is not Polarity.AFFIRMED or _NO_VACCINE in {
        c[:2] for c in codes
    }:
        raise FhirError(f"{path}.vaccineCode", "says that no dose is known, or that nobody knows: that is no dose")
    if node.get("isSubpotent"):
        raise FhirError(f"{path}.isSubpotent", "changes the meaning of the resource: a dose that does not count is not kept as one")
    if not start and not text(node, "occurrenceString", path):
        raise FhirError(f"{path}.occurrence[x]", "is mandatory; occurrenceString says that a date is unknown")
    performers = [obj(p, "actor", f"{path}.performer") for p in items(node, "performer", path)]
    named = [name for p in performers if (name := text(p, "display", path))]
    notes = [text(n, "text", f"{path}.note") for n in items(node, "note", path)]
    given = Given(
        text(node, "id", path)[:64], label[:300], codes, _day(start, zone, f"{path}.occurrenceDateTime"),
        text(node, "lotNumber", path)[:40], _concept(node, "route", path)[:60], _concept(node, "site", path)[:60],
        next(iter(named), "")[:120], None if node.get("primarySource", True) is not False else False,
        " ".join(n for n in notes if n)[:2000],
    )  # fmt: skip
    coded = items(obj(node, "vaccineCode", path), "coding", f"{path}.vaccineCode")
    cut = {
        "performer": len(performers) > 1 or (bool(performers) and not named), "vaccineCode": len(coded) > MOST or len(label) > 300,
        "occurrenceString": "occurrenceString" in node, "note": len(" ".join(notes)) > 2000,
        "lotNumber": len(text(node, "lotNumber", path)) > 40, "occurrenceDateTime.hour": "T" in start,
        "route.coding": "coding" in obj(node, "route", path), "site.coding": "coding" in obj(node, "site", path),
        "route": len(_concept(node, "route", path)) > 60, "site": len(_concept(node, "site", path)) > 60,
        "performer.actor.display": any(len(name) > 120 for name in named),
        "vaccineCode.coding.display": any(len(text(c, "display", path)) > 200 for c in coded),
        "note.author": any(set(n) - {"text"} for n in items(node, "note", path)), "recorded": "recorded" in node,
    }  # fmt: skip
    left = (set(node) - _KEPT) | {name for name, lost in cut.items() if lost}
    return Read(given, obj(node, "patient", path), tuple(sorted(left)), bool(performers) and not named)


def _day(value: str, zone: str, path: str) -> str:
    """A date as precise as it was sent: `2014`, `2014-05`, `2014-05-12`; of a moment its day in the zone, the hour is left."""
    if not value:
        return ""
    try:
        moment_ = from_fhir(value)
        return day_in(moment_, zone).isoformat() if "T" in value else value
    except (ValueError, OverflowError):
        raise FhirError(path, "is not a date") from None


@dataclass(frozen=True, slots=True)
class ReadAppointment:
    """An appointment that was read: its day, its hour when it has one, and the elements that are not kept."""

    status: str
    title: str
    day: date
    at: time | None
    minutes: int
    whom: str
    place: str
    comment: str
    patient: Json
    left: tuple[str, ...]


_STATUSES = {"booked": "booked", "arrived": "booked", "checked-in": "booked", "fulfilled": "fulfilled", "noshow": "cancelled",
             "cancelled": "cancelled",
             "entered-in-error": "cancelled"}  # fmt: skip


def read_appointment(node: Json, zone: str, path: str = "Appointment") -> ReadAppointment:
    """An Appointment, in the civil time of a zone. Raises FhirError."""
    understood(node, path)
    _shown_to_all(node, path)
    if node.get("resourceType") != "Appointment":
        raise FhirError(path, "must be an Appointment")
    status = _STATUSES.get(text(node, "status", path))
    if status is None:
        raise FhirError(f"{path}.status", "must be that of an appointment that is made: an agenda holds no proposal")
    title = text(node, "description", path)
    if not title:
        raise FhirError(f"{path}.description", "is mandatory here: it is what the person reads")
    day, at, minutes = _span(node, zone, path)
    actors = [obj(p, "actor", f"{path}.participant") for p in items(node, "participant", path)]
    people = [a for a in actors if not _is_patient(a)]
    names = [text(a, "display", path) for a in people]
    comment = "\n".join(t for t in (text(node, "patientInstruction", path), text(node, "comment", path)) if t)
    first, others = next(iter(names), ""), ", ".join(n for n in names[1:] if n)
    answers = {text(p, "status", path) for p in items(node, "participant", path)} - {"", "accepted"}
    cut = {
        "status": text(node, "status", path) != status, "participant.status": bool(answers), "description": len(title) > 120,
        "comment": len(comment) > 500, "participant.actor.display": max(len(first), len(others)) > 200,
    }  # fmt: skip
    left = (set(node) - _APPOINTMENT) | {name for name, lost in cut.items() if lost}
    return ReadAppointment(
        status, title[:120], day, at, minutes, first[:200], others[:200], comment[:500],
        next((a for a in actors if _is_patient(a)), {}), tuple(sorted(left)),
    )  # fmt: skip


_INS = "urn:oid:1.2.250.1.213.1.4."
"""Root of the identifiers of a national identity (INS)."""


def _is_patient(actor: Json) -> bool:
    reference, identifier = actor.get("reference"), actor.get("identifier")
    named = isinstance(reference, str) and reference.startswith("Patient/")
    system = identifier.get("system") if isinstance(identifier, dict) else None
    return named or actor.get("type") == "Patient" or (isinstance(system, str) and system.startswith(_INS))


def _span(node: Json, zone: str, path: str) -> tuple[date, time | None, int]:
    start, end = moment(node, "start", path), moment(node, "end", path)
    if start is None:
        wished = items(node, "requestedPeriod", path)
        day = text(wished[0], "start", f"{path}.requestedPeriod") if wished else ""
        try:
            return date.fromisoformat(_day(day, zone, f"{path}.requestedPeriod.start")), None, 0
        except ValueError:
            raise FhirError(f"{path}.start", "is mandatory, or a requestedPeriod with its day") from None
    if "T" not in text(node, "start", path):
        raise FhirError(f"{path}.start", "is an instant: a day without its hour is a requestedPeriod")
    local: datetime = start.astimezone(ZoneInfo(zone))
    stated = node.get("minutesDuration")
    lasts = int((end - start).total_seconds() // 60) if end is not None else stated if isinstance(stated, int) else 0
    if lasts < 0 or lasts > 24 * 60:
        raise FhirError(f"{path}.end", "must follow start, within a day (or minutesDuration)")
    return local.date(), local.time().replace(second=0, microsecond=0), lasts


def left_out(names: Iterable[str], url: str) -> list[Json]:
    """Extensions that name the elements that were not kept."""
    return [{"url": url, "valueCode": name} for name in names]
