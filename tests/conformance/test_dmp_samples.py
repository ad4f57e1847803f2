"""The official requests of the DMP's vendor package, signed again with the test PKI, against the official schemas.

What is changed of them, and nothing else: the VIHF is signed (its Issuer and moments with it), the two identifiers of documents
that only the national system holds, and the search by traits, to which the given name of the official answer is added (a family name
alone is refused here: docs/divergences/dmp.md).
"""

import base64
import re
import ssl
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from lxml import etree
from support.dmp import errors, fault, status
from support.people import host, now
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.dmp_client import ADDRESS, Pair, Reply, read_reply
from carnet.desk.pki import PERSONS, _extension, _integer, _issue, _words, person_subject
from carnet.dicah.facts import AuthorisationGround
from carnet.formats.safe_xml import as_utf8, parse
from carnet.formats.soap import Part, read_related, write_related
from carnet.formats.vihf import Algorithms, VihfError, read_vihf, sign_vihf, signed_by, verified
from carnet.formats.vihf.signature import signature_of
from carnet.formats.xds import names as n
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins
from carnet.kernel.traits import Traits

PS, STRUCTURE = "899900063480", "499900063480001"
INS = Ins("207058575627097", Oid(INS_NIR_TEST))
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DOCUMENT = "urn:uuid:fe5287a2-ae6a-11eb-8f5d-0050569e422e"
ELEMENT = {"TD0.2": "PRPA_IN201308UV02", "TD0.3": "setAuthorizationResponse", "TD0.4": "patientListResponse", "TD0.5": "PRPA_IN201306UV02",
           "TD1.3a": "PRPA_IN201308UV02", "TD1.3b": "PRPA_IN201314UV02_Response", "TD1.4": "PRPA_IN201314UV02_Response",
           "TD1.6": "listAuthorizationByPatientResponse", "TD2.1": "RegistryResponse", "TD3.1": "AdhocQueryResponse",
           "TD3.2": "RetrieveDocumentSetResponse", "TD3.3c": "RegistryResponse", "TD3.3d": "RegistryResponse"}  # fmt: skip


@pytest.fixture
def messages(shared: Path) -> Path:
    return shared / "samples" / "dmp" / "messages"


@pytest.fixture
def schemas(shared: Path) -> Path:
    return shared / "samples" / "dmp" / "wsdl-schema"


class Kit:
    """The vendor's workstation: the card of the samples' doctor, made by the test PKI."""

    def __init__(self, address: str, pki: Any, folder: Path) -> None:
        self.address, at = address + ADDRESS, datetime.now(UTC)
        by, subject = pki.authority(PERSONS), person_subject(PS, "Médecin", "MAX", "LIBRE")
        shape = (_extension("1.2.250.1.71.1.2.2", _integer(0)), _extension("1.2.250.1.71.1.2.7", _integer(10)),
                 _extension("1.2.250.1.71.4.2.5", _words("SM26")))  # fmt: skip
        (folder / "auth.pem").write_bytes(_issue(by, subject, at, *shape).pem())
        (folder / "sign.pem").write_bytes(_issue(by, subject, at, *shape, signature=True).pem())
        context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
        context.load_cert_chain(folder / "auth.pem")
        self.http, self.signer = httpx.Client(verify=context, timeout=30.0), Pair.of(folder / "sign.pem")
        self.thumbprint = Pair.of(folder / "auth.pem").certificate.fingerprint

    def signed(self, envelope: bytes) -> bytes:
        """The envelope with its assertion signed again, now."""
        root = parse(as_utf8(envelope))
        assertion = next(root.iter(f"{SAML}Assertion"))
        old = assertion.find("{http://www.w3.org/2000/09/xmldsig#}Signature")
        if old is not None:
            assertion.remove(old)
        moment = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        assertion.set("IssueInstant", moment)
        assertion.find(f"{SAML}AuthnStatement").set("AuthnInstant", moment)
        assertion.find(f"{SAML}Issuer").text = self.signer.certificate.subject.rfc4514_string()
        signed = sign_vihf(parse(etree.tostring(assertion, with_tail=False)), self.signer.certificate, self.signer.key)
        # As text: a tree would write the prefixes of what is signed anew.
        assertion.clear()
        whole = etree.tostring(root).decode()
        return re.sub(r"(?s)<saml2:Assertion[^>]*/>", lambda _: etree.tostring(signed).decode(), whole, count=1).encode()

    def send(self, envelope: bytes, media: str = "application/soap+xml; charset=utf-8") -> Reply:
        return read_reply(self.http.post(self.address, content=self.signed(envelope), headers={"Content-Type": media}))

    def send_related(self, message: bytes) -> Reply:
        """An MTOM message as the sample holds it, without its HTTP header: the boundary is its first line."""
        boundary = message.split(b"\n", 1)[0].strip().removeprefix(b"--").decode()
        start = f'multipart/related; boundary="{boundary}"; type="application/xop+xml"; start="<rootpart@soapui.org>"; start-info="application/soap+xml"'
        related = read_related(message, start)
        # The parts keep the names that the envelope gives them; the bytes are theirs.
        parts = [Part(name, "text/xml", content) for name, content in related.parts.items()]
        media, pieces = write_related(self.signed(related.root), "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b", parts)
        return read_reply(self.http.post(self.address, content=b"".join(pieces), headers={"Content-Type": media}))


