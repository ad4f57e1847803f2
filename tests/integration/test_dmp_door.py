"""The DMP door, transaction by transaction, through mutual TLS, a signed VIHF and SOAP."""

import gzip
import http.client
import ssl
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from lxml import etree
from support.dmp import (
    HABILITATIONS,
    PATIENTS,
    REPOSITORY,
    Practice,
    document_of,
    entry_of,
    errors,
    fault,
    lot,
    objects,
    status,
    unique_ids,
    urn,
)
from support.people import allow, ask, cda, client, deposit, fresh_person, fresh_uid, host, now, open_record, patient, today
from support.records import spoil

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal import api as journal
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.client import documents_of
from carnet.desk.demonstration.people import ABSENT
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.dmp_client import Software, assertion_of, envelope_of, read_reply
from carnet.dicah.facts import RecordState
from carnet.formats.soap import write_related
from carnet.formats.xds import Coding, Reference
from carnet.formats.xds import names as n
from carnet.formats.xds.queries import E, F, S
from carnet.formats.xds.rim_read import Association, read_entry
from carnet.kernel.ask import Act
from carnet.kernel.codes import Code

V3 = {"h": "urn:hl7-org:v3"}
PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"


@pytest.fixture
def practice(dmp: str, pki: Any) -> Any:
    """Somebody's software, by the key of the professional."""
    return lambda key, place=0, **said: Practice(dmp, pki, key, place, **said)


def code(reply: Any, path: str, name: str = "code") -> str:
    """An attribute of an HL7 v3 answer."""
    found = reply.body.find(f".//{path}", V3)
    return found.get(name, "") if found is not None else ""


def values(reply: Any) -> dict[str, str]:
    """Texts of the elements of an answer of the DMP's own services."""
    return {etree.QName(node).localname: (node.text or "") for node in reply.body.iter() if isinstance(node.tag, str)}


def found_entry(reply: Any) -> Any:
    """The first document of an answer."""
    node = objects(reply)[0]
    return replace(read_entry(node), version=int(node.find(n.q(n.RIM, "VersionInfo")).get("versionName")))


# TD0.2


def test_td02_tells_existence_authorisation_and_treating_doctor(practice: Any) -> None:
    person, _ = patient("cardiologist", treating="treating")
    reply = practice("cardiologist").test(person)
    assert code(reply, "h:queryResponseCode") == "OK" and code(reply, "h:patient/h:statusCode") == "active"
    assert code(reply, "h:attentionLine/h:value") == "VALIDE"
    reply = practice("treating").test(person)
    assert [v.get("code") or v.get("value") for v in reply.body.findall(".//h:attentionLine/h:value", V3)] == ["NON_EXISTE", "true"]


def test_td02_of_nobody_of_a_closed_and_of_an_opposed_record(practice: Any) -> None:
    doctor = practice("treating")
    assert code(doctor.test(ABSENT), "h:queryResponseCode") == "NF"
    person, record_id = patient("treating")
    with unit(record_id) as work:
        records.change_state(work, record_id, "close", today(), "FERMETURE_DEMANDE_PATIENT")
    reply = doctor.test(person)
    assert code(reply, "h:patient/h:statusCode") == "terminated"
    assert code(reply, "h:detectedIssueEvent/h:code") == "FERMETURE_DEMANDE_PATIENT"
    opposed = fresh_person()
    open_record(opposed, state=RecordState.OPPOSED)
    assert etree.tostring(
        doctor.test(opposed).body.find(".//h:controlActProcess/h:queryAck/h:queryResponseCode", V3)
    ) == etree.tostring(doctor.test(ABSENT).body.find(".//h:controlActProcess/h:queryAck/h:queryResponseCode", V3))


