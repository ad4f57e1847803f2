"""A test PKI of the published shape: cards of persons, certificates of structures, a revocation list, a server.

It is Carnet's own and nobody else's: its authorities say TEST in their names, and production must not trust them. The
shape is that of the IGC-Santé's public test certificates (identity.md §4.1): national identifier in a multi-valued last
RDN, profession, card type and savoir-faire in extensions, structure in the OU.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from carnet.desk.demonstration.professionals import CARE_HOME, HOSPITAL, PROFESSIONALS, SAMU, DemoProfessional, Place

PERSONS, STRUCTURES, SERVERS = "ELEMENTAIRE PERSONNES", "ELEMENTAIRE ORGANISATIONS", "ELEMENTAIRE SERVEURS"
LIFE, LIST_LIFE = timedelta(days=365), timedelta(days=60)
_AUTHENTICATION_KEY_USAGE = x509.KeyUsage(
    digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip
_SIGNATURE_KEY_USAGE = x509.KeyUsage(
    digital_signature=False, content_commitment=True, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
)  # fmt: skip
_AUTHORITY_KEY_USAGE = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority: its certificate and its key."""

    certificate: x509.Certificate
    key: Key


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def _integer(value: int) -> bytes:
    return bytes([0x02, 1, value])


def _words(text: str) -> bytes:
    encoded = text.encode()
    return bytes([0x30, len(encoded) + 2, 0x0C, len(encoded)]) + encoded


def _extension(oid: str, der: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), der)


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, at: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + LIFE)
    )


def authority(name: str, at: datetime, parent: Authority | None = None) -> Authority:
    """Make an authority, signed by itself or by another."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name((NameOID.COUNTRY_NAME, "FR"), (NameOID.ORGANIZATION_NAME, "CARNET TEST"),
                    (NameOID.COMMON_NAME, f"TEST AC CARNET {name}"))  # fmt: skip
    issuer = parent.certificate.subject if parent else subject
    built = (
        _builder(subject, issuer, key, at)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_AUTHORITY_KEY_USAGE, critical=True)
    )
    return Authority(built.sign(parent.key if parent else key, SHA256()), key)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate of somebody, with its key."""

    certificate: x509.Certificate
    key: Key

    def pem(self) -> bytes:
        """Certificate and private key, as software wants them."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return self.certificate.public_bytes(serialization.Encoding.PEM) + private


def _issue(
    by: Authority, subject: x509.Name, at: datetime, *extensions: x509.ExtensionType, usage: bool = True, signature: bool = False
) -> Issued:
    """A certificate of the pair that opens connections, or of the pair that signs."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(subject, by.certificate.subject, key, at)
    builder = builder.add_extension(_SIGNATURE_KEY_USAGE if signature else _AUTHENTICATION_KEY_USAGE, critical=True)
    if usage:
        extended = ExtendedKeyUsageOID.EMAIL_PROTECTION if signature else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([extended]), critical=False)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return Issued(builder.sign(by.key, SHA256()), key)


def person_subject(number: str, title: str, family: str, given: str) -> x509.Name:
    """The subject of a card: country, title, then one RDN of number, family and given name."""
    last = [x509.NameAttribute(NameOID.COMMON_NAME, number)]
    if family:
        last += [x509.NameAttribute(NameOID.SURNAME, family), x509.NameAttribute(NameOID.GIVEN_NAME, given)]
    return x509.Name(
        [
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")]),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.TITLE, title)]),
            x509.RelativeDistinguishedName(last),
        ]
    )


def card(by: Authority, person: DemoProfessional, at: datetime, usage: bool = True, signature: bool = False) -> Issued:
    """A CPS, or the CPF of somebody in training: its authentication pair, or its signature pair."""
    extensions = [
        _extension("1.2.250.1.71.1.2.2", _integer(1 if person.category == "E" else 0)),
        _extension("1.2.250.1.71.1.2.7", _integer(int(person.profession))),
    ]
    if person.savoir_faire:
        extensions.append(_extension("1.2.250.1.71.4.2.5", _words(person.savoir_faire)))
    subject = person_subject(person.id, person.label, person.family, person.given)
    return _issue(by, subject, at, *extensions, usage=usage, signature=signature)


