"""What a DocumentReference states and metadata have no place for."""

from typing import Any

import pytest

from carnet.formats.fhir.document_reference import read_document_reference
from carnet.formats.fhir.not_kept import not_kept

SENT: dict[str, Any] = {
    "resourceType": "DocumentReference", "id": "1", "status": "current", "docStatus": "final",
    "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": "urn:oid:1.2.3"},
    "identifier": [{"value": "urn:uuid:00000000-0000-4000-8000-000000000001"}], "date": "2026-11-20T08:00:00Z",
    "type": {"coding": [{"code": "11488-4"}]}, "category": [{"coding": [{"code": "11"}]}],
    "contained": [{"resourceType": "Practitioner", "id": "a", "identifier": [{"value": "899700001011"}]}], "author": [{"reference": "#a"}],
    "context": {"event": [{"coding": [{"code": "1"}, {"code": "2"}]}], "related": [{"identifier": {"value": "1"}}]},
    "content": [{"attachment": {"contentType": "text/plain", "data": "eA=="}, "format": {"code": "f"}}],
}  # fmt: skip


def left(**changes: Any) -> tuple[str, ...]:
    sent = SENT | changes
    return not_kept(sent, read_document_reference(sent, {}, "DocumentReference"))


@pytest.mark.parametrize(("changes", "named"), [
    ({}, ()), ({"foo": 1, "text": {"div": "x"}}, ("foo", "text")), ({"docStatus": "amended"}, ("docStatus",)),
    ({"identifier": [{"value": "42"}]}, ("identifier",)), ({"type": {"text": "x", "coding": [{"code": "1"}, {"code": "2"}]}}, ("type.coding", "type.text")),
    ({"category": [{"coding": [{"code": "11"}]}, {"text": "autre"}]}, ("category", "category.text")), ({"extension": [{"url": "x"}]}, ("extension",)),
    ({"author": [{"reference": "Practitioner/1"}, {"display": "Dr X"}]}, ("author",)), ({"author": [{"display": "Dr X"}]}, ()),
    ({"authenticator": {"reference": "x/1"}, "custodian": {"type": "Organization"}}, ("authenticator", "custodian")),
    ({"context": {"encounter": [{"reference": "Encounter/1"}], "related": [{"reference": "x/1"}], "facilityType": {"text": "x"}}},
     ("context.encounter", "context.facilityType.text", "context.related")),
    ({"content": [{"attachment": {"contentType": "text/plain", "pages": 3}, "id": "c"}]}, ("content.attachment.pages", "content.id")),
])  # fmt: skip
def test_what_is_lost_of_a_document_is_named(changes: dict[str, Any], named: tuple[str, ...]) -> None:
    assert left(**changes) == named
