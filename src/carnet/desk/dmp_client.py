"""A software that speaks the DMP's transactions: card or structure certificate, VIHF, SOAP, MTOM. For the bench and the tests."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from carnet.desk.demonstration.professionals import DemoProfessional, Place
from carnet.desk.pki import Folder
from carnet.formats.soap import Part, content_type_of, read_envelope, read_related, write_related
from carnet.formats.soap.envelope import SOAP12, WSA, WSSE
from carnet.formats.vihf import Statement, sign_vihf, write_vihf
from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.lot_signature import sign_lot
from carnet.formats.xds.messages import write_provide
from carnet.formats.xds.rim_read import Association
from carnet.formats.xds.rim_write import write_association, write_entry, write_set
from carnet.kernel.codes import (
    HIDDEN_FROM_PATIENT,
    MASKED,
    PROFESSION_SYSTEM,
    SAVOIR_FAIRE_SYSTEM,
    SECTOR_SYSTEM,
    VISIBILITY_SYSTEM,
    Code,
)
from carnet.kernel.copies import replace

ADDRESS = "/si-dmp-server/v2/services/"
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @classmethod
    def of(cls, path: Path) -> "Pair":
        """The pair of a PEM file."""
        data = path.read_bytes()
        key = load_pem_private_key(data, None)
        if not isinstance(key, Key):
            raise TypeError("not a key that signs")
        return cls(x509.load_pem_x509_certificate(data), key)


def statement_of(person: DemoProfessional, signer: Pair, place: Place | None = None, **more: object) -> Statement:
    """What a professional's VIHF says, in one of their places of exercise."""
    place = place or person.places[0]
    roles = [Code(PROFESSION_SYSTEM, person.profession)]
    if person.savoir_faire:
        roles.append(Code(SAVOIR_FAIRE_SYSTEM, person.savoir_faire))
    elif person.profession == "21":
        roles.append(Code("1.2.250.1.71.1.2.8", "A"))
    said = Statement(
        issuer=signer.certificate.subject.rfc4514_string(), subject=person.id, structure=person.place_id(place),
        sector=Code(SECTOR_SYSTEM, place.sector), roles=tuple(roles), at=datetime.now(UTC), name=f"{person.family} {person.given}",
    )  # fmt: skip
    return replace(said, **more)  # type: ignore[arg-type]


def assertion_of(said: Statement, signer: Pair) -> etree._Element:
    """The signed assertion."""
    return sign_vihf(write_vihf(said), signer.certificate, signer.key)


def envelope_of(body: etree._Element, action: str, assertion: etree._Element | None) -> bytes:
    """A request as the DMP's samples write it."""
    root = etree.Element(f"{{{SOAP12}}}Envelope", nsmap={"soap": SOAP12})
    header = etree.SubElement(root, f"{{{SOAP12}}}Header")
    for name, value in (("Action", action), ("MessageID", f"urn:uuid:{uuid4()}")):
        etree.SubElement(header, f"{{{WSA}}}{name}", nsmap={None: WSA}).text = value
    if assertion is not None:
        etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE}).append(assertion)
    etree.SubElement(root, f"{{{SOAP12}}}Body").append(body)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its HTTP status, the element of its Body, its parts."""

    status: int
    body: etree._Element
    parts: dict[str, bytes] = field(default_factory=dict)


def read_reply(response: httpx.Response) -> Reply:
    """Read an answer, multipart or not."""
    declared = response.headers["content-type"]
    related = read_related(response.content, declared) if content_type_of(declared)[0] == "multipart/related" else None
    envelope = read_envelope(etree.fromstring(related.root if related else response.content))
    return Reply(response.status_code, envelope.body, related.parts if related else {})


class Software:
    """One software with one card or structure certificate."""

    def __init__(self, address: str, pki: Folder, name: str, http: httpx.Client | None = None) -> None:
        context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
        context.load_cert_chain(pki.certificate(name))
        self.address = address + ADDRESS
        self.signer = Pair.of(pki.certificate(f"signature-{name}"))
        self.http = http or httpx.Client(verify=context, timeout=60.0)

    def post(self, content: bytes, media: str, **headers: str) -> Reply:
        """Send bytes as they are."""
        return read_reply(self.http.post(self.address, content=content, headers={"Content-Type": media, **headers}))

    def call(self, body: etree._Element, action: str, said: Statement, parts: list[Part] | None = None) -> Reply:
        """One call, with a VIHF of its own; with parts by MTOM."""
        content = envelope_of(body, action, assertion_of(said, self.signer))
        if parts is None:
            return self.post(content, f'application/soap+xml; charset=utf-8; action="{action}"')
        media, pieces = write_related(content, action, parts)
        return self.post(b"".join(pieces), media)


def signature_entry(entry: DocumentEntry) -> DocumentEntry:
    """The entry of the signature object of a submission, beside one of its documents, as the published samples write it."""
    hidden = (Coding(code, VISIBILITY_SYSTEM) for code in (MASKED, HIDDEN_FROM_PATIENT))
    return replace(
        entry, unique_id=f"2.25.{uuid4().int}", type=Coding("E1762", "ASTM", "Full Document"),
        class_=Coding("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN", "Digital Signature"),
        format=Coding("http://www.w3.org/2000/09/xmldsig#", "URN", "Default Signature Style"),
        confidentiality=(Coding("N", "2.16.840.1.113883.5.25"), *hidden), title="Source", comments="", language="art", sha1="",
        size=None, mime="text/xml",
    )  # fmt: skip


def submission_of(
    package: SubmissionSet, documents: Sequence[tuple[DocumentEntry, bytes]], signer: Pair | None, at: datetime,
    inline: bool = False, ties: Sequence[Association] = (),
) -> tuple[etree._Element, list[Part]]:  # fmt: skip
    """A submission (TD2.1) and its parts: the set, its documents, its signature where somebody signs, its associations."""
    named = [(f"Document{number:02d}", entry, content) for number, (entry, content) in enumerate(documents, start=1)]
    members = [one for one, _, _ in named]
    relations = list(ties)
    if signer:
        content = sign_lot({entry.unique_id: data for _, entry, data in named}, signer.certificate, signer.key, at)
        named.append(("Signature01", signature_entry(named[0][1]), content))
        members.append("Signature01")
        relations.append(Association(n.RELATIONS["signs"], "Signature01", "SubmissionSet01"))
    relations = [
        Association(n.HAS_MEMBER, "SubmissionSet01", one, {"SubmissionSetStatus": ["Original"]}) for one in members
    ] + relations
    objects = [write_set(package, "SubmissionSet01"), *(write_entry(entry, "", one) for one, entry, _ in named)]
    objects += [write_association(tie, stored=False) for tie in relations]
    return write_provide(objects, [(one, data) for one, _, data in named], inline)