def employee_card(by: Authority, place: Place, number: str, at: datetime, signature: bool = False) -> Issued:
    """A CPE, which names its structure and nobody (PDT-INF-617)."""
    subject = x509.Name(
        [
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "FR")]),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.ORGANIZATION_NAME, place.name)]),
            x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, f"3{place.finess}/{number}")]),
        ]
    )
    return _issue(by, subject, at, _extension("1.2.250.1.71.1.2.2", _integer(2)), signature=signature)


def structure_certificate(by: Authority, place: Place, at: datetime, signature: bool = False) -> Issued:
    """The authentication certificate of a structure (ORG_AUTH_CLI), or that which signs (ORG_SIGN)."""
    subject = _name((NameOID.COUNTRY_NAME, "FR"), (NameOID.STATE_OR_PROVINCE_NAME, "Essai (00)"),
                    (NameOID.ORGANIZATION_NAME, place.name), (NameOID.ORGANIZATIONAL_UNIT_NAME, f"1{place.finess}"),
                    (NameOID.COMMON_NAME, "carnet-essai"))  # fmt: skip
    return _issue(by, subject, at, signature=signature)


def server_certificate(by: Authority, at: datetime, rsa_key: bool = False) -> Issued:
    """The certificate of the doors on this machine; with an RSA key for the published suites of the DMP."""
    key: Key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    built = _builder(_name((NameOID.COMMON_NAME, "localhost")), by.certificate.subject, key, at)
    built = built.add_extension(names, critical=False)
    built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    built = built.add_extension(_AUTHENTICATION_KEY_USAGE, critical=True)
    return Issued(built.sign(by.key, SHA256()), key)


def operator_certificate(by: Authority, name: str, domain: str, at: datetime) -> Issued:
    """The certificate of an operator of secure messaging: a server to those who bring mail, a client where it takes mail to."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([x509.DNSName(domain), x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    built = _builder(_name((NameOID.ORGANIZATION_NAME, name), (NameOID.COMMON_NAME, domain)), by.certificate.subject, key, at)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    built = built.add_extension(names, critical=False).add_extension(usage, critical=False)
    return Issued(built.add_extension(_AUTHENTICATION_KEY_USAGE, critical=True).sign(by.key, SHA256()), key)


def revocation_list(by: Authority, serials: list[int], at: datetime) -> x509.CertificateRevocationList:
    """The revocation list of an authority."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject)
    builder = builder.last_update(at - timedelta(minutes=1)).next_update(at + LIST_LIFE)
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(revoked)
    return builder.sign(by.key, SHA256())


_PLACES = (("hospital", HOSPITAL), ("care-home", CARE_HOME), ("samu", SAMU))