def _directory() -> None:
    header = ("Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code catégorie professionnelle|Code savoir-faire|"
              "Code secteur d'activité|Identifiant technique de la structure|Raison sociale site")  # fmt: skip
    line = f"{PS}|MAX|LIBRE|10|C|SM26|SA07|{STRUCTURE}|CABINET DR LIBRE"
    with as_role("carnet_operator"):
        signin.import_directory([header, line], now(), partial=True)


@pytest.fixture
def kit(dmp: str, pki: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The kit, its doctor in the directory, the door tolerant of what the kit sends."""
    monkeypatch.setattr(settings.CARNET, "vendor_kit", True)
    _directory()
    from cryptography.hazmat.primitives.hashes import SHA256

    made = Kit(dmp, pki, tmp_path)
    monkeypatch.setattr(settings.CARNET, "regulation_certificates", [made.thumbprint(SHA256()).hex()])
    return made


def _patient(attached: bool = True) -> Any:
    """The patient of the samples, their doctor the treating doctor. A record that another test closed is opened again."""
    record_id = identity.find(INS)
    if record_id is None:
        record_id = records.create_record(INS, Traits("PATB-QUATRE", "LAURENCE", "F", "1907-05-25", "85756"), date(2024, 1, 1))
    with unit(record_id) as work:
        work.run("UPDATE records_record SET attached = %s, state = 'open' WHERE record_id = %s", attached, record_id)
        access.authorise_at(work, host(record_id), PS, AuthorisationGround.CARE_TEAM, now())
        access.name_relation(work, host(record_id), "treating_doctor", PS)
    return record_id


def _sample(messages: Path, name: str, way: str = "requete") -> bytes:
    return next(p for p in messages.iterdir() if p.name.startswith(f"{name}_-_") and p.name.endswith(f"_{way}.xml")).read_bytes()


def _schema(schemas: Path, transaction: str) -> etree.XMLSchema:
    v3, rim = schemas / "schema" / "HL7V3", schemas / "schema" / "ebRS"
    files = {"TD0.2": v3 / "NE2009/multicacheschemas/PRPA_IN201308UV02.xsd", "TD1.3a": v3 / "NE2009/multicacheschemas/PRPA_IN201308UV02.xsd",
             "TD0.5": v3 / "NE2008/multicacheschemas/PRPA_IN201306UV02.xsd", "TD1.4": v3 / "NE2009/multicacheschemas/PRPA_IN201315UV02.xsd",
             "TD1.3b": v3 / "NE2009/multicacheschemas/PRPA_IN201315UV02.xsd", "TD3.1": rim / "query.xsd", "TD2.1": rim / "rs.xsd",
             "TD3.3c": rim / "rs.xsd", "TD3.3d": rim / "rs.xsd", "TD3.2": schemas / "schema/IHE/XDS.b_DocumentRepository.xsd"}  # fmt: skip
    if transaction in files:
        return etree.XMLSchema(etree.parse(files[transaction]))
    wsdl = {"TD0.4": "PatientsSpecific.wsdl"}.get(transaction, "Habilitations.wsdl")
    found = etree.parse(schemas / "wsdl" / wsdl).find(".//{http://www.w3.org/2001/XMLSchema}schema")
    return etree.XMLSchema(etree.fromstring(etree.tostring(found)))


def _valid(reply: Reply, schemas: Path, transaction: str) -> None:
    assert fault(reply) == ""
    assert etree.QName(reply.body).localname == ELEMENT[transaction]
    body = reply.body[0] if transaction in ("TD1.3b", "TD1.4") else reply.body
    schema = _schema(schemas, transaction)
    for include in list(body.iter("{http://www.w3.org/2004/08/xop/include}Include")):
        # The schema describes the message before it is packed: base64 in the place of the part.
        holder = include.getparent()
        holder.remove(include)
        holder.text = base64.b64encode(reply.parts[include.get("href").removeprefix("cid:")]).decode()
    assert schema.validate(etree.fromstring(etree.tostring(body))), schema.error_log


def _paths(node: etree._Element, prefix: str = "") -> set[str]:
    """The shape of a message: the paths of its elements, without values."""
    path = f"{prefix}/{etree.QName(node).localname}"
    return {path}.union(*(_paths(child, path) for child in node if isinstance(child.tag, str)))


def _official(messages: Path, name: str) -> etree._Element:
    root = parse(as_utf8(_sample(messages, name, "reponse")))
    return root.find("{http://www.w3.org/2003/05/soap-envelope}Body")[0]


NOT_HELD = re.compile(
    r"/(telecom|addr|prefix|lastUpdateDate|lastAddDate|personalRelationship|birthPlace|deceasedInd|context|lastAccessDate)\b"
)
"""What Carnet does not hold or does not tell, though the official answer does: contact data, dates of others' deposits, and the date
of an earlier visit where there was none."""


@pytest.mark.parametrize("transaction", ["TD0.2", "TD0.3", "TD0.4", "TD1.3a", "TD1.6"])
def test_an_official_request_gets_an_answer_of_the_official_shape(
    transaction: str, kit: Kit, messages: Path, schemas: Path
) -> None:
    _patient()
    if transaction == "TD0.4":
        # The list is of the records with a document since the date of the sample.
        assert status(_fed(kit, messages, b"11488-4")) == "Success"
    reply = kit.send(_sample(messages, transaction))
    _valid(reply, schemas, transaction)
    official = {p for p in _paths(_official(messages, transaction)) if not NOT_HELD.search(p)}
    assert official <= _paths(reply.body)


def test_the_search_by_traits_of_the_samples(kit: Kit, messages: Path, schemas: Path) -> None:
    ins = Ins("157069329642881", Oid(INS_NIR_TEST))
    if identity.find(ins) is None:
        records.create_record(ins, Traits("DECHAINE", "IRENE", "F", "1957-06-28"), date(2024, 1, 1))
    alone = kit.send(_sample(messages, "TD0.5"))
    _valid(alone, schemas, "TD0.5")
    assert alone.body.find(".//{urn:hl7-org:v3}acknowledgementDetail/{urn:hl7-org:v3}code").get("code") == "traits-insufficient"
    asked = _sample(messages, "TD0.5").replace(b"<family>DECHAINE</family>", b"<given>IRENE</given><family>DECHAINE</family>")
    reply = kit.send(asked)
    _valid(reply, schemas, "TD0.5")
    official = {p for p in _paths(_official(messages, "TD0.5")) if not NOT_HELD.search(p)}
    assert official <= _paths(reply.body)
    assert reply.body.find(".//{urn:hl7-org:v3}patient/{urn:hl7-org:v3}id").get("extension") == ins.matricule


def test_the_refusal_of_a_creation_is_that_of_the_published_schema(kit: Kit, messages: Path, schemas: Path) -> None:
    refused = kit.send(_sample(messages, "TD1.4").replace(b"PRPA_IN201314UV02", b"PRPA_IN201311UV02"))
    assert etree.QName(refused.body[0]).localname == "PRPA_IN201313UV02"
    schema = etree.XMLSchema(etree.parse(schemas / "schema/HL7V3/NE2009/multicacheschemas/PRPA_IN201313UV02.xsd"))
    assert schema.validate(etree.fromstring(etree.tostring(refused.body[0]))), schema.error_log


@pytest.mark.parametrize("transaction", ["TD1.3b", "TD1.4"])
def test_a_revision_of_the_samples_is_made_where_no_mon_espace_is_attached(
    transaction: str, kit: Kit, messages: Path, schemas: Path
) -> None:
    _patient(attached=False)
    reply = kit.send(_sample(messages, transaction))
    _valid(reply, schemas, transaction)
    assert etree.QName(reply.body[0]).localname == "PRPA_IN201315UV02"
    official = {p for p in _paths(_official(messages, transaction)) if not NOT_HELD.search(p)}
    assert official <= _paths(reply.body)
    _patient(attached=True)
    refused = kit.send(_sample(messages, transaction))
    assert etree.QName(refused.body[0]).localname == "PRPA_IN201316UV02"
    schema = etree.XMLSchema(etree.parse(schemas / "schema/HL7V3/NE2009/multicacheschemas/PRPA_IN201316UV02.xsd"))
    assert schema.validate(etree.fromstring(etree.tostring(refused.body[0]))), schema.error_log


def _fed(kit: Kit, messages: Path, type_: bytes = b"27899-4") -> Reply:
    message = _sample(messages, "TD2.1").replace(b"27899-4", type_)
    for old in (b"1.2.250.1.999.1.1.7898.3.1622814651504", b"1.2.250.1.999.1.1.7898.1.1622814651504"):
        message = message.replace(old, old + str(uuid4().int)[:12].encode())
    return kit.send_related(message)


def test_the_feeding_of_the_samples_then_search_read_archive_delete(kit: Kit, messages: Path, schemas: Path) -> None:
    _patient()
    reply = _fed(kit, messages)
    _valid(reply, schemas, "TD2.1")
    assert status(reply) == "Success", errors(reply)
    # The type of the sample ended in 2024: no edition of the matrix names it, so it is listed to nobody. One in force is.
    assert status(_fed(kit, messages, b"11488-4")) == "Success"
    found = kit.send(_sample(messages, "TD3.1"))
    _valid(found, schemas, "TD3.1")
    official = _paths(_official(messages, "TD3.1"))
    shown = found.body.find(f".//{n.q(n.RIM, 'ExtrinsicObject')}")
    # Every slot that the official answers carry for an entry with the same metadata.
    assert {s.get("name") for s in shown.findall(n.q(n.RIM, "Slot"))} >= {
        "creationTime", "hash", "languageCode", "legalAuthenticator", "repositoryUniqueId", "serviceStartTime", "size", "sourcePatientId"}  # fmt: skip
    assert _paths(found.body) <= official | {p for p in _paths(found.body) if "Description" in p}
    unique_id = next(
        i.get("value") for i in shown.iter(n.q(n.RIM, "ExternalIdentifier")) if i.get("identificationScheme") == n.ENTRY_UNIQUE_ID
    )
    read = kit.send(_sample(messages, "TD3.2").replace(b"1.2.250.1.999.1.1.7898.1.995657292", unique_id.encode()))
    _valid(read, schemas, "TD3.2")
    assert b"ClinicalDocument" in next(iter(read.parts.values()))
    archived = kit.send(_sample(messages, "TD3.3d").replace(DOCUMENT.encode(), shown.get("id").encode()))
    _valid(archived, schemas, "TD3.3d")
    assert status(archived) == "Success", errors(archived)
    among = kit.send(
        _sample(messages, "TD3.1").replace(
            b"oasis:names:tc:ebxml-regrep:StatusType:Approved", b"asip:ci-sis:2010:StatusType:Archived"
        )
    )
    target = next(o.get("id") for o in among.body.iter(n.q(n.RIM, "ExtrinsicObject")) if o.get("lid") == shown.get("lid"))
    deleted = kit.send(_sample(messages, "TD3.3c").replace(DOCUMENT.encode(), target.encode()))
    _valid(deleted, schemas, "TD3.3c")
    assert status(deleted) == "Success", errors(deleted)


@pytest.mark.parametrize("transaction", ["TD1.5a", "TD1.5b", "TD1.5d"])
def test_the_transactions_withdrawn_in_2024_are_answered_as_such(transaction: str, kit: Kit, messages: Path) -> None:
    _patient()
    reply = kit.send(_sample(messages, transaction))
    assert fault(reply) == ""
    texts = {etree.QName(node).localname: node.text for node in reply.body.iter() if isinstance(node.tag, str)}
    assert texts["status"] == "transaction-withdrawn"


@pytest.mark.parametrize(
    ("name", "mode", "answer"),
    [
        ("VIHF_DIRECTE_non_signe", "DIRECTE", "vihf-unsigned"),
        # A card of the old authority: its subject is not DER, and no library reads it any more.
        ("VIHF_DIRECTE_signe", "DIRECTE", "vihf-signature-invalid"),
        # Both were changed after they were signed: xmlsec1 says the same of them.
        ("VIHF_INDIRECTE_signe", "INDIRECTE", "vihf-signature-invalid"),
        ("VIHF_INDIRECTE_RENFORCEE_signe", "INDIRECTE_RENFORCEE", "vihf-signature-invalid"),
    ],
)
def test_a_vihf_of_the_samples_is_read_and_judged(name: str, mode: str, answer: str, messages: Path) -> None:
    from cryptography import x509

    assertion = parse(as_utf8((messages / "Exemples_Jeton_VIHF" / f"{name}.xml").read_bytes()))
    read = read_vihf(assertion)
    assert (read.mode, read.subject, read.patient) == (mode, PS, (INS_NIR_TEST, INS.matricule))
    assert read.roles[0].code == "10" and read.speciality == "SM26" and read.sector.code == "SA07" and read.purpose == "normal"
    with pytest.raises(VihfError) as refused:
        der = signed_by(signature_of(assertion))
        try:
            certificate = x509.load_der_x509_certificate(der)
        except ValueError:
            raise VihfError("vihf-signature-invalid") from None
        verified(assertion, certificate, certificate.not_valid_before_utc, Algorithms.KIT)
    assert refused.value.code == answer


def test_each_vihf_of_the_samples_signed_again_opens_the_door_in_its_mode(kit: Kit, messages: Path) -> None:
    _patient()
    request = as_utf8(_sample(messages, "TD0.2")).decode()
    answers = {}
    for name in ("VIHF_DIRECTE_non_signe", "VIHF_DIRECTE_signe", "VIHF_INDIRECTE_signe", "VIHF_INDIRECTE_RENFORCEE_signe"):
        assertion = as_utf8((messages / "Exemples_Jeton_VIHF" / f"{name}.xml").read_bytes()).decode().lstrip("\ufeff")
        replaced = re.sub(r"(?s)<saml2:Assertion.*</saml2:Assertion>", lambda _, a=assertion: a, request)
        answers[name] = fault(kit.send(replaced.encode()))
    # A card signs in direct mode alone; the indirect modes are for the certificate of a structure.
    assert answers == {"VIHF_DIRECTE_non_signe": "", "VIHF_DIRECTE_signe": "", "VIHF_INDIRECTE_signe": "vihf-mode-mismatch",
                       "VIHF_INDIRECTE_RENFORCEE_signe": "vihf-mode-mismatch"}  # fmt: skip
