"""Every *no* of Carnet: its stable code and its nature.

Its sentences live in `carnet.dicah.messages`; each door derives its status and its own code from the nature, and names its
exceptions.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum


class Nature(Enum):
    """What a refusal is about: what a door answers follows from it."""

    WHO = "Who is asking."
    IDENTITY = "Which person is meant."
    RECORD = "The state of the record."
    CONSENT = "What the person agreed to, or did not."
    RIGHT = "What this profile may do."
    ACTIVITY = "What is out of the ordinary in the activity of whoever asks."
    DOCUMENT = "What a document says, or is."
    REQUEST = "The shape of the request."
    OURS = "A trouble of ours: the same request may pass later."
    REMARK = "No refusal: said beside a document that was accepted."


class No(StrEnum):
    """A refusal. Its value is the code that callers read; it never changes once it was answered."""

    nature: Nature

    def __new__(cls, code: str, nature: Nature) -> "No":
        """A code, with what it is about."""
        made = str.__new__(cls, code)
        made._value_ = code
        made.nature = nature
        return made

    AUTHENTICATION_MISSING = "authentication-missing", Nature.WHO
    AUTHENTICATION_TOO_WEAK = "authentication-too-weak", Nature.WHO
    AUTHENTICATION_EXPIRED = "authentication-expired", Nature.WHO
    DELEGATION_MISSING = "delegation-missing", Nature.WHO
    CERTIFICATE_REFUSED = "certificate-refused", Nature.WHO
    SITUATION_CHOICE = "situation-choice", Nature.WHO
    CERTIFICATE_REVOKED = "certificate-revoked", Nature.WHO
    EXERCISE_CLOSED = "exercise-closed", Nature.WHO
    STRUCTURE_MISMATCH = "structure-mismatch", Nature.WHO
    CODE_UNKNOWN = "code-unknown", Nature.WHO
    CREDENTIALS_WRONG = "credentials-wrong", Nature.WHO
    CREDENTIALS_LOCKED = "credentials-locked", Nature.WHO
    LOGIN_TAKEN = "login-taken", Nature.WHO
    SIGN_IN_REFUSED = "sign-in-refused", Nature.WHO
    VIHF_MISSING = "vihf-missing", Nature.WHO
    VIHF_UNSIGNED = "vihf-unsigned", Nature.WHO
    VIHF_SIGNATURE_INVALID = "vihf-signature-invalid", Nature.WHO
    VIHF_CERTIFICATE_REFUSED = "vihf-certificate-refused", Nature.WHO
    VIHF_MALFORMED = "vihf-malformed", Nature.WHO
    VIHF_EXPIRED = "vihf-expired", Nature.WHO
    VIHF_REPLAYED = "vihf-replayed", Nature.WHO
    VIHF_AUDIENCE_REFUSED = "vihf-audience-refused", Nature.WHO
    VIHF_MODE_MISMATCH = "vihf-mode-mismatch", Nature.WHO
    VIHF_IDENTITY_MISMATCH = "vihf-identity-mismatch", Nature.WHO
    VIHF_STRUCTURE_UNKNOWN = "vihf-structure-unknown", Nature.WHO
    VIHF_STRUCTURE_MISMATCH = "vihf-structure-mismatch", Nature.WHO
    VIHF_SECTOR_MISMATCH = "vihf-sector-mismatch", Nature.WHO
    VIHF_SPECIALITY_MISSING = "vihf-speciality-missing", Nature.WHO
    INS_MISMATCH = "ins-mismatch", Nature.IDENTITY
    INS_MALFORMED = "ins-malformed", Nature.IDENTITY
    INS_OID_REFUSED = "ins-oid-refused", Nature.IDENTITY
    INS_UNKNOWN = "ins-unknown", Nature.IDENTITY
    INS_NOT_QUALIFIED = "ins-not-qualified", Nature.IDENTITY
    TRAITS_INSUFFICIENT = "traits-insufficient", Nature.IDENTITY
    TRAITS_TOO_COMMON = "traits-too-common", Nature.IDENTITY
    VIHF_PATIENT_MISMATCH = "vihf-patient-mismatch", Nature.IDENTITY
    VIHF_PATIENT_MISSING = "vihf-patient-missing", Nature.IDENTITY
    RECORD_ABSENT = "record-absent", Nature.RECORD
    RECORD_CLOSED = "record-closed", Nature.RECORD
    RECORD_SUSPENDED = "record-suspended", Nature.RECORD
    RECORD_ATTACHED = "record-attached", Nature.RECORD
    PROFESSIONAL_BLOCKED = "professional-blocked", Nature.CONSENT
    CONSENT_MISSING = "consent-missing", Nature.CONSENT
    CONSENT_EXPIRED = "consent-expired", Nature.CONSENT
    EMERGENCY_OPPOSED = "emergency-opposed", Nature.CONSENT
    EMERGENCY_REASON_MISSING = "emergency-reason-missing", Nature.CONSENT
    PRESENCE_CODE_WRONG = "presence-code-wrong", Nature.CONSENT
    DEPOSIT_OBJECTION = "deposit-objection", Nature.CONSENT
    SERVICE_CONSENT_MISSING = "service-consent-missing", Nature.CONSENT
    SERVICE_NOT_REFERENCED = "service-not-referenced", Nature.WHO
    SERVICE_REQUEST_OVER = "service-request-over", Nature.WHO
    PROFILE_SECTION_CLOSED = "profile-section-closed", Nature.CONSENT
    MESSAGE_CORRESPONDENT_UNKNOWN = "message-correspondent-unknown", Nature.CONSENT
    MESSAGE_ENDED = "message-ended", Nature.CONSENT
    MESSAGE_BETWEEN_PERSONS = "message-between-persons", Nature.RIGHT
    MESSAGE_TOO_LARGE = "message-too-large", Nature.REQUEST
    MESSAGE_ATTACHMENT_REFUSED = "message-attachment-refused", Nature.REQUEST
    MESSAGE_MALFORMED = "message-malformed", Nature.REQUEST
    MESSAGE_SENDER_NOT_TRUSTED = "message-sender-not-trusted", Nature.WHO
    MESSAGE_SENDER_NOT_PROVED = "message-sender-not-proved", Nature.WHO
    MESSAGE_MAILBOX_UNKNOWN = "message-mailbox-unknown", Nature.RECORD
    MESSAGE_NOT_ANNOUNCED = "message-not-announced", Nature.DOCUMENT
    MESSAGE_SECRET_DOCUMENT = "message-secret-document", Nature.DOCUMENT
    DOCUMENT_XDM_UNREADABLE = "document-xdm-unreadable", Nature.DOCUMENT
    MINOR_AGREEMENT_MISSING = "minor-agreement-missing", Nature.CONSENT
    SECRET_CONNECTION_REFUSED = "secret-connection-refused", Nature.CONSENT
    SECRET_CONNECTION_KNOWN = "secret-connection-known", Nature.CONSENT
    HABILITATION_PROFESSION = "habilitation-profession", Nature.RIGHT
    HABILITATION_DOCUMENT_TYPE = "habilitation-document-type", Nature.RIGHT
    HABILITATION_CONTEXT = "habilitation-context", Nature.RIGHT
    FUNCTION_NOT_ALLOWED = "function-not-allowed", Nature.RIGHT
    REGULATION_NOT_PROVED = "regulation-not-proved", Nature.RIGHT
    DOCUMENT_NOT_OWN = "document-not-own", Nature.RIGHT
    RELATION_MISSING = "relation-missing", Nature.RIGHT
    MINOR_THROUGH_REPRESENTATIVE = "minor-through-representative", Nature.RIGHT
    DIRECTIVES_FOR_ADULTS = "directives-for-adults", Nature.RIGHT
    CARER_READS_ONLY = "carer-reads-only", Nature.RIGHT
    OUTSIDE_SCOPE = "outside-scope", Nature.RIGHT
    PERSON_LIMIT = "person-limit", Nature.RIGHT
    LINK_LIMIT = "link-limit", Nature.RIGHT
    ADULTS_ONLY = "adults-only", Nature.RIGHT
    INVITATION_UNKNOWN = "invitation-unknown", Nature.RIGHT
    STEP_UP_REQUIRED = "step-up-required", Nature.ACTIVITY
    ACTIVITY_UNDER_REVIEW = "activity-under-review", Nature.ACTIVITY
    DOCUMENT_UNKNOWN = "document-unknown", Nature.DOCUMENT
    VISIBILITY_COMBINATION = "visibility-combination", Nature.DOCUMENT
    VISIBILITY_NOT_ALLOWED = "visibility-not-allowed", Nature.DOCUMENT
    DOCUMENT_MALFORMED = "document-malformed", Nature.DOCUMENT
    DOCUMENT_NOT_CLINICAL = "document-not-clinical", Nature.DOCUMENT
    DOCUMENT_HASH_MISMATCH = "document-hash-mismatch", Nature.DOCUMENT
    DOCUMENT_SIZE_MISMATCH = "document-size-mismatch", Nature.DOCUMENT
    DOCUMENT_PATIENT_MISMATCH = "document-patient-mismatch", Nature.DOCUMENT
    DOCUMENT_METADATA_MISMATCH = "document-metadata-mismatch", Nature.DOCUMENT
    DOCUMENT_DUPLICATE = "document-duplicate", Nature.DOCUMENT
    ENTRY_UUID_USED = "entry-uuid-used", Nature.DOCUMENT
    RELATION_UNKNOWN = "relation-unknown", Nature.DOCUMENT
    DOCUMENT_CODE_UNKNOWN = "document-code-unknown", Nature.DOCUMENT
    DOCUMENT_CODE_ENDED = "document-code-ended", Nature.DOCUMENT
    DOCUMENT_TYPE_CLASS_MISMATCH = "document-type-class-mismatch", Nature.DOCUMENT
    DOCUMENT_PARENT_UNKNOWN = "document-parent-unknown", Nature.DOCUMENT
    DOCUMENT_AUTHOR_UNKNOWN = "document-author-unknown", Nature.DOCUMENT
    DOCUMENT_TOO_LARGE = "document-too-large", Nature.DOCUMENT
    DOCUMENT_MEDIA_REFUSED = "document-media-refused", Nature.DOCUMENT
    DOCUMENT_TO_CONVERT = "document-to-convert", Nature.DOCUMENT
    DOCUMENT_INFECTED = "document-infected", Nature.DOCUMENT
    LOT_SIGNATURE_MISSING = "lot-signature-missing", Nature.DOCUMENT
    LOT_SIGNATURE_INVALID = "lot-signature-invalid", Nature.DOCUMENT
    METHOD_NOT_ALLOWED = "method-not-allowed", Nature.REQUEST
    PATCH_NOT_ALLOWED = "patch-not-allowed", Nature.REQUEST
    REQUEST_MALFORMED = "request-malformed", Nature.REQUEST
    REQUEST_MEDIA_REFUSED = "request-media-refused", Nature.REQUEST
    REQUEST_TOO_LARGE = "request-too-large", Nature.REQUEST
    FORMAT_NOT_SPOKEN = "format-not-spoken", Nature.REQUEST
    INTERACTION_UNKNOWN = "interaction-unknown", Nature.REQUEST
    OPERATION_UNKNOWN = "operation-unknown", Nature.REQUEST
    SOAP_MEDIA_REFUSED = "soap-media-refused", Nature.REQUEST
    METADATA_VERSION_MISMATCH = "metadata-version-mismatch", Nature.REQUEST
    METADATA_UPDATE_REFUSED = "metadata-update-refused", Nature.REQUEST
    TRANSACTION_WITHDRAWN = "transaction-withdrawn", Nature.REQUEST
    TOO_MANY_RESULTS = "too-many-results", Nature.REQUEST
    SCANNER_SILENT = "scanner-silent", Nature.OURS
    DATABASE_SILENT = "database-silent", Nature.OURS
    STORAGE_FULL = "storage-full", Nature.OURS
    KEY_MISSING = "key-missing", Nature.OURS
    DOCUMENT_DAMAGED = "document-damaged", Nature.OURS
    JOURNAL_NOT_SEALED = "journal-not-sealed", Nature.OURS
    AUTHOR_IS_DEPOSITOR = "author-is-depositor", Nature.REMARK
    DOCUMENT_CONFIDENTIALITY_RAISED = "document-confidentiality-raised", Nature.DOCUMENT


class Refusal(Exception):
    """Carnet says no.

    `details` hold nothing that the asker may not learn; `rule` is the rule of the law, where it is not named like the code.
    """

    def __init__(self, code: No, details: Mapping[str, str] | None = None, *, rule: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.rule = rule or code
        self.details = dict(details or {})
