"""OperationOutcome: every error of the door, with Carnet's refusal code and a French sentence."""

from dataclasses import dataclass

from carnet.formats.fhir.reading import Json
from carnet.formats.fhir.systems import REFUSALS


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. `kind` is a code of the FHIR value set issue-type."""

    code: str
    text: str
    diagnostics: str = ""
    severity: str = "error"
    kind: str = "processing"
    expression: str = ""


def _issue(issue: Issue) -> Json:
    parts: Json = {
        "severity": issue.severity,
        "code": issue.kind,
        "details": {"coding": [{"system": REFUSALS, "code": issue.code}], "text": issue.text},
        "diagnostics": issue.diagnostics,
        "expression": [issue.expression] if issue.expression else [],
    }
    return {name: value for name, value in parts.items() if value}


def operation_outcome(*issues: Issue) -> Json:
    """The resource."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}
