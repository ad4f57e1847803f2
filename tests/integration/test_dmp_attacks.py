"""Attacks on the DMP door: signatures that cover something else, entities, replays, wrong keys, contradictions."""

import copy
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from lxml import etree
from support.dmp import HABILITATIONS, Practice, document_of, errors, fault, objects, refused, status, stored_query
from support.people import deposit, fresh_person, fresh_uid, now, open_record, patient, today
from support.roles import as_role

from carnet.apps.storage.api import unit
from carnet.desk.demonstration.professionals import CABINET_2, PROFESSIONALS
from carnet.desk.dmp_client import Pair, Reply, Software, assertion_of, envelope_of
from carnet.formats.soap.envelope import SOAP12
from carnet.formats.vihf import write_vihf
from carnet.formats.xds import names as n
from carnet.formats.xds.queries import E, write_query
from carnet.kernel.codes import PROFESSION_SYSTEM, SAVOIR_FAIRE_SYSTEM, Code

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
ACTION = "urn:ihe:iti:2007:RegistryStoredQuery"


@pytest.fixture
def doctor(dmp: str, pki: Any) -> Practice:
    return Practice(dmp, pki, "treating")


def _body(person: Any) -> etree._Element:
    return write_query(
        stored_query(person, "FindDocuments", True, {f"{E}PatientId": person.ins.cx, f"{E}Status": [n.STATUS["Approved"]]})
    )


def _sent(doctor: Practice, person: Any, security: str) -> Reply:
    """A search whose wsse:Security is this text."""
    content = envelope_of(_body(person), ACTION, etree.Element("{urn:oasis:names:tc:SAML:2.0:assertion}Assertion")).decode()
    return doctor.software.post(
        re.sub(r"(?s)<(ns0|saml2):Assertion[^>]*/>", lambda _: security, content).encode(), "application/soap+xml"
    )


def _text(assertion: etree._Element) -> str:
    return etree.tostring(assertion, with_tail=False).decode()


def _signed(doctor: Practice, person: Any, **more: object) -> etree._Element:
    return etree.fromstring(_text(assertion_of(doctor.about(person, **more), doctor.software.signer)))


def _forged(signed: etree._Element) -> etree._Element:
    """The same assertion, in the name of somebody else, without its signature."""
    evil = copy.deepcopy(signed)
    evil.remove(evil.find(f"{DS}Signature"))
    evil.find(f"{SAML}Subject/{SAML}NameID").text = PROFESSIONALS["cardiologist"].id
    return evil


# Signature wrapping (XSW): the signed assertion is somewhere, another one is where it is read.


def _xsw1(signed: etree._Element) -> str:
    evil = _forged(signed)
    evil.set("ID", "_evil")
    signature = copy.deepcopy(signed.find(f"{DS}Signature"))
    signature.append(signed)
    evil.insert(1, signature)
    return _text(evil)


def _xsw2(signed: etree._Element) -> str:
    evil = _forged(signed)
    evil.set("ID", "_evil")
    evil.append(signed)
    return _text(evil)


def _xsw3(signed: etree._Element) -> str:
    evil = _forged(signed)
    evil.set("ID", "_evil")
    return _text(evil) + _text(signed)


def _xsw4(signed: etree._Element) -> str:
    return _text(signed) + _text(_forged(signed))


def _xsw5(signed: etree._Element) -> str:
    # The forged one carries the signature, which covers the original that stands beside it.
    evil = _forged(signed)
    signature = copy.deepcopy(signed.find(f"{DS}Signature"))
    evil.set("ID", "_evil")
    evil.insert(1, signature)
    return _text(evil) + _text(signed)


def _xsw6(signed: etree._Element) -> str:
    # The original inside an Object of the signature of the forged one.
    evil = _forged(signed)
    evil.set("ID", "_evil")
    signature = copy.deepcopy(signed.find(f"{DS}Signature"))
    original = copy.deepcopy(signed)
    original.remove(original.find(f"{DS}Signature"))
    etree.SubElement(signature, f"{DS}Object").append(original)
    evil.insert(1, signature)
    return _text(evil)


