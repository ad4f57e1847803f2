"""What a deposit states that its metadata have no place for: it is named in the answer, and never lost in silence."""

from collections.abc import Iterator
from typing import Any

from carnet.formats.fhir.reading import Json
from carnet.formats.fhir.systems import IS_ARCHIVED
from carnet.formats.xds import DocumentEntry

_DOCUMENT = frozenset({
    "resourceType", "id", "meta", "contained", "extension", "masterIdentifier", "identifier", "status", "docStatus", "type",
    "category", "subject", "date", "author", "authenticator", "custodian", "relatesTo", "description", "securityLabel", "content",
    "context",
})  # fmt: skip
_CONTENT = frozenset({"attachment", "format"})
_ATTACHMENT = frozenset({"contentType", "language", "data", "url", "size", "hash", "title", "creation"})
_CONTEXT = frozenset({"event", "period", "facilityType", "practiceSetting", "sourcePatientInfo", "related"})
_CONCEPTS = ("type", "category", "securityLabel", "context.event", "context.facilityType", "context.practiceSetting")


def _at(resource: Json, place: str) -> list[Json]:
    node: Any = resource
    for name in place.split("."):
        node = node.get(name, {})
    return node if isinstance(node, list) else [node]


def _names(resource: Json, entry: DocumentEntry) -> Iterator[str]:
    yield from set(resource) - _DOCUMENT
    content = resource["content"][0]
    yield from (f"content.{name}" for name in set(content) - _CONTENT)
    yield from (f"content.attachment.{name}" for name in set(content.get("attachment", {})) - _ATTACHMENT)
    yield from (f"context.{name}" for name in set(resource.get("context", {})) - _CONTEXT)
    yield from (f"{place}.text" for place in _CONCEPTS if any("text" in held for held in _at(resource, place)))
    several = ("type", "context.facilityType", "context.practiceSetting")
    yield from (f"{place}.coding" for place in several if any(len(held.get("coding", ())) > 1 for held in _at(resource, place)))
    others = {
        "category": len(resource.get("category", ())) > 1,
        "identifier": any(not str(one.get("value", "")).startswith("urn:uuid:") for one in resource.get("identifier", ())),
        "extension": any(one.get("url") != IS_ARCHIVED for one in resource.get("extension", ())),
        "docStatus": resource.get("docStatus") == "amended",
        "author": len(resource.get("author", ())) > len(entry.authors),
        "authenticator": bool(resource.get("authenticator")) and entry.authenticator is None,
        "custodian": bool(resource.get("custodian")) and entry.custodian is None,
        "context.related": any("identifier" not in one for one in _at(resource, "context.related") if one),
    }
    yield from (name for name, lost in others.items() if lost)


def not_kept(resource: Json, entry: DocumentEntry) -> tuple[str, ...]:
    """The elements of a DocumentReference that was read of which nothing, or not all, is kept, in the order of their names."""
    return tuple(sorted(set(_names(resource, entry))))
