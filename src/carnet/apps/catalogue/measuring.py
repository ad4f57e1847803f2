"""Measures as the API Mesures carries them: each with its code and unit, blood pressure whole, the body mass index worked out and
never taken in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.apps.access.api import WRITE
from carnet.apps.catalogue.calls import Call, line_or_none, lines_of
from carnet.apps.catalogue.categories import BMI, BY_LOINC, BY_MEASURE
from carnet.apps.profile import api as profile
from carnet.apps.records.api import writing
from carnet.formats.fhir import Json
from carnet.formats.fhir.personal import UCUM, Measured, Value, observation
from carnet.formats.timestamps import bounds_of_fhir, to_fhir
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

LOINC = "http://loinc.org"
PRESSURE, WEIGHT, HEIGHT = "BLOOD_PRESSURE", "29463-7", "8302-2"
GLUCOSE = frozenset({"2345-7"})
MOMENTS = ("à jeun", "après repas", "après effort", "malaise", "autre")
DAYS = ("7", "14", "30", "90", "autre")
_NOT_VITAL = frozenset({"PAIN_SEVERITY", "STEPS_BY_DAY", "GLUCOSE", "GLYCATED_HEMOGLOBIN", "INTERSTITIAL_GLUCOSE",
                        "HEMOGLOBIN_GLYCATION_INDEX"})  # fmt: skip


class MeasureError(ValueError):
    """A measure that cannot be kept: where, and why. `conflict`: it is there already."""

    def __init__(self, where: str, why: str, conflict: bool = False) -> None:
        super().__init__(why)
        self.where, self.why, self.conflict = where, why, conflict


def _value(entry: profile.Entry) -> Value:
    content = entry.content
    known = profile.MEASURES.get(content.code)
    number = content.measured
    text = " ".join(p for p in (content.comparator, content.value, content.upper and f"– {content.upper}", content.unit) if p)
    return Value(number, "" if number is not None else text, content.unit, known.ucum if known else "")


def _when(entry: profile.Entry) -> str:
    return entry.content.instant or entry.content.start


def _measured(code: str, entry: profile.Entry, value: Value | None, **more: Any) -> Measured:
    measure = BY_MEASURE[code]
    system = profile.MEASURES[measure.loinc].system if measure.loinc in profile.MEASURES else LOINC
    return Measured(
        str(entry.id), measure.loinc, system, measure.label, _when(entry), to_fhir(entry.recorded_at), value,
        note=entry.content.detail, author=entry.content.author, vital=code not in _NOT_VITAL, **more,
    )  # fmt: skip


def measured_resources(code: str, entries: list[profile.Entry], patient: Json) -> list[Json]:
    """The observations of one measure, from the entries of a profile."""
    if code == PRESSURE:
        return [observation(m, patient) for m in _pressures(entries)]
    if code == BMI:
        return [observation(m, patient) for m in _indexes(entries)]
    return [observation(_measured(code, e, _value(e)), patient) for e in entries if e.content.code == BY_MEASURE[code].loinc]


def newest(observation: Json) -> tuple[datetime, str, str]:
    """What orders observations: when it was, whatever the zone in which that was told, then when it was written."""
    try:
        begins = bounds_of_fhir(str(observation.get("effectiveDateTime", "")), ZoneInfo(settings.LAW.civil_zone))[0]
    except (ValueError, OverflowError):
        begins = datetime.min.replace(tzinfo=UTC)
    return begins, str(observation.get("issued", "")), str(observation["id"])


def _pressures(entries: Iterable[profile.Entry]) -> Iterator[Measured]:
    """Both values of one moment are one observation; one that stands alone says that the other was not measured."""
    for pair in profile.pressures(entries):
        parts = tuple(
            (loinc, profile.MEASURES[loinc].label, _value(e) if e is not None else None)
            for loinc, e in zip((profile.SYSTOLIC, profile.DIASTOLIC), pair, strict=True)
        )
        yield _measured(PRESSURE, next(e for e in pair if e is not None), None, parts=parts)


def _indexes(entries: Iterable[profile.Entry]) -> Iterator[Measured]:
    """The body mass index of each weight, with the last height that was measured by then."""
    held = sorted((e for e in entries if e.content.measured is not None), key=profile.moment_of)
    heights = [e for e in held if e.content.code == HEIGHT]
    for weight in (e for e in held if e.content.code == WEIGHT):
        before = [h for h in heights if profile.day_of(h) <= profile.day_of(weight)]
        height = before[-1].content.measured if before else None
        if height and weight.content.measured is not None:
            index = round(weight.content.measured / (height / 100) ** 2, 1)
            derived = (str(weight.id), str(before[-1].id))
            found = _measured(BMI, weight, Value(index, unit="kg/m2", ucum="kg/m2"), derived=derived)
            yield replace(found, number=f"bmi-{weight.id}", note="", author="")


@dataclass(frozen=True, slots=True)
class Draft:
    """A measure that a service sends: its parts by LOINC code, when, and what was said beside it."""

    code: str
    parts: tuple[tuple[str, str], ...]
    when: str
    note: str = ""


def _refuse(where: str, why: str) -> MeasureError:
    return MeasureError(f"Observation.{where}", why)


_LOINC_SYSTEMS = ("", LOINC, "urn:oid:2.16.840.1.113883.6.1")


def _coded(told: Any, where: str) -> str:
    """The measure that a concept names. A code of LOINC is one in its system; that of the two others is inferred: not compared."""
    codings = told.get("coding") if isinstance(told, dict) else None
    if not isinstance(codings, list) or not all(isinstance(c, dict) for c in codings):
        raise _refuse(where, "must be a concept with its codings")
    found = [
        str(c.get("code", "")) for c in codings
        if str(c.get("code", "")).startswith("MED-") or str(c.get("system", "")) in _LOINC_SYSTEMS
    ]  # fmt: skip
    known = next((c for c in found if c in BY_LOINC or c in profile.MEASURES), "")
    if not known:
        raise _refuse(where, "is not one of the measures of this interface")
    return known


def _number(told: Any, loinc: str, where: str) -> str:
    measure = profile.MEASURES[loinc]
    if not isinstance(told, dict) or not isinstance(told.get("value"), int | float) or isinstance(told.get("value"), bool):
        raise _refuse(where, "must be a number with its unit")
    if told.get("comparator") or told.get("system", UCUM) != UCUM or told.get("code", told.get("unit")) != measure.ucum:
        raise _refuse(where, f"must be in {measure.ucum} (UCUM), without a comparator")
    if not measure.low <= told["value"] <= measure.high:
        raise _refuse(where, f"must be between {measure.low:g} and {measure.high:g}")
    return f"{told['value']:.15g}"


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d))?", re.ASCII)


def _moment(told: Json, at: datetime) -> str:
    when = told.get("effectiveDateTime")
    if not isinstance(when, str):
        raise _refuse("effectiveDateTime", "must say when it was measured")
    if not _DATE_TIME.fullmatch(when):
        raise _refuse("effectiveDateTime", "is not a whole day, or an instant with its time zone (FHIR R4, dateTime)")
    try:
        moment = datetime.fromisoformat(when)
        day = settings.LAW.day(moment) if moment.tzinfo is not None else moment.date()
    except (ValueError, OverflowError):
        raise _refuse("effectiveDateTime", "is not a date") from None
    if day > settings.LAW.day(at):
        raise _refuse("effectiveDateTime", "is in the future")
    return when


_EXTENSIONS = {"moment": MOMENTS, "numberofdays": DAYS}


def _extensions(told: Json, code: str) -> str:
    """The moment of a blood glucose and the days of a sensor, told by extensions whose addresses no public text gives: read by the
    last word of the address. A moment is mandatory for GLUCOSE, the days for the two measures of sensors, and neither elsewhere."""
    found: dict[str, str] = {}
    for extension in told.get("extension", ()) if isinstance(told.get("extension", ()), list) else ():
        name = str(extension.get("url", "")).lower().replace("-", "").rpartition("/")[2] if isinstance(extension, dict) else ""
        kind = next((k for k in _EXTENSIONS if name.endswith(k)), "")
        value = next((str(v) for k, v in extension.items() if k.startswith("value")), "") if kind else ""
        if not kind or value not in _EXTENSIONS[kind]:
            raise _refuse("extension", "is not known here, or has another value than those of the interface")
        found[kind] = value
    wanted = {"GLUCOSE": {"moment"}, "INTERSTITIAL_GLUCOSE": {"numberofdays"}, "HEMOGLOBIN_GLYCATION_INDEX": {"numberofdays"}}
    if set(found) != wanted.get(code, set()):
        raise _refuse("extension", f"must hold {', '.join(sorted(wanted.get(code, set()))) or 'nothing'} for this measure")
    days = found.get("numberofdays")
    return found.get("moment", "") or (f"sur {days} jours" if days and days != "autre" else days or "")


_READ = frozenset({"resourceType", "id", "meta", "status", "category", "code", "subject", "effectiveDateTime", "valueQuantity",
                   "component", "extension", "note", "device", "text", "identifier", "performer"})  # fmt: skip

_NOT_KEPT = frozenset({"category", "text", "identifier", "performer", "device"})
"""Of them, what is taken and not kept: the answer names it."""


def read_draft(told: Json, subject: str, at: datetime) -> Draft:
    """Read an Observation that a service sends. Raises MeasureError, or Refusal `service-consent-missing` for somebody else's."""
    if told.get("resourceType") != "Observation" or told.get("status") != "final":
        raise _refuse("status", "must be final")
    unknown = sorted(set(told) - _READ)
    if unknown:
        raise _refuse(unknown[0], "is not kept by this interface: leave it out")
    reference = told.get("subject", {}).get("reference", "") if isinstance(told.get("subject"), dict) else ""
    if reference not in (f"Patient/{subject}", f"{settings.CARNET.base_url}/services/fhir/Patient/{subject}"):
        # Another number than the one of this token: the API Mesures answers 403.
        raise Refusal(No.SERVICE_CONSENT_MISSING, {"problem": "subject"})
    loinc = _coded(told.get("code"), "code")
    measure = BY_LOINC.get(loinc)
    if measure is None:
        raise _refuse("code", "is a part of a measure, not one")
    if measure.code == BMI:
        raise _refuse("code", "Bmi observation cannot be created: it is worked out")
    words = _extensions(told, measure.code)
    note = "; ".join(_notes(told.get("note", [])))
    text = ", ".join(p for p in (words, note) if p)
    if len(text) > 300:
        raise _refuse("note", "is too long: 300 characters")
    return Draft(measure.code, _parts(told, measure.code, loinc), _moment(told, at), text)


