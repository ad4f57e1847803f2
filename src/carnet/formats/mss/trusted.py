"""The list of trusted domains: its official shape (rule OPE-01), and a signature of XML by which an update is known to be one."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.x509 import Certificate
from lxml import etree
from signxml import methods
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.signer import XMLSigner
from signxml.verifier import XMLVerifier

from carnet.formats.safe_xml import XmlError, parse

NAMESPACE = "https://listeblanche.mssante.fr/schema"


class TrustedListError(ValueError):
    """The list cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class TrustedList:
    """Domains whose mail is taken, and the edition that the list says it is (a date, empty where none is said)."""

    domains: frozenset[str]
    edition: str = ""


def read_trusted(content: bytes, certificate: Certificate) -> TrustedList:
    """Read a list that this certificate signed. Raises TrustedListError."""
    try:
        parse(content)
        verified = XMLVerifier().verify(content, x509_cert=certificate)
    except (XmlError, InvalidSignature, InvalidInput, ValueError, etree.LxmlError):
        raise TrustedListError("this list does not carry the signature that is expected") from None
    signed = (verified if not isinstance(verified, list) else verified[0]).signed_xml
    if signed is None or signed.tag not in (f"{{{NAMESPACE}}}ListeBlanche", f"{{{NAMESPACE}}}listeBlanche"):
        raise TrustedListError("what is signed is no list of trusted domains")
    names = (str(name.text or "").strip().lower() for name in signed.iter(f"{{{NAMESPACE}}}Nom"))
    domains = frozenset(name for name in names if name)
    if not domains:
        raise TrustedListError("a list without a domain would close the messaging")
    return TrustedList(domains, signed.get("edition", ""))


def sign_trusted(domains: frozenset[str], edition: str, key: EllipticCurvePrivateKey, certificate: Certificate) -> bytes:
    """Write and sign a list, for an operator of a space of trust of its own."""
    root = etree.Element(f"{{{NAMESPACE}}}ListeBlanche", nsmap={None: NAMESPACE}, edition=edition)
    for domain in sorted(domains):
        one = etree.SubElement(root, f"{{{NAMESPACE}}}Domaine")
        etree.SubElement(one, f"{{{NAMESPACE}}}Nom").text = domain
    signer = XMLSigner(method=methods.enveloped, signature_algorithm="ecdsa-sha256")
    return bytes(etree.tostring(signer.sign(root, key=key, cert=[certificate]), encoding="UTF-8", xml_declaration=True))
