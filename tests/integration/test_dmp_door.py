"""The DMP door, transaction by transaction, through mutual TLS, a signed VIHF and SOAP."""

from typing import Any

import pytest
from lxml import etree
from support.dmp import Practice, document_of, errors, objects, status, unique_ids
from support.people import fresh_person, patient

V3 = {"h": "urn:hl7-org:v3"}


@pytest.fixture
def practice(dmp: str, pki: Any) -> Any:
    """Somebody's software, by the key of the professional."""
    return lambda key, place=0, **said: Practice(dmp, pki, key, place, **said)


def values(reply: Any) -> dict[str, str]:
    """Texts of the elements of an answer of the DMP's own services."""
    return {etree.QName(node).localname: (node.text or "") for node in reply.body.iter() if isinstance(node.tag, str)}


def test_td02_tells_existence_and_authorisation(practice: Any) -> None:
    person, _ = patient("cardiologist", treating="treating")
    reply = practice("cardiologist").test(person)
    assert reply.body.find(".//h:queryResponseCode", V3).get("code") == "OK"
    assert reply.body.find(".//h:attentionLine/h:value", V3).get("code") == "VALIDE"
    reply = practice("pharmacist").test(fresh_person())
    assert reply.body.find(".//h:queryResponseCode", V3).get("code") == "NF"
    assert reply.body.find(".//h:patient", V3) is None


def test_a_whole_life_of_a_document(practice: Any) -> None:
    person, _ = patient("treating", treating="treating")
    doctor = practice("treating")
    entry, content = document_of(person)
    reply = doctor.feed(person, (entry, content))
    assert (status(reply), errors(reply)) == ("Success", [])
    found = doctor.find(person)
    assert unique_ids(found) == [entry.unique_id]
    read = doctor.retrieve(person, entry.unique_id)
    assert status(read) == "Success" and list(read.parts.values()) == [content]
    target = objects(found)[0].get("id")
    assert status(doctor.change_status(person, target, "Approved", "Archived")) == "Success"
    assert unique_ids(doctor.find(person)) == []
