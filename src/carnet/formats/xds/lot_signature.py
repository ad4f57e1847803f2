"""The signature of a submission: XAdES over a manifest that names each document by its uniqueId (IHE DSG, as the DMP profiles it).

The signature object is a document of the submission, of type ASTM E1762; it is seen by nobody.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree
from signxml.exceptions import SignXMLException

from carnet.formats.safe_xml import XmlError, parse
from carnet.formats.vihf.signature import DS, Algorithms, Verifier, VihfError, configuration, signed_by
from carnet.kernel.identifiers import DocumentId

XADES = "http://uri.etsi.org/01903/v1.1.1#"
PURPOSE = "1.2.840.10065.1.12.1.14"
"""Purpose of the signature: source (ASTM E1762)."""
_C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_C14N_COMMENTS = f"{_C14N}#WithComments"
_HASHES = {
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
}
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_MANIFEST_TYPE = "http://www.w3.org/2000/09/xmldsig#Manifest"


class LotSignatureError(ValueError):
    """The signature of the submission does not hold; the text says which check."""


@dataclass(frozen=True, slots=True)
class LotSignature:
    """A signature object that was read: whose certificate it names (DER), and the element."""

    certificate: bytes
    root: etree._Element


def read_lot_signature(content: bytes) -> LotSignature:
    """Read a signature object. Raises LotSignatureError."""
    try:
        root = parse(content)
    except XmlError as error:
        raise LotSignatureError(str(error)) from None
    if root.tag != f"{DS}Signature":
        raise LotSignatureError("not an XML signature")
    try:
        return LotSignature(signed_by(root), root)
    except VihfError as error:
        raise LotSignatureError(error.problem) from None


def _covered(signature: LotSignature, certificate: x509.Certificate, at: datetime, algorithms: Algorithms) -> list[etree._Element]:
    try:
        found = Verifier().verify(signature.root, x509_cert=certificate, validate_schema=False,
                                     expect_config=configuration(at, algorithms, 2, ".//"))  # fmt: skip
    except (SignXMLException, ValueError, etree.LxmlError) as error:
        raise LotSignatureError(type(error).__name__) from None
    results = found if isinstance(found, list) else [found]
    return [result.signed_xml for result in results if result.signed_xml is not None]


def _digest_of(reference: etree._Element, content: bytes, algorithms: Algorithms) -> bytes:
    method = reference.find(f"{DS}DigestMethod")
    name = _HASHES.get(method.get("Algorithm", "") if method is not None else "", "")
    if not name or (name == "sha1" and algorithms is Algorithms.STRONG):
        raise LotSignatureError("a digest method that is not accepted")
    transforms = [t.get("Algorithm", "") for t in reference.iterfind(f"{DS}Transforms/{DS}Transform")]
    if not set(transforms) <= {_C14N, _C14N_COMMENTS} or len(transforms) > 1:
        raise LotSignatureError("a transform that is not accepted")
    if transforms:
        try:
            content = etree.tostring(parse(content), method="c14n", with_comments=transforms[0] == _C14N_COMMENTS)
        except XmlError:
            raise LotSignatureError("a document that is not XML is signed as it is") from None
    return hashlib.new(name, content, usedforsecurity=False).digest()


def check_lot(
    signature: LotSignature, certificate: x509.Certificate, documents: Mapping[str, bytes], at: datetime, algorithms: Algorithms
) -> None:
    """Check that a signature holds and covers every document, by uniqueId, with a certificate that is trusted by now.

    Raises LotSignatureError.
    """
    manifests = [node for node in _covered(signature, certificate, at, algorithms) if node.tag == f"{DS}Manifest"]
    if len(manifests) != 1:
        raise LotSignatureError("the signature covers one manifest")
    references: dict[str, list[etree._Element]] = {}
    for reference in manifests[0].findall(f"{DS}Reference"):
        references.setdefault(reference.get("URI", ""), []).append(reference)
    for unique_id, content in documents.items():
        found = references.get(DocumentId(unique_id).uri, [])
        if len(found) != 1:
            raise LotSignatureError("a document of the submission is not signed")
        try:
            stated = base64.b64decode(found[0].findtext(f"{DS}DigestValue") or "", validate=True)
        except ValueError:
            raise LotSignatureError("a digest that is not base64") from None
        if stated != _digest_of(found[0], content, algorithms):
            raise LotSignatureError("a document is not the one that was signed")


def _ds(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    node = etree.SubElement(parent, f"{DS}{name}", attributes)
    node.text = text or None
    return node


def _digest(parent: etree._Element, content: bytes) -> None:
    _ds(parent, "DigestMethod", Algorithm=_SHA256)
    _ds(parent, "DigestValue", base64.b64encode(hashlib.sha256(content).digest()).decode())


def _c14n(node: etree._Element) -> bytes:
    return etree.tostring(etree.fromstring(etree.tostring(node)), method="c14n")


def _signed_value(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(content, ec.ECDSA(hashes.SHA256())))
    size = (key.curve.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _properties(parent: etree._Element, certificate: x509.Certificate, at: datetime) -> etree._Element:
    x = f"{{{XADES}}}"
    qualifying = etree.SubElement(_ds(parent, "Object"), f"{x}QualifyingProperties", Target="#signature", nsmap={None: XADES})
    signed = etree.SubElement(qualifying, f"{x}SignedProperties", Id="S0-SignedProperties")
    own = etree.SubElement(signed, f"{x}SignedSignatureProperties")
    etree.SubElement(own, f"{x}SigningTime").text = at.astimezone(UTC).isoformat(timespec="seconds")
    cert = etree.SubElement(etree.SubElement(own, f"{x}SigningCertificate"), f"{x}Cert")
    _digest(etree.SubElement(cert, f"{x}CertDigest"), certificate.public_bytes(serialization.Encoding.DER))
    implied = etree.SubElement(own, f"{x}SignaturePolicyIdentifier")
    etree.SubElement(implied, f"{x}SignaturePolicyImplied")
    return signed


def sign_lot(
    documents: Mapping[str, bytes], certificate: x509.Certificate, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, at: datetime
) -> bytes:
    """A signature object over these documents, for clients."""
    root = etree.Element(f"{DS}Signature", nsmap={None: DS.strip("{}")}, Id="signature")
    info = _ds(root, "SignedInfo")
    value = _ds(root, "SignatureValue")
    data = _ds(_ds(root, "KeyInfo"), "X509Data")
    _ds(data, "X509Certificate", base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode())
    manifest = _ds(_ds(root, "Object"), "Manifest", Id="IHEManifest")
    for unique_id, content in documents.items():
        _digest(_ds(manifest, "Reference", URI=DocumentId(unique_id).uri), content)
    properties = _properties(root, certificate, at)
    _ds(info, "CanonicalizationMethod", Algorithm=_C14N)
    rsa_key = isinstance(key, rsa.RSAPrivateKey)
    _ds(info, "SignatureMethod", Algorithm=f"http://www.w3.org/2001/04/xmldsig-more#{'rsa' if rsa_key else 'ecdsa'}-sha256")
    for node, kind in ((manifest, _MANIFEST_TYPE), (properties, f"{XADES}SignedProperties")):
        _digest(_ds(info, "Reference", URI=f"#{node.get('Id')}", Type=kind), _c14n(node))
    value.text = base64.b64encode(_signed_value(key, _c14n(info))).decode()
    return etree.tostring(root)
