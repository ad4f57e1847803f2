"""TD3.2, reading documents: IHE ITI-43, always multipart. A document that may not be read is unknown."""

from django.conf import settings

from carnet.apps.records.api import read_named
from carnet.formats.xds.messages import Issue, read_retrieve, write_retrieve_response
from carnet.formats.xds.rim_read import XdsError
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import issue_of, text_of
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal


def _unknown_repository() -> Issue:
    told = text_of(Refusal(No.REQUEST_MALFORMED, {"element": "RepositoryUniqueId"}))
    return Issue("XDSUnknownRepositoryId", told, settings.CARNET.dmp_repository_oid)


def _read(call: Call, unique_id: str) -> tuple[str, str, bytes]:
    content = read_named(call.ask(Act.READ), unique_id)
    return unique_id, content.mime, content.data


def handle(call: Call) -> Answer:
    """The documents that are asked for; one that is unknown has its own error beside the others."""
    repository = settings.CARNET.dmp_repository_oid
    try:
        pairs = list(dict.fromkeys(read_retrieve(call.body)))
        if len(pairs) > settings.CARNET.max_documents_per_submission:
            raise XdsError("too many documents at once", "XDSTooManyResults", "DocumentRequest")
    except XdsError as error:
        told = text_of(Refusal(No.REQUEST_MALFORMED, {"problem": str(error)}))
        return _answered(repository, [], [Issue(error.code, told, error.element)])
    documents, issues = [], []
    for wanted, unique_id in pairs:
        if wanted != repository:
            issues.append(_unknown_repository())
            continue
        try:
            documents.append(_read(call, unique_id))
        except Refusal as refusal:
            if not refusal.code.startswith("document-"):
                # What concerns the asker or the record concerns every document.
                raise
            issues.append(replace(issue_of(refusal), location=unique_id))
    return _answered(repository, documents, issues)


def _answered(repository: str, documents: list[tuple[str, str, bytes]], issues: list[Issue]) -> Answer:
    body, parts = write_retrieve_response(repository, documents, issues)
    return Answer(body, parts, mtom=True)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a RetrieveDocumentSetResponse without documents."""
    return _answered(settings.CARNET.dmp_repository_oid, [], [issue_of(refusal)])
