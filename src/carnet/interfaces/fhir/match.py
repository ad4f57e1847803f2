"""TD0.5: `POST /fhir/Patient/$match` (PDQm ITI-119 in its shape), in medical regulation only: candidates, with their scores."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from carnet.apps.records.api import Candidate, search_by_traits
from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.reading import text, texts
from carnet.formats.fhir.systems import EMERGENCY_OPPOSED
from carnet.interfaces.fhir.answers import fhir
from carnet.interfaces.fhir.door import ask, authenticated, body, view
from carnet.interfaces.fhir.traits import SEX_OF_GENDER, traits_of_fields
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.traits import Traits

_GENDER = {sex: gender for gender, sex in SEX_OF_GENDER.items()}


def _first(values: object) -> Json:
    found = values[0] if isinstance(values, list) and values else {}
    return found if isinstance(found, dict) else {}


def _traits(parameters: Json) -> Traits:
    """The traits of the Patient in the parameter `resource`."""
    if parameters.get("resourceType") != "Parameters" or not isinstance(parameters.get("parameter"), list):
        raise FhirError("(root)", "must be Parameters")
    named = [p for p in parameters["parameter"] if isinstance(p, dict) and p.get("name") == "resource"]
    patient = named[0].get("resource") if named else None
    if not isinstance(patient, dict) or patient.get("resourceType") != "Patient":
        raise FhirError("Parameters.parameter(resource)", "must be a Patient")
    name = _first(patient.get("name"))
    fields = {
        "family": text(name, "family", "Patient.name"),
        "given": " ".join(texts(name, "given", "Patient.name")),
        "gender": text(patient, "gender", "Patient"),
        "birthdate": text(patient, "birthDate", "Patient"),
    }
    return traits_of_fields({key: value[:200] for key, value in fields.items()})


def _entry(candidate: Candidate) -> Json:
    traits, ins = candidate.traits, candidate.ins
    patient: Json = {
        "resourceType": "Patient",
        "id": str(candidate.record_id),
        "extension": [{"url": EMERGENCY_OPPOSED, "valueBoolean": candidate.opposed}],
        "identifier": [{"use": "official", "system": f"urn:oid:{ins.oid}", "value": ins.matricule}],
        "name": [{"use": "official", "family": traits.birth_name, "given": traits.given_names.split()}],
        "gender": _GENDER.get(traits.sex, "unknown"),
        "birthDate": traits.birth_date,
    }
    address = f"{settings.CARNET.base_url}/fhir/Patient/{candidate.record_id}"
    return {"fullUrl": address, "resource": patient, "search": {"mode": "match", "score": candidate.score}}


@view("POST")
def match(request: HttpRequest) -> HttpResponse:
    """Candidates for these traits. It opens nothing: the emergency access comes next, with its reason."""
    who = authenticated(request)
    question = replace(ask(request, who, Act.SEARCH_BY_TRAITS), traits=_traits(body(request)))
    entries = [_entry(candidate) for candidate in search_by_traits(question)]
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return fhir(bundle | ({"entry": entries} if entries else {}))
