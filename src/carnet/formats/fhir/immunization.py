"""Immunization, ImmunizationEvaluation, ImmunizationRecommendation and Appointment (FHIR R4), as dictionaries.

What is not known is absent or said unknown: a dose without its day has `occurrenceString`, never a made-up date.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from carnet.formats.fhir.reading import Json

ATC = "http://www.whocc.no/atc"
LOINC = "http://loinc.org"
_OID_ATC = "2.16.840.1.113883.6.73"
_SYSTEMS = {_OID_ATC: ATC, "1.2.250.1.213.2.3.1": "urn:oid:1.2.250.1.213.2.3.1", "2.16.840.1.113883.12.292":
            "http://hl7.org/fhir/sid/cvx"}  # fmt: skip
FORECAST_STATUS = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"
_ITS_CODES = frozenset({"due", "overdue", "immune", "contraindicated", "complete"})
OWN_STATUS = "https://carnet.example/CodeSystem/forecast-status"
"""What the engine says beyond them: `agedout`, `notrecommended`."""
EVALUATION_STATUS = "http://terminology.hl7.org/CodeSystem/immunization-evaluation-dose-status"
EVALUATION_REASON = "http://terminology.hl7.org/CodeSystem/immunization-evaluation-dose-status-reason"


@dataclass(frozen=True, slots=True)
class Given:
    """A dose as a resource tells it. `start` may lack its day or its month, or be empty."""

    number: str
    label: str
    codes: tuple[tuple[str, str, str], ...] = ()
    start: str = ""
    lot: str = ""
    route: str = ""
    site: str = ""
    performer: str = ""
    primary: bool | None = None
    """Whether it is told by whoever gave it (`primarySource`); None where nothing says so."""
    note: str = ""
    recorded: str = ""


def immunization(given: Given, patient: Json) -> Json:
    """An Immunization."""
    coding = [
        {"system": _SYSTEMS.get(system, f"urn:oid:{system}" if system[:1].isdigit() else system), "code": code}
        | ({"display": display} if display else {})
        for code, system, display in given.codes
        if code and system
    ]
    when = {"occurrenceDateTime": given.start} if given.start else {"occurrenceString": "date inconnue"}
    found: Json = {
        "resourceType": "Immunization", "id": given.number, "status": "completed",
        "vaccineCode": ({"coding": coding} if coding else {}) | {"text": given.label}, "patient": patient, **when,
    }  # fmt: skip
    if given.primary is not None:
        found["primarySource"] = given.primary
    if given.recorded:
        found["recorded"] = given.recorded
    if given.lot:
        found["lotNumber"] = given.lot
    for name, text in (("route", given.route), ("site", given.site)):
        if text:
            found[name] = {"text": text}
    if given.performer:
        found["performer"] = [{"actor": {"display": given.performer}}]
    if given.note:
        found["note"] = [{"text": given.note}]
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """An evaluation of a dose: `valid` or not, for which disease, by which schedule, and why in words."""

    number: str
    immunization: str
    disease: str
    valid: bool
    reason: str
    words: str
    series: str
    dose: int


def evaluation(told: Told, patient: Json, on: date, authority: str) -> Json:
    """An ImmunizationEvaluation."""
    found: Json = {
        "resourceType": "ImmunizationEvaluation", "id": told.number, "status": "completed", "patient": patient,
        "date": on.isoformat(), "authority": {"display": authority}, "targetDisease": {"text": told.disease},
        "immunizationEvent": {"reference": f"Immunization/{told.immunization}"},
        "doseStatus": {"coding": [{"system": EVALUATION_STATUS, "code": "valid" if told.valid else "notvalid"}]},
        "series": told.series, "doseNumberPositiveInt": told.dose,
    }  # fmt: skip
    if told.reason:
        found["doseStatusReason"] = [{"text": told.words or told.reason}]
    return found


@dataclass(frozen=True, slots=True)
class Recommended:
    """What is forecast for a vaccination: a status (`due`, `overdue`, `complete`, `immune`, `contraindicated`, `aged-out`…)."""

    disease: str
    status: str
    reasons: Sequence[str] = ()
    dose: int = 0
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    latest: date | None = None
    series: str = ""
    vaccines: Sequence[str] = ()


_DATES = (("earliest", "30981-5"), ("recommended", "30980-7"), ("past_due", "59778-1"), ("latest", "59777-3"))
"""Field → LOINC code of the date criterion (HL7 ImmDS)."""


def recommendation(number: str, told: Iterable[Recommended], patient: Json, at: str, authority: str) -> Json:
    """An ImmunizationRecommendation. Raises ValueError for none: a resource without a recommendation is not valid."""
    listed = [_recommended(one) for one in told]
    if not listed:
        raise ValueError("a recommendation tells at least one vaccination")
    return {"resourceType": "ImmunizationRecommendation", "id": number, "patient": patient, "date": at,
            "authority": {"display": authority}, "recommendation": listed}  # fmt: skip


def _recommended(one: Recommended) -> Json:
    dates = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "value": day.isoformat()}
        for name, code in _DATES
        if (day := getattr(one, name)) is not None
    ]
    found: Json = {
        "targetDisease": {"text": one.disease},
        "forecastStatus": {"coding": [{"system": FORECAST_STATUS if one.status in _ITS_CODES else OWN_STATUS, "code": one.status}]},
    }
    if one.vaccines:
        found["vaccineCode"] = [{"text": name} for name in one.vaccines]
    if one.reasons:
        found["forecastReason"] = [{"text": text} for text in one.reasons]
    if dates:
        found["dateCriterion"] = dates
    if one.series:
        found["series"] = one.series
    if one.dose:
        found["doseNumberPositiveInt"] = one.dose
    return found


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment as a resource tells it. `start` is an instant; None for a day without an hour."""

    number: str
    status: str
    title: str
    day: date
    start: datetime | None
    end: datetime | None
    place: str
    whom: str
    comment: str


_UNKNOWN: Json = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}


def appointment(booked: Booked, patient: Json) -> Json:
    """An Appointment. A day without an hour is a requested period: `start` would say an hour that nobody said.

    FHIR asks for both ends of what is booked (app-2, app-3): one that nobody said is told as unknown, not made up.
    """
    found: Json = {
        "resourceType": "Appointment", "id": booked.number, "status": booked.status, "description": booked.title,
        "participant": [{"actor": patient, "status": "accepted"}],
    }  # fmt: skip
    found |= {"start": booked.start.isoformat()} if booked.start is not None else {"_start": _UNKNOWN}
    found |= {"end": booked.end.isoformat()} if booked.start is not None and booked.end is not None else {"_end": _UNKNOWN}
    if booked.start is None:
        found["requestedPeriod"] = [{"start": booked.day.isoformat(), "end": booked.day.isoformat()}]
    for display in (booked.whom, booked.place):
        if display:
            found["participant"].append({"actor": {"display": display}, "status": "accepted"})
    if booked.comment:
        found["comment"] = booked.comment
    return found


__all__ = ["Booked", "Given", "Recommended", "Told", "appointment", "evaluation", "immunization", "recommendation"]
