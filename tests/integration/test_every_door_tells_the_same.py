"""Whatever a deposit brought and by whatever door, ITI-18, ITI-67 and the portal tell it back, with equal metadata."""

from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from support.cards import der_of
from support.dmp import Practice, document_of, objects, status
from support.espace import Space, newcomer
from support.mails import archive, entry_of, mail, receive
from support.people import allow, cda, client, entry, fresh_uid, now
from support.roles import as_role

from carnet.apps.messaging import api as messaging
from carnet.apps.signin.api import read_certificate
from carnet.apps.storage.api import unit
from carnet.desk.client import documents_of
from carnet.desk.hl7v2_client import message_of
from carnet.formats.fhir import read_stored
from carnet.formats.fhir.authors import concept_json
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import Coding, DocumentEntry, Reference
from carnet.formats.xds.queries import E
from carnet.formats.xds.rim_read import read_entry
from carnet.interfaces.hl7v2.feeding import answer
from carnet.kernel.ask import Act

ELSEWHERE = {
    "patient",
    "source_patient",
    "source_patient_stated",
    "parents",
    "archived",
    "custodian",
    "date",
    "version",
    "authenticator",
}
"""FHIR names the record where XDS names the INS; relations are associations by XDS, which has no custodian and no date of indexing."""
Said = dict[str, Any]
words = st.text(st.characters(categories=("L", "N", "P", "S"), max_codepoint=0x2FF), min_size=1, max_size=20)
said = st.fixed_dictionaries({
    "title": st.lists(words, min_size=1, max_size=4).map(" ".join), "comments": st.just("") | words,
    "events": st.lists(st.builds(Coding, st.sampled_from(["I10", "AB.2"]), st.just("1.2.3.4"), words), max_size=2).map(tuple),
    "references": st.lists(st.builds(Reference, st.sampled_from(["ACC-1", "77"]), st.just("urn:ihe:iti:xds:2013:accession"),
                                     st.sampled_from(["1.2.3.4", ""])), max_size=2).map(tuple),
    "language": st.sampled_from(["fr-FR", "fr"]),
})  # fmt: skip
"""Metadata beyond what the header of a CDA holds."""


class Tried:
    """A person with a record, seen by a software at both doors and by themselves."""

    def __init__(self, door: str, dmp: str, pki: Any, espace: str) -> None:
        self.who, self.person, self.record_id = newcomer(espace)
        allow(self.record_id, "treating", treating="treating")
        self.fhir, self.dmp, self.pki = client(door, "treating"), Practice(dmp, pki, "treating"), pki

    def by_soap(self, unique_id: str) -> DocumentEntry:
        found = self.dmp.query(self.person, "GetDocuments", **{f"{E}UniqueId": unique_id})
        assert status(found) == "Success", etree.tostring(found.body)
        return read_entry(objects(found)[0])

    def by_fhir(self, unique_id: str) -> tuple[UUID, DocumentEntry]:
        (found,) = documents_of(self.fhir.search(self.person.ins, identifier=f"urn:ietf:rfc:3986|urn:oid:{unique_id}"))
        return UUID(found["id"]), read_stored(found)

    def told(self, unique_id: str) -> DocumentEntry:
        """What both doors tell, which is the same, and of which the portal shows the title."""
        number, fhir = self.by_fhir(unique_id)
        soap = self.by_soap(unique_id)
        soap = replace(soap, logical_id=soap.logical_id.removeprefix("urn:uuid:"))
        # legalAuthenticator is an XCN: XDS has no place for the structure.
        place = {"structure_id": "", "structure_name": ""}
        assert soap.authenticator and fhir.authenticator and soap.authenticator == replace(fhir.authenticator, **place)
        for field in fields(DocumentEntry):
            if field.name not in ELSEWHERE:
                assert getattr(soap, field.name) == getattr(fhir, field.name), field.name
        page = self.who.get(f"/documents/{number}")
        assert page.status_code == 200 and escaped(fhir.title) in page.text
        return fhir


def escaped(text: str) -> str:
    from django.utils.html import escape

    return str(escape(text))


def by_soap(tried: Tried, content: bytes, more: Said) -> DocumentEntry:
    sent = replace(entry_of(tried.person, content), **more)
    assert status(tried.dmp.feed(tried.person, (sent, content))) == "Success"
    return sent


