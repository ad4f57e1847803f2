"""TD3.3 as a PATCH of the DocumentReference (PDSm flux 03/04, PDSm4DMP): which act a patch asks for.

A patch is applied to the resource and the two states are compared: whatever its form, only a visibility code, the
archive flag or the status may differ, and one act at a time. JSON Patch (RFC 6902) and FHIRPath Patch (R4 §3.1.0.9.3) are read.
"""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException

from carnet.formats.fhir.reading import FhirError, Json
from carnet.formats.fhir.systems import IS_ARCHIVED, uri_of
from carnet.kernel.ask import Act
from carnet.kernel.codes import (
    HIDDEN_FROM_PATIENT,
    HIDDEN_FROM_REPRESENTATIVES,
    MASKED,
    VISIBILITY_CODES,
    VISIBILITY_SYSTEM,
)

Patch = Callable[[Json], Json]
_OPERATIONS = frozenset({"add", "remove", "replace"})
_ARCHIVE_POINTER = re.compile(r"/extension/?\[url\s*[:=].*\]/valueBoolean")
"""The published example writes this instead of a JSON Pointer."""
_MAX_OPERATIONS = 10


class NotPatchableError(FhirError):
    """The patch touches something else than visibility, archive flag or status (405 in PDSm)."""


def _boolean(value: Any) -> Any:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _pointed(operation: Any, place: int) -> Json:
    where = f"[{place}]"
    if not isinstance(operation, dict) or str(operation.get("op")) not in _OPERATIONS:
        # `test` would let a caller question a resource that is not shown: it is no act of TD3.3.
        raise FhirError(where, "must be add, remove or replace")
    path = operation.get("path")
    if not isinstance(path, str):
        raise FhirError(f"{where}.path", "must be a JSON Pointer")
    path = "/extension/0/valueBoolean" if _ARCHIVE_POINTER.fullmatch(path) else path
    if path.split("/")[1:2] not in (["securityLabel"], ["extension"], ["status"]):
        raise NotPatchableError(f"{where}.path", "only securityLabel, status and the archive flag can be changed")
    value = operation.get("value")
    cleaned = value.strip() if isinstance(value, str) else value
    return {**operation, "path": path} | ({"value": _boolean(cleaned)} if "value" in operation else {})


def read_json_patch(operations: Any) -> Patch:
    """Read a JSON Patch. Raises FhirError; NotPatchableError for an element that no act changes."""
    if not isinstance(operations, list) or not 0 < len(operations) <= _MAX_OPERATIONS:
        raise FhirError("(root)", f"must be a list of 1 to {_MAX_OPERATIONS} operations")
    pointed = [_pointed(operation, place) for place, operation in enumerate(operations)]

    def apply(resource: Json) -> Json:
        try:
            changed: Json = jsonpatch.JsonPatch(pointed).apply(resource)
        except (jsonpatch.JsonPatchException, JsonPointerException, TypeError):
            raise FhirError("(root)", "names something that is not in the resource, or has no value") from None
        return changed

    return apply


def _part(parts: Any, name: str) -> Any:
    found = [p for p in parts if isinstance(p, dict) and p.get("name") == name] if isinstance(parts, list) else []
    values = [value for key, value in found[0].items() if key.startswith("value")] if found else []
    return values[0] if values else None


_LABEL_AT = re.compile(r"(?:DocumentReference\.)?securityLabel(?:\[(\d+)\]|\.where\((.+)\))?")
_CODED = re.compile(r"code\s*=\s*'([A-Z_]{1,40})'")
_STATUS_AT = re.compile(r"(?:DocumentReference\.)?status")
_ARCHIVED_AT = re.compile(r"(?:DocumentReference\.)?extension(?:\.where\(.+\)|\('[^']+'\)|\[\d+\])\.value(?:Boolean)?")


def _without_label(labels: list[Any], index: str, condition: str) -> list[Any]:
    if index:
        return [label for n, label in enumerate(labels) if n != int(index)]
    named = _CODED.search(condition or "")
    if named is None:
        raise FhirError("operation.path", "must say which label: by index, or where(coding.code = '…')")
    return [label for label in labels if named[1] not in _codes_of([label])]


def _one_operation(resource: Json, kind: str, path: str, name: str, value: Any) -> Json:
    label = _LABEL_AT.fullmatch(path)
    if label is None and name == "securityLabel" and path == "DocumentReference":
        label = _LABEL_AT.fullmatch("securityLabel")
    labels = resource.get("securityLabel", [])
    if label and kind in ("add", "insert"):
        return resource | {"securityLabel": [*labels, value]}
    if label and kind == "delete":
        return resource | {"securityLabel": _without_label(labels, label[1] or "", label[2] or "")}
    if _STATUS_AT.fullmatch(path) and kind == "replace":
        return resource | {"status": str(value).strip()}
    if _ARCHIVED_AT.fullmatch(path) and kind == "replace":
        return resource | {"extension": [{"url": IS_ARCHIVED, "valueBoolean": _boolean(value)}]}
    raise NotPatchableError("operation.path", "only securityLabel, status and the archive flag can be changed")


