"""Appointments by FHIR: a professional's software writes those that it gave into the agenda of the patient, and reads its own.

The agenda is the person's: of the appointments of others, a professional learns nothing.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet.apps.prevention import api as prevention
from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.immunization import Booked, appointment
from carnet.formats.fhir.immunization_reading import ReadAppointment, left_out, read_appointment
from carnet.formats.fhir.systems import NOT_KEPT
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import ask, authenticated, body, document_id, form, ins_of_token, view
from carnet.interfaces.fhir.immunizations import patient_token
from carnet.interfaces.fhir.parameters import pairs_of, patient_of
from carnet.interfaces.fhir.search import ins_of_patient
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act
from carnet.kernel.clock import moment
from carnet.kernel.copies import replace

PAST = timedelta(days=366)


def _draft(read: ReadAppointment, who: Actor) -> prevention.Draft:
    software = who.situation.structure_name or who.name
    return prevention.Draft(
        prevention.APPOINTMENT, read.title, read.day, read.at, read.place, read.whom or who.name, read.comment, "", read.status,
        read.minutes, software[:120],
    )  # fmt: skip


def _resource(event: prevention.Event, patient: Json) -> Json:
    start, end = prevention.span_of(event)
    booked = Booked(str(event.id), event.status, event.title, event.on_day, start, end, event.place, event.whom, event.comment)
    return appointment(booked, patient)


def _written(request: HttpRequest, number: str | None = None) -> HttpResponse:
    who, told = authenticated(request), body(request)
    if number is not None and told.get("id", number) != number:
        raise FhirError("Appointment.id", "is not that of the address (R4 §3.1.0.4)")
    if request.headers.get("If-Match"):
        raise FhirError("If-Match", "is not supported: an appointment has no versions here")
    read = read_appointment(told, settings.LAW.civil_zone)
    ins = ins_of_token(patient_token(read.patient, "Appointment.participant.actor"))
    question = replace(ask(request, who, Act.WRITE_PROFILE), ins=ins)
    event = prevention.put_appointment(question, None, _draft(read, who), document_id(number) if number else None)
    found = _resource(event, read.patient)
    found |= {"extension": left_out(read.left, NOT_KEPT)} if read.left else {}
    response = fhir(found, 200 if number else 201)
    response["Location"] = f"{settings.CARNET.base_url}/fhir/Appointment/{event.id}"
    return response


@view("POST")
def create(request: HttpRequest) -> HttpResponse:
    """`POST Appointment`."""
    return _written(request)


@view("PUT")
def update(request: HttpRequest, number: str) -> HttpResponse:
    """`PUT Appointment/id`: another day, another hour, or cancelled. Of one's own alone."""
    return _written(request, number)


@view("POST")
def search(request: HttpRequest) -> HttpResponse:
    """`POST Appointment/_search`: those that the asker wrote, from a year ago on."""
    who, pairs = authenticated(request), pairs_of(form(request))
    unknown = [name for name, _ in pairs if name not in ("patient", "patient.identifier")]
    if unknown or pairs_of(request.GET):
        raise FhirError(unknown[0] if unknown else "patient", "is not a parameter of this search: patient.identifier")
    question = ins_of_patient(ask(request, who, Act.WRITE_PROFILE), patient_of(pairs))
    held = prevention.own_appointments(question, None, settings.LAW.day(moment() - PAST))
    base = f"{settings.CARNET.base_url}/fhir/Appointment"
    patient = {"type": "Patient"}
    entries = [{"fullUrl": f"{base}/{e.id}", "resource": _resource(e, patient), "search": {"mode": "match"}} for e in held]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return fhir(bundle | ({"entry": entries} if entries else {}))
