"""Client certificates: cards of persons (CPS, CPF, CPE) and certificates of structures, of the IGC-Santé's published shape.

The certificate says who it is: national identifier in the CN, profession and card type in extensions, structure in the
OU (identity.md §4.1, PDT-INF-617). Chain, validity, usage and revocation are checked here even where a proxy did it before.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.conf import settings

from carnet.kernel.identifiers import IdentifierError, ps_id, structure_id
from carnet.kernel.refusal import No, Refusal

PROFESSION = x509.ObjectIdentifier("1.2.250.1.71.1.2.7")
SAVOIR_FAIRE = x509.ObjectIdentifier("1.2.250.1.71.4.2.5")
CARD_TYPE = x509.ObjectIdentifier("1.2.250.1.71.1.2.2")
STRUCTURE = "structure"
CPS, CPF, CPE = "cps", "cpf", "cpe"
_INTEGER, _UTF8, _SEQUENCE = 0x02, 0x0C, 0x30
_EMPLOYER = {"0": "ADELI", "1": "ADELI", "3": "FINESS", "4": "SIREN", "5": "SIRET", "6": "RPPSRANG"}
"""What the first character of a CPE's PS_IdNat says of the employer's identifier (EEDS, PSIdNat)."""


class Purpose(Enum):
    """A card and a structure have two pairs of keys: one opens connections, the other signs (identity.md §4.1)."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