def _xsw7(signed: etree._Element) -> str:
    # The original in an extension of the forged one, with the same ID.
    evil = _forged(signed)
    signature = copy.deepcopy(signed.find(f"{DS}Signature"))
    original = copy.deepcopy(signed)
    original.remove(original.find(f"{DS}Signature"))
    evil.insert(1, signature)
    etree.SubElement(evil, f"{SAML}Advice").append(original)
    return _text(evil)


def _xsw8(signed: etree._Element) -> str:
    # A signature that covers a part of the assertion alone.
    evil = copy.deepcopy(signed)
    statement = evil.find(f"{SAML}AuthnStatement")
    statement.set("ID", signed.get("ID"))
    evil.set("ID", "_evil")
    return _text(evil)


@pytest.mark.parametrize("wrap", [_xsw1, _xsw2, _xsw3, _xsw4, _xsw5, _xsw6, _xsw7, _xsw8])
def test_signature_wrapping_is_refused(wrap: Any, doctor: Practice) -> None:
    person, _ = patient("treating", "cardiologist")
    assert fault(_sent(doctor, person, wrap(_signed(doctor, person)))) in ("vihf-signature-invalid", "request-malformed")


def test_the_same_assertion_without_any_of_it_passes(doctor: Practice) -> None:
    """The attacks above fail for their reason: what they wrap is good."""
    person, _ = patient("treating")
    assert status(_sent(doctor, person, _text(_signed(doctor, person)))) == "Success"


def test_a_changed_assertion_is_refused(doctor: Practice) -> None:
    person, _ = patient("treating", "cardiologist")
    text = _text(_signed(doctor, person))
    changed = text.replace(PROFESSIONALS["treating"].id + "</saml2:NameID>", PROFESSIONALS["cardiologist"].id + "</saml2:NameID>")
    assert changed != text and fault(_sent(doctor, person, changed)) == "vihf-signature-invalid"
    commented = text.replace("</saml2:NameID>", "<!-- x --></saml2:NameID>")
    assert fault(_sent(doctor, person, commented)) == "vihf-malformed"


def test_an_unsigned_assertion_and_none_at_all_are_refused(doctor: Practice) -> None:
    person, _ = patient("treating")
    assert fault(_sent(doctor, person, _text(write_vihf(doctor.about(person))))) == "vihf-unsigned"
    assert fault(_sent(doctor, person, "")) == "vihf-missing"
    no_security = f'<s:Envelope xmlns:s="{SOAP12}"><s:Body>{_text(_body(person))}</s:Body></s:Envelope>'
    assert fault(doctor.software.post(no_security.encode(), "application/soap+xml")) == "vihf-missing"
    two = f'<s:Envelope xmlns:s="{SOAP12}"><s:Header/><s:Body>{_text(_body(person))}{_text(_body(person))}</s:Body></s:Envelope>'
    assert fault(doctor.software.post(two.encode(), "application/soap+xml")) == "request-malformed"


def test_a_signature_by_a_shared_secret_or_a_broken_digest_is_refused(doctor: Practice) -> None:
    from signxml.algorithms import DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
    from signxml.signer import XMLSigner

    person, _ = patient("treating")
    text = _text(_signed(doctor, person))
    certificate = re.search(r"(?s)<ds:KeyInfo>.*</ds:KeyInfo>", text).group(0)
    signer = XMLSigner(SignatureConstructionMethod.enveloped, SignatureMethod.HMAC_SHA256, DigestAlgorithm.SHA256)
    bare = write_vihf(doctor.about(person))
    signed = signer.sign(bare, key=b"secret", reference_uri=bare.get("ID"))
    forged = re.sub(r"(?s)<ds:KeyInfo.*?(</ds:KeyInfo>|/>)", "", _text(signed)).replace(
        "</ds:SignatureValue>", f"</ds:SignatureValue>{certificate}"
    )
    assert fault(_sent(doctor, person, forged)) == "vihf-signature-invalid"
    weak = _signed(doctor, person)
    method = weak.find(f".//{DS}Reference/{DS}DigestMethod")
    method.set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")
    assert fault(_sent(doctor, person, _text(weak))) == "vihf-signature-invalid"
    without = _signed(doctor, person)
    info = without.find(f"{DS}Signature/{DS}KeyInfo")
    info.getparent().remove(info)
    assert fault(_sent(doctor, person, _text(without))) == "vihf-signature-invalid"


