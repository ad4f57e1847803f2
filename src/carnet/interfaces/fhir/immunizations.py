"""Vaccinations by FHIR: `$immds-forecast` (HL7 ImmDS), Immunization, ImmunizationRecommendation.

`$immds-forecast` of Parameters opens no record: it evaluates what it is given. `Patient/$immds-forecast` opens one.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Visit, visiting
from carnet.formats.fhir import FhirError, Issue, Json, operation_outcome
from carnet.formats.fhir.immunization import immunization
from carnet.formats.fhir.immunization_reading import Read, left_out, read_immunization
from carnet.formats.fhir.reading import items, obj, text
from carnet.formats.fhir.systems import NOT_KEPT
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import ask, authenticated, body, form, ins_of_token, view
from carnet.interfaces.fhir.parameters import count_of, pairs_of, patient_of
from carnet.interfaces.fhir.search import ins_of_patient
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import moment
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

_SUPPORTED = frozenset({"patient", "patient.identifier", "_count"})
_SEX = {"male": "M", "female": "F"}
MOST = 300
"""Doses of one question: more than a life holds."""
FIRST, AHEAD = date(1850, 1, 1), timedelta(days=5 * 366)
"""Births that are taken, and how far ahead an assessment may look."""
CLOSED = "Une partie des vaccinations est fermée à qui demande : ce qui manque ici a pu être fait"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def patient_token(patient: Json, path: str) -> str:
    """The INS that a reference to a patient carries, as `system|value`. Raises FhirError."""
    identifier = obj(patient, "identifier", path)
    if not identifier:
        raise FhirError(f"{path}.identifier", "must carry the INS: a reference alone names nobody here")
    return f"{text(identifier, 'system', path)}|{text(identifier, 'value', path)}"


def _parameter(resource: Json, *names: str) -> list[Json]:
    listed = items(resource, "parameter", "Parameters")
    return [p for p in listed if p.get("name") in names]


def _whole(value: object, path: str, first: date, last: date) -> date:
    """A whole day within bounds: the engine counts years from it, and the calendar of a machine ends."""
    try:
        found = date.fromisoformat(str(value)) if _DAY.fullmatch(str(value)) else None
    except ValueError:
        found = None
    if found is None or not first <= found <= last:
        raise FhirError(path, f"must be a whole date from {first} to {last}: an age is counted in days")
    return found


def _assessed(resource: Json, today: date) -> date:
    given = _parameter(resource, "assessmentDate")
    if not given:
        return today
    return _whole(given[0].get("valueDate", ""), "Parameters.parameter(assessmentDate)", FIRST, today + AHEAD)


def _person(resource: Json, day: date) -> Traits:
    held = [p["resource"] for p in _parameter(resource, "patient", "Patient") if isinstance(p.get("resource"), dict)]
    if not held or held[0].get("resourceType") != "Patient":
        raise FhirError("Parameters.parameter(patient)", "must be a Patient with its birthDate and gender")
    birth = _whole(text(held[0], "birthDate", "Patient"), "Patient.birthDate", FIRST, day)
    return Traits(sex=_SEX.get(text(held[0], "gender", "Patient"), ""), birth_date=birth.isoformat())


def _entry(read: Read, at: datetime) -> profile.Entry:
    given = read.given
    content = profile.Content(
        given.label, given.codes[0][0] if given.codes else "", given.codes[0][1] if given.codes else "", given.start,
        detail=f"lot {given.lot}" if given.lot else "", codes=given.codes,
    )  # fmt: skip
    return profile.stated_entry("vaccinations", content, at)


@view("POST")
def forecast(request: HttpRequest) -> HttpResponse:
    """Evaluate the doses that are given, and forecast the next: nothing is read, nothing is kept."""
    authenticated(request)
    resource, at = body(request), moment()
    if resource.get("resourceType") != "Parameters":
        raise FhirError("(root)", "must be Parameters")
    day = _assessed(resource, prevention.today(at))
    person = _person(resource, day)
    given = _parameter(resource, "immunization", "Immunization")
    if len(given) > MOST:
        raise FhirError("Parameters.parameter(immunization)", f"at most {MOST}")
    reads = [read_immunization(obj(p, "resource", "Parameters"), settings.LAW.civil_zone) for p in given]
    edition = prevention.edition_on(day)
    entries = [_entry(read, at) for read in reads]
    names = {str(entry.id): read.given.number or str(entry.id) for entry, read in zip(entries, reads, strict=True)}
    facts = prevention.facts_of(edition, person, [], [], day)
    if facts is None:
        raise FhirError("Patient.birthDate", "must be a whole date: an age is counted in days")
    held = prevention.shots(edition, entries, day)
    found = prevention.agenda(edition, facts, held, [], day)
    patient = {"reference": f"Patient/{_patient_id(resource)}"}
    return fhir(_answer(found, patient, at, names, reads))


def _patient_id(resource: Json) -> str:
    held = _parameter(resource, "patient", "Patient")[0]["resource"]
    return text(held, "id", "Patient") or "patient"


def _answer(
    found: prevention.Agenda, patient: Json, at: datetime, names: dict[str, str], reads: Iterable[Read] = (), partial: bool = False
) -> Json:
    told = prevention.forecast_resources(found, patient, at, names)
    parameters: list[Json] = [
        {"name": "recommendation" if r["resourceType"] == "ImmunizationRecommendation" else "evaluation", "resource": r}
        for r in told
    ]
    unsaid = [
        *_unknown(found, names),
        *_same(found, names),
        *(f"{read.given.label}: {', '.join(read.left)}" for read in reads if read.left),
    ]
    said = [f"Non comparé au calendrier, ou non lu : {'; '.join(unsaid)}"] if unsaid else []
    if partial:
        said.append(CLOSED)
    if said:
        issue = Issue("not-evaluated", " ; ".join(said), severity="information", kind="informational")
        parameters.append({"name": "outcome", "resource": operation_outcome(issue)})
    return {"resourceType": "Parameters", "parameter": parameters}


def _unknown(found: prevention.Agenda, names: dict[str, str]) -> list[str]:
    """Doses that the calendar does not compare: of a product it does not know, or without a day."""
    compared = {e.dose.id for gf in found.forecasts for e in gf.evaluations}
    return [names.get(s.number, s.entry.content.label) for s in found.shots if s.number not in compared]


def _same(found: prevention.Agenda, names: dict[str, str]) -> list[str]:
    """Doses that were taken for one that is told: of the same day and the same vaccine."""
    told = {s.number for s in found.shots}
    return [f"{name} : même jour et même vaccin qu’une autre" for number, name in names.items() if number not in told]


def _open(visit: Visit, day: date) -> prevention.Agenda:
    if not visit.opens("vaccinations"):
        raise Refusal(No.PROFILE_SECTION_CLOSED)
    found = prevention.agenda_in(visit, profile.entries(visit, prevention.SECTIONS, most=profile.MOST), day)
    if found is None:
        raise FhirError("Patient.birthDate", "is not known whole in this record")
    return found


def _asked(request: HttpRequest, who: Ask) -> tuple[Ask, list[tuple[str, str]]]:
    pairs = pairs_of(form(request))
    unknown = [name for name, _ in pairs if name not in _SUPPORTED]
    if unknown or pairs_of(request.GET):
        raise FhirError(unknown[0] if unknown else "patient", "is not a parameter of this search: patient.identifier, _count")
    return ins_of_patient(who, patient_of(pairs)), pairs


def _bundle(kind: str, resources: list[Json], most: int = MOST, partial: bool = False) -> Json:
    """Everything in one page. When fewer are asked for, the total stays whole and an outcome says how to have the rest."""
    base = f"{settings.CARNET.base_url}/fhir/{kind}"
    entries = [{"fullUrl": f"{base}/{r['id']}", "resource": r, "search": {"mode": "match"}} for r in resources[:most]]
    said = [f"{len(resources) - most} de plus : demandez-les avec un _count plus grand"] if len(resources) > most else []
    if partial:
        said.append(CLOSED)
    if said:
        issue = Issue("incomplete", " ; ".join(said), severity="information", kind="informational")
        entries.append({"resource": operation_outcome(issue), "search": {"mode": "outcome"}})
    return {"resourceType": "Bundle", "type": "searchset", "total": len(resources)} | ({"entry": entries} if entries else {})


def _most(pairs: list[tuple[str, str]]) -> int:
    return count_of(pairs) if any(name == "_count" for name, _ in pairs) else MOST


def _partial(visit: Visit) -> bool:
    return "vaccinations" in profile.narrowed(visit)


@view("POST")
def search(request: HttpRequest) -> HttpResponse:
    """`POST Immunization/_search`: the doses that the asker may see, each once."""
    question, pairs = _asked(request, ask(request, authenticated(request), Act.SEARCH))
    with visiting(question, detail="vaccinations") as visit:
        if not visit.opens("vaccinations"):
            raise Refusal(No.PROFILE_SECTION_CLOSED)
        entries = profile.entries(visit, ("vaccinations",), most=profile.MOST)
        held = prevention.shots_in(visit, entries, prevention.today(question.at))
        patient, partial = {"reference": f"Patient/{visit.record_id}"}, _partial(visit)
    told = [immunization(prevention.given_of(s), patient) for s in held]
    return fhir(_bundle("Immunization", told, _most(pairs), partial))


@view("POST")
def recommendations(request: HttpRequest) -> HttpResponse:
    """`POST ImmunizationRecommendation/_search`: what is forecast for a record, as far as the asker may know."""
    question, pairs = _asked(request, ask(request, authenticated(request), Act.SEARCH))
    with visiting(question, detail="vaccinations") as visit:
        found, patient = _open(visit, prevention.today(question.at)), {"reference": f"Patient/{visit.record_id}"}
        told, partial = prevention.forecast_resources(found, patient, question.at, {}), _partial(visit)
    listed = [r for r in told if r["resourceType"] == "ImmunizationRecommendation"]
    return fhir(_bundle("ImmunizationRecommendation", listed, _most(pairs), partial))


@view("POST")
def forecast_of_record(request: HttpRequest) -> HttpResponse:
    """`Patient/$immds-forecast`: the same answer, of a record. The INS stands in the Parameters."""
    who, resource = authenticated(request), body(request)
    given = _parameter(resource, "identifier")
    held = given[0].get("valueIdentifier") if given else None
    if not isinstance(held, dict):
        raise FhirError("Parameters.parameter(identifier)", "must be an Identifier")
    ins = ins_of_token(f"{text(held, 'system', 'Identifier')}|{text(held, 'value', 'Identifier')}")
    question = replace(ask(request, who, Act.SEARCH), ins=ins)
    with visiting(question, detail="vaccinations") as visit:
        found, patient = _open(visit, prevention.today(question.at)), {"reference": f"Patient/{visit.record_id}"}
        answer = _answer(found, patient, question.at, {}, partial=_partial(visit))
    return fhir(answer)


@view("POST")
def create(request: HttpRequest) -> HttpResponse:
    """`POST Immunization`: a vaccination that a professional gave or recorded. What is not kept is named in the answer."""
    who = authenticated(request)
    read = read_immunization(body(request), settings.LAW.civil_zone)
    given, day = read.given, prevention.today(moment())
    if (profile.first_day(given.start) or day) > day:
        raise FhirError("Immunization.occurrenceDateTime", "is in the future")
    ins = ins_of_token(patient_token(read.patient, "Immunization.patient"))
    # Whoever sends it stands for it when they gave it; of a dose that others gave, they name who did, or nobody.
    author = given.performer or ("" if read.unnamed or given.primary is False else who.name)
    detail = f"lot {given.lot}" if given.lot else given.note
    code, system, _ = given.codes[0] if given.codes else ("", "", "")
    content = profile.Content(
        given.label, code, system, given.start, detail=detail, codes=given.codes, route=given.route, site=given.site,
        author=author, origin="" if given.start else "unknown",
    )  # fmt: skip
    question = replace(ask(request, who, Act.WRITE_PROFILE), ins=ins)
    number = profile.add_entry(question, None, "vaccinations", content)
    kept = immunization(replace(given, number=str(number), performer=author, primary=None), read.patient)
    left = (*read.left, *(["note"] if given.lot and given.note else []))
    kept |= {"extension": left_out(left, NOT_KEPT)} if left else {}
    response = fhir(kept, 201)
    response["Location"] = f"{settings.CARNET.base_url}/fhir/Immunization/{number}"
    return response
