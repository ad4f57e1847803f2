"""Immunization and Appointment as FHIR resources: what is written, what is read, what is refused, what is named as not kept."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from carnet.formats.fhir import FhirError
from carnet.formats.fhir.immunization import (
    Booked,
    Given,
    Recommended,
    Told,
    appointment,
    evaluation,
    immunization,
    recommendation,
)
from carnet.formats.fhir.immunization_reading import left_out, read_appointment, read_immunization

PATIENT = {"reference": "Patient/1"}
PARIS = "Europe/Paris"
DOSE: dict[str, Any] = {
    "resourceType": "Immunization", "id": "d1", "status": "completed", "occurrenceDateTime": "2026-05-12T10:00:00+02:00",
    "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02", "display": "Grippe"}]},
    "patient": {"identifier": {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "1"}}, "lotNumber": "A12",
    "route": {"text": "Intramusculaire"}, "site": {"coding": [{"code": "LA", "display": "Bras gauche"}]},
    "performer": [{"actor": {}}, {"actor": {"display": "Dr Hélène Fiction"}}], "note": [{"text": "sans suite"}],
}  # fmt: skip
RENDEZ_VOUS: dict[str, Any] = {
    "resourceType": "Appointment", "status": "booked", "description": "Examen du 9e mois", "start": "2026-12-16T08:30:00Z",
    "end": "2026-12-16T08:50:00Z", "comment": "apporter le carnet",
    "participant": [{"actor": {"reference": "Patient/1", "identifier": {"system": "x", "value": "y"}}, "status": "accepted"},
                    {"actor": {"display": "Dr Hélène Fiction"}, "status": "accepted"},
                    {"actor": {"display": "Cabinet des Tilleuls"}, "status": "accepted"}],
}  # fmt: skip


def test_a_dose_is_read_as_precisely_as_it_was_sent() -> None:
    read = read_immunization(DOSE | {"manufacturer": {"display": "x"}}, PARIS)
    given = read.given
    assert (given.start, given.label, given.lot, given.route, given.site) == (
        "2026-05-12", "Grippe", "A12", "Intramusculaire", "Bras gauche",
    )  # fmt: skip
    assert given.codes == (("J07BB02", "2.16.840.1.113883.6.73", "Grippe"),)
    assert (given.performer, given.note, given.primary) == ("Dr Hélène Fiction", "sans suite", None)
    assert read.left == ("manufacturer", "occurrenceDateTime.hour", "performer", "site.coding"), (
        "a second performer is named as not kept"
    )
    assert left_out(read.left, "u")[0] == {"url": "u", "valueCode": "manufacturer"}


def test_what_is_not_kept_is_named() -> None:
    codes = [{"system": "urn:oid:1.2", "code": str(n)} for n in range(13)]
    far = DOSE | {"performer": [{"actor": {"reference": "Practitioner/1"}}], "primarySource": True, "lotNumber": "L" * 41,
                  "note": [{"text": "n" * 2001}], "vaccineCode": {"text": "Grippe", "coding": codes}}  # fmt: skip
    read = read_immunization(far, PARIS)
    assert read.left == (
        "lotNumber", "note", "occurrenceDateTime.hour", "performer", "primarySource", "site.coding", "vaccineCode",
    )  # fmt: skip
    assert read.unnamed
    assert read_immunization(DOSE | {"performer": []}, PARIS).unnamed is False


@pytest.mark.parametrize(("when", "start"), [("2014", "2014"), ("2014-05", "2014-05"), ("2014-05-12", "2014-05-12"),
    ("2014-05-12T23:30:00Z", "2014-05-13"), ("2014-05-12T23:30:00+02:00", "2014-05-12"),
])  # fmt: skip
def test_a_partial_date_stays_partial(when: str, start: str) -> None:
    assert read_immunization(DOSE | {"occurrenceDateTime": when}, PARIS).given.start == start


def test_what_is_lost_of_a_dose_is_named() -> None:
    read = read_immunization(DOSE | {
        "occurrenceDateTime": "2014-05-12T10:00:00Z", "recorded": "2014-05-12", "route": {"coding": [{"code": "IM"}], "text": "r" * 61},
        "site": {"text": "s" * 61}, "performer": [{"actor": {"display": "d" * 121}}], "note": [{"text": "x", "authorString": "y"}],
        "vaccineCode": {"coding": [{"code": "1", "display": "v" * 201}]},
    }, PARIS)  # fmt: skip
    assert read.left == ("note.author", "occurrenceDateTime.hour", "performer.actor.display", "recorded", "route", "route.coding", "site",
                         "vaccineCode.coding.display")  # fmt: skip


@pytest.mark.parametrize("start", ["2026-12-05", "2026-12", "2026"])
def test_a_day_of_an_appointment_gets_no_hour(start: str) -> None:
    with pytest.raises(FhirError, match="requestedPeriod"):
        read_appointment(RENDEZ_VOUS | {"start": start}, PARIS)
    told = {k: v for k, v in RENDEZ_VOUS.items() if k not in ("start", "end")}
    assert read_appointment(told | {"requestedPeriod": [{"start": "2026-12-05"}]}, PARIS).at is None
    assert read_appointment(told | {"requestedPeriod": [{"start": "2026-12-05T23:30:00Z"}]}, PARIS).day == date(2026, 12, 6)


def test_what_is_lost_of_an_appointment_is_named() -> None:
    people = [{"actor": {"display": "d" * 201}, "status": "declined"}]
    read = read_appointment(RENDEZ_VOUS | {"description": "d" * 121, "comment": "c" * 501, "participant": people}, PARIS)
    assert read.left == ("comment", "description", "participant.actor.display", "participant.status")


def test_an_unknown_date_is_unknown() -> None:
    told = {k: v for k, v in DOSE.items() if k != "occurrenceDateTime"} | {"occurrenceString": "dans l'enfance"}
    read = read_immunization(told | {"primarySource": False, "vaccineCode": {"text": "Rougeole"}}, PARIS)
    assert (read.given.start, read.given.primary, read.given.label) == ("", False, "Rougeole")
    assert {"occurrenceString", "primarySource"} <= set(read.left)


def test_a_vaccine_without_words_has_its_code() -> None:
    assert (
        read_immunization(DOSE | {"vaccineCode": {"coding": [{"system": "urn:oid:1.2.3", "code": "42"}]}}, PARIS).given.label
        == "42"
    )


@pytest.mark.parametrize(("change", "element"), [
    ({"resourceType": "Observation"}, "Immunization"),
    ({"status": "not-done"}, "Immunization.status"),
    ({"vaccineCode": {}}, "Immunization.vaccineCode"),
    ({"vaccineCode": {"coding": [{}]}}, "Immunization.vaccineCode"),
    ({"occurrenceDateTime": ""}, "Immunization.occurrence[x]"),
    ({"occurrenceDateTime": "hier"}, "Immunization.occurrenceDateTime"),
    ({"patient": "moi"}, "Immunization.patient"),
    ({"modifierExtension": [{"url": "x"}]}, "Immunization.modifierExtension"),
])  # fmt: skip
def test_what_is_no_dose_is_refused_with_its_element(change: dict[str, Any], element: str) -> None:
    with pytest.raises(FhirError) as refused:
        read_immunization(DOSE | change, PARIS)
    assert refused.value.element == element


def test_a_dose_is_written() -> None:
    given = Given("n1", "Grippe", (("J07BB02", "2.16.840.1.113883.6.73", "Grippe"), ("7", "urn:x", ""), ("", "urn:x", "")),
                  "2026-05", "A12", "Orale", "Bras", "Dr X", False, "note", "2026-05-12T00:00:00Z")  # fmt: skip
    found = immunization(given, PATIENT)
    assert found["occurrenceDateTime"] == "2026-05"
    assert [c["system"] for c in found["vaccineCode"]["coding"]] == ["http://www.whocc.no/atc", "urn:x"]
    assert found["primarySource"] is False
    assert {"route", "site", "lotNumber", "performer", "note", "recorded"} <= set(found)


def test_a_dose_of_an_unknown_day_gets_no_day() -> None:
    found = immunization(Given("n1", "Rougeole"), PATIENT)
    assert found["occurrenceString"] == "date inconnue"
    assert "occurrenceDateTime" not in found
    assert "coding" not in found["vaccineCode"]
    assert not {"route", "site", "lotNumber", "performer", "note", "recorded"} & set(found)


def test_an_evaluation_says_why_a_dose_does_not_count() -> None:
    good = evaluation(Told("e", "d", "Grippe", True, "", "", "S", 1), PATIENT, date(2026, 1, 1), "A")
    bad = evaluation(Told("e", "d", "Grippe", False, "too-soon", "trop tôt", "S", 2), PATIENT, date(2026, 1, 1), "A")
    assert good["doseStatus"]["coding"][0]["code"] == "valid"
    assert "doseStatusReason" not in good
    assert bad["doseStatusReason"] == [{"text": "trop tôt"}]


def test_a_recommendation_has_the_dates_that_are_known() -> None:
    told = Recommended(
        "Grippe", "due", ("campagne",), 1, date(2026, 10, 13), date(2026, 10, 13), None, date(2027, 1, 31), "S", ("x",)
    )
    found = recommendation("r", [told, Recommended("Zona", "complete")], PATIENT, "2026-11-27T00:00:00Z", "A")
    first, second = found["recommendation"]
    assert [d["code"]["coding"][0]["code"] for d in first["dateCriterion"]] == ["30981-5", "30980-7", "59777-3"]
    assert first["doseNumberPositiveInt"] == 1
    assert set(second) == {"targetDisease", "forecastStatus"}
    with pytest.raises(ValueError, match="at least one"):
        recommendation("r", [], PATIENT, "2026-11-27T00:00:00Z", "A")


def test_an_appointment_is_read_in_civil_time() -> None:
    read = read_appointment(RENDEZ_VOUS | {"reasonCode": []}, "Europe/Paris")
    assert (read.day, read.at, read.minutes) == (date(2026, 12, 16), time(9, 30), 20)
    assert (read.whom, read.place, read.comment, read.status) == (
        "Dr Hélène Fiction", "Cabinet des Tilleuls", "apporter le carnet", "booked",
    )  # fmt: skip
    assert read.left == ("reasonCode",)
    assert read.patient["identifier"]["value"] == "y"


def test_a_day_without_an_hour_gets_no_hour() -> None:
    told = {k: v for k, v in RENDEZ_VOUS.items() if k not in ("start", "end", "participant")}
    read = read_appointment(told | {"requestedPeriod": [{"start": "2026-12-16"}]}, "Europe/Paris")
    assert (read.day, read.at, read.minutes, read.patient, read.whom) == (date(2026, 12, 16), None, 0, {}, "")
    alone = {k: v for k, v in RENDEZ_VOUS.items() if k != "end"}
    assert read_appointment(alone, "Europe/Paris").minutes == 0
    assert read_appointment(alone | {"minutesDuration": 25}, "Europe/Paris").minutes == 25


def test_the_patient_is_told_from_the_others() -> None:
    ins = {"identifier": {"system": "urn:oid:1.2.250.1.213.1.4.8", "value": "1"}}
    doctor = {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "8"}, "display": "Dr X"}
    told = RENDEZ_VOUS | {"participant": [{"actor": doctor}, {"actor": ins}], "identifier": [{"value": "42"}], "status": "arrived"}
    read = read_appointment(told, "Europe/Paris")
    assert (read.patient, read.whom) == (ins, "Dr X")
    assert read.left == ("identifier", "status")


@pytest.mark.parametrize(("change", "element"), [
    ({"resourceType": "Slot"}, "Appointment"),
    ({"status": "perhaps"}, "Appointment.status"),
    ({"status": "proposed"}, "Appointment.status"),
    ({"description": ""}, "Appointment.description"),
    ({"start": "", "end": ""}, "Appointment.start"),
    ({"start": "", "requestedPeriod": [{"start": "bientôt"}]}, "Appointment.start"),
    ({"end": "2026-12-16T07:00:00Z"}, "Appointment.end"),
    ({"end": "2026-12-19T07:00:00Z"}, "Appointment.end"),
])  # fmt: skip
def test_what_is_no_appointment_is_refused(change: dict[str, Any], element: str) -> None:
    with pytest.raises(FhirError) as refused:
        read_appointment(RENDEZ_VOUS | change, "Europe/Paris")
    assert refused.value.element == element


def test_an_appointment_is_written() -> None:
    start = datetime(2026, 12, 16, 8, 30, tzinfo=UTC)
    whole = appointment(Booked("a", "booked", "Examen", date(2026, 12, 16), start, start, "Cabinet", "Dr X", "c"), PATIENT)
    bare = appointment(Booked("a", "booked", "Examen", date(2026, 12, 16), None, None, "", "", ""), PATIENT)
    assert whole["start"] == "2026-12-16T08:30:00+00:00"
    assert len(whole["participant"]) == 3
    assert "start" not in bare
    assert bare["requestedPeriod"][0]["start"] == "2026-12-16"
    assert len(bare["participant"]) == 1
    open_end = appointment(Booked("a", "booked", "Examen", date(2026, 12, 16), start, None, "", "", ""), PATIENT)
    assert "end" not in open_end


@pytest.mark.parametrize("code", [
    {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-known-immunizations"},
    {"system": "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips", "code": "no-immunization-info"},
    {"system": "http://hl7.org/fhir/sid/cvx", "code": "998", "display": "no vaccine administered"},
])  # fmt: skip
def test_none_known_and_nobody_knows_are_no_doses(code: dict[str, str]) -> None:
    with pytest.raises(FhirError, match="that is no dose"):
        read_immunization(DOSE | {"vaccineCode": {"coding": [code]}}, PARIS)


def test_a_dose_that_does_not_count_is_not_kept_as_one() -> None:
    with pytest.raises(FhirError, match="isSubpotent"):
        read_immunization(DOSE | {"isSubpotent": True}, PARIS)
    assert "isSubpotent" in read_immunization(DOSE | {"isSubpotent": False}, PARIS).left


def test_a_normal_confidentiality_asks_for_nothing() -> None:
    assert read_immunization(DOSE | {"meta": {"security": [{"code": "N"}, {}]}}, PARIS).given.label == "Grippe"
    with pytest.raises(FhirError, match="would be shown"):
        read_immunization(DOSE | {"meta": {"security": [{"code": "N"}, {"code": "R"}]}}, PARIS)
    with pytest.raises(FhirError, match="would be shown"):
        read_appointment(RENDEZ_VOUS | {"meta": {"security": [{"code": "MASQUE_PS"}]}}, PARIS)