def test_td02_tells_no_trait_where_the_setting_says_so(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")
    assert b"ESSAI" in etree.tostring(practice("treating").test(person).body)
    monkeypatch.setattr(settings.CARNET, "dmp_test_tells_identity", False)
    assert b"ESSAI" not in etree.tostring(practice("treating").test(person).body)


def test_the_patient_of_the_body_is_that_of_the_assertion(practice: Any) -> None:
    person, _ = patient("treating")
    other, _ = patient("treating")
    doctor = practice("treating")
    reply = doctor.call(person, etree.fromstring(etree.tostring(_query_of(other))), "urn:hl7-org:v3:PRPA_IN201307UV02")
    assert code(reply, "h:acknowledgementDetail/h:code") == "vihf-patient-mismatch"


def _query_of(person: Any) -> Any:
    from carnet.formats.hl7v3 import Device, write_query

    return write_query("TEST_EXST", (person.ins.oid.value, person.ins.matricule), Device("1.2.3"), ("1.2.4", "LPS"), now())


# TD0.3, TD0.4, TD1.6


def test_td03_declares_withdraws_and_declares_the_treating_doctor(practice: Any) -> None:
    person, record_id = patient()
    doctor = practice("treating")
    assert status(doctor.find(person)) == "Failure"
    assert errors(doctor.find(person)) == [("DMPAccessDeniedByRightsService", "consent-missing")]
    assert values(doctor.own(person, HABILITATIONS, "setAuthorization", {"action": "AJOUT"}))["status"] == "DMPOk"
    assert status(doctor.find(person)) == "Success"
    assert (
        values(doctor.own(person, HABILITATIONS, "setAuthorization", {"action": "AJOUT", "role": "MEDECIN_TRAITANT"}))["status"]
        == "DMPOk"
    )
    with unit(record_id) as work:
        assert access.treating_doctor_of(work, record_id) == PROFESSIONALS["treating"].id
    listed = doctor.own(person, HABILITATIONS, "listAuthorizationByPatient", {"mode": "ACTIVE"})
    assert values(listed)["nationalId"] == PROFESSIONALS["treating"].id and values(listed)["specificRight"] == "MEDECIN_TRAITANT"
    assert values(listed)["codeSpeciality"] == "G15_10/SM54"
    stopped = doctor.own(person, HABILITATIONS, "setAuthorization", {"action": "SUPPRESSION", "role": "MEDECIN_TRAITANT"})
    assert values(stopped)["status"] == "DMPOk"
    with unit(record_id) as work:
        assert access.treating_doctor_of(work, record_id) == ""
    assert values(doctor.own(person, HABILITATIONS, "setAuthorization", {"action": "SUPPRESSION"}))["status"] == "DMPOk"
    assert status(doctor.find(person)) == "Failure"


def test_td03_refuses_what_it_does_not_know_and_whom_the_patient_blocked(practice: Any) -> None:
    person, record_id = patient()
    assert (
        values(practice("treating").own(person, HABILITATIONS, "setAuthorization", {"action": "PEUTETRE"}))["status"]
        == "request-malformed"
    )
    assert (
        values(
            practice("pharmacist").own(person, HABILITATIONS, "setAuthorization", {"action": "AJOUT", "role": "MEDECIN_TRAITANT"})
        )["status"]
        == "DMPAccessDeniedByRightsService"
    )
    assert status(practice("pharmacist").find(person)) == "Failure", "the authorisation was not declared either: both or neither"
    with unit(record_id) as work:
        access.block(work, host(record_id), PROFESSIONALS["nurse"].id)
    told = values(practice("nurse").own(person, HABILITATIONS, "setAuthorization", {"action": "AJOUT"}))
    assert told["status"] == "DMPAccessDeniedByRightsService" and "Le patient a choisi" in told["context"]
    listed = practice("treating")
    listed.own(person, HABILITATIONS, "setAuthorization", {"action": "AJOUT"})
    reply = listed.own(person, HABILITATIONS, "listAuthorizationByPatient", {"mode": "INTERDITE"})
    assert (values(reply)["nationalId"], values(reply)["mode"]) == (PROFESSIONALS["nurse"].id, "INTERDITE")
    assert (
        values(listed.own(person, HABILITATIONS, "listAuthorizationByPatient", {"mode": "AUTRE"}))["status"] == "request-malformed"
    )


def test_td04_lists_ones_own_records(practice: Any) -> None:
    person, _ = patient("orthoptist")
    other, _ = patient("orthoptist")
    deposit(person, "treating")
    orthoptist = practice("orthoptist")

    def listed(**asked: str) -> set[str]:
        reply = orthoptist.own(None, PATIENTS, "patientList", asked)
        return {node.text for node in reply.body.iter(f"{{{PATIENTS}}}nationalId")}

    assert {person.ins.matricule, other.ins.matricule} <= listed()
    assert person.ins.matricule in listed(startDate="20200101000000", dateType="LASTDOC")
    assert other.ins.matricule not in listed(startDate="20200101000000", dateType="LASTDOC")
    assert person.ins.matricule not in listed(startDate="29990101000000", dateType="LASTAUTORIZATION")
    assert person.ins.matricule in listed(startDate="20200101000000", dateType="LASTAUTORIZATION")
    for wrong in ({"startDate": "demain"}, {"dateType": "AUTRE"}):
        assert values(orthoptist.own(None, PATIENTS, "patientList", wrong))["status"] == "request-malformed"
    assert (
        values(orthoptist.own(None, PATIENTS, "patientList", {"psOwnerId": "899700000000"}))["status"]
        == "DMPAccessDeniedByRightsService"
    )


# TD0.5


def test_td05_needs_the_proof_of_regulation(practice: Any, pki: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.formats.hl7v3.read import V3 as NS

    person = fresh_person(birth_name="MARCHEPIED", given_names="Zoé")
    open_record(person)
    body = f"""<PRPA_IN201305UV02 xmlns="{NS}" ITSVersion="XML_1.0"><id root="1.2.3" extension="1"/><controlActProcess
        classCode="CACT" moodCode="EVN"><queryByParameter><queryId root="1.2.3" extension="2"/><statusCode code="new"/><parameterList>
        <livingSubjectAdministrativeGender><value code="M"/></livingSubjectAdministrativeGender><livingSubjectBirthTime><value
        value="19800517"/></livingSubjectBirthTime><livingSubjectName><value><given>Zoé</given><family>MARCHEPIED</family></value>
        </livingSubjectName></parameterList></queryByParameter></controlActProcess></PRPA_IN201305UV02>"""
    search = lambda who: who.call(None, etree.fromstring(body), "urn:hl7-org:v3:PRPA_IN201305UV02")  # noqa: E731
    assert code(search(practice("regulator")), "h:acknowledgementDetail/h:code") == "DMPAccessDeniedByRightsService"
    _register(monkeypatch, pki, "regulator")
    reply = search(practice("regulator"))
    assert code(reply, "h:patient/h:id", "extension") == person.ins.matricule
    assert code(reply, "h:queryMatchObservation/h:value", "value") == "100"
    broken = practice("regulator").call(
        None, etree.fromstring(body.replace("queryByParameter", "autre")), "urn:hl7-org:v3:PRPA_IN201305UV02"
    )
    assert fault(broken) == "request-malformed"


def _register(monkeypatch: pytest.MonkeyPatch, pki: Any, *names: str) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    loaded = (x509.load_pem_x509_certificate(pki.certificate(name).read_bytes()) for name in names)
    monkeypatch.setattr(settings.CARNET, "regulation_certificates", [c.fingerprint(SHA256()).hex() for c in loaded])


# TD1.3, TD1.4


def test_td13a_tells_identity_and_oppositions(practice: Any) -> None:
    person, record_id = patient("treating")
    with unit(record_id) as work:
        access.choose(work, host(record_id), break_glass=False)
    reply = practice("treating").demographics(person, "CNSLT_DATA")
    told = {
        o.find("h:code", V3).get("code"): o.find("h:value", V3).get("value")
        for o in reply.body.iterfind(".//h:administrativeObservation", V3)
    }
    assert told == {"OPPOSITION_BRIS_DE_GLACE": "true", "OPPOSITION_ACCES_URGENCE": "false"}
    assert (
        code(practice("nurse").demographics(person, "CNSLT_DATA"), "h:acknowledgementDetail/h:code")
        == "DMPAccessDeniedByRightsService"
    )
    assert code(practice("treating").demographics(person, "AUTRE"), "h:acknowledgementDetail/h:code") == "request-malformed"


def _revision(person: Any, reason: str, observations: dict[str, str] | None = None) -> Any:
    said = "".join(
        f"""<subjectOf typeCode="SBJ"><administrativeObservation><code code="{name}"/><value value="{value}"/>
        </administrativeObservation></subjectOf>"""
        for name, value in (observations or {}).items()
    )
    return etree.fromstring(f"""<PRPA_IN201314UV02 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0"><id root="1.2.3" extension="1"/>
        <controlActProcess><reasonCode code="{reason}"/><subject><registrationRequest><subject1><patient><id
        root="{person.ins.oid}" extension="{person.ins.matricule}"/><patientPerson><name><family>ESSAI</family><given>Claude</given></name>
        </patientPerson>{said}</patient></subject1></registrationRequest></subject><reasonOf><detectedIssueEvent><code
        code="FERMETURE_DEMANDE_PATIENT"/></detectedIssueEvent></reasonOf></controlActProcess></PRPA_IN201314UV02>""")


def test_a_record_without_mon_espace_is_closed_reopened_and_kept_up(practice: Any) -> None:
    person, record_id = patient("treating", attached=False)
    doctor, action = practice("treating"), "urn:hl7-org:v3:PRPA_IN201314UV02"
    revise = lambda reason, said=None: doctor.call(person, _revision(person, reason, said), action)  # noqa: E731
    assert etree.QName(revise("MODIF_DATA", {"OPPOSITION_BRIS_DE_GLACE": "true"}).body[0]).localname == "PRPA_IN201315UV02"
    with unit(record_id) as work:
        assert access.choices(work, record_id).break_glass is False and access.choices(work, record_id).regulation is True
    assert etree.QName(revise("FERM").body[0]).localname == "PRPA_IN201315UV02"
    assert errors(doctor.find(person)) == [("DMPClosed", "record-closed")]
    assert code(revise("REAC"), "h:acknowledgementDetail/h:code") == "DMPAccessDeniedByRightsService"
    consent = {"CONSENTEMENT_REACTIVATION_DMP": "true"}
    assert etree.QName(revise("REAC", consent).body[0]).localname == "PRPA_IN201315UV02"
    assert status(doctor.find(person)) == "Success"
    assert code(revise("REAC", consent), "h:acknowledgementDetail/h:code") == "DMPFound"
    assert code(revise("AUTRE"), "h:acknowledgementDetail/h:code") == "request-malformed"
    other = _revision(person, "FERM")
    other.find(".//h:detectedIssueEvent/h:code", V3).set("code", "DECES")
    assert code(doctor.call(person, other, action), "h:acknowledgementDetail/h:code") == "request-malformed", (
        "no motive for another"
    )


def test_the_record_of_a_mon_espace_is_its_holders(practice: Any) -> None:
    person, _ = patient("treating")
    doctor, action = practice("treating"), "urn:hl7-org:v3:PRPA_IN201314UV02"
    for reason in ("FERM", "REAC", "MODIF_DATA"):
        reply = doctor.call(person, _revision(person, reason, {"CONSENTEMENT_REACTIVATION_DMP": "true"}), action)
        assert code(reply, "h:detectedIssueEvent/h:code") == "DMPAccessDeniedByRightsService"
        assert etree.QName(reply.body[0]).localname == "PRPA_IN201316UV02"
    assert status(doctor.find(person)) == "Success"


def test_the_creation_of_a_record_is_gone_and_refused_in_its_own_terms(practice: Any) -> None:
    person = fresh_person()
    asked = _revision(person, "CREAT")
    asked = etree.fromstring(etree.tostring(asked).replace(b"PRPA_IN201314UV02", b"PRPA_IN201311UV02"))
    reply = practice("treating").call(person, asked, "urn:hl7-org:v3:PRPA_IN201311UV02")
    assert etree.QName(reply.body).localname == "PRPA_IN201311UV02_Response"
    assert etree.QName(reply.body[0]).localname == "PRPA_IN201313UV02"
    assert code(reply, "h:detectedIssueEvent/h:code") == "DMPAccessDeniedByRightsService"
    assert identity.find(person.ins) is None


# TD2.1


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
    for before, after in (("Approved", "Archived"), ("Archived", "Approved"), ("Approved", "Deleted")):
        among = doctor.find(person, (before,))
        assert unique_ids(among) == [entry.unique_id]
        assert status(doctor.change_status(person, objects(among)[0].get("id"), before, after)) == "Success"
    assert unique_ids(doctor.find(person, ("Approved", "Archived", "Deprecated", "Deleted"))) == []
    assert errors(doctor.retrieve(person, entry.unique_id)) == [("XDSDocumentUniqueIdError", entry.unique_id)]


def test_bytes_come_by_mtom_inline_chunked_and_packed(practice: Any, dmp: str, pki: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    inline = document_of(person)
    assert status(doctor.feed(person, inline, inline=True)) == "Success"
    one = document_of(person)
    body, parts = lot(doctor.software.signer, person, (one,))
    content = envelope_of(body, PROVIDE, assertion_of(doctor.about(person), doctor.software.signer))
    media, pieces = write_related(content, PROVIDE, parts)
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    context.load_cert_chain(pki.certificate("treating"))
    line = http.client.HTTPSConnection(urlsplit(dmp).netloc, context=context)
    # The server of the tests reads no chunks; that of the door does (tests/desk/test_processes.py).
    line.request("POST", "/si-dmp-server/v2/services/repository", b"".join(pieces), {"Content-Type": media})
    assert b"ResponseStatusType:Success" in line.getresponse().read()
    two = document_of(person)
    body, _ = lot(doctor.software.signer, person, (two,), inline=True)
    content = envelope_of(body, PROVIDE, assertion_of(doctor.about(person), doctor.software.signer))
    reply = doctor.software.post(gzip.compress(content), "application/soap+xml", **{"Content-Encoding": "gzip"})
    assert status(reply) == "Success"
    assert set(unique_ids(doctor.find(person))) == {inline[0].unique_id, one[0].unique_id, two[0].unique_id}
    answer = doctor.software.http.post(
        doctor.software.address,
        content=envelope_of(
            _stored(person), "urn:ihe:iti:2007:RegistryStoredQuery", assertion_of(doctor.about(person), doctor.software.signer)
        ),
        headers={"Content-Type": "application/soap+xml", "Accept-Encoding": "gzip"},
    )
    assert answer.headers["content-encoding"] == "gzip" and status(read_reply(answer)) == "Success"


def _stored(person: Any) -> Any:
    from support.dmp import stored_query

    from carnet.formats.xds.queries import write_query

    return write_query(
        stored_query(person, "FindDocuments", True, {f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]]})
    )


def test_a_replacement_deprecates_and_joins_the_folders(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    first = document_of(person)
    doctor.feed(person, first)
    target = objects(doctor.find(person))[0].get("id")
    second = document_of(person)
    tie = Association(n.RELATIONS["replaces"], "Document01", target)
    assert status(doctor.feed(person, second, ties=(tie,))) == "Success"
    assert unique_ids(doctor.find(person)) == [second[0].unique_id]
    assert unique_ids(doctor.find(person, ("Deprecated",))) == [first[0].unique_id]
    related = doctor.query(
        person, "GetRelatedDocuments", **{f"{E}UniqueId": second[0].unique_id, "$AssociationTypes": [n.RELATIONS["replaces"]]}
    )
    assert set(unique_ids(related)) == {first[0].unique_id, second[0].unique_id}
    assert [a.get("associationType") for a in objects(related, "Association")] == [n.RELATIONS["replaces"]]
    again = document_of(person)
    refused = doctor.feed(person, again, ties=(tie,))
    assert errors(refused) == [("XDSRegistryDeprecatedDocumentError", "document-parent-unknown")]
    assert unique_ids(doctor.find(person)) == [second[0].unique_id], "a refused lot leaves nothing"


def test_a_lot_is_all_or_nothing_and_the_same_lot_twice_is_one(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    good = document_of(person)
    bad_entry, bad = document_of(person)
    reply = doctor.feed(person, good, (replace(bad_entry, sha1="0" * 40), bad))
    assert errors(reply) == [("XDSRepositoryMetadataError", "document-hash-mismatch")]
    assert unique_ids(doctor.find(person)) == [] and errors(doctor.retrieve(person, good[0].unique_id)) != []
    assert status(doctor.feed(person, good)) == "Success"
    assert status(doctor.feed(person, good)) == "Success"
    assert unique_ids(doctor.find(person)) == [good[0].unique_id]
    other = document_of(person, unique_id=good[0].unique_id)
    assert errors(doctor.feed(person, (other[0], other[1].replace(b"Rien", b"Tout")))) == [
        ("XDSNonIdenticalHash", "document-duplicate")
    ]
    twice = doctor.feed(person, good, good)
    assert errors(twice)[0][0] == "XDSRegistryDuplicateUniqueIdInMessage"


def test_the_lot_is_signed_by_whoever_submits_it(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    document = document_of(person)
    assert errors(doctor.feed(person, document, signed=False)) == [("XDSRepositoryMetadataError", "lot-signature-missing")]
    monkeypatch.setattr(settings.CARNET, "lot_signature", "optional")
    assert status(doctor.feed(person, document, signed=False)) == "Success"


def _provided(doctor: Practice, person: Any, documents: Any, change: Any) -> Any:
    body, parts = lot(doctor.software.signer, person, documents)
    change(body, parts)
    return doctor.call(person, body, PROVIDE, parts)


def test_a_lot_that_was_changed_after_its_signature_is_refused(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    document = document_of(person)

    def changed(body: Any, parts: Any) -> None:
        parts[0] = replace(parts[0], content=parts[0].content.replace(b"Rien", b"Tout"))

    def added(body: Any, parts: Any) -> None:
        # A document that the signature does not name.
        extra, content = document_of(person)
        other, more = lot(doctor.software.signer, person, ((extra, content),), signed=False)
        entry = other.find(f".//{n.q(n.RIM, 'ExtrinsicObject')}")
        entry.set("id", "Extra")
        listed = body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}")
        listed.append(entry)
        tie = etree.SubElement(
            listed,
            n.q(n.RIM, "Association"),
            associationType=n.HAS_MEMBER,
            sourceObject="SubmissionSet01",
            targetObject="Extra",
            id="x",
        )
        slot = etree.SubElement(tie, n.q(n.RIM, "Slot"), name="SubmissionSetStatus")
        etree.SubElement(etree.SubElement(slot, n.q(n.RIM, "ValueList")), n.q(n.RIM, "Value")).text = "Original"
        node = etree.SubElement(body, n.q(n.XDSB, "Document"), id="Extra")
        from carnet.formats.soap import include

        include(node, "extra@carnet")
        parts.append(replace(more[0], content_id="extra@carnet"))

    def emptied(body: Any, parts: Any) -> None:
        parts[-1] = replace(parts[-1], content=b"<rien/>")

    for change in (changed, added, emptied):
        assert errors(_provided(doctor, person, (document,), change)) == [
            ("XDSRepositoryMetadataError", "lot-signature-invalid")
        ], change
    assert unique_ids(doctor.find(person)) == []


def test_the_signature_of_a_lot_is_that_of_the_connection(practice: Any, pki: Any) -> None:
    from carnet.desk.dmp_client import Pair

    person, _ = patient("treating")
    doctor = practice("treating")
    for name in ("signature-cardiologist", "treating"):
        # Somebody else's card, and the wrong pair of one's own.
        body, parts = lot(Pair.of(pki.certificate(name)), person, (document_of(person),))
        assert errors(doctor.call(person, body, PROVIDE, parts)) == [("DMPInvalidCertificate", "vihf-certificate-refused")]


def test_what_is_wrong_with_metadata_has_its_code(practice: Any) -> None:
    person, _ = patient("treating")
    other, _ = patient("treating")
    doctor = practice("treating")
    entry, content = document_of(person)
    elsewhere = replace(entry, patient=(other.ins.oid.value, other.ins.matricule))
    assert errors(doctor.feed(person, (elsewhere, content)))[0][0] == "XDSPatientIdDoesNotMatch"
    assert errors(doctor.feed(person, document_of(other)))[0][0] == "XDSPatientIdDoesNotMatch"

    def no_document(body: Any, parts: Any) -> None:
        body.remove(body.find(n.q(n.XDSB, "Document")))
        parts.pop(0)

    def no_metadata(body: Any, parts: Any) -> None:
        body.find(n.q(n.XDSB, "Document")).set("id", "autre")

    def no_unique_id(body: Any, parts: Any) -> None:
        package = body.find(f".//{n.q(n.RIM, 'RegistryPackage')}")
        identifiers = package.findall(n.q(n.RIM, "ExternalIdentifier"))
        package.remove(next(i for i in identifiers if i.get("identificationScheme") == n.SET_UNIQUE_ID))

    answers = {
        "XDSMissingDocument": no_document,
        "XDSMissingDocumentMetadata": no_metadata,
        "XDSRegistryMetadataError": no_unique_id,
    }
    for expected, change in answers.items():
        assert errors(_provided(doctor, person, ((entry, content),), change))[0][0] == expected
    assert unique_ids(doctor.find(person)) == []


def test_what_is_not_kept_is_told(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")

    def more(body: Any, parts: Any) -> None:
        entry = body.find(f".//{n.q(n.RIM, 'ExtrinsicObject')}")
        slot = etree.Element(n.q(n.RIM, "Slot"), name="urn:exemple:couleur")
        etree.SubElement(etree.SubElement(slot, n.q(n.RIM, "ValueList")), n.q(n.RIM, "Value")).text = "bleu"
        entry.insert(0, slot)

    reply = _provided(doctor, person, (document_of(person),), more)
    assert status(reply) == "Success" and errors(reply) == [("XDSExtraMetadataNotSaved", "urn:exemple:couleur")]
    wrong = document_of(person)
    corrected = doctor.feed(person, (replace(wrong[0], class_=replace(wrong[0].class_, code="42")), wrong[1]))
    assert status(corrected) == "Success" and errors(corrected) == [("XDSExtraMetadataNotSaved", "document-type-class-mismatch")]


def test_too_many_documents_and_one_that_is_too_large(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    monkeypatch.setattr(settings.CARNET, "max_documents_per_submission", 1)
    assert errors(doctor.feed(person, document_of(person), document_of(person)))[0][0] == "XDSRepositoryMetadataError"
    assert status(doctor.feed(person, document_of(person))) == "Success", "the signature is none of them"
    monkeypatch.undo()
    entry = entry_of(person, mime="text/plain")
    large = doctor.feed(person, (entry, b"x" * 250_000))
    assert errors(large) == [("XDSRepositoryOutOfResources", "document-too-large")]


def test_a_structure_feeds_in_indirect_mode_and_reads_nothing(dmp: str, pki: Any) -> None:
    person, record_id = patient("emergency")
    hospital = Practice(dmp, pki, "emergency")
    hospital.software = Software(dmp, pki, "structure-hospital")
    hospital.said = replace(hospital.said, issuer=hospital.software.signer.certificate.subject.rfc4514_string(), mode="INDIRECTE")
    document = document_of(person, "emergency")
    assert status(hospital.feed(person, document)) == "Success"
    assert errors(hospital.retrieve(person, document[0].unique_id)) == [("DMPAccessDeniedByRightsService", "function-not-allowed")]
    # It finds the references of its own documents, and deletes them.
    mine = hospital.query(person, "GetDocuments", **{f"{E}UniqueId": document[0].unique_id})
    assert unique_ids(mine) == [document[0].unique_id]
    assert status(hospital.change_status(person, objects(mine)[0].get("id"), "Approved", "Deleted")) == "Success"
    told = next(e for e in _journal(record_id) if e["act"] == "TD2.1")
    assert told["on_behalf_of"] == PROFESSIONALS["emergency"].id and told["actor"].startswith("structure:")


def _journal(record_id: Any) -> list[dict[str, Any]]:
    with unit(record_id) as work:
        return [numbered.entry for numbered in journal.numbered_entries(work, record_id)]


def test_an_employee_feeds_with_a_cpe(dmp: str, pki: Any) -> None:
    person, _ = patient("emergency")
    card = Practice(dmp, pki, "emergency")
    card.software = Software(dmp, pki, "cpe-hospital")
    subject = card.software.signer.certificate.subject
    from cryptography.x509.oid import NameOID

    number = str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    card.said = replace(card.said, issuer=subject.rfc4514_string(), subject=number)
    document = document_of(person, "emergency")
    assert status(card.feed(person, document)) == "Success"
    assert errors(card.retrieve(person, document[0].unique_id)) == [("DMPAccessDeniedByRightsService", "function-not-allowed")]


def test_air_reads_and_never_feeds(dmp: str, pki: Any) -> None:
    person, _ = patient("emergency")
    deposit(person, "emergency", unique_id=(unique := fresh_uid()))
    air = Practice(dmp, pki, "emergency")
    air.software = Software(dmp, pki, "structure-hospital")
    air.said = replace(air.said, issuer=air.software.signer.certificate.subject.rfc4514_string(), mode="INDIRECTE_RENFORCEE")
    assert unique_ids(air.find(person)) == [unique]
    assert status(air.retrieve(person, unique)) == "Success"
    assert errors(air.feed(person, document_of(person, "emergency"))) == [
        ("DMPAccessDeniedByRightsService", "function-not-allowed")
    ]
    nobody = replace(air.said, roles=(Code("1.2.250.1.213.1.1.5.5", "350"),))
    strong, air.said = air.said, nobody
    assert unique_ids(air.find(person)) == [unique], "an employee sees what there is, as the matrix says, and opens nothing"
    assert errors(air.retrieve(person, unique)) == [("DMPAccessDeniedByRightsService", "function-not-allowed")]
    air.said = strong
    weak = replace(air.said, context="urn:oasis:names:tc:SAML:2.0:ac:classes:Password")
    air.said = weak
    assert fault(air.find(person)) == "authentication-too-weak"


# TD3.1


def test_criteria_of_find_documents(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    report = document_of(person, title="Un", references=(Reference("ACC-1", "urn:ihe:iti:xds:2013:accession"),))
    prescription = document_of(person, type_="57833-6", title="Deux", service_start=now().replace(year=2020))
    for document in (report, prescription):
        assert status(doctor.feed(person, document)) == "Success"
    first, second = report[0].unique_id, prescription[0].unique_id

    def found(**parameters: object) -> list[str]:
        return sorted(unique_ids(doctor.find(person, **parameters)))

    assert found() == sorted([first, second])
    assert found(**{f"{E}TypeCode": ["57833-6^^2.16.840.1.113883.6.1"]}) == [second]
    assert found(**{f"{E}TypeCode": ["57833-6^^1.2.3"]}) == [], "a code of another scheme is another code"
    assert found(**{f"{E}ClassCode": ["10^^1.2.250.1.213.1.1.4.1", "42^^1.2.250.1.213.1.1.4.1"]}) == sorted([first, second])
    assert found(**{f"{E}ServiceStartTimeFrom": "2021"}) == [first]
    assert found(**{f"{E}ServiceStartTimeTo": "2021"}) == [second]
    assert found(**{f"{E}AuthorPerson": ["%BASTION%"]}) == sorted([first, second])
    assert found(**{f"{E}AuthorPerson": ["%AUTRE%"]}) == []
    assert found(**{f"{E}ConfidentialityCode": ["N^^2.16.840.1.113883.5.25"]}) == sorted([first, second])
    assert found(**{f"{E}FormatCode": ["urn:ihe:iti:xds-sd:text:2008^^1.3.6.1.4.1.19376.1.2.3"]}) == sorted([first, second])
    by_reference = doctor.query(person, "FindDocumentsByReferenceId", **{
        f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]], f"{E}ReferenceIdList": ["ACC-1^^^^urn:ihe:iti:xds:2013:accession"]})  # fmt: skip
    assert unique_ids(by_reference) == [first]
    references = doctor.query(
        person, "FindDocuments", leaf=False, **{f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]]}
    )
    assert len(objects(references, "ObjectRef")) == 2 and not objects(references)


def test_every_stored_query_answers(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    document, other = document_of(person), document_of(person)
    folder = f"""<rim:RegistryPackage xmlns:rim="{n.RIM}" id="Folder01"><rim:Name><rim:LocalizedString value="Hanche"/></rim:Name>
        <rim:Classification id="f1" classificationScheme="{n.FOLDER_CODES}" classifiedObject="Folder01" nodeRepresentation="HOSPIT"><rim:Slot
        name="codingScheme"><rim:ValueList><rim:Value>1.2.3</rim:Value></rim:ValueList></rim:Slot></rim:Classification>
        <rim:Classification id="f2" classificationNode="{n.FOLDER}" classifiedObject="Folder01"/>
        <rim:ExternalIdentifier id="f3" identificationScheme="{n.FOLDER_PATIENT}" registryObject="Folder01" value="{person.ins.cx.replace("&", "&amp;")}"/>
        <rim:ExternalIdentifier id="f4" identificationScheme="{n.FOLDER_UNIQUE_ID}" registryObject="Folder01" value="{(folder_id := fresh_uid())}"/>
        </rim:RegistryPackage>"""

    def with_folder(body: Any, parts: Any) -> None:
        listed = body.find(f".//{n.q(n.RIM, 'RegistryObjectList')}")
        listed.append(etree.fromstring(folder))
        etree.SubElement(
            listed,
            n.q(n.RIM, "Association"),
            associationType=n.HAS_MEMBER,
            sourceObject="Folder01",
            targetObject="Document01",
            id="fa",
        )

    reply = _provided(doctor, person, (document, other), with_folder)
    assert status(reply) == "Success", errors(reply)
    uid, approved = document[0].unique_id, [n.STATUS["Approved"]]
    entry = next(o for o in objects(doctor.find(person)) if uid in unique_ids_of(o))
    sets = doctor.query(person, "FindSubmissionSets", **{f"{S}PatientId": person.ins.cx, f"{S}Status": approved})
    set_id = objects(sets, "RegistryPackage")[0].get("id")
    folders = doctor.query(
        person, "FindFolders", **{f"{F}PatientId": person.ins.cx, f"{F}Status": approved, f"{F}CodeList": ["HOSPIT^^1.2.3"]}
    )
    folder_uuid = objects(folders, "RegistryPackage")[0].get("id")
    assert unique_ids(doctor.query(person, "GetDocuments", **{f"{E}EntryUUID": entry.get("id")})) == [uid]
    assert unique_ids(doctor.query(person, "GetDocuments", **{f"{E}LogicalID": entry.get("lid")})) == [uid]
    everything = doctor.query(
        person, "GetAll", **{"$patientId": person.ins.cx, f"{E}Status": approved, f"{S}Status": approved, f"{F}Status": approved}
    )
    assert (
        len(objects(everything)) == 2
        and len(objects(everything, "RegistryPackage")) == 2
        and len(objects(everything, "Association")) == 5
    )
    assert len(objects(doctor.query(person, "GetFolders", **{f"{F}UniqueId": folder_id}), "RegistryPackage")) == 1
    assert len(objects(doctor.query(person, "GetAssociations", **{"$uuid": entry.get("id")}), "Association")) == 2
    both = doctor.query(person, "GetDocumentsAndAssociations", **{f"{E}UniqueId": uid})
    assert unique_ids(both) == [uid] and len(objects(both, "Association")) == 2
    assert [
        p.get("id") for p in objects(doctor.query(person, "GetSubmissionSets", **{"$uuid": entry.get("id")}), "RegistryPackage")
    ] == [set_id]
    assert len(unique_ids(doctor.query(person, "GetSubmissionSetAndContents", **{f"{S}EntryUUID": set_id}))) == 2
    assert unique_ids(doctor.query(person, "GetFolderAndContents", **{f"{F}EntryUUID": folder_uuid})) == [uid]
    assert [
        p.get("id") for p in objects(doctor.query(person, "GetFoldersForDocument", **{f"{E}UniqueId": uid}), "RegistryPackage")
    ] == [folder_uuid]
    nothing = doctor.query(person, "GetSubmissionSetAndContents", **{f"{S}UniqueId": "1.2.3"})
    assert status(nothing) == "Success" and not objects(nothing, "RegistryPackage")
    assert not objects(doctor.query(person, "GetFolderAndContents", **{f"{F}UniqueId": "1.2.3"}), "RegistryPackage")


def unique_ids_of(node: Any) -> list[str]:
    return [
        i.get("value") for i in node.iter(n.q(n.RIM, "ExternalIdentifier")) if i.get("identificationScheme") == n.ENTRY_UNIQUE_ID
    ]


def test_a_query_that_is_wrong_has_its_code(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    assert errors(doctor.query(person, "FindDocuments", **{f"{E}PatientId": person.ins.cx}))[0] == (
        "XDSStoredQueryMissingParam",
        "request-malformed",
    )
    other, _ = patient("treating")
    wrong = doctor.query(person, "FindDocuments", **{f"{E}PatientId": other.ins.cx, f"{E}Status": [n.STATUS["Approved"]]})
    assert errors(wrong) == [("XDSPatientIdDoesNotMatch", "vihf-patient-mismatch")]
    for name in ("FindDocuments", "GetAll"):
        asked: dict[str, object] = {f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]]}
        if name == "GetAll":
            asked = {
                "$patientId": person.ins.cx,
                f"{E}Status": [n.STATUS["Approved"]],
                f"{S}Status": [n.STATUS["Approved"]],
                f"{F}Status": [n.STATUS["Approved"]],
            }
        deposit(person), deposit(person)
        monkeypatch.setattr(settings.CARNET, "dmp_max_results", 1)
        assert errors(doctor.query(person, name, **asked)) == [("XDSTooManyResults", "too-many-results")]
        monkeypatch.undo()


def test_an_author_without_the_patients_agreement_finds_the_references_of_own_documents(practice: Any) -> None:
    person, _ = patient()
    uid = fresh_uid()
    deposit(person, "cardiologist", unique_id=uid)
    other = fresh_uid()
    deposit(person, "treating", unique_id=other)
    author = practice("cardiologist")
    assert errors(author.find(person)) == [("DMPAccessDeniedByRightsService", "consent-missing")]
    assert unique_ids(author.query(person, "GetDocuments", **{f"{E}UniqueId": uid})) == [uid]
    assert unique_ids(author.query(person, "GetDocuments", **{f"{E}UniqueId": other})) == []


# TD3.2


def test_retrieve_answers_some_and_says_what_is_unknown(practice: Any) -> None:
    person, _ = patient("treating")
    other, _ = patient("treating")
    uid, elsewhere = fresh_uid(), fresh_uid()
    logical = deposit(person, unique_id=uid)
    deposit(other, unique_id=elsewhere)
    doctor = practice("treating")
    reply = doctor.retrieve(person, uid, "1.2.3.4", elsewhere, urn(logical))
    assert status(reply) == "PartialSuccess" and len(reply.parts) == 1
    assert errors(reply) == [("XDSDocumentUniqueIdError", one) for one in ("1.2.3.4", elsewhere, urn(logical))]
    entry_uuid = objects(doctor.find(person))[0].get("id")
    assert errors(doctor.retrieve(person, entry_uuid))[0][0] == "XDSDocumentUniqueIdError", "an entryUUID is no uniqueId"
    assert errors(doctor.retrieve(person, uid, repository="1.2.3")) == [("XDSUnknownRepositoryId", REPOSITORY)]
    assert errors(doctor.retrieve(person))[0][0] == "XDSRepositoryError"
    assert errors(doctor.retrieve(person, *[fresh_uid() for _ in range(51)]))[0][0] == "XDSTooManyResults"
    assert errors(practice("nurse").retrieve(person, uid)) == [("DMPAccessDeniedByRightsService", "consent-missing")]


# TD3.3


def test_masking_unmasking_and_announcing(practice: Any) -> None:
    person, _ = patient("treating", "cardiologist", treating="treating")
    doctor, colleague = practice("treating"), practice("cardiologist")
    hidden = document_of(person, "treating")
    labels = (*hidden[0].confidentiality, type(hidden[0].type)("INVISIBLE_PATIENT", "1.2.250.1.213.1.1.4.13"))
    assert status(doctor.feed(person, (replace(hidden[0], confidentiality=labels), hidden[1]))) == "Success"
    entry = found_entry(doctor.find(person))
    assert {c.code for c in entry.confidentiality} == {"N", "INVISIBLE_PATIENT"}
    assert status(doctor.change_labels(person, entry, ())) == "Success", "announced"
    entry = found_entry(doctor.find(person))
    assert {c.code for c in entry.confidentiality} == {"N"} and entry.version == 2
    assert status(doctor.change_labels(person, entry, ("MASQUE_PS",))) == "Success"
    assert unique_ids(colleague.find(person)) == []
    masked = found_entry(doctor.find(person))
    assert errors(doctor.change_labels(person, masked, (), version="1")) == [
        ("XDSMetadataVersionError", "metadata-version-mismatch")
    ]
    assert status(doctor.change_labels(person, masked, ())) == "Success"
    assert len(unique_ids(colleague.find(person))) == 1


def test_nothing_else_can_be_updated(practice: Any) -> None:
    person, _ = patient("treating", treating="treating")
    doctor = practice("treating")
    doctor.feed(person, document_of(person))
    entry = found_entry(doctor.find(person))
    refused = [("XDSMetadataUpdateOperationError", "metadata-update-refused")]
    assert errors(doctor.change_labels(person, replace(entry, title="Autre titre"), ("MASQUE_PS",))) == refused
    assert errors(doctor.change_labels(person, entry, ())) == refused, "nothing changes"
    assert errors(doctor.change_labels(person, entry, ("INVISIBLE_PATIENT",))) == refused, "nothing visible disappears"
    assert errors(doctor.change_labels(person, replace(entry, logical_id=""), ("MASQUE_PS",))) == refused
    assert (
        errors(doctor.change_status(person, urn(entry.entry_uuid.removeprefix("urn:uuid:")), "Approved", "Deprecated")) == refused
    )
    stale = doctor.change_status(person, entry.entry_uuid, "Archived", "Approved")
    assert errors(stale) == [("XDSMetadataVersionError", "metadata-version-mismatch")]
    assert errors(doctor.update(person)) == refused
    unknown = [("XDSDocumentUniqueIdError", "document-unknown")]
    assert errors(doctor.change_status(person, urn("00000000-0000-4000-8000-000000000000"), "Approved", "Archived")) == unknown
    reply = doctor.call(person, etree.Element(n.q(n.LCM, "SubmitObjectsRequest")), "urn:ihe:iti:2010:UpdateDocumentSet")
    assert errors(reply) == [("XDSRegistryMetadataError", "request-malformed")]


def test_itis_of_a_repository_are_not_for_software(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    entry, _ = document_of(person)
    body = lot(doctor.software.signer, person, ((entry, b""),))[0].find(n.q(n.LCM, "SubmitObjectsRequest"))
    assert fault(doctor.call(person, body, "urn:ihe:iti:2007:RegisterDocumentSet-b")) == "operation-unknown"


# Emergency modes


def test_break_glass_opens_with_the_reason_of_the_assertion(practice: Any) -> None:
    person, record_id = patient()
    uid = fresh_uid()
    deposit(person, unique_id=uid)
    emergency = practice("emergency")
    said = {"purpose": "bris_de_glace"}
    assert errors(emergency.find(person, more=said)) == [("DMPAccessDeniedByRightsService", "emergency-reason-missing")]
    words = said | {"reason": "Patient inconscient, détresse respiratoire."}
    assert unique_ids(emergency.find(person, more=words)) == [uid]
    assert status(emergency.retrieve(person, uid, **said)) == "Success", "the access stays open for its time"
    with unit(record_id) as work:
        assert len(access.emergencies(work, record_id)) == 1
    assert errors(emergency.find(person)) == [("DMPAccessDeniedByRightsService", "consent-missing")]
    with unit(record_id) as work:
        access.choose(work, host(record_id), break_glass=False)
    assert errors(emergency.find(person, more=words)) == [("DMPAccessDeniedByRightsService", "emergency-opposed")]


def test_an_emergency_is_opened_for_no_document_that_is_not_there(practice: Any) -> None:
    """An access is told to the patient: whoever asks for what nobody has, or what is hidden from them, opens none."""
    person, record_id = patient()
    hidden = fresh_uid()
    deposit(person, unique_id=hidden, label=("MASQUE_PS",))
    said = {"purpose": "bris_de_glace", "reason": "Patient inconscient, détresse respiratoire."}
    emergency = practice("emergency")
    unknown, masked = (errors(emergency.retrieve(person, uid, **said)) for uid in (fresh_uid(), hidden))
    assert [code for code, _ in unknown] == [code for code, _ in masked] == ["XDSDocumentUniqueIdError"]
    target = urn("00000000-0000-4000-8000-000000000000")
    assert status(emergency.change_status(person, target, "Approved", "Archived", **said)) == "Failure"
    with unit(record_id) as work:
        assert access.emergencies(work, record_id) == []


def test_regulation_opens_by_the_registered_certificate(practice: Any, pki: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient()
    uid = fresh_uid()
    deposit(person, unique_id=uid)
    regulator = practice("regulator")
    said = {"purpose": "centre_15"}
    assert errors(regulator.find(person, more=said)) == [("DMPAccessDeniedByRightsService", "regulation-not-proved")]
    _register(monkeypatch, pki, "regulator")
    assert unique_ids(regulator.find(person, more=said)) == [uid]


# One record, two doors


def test_what_enters_by_soap_reads_by_fhir_and_back(practice: Any, door: str) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    entry, content = document_of(person, references=(Reference("O-1", "urn:ihe:iti:xds:2013:order"),))
    assert status(doctor.feed(person, (entry, content))) == "Success"
    page = client(door, "treating").search(person.ins, status="current").json()
    resource = page["entry"][0]["resource"]
    assert resource["masterIdentifier"]["value"] == f"urn:oid:{entry.unique_id}"
    assert resource["content"][0]["attachment"]["title"] == entry.title and resource["description"] == entry.comments
    source = next(c for c in resource["contained"] if c["id"] == "source-patient")
    assert source["identifier"][0]["value"] == entry.source_patient[1]
    uid = fresh_uid()
    deposit(person, unique_id=uid)
    found = doctor.query(person, "GetDocuments", **{f"{E}UniqueId": uid})
    node = objects(found)[0]
    assert unique_ids(found) == [uid] and node.get("lid") != "" and node.get("status") == n.STATUS["Approved"]
    format_ = read_entry(node).format
    assert format_.system == "1.2.250.1.213.1.1.4.2.282", "a format that Carnet completed has the OID of its table"
    by_format = doctor.find(person, **{f"{E}FormatCode": [f"{format_.code}^^{format_.system}"]})
    assert uid in unique_ids(by_format)
    both = {o.get("lid"): o for o in objects(doctor.find(person))}
    by_fhir = {
        urn(e["resource"]["id"]): e["resource"]
        for e in client(door, "treating").search(person.ins, status="current").json()["entry"]
    }
    assert both.keys() == by_fhir.keys()
    for lid, resource in by_fhir.items():
        assert resource["identifier"][0]["value"] == both[lid].get("id")
        assert resource["meta"]["versionId"] == both[lid].find(n.q(n.RIM, "VersionInfo")).get("versionName")


HOSPITAL = "1.2.250.1.999.8"


def _of_the_hospital(person: Any, **more: Any) -> Any:
    """A document whose author carries a number of the hospital's own, in the form of a national one: the cardiologist's."""
    number = PROFESSIONALS["cardiologist"].id
    entry, content = document_of(person, **more)
    stated = f"{number}^BASTION^Ève^Marie^^DR^MD^^HOP&{HOSPITAL}&ISO^D^^^PI"
    place = f"Pôle 3^^^^^&{HOSPITAL}&ISO^PI^^^{entry.authors[0].structure_id}"
    writer = replace(entry.authors[0], id=number, authority=HOSPITAL, person_stated=stated, structure_stated=place)
    national = f'<id root="1.2.250.1.71.4.2.1" extension="{entry.authors[0].id}"/>'.encode()
    assert content.count(national) >= 1
    content = content.replace(national, f'<id root="{HOSPITAL}" extension="{number}"/>'.encode(), 1)
    return replace(entry, authors=(writer,)), content, stated, place


def test_a_number_of_a_hospital_comes_back_as_it_came(practice: Any, door: str) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    cxi = "A-1^^^LABO&1.2.250.1.999.9&ISO^urn:ihe:iti:xds:2013:accession"
    entry, content, stated, place = _of_the_hospital(person, references=(Reference("A-1", stated=cxi),))
    entry = replace(entry, source_patient_stated="0456789999^^^IPP&1.2.250.1.999.1.1.7898.2&ISO")
    assert status(doctor.feed(person, (entry, content))) == "Success"
    told = [v.text for v in objects(doctor.find(person))[0].iter(n.q(n.RIM, "Value"))]
    assert {stated, place, cxi, entry.source_patient_stated} <= set(told)
    assert unique_ids(doctor.find(person, **{f"{E}AuthorPerson": ["%&1.2.250.1.999.8&%"]})) == [entry.unique_id]
    by_reference = doctor.query(
        person, "FindDocumentsByReferenceId",
        **{f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]], f"{E}ReferenceIdList": [cxi]},
    )  # fmt: skip
    assert unique_ids(by_reference) == [entry.unique_id]

    software, number = client(door, "treating"), entry.authors[0].id

    def found(criterion: str) -> int:
        return len(documents_of(software.search(person.ins, status="current", **{"author.identifier": criterion})))

    assert (found(f"urn:oid:{HOSPITAL}|{number}"), found(f"urn:oid:1.2.250.1.71.4.2.1|{number}"), found(number)) == (1, 0, 0)
    page = software.search(person.ins, status="current").json()["entry"][0]["resource"]
    writer = next(c for c in page["contained"] if c["id"] == "author-1-ps")
    assert writer["identifier"] == [{"system": f"urn:oid:{HOSPITAL}", "value": number}]
    assert page["context"]["related"][0]["identifier"]["system"] == "urn:oid:1.2.250.1.999.9"


def test_a_number_of_a_hospital_makes_nobody_an_author(practice: Any, door: str) -> None:
    """Masked from professionals, its author still reads it; whoever has the same number under the national authority does not."""
    person, _ = patient("treating", "cardiologist")
    entry, content, _, _ = _of_the_hospital(person, confidentiality=(Coding("MASQUE_PS", "1.2.250.1.213.1.1.4.13"),))
    assert status(practice("treating").feed(person, (entry, content))) == "Success"
    assert documents_of(client(door, "cardiologist").search(person.ins, status="current")) == []
    own, _ = document_of(person, "cardiologist", confidentiality=(Coding("MASQUE_PS", "1.2.250.1.213.1.1.4.13"),))
    assert status(practice("treating").feed(person, (own, cda(person, "cardiologist", own.type.code, own.unique_id)))) == "Success"
    found = documents_of(client(door, "cardiologist").search(person.ins, status="current"))
    assert [one["masterIdentifier"]["value"] for one in found] == [f"urn:oid:{own.unique_id}"]


def test_a_number_without_authority_is_that_of_the_document(practice: Any, door: str) -> None:
    """Declared without who assigned it, a number is the hospital's when the document says so: no author under the national one."""
    person, _ = patient("treating", "cardiologist")
    entry, content, _, _ = _of_the_hospital(person, confidentiality=(Coding("MASQUE_PS", "1.2.250.1.213.1.1.4.13"),))
    bare = replace(entry.authors[0], authority="", person_stated=f"{entry.authors[0].id}^BASTION^Ève")
    assert status(practice("treating").feed(person, (replace(entry, authors=(bare,)), content))) == "Success"
    assert documents_of(client(door, "cardiologist").search(person.ins, status="current")) == []


@pytest.mark.parametrize("leaf", [True, False])
def test_a_parameter_that_does_not_exist_filters_nothing_and_is_named(practice: Any, leaf: bool) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    assert status(doctor.feed(person, document_of(person))) == "Success"
    asked = {f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]], "$vendorHint": "x"}
    answer = doctor.query(person, "FindDocuments", leaf, **asked)
    assert status(answer) == "Success" and errors(answer) == [("XDSRegistryError", "$vendorHint")]
    assert len(list(answer.body.iter(n.q(n.RIM, "ExtrinsicObject"), n.q(n.RIM, "ObjectRef")))) == 1


@pytest.mark.parametrize("leaf", [True, False])
def test_a_document_that_cannot_be_told_costs_itself(practice: Any, leaf: bool) -> None:
    person, record_id = patient("treating")
    doctor = practice("treating")
    good, bad = document_of(person), document_of(person)
    assert (status(doctor.feed(person, good)), status(doctor.feed(person, bad))) == ("Success", "Success")
    spoil(record_id, "unique_id", bad[0].unique_id)
    wanted = {f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]]}
    for name, parameters in (("FindDocuments", wanted), ("GetAll", {"$patientId": person.ins.cx, f"{E}Status": wanted[f"{E}Status"],
                             f"{S}Status": wanted[f"{E}Status"], f"{F}Status": wanted[f"{E}Status"]})):  # fmt: skip
        answer = doctor.query(person, name, leaf, **parameters)
        assert status(answer) == "Success" and errors(answer) == [("XDSRegistryError", "document-damaged")]
        if leaf:
            assert unique_ids(answer) == [good[0].unique_id]
        else:
            assert urn(found_entry(doctor.find(person)).entry_uuid) in {
                one.get("id") for one in answer.body.iter(n.q(n.RIM, "ObjectRef"))
            }