def read_fhirpath_patch(resource: Json) -> Patch:
    """Read a FHIRPath Patch, a Parameters resource of operations. Raises FhirError, NotPatchableError."""
    parameters = resource.get("parameter")
    if resource.get("resourceType") != "Parameters" or not isinstance(parameters, list) or len(parameters) > _MAX_OPERATIONS:
        raise FhirError("(root)", "must be Parameters of at most ten operations")
    steps = []
    for parameter in parameters:
        parts = parameter.get("part") if isinstance(parameter, dict) and parameter.get("name") == "operation" else None
        kind, path = _part(parts, "type"), _part(parts, "path")
        if not isinstance(kind, str) or not isinstance(path, str) or len(path) > 300:
            raise FhirError("Parameters.parameter", "must be operations with a type and a path")
        steps.append((kind, path, str(_part(parts, "name") or ""), _part(parts, "value")))

    def apply(before: Json) -> Json:
        for step in steps:
            before = _one_operation(before, *step)
        return before

    return apply


def _codes_of(labels: Any) -> frozenset[str]:
    """Visibility codes of security labels. Anything that is not one, `N` apart, is no act."""
    if not isinstance(labels, list):
        raise FhirError("securityLabel", "must be a list")
    found = set()
    for label in labels:
        codings = label.get("coding") if isinstance(label, dict) else None
        for coding in codings if isinstance(codings, list) else [None]:
            code = coding.get("code") if isinstance(coding, dict) else None
            if not isinstance(code, str) or code not in VISIBILITY_CODES | {"N"}:
                raise NotPatchableError("securityLabel", "holds a code that is not one of visibility")
            found.add(code)
    return frozenset(found - {"N"})


def _archived(resource: Json) -> bool:
    extensions = resource.get("extension", [])
    if not isinstance(extensions, list) or any(not isinstance(e, dict) or e.get("url") != IS_ARCHIVED for e in extensions):
        raise NotPatchableError("extension", "only the archive flag can be changed")
    value = extensions[0].get("valueBoolean") if extensions else False
    if not isinstance(value, bool):
        raise FhirError("extension.valueBoolean", "must be true or false")
    return value


def label_act(before: frozenset[str], after: frozenset[str]) -> Act | None:
    """The act that turns these visibility codes into those; None for the same. Raises NotPatchableError."""
    added, removed = after - before, before - after
    if added == {MASKED} and not removed:
        return Act.MASK
    if removed == {MASKED} and not added:
        return Act.UNMASK
    if added or len(removed) > 1:
        # Nothing that is visible becomes invisible again (access law §3), and announcements are made one by one.
        raise NotPatchableError("securityLabel", "can mask, unmask, or announce to one side at a time")
    if removed == {HIDDEN_FROM_REPRESENTATIVES} and HIDDEN_FROM_PATIENT in before:
        raise NotPatchableError("securityLabel", "announce to the patient first")
    return Act.ANNOUNCE if removed else None


def _status_act(before: Json, after: Json) -> Act | None:
    if before.get("status") == after.get("status"):
        return None
    if after.get("status") != "entered-in-error":
        raise NotPatchableError("status", "can become entered-in-error; a replacement is a deposit")
    return Act.DELETE


def _archive_act(before: Json, after: Json) -> Act | None:
    was, becomes = _archived(before), _archived(after)
    return None if was is becomes else Act.ARCHIVE if becomes else Act.UNARCHIVE


def act_of(patch: Patch, resource: Json) -> Act | None:
    """The act that a patch asks for on this resource; None when it changes nothing.

    Raises FhirError when it cannot be applied, NotPatchableError when it changes something else, or two things.
    """
    after = patch(deepcopy(resource))
    touched = ("securityLabel", "extension", "status")
    if {k: v for k, v in resource.items() if k not in touched} != {k: v for k, v in after.items() if k not in touched}:
        raise NotPatchableError("(root)", "only securityLabel, status and the archive flag can be changed")
    acts = [
        label_act(_codes_of(resource.get("securityLabel", [])), _codes_of(after.get("securityLabel", []))),
        _status_act(resource, after),
        _archive_act(resource, after),
    ]
    found = [act for act in acts if act is not None]
    if len(found) > 1:
        raise NotPatchableError("(root)", "one act at a time")
    return found[0] if found else None


def label_json(code: str) -> Json:
    """A visibility code as a security label, for whoever writes a patch."""
    return {"coding": [{"system": uri_of(VISIBILITY_SYSTEM), "code": code}]}
