"""TD0.2 and TD0.3: `POST /fhir/Patient/_search`, `$authorize`, `$withdraw`, `$emergency-access`.

TD0.2 tells the state of the record, the authorisation and the treating doctor, and nothing else: no trait comes back,
because the identity that the software shows is its own (RG_0320).
"""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from carnet.apps.access.api import Consent
from carnet.apps.records.api import (
    RecordStatus,
    declare_authorisation,
    open_emergency,
    testing_record,
    withdraw_authorisation,
)
from carnet.dicah.facts import AuthorisationGround
from carnet.formats.fhir import FhirError, Issue, Json, operation_outcome
from carnet.formats.fhir.reading import items, text
from carnet.formats.fhir.systems import LIGHTS
from carnet.formats.timestamps import to_fhir
from carnet.interfaces.fhir.answers import OUTCOME, fhir, issue_of
from carnet.interfaces.fhir.door import MODE_HEADER, Asked, ask, authenticated, body, form, ins_of_token, mode, reading, view
from carnet.interfaces.fhir.parameters import pairs_of
from carnet.interfaces.fhir.traits import TRAIT_FIELDS, traits_of_fields
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act, Mode
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins

_STATUS_URL = "https://carnet.example/StructureDefinition/record-status"


def _patient(status: RecordStatus) -> Json:
    parts = [
        {"url": "state", "valueCode": status.state},
        {"url": "authorisation", "valueCode": status.authorisation},
        {"url": "treatingDoctor", "valueBoolean": status.treating_doctor},
        {"url": "standing", "valueCode": status.standing},
        {"url": "renewable", "valueBoolean": status.renewable},
    ]
    if status.state == "closed" and status.since:
        parts.append({"url": "closedOn", "valueDate": status.since.isoformat()})
        parts.append({"url": "closingReason", "valueString": status.reason})
    return {
        "resourceType": "Patient",
        "id": str(status.record_id),
        "active": status.state == "open",
        "extension": [{"url": _STATUS_URL, "extension": parts}],
    }


def _lights(status: RecordStatus) -> Json:
    return {"url": LIGHTS, "extension": [{"url": name, "valueCode": light} for name, light in status.lights.items()]}


def _outcome(status: RecordStatus) -> Json:
    """The five lights, and the automatic message of what stands between the asker and the record."""
    if status.obstacle:
        outcome = operation_outcome(issue_of(status.obstacle, status.details, "warning"))
    else:
        told = gettext("Les cinq conditions sont réunies.")
        everything = Issue("all-conditions-hold", told, severity="information", kind="informational")
        outcome = operation_outcome(everything)
    return outcome | {"extension": [_lights(status)]}


