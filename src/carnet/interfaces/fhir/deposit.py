"""ITI-65 Provide Document Bundle (`POST /fhir`) and ITI-105 Simplified Publish (`POST /fhir/DocumentReference`): TD2.1."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from carnet.apps.records.api import TYPES_OF_CDA, Accepted, Receipt, deposit, ins_of_record
from carnet.formats.fhir import (
    FhirError,
    Issue,
    Json,
    Submission,
    SubmittedDocument,
    operation_outcome,
    read_provide_bundle,
    read_simplified,
)
from carnet.formats.xds import DocumentEntry
from carnet.interfaces.fhir.answers import fhir, issue_of
from carnet.interfaces.fhir.door import ask, authenticated, body, ins_of_token, view
from carnet.interfaces.fhir.patch import conditional
from carnet.interfaces.fhir.search import get_search
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins


def _patient(question: Ask, submission: Submission) -> Ins:
    """The patient of the deposit: that of the set, else that of its first document."""
    system, value = submission.set.patient if submission.set.patient[1] else submission.documents[0].entry.patient
    if not value:
        raise FhirError("subject", "must name the patient, by identifier or as Patient/id")
    if system != "record":
        return ins_of_token(f"{system}|{value}")
    try:
        record_id = UUID(value)
    except ValueError:
        raise FhirError("subject", "must be system|value, or Patient/id") from None
    return ins_of_record(question, record_id)


_COMPLETED: tuple[tuple[str, Callable[[DocumentEntry], object]], ...] = (
    ("content.attachment.creation", lambda e: e.creation_time or e.date), ("content.attachment.language", lambda e: e.language),
    ("context.period.start", lambda e: e.service_start), ("context.facilityType", lambda e: e.facility),
    ("context.practiceSetting", lambda e: e.practice),
)  # fmt: skip
"""What the registry holds of every document: from who deposits, and from the moment, where nobody states it."""


def _issues(accepted: Accepted, sent: SubmittedDocument) -> list[Issue]:
    """Warnings of an accepted document: what Carnet completed or corrected, and what is not kept."""
    found = [issue_of(code, {}, "warning") for code in accepted.warnings]
    # What a CDA states stands in it: of it nothing is made up.
    made_up = [name for name, stated in _COMPLETED if not stated(sent.entry)] if sent.entry.mime not in TYPES_OF_CDA else []
    told = (
        ("completed", gettext("Ces éléments n'étaient pas donnés : Carnet les a complétés. {names}"), made_up),
        ("not-kept", gettext("Ces éléments ne sont pas gardés : {names}"), sent.left),
    )
    for code, said, names in told:
        if names:
            found.append(Issue(code, said.format(names=", ".join(names)), severity="warning", kind="informational"))
    return found


def _warnings(accepted: Accepted, sent: SubmittedDocument) -> Json:
    issues = _issues(accepted, sent)
    return {"outcome": operation_outcome(*issues)} if issues else {}


def _status(again: bool) -> str:
    return "200 OK" if again else "201 Created"


def _document_response(accepted: Accepted, sent: SubmittedDocument) -> Json:
    location = f"DocumentReference/{accepted.logical_id}/_history/{accepted.version}"
    return {
        "response": {"status": _status(accepted.again), "location": location, "etag": f'W/"{accepted.version}"'}
        | _warnings(accepted, sent)
    }


def _response(submission: Submission, receipt: Receipt) -> Json:
    """One entry for each entry of the request, in the same order."""
    documents, bytes_of = zip(receipt.documents, submission.documents, strict=True), dict(submission.binaries)
    entries: list[Json] = []
    again = all(document.again for document in receipt.documents)
    for position, kind in enumerate(submission.kinds):
        if kind == "DocumentReference":
            accepted, sent = next(documents)
            entries.append(_document_response(accepted, sent))
        elif kind == "List":
            entries.append({"response": {"status": _status(again), "location": f"List/{receipt.submission_id}"}})
        elif kind == "Binary":
            own = receipt.documents[bytes_of[position]]
            entries.append({"response": {"status": _status(own.again), "location": f"Binary/{own.logical_id}"}})
        else:
            entries.append({"response": {"status": "200 OK"}})
    return {"resourceType": "Bundle", "type": "transaction-response", "entry": entries}


@view("POST")
def provide_bundle(request: HttpRequest) -> HttpResponse:
    """ITI-65. All documents are stored, or none."""
    who = authenticated(request)
    submission = read_provide_bundle(body(request), settings.CARNET.max_documents_per_submission)
    question = ask(request, who, Act.FEED)
    receipt = deposit(replace(question, ins=_patient(question, submission)), submission)
    return fhir(_response(submission, receipt))


def _no_condition(request: HttpRequest) -> None:
    """A condition that is passed over would deposit twice (R4 §3.1.0.8.1): a deposit is told apart by its masterIdentifier."""
    if request.headers.get("If-None-Exist"):
        raise FhirError("If-None-Exist", "is not supported: a masterIdentifier that was deposited is not deposited twice")


def _simplified(request: HttpRequest) -> HttpResponse:
    who = authenticated(request)
    _no_condition(request)
    submission = read_simplified(body(request))
    question = ask(request, who, Act.FEED)
    receipt = deposit(replace(question, ins=_patient(question, submission)), submission)
    accepted = receipt.documents[0]
    told = Issue("deposited", gettext("Le document est déposé."), severity="information", kind="informational")
    answer = fhir(operation_outcome(told, *_issues(accepted, submission.documents[0])), 200 if accepted.again else 201)
    answer["Location"] = f"{settings.CARNET.base_url}/fhir/DocumentReference/{accepted.logical_id}"
    return answer


@view("GET", "POST", "PATCH")
def document_references(request: HttpRequest) -> HttpResponse:
    """`POST` publishes one document (ITI-105), `GET` searches without an INS in the address, `PATCH` acts on a named one."""
    if request.method == "PATCH":
        return conditional(request)
    answer: HttpResponse = get_search.alone(request) if request.method == "GET" else _simplified(request)  # type: ignore[attr-defined]
    return answer
