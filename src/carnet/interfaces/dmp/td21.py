"""TD2.1 and TD2.2, feeding: IHE ITI-41, the lot signed with XAdES, the bytes by MTOM or inline.

All or nothing: what is refused leaves no document, no metadata and no bytes that anybody finds.
"""

from collections.abc import Callable

from django.conf import settings
from django.utils.translation import gettext

from carnet.apps.records.api import Receipt, deposit
from carnet.apps.signin.api import algorithms, signer_of
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.xds import Coding, DocumentEntry
from carnet.formats.xds.lot_signature import LotSignatureError, check_lot, read_lot_signature
from carnet.formats.xds.messages import Issue, Provided, read_provide, write_registry_response
from carnet.formats.xds.rim_read import XdsError
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import issue_of, warning_of
from carnet.kernel.ask import Act
from carnet.kernel.codes import HIDDEN_FROM_REPRESENTATIVES, VISIBILITY_SYSTEM
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import DocumentId, IdentifierError
from carnet.kernel.refusal import No, Refusal

SIGNATURE_TYPE = "E1762"
"""Type of the signature object (ASTM E1762)."""
_LONGEST_ID = 128


def _is_signature(entry: DocumentEntry) -> bool:
    return entry.type.code == SIGNATURE_TYPE


def _invalid(problem: str) -> Refusal:
    return Refusal(No.LOT_SIGNATURE_INVALID, {"problem": problem})


def _check_signature(call: Call, provided: Provided) -> None:
    """The lot is signed by whoever submits it, every document named with its digest. Raises Refusal."""
    signatures = [content for entry, content in provided.documents if _is_signature(entry)]
    if not signatures:
        # A lot without a document has nothing that the manifest of a signature could name.
        if settings.CARNET.lot_signature == "optional" or not provided.documents:
            return
        raise Refusal(No.LOT_SIGNATURE_MISSING)
    if len(signatures) > 1:
        raise _invalid("one signature object in a lot")
    signed = {entry.unique_id: content for entry, content in provided.documents if not _is_signature(entry)}
    try:
        signature = read_lot_signature(signatures[0])
        signer = signer_of(signature.certificate, call.at, call.transport)
        if signer.revoked:
            raise _invalid(No.CERTIFICATE_REVOKED)
        check_lot(signature, signer.public, signed, call.at, algorithms())
    except LotSignatureError as error:
        raise _invalid(str(error)) from None


def _signature_warnings(call: Call, provided: Provided) -> list[Issue]:
    """Nothing for a signature that holds. The vendor kit's own samples do not hold: with it, that is a warning."""
    try:
        _check_signature(call, provided)
    except Refusal as refusal:
        if not settings.CARNET.vendor_kit:
            raise
        return [warning_of(refusal.code, refusal.details)]
    return []


def _labelled(call: Call, entry: DocumentEntry) -> DocumentEntry:
    """In a secret connection every document is hidden from the representatives (EX_2.1-1050)."""
    if not call.vihf.secret or _is_signature(entry):
        return entry
    others = tuple(c for c in entry.confidentiality if c.code != HIDDEN_FROM_REPRESENTATIVES)
    return replace(entry, confidentiality=(*others, Coding(HIDDEN_FROM_REPRESENTATIVES, VISIBILITY_SYSTEM)))


def _submission(call: Call, provided: Provided) -> Submission:
    documents = tuple(
        SubmittedDocument(_labelled(call, entry), content, number) for number, (entry, content) in enumerate(provided.documents)
    )
    return Submission(provided.set, documents, ("DocumentReference",) * len(documents), provided.folders)


def _check_entry(entry: DocumentEntry) -> None:
    try:
        DocumentId(entry.unique_id)
    except IdentifierError:
        raise XdsError("a uniqueId is an OID, with an extension if need be, or the URN of a UUID", element="uniqueId") from None
    source = entry.source_patient
    if source[0] == entry.patient[0] and source[1].upper() != entry.patient[1].upper():
        raise XdsError("sourcePatientId is the INS of somebody else", "XDSPatientIdDoesNotMatch", "sourcePatientId")


def _missing(provided: Provided) -> str:
    """Names of the metadata that the profile asks for and that are not there (ITI TF-3 §4.2.3, CI-SIS Partage)."""
    lacking = {name for entry, _ in provided.documents for name, has in _NEEDED_OF_ENTRY if not has(entry)}
    lacking |= {"contentTypeCode"} if not provided.set.content_type else set()
    return ", ".join(sorted(lacking))