def test_external_entities_and_entity_bombs_are_refused(doctor: Practice, tmp_path: Any) -> None:
    person, _ = patient("treating")
    secret = tmp_path / "secret"
    secret.write_text("SECRET-DU-SERVEUR")
    content = envelope_of(_body(person), ACTION, _signed(doctor, person)).decode().partition("?>")[2]
    external = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{secret}">]>' + content.replace("LeafClass", "&e;")
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
        + "]>"
        + content.replace("LeafClass", "&j;")
    )
    parameter = f'<!DOCTYPE x [<!ENTITY % p SYSTEM "file://{secret}"> %p;]>' + content
    for attack in (external, bomb, parameter):
        reply = doctor.software.http.post(
            doctor.software.address, content=attack.encode(), headers={"Content-Type": "application/soap+xml"}
        )
        assert reply.status_code == 400 and b"request-malformed" in reply.content and b"SECRET" not in reply.content
    included = content.replace(
        "<query:ResponseOption",
        f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://{secret}" parse="text"/><query:ResponseOption',
    )
    reply = doctor.software.http.post(
        doctor.software.address, content=included.encode(), headers={"Content-Type": "application/soap+xml"}
    )
    assert b"SECRET" not in reply.content


def test_a_document_with_entities_is_refused_inside_a_lot(doctor: Practice) -> None:
    person, _ = patient("treating")
    entry, content = document_of(person)
    bad = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + content.partition(b"?>")[2].replace(b"Rien", b"&e;")
    assert errors(doctor.feed(person, (entry, bad))) == [("XDSRepositoryMetadataError", "document-malformed")]


