"""The XML signature of an assertion: one, enveloped, of the assertion itself, with an algorithm of the list.

What follows reads only the element that the signature covers: a wrapped or added assertion is never looked at.
"""

import base64
import binascii
from datetime import datetime
from enum import Enum
from typing import Any

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from carnet.formats.soap.envelope import ASSERTION
from carnet.kernel.refusal import No

DS = "{http://www.w3.org/2000/09/xmldsig#}"


class VihfError(ValueError):
    """The VIHF cannot be trusted or read. `code` is stable; the text repeats no value."""

    def __init__(self, code: No, problem: str = "") -> None:
        super().__init__(problem or code)
        self.code = code
        self.problem = problem


class Algorithms(Enum):
    """Accepted signatures. SHA-1 is broken: the published sample kit still uses it."""

    STRONG = "strong"
    KIT = "kit"

    @property
    def methods(self) -> frozenset[SignatureMethod]:
        """Signature methods: public keys alone, never an HMAC."""
        return _METHODS | {SignatureMethod.RSA_SHA1} if self is Algorithms.KIT else _METHODS

    @property
    def digests(self) -> frozenset[DigestAlgorithm]:
        """Digest methods."""
        return _DIGESTS | {DigestAlgorithm.SHA1} if self is Algorithms.KIT else _DIGESTS


_METHODS = frozenset(
    m for m in SignatureMethod if m.name.startswith(("RSA_SHA", "ECDSA_SHA", "SHA")) and not m.name.endswith("SHA1")
)
_DIGESTS = frozenset(d for d in DigestAlgorithm if d.name != "SHA1")


class Verifier(XMLVerifier):
    """signxml's verifier, each part parsed again before it is canonicalised.

    lxml 6.1 writes `xmlns=""` into the inclusive canonical form of a part whose default namespace stands on an ancestor, which is
    how the DMP's sample kit writes its signatures.
    """

    def _c14n(self, nodes: Any, algorithm: CanonicalizationMethod, inclusive_ns_prefixes: Any = None) -> bytes:
        alone = etree.fromstring(etree.tostring(nodes, with_tail=False))
        canonical: bytes = super()._c14n(alone, algorithm, inclusive_ns_prefixes)
        return canonical


def signed_by(signed: etree._Element) -> bytes:
    """The certificate that a signature names in its own KeyInfo (DER), not yet trusted. Raises VihfError."""
    found = signed.findall(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    try:
        return base64.b64decode("".join((found[0].text or "").split()), validate=True)
    except (IndexError, binascii.Error, ValueError):
        raise VihfError(No.VIHF_SIGNATURE_INVALID, "the signature carries no certificate") from None


def signature_of(assertion: etree._Element) -> etree._Element:
    """The only signature of an assertion, a child of its own. Raises VihfError."""
    own, all_ = assertion.findall(f"{DS}Signature"), list(assertion.iter(f"{DS}Signature"))
    if not all_:
        raise VihfError(No.VIHF_UNSIGNED, "the assertion is not signed")
    if len(own) != 1 or len(all_) != 1:
        raise VihfError(No.VIHF_SIGNATURE_INVALID, "an assertion has one signature, its own")
    return own[0]


def configuration(at: datetime, algorithms: Algorithms, references: int, location: str) -> SignatureConfiguration:
    """What a signature must be like. A reference without a transform is canonicalised as XML-DSig says (C14N 1.0)."""
    return SignatureConfiguration(
        location=location,
        expect_references=references,
        signature_methods=algorithms.methods,
        digest_algorithms=algorithms.digests,
        verification_time=at,
        default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
    )


def verified(assertion: etree._Element, certificate: x509.Certificate, at: datetime, algorithms: Algorithms) -> etree._Element:
    """The assertion as its signature covers it. `certificate` is the one of `signed_by`, trusted by now. Raises VihfError."""
    if any(not isinstance(node.tag, str) for node in assertion.iter()):
        # A comment splits a text: two readers would see two identifiers.
        raise VihfError(No.VIHF_MALFORMED, "an assertion has no comment")
    alone = etree.fromstring(etree.tostring(assertion, with_tail=False))
    signature_of(alone)
    try:
        result = Verifier().verify(alone, x509_cert=certificate, expect_config=configuration(at, algorithms, 1, "./"))
    except (SignXMLException, ValueError, etree.LxmlError) as error:
        raise VihfError(No.VIHF_SIGNATURE_INVALID, type(error).__name__) from None
    covered = result.signed_xml if not isinstance(result, list) else None
    if covered is None or covered.tag != ASSERTION or covered.get("ID") != alone.get("ID"):
        raise VihfError(No.VIHF_SIGNATURE_INVALID, "the signature covers something else")
    return covered