@dataclass(frozen=True, slots=True)
class Folder:
    """A test PKI on disk."""

    path: Path

    def _secret(self, name: str, content: bytes) -> Path:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        return target

    @property
    def authorities(self) -> Path:
        """The PEM file for `client_ca_file`."""
        return self.path / "ca.pem"

    @property
    def lists(self) -> Path:
        """The folder for `client_crl_dir`."""
        return self.path / "crl"

    @property
    def operators(self) -> Path:
        """The PEM file for `mss_ca_file`."""
        return self.path / "mss-ca.pem"

    def _make_operators(self, at: datetime) -> None:
        """Two operators of secure messaging, and the pair that signs the list of trusted domains."""
        by = self.authority(SERVERS)
        self._secret("mss-carnet.pem", operator_certificate(by, "CARNET TEST", "mss.carnet.example", at).pem())
        self._secret("mss-hopital.pem", operator_certificate(by, "OPERATEUR TEST", "mss.operateur.example", at).pem())
        self._secret("mss-list.pem", Issued(by.certificate, by.key).pem())
        self.publish(SERVERS, [], at)
        self._secret("mss-ca.pem", (self.path / "server-ca.pem").read_bytes())

    def certificate(self, name: str) -> Path:
        """The PEM of a card or certificate: a key of the demonstration's professionals, or one of those of `make`."""
        return self.path / "certificates" / f"{name}.pem"

    def authority(self, name: str) -> Authority:
        """An authority of this folder, with its key."""
        data = (self.path / "authorities" / f"{name}.pem").read_bytes()
        key = serialization.load_pem_private_key(data, None)
        if not isinstance(key, Key):
            raise TypeError("not a key of this PKI")
        return Authority(x509.load_pem_x509_certificate(data), key)

    def make(self, at: datetime) -> None:
        """Make everything. What a folder holds already is left as it is."""
        if not self.authorities.exists():
            self._make_all(at)
        if not (self.path / "server-rsa.pem").exists():
            self._make_signing(at)
        if not self.operators.exists():
            self._make_operators(at)

    def _make_signing(self, at: datetime) -> None:
        """The pairs that sign, and the server's certificate for the published suites."""
        persons, structures = self.authority(PERSONS), self.authority(STRUCTURES)
        for key, person in PROFESSIONALS.items():
            self._secret(f"certificates/signature-{key}.pem", card(persons, person, at, signature=True).pem())
        for name, place in _PLACES:
            self._secret(f"certificates/signature-structure-{name}.pem", structure_certificate(structures, place, at, True).pem())
            self._secret(f"certificates/signature-cpe-{name}.pem", employee_card(persons, place, "0000000123", at, True).pem())
        self._secret("server-rsa.pem", server_certificate(self.authority(SERVERS), at, rsa_key=True).pem())

    def _make_all(self, at: datetime) -> None:
        root = authority("RACINE", at)
        made = {name: authority(name, at, root) for name in (PERSONS, STRUCTURES, SERVERS)}
        for name, by in made.items():
            self._secret(f"authorities/{name}.pem", Issued(by.certificate, by.key).pem())
        for key, person in PROFESSIONALS.items():
            self._secret(f"certificates/{key}.pem", card(made[PERSONS], person, at).pem())
        for name, place in _PLACES:
            self._secret(f"certificates/structure-{name}.pem", structure_certificate(made[STRUCTURES], place, at).pem())
            self._secret(f"certificates/cpe-{name}.pem", employee_card(made[PERSONS], place, "0000000123", at).pem())
        self._secret("server.pem", server_certificate(made[SERVERS], at).pem())
        lost = card(made[PERSONS], PROFESSIONALS["surgeon"], at)
        self._secret("certificates/revoked.pem", lost.pem())
        self.publish(PERSONS, [lost.certificate.serial_number], at)
        self.publish(STRUCTURES, [], at)
        trusted = [made[name].certificate for name in (PERSONS, STRUCTURES)] + [root.certificate]
        self._secret("server-ca.pem", _pem(made[SERVERS].certificate, root.certificate))
        self._secret("ca.pem", _pem(*trusted))

    def publish(self, name: str, serials: list[int], at: datetime) -> None:
        """Write the revocation list of an authority, with these serial numbers and no others."""
        crl = revocation_list(self.authority(name), serials, at)
        self._secret(f"crl/{name.replace(' ', '-').lower()}.crl", crl.public_bytes(serialization.Encoding.DER))

    def revoke(self, path: Path, at: datetime) -> None:
        """Add a certificate of this PKI to its issuer's revocation list. Raises ValueError for one of another."""
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        for name in (PERSONS, STRUCTURES, SERVERS):
            if self.authority(name).certificate.subject == certificate.issuer:
                current = x509.load_der_x509_crl((self.lists / f"{name.replace(' ', '-').lower()}.crl").read_bytes())
                self.publish(name, sorted({r.serial_number for r in current} | {certificate.serial_number}), at)
                return
        raise ValueError("this certificate is not one of this PKI")


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)