def _notes(notes: Any) -> list[str]:
    if not isinstance(notes, list) or not all(isinstance(n, dict) and isinstance(n.get("text"), str) for n in notes):
        raise _refuse("note", "must be a list of annotations with their text")
    return [n["text"] for n in notes if n["text"]]


def left_of(told: Json) -> list[str]:
    """Elements of an Observation that was taken of which nothing is kept, and of its notes who wrote them and when."""
    notes = sorted({f"note.{name}" for note in told.get("note", []) for name in note if name != "text"})
    return [*(name for name in told if name in _NOT_KEPT), *notes]


def _parts(told: Json, code: str, loinc: str) -> tuple[tuple[str, str], ...]:
    if code != PRESSURE:
        if "component" in told:
            raise _refuse("component", "is for blood pressure alone")
        return ((loinc, _number(told.get("valueQuantity"), loinc, "valueQuantity")),)
    parts = {}
    for component in told.get("component", ()) if isinstance(told.get("component", ()), list) else ():
        part = _coded(component.get("code") if isinstance(component, dict) else None, "component.code")
        if part not in (profile.SYSTOLIC, profile.DIASTOLIC) or part in parts:
            raise _refuse("component", "must be the systolic and the diastolic pressure, once each")
        parts[part] = _number(component.get("valueQuantity"), part, "component.valueQuantity")
    if len(parts) != 2 or "valueQuantity" in told:
        raise _refuse("component", "must be the systolic and the diastolic pressure")
    if float(parts[profile.SYSTOLIC]) <= float(parts[profile.DIASTOLIC]):
        raise _refuse("component", "must have a systolic pressure above the diastolic one")
    return tuple(sorted(parts.items()))


