"""Signatures of a submission and of a VIHF, SOAP envelopes, MIME parts and HL7 v3 messages: what is odd or wrong."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from carnet.formats.hl7v3 import Hl7v3Error, read_candidates_query, read_query, read_revision
from carnet.formats.soap import SOAP11, SOAP12, SoapError, SoapFault, read_envelope, read_related, write_fault, write_related
from carnet.formats.vihf import Algorithms, Statement, VihfError, read_vihf, sign_vihf, verified, write_vihf
from carnet.formats.vihf.signature import DS
from carnet.formats.vihf.token import SAML
from carnet.formats.xds import lot_signature as made
from carnet.formats.xds.lot_signature import LotSignatureError, check_lot, read_lot_signature, sign_lot
from carnet.kernel.codes import PROFESSION_SYSTEM, SAVOIR_FAIRE_SYSTEM, SECTOR_SYSTEM, Code

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def pair(key: Key) -> tuple[x509.Certificate, Key]:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    built = built.not_valid_before(AT - timedelta(days=1)).not_valid_after(AT + timedelta(days=1))
    return built.sign(key, SHA256()), key


RSA = pair(rsa.generate_private_key(65537, 2048))
EC = pair(ec.generate_private_key(ec.SECP256R1()))
DOCUMENTS = {"1.2.3": b"<a>\n<!-- c --></a>", "1.2.4": b"%PDF"}


def check(content: bytes, documents: dict[str, bytes] | None = None, algorithms: Algorithms = Algorithms.STRONG) -> None:
    check_lot(read_lot_signature(content), RSA[0], DOCUMENTS if documents is None else documents, AT, algorithms)


def problem(content: bytes, **options: object) -> str:
    with pytest.raises(LotSignatureError) as caught:
        check(content, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_submission_is_signed_with_either_sort_of_key() -> None:
    check(sign_lot(DOCUMENTS, *RSA, AT))
    signature = read_lot_signature(sign_lot(DOCUMENTS, *EC, AT))
    check_lot(signature, EC[0], DOCUMENTS, AT, Algorithms.STRONG)


def resigned(change: Callable[[etree._Element], None]) -> bytes:
    """A lot whose manifest was changed before it was signed."""
    root = etree.fromstring(sign_lot(DOCUMENTS, *RSA, AT))
    manifest = _one(root, "Object", "Manifest")
    change(root)
    _one(root, "SignedInfo", "Reference", "DigestValue").text = base64.b64encode(sha256(made._c14n(manifest)).digest()).decode()
    value = made._signed_value(RSA[1], made._c14n(_one(root, "SignedInfo")))
    _one(root, "SignatureValue").text = base64.b64encode(value).decode()
    return etree.tostring(root)


def _one(root: etree._Element, *path: str) -> etree._Element:
    found = root.find("/".join(DS + name for name in path))
    assert found is not None
    return found


def _reference(root: etree._Element) -> etree._Element:
    return _one(root, "Object", "Manifest", "Reference")


def transformed(*algorithms: str) -> Callable[[etree._Element], None]:
    def change(root: etree._Element) -> None:
        transforms = etree.SubElement(_reference(root), f"{DS}Transforms")
        for one in algorithms:
            etree.SubElement(transforms, f"{DS}Transform", Algorithm=one)

    return change


C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"


def test_what_is_wrong_with_a_signature_is_said() -> None:
    assert problem(b"<no") == "not well-formed XML at line 1"
    assert problem(b"<a/>") == "not an XML signature"
    assert problem(f"<Signature xmlns='{DS.strip('{}')}'/>".encode()) == "the signature carries no certificate"
    assert problem(sign_lot(DOCUMENTS, *RSA, AT), documents={"1.2.9": b""}) == "a document of the submission is not signed"
    assert problem(sign_lot(DOCUMENTS, *RSA, AT), documents={"1.2.3": b""}) == "a document is not the one that was signed"
    assert problem(resigned(transformed("urn:xslt"))) == "a transform that is not accepted"
    assert problem(resigned(transformed(C14N, C14N))) == "a transform that is not accepted"
    pdf = {"1.2.3": b"%PDF"}
    assert problem(resigned(transformed(C14N)), documents=pdf) == "a document that is not XML is signed as it is"
    assert problem(resigned(lambda r: _reference(r)[0].set("Algorithm", "md5"))) == "a digest method that is not accepted"
    sha1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    assert problem(resigned(lambda r: _reference(r)[0].set("Algorithm", sha1))) == "a digest method that is not accepted"
    assert problem(resigned(lambda r: _reference(r).remove(_reference(r)[0]))) == "a digest method that is not accepted"
    assert problem(resigned(lambda r: setattr(_reference(r)[1], "text", "*"))) == "a digest that is not base64"
    changed = sign_lot(DOCUMENTS, *RSA, AT).replace(b"IHEManifest", b"Other")
    assert problem(changed) in ("InvalidInput", "InvalidDigest", "InvalidSignature")


def test_a_document_is_signed_in_its_canonical_form_when_a_transform_says_so() -> None:
    def change(root: etree._Element) -> None:
        transformed(C14N)(root)
        _reference(root)[1].text = base64.b64encode(sha256(b"<a>\n</a>").digest()).decode()

    check(resigned(change), documents={"1.2.3": DOCUMENTS["1.2.3"]})


def test_a_signature_over_something_else_than_a_manifest_covers_nothing() -> None:
    renamed = resigned(lambda root: setattr(_one(root, "Object", "Manifest"), "tag", f"{DS}Other"))
    assert problem(renamed) == "the signature covers one manifest"


# --- VIHF ---

SAID = Statement(
    issuer="CN=essai", subject="899700001102", structure="1750000001", sector=Code(SECTOR_SYSTEM, "SA07"),
    roles=(Code(PROFESSION_SYSTEM, "10"),), at=AT, patient="1^^^&1.2.250.1.213.1.4.10&ISO^NH",
)  # fmt: skip


def vihf_code(change: Callable[[etree._Element], object]) -> str:
    assertion = write_vihf(SAID)
    change(assertion)
    with pytest.raises(VihfError) as caught:
        read_vihf(assertion)
    assert caught.value.code == "vihf-malformed"
    return caught.value.problem


def attribute(assertion: etree._Element, name: str) -> etree._Element:
    return next(a for a in assertion.iter(f"{{{SAML}}}Attribute") if a.get("Name") == name)


def said(name: str, value: str) -> Callable[[etree._Element], None]:
    def change(assertion: etree._Element) -> None:
        attribute(assertion, name)[0].text = value

    return change


def again(node: etree._Element) -> None:
    parent = node.getparent()
    assert parent is not None
    parent.append(etree.fromstring(etree.tostring(node)))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a.set("IssueInstant", "hier"), "IssueInstant cannot be read"),
        (lambda a: a.set("Version", "1.1"), "ID, Version and IssueInstant are mandatory"),
        (lambda a: again(attribute(a, "VIHF_Version")), "an attribute stands twice"),
        (lambda a: again(attribute(a, "VIHF_Version")[0]), "an attribute of one value has several"),
        (lambda a: again(a[0]), "an element of the assertion stands twice"),
        (said("Identifiant_Structure", ""), "mandatory: Identifiant_Structure"),
        (said("VIHF_Version", "9"), "VIHF_Version is 3.0 or 4.0"),
        (said("Authentification_mode", "AUTRE"), "Authentification_mode is DIRECTE, INDIRECTE or INDIRECTE_RENFORCEE"),
        (said("Ressource_URN", "urn:autre"), "Ressource_URN is urn:dmp"),
        (lambda a: a.find(".//{urn:hl7-org:v3}Role").set("codeSystem", "1.2.250.1.71.4.2.5"), "the first role is the profession"),
        (lambda a: a.find(".//{urn:hl7-org:v3}PurposeOfUse").set("codeSystem", "1"), "one access mode of TRE_R248 is stated"),
    ],
)
def test_a_vihf_is_read_strictly(change: Callable[[etree._Element], object], told: str) -> None:
    assert vihf_code(change) == told


def test_a_vihf_without_optional_parts_is_read() -> None:
    assertion = write_vihf(SAID)
    statement = assertion.find(f"{{{SAML}}}AuthnStatement")
    assert statement is not None
    del statement.attrib["AuthnInstant"]
    read = read_vihf(assertion)
    assert (read.authenticated_at, read.not_before, read.audiences, read.secret, read.speciality) == (None, None, (), False, "")
    assert read.profession == Code(PROFESSION_SYSTEM, "10")


def test_a_signature_covers_the_assertion_itself_and_not_a_part_of_it() -> None:
    whole = sign_vihf(write_vihf(SAID), *RSA)
    assert verified(whole, RSA[0], AT, Algorithms.STRONG).get("ID") == whole.get("ID")
    assertion = write_vihf(SAID)
    statement = assertion.find(f"{{{SAML}}}AttributeStatement")
    assert statement is not None
    statement.set("ID", "inner")
    placeholder = etree.Element(f"{DS}Signature", nsmap={"ds": DS.strip("{}")}, Id="placeholder")
    assertion.insert(1, placeholder)
    signer = XMLSigner(SignatureConstructionMethod.enveloped, SignatureMethod.RSA_SHA256, DigestAlgorithm.SHA256,
                       CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)  # fmt: skip
    partly = signer.sign(assertion, key=RSA[1], cert=[RSA[0]], reference_uri="inner")
    with pytest.raises(VihfError) as caught:
        verified(partly, RSA[0], AT, Algorithms.STRONG)
    assert caught.value.code == "vihf-signature-invalid"
    assert caught.value.problem == "the signature covers something else"


# --- SOAP ---


def envelope(inside: str, namespace: str = SOAP12) -> etree._Element:
    return etree.fromstring(f"<e:Envelope xmlns:e='{namespace}'>{inside}</e:Envelope>")


@pytest.mark.parametrize("inside", ["<e:Body/>", "", "<e:Body><a/></e:Body><e:Body><a/></e:Body>", "<e:Body><a/><b/></e:Body>"])
def test_an_envelope_has_one_body_with_one_element(inside: str) -> None:
    with pytest.raises(SoapError):
        read_envelope(envelope(inside))


def test_an_envelope_without_a_header_is_read() -> None:
    read = read_envelope(envelope("<e:Body><a/></e:Body>"))
    assert (read.action, read.message_id, read.assertion, read.body.tag) == ("", "", None, "a")


def test_faults_have_a_detail_and_a_subcode_only_where_there_is_one() -> None:
    for namespace in (SOAP11, SOAP12):
        bare = write_fault(SoapFault("Sender", "", "non"), "urn:x", namespace=namespace)
        full = write_fault(SoapFault("Sender", "code", "non", (("reference", "1"),)), "urn:x", namespace=namespace)
        assert b"urn:x" not in bare.replace(b'xmlns:dmp="urn:x"', b"") and b"etail" not in bare
        assert b"code" in full and b"reference" in full


def related(body: bytes, parameters: str = 'boundary="b"') -> str:
    with pytest.raises(SoapError) as caught:
        read_related(body, f"multipart/related; {parameters}")
    return str(caught.value)


ROOT = b"--b\r\nContent-ID: <r>\r\n\r\n<a/>\r\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (ROOT, "a multipart message that is not complete"),
        (b"--b\r\n\r\n\r\n" * 130 + b"--b--", "too many parts"),
        (b"--b\r\n" + b"A: " + b"x" * 9_000 + b"\r\n\r\n<a/>\r\n--b--", "the headers of a part are too long"),
        (b"--b\r\nA: 1\r\na: 2\r\n\r\n<a/>\r\n--b--", "a header stands twice in one part"),
        (b"--b\r\nA: 1\r\n--b--", "a part without an end of headers"),
        (b"--b\r\nContent-Transfer-Encoding: base64\r\n\r\n<a/>\r\n--b--", "a part is binary, 8bit or 7bit"),
        (b"--b\r\nContent-Type: multipart/mixed\r\n\r\n<a/>\r\n--b--", "a part within a part"),
        (ROOT + ROOT + b"--b--", "two parts have the same Content-ID"),
    ],
)
def test_parts_are_read_strictly(body: bytes, told: str) -> None:
    assert related(body) == told


def test_the_root_is_the_part_named_or_the_first() -> None:
    assert related(ROOT + b"--b--", 'boundary="b"; start="<x>"') == "no part is the one named as start"
    assert related(ROOT, "charset=utf-8") == "a multipart message names its boundary"
    read = read_related(b"--b\nContent-ID: <p>\n\n1 --b\n" + ROOT + b"--b--", 'multipart/related; boundary=b; start="<r>"')
    assert read.parts == {"p": b"1 --b"}, "a boundary begins a line"
    read = read_related(b"--b\nContent-ID: <p>\n\n1\n" + ROOT + b"--b--", 'multipart/related; boundary=b; start="<r>"')
    assert (read.root, read.parts) == (b"<a/>", {"p": b"1"})


def test_a_written_message_is_of_the_soap_that_is_spoken() -> None:
    for namespace, envelope_type in ((SOAP11, "text/xml"), (SOAP12, "application/soap+xml")):
        header, pieces = write_related(b"<a/>", "urn:do", [], namespace)
        assert f'start-info="{envelope_type}"' in header
        assert ("urn:do" in header) == (namespace == SOAP12)
        content = b"".join(pieces)
        assert f'type="{envelope_type}"'.encode() in content
        assert read_related(content, header).root == b"<a/>"


# --- HL7 v3 ---


def v3(inside: str) -> etree._Element:
    return etree.fromstring(f"<m xmlns='urn:hl7-org:v3'>{inside}</m>")


ACT = "<id root='1'/><controlActProcess>{}</controlActProcess>"


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (read_query, v3("")),
        (read_query, v3(ACT.format(""))),
        (read_candidates_query, v3(ACT.format("<queryByParameter><queryId root='1'/></queryByParameter>"))),
        (read_candidates_query, v3(ACT.format("<queryByParameter><parameterList/></queryByParameter>"))),
        (read_revision, v3(ACT.format(""))),
        (
            read_query,
            v3(
                ACT.format(
                    "<queryByParameter><queryId root='1'/><parameterList><patientIdentifier>"
                    "<value root='1.2.250.1.213.1.4.8' extension='1'/><value root='1.2.250.1.213.1.4.9' extension='1'/>"
                    "</patientIdentifier></parameterList></queryByParameter>"
                )
            ),
        ),
    ],
)
def test_a_message_names_itself_its_query_and_its_patient(
    read: Callable[[etree._Element], object], message: etree._Element
) -> None:
    with pytest.raises(Hl7v3Error):
        read(message)


def test_a_vihf_has_up_to_four_roles_each_known_by_its_table() -> None:
    roles = (Code(PROFESSION_SYSTEM, "10"), Code(SAVOIR_FAIRE_SYSTEM, "SM54"), Code("1.2.250.1.213.1.6.1.107", "300"),
             Code("1.2.250.1.213.1.6.1.19", "GENR01"))  # fmt: skip
    read = read_vihf(write_vihf(replace(SAID, roles=roles)))
    assert (read.profession, read.speciality, read.care_role, read.states_speciality) == (roles[0], "SM54", "300", True)
    assert not read_vihf(write_vihf(replace(SAID, roles=(roles[0], *roles[2:])))).states_speciality, (
        "a role of care is no speciality"
    )
    assert read_vihf(write_vihf(SAID)).care_role == ""
    for wrong in ((*roles, roles[1]), roles[1:], roles[2:], roles[3:]):
        with pytest.raises(VihfError) as caught:
            read_vihf(write_vihf(replace(SAID, roles=wrong)))
        assert caught.value.code == "vihf-malformed"
