"""What a refusal becomes on the wire: an IHE or DMP code where one is published, and the French sentence with the next step.

The catalogue is `docs/reference/dmp-errors.md`, generated from these tables.
"""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from carnet.apps.access.api import sentence
from carnet.dicah.messages import message
from carnet.formats.hl7v3 import Problem
from carnet.formats.soap import SoapFault
from carnet.formats.xds.messages import Issue
from carnet.kernel.refusal import Nature, No, Refusal

NAMESPACE = "urn:carnet:dmp"
"""Namespace of the subcodes of faults: that of the national system is not published."""
DENIED, INVALID_CERTIFICATE, CLOSED, FOUND, OK = (
    "DMPAccessDeniedByRightsService", "DMPInvalidCertificate", "DMPClosed", "DMPFound", "DMPOk",
)  # fmt: skip

PUBLISHED = {
    # Codes of the DMP that are known (dmp.md §2.5); the annex that holds them all was not available.
    Nature.RIGHT: DENIED,
    Nature.CONSENT: DENIED,
    No.RECORD_ATTACHED: DENIED,
    No.RECORD_CLOSED: CLOSED,
    No.VIHF_CERTIFICATE_REFUSED: INVALID_CERTIFICATE,
    No.CERTIFICATE_REFUSED: INVALID_CERTIFICATE,
    No.CERTIFICATE_REVOKED: INVALID_CERTIFICATE,
}
_OWN = frozenset({No.DEPOSIT_OBJECTION, No.MINOR_AGREEMENT_MISSING, No.PRESENCE_CODE_WRONG, No.SECRET_CONNECTION_REFUSED,
                  No.SECRET_CONNECTION_KNOWN, No.PROFILE_SECTION_CLOSED, No.SERVICE_CONSENT_MISSING})  # fmt: skip
"""What the person wants for one deposit, document or connection: no denial by the rights service, so told by our own code."""
_IHE = {
    # Codes of IHE ITI TF-3 §4.2.4.1 and of ITI-57.
    Nature.IDENTITY: "XDSUnknownPatientId",
    Nature.DOCUMENT: "XDSRegistryMetadataError",
    Nature.ACTIVITY: "XDSRegistryBusy",
    Nature.OURS: "XDSRegistryBusy",
    No.RECORD_ABSENT: "XDSUnknownPatientId",
    No.INS_MISMATCH: "XDSPatientIdDoesNotMatch",
    No.DOCUMENT_PATIENT_MISMATCH: "XDSPatientIdDoesNotMatch",
    No.VIHF_PATIENT_MISMATCH: "XDSPatientIdDoesNotMatch",
    No.DOCUMENT_UNKNOWN: "XDSDocumentUniqueIdError",
    No.DOCUMENT_HASH_MISMATCH: "XDSRepositoryMetadataError",
    No.DOCUMENT_SIZE_MISMATCH: "XDSRepositoryMetadataError",
    No.DOCUMENT_MALFORMED: "XDSRepositoryMetadataError",
    No.DOCUMENT_NOT_CLINICAL: "XDSRepositoryMetadataError",
    No.DOCUMENT_MEDIA_REFUSED: "XDSRepositoryMetadataError",
    No.DOCUMENT_TO_CONVERT: "XDSRepositoryMetadataError",
    No.LOT_SIGNATURE_MISSING: "XDSRepositoryMetadataError",
    No.LOT_SIGNATURE_INVALID: "XDSRepositoryMetadataError",
    No.DOCUMENT_INFECTED: "XDSRepositoryError",
    No.DOCUMENT_TOO_LARGE: "XDSRepositoryOutOfResources",
    No.REQUEST_TOO_LARGE: "XDSRepositoryOutOfResources",
    No.DOCUMENT_DUPLICATE: "XDSNonIdenticalHash",
    No.DOCUMENT_PARENT_UNKNOWN: "XDSRegistryDeprecatedDocumentError",
    No.RELATION_UNKNOWN: "UnresolvedReferenceException",
    No.METADATA_VERSION_MISMATCH: "XDSMetadataVersionError",
    No.METADATA_UPDATE_REFUSED: "XDSMetadataUpdateOperationError",
    No.TOO_MANY_RESULTS: "XDSTooManyResults",
}
"""By nature, then the exceptions."""