def by_fhir(tried: Tried, content: bytes, more: Said) -> DocumentEntry:
    sent = replace(entry_of(tried.person, content), **more)
    assert sent.creation_time is not None and sent.service_start is not None
    related = [{"identifier": {"type": {"coding": [{"system": "urn:ietf:rfc:3986", "code": r.kind}]}, "value": r.value}
                | ({"system": f"urn:oid:{r.authority}"} if r.authority else {})} for r in sent.references]  # fmt: skip
    context = {
        "facilityType": concept_json(sent.facility), "practiceSetting": concept_json(sent.practice),
        "period": {"start": to_fhir(sent.service_start)}, "event": [concept_json(e) for e in sent.events] or None, "related": related or None,
    }  # fmt: skip
    done = tried.fhir.deposit(
        sent, content, category=[concept_json(sent.class_)], description=sent.comments or None,
        context={name: value for name, value in context.items() if value},
    )  # fmt: skip
    assert done.status_code == 200, done.text
    # This client names the author, and not the structure.
    authors = tuple(replace(a, structure_id="", structure_name="") for a in sent.authors)
    return replace(sent, language="fr-FR", authors=authors)


def by_header_alone(tried: Tried, content: bytes, more: Said) -> DocumentEntry:
    assert tried.fhir.deposit(entry(tried.person), content).status_code == 200
    return replace(entry_of(tried.person, content))


def by_hospital(tried: Tried, content: bytes, more: Said) -> DocumentEntry:
    transport = read_certificate(der_of(tried.pki.certificate("structure-hospital")), now())
    message = message_of((tried.person.ins.oid.value, tried.person.ins.matricule), (content,))
    with as_role("carnet_hl7v2"):
        assert b"MSA|AA" in answer(message.encode() if isinstance(message, str) else message, transport, now())
    return entry_of(tried.person, content)


def by_mail(tried: Tried, content: bytes, more: Said) -> DocumentEntry:
    assert receive(tried.person, mail(tried.person, "voici", "XDM/1.0/DDM+CR", archive(tried.person, content))) is None
    with as_role("carnet_espace"), unit(tried.record_id) as work:
        rows = work.rows(
            "SELECT id FROM messaging_attachment WHERE record_id = %s AND archive IS NOT NULL AND filed_as IS NULL", tried.record_id
        )
    with as_role("carnet_espace"):
        [(number,)] = rows
        messaging.file_attachment(tried.who.ask(Act.FILE_MESSAGE), tried.record_id, number)
    return entry_of(tried.person, content)


DOORS = {"ITI-41": by_soap, "ITI-65": by_fhir, "a CDA by ITI-65": by_header_alone, "ORU": by_hospital, "XDM": by_mail}
KEPT = ("unique_id", "mime", "authors", "creation_time")
"""What every door keeps as the header of the CDA says it."""


@pytest.fixture(scope="module")
def tried(door: str, dmp: str, pki: Any, espace: str) -> Tried:
    return Tried(door, dmp, pki, espace)


@pytest.mark.parametrize("name", DOORS)
def test_every_door_tells_the_same(tried: Tried, name: str) -> None:
    @settings(max_examples=4, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(said)
    def deposited(more: Said) -> None:
        author = "emergency" if name == "ORU" else "treating"
        content = cda(tried.person, author, unique_id=fresh_uid())
        sent = DOORS[name](tried, content, more)
        told = tried.told(sent.unique_id)
        compared = [*KEPT, *(more if name == "ITI-41" else set(more) - {"language"} if name == "ITI-65" else ())]
        assert {field: getattr(told, field) for field in compared} == {field: getattr(sent, field) for field in compared}

    deposited()


def test_the_portals_read_what_was_told(tried: Tried) -> None:
    """A title of one door alone is shown: the comparison above is no comparison of nothing."""
    document, content = document_of(tried.person, title="Compte rendu d’essai « unique »")
    assert status(tried.dmp.feed(tried.person, (document, content))) == "Success"
    assert tried.told(document.unique_id).title == "Compte rendu d’essai « unique »"
    assert isinstance(tried.who, Space)