def keep_measure(call: Call, draft: Draft, at: datetime) -> UUID:
    """Keep a measure that a service sends, as written by it. Returns its number. Raises Refusal, and MeasureError for one that is
    there."""
    category = f"measures.{draft.code}"
    line = line_or_none(lines_of(call, at), category, WRITE)
    with writing(
        call.ask(Act.WRITE_PROFILE, at, line.purpose), Act.WRITE_PROFILE, call.record_id, "measures", line.category
    ) as visit:
        if (draft.when, draft.parts) in _held(visit.work, visit.key, call.actor.id):
            raise MeasureError("Observation", "is there already: the same measure, at the same time, from this service", True)
        numbers: list[tuple[str, UUID]] = []
        for loinc, value in draft.parts:
            measure = profile.MEASURES[loinc]
            content = profile.Content(
                measure.label, loinc, measure.system, settings.LAW.day_told(draft.when), detail=draft.note, value=value,
                unit=measure.unit, instant=draft.when if len(draft.when) > len("2026-11-27") else "",
                author=call.actor.name,
            )  # fmt: skip
            entry = profile.new("measures", content, profile.SERVICE, at, call.actor.id)
            profile.insert(visit.work, visit.key, entry)
            numbers.append((loinc, entry.id))
    return next((n for loinc, n in numbers if loinc == profile.SYSTOLIC), numbers[0][1])


def _held(work: Any, key: Any, service: str) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """What this service has written, as moment and parts. The record is locked: nobody writes the same meanwhile."""
    written = profile.entries_written(work, key, service)
    pairs = [tuple(e for e in pair if e is not None) for pair in profile.pressures(written)]
    paired = {e.id for pair in pairs for e in pair}
    wholes = [*pairs, *((e,) for e in written if e.id not in paired)]
    return {(_when(parts[0]), tuple(sorted((e.content.code, e.content.value) for e in parts))) for parts in wholes}