def test_statuses_agree_at_both_doors(practice: Any, door: str) -> None:
    person, _ = patient("treating", treating="treating")
    doctor = practice("treating")
    logical = deposit(person)
    assert status(doctor.change_status(person, objects(doctor.find(person))[0].get("id"), "Approved", "Archived")) == "Success"
    resource = client(door, "treating").get(f"/fhir/DocumentReference/{logical}").json()
    assert resource["extension"][0]["valueBoolean"] is True and resource["meta"]["versionId"] == "2"
    records.change_document(ask("treating", Act.UNARCHIVE, person), logical)
    assert objects(doctor.find(person))[0].find(n.q(n.RIM, "VersionInfo")).get("versionName") == "3"


# Secrets


def _shown(record_id: Any) -> list[Any]:
    """The lines of the chain that everybody on the patient's side reads."""
    with unit(record_id) as work:
        return journal.entries_of_record(work, record_id)


def test_a_secret_connection_leaves_nothing_to_representatives(practice: Any) -> None:
    child = fresh_person(birth_date="2012-05-17")
    record_id = open_record(child)
    allow(record_id, "midwife")
    midwife = practice("midwife")
    secret = {"confidentiality": "INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"}
    before = len(_shown(record_id))
    document = document_of(child, "midwife")
    assert status(midwife.feed(child, document, more=secret)) == "Success"
    assert status(midwife.find(child, more=secret)) == "Success"
    entry = found_entry(midwife.find(child, more=secret))
    assert "INVISIBLE_REPRESENTANTS_LEGAUX" in {c.code for c in entry.confidentiality}
    assert len(_journal(record_id)) > before and len(_shown(record_id)) == before, (
        "the chain that representatives read holds no line of it"
    )
    assert status(midwife.change_labels(child, entry, (), **secret)) == "Success", "the minor agreed, in the secret connection"
    assert errors(midwife.change_labels(child, replace(entry, version=2), ())) != []
    adult, _ = patient("midwife")
    assert errors(midwife.find(adult, more=secret)) == [("XDSRegistryError", "secret-connection-refused")]
    doctor = practice("treating")
    declare = {"action": "AJOUT", "role": "MEDECIN_TRAITANT"}
    assert values(doctor.own(child, HABILITATIONS, "setAuthorization", {"action": "AJOUT"}))["status"] == "DMPOk"
    stop = declare | {"action": "SUPPRESSION"}
    assert values(doctor.own(child, HABILITATIONS, "setAuthorization", declare, **secret))["status"] == "secret-connection-known"
    with unit(record_id) as work:
        assert access.treating_doctor_of(work, record_id) == ""
    assert values(doctor.own(child, HABILITATIONS, "setAuthorization", {"action": "AJOUT"}))["status"] == "DMPOk"
    assert values(doctor.own(child, HABILITATIONS, "setAuthorization", declare))["status"] == "DMPOk"
    assert values(doctor.own(child, HABILITATIONS, "setAuthorization", stop, **secret))["status"] == "secret-connection-known"
    with unit(record_id) as work:
        assert access.treating_doctor_of(work, record_id) == PROFESSIONALS["treating"].id