def dmp_code(no: No) -> str:
    """The code that the DMP publishes for a refusal, or nothing."""
    return "" if no in _OWN else PUBLISHED.get(no) or PUBLISHED.get(no.nature, "")


def xds_code(no: No, otherwise: str = "XDSRegistryError") -> str:
    """The code of a RegistryError for a refusal."""
    return dmp_code(no) or _IHE.get(no) or _IHE.get(no.nature, otherwise)


_IN_XDS = {
    "masterIdentifier": "uniqueId",
    "type": "typeCode",
    "category": "classCode",
    "content.format": "formatCode",
    "securityLabel": "confidentialityCode",
    "context.facilityType": "healthcareFacilityTypeCode",
    "context.practiceSetting": "practiceSettingCode",
    "context.event": "eventCodeList",
    "context.period": "serviceStartTime, serviceStopTime",
    "attachment.title": "title",
    "date": "creationTime",
}
"""Metadata that a deposit may be refused for, by the names that XDS gives them."""
_ALSO = {No.EMERGENCY_REASON_MISSING: gettext_noop("Le motif se met dans l'attribut Mode_Acces_Raison du VIHF.")}
TOLERATED = frozenset({No.INS_MISMATCH, No.DOCUMENT_METADATA_MISMATCH, No.LOT_SIGNATURE_MISSING, No.LOT_SIGNATURE_INVALID})
"""What the vendor kit's setting lets through, with a warning."""


def text_of(refusal: Refusal) -> str:
    """What happened, what the asker may learn of it, and what to do."""
    told = message(refusal.code)
    named = "; ".join(f"{name}: {_IN_XDS.get(value, value)}" for name, value in refusal.details.items() if value)
    also = gettext(_ALSO[refusal.code]) if refusal.code in _ALSO else ""
    parts = (sentence(told.professional), f"({named})" if named else "", sentence(told.next_step), also)
    return " ".join(part for part in parts if part)


def issue_of(refusal: Refusal, otherwise: str = "XDSRegistryError") -> Issue:
    """A refusal as a RegistryError: Carnet's stable code stands in its location."""
    return Issue(xds_code(refusal.code, otherwise), text_of(refusal), refusal.code)


def warning_of(no: No, details: Mapping[str, str] | None = None) -> Issue:
    """What Carnet completed or corrected in an accepted document, or what the vendor kit's setting tolerated."""
    told = text_of(Refusal(no, details))
    of_wire = "XDSExtraMetadataNotSaved"
    if no in TOLERATED:
        of_wire = xds_code(no)
        told = gettext("Toléré ici pour le kit national ; en production, ce dépôt serait refusé : {told}").format(told=told)
    return Issue(of_wire, told, no, warning=True)


def problem_of(refusal: Refusal) -> Problem:
    """A refusal as an HL7 v3 acknowledgement or a DMP status: the published code, else Carnet's own."""
    return Problem(dmp_code(refusal.code) or refusal.code, text_of(refusal))


def fault_of(refusal: Refusal) -> SoapFault:
    """A refusal of the VIHF or of the message itself, as a fault."""
    told = message(refusal.code)
    subcode = INVALID_CERTIFICATE if dmp_code(refusal.code) == INVALID_CERTIFICATE else refusal.code
    detail = (("code", refusal.code), ("rule", told.rule), ("nextStep", sentence(told.next_step)))
    return SoapFault("Sender", subcode, text_of(refusal), detail)


def catalogue() -> list[tuple[str, str, str, str, str]]:
    """Every refusal: Carnet's code, the code of XDS answers, that of other answers, the sentence, the next step."""
    return [(no, xds_code(no), dmp_code(no) or no, message(no).professional, message(no).next_step) for no in No]
