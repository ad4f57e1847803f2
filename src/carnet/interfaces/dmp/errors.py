"""What a refusal becomes on the wire: an IHE or DMP code where one is published, and the French sentence with the next step.

The catalogue is `docs/reference/dmp-errors.md`, generated from these tables.
"""

from collections.abc import Mapping

from django.utils.translation import gettext, gettext_noop

from carnet.apps.access.api import sentence
from carnet.dicah.messages import MESSAGES, message
from carnet.formats.hl7v3 import Problem
from carnet.formats.soap import SoapFault
from carnet.formats.xds.messages import Issue
from carnet.kernel.refusal import Refusal

NAMESPACE = "urn:carnet:dmp"
"""Namespace of the subcodes of faults: that of the national system is not published."""
DENIED, INVALID_CERTIFICATE, CLOSED, FOUND, OK = (
    "DMPAccessDeniedByRightsService", "DMPInvalidCertificate", "DMPClosed", "DMPFound", "DMPOk",
)  # fmt: skip

PUBLISHED = {
    # Codes of the DMP that are known (dmp.md §2.5); the annex that holds them all was not available.
    "function-not-allowed": DENIED,
    "emergency-for-health-professions": DENIED,
    "occupational-doctor-closed": DENIED,
    "habilitation-profession": DENIED,
    "habilitation-document-type": DENIED,
    "habilitation-context": DENIED,
    "regulation-not-proved": DENIED,
    "treating-doctor-undeclared": DENIED,
    "record-attached": DENIED,
    "professional-blocked": DENIED,
    "consent-missing": DENIED,
    "consent-expired": DENIED,
    "emergency-opposed": DENIED,
    "emergency-reason-missing": DENIED,
    "document-not-own": DENIED,
    "record-closed": CLOSED,
    "vihf-certificate-refused": INVALID_CERTIFICATE,
    "certificate-refused": INVALID_CERTIFICATE,
    "certificate-revoked": INVALID_CERTIFICATE,
}
_IHE = {
    # Codes of IHE ITI TF-3 §4.2.4.1 and of ITI-57.
    "record-absent": "XDSUnknownPatientId",
    "ins-malformed": "XDSUnknownPatientId",
    "ins-unknown": "XDSUnknownPatientId",
    "ins-not-qualified": "XDSUnknownPatientId",
    "ins-oid-refused": "XDSUnknownPatientId",
    "ins-mismatch": "XDSPatientIdDoesNotMatch",
    "document-patient-mismatch": "XDSPatientIdDoesNotMatch",
    "vihf-patient-mismatch": "XDSPatientIdDoesNotMatch",
    "document-unknown": "XDSDocumentUniqueIdError",
    "document-hash-mismatch": "XDSRepositoryMetadataError",
    "document-size-mismatch": "XDSRepositoryMetadataError",
    "document-malformed": "XDSRepositoryMetadataError",
    "document-not-clinical": "XDSRepositoryMetadataError",
    "document-media-refused": "XDSRepositoryMetadataError",
    "document-too-large": "XDSRepositoryOutOfResources",
    "request-too-large": "XDSRepositoryOutOfResources",
    "document-duplicate": "XDSNonIdenticalHash",
    "document-parent-unknown": "XDSRegistryDeprecatedDocumentError",
    "document-code-unknown": "XDSRegistryMetadataError",
    "document-code-ended": "XDSRegistryMetadataError",
    "document-type-class-mismatch": "XDSRegistryMetadataError",
    "document-metadata-mismatch": "XDSRegistryMetadataError",
    "document-author-unknown": "XDSRegistryMetadataError",
    "visibility-codes-together": "XDSRegistryMetadataError",
    "lot-signature-missing": "XDSRepositoryMetadataError",
    "lot-signature-invalid": "XDSRepositoryMetadataError",
    "metadata-version-mismatch": "XDSMetadataVersionError",
    "metadata-update-refused": "XDSMetadataUpdateOperationError",
    "too-many-results": "XDSTooManyResults",
    "step-up-required": "XDSRegistryBusy",
    "activity-under-review": "XDSRegistryBusy",
}


def xds_code(code: str, otherwise: str = "XDSRegistryError") -> str:
    """The code of a RegistryError for a refusal."""
    return PUBLISHED.get(code) or _IHE.get(code) or otherwise


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
_ALSO = {"emergency-reason-missing": gettext_noop("Le motif se met dans l'attribut Mode_Acces_Raison du VIHF.")}
TOLERATED = frozenset({"ins-mismatch", "document-metadata-mismatch", "lot-signature-missing", "lot-signature-invalid"})
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


def warning_of(code: str, details: Mapping[str, str] | None = None) -> Issue:
    """What Carnet completed or corrected in an accepted document, or what the vendor kit's setting tolerated."""
    told = text_of(Refusal(code, details))
    of_wire = "XDSExtraMetadataNotSaved"
    if code in TOLERATED:
        of_wire = xds_code(code)
        told = gettext("Toléré ici pour le kit national ; en production, ce dépôt serait refusé : {told}").format(told=told)
    return Issue(of_wire, told, code, warning=True)


def problem_of(refusal: Refusal) -> Problem:
    """A refusal as an HL7 v3 acknowledgement or a DMP status: the published code, else Carnet's own."""
    return Problem(PUBLISHED.get(refusal.code, refusal.code), text_of(refusal))


def fault_of(refusal: Refusal) -> SoapFault:
    """A refusal of the VIHF or of the message itself, as a fault."""
    told = message(refusal.code)
    subcode = INVALID_CERTIFICATE if PUBLISHED.get(refusal.code) == INVALID_CERTIFICATE else refusal.code
    detail = (("code", refusal.code), ("rule", told.rule), ("nextStep", sentence(told.next_step)))
    return SoapFault("Sender", subcode, text_of(refusal), detail)


def catalogue() -> list[tuple[str, str, str, str, str]]:
    """Every refusal: Carnet's code, the code of XDS answers, that of other answers, the sentence, the next step."""
    return [(code, xds_code(code), PUBLISHED.get(code, code), told.professional, told.next_step) for code, told in MESSAGES.items()]
