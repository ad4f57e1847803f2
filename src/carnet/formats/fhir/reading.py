"""Reading FHIR JSON: typed steps into a tree that nobody checked, with the path of what is wrong."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from carnet.formats.fhir.systems import oid_of
from carnet.formats.safe_xml import NOT_XML
from carnet.formats.timestamps import from_fhir
from carnet.formats.xds import Coding

Json = dict[str, Any]
MAX_DEPTH = 40
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape that may be half a character: one alone is no Unicode, and nothing can write it."""


class FhirError(ValueError):
    """The resource cannot be read. `element` is the FHIRPath of what is wrong; no value is repeated."""

    def __init__(self, element: str, problem: str) -> None:
        super().__init__(f"{element}: {problem}")
        self.element = element
        self.problem = problem


def understood(node: object, path: str) -> None:
    """Refuse what changes the meaning and is not known here: FHIR R4 §2.4.2 forbids to pass over a modifier extension."""
    if isinstance(node, dict):
        if node.get("modifierExtension") or node.get("implicitRules"):
            name = "modifierExtension" if node.get("modifierExtension") else "implicitRules"
            raise FhirError(f"{path}.{name}", "is not understood here, and changes the meaning")
        for key, value in node.items():
            understood(value, f"{path}.{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            understood(value, f"{path}[{number}]")


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    seen = dict(pairs)
    if len(seen) != len(pairs):
        raise FhirError("(root)", "a key stands twice in one object")
    return seen


def _check_depth(value: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise FhirError("(root)", "nested too deep")
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        _check_depth(child, depth + 1)


def parse_tree(body: bytes) -> Any:
    """Read JSON in UTF-8, no key twice, not too deep, of whole characters. Raises FhirError."""
    try:
        written = body.decode("utf-8-sig")
        parsed = json.loads(written, object_pairs_hook=_unique)
        if _SURROGATE.search(written):
            json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise FhirError("(root)", "not UTF-8") from None
    except UnicodeEncodeError:
        raise FhirError("(root)", "holds half a character") from None
    except json.JSONDecodeError as error:
        raise FhirError("(root)", f"not JSON, at line {error.lineno}") from None
    except RecursionError:
        raise FhirError("(root)", "nested too deep") from None
    except FhirError:
        raise
    except ValueError:
        # Python reads no number of thousands of digits.
        raise FhirError("(root)", "holds a number that is too long") from None
    _check_depth(parsed)
    return parsed


def parse_json(body: bytes) -> Json:
    """Read a resource. Raises FhirError for anything that is not a JSON object with a resourceType, in UTF-8."""
    parsed = parse_tree(body)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("resourceType"), str):
        raise FhirError("(root)", "no resourceType")
    return parsed


def text(node: Mapping[str, Any], key: str, path: str) -> str:
    """A string, blanks trimmed; absent is empty."""
    value = node.get(key, "")
    if not isinstance(value, str):
        raise FhirError(f"{path}.{key}", "must be a string")
    if NOT_XML.search(value):
        raise FhirError(f"{path}.{key}", "has a character that is not allowed")
    return value.strip()


def texts(node: Mapping[str, Any], key: str, path: str) -> list[str]:
    """A list of strings; absent is empty."""
    value = node.get(key, [])
    if not isinstance(value, list):
        raise FhirError(f"{path}.{key}", "must be a list of strings")
    return [text({key: item}, key, path) for item in value]


def obj(node: Mapping[str, Any], key: str, path: str) -> Json:
    """An object; absent is empty."""
    value = node.get(key, {})
    if not isinstance(value, dict):
        raise FhirError(f"{path}.{key}", "must be an object")
    return value


def items(node: Mapping[str, Any], key: str, path: str) -> list[Json]:
    """A list of objects; absent is empty."""
    value = node.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise FhirError(f"{path}.{key}", "must be a list of objects")
    return value


def moment(node: Mapping[str, Any], key: str, path: str) -> datetime | None:
    """A date, dateTime or instant; absent is None."""
    value = text(node, key, path)
    try:
        return from_fhir(value) if value else None
    except (ValueError, OverflowError):
        raise FhirError(f"{path}.{key}", "is not a date") from None


def coding(node: Mapping[str, Any], path: str) -> Coding:
    """A Coding."""
    return Coding(text(node, "code", path), oid_of(text(node, "system", path)), text(node, "display", path))


def concept(node: Mapping[str, Any], key: str, path: str) -> Coding:
    """The first coding of a CodeableConcept; absent is an empty Coding."""
    codings = items(obj(node, key, path), "coding", f"{path}.{key}")
    return coding(codings[0], f"{path}.{key}.coding[0]") if codings else Coding()


def concepts(node: Mapping[str, Any], key: str, path: str) -> Iterator[Coding]:
    """Every coding of a list of CodeableConcepts."""
    for i, item in enumerate(items(node, key, path)):
        for j, one in enumerate(items(item, "coding", f"{path}.{key}[{i}]")):
            yield coding(one, f"{path}.{key}[{i}].coding[{j}]")


def identifier_uri(node: Mapping[str, Any], path: str) -> str:
    """An identifier as XDS writes it: the OID bare, a UUID as URN, and `root^extension` for any other system."""
    system, value = text(node, "system", path), text(node, "value", path)
    if system in ("", "urn:ietf:rfc:3986"):
        return value.removeprefix("urn:oid:")
    return f"{oid_of(system)}^{value}"


def extension(node: Mapping[str, Any], url: str, path: str) -> Json:
    """The extension with this URL; absent is empty."""
    for item in items(node, "extension", path):
        if item.get("url") == url:
            return item
    return {}