def test_a_replayed_assertion_is_refused_even_in_another_message(doctor: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")
    text = _text(_signed(doctor, person))
    assert status(_sent(doctor, person, text)) == "Success"
    assert fault(_sent(doctor, person, text)) == "vihf-replayed"
    spaced = text.replace("<saml2:Issuer", "<saml2:Issuer ", 1)
    assert fault(_sent(doctor, person, spaced)) == "vihf-replayed", "another way to write the same"
    monkeypatch.setattr(settings.CARNET, "vihf_reuse", "accept")
    again = _text(_signed(doctor, person))
    assert status(_sent(doctor, person, again)) == status(_sent(doctor, person, again)) == "Success"


def test_an_assertion_lives_for_its_time(doctor: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")

    def at(**said: object) -> str:
        return fault(_sent(doctor, person, _text(_signed(doctor, person, **said))))

    assert at(at=now() - timedelta(hours=2)) == "vihf-expired"
    assert at(at=now() + timedelta(minutes=5)) == "vihf-expired"
    assert at(at=now() - timedelta(minutes=5), ends=now() - timedelta(minutes=3)) == "vihf-expired"
    assert at(at=now() - timedelta(minutes=5)) == "" and at(ends=now() + timedelta(minutes=1)) == ""
    monkeypatch.setattr(settings.CARNET, "vihf_seconds", 86_400)
    assert at(at=now() - timedelta(hours=13)) == "authentication-expired"


def test_an_assertion_for_somebody_elses_service_is_refused(doctor: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.formats.vihf import sign_vihf

    person, _ = patient("treating")

    def audience(name: str) -> str:
        bare = write_vihf(doctor.about(person, ends=now() + timedelta(minutes=5)))
        restriction = etree.SubElement(bare.find(f"{SAML}Conditions"), f"{SAML}AudienceRestriction")
        etree.SubElement(restriction, f"{SAML}Audience").text = name
        signed = sign_vihf(bare, doctor.software.signer.certificate, doctor.software.signer.key)
        return fault(_sent(doctor, person, _text(signed)))

    assert audience("https://ailleurs.example") == "vihf-audience-refused"
    monkeypatch.setattr(settings.CARNET, "vihf_audiences", ["urn:carnet"])
    assert audience("urn:carnet") == ""


def test_the_wrong_pair_of_keys_and_another_card_are_refused(doctor: Practice, dmp: str, pki: Any) -> None:
    person, _ = patient("treating", "cardiologist")
    for name in ("treating", "signature-cardiologist", "revoked"):
        signer = Pair.of(pki.certificate(name))
        assertion = assertion_of(replace(doctor.about(person), issuer=signer.certificate.subject.rfc4514_string()), signer)
        assert fault(_sent(doctor, person, _text(assertion))) == "DMPInvalidCertificate", name


def test_a_card_of_nobodys_authority_is_refused(doctor: Practice, pki: Any, tmp_path: Any) -> None:
    from datetime import UTC, datetime

    from carnet.desk.pki import Folder

    forged = Folder(tmp_path)
    forged.make(datetime.now(UTC))
    person, _ = patient("treating")
    signer = Pair.of(forged.certificate("signature-treating"))
    assert fault(_sent(doctor, person, _text(assertion_of(doctor.about(person), signer)))) == "DMPInvalidCertificate"


def test_a_revoked_signature_certificate_opens_nothing(dmp: str, pki: Any) -> None:
    from datetime import UTC, datetime

    person, _ = patient("radiologist")
    card = Practice(dmp, pki, "radiologist")
    assert status(card.find(person)) == "Success"
    pki.revoke(pki.certificate("signature-radiologist"), datetime.now(UTC))
    assert errors(card.find(person)) == [("DMPInvalidCertificate", "certificate-revoked")]


def test_tls_asks_for_a_certificate(dmp: str, pki: Any) -> None:
    import ssl

    import httpx

    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    with pytest.raises(httpx.HTTPError):
        httpx.post(dmp + "/si-dmp-server/v2/services/", content=b"", verify=context)


# Coherence: the assertion, the card, the directory


def _said(practice: Practice, person: Any, **more: object) -> str:
    reply = practice.find(person, more=more)
    return fault(reply) or next((place for _, place in errors(reply)), "")


def test_what_the_assertion_says_agrees_with_the_card_and_the_directory(doctor: Practice) -> None:
    person, _ = patient("treating")
    roles = doctor.said.roles
    assert _said(doctor, person) == ""
    assert _said(doctor, person, subject=PROFESSIONALS["cardiologist"].id) == "vihf-identity-mismatch"
    assert _said(doctor, person, issuer="CN=Quelqu'un d'autre,C=FR") == "vihf-identity-mismatch"
    assert _said(doctor, person, issuer="ceci n'est pas un nom") == "vihf-identity-mismatch"
    assert _said(doctor, person, roles=(Code(PROFESSION_SYSTEM, "60"), *roles[1:])) == "vihf-identity-mismatch"
    assert _said(doctor, person, roles=(Code("1.2.3", "10"), *roles[1:])) == "vihf-identity-mismatch"
    assert _said(doctor, person, roles=roles[:1]) == "vihf-speciality-missing"
    assert _said(doctor, person, roles=(roles[0], Code(SAVOIR_FAIRE_SYSTEM, "SM04"))) == "vihf-identity-mismatch"
    assert _said(doctor, person, roles=()) == "vihf-malformed"
    assert _said(doctor, person, structure="1999999999") == "vihf-structure-unknown"
    elsewhere = PROFESSIONALS["cardiologist"].place_id(CABINET_2)
    assert _said(doctor, person, structure=elsewhere) == "structure-mismatch"
    assert _said(doctor, person, sector=Code("1.2.250.1.71.4.2.4", "SA01")) == "vihf-sector-mismatch"
    assert _said(doctor, person, mode="INDIRECTE") == "vihf-mode-mismatch"
    assert _said(doctor, person, mode="INDIRECTE_RENFORCEE") == "vihf-mode-mismatch"
    assert _said(doctor, person, mode="AUTRE") == "vihf-malformed"
    assert _said(doctor, person, purpose="curiosite") == "vihf-malformed"


def test_a_pharmacist_states_a_section_and_somebody_of_two_places_names_one(dmp: str, pki: Any) -> None:
    person, _ = patient("pharmacist", "cardiologist")
    pharmacist = Practice(dmp, pki, "pharmacist")
    assert _said(pharmacist, person) == ""
    assert _said(pharmacist, person, roles=pharmacist.said.roles[:1]) == "vihf-speciality-missing"
    assert _said(Practice(dmp, pki, "cardiologist", 0), person) == ""
    assert _said(Practice(dmp, pki, "cardiologist", 1), person) == ""


def test_a_structure_speaks_for_itself_alone(dmp: str, pki: Any) -> None:
    person, _ = patient("emergency", "geriatrician")
    air = Practice(dmp, pki, "emergency")
    air.software = Software(dmp, pki, "structure-hospital")
    air.said = replace(air.said, issuer=air.software.signer.certificate.subject.rfc4514_string(), mode="INDIRECTE_RENFORCEE")
    assert _said(air, person) == ""
    other = PROFESSIONALS["geriatrician"].place_id(PROFESSIONALS["geriatrician"].places[0])
    assert _said(air, person, structure=other) == "vihf-structure-mismatch"
    assert _said(air, person, mode="DIRECTE") == "vihf-mode-mismatch"
    # A person whom the directory does not know in this hospital.
    elsewhere = (Code(PROFESSION_SYSTEM, "10"), Code(SAVOIR_FAIRE_SYSTEM, "SM54"))
    assert _said(air, person, subject=PROFESSIONALS["treating"].id, roles=elsewhere) == "structure-mismatch"
    assert _said(air, person, subject="899700999999") == "structure-mismatch"


def test_the_ins_of_an_assertion_is_read_strictly(doctor: Practice) -> None:
    person, _ = patient("treating")
    assert _said(doctor, replace_ins(person, person.ins.matricule[:-1] + ("1" if person.ins.matricule.endswith("0") else "0"))) in (
        "ins-malformed",
        "vihf-patient-mismatch",
    )
    assert _said(doctor, person, patient="") == ""


def replace_ins(person: Any, matricule: str) -> Any:
    class Wrong:
        cx = f"{matricule}^^^&{person.ins.oid}&ISO^NH"

    return type("Person", (), {"ins": Wrong})()


def test_no_answer_tells_of_a_record_before_the_assertion_holds(doctor: Practice) -> None:
    person, _ = patient("treating")
    deposit(person, unique_id=fresh_uid())
    answers = []
    for who in (person, patient()[0]):
        signer = doctor.software.signer
        bad = assertion_of(replace(doctor.about(who), issuer="CN=x"), signer)
        answers.append(re.sub(rb"urn:uuid:[0-9a-f-]+", b"", etree.tostring(_sent(doctor, who, _text(bad)).body)))
    assert answers[0] == answers[1]


def test_parts_that_are_confused_are_refused(doctor: Practice) -> None:
    from support.dmp import lot

    from carnet.formats.soap import write_related

    person, _ = patient("treating")
    action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
    body, parts = lot(doctor.software.signer, person, (document_of(person),))

    def send(change: Any) -> str:
        content = envelope_of(copy.deepcopy(body), action, _signed(doctor, person))
        media, pieces = write_related(content, action, list(parts))
        whole, media = change(b"".join(pieces), media)
        return fault(doctor.software.post(whole, media))

    assert send(lambda whole, media: (whole.replace(b"document.1@carnet", b"document.9@carnet", 1), media)) == "request-malformed"
    assert (
        send(lambda whole, media: (whole.replace(b"cid:document.1@carnet", b"cid:document.0@carnet"), media)) == "request-malformed"
    )
    assert send(lambda whole, media: (whole.rpartition(b"--")[0].rpartition(b"--uuid")[0], media)) == "request-malformed"
    assert send(lambda whole, media: (whole, media.replace("start=", "other="))) == ""
    assert send(lambda whole, media: (whole, media.replace('start="<root', 'start="<other'))) == "request-malformed"
    assert send(lambda whole, media: (whole, "multipart/related")) == "request-malformed"


def test_a_header_that_must_be_understood_is_not_passed_over(doctor: Practice) -> None:
    person, _ = patient("treating")
    content = envelope_of(_body(person), ACTION, _signed(doctor, person)).decode()
    must = content.replace("<wsse:Security", '<x:Reliable xmlns:x="urn:x" soap:mustUnderstand="true"/><wsse:Security', 1)
    assert must != content and fault(doctor.software.post(must.encode(), "application/soap+xml")) == "MustUnderstand"


def test_a_replayed_assertion_is_known_whatever_stands_around_its_signature(doctor: Practice) -> None:
    person, _ = patient("treating")
    whole = _text(assertion_of(doctor.about(person), doctor.software.signer))
    assert fault(_sent(doctor, person, whole)) == ""
    assert fault(_sent(doctor, person, whole)) == "vihf-replayed"
    for end in ("X509Certificate>", "SignatureValue>"):
        spaced = re.sub(rf"</(\w+:)?{end}", lambda found: "\n" + found[0], whole, count=1)
        assert spaced != whole
        assert fault(_sent(doctor, person, spaced)) == "vihf-replayed"


def test_an_element_of_many_attributes_is_refused_before_it_is_canonicalised(doctor: Practice) -> None:
    person, _ = patient("treating")
    whole = _text(assertion_of(doctor.about(person), doctor.software.signer))
    bomb = re.sub(
        r"<(\w+:)?CanonicalizationMethod ", lambda found: found[0] + " ".join(f'a{i}=""' for i in range(300)) + " ", whole, count=1
    )
    assert bomb != whole
    assert fault(_sent(doctor, person, bomb)) == "request-malformed"


def test_what_an_assertion_says_of_itself_is_bounded(dmp: str, pki: Any) -> None:
    person, _ = patient("emergency")
    hospital = Practice(dmp, pki, "emergency")
    hospital.software = Software(dmp, pki, "structure-hospital")
    hospital.said = replace(hospital.said, issuer=hospital.software.signer.certificate.subject.rfc4514_string(), mode="INDIRECTE")
    for more in ({"subject": "8" * 65}, {"name": "x" * 201}, {"reason": "x" * 2_001}):
        assert fault(hospital.find(person, more=more)) == "vihf-malformed"


def test_only_the_published_code_is_a_secret_connection(doctor: Practice) -> None:
    adult, _ = patient("treating")
    assert _said(doctor, adult, confidentiality="N^2.16.840.1.113883.5.25") == "", "normal: no secret"
    assert _said(doctor, adult, confidentiality="AUTRE^1.2.250.1.213.1.1.4.13") == "vihf-malformed"
    assert (
        _said(doctor, adult, confidentiality="INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13") == "secret-connection-refused"
    )


def test_a_document_asked_for_many_times_is_read_once(doctor: Practice) -> None:
    person, _ = patient("treating")
    deposit(person, unique_id=(uid := fresh_uid()))
    reply = doctor.retrieve(person, *[uid] * 20, *[f"{uid}0"] * 20)
    assert len(reply.parts) == 1
    assert len(errors(reply)) == 1, "nor is time multiplied for what is not there"


def test_a_secret_connection_leaves_no_notice(dmp: str, pki: Any) -> None:
    minor = fresh_person(birth_date=f"{today().year - 14}-01-01")
    record_id = open_record(minor)
    said: dict[str, object] = {"confidentiality": "INVISIBLE_REPRESENTANTS_LEGAUX^1.2.250.1.213.1.1.4.13"}
    doctor, emergency = Practice(dmp, pki, "treating"), Practice(dmp, pki, "emergency")
    assert refused(doctor.own(minor, HABILITATIONS, "setAuthorization", {"action": "AJOUT"}, **said)) == ""
    assert status(doctor.feed(minor, document_of(minor), more=said)) == "Success"
    found = objects(doctor.find(minor, more=said))[0]
    assert status(doctor.change_status(minor, found.get("id", ""), "Approved", "Archived", **said)) == "Success"
    glass = said | {"purpose": "bris_de_glace", "reason": "Inconsciente sur la voie publique, danger."}
    assert status(emergency.find(minor, more=glass)) == "Success"
    assert _told(record_id) == set()
    # The same in the open tells: the test could fail.
    assert status(doctor.change_status(minor, found.get("id", ""), "Archived", "Approved", **said)) == "Success"
    assert status(emergency.find(minor, more={key: value for key, value in glass.items() if key != "confidentiality"})) == "Success"
    assert status(doctor.feed(minor, document_of(minor))) == "Success"
    assert "deposit" in _told(record_id)


def _told(record_id: Any) -> set[str]:
    """Kinds of the notices that wait for the holder."""
    with as_role("carnet_courier"), unit(record_id) as work:
        return {
            row[0] for row in work.rows("SELECT kind FROM outbox_notice WHERE record_id = %s AND recipient = 'holder'", record_id)
        }
