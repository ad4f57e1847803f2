"""Writing and signing a VIHF, for clients: the tour, the bench and the tests."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

from carnet.formats.vihf.token import CONFIDENTIALITY, DIRECT, HL7, MODES_SYSTEM, PURPOSE, RESOURCE, ROLE, SAML, SUBJECT
from carnet.kernel.codes import Code

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XS = "http://www.w3.org/2001/XMLSchema"
DS = "http://www.w3.org/2000/09/xmldsig#"
_SUBJECT_NAME = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
SMARTCARD = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Statement:
    """What a VIHF is to say."""

    issuer: str
    subject: str
    structure: str
    sector: Code
    roles: tuple[Code, ...]
    at: datetime
    patient: str = ""
    mode: str = DIRECT
    purpose: str = "normal"
    name: str = ""
    reason: str = ""
    confidentiality: str = ""
    context: str = SMARTCARD
    ends: datetime | None = None


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _saml(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, f"{{{SAML}}}{name}", attributes)
    node.text = text or None
    return node


def _attribute(parent: etree._Element, name: str, text: str) -> None:
    if text:
        value = _saml(_saml(parent, "Attribute", Name=name), "AttributeValue", text)
        value.set(f"{{{XSI}}}type", "xs:string")


def _coded(parent: etree._Element, name: str, tag: str, codes: tuple[Code, ...]) -> None:
    attribute = _saml(parent, "Attribute", Name=name)
    for code in codes:
        value = _saml(attribute, "AttributeValue")
        node = etree.SubElement(value, f"{{{HL7}}}{tag}", {"code": code.code, "codeSystem": code.system}, nsmap={None: HL7})
        node.set(f"{{{XSI}}}type", "CE")


def write_vihf(statement: Statement) -> etree._Element:
    """An assertion that is not signed yet."""
    at = _instant(statement.at)
    root = etree.Element(f"{{{SAML}}}Assertion", nsmap={"saml2": SAML, "xsi": XSI, "xs": XS})
    for name, value in (("ID", f"_{uuid4()}"), ("IssueInstant", at), ("Version", "2.0")):
        root.set(name, value)
    _saml(root, "Issuer", statement.issuer, Format=_SUBJECT_NAME)
    _saml(_saml(root, "Subject"), "NameID", statement.subject)
    if statement.ends:
        _saml(root, "Conditions", NotBefore=at, NotOnOrAfter=_instant(statement.ends))
    context = _saml(_saml(root, "AuthnStatement", AuthnInstant=at), "AuthnContext")
    _saml(context, "AuthnContextClassRef", statement.context)
    said = _saml(root, "AttributeStatement")
    _attribute(said, "Identifiant_Structure", statement.structure)
    _attribute(said, "Secteur_Activite", str(statement.sector))
    _attribute(said, SUBJECT, statement.name)
    _coded(said, ROLE, "Role", statement.roles)
    texts = {
        "VIHF_Version": "3.0",
        "Authentification_mode": statement.mode,
        RESOURCE: statement.patient,
        "Ressource_URN": "urn:dmp",
        "Mode_Acces_Raison": statement.reason,
        CONFIDENTIALITY: statement.confidentiality,
        "LPS_ID": "01.01.01.01",
        "LPS_Nom": "Carnet client",
        "LPS_Version": "1",
        "LPS_ID_HOMOLOGATION_DMP": "essai",
    }
    for name, text in texts.items():
        _attribute(said, name, text)
    _coded(said, PURPOSE, "PurposeOfUse", (Code(MODES_SYSTEM, statement.purpose),))
    return root


def sign_vihf(assertion: etree._Element, certificate: x509.Certificate, key: Key) -> etree._Element:
    """The assertion with an enveloped signature, placed behind the Issuer as the SAML schema wants it."""
    placeholder = etree.Element(
        "{http://www.w3.org/2000/09/xmldsig#}Signature", nsmap={"ds": "http://www.w3.org/2000/09/xmldsig#"}, Id="placeholder"
    )
    assertion.insert(1, placeholder)
    method = SignatureMethod.RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else SignatureMethod.ECDSA_SHA256
    signer = XMLSigner(
        SignatureConstructionMethod.enveloped,
        method,
        DigestAlgorithm.SHA256,
        CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed: etree._Element = signer.sign(assertion, key=key, cert=[certificate], reference_uri=assertion.get("ID"))
    return signed
