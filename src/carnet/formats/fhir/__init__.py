"""FHIR R4 as the ANS maps the DMP on it (PDSm 3.x, draft PDSm4DMP): JSON to dataclasses and back."""

from carnet.formats.fhir.audit_event import write_audit_event
from carnet.formats.fhir.bundle import Submission, SubmittedDocument, read_provide_bundle, read_simplified
from carnet.formats.fhir.document_reference import is_plain, read_stored, stated_date, write_document_reference
from carnet.formats.fhir.outcome import Issue, operation_outcome
from carnet.formats.fhir.patch import NotPatchableError, act_of, label_act, label_json, read_fhirpath_patch, read_json_patch
from carnet.formats.fhir.reading import FhirError, Json, parse_json, parse_tree
from carnet.formats.fhir.submission_set import read_stored_list, with_entries, write_folder, write_submission_set

__all__ = [
    "FhirError",
    "Issue",
    "Json",
    "NotPatchableError",
    "Submission",
    "SubmittedDocument",
    "act_of",
    "is_plain",
    "label_act",
    "label_json",
    "operation_outcome",
    "parse_json",
    "parse_tree",
    "read_fhirpath_patch",
    "read_json_patch",
    "read_provide_bundle",
    "read_simplified",
    "read_stored",
    "read_stored_list",
    "stated_date",
    "with_entries",
    "write_audit_event",
    "write_document_reference",
    "write_folder",
    "write_submission_set",
]