_NEEDED_OF_ENTRY: tuple[tuple[str, Callable[[DocumentEntry], object]], ...] = (
    ("classCode", lambda e: e.class_),
    ("confidentialityCode", lambda e: e.confidentiality),
    ("creationTime", lambda e: e.creation_time),
    ("formatCode", lambda e: e.format),
    ("healthcareFacilityTypeCode", lambda e: e.facility),
    ("languageCode", lambda e: e.language),
    ("practiceSettingCode", lambda e: e.practice),
    ("sourcePatientId", lambda e: e.source_patient[1] or e.source_patient_stated),
    ("typeCode", lambda e: e.type),
)


def _check_shape(call: Call, provided: Provided) -> None:
    most = settings.CARNET.max_documents_per_submission
    if sum(not _is_signature(entry) for entry, _ in provided.documents) > most or not (provided.documents or provided.folders):
        raise XdsError(f"at most {most} documents, and one at least, or a folder", "XDSRepositoryMetadataError")
    if call.vihf.secret and not provided.documents:
        raise XdsError("nothing hides a folder without a document from the representatives", element="Folder")
    for entry, _ in provided.documents:
        _check_entry(entry)
    for folder in provided.folders:
        if not (folder.unique_id or folder.entry_uuid) or len(folder.unique_id) > _LONGEST_ID:
            raise XdsError(f"a folder has a uniqueId of at most {_LONGEST_ID} characters", element="uniqueId")
    unique_ids = [provided.set.unique_id, *(f.unique_id for f in provided.folders), *(e.unique_id for e, _ in provided.documents)]
    given = [one for one in unique_ids if one]
    if len(given) != len(set(given)):
        raise XdsError("a uniqueId stands twice", "XDSRegistryDuplicateUniqueIdInMessage", "uniqueId")
    patients = {entry.patient for entry, _ in provided.documents} | {provided.set.patient}
    if len(patients) != 1 or ("", "") in patients:
        raise XdsError("every object names the same patient", "XDSPatientIdDoesNotMatch", "patientId")
    if not provided.set.unique_id or not provided.set.source_id or not provided.set.submitted_at:
        raise XdsError("a submission set has uniqueId, sourceId and submissionTime", element="SubmissionSet")
    if settings.CARNET.xds_metadata == "strict" and (lacking := _missing(provided)):
        raise XdsError("metadata that the profile asks for are missing", element=lacking)


def _warnings(provided: Provided, receipt: Receipt) -> list[Issue]:
    told = [warning_of(code) for accepted in receipt.documents for code in accepted.warnings]
    if lacking := _missing(provided):
        asked = gettext("Toléré ici (réglage xds_metadata) ; le système national refuserait ce dépôt, il manque : {names}.")
        told.append(Issue("XDSRegistryMetadataError", asked.format(names=lacking), "xds_metadata", warning=True))
    said = gettext("Ce champ n'est pas conservé : {name}.")
    extra = [Issue("XDSExtraMetadataNotSaved", said.format(name=name), name, warning=True) for name in provided.extra]
    return told + extra


def handle(call: Call) -> Answer:
    """Deposit the lot."""
    try:
        provided = read_provide(call.body, call.parts)
        _check_shape(call, provided)
    except XdsError as error:
        return xds_refused(error)
    question = call.ask(Act.FEED, provided.set.patient)
    warnings = _signature_warnings(call, provided)
    receipt = deposit(question, _submission(call, provided))
    return Answer(write_registry_response(warnings + _warnings(provided, receipt)))


def xds_refused(error: XdsError) -> Answer:
    """Metadata that cannot be read, as a RegistryResponse."""
    told = issue_of(Refusal(No.REQUEST_MALFORMED, {"problem": str(error), "element": error.element}))
    return Answer(write_registry_response([replace(told, code=error.code)]))


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a RegistryResponse. What is not there for the sender, and is named in a folder, is an end that is nowhere."""
    told = issue_of(refusal, "XDSRepositoryError")
    told = replace(told, code="UnresolvedReferenceException") if refusal.code is No.DOCUMENT_UNKNOWN else told
    return Answer(write_registry_response([told]))