# The message itself


def test_services_describe_themselves(dmp: str, pki: Any, practice: Any) -> None:
    http = practice("treating").software.http
    for name in ("", "patients", "patientSpecific", "habilitations", "pdq", "registry", "repository"):
        described = http.get(f"{dmp}/si-dmp-server/v2/services/{name}?wsdl")
        root = etree.fromstring(described.content)
        assert described.status_code == 200 and etree.QName(root).localname == "definitions"
    assert http.get(f"{dmp}/si-dmp-server/v2/services/").status_code == 400
    assert http.get(f"{dmp}/si-dmp-server/v2/services/autre?wsdl").status_code == 400
    assert http.get(f"{dmp}/ailleurs").status_code == 400


def test_a_message_that_is_not_one_gets_a_fault(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    post = practice("treating").software.post
    soap = "application/soap+xml"
    assert fault(post(b"<a/>", soap)) == "VersionMismatch"
    assert fault(post(b"<<", soap)) == "request-malformed"
    assert fault(post(b"{}", "application/json")) == "soap-media-refused"
    assert fault(post(b"x", soap, **{"Content-Encoding": "br"})) == "request-malformed"
    assert fault(post(b"x", soap, **{"Content-Encoding": "gzip"})) == "request-malformed"
    assert fault(post(gzip.compress(b"x" * 2_000_000), soap, **{"Content-Encoding": "gzip"})) == "request-too-large"
    assert fault(post(gzip.compress(b"x" * 5_000)[:-9], soap, **{"Content-Encoding": "gzip"})) == "request-malformed"
    assert fault(post(b"x" * 1_200_000, soap)) == "request-too-large"
    person, _ = patient("treating")
    doctor = practice("treating")
    assert fault(doctor.call(person, etree.Element("{urn:autre}autre"), "urn:autre")) == "operation-unknown"
    broken = etree.fromstring('<PRPA_IN201307UV02 xmlns="urn:hl7-org:v3"><id root="1"/></PRPA_IN201307UV02>')
    assert fault(doctor.call(person, broken, "urn:hl7-org:v3:PRPA_IN201307UV02")) == "request-malformed"
    monkeypatch.setattr("carnet.interfaces.dmp.td02.test_record", lambda ask: 1 / 0)
    assert fault(doctor.test(person)) == "internal"


def test_soap_11_at_the_http_level_is_answered_in_its_own_terms(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    content = envelope_of(
        _stored(person), "urn:ihe:iti:2007:RegistryStoredQuery", assertion_of(doctor.about(person), doctor.software.signer)
    )
    old = content.replace(b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/")
    answer = doctor.software.http.post(doctor.software.address, content=old, headers={"Content-Type": "text/xml"})
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/xml")
    assert etree.fromstring(answer.content).tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    again = doctor.software.http.post(doctor.software.address, content=old, headers={"Content-Type": "text/xml"})
    assert again.status_code == 500 and b"vihf-replayed" in again.content


@pytest.mark.parametrize(
    ("media", "old", "answered"),
    [
        ("text/xml", True, "text/xml"),
        ("text/xml", False, "application/soap+xml"),
        ("application/soap+xml", True, "application/soap+xml"),
    ],
)
def test_soap_11_is_for_whoever_speaks_it_in_both_places(practice: Any, media: str, old: bool, answered: str) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    action = "urn:ihe:iti:2007:RegistryStoredQuery"
    content = envelope_of(_stored(person), action, assertion_of(doctor.about(person), doctor.software.signer))
    if old:
        content = content.replace(b"http://www.w3.org/2003/05/soap-envelope", b"http://schemas.xmlsoap.org/soap/envelope/")
    answer = doctor.software.http.post(doctor.software.address, content=content, headers={"Content-Type": media})
    assert answer.headers["content-type"].startswith(answered)
    assert (b"http://schemas.xmlsoap.org/soap/envelope/" in answer.content) == (answered == "text/xml")


def test_a_refusal_names_what_a_vendor_must_mend(practice: Any) -> None:
    person, _ = patient("treating")
    doctor = practice("treating")
    good, bad = document_of(person), document_of(person, sha1="00" * 20)
    told = etree.tostring(doctor.feed(person, good, bad).body, encoding="unicode")
    assert "document-hash-mismatch" in told and bad[0].unique_id in told and "hexadécimal" in told
    other = document_of(person, source_patient=(person.ins.oid.value, patient()[0].ins.matricule))
    assert errors(doctor.feed(person, other)) == [("XDSPatientIdDoesNotMatch", "request-malformed")]
    unknown = doctor.query(person, "FindDocuments", **{f"{E}PatientId": person.ins.cx, f"{E}Status": ["urn:x:Approuvé"]})
    assert errors(unknown) == [("XDSStoredQueryMissingParam", "request-malformed")], "a status that does not exist is none"
    nobody = doctor.own(None, HABILITATIONS, "setAuthorization", {"action": "AJOUT"})
    assert values(nobody)["status"] == "vihf-patient-missing"
    wrong = doctor.change_status(person, urn(fresh_uid()), "Approved", "Deprecated")
    assert status(wrong) == "Failure"
    late = doctor.find(person, more={"at": now() - timedelta(hours=1)})
    assert fault(late) == "vihf-expired" and "now: " in etree.tostring(late.body, encoding="unicode")


def test_what_the_kit_lets_through_is_told_with_its_fields(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CARNET, "vendor_kit", True)
    person, _ = patient("treating")
    reply = practice("treating").feed(person, document_of(person), signed=False)
    assert status(reply) == "Success"
    assert errors(reply) == [("XDSRepositoryMetadataError", "lot-signature-missing")]
    assert "en production, ce dépôt serait refusé" in etree.tostring(reply.body, encoding="unicode")


def test_withdrawn_transactions_say_so(practice: Any) -> None:
    person, _ = patient("treating")
    told = values(practice("treating").own(person, PATIENTS, "createPatientAccess", {"type": "SMS"}))
    assert told["status"] == "transaction-withdrawn" and "34 22" in told["context"]


def test_masked_documents_show_in_no_answer(practice: Any) -> None:
    person, _ = patient("treating", "cardiologist", treating="treating")
    seen, masked = fresh_uid(), fresh_uid()
    deposit(person, unique_id=seen)
    deposit(person, unique_id=masked, label=("MASQUE_PS",))
    colleague, doctor = practice("cardiologist"), practice("treating")
    assert len(unique_ids(doctor.find(person))) == 2
    approved = [n.STATUS["Approved"]]
    whole = {"$patientId": person.ins.cx, f"{E}Status": approved, f"{S}Status": approved, f"{F}Status": approved}
    everything = colleague.query(person, "GetAll", **whole)
    assert (
        unique_ids(everything) == [seen]
        and len(objects(everything, "RegistryPackage")) == 1
        and len(objects(everything, "Association")) == 1
    )
    assert colleague.find(person).body.get("totalResultCount") == "1"
    hidden, invented = colleague.retrieve(person, masked), colleague.retrieve(person, "2.25.1")
    assert [(c) for c, _ in errors(hidden)] == [(c) for c, _ in errors(invented)] == ["XDSDocumentUniqueIdError"]
    by_name = [colleague.query(person, "GetDocuments", **{f"{E}UniqueId": one}).body for one in (masked, "2.25.1")]
    assert etree.tostring(by_name[0]) == etree.tostring(by_name[1])
    target = objects(doctor.query(person, "GetDocuments", **{f"{E}UniqueId": masked}))[0].get("id")
    both = [
        colleague.change_status(person, one, "Approved", "Archived").body
        for one in (target, urn("00000000-0000-4000-8000-000000000000"))
    ]
    assert etree.tostring(both[0]) == etree.tostring(both[1])