_USAGE = {Purpose.AUTHENTICATION: ExtendedKeyUsageOID.CLIENT_AUTH, Purpose.SIGNATURE: ExtendedKeyUsageOID.EMAIL_PROTECTION}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a client certificate says, once it is trusted."""

    kind: str
    """`cps`, `cpf`, `cpe` or `structure`."""
    id: str
    """PS_IdNat of a person, Struct_IdNat of a structure."""
    name: str
    structure: str
    structure_name: str
    profession: str
    savoir_faire: str
    thumbprint: bytes
    """SHA-256 of the certificate (RFC 8705 §3.1, x5t#S256)."""
    not_after: datetime
    revoked: bool
    regulation: bool
    subject: x509.Name
    public: x509.Certificate


def _refused(problem: str) -> Refusal:
    return Refusal(No.CERTIFICATE_REFUSED, {"problem": problem})


def _content(der: bytes, tag: int) -> bytes:
    """The content of one short DER value. Extensions of the IGC-Santé are a few bytes long."""
    if len(der) < 2 or der[0] != tag or der[1] != len(der) - 2 or der[1] > 127:
        raise _refused("an extension is not of the published shape")
    return der[2:]


def _extension(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> bytes | None:
    try:
        found = certificate.extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None
    return found.value if isinstance(found, x509.UnrecognizedExtension) else None


def _number(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    der = _extension(certificate, oid)
    return "" if der is None else str(int.from_bytes(_content(der, _INTEGER), "big"))


def _words(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    der = _extension(certificate, oid)
    return "" if der is None else _content(_content(der, _SEQUENCE), _UTF8).decode("utf-8", "replace")


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    # The last RDN of a person is multi-valued: attributes are looked for one by one, wherever they stand.
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


@lru_cache(maxsize=8)
def _authorities(path: Path, changed: int) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(path.read_bytes()))


def _load_list(path: Path) -> x509.CertificateRevocationList:
    data = path.read_bytes()
    return x509.load_pem_x509_crl(data) if data.startswith(b"-----") else x509.load_der_x509_crl(data)


@lru_cache(maxsize=8)
def _lists(folder: Path, seen: tuple[tuple[str, int], ...]) -> tuple[x509.CertificateRevocationList, ...]:
    return tuple(_load_list(folder / name) for name, _ in seen)


Seen = tuple[Path, int]
"""A file, and when it changed."""


def _file(path: Path | None) -> Seen:
    if path is None:
        raise _refused("this door trusts no certificate: client_ca_file is not set")
    return path, path.stat().st_mtime_ns


def _issuer(certificate: x509.Certificate, authorities: Seen) -> x509.Certificate:
    for authority in _authorities(*authorities):
        try:
            certificate.verify_directly_issued_by(authority)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return authority
    raise _refused("the issuer is not trusted here")


@dataclass(frozen=True, slots=True)
class _Trust:
    """All that the trust in a certificate depends on, besides itself and its own dates.

    What was checked once holds for as long as this stays the same: until a file changes, or a revocation list ends.
    """

    authorities: Seen
    folder: Path | None
    lists: tuple[tuple[str, int], ...]
    current: tuple[bool, ...]
    """Of each list, whether it holds at the moment."""
    required: bool
    cards: tuple[tuple[str, str], ...]
    regulation: frozenset[str]


def _trust(authorities: Path | None, at: datetime) -> _Trust:
    folder: Path | None = settings.CARNET.client_crl_dir
    files = sorted(folder.iterdir()) if folder is not None and folder.is_dir() else []
    seen = tuple((p.name, p.stat().st_mtime_ns) for p in files if p.suffix in (".crl", ".pem"))
    lists = _lists(folder, seen) if folder is not None and seen else ()
    return _Trust(
        _file(authorities), folder, seen, tuple(crl.next_update_utc is not None and crl.next_update_utc > at for crl in lists),
        settings.CARNET.crl_required, tuple(sorted(settings.CARNET.card_types.items())),
        frozenset(settings.CARNET.regulation_certificates),
    )  # fmt: skip


def _is_revoked(certificate: x509.Certificate, issuer: x509.Certificate, trust: _Trust) -> bool:
    """Whether the issuer's lists name this certificate. Without a current list nobody can say: then it opens nothing."""
    lists = _lists(trust.folder, trust.lists) if trust.folder is not None and trust.lists else ()
    current = [
        crl
        for crl, holds in zip(lists, trust.current, strict=True)
        if holds and crl.issuer == issuer.subject and crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    ]  # fmt: skip
    if not current and trust.required:
        raise _refused("no current revocation list of this issuer")
    return any(crl.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None for crl in current)


def _check_dates(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise _refused("the certificate is not valid today")


def _check_usage(certificate: x509.Certificate, purpose: Purpose) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise _refused(f"the certificate is not one for {purpose.value}") from None
    if _USAGE[purpose] not in usage:
        raise _refused(f"the certificate is not one for {purpose.value}")


def operator_of(der: bytes, at: datetime) -> str:
    """The operator of secure messaging whose server certificate this is: trusted, valid, not revoked. Raises Refusal."""
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        raise _refused("not a certificate") from None
    trust = _trust(settings.CARNET.mss_ca_file or settings.CARNET.client_ca_file, at)
    issuer = _issuer(certificate, trust.authorities)
    _check_dates(certificate, at)
    _check_usage(certificate, Purpose.AUTHENTICATION)
    if _is_revoked(certificate, issuer, trust):
        raise Refusal(No.CERTIFICATE_REVOKED)
    return _subject(certificate, NameOID.COMMON_NAME)


def _employer(person: str) -> str:
    """The structure of a CPE: its identifier stands in that of the card, before the slash."""
    kind, body = _EMPLOYER.get(person[:1], ""), person[1:].partition("/")[0]
    if not kind or not body:
        raise _refused("the card names no structure")
    return structure_id(body, kind)


def _person(certificate: x509.Certificate, card: str) -> dict[str, str]:
    number = ps_id(_subject(certificate, NameOID.COMMON_NAME))
    family, given = _subject(certificate, NameOID.SURNAME), _subject(certificate, NameOID.GIVEN_NAME)
    organization = _subject(certificate, NameOID.ORGANIZATION_NAME)
    if not family:
        # A CPE that names nobody: the organisation, and the card's own number (PDT-INF-617).
        family, given = organization, number
    return {
        "id": number,
        "name": f"{given} {family}".strip(),
        "structure": _employer(number) if card == CPE else "",
        "structure_name": organization if card == CPE else "",
        "profession": _number(certificate, PROFESSION),
        "savoir_faire": _words(certificate, SAVOIR_FAIRE),
    }


def _structure(certificate: x509.Certificate) -> dict[str, str]:
    number = structure_id(_subject(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME))
    name = _subject(certificate, NameOID.ORGANIZATION_NAME)
    empty = dict.fromkeys(("profession", "savoir_faire"), "")
    return {"id": number, "name": name, "structure": number, "structure_name": name, **empty}


def read_certificate(der: bytes, at: datetime, purpose: Purpose = Purpose.AUTHENTICATION) -> Certificate:
    """Read and check a certificate for its purpose. Raises Refusal `certificate-refused` that names the check.

    A revoked certificate is read and marked: the law refuses it by its own name. Chain and revocation that were checked are
    remembered for as long as the lists hold; the signature of each call is checked by whoever reads it.
    """
    found = _trusted(der, purpose, _trust(settings.CARNET.client_ca_file, at))
    _check_dates(found.public, at)
    return found


@lru_cache(maxsize=4096)
def _trusted(der: bytes, purpose: Purpose, trust: _Trust) -> Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        raise _refused("not a certificate") from None
    issuer = _issuer(certificate, trust.authorities)
    _check_usage(certificate, purpose)
    number = _number(certificate, CARD_TYPE)
    card = dict(trust.cards).get(number, "") if number else STRUCTURE
    try:
        fields = _structure(certificate) if card == STRUCTURE else _person(certificate, card)
    except IdentifierError:
        raise _refused("the subject holds no national identifier") from None
    if card not in (CPS, CPF, CPE, STRUCTURE):
        raise _refused("this sort of card opens nothing here")
    thumbprint = certificate.fingerprint(SHA256())
    return Certificate(
        kind=card,
        thumbprint=thumbprint,
        not_after=certificate.not_valid_after_utc,
        revoked=_is_revoked(certificate, issuer, trust),
        regulation=thumbprint.hex() in trust.regulation,
        subject=certificate.subject,
        public=certificate,
        **fields,
    )