def _searchset(status: RecordStatus) -> Json:
    entries: list[Json] = []
    if status.record_id is not None:
        address = f"{settings.CARNET.base_url}/fhir/Patient/{status.record_id}"
        entries.append({"fullUrl": address, "resource": _patient(status), "search": {"mode": "match"}})
    total = len(entries)
    entries.append({"fullUrl": OUTCOME, "resource": _outcome(status), "search": {"mode": "outcome"}})
    return {"resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries}


@reading("POST")
def post_search(request: HttpRequest, who: Actor) -> Asked[RecordStatus]:
    """TD0.2: does an open record exist, and may I enter?"""
    posted = form(request)
    pairs = pairs_of(posted)
    fields = {name: value.strip() for name, value in pairs}
    if len(fields) != len(pairs):
        raise FhirError("identifier", "or a trait stands twice: one question is about one identity")
    unknown = set(fields) - {"identifier", *TRAIT_FIELDS}
    if unknown or "identifier" not in fields or pairs_of(request.GET):
        raise FhirError("identifier", "must stand in the body, with family, given, gender, birthdate at most")
    question = ask(request, who, Act.TEST_RECORD, ins_of_token(fields["identifier"]))
    found = testing_record(replace(question, traits=traits_of_fields(fields)))
    return Asked(found, lambda status: fhir(_searchset(status)))


def _parameters(request: HttpRequest, *known: str) -> dict[str, object]:
    """The parameters of an operation. What it does not know, or what stands twice, would be passed over: it is refused."""
    resource = body(request)
    if resource.get("resourceType") != "Parameters":
        raise FhirError("(root)", "must be Parameters")
    found: dict[str, object] = {}
    for parameter in items(resource, "parameter", "Parameters"):
        name, values = (
            text(parameter, "name", "Parameters.parameter"),
            [v for key, v in parameter.items() if key.startswith("value")],
        )
        if name not in known or len(values) != 1:
            raise FhirError("Parameters.parameter", f"must have one value and be one of {', '.join(known)}")
        if name in found:
            raise FhirError(f"Parameters.parameter({name})", "stands twice")
        found[name] = values[0]
    return found


def _ins_of(parameters: dict[str, object]) -> Ins:
    identifier = parameters.get("identifier")
    if not isinstance(identifier, dict):
        raise FhirError("Parameters.parameter(identifier)", "must be an Identifier")
    return ins_of_token(f"{identifier.get('system', '')}|{identifier.get('value', '')}")


def _done(name: str, moment: datetime | None = None) -> HttpResponse:
    parameters: list[Json] = [{"name": "status", "valueCode": name}]
    if moment:
        parameters.append({"name": "until", "valueInstant": to_fhir(moment)})
    return fhir({"resourceType": "Parameters", "parameter": parameters})


def _consent(parameters: dict[str, object]) -> Consent:
    try:
        ground = AuthorisationGround(str(parameters.get("ground", "")))
    except ValueError:
        raise FhirError("Parameters.parameter(ground)", "must be care_team or consultation") from None
    prolongs, initial = parameters.get("prolong", False), parameters.get("initialConsent", False)
    if not isinstance(prolongs, bool) or not isinstance(initial, bool):
        raise FhirError("Parameters.parameter(prolong, initialConsent)", "must be true or false")
    if prolongs and "patientAgrees" not in parameters:
        return Consent(ground, patient_agrees=False, prolongs=True)
    agrees = parameters.get("patientAgrees")
    if not isinstance(agrees, bool):
        raise FhirError("Parameters.parameter(patientAgrees)", "must be true or false: it states what the patient said")
    return Consent(ground, agrees, initial)


_OF_CONSENT = ("identifier", "ground", "patientAgrees", "initialConsent", "prolong")


@view("POST")
def authorize(request: HttpRequest) -> HttpResponse:
    """TD0.3 AJOUT: declare oneself authorised, stating the patient's information and agreement."""
    who, parameters = authenticated(request), _parameters(request, *_OF_CONSENT)
    question = ask(request, who, Act.DECLARE_AUTHORISATION, _ins_of(parameters))
    return _done("authorised", declare_authorisation(question, _consent(parameters)))


@view("POST")
def withdraw(request: HttpRequest) -> HttpResponse:
    """TD0.3 SUPPRESSION: withdraw one's own authorisation."""
    who, parameters = authenticated(request), _parameters(request, "identifier")
    withdraw_authorisation(ask(request, who, Act.WITHDRAW_AUTHORISATION, _ins_of(parameters)))
    return _done("withdrawn")


@view("POST")
def emergency_access(request: HttpRequest) -> HttpResponse:
    """Open an emergency access, in the mode of the header, with its reason in words."""
    who, parameters = authenticated(request), _parameters(request, "identifier", "reason")
    if mode(request) is Mode.NORMAL:
        raise FhirError(MODE_HEADER, "must be bris_de_glace or centre_15 to open an emergency access")
    words = str(parameters.get("reason", ""))
    ends = open_emergency(ask(request, who, Act.OPEN_EMERGENCY, _ins_of(parameters), words))
    return _done("emergency-open", ends)
