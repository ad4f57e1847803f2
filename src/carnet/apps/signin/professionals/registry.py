"""The registry of software: who may send its users here, by which addresses, with which certificates, told of before they end."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings

from carnet.apps.journal.api import Event, append
from carnet.apps.outbox import api as outbox
from carnet.apps.storage.api import Work, unit
from carnet.kernel.actor import ActorKind
from carnet.kernel.clock import Timer

TOLD_BEFORE = (60, 30, 7)
"""Days before the end of a certificate on which it is told of."""
MOST_ADDRESSES = 10
_OWNERS = UUID("3c7f0b0e-5a2e-5d55-9d0a-52d6c1b0a7f4")
"""Name space of the notices that concern a software and no record."""
_CLIENT = re.compile(r"[a-z0-9][a-z0-9-]{2,79}")


class RegistryError(ValueError):
    """What was written cannot be registered; `field` says where, the message why. Nothing was changed."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(why)
        self.field = where


@dataclass(frozen=True, slots=True)
class Certificate:
    """A registered certificate."""

    fingerprint: str
    subject: str
    issuer: str
    ends_on: date


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered software, with its certificates."""

    client_id: str
    name: str
    redirect_uris: list[str]
    regulation: bool
    active: bool
    registered_by: str
    contact: str = ""
    certificates: list[Certificate] = field(default_factory=list)


def _owner(client_id: str) -> str:
    return f"software:{client_id}"


def registry(client_id: str = "") -> list[Registered]:
    """Software that is registered, by name; or the one of this number."""
    with unit() as work:
        rows = work.rows(
            """SELECT client_id, name, redirect_uris, regulation, active, registered_by FROM signin_software
            WHERE client_id = %s OR %s = '' ORDER BY lower(name), client_id""",
            client_id, client_id,
        )  # fmt: skip
        held = work.rows("SELECT client_id, fingerprint, subject, issuer, ends_on FROM signin_certificate ORDER BY ends_on")
        known = outbox.contacts(work, [_owner(row[0]) for row in rows])
    found = []
    for client_id_, name, uris, regulation, active, by in rows:
        contact = known.get(_owner(client_id_))
        certificates = [Certificate(*c[1:]) for c in held if c[0] == client_id_]
        found.append(Registered(client_id_, name, uris, regulation, active, by, contact.address if contact else "", certificates))
    return found


def check_address(uri: str) -> None:
    """Check where users come back to: https, or the loopback of a native software (RFC 8252 §7.3). Raises RegistryError."""
    try:
        parts = urlsplit(uri)
        loopback = parts.scheme == "http" and parts.hostname == "127.0.0.1"
        fine = bool(parts.hostname) and (parts.scheme == "https" or loopback) and not parts.fragment and parts.username is None
    except ValueError:
        fine = False
    if not fine or len(uri) > 300 or any(c.isspace() for c in uri):
        raise RegistryError("adresses", "https, ou http://127.0.0.1 pour un logiciel de poste ; sans # ni identifiant")


def register_software(
    client_id: str, name: str, redirect_uris: list[str], regulation: bool = False, *, by: str = "", at: datetime | None = None,
    contact: str = "",
) -> None:  # fmt: skip
    """Register a software that may send its users here, or change what was registered. Raises RegistryError."""
    if not _CLIENT.fullmatch(client_id):
        raise RegistryError("numero", "lettres minuscules, chiffres et tirets, de 3 à 80")
    if not 1 <= len(name.strip()) <= 120:
        raise RegistryError("nom", "un nom de 1 à 120 caractères")
    if not 1 <= len(redirect_uris) <= MOST_ADDRESSES:
        raise RegistryError("adresses", f"de une à {MOST_ADDRESSES} adresses")
    for uri in redirect_uris:
        check_address(uri)
    at = at or datetime.now(UTC)
    with unit() as work:
        work.run(
            """INSERT INTO signin_software (client_id, name, redirect_uris, regulation, active, registered_at, registered_by)
            VALUES (%s, %s, %s, %s, true, %s, %s) ON CONFLICT (client_id) DO UPDATE SET name = excluded.name,
            redirect_uris = excluded.redirect_uris, regulation = excluded.regulation, active = true""",
            client_id, name.strip(), redirect_uris, regulation, at, by,
        )  # fmt: skip
        try:
            if contact:
                outbox.set_contact(work, _owner(client_id), outbox.Contact(contact), at)
        except outbox.ContactError:
            raise RegistryError("contact", "une adresse de courriel") from None
        _tell(work, "software-registered", client_id, by, at)


def close_software(client_id: str, by: str, at: datetime) -> int:
    """A software may send nobody here any more, and the sessions that it holds end. Returns how many. Raises RegistryError."""
    with unit() as work:
        if not work.rows("UPDATE signin_software SET active = false WHERE client_id = %s AND active RETURNING 1", client_id):
            raise RegistryError("numero", "aucun logiciel actif de ce numéro")
        row = work.row("SELECT signin_end_software(%s, %s)", client_id, at)
        _tell(work, "software-closed", client_id, by, at)
    return int(row[0]) if row else 0


def add_certificate(client_id: str, pem: bytes, by: str, at: datetime) -> Certificate:
    """Register a certificate of a software, in PEM or DER. Raises RegistryError: unreadable, over, or registered already."""
    try:
        found = x509.load_pem_x509_certificate(pem) if b"-----BEGIN" in pem else x509.load_der_x509_certificate(pem)
        names = found.subject.rfc4514_string()[:300], found.issuer.rfc4514_string()[:300]
        ends = found.not_valid_after_utc
    except ValueError:
        raise RegistryError("certificat", "ce fichier n’est pas un certificat X.509 (PEM ou DER)") from None
    if ends <= at:
        raise RegistryError("certificat", "ce certificat n’est plus valable")
    made = Certificate(found.fingerprint(SHA256()).hex(), *names, settings.LAW.day(ends))
    with unit() as work:
        if not work.rows("SELECT 1 FROM signin_software WHERE client_id = %s", client_id):
            raise RegistryError("numero", "aucun logiciel de ce numéro")
        written = work.rows(
            """INSERT INTO signin_certificate (fingerprint, client_id, subject, issuer, ends_on, registered_at, registered_by)
            VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1""",
            made.fingerprint, client_id, made.subject, made.issuer, made.ends_on, at, by,
        )  # fmt: skip
        if not written:
            raise RegistryError("certificat", "ce certificat est déjà enregistré")
        _tell(work, "certificate-registered", client_id, by, at)
    return made


def remove_certificate(client_id: str, fingerprint: str, by: str, at: datetime) -> None:
    """Forget a certificate: it is told of no more. Raises RegistryError."""
    with unit() as work:
        sql = "DELETE FROM signin_certificate WHERE client_id = %s AND fingerprint = %s RETURNING 1"
        if not work.rows(sql, client_id, fingerprint):
            raise RegistryError("certificat", "ce certificat n’est pas enregistré")
        _tell(work, "certificate-removed", client_id, by, at)


def _tell(work: Work, what: str, client_id: str, by: str, at: datetime) -> None:
    append(work, Event("write", at, f"operator:{by}", by, ActorKind.OPERATOR.value, "operator:configure", "normal", "done", "",
                       "host-procedure", detail=f"{what}:{client_id}"))  # fmt: skip


def tell_ending(at: datetime) -> int:
    """Tell who answers for a software, and the operator, of certificates that end in 60, 30 or 7 days. Returns how many."""
    told, today = 0, settings.LAW.day(at)
    with unit() as work:
        rows = work.rows(
            """SELECT c.fingerprint, c.client_id, c.ends_on, c.told_days FROM signin_certificate c
            WHERE ends_on <= %s AND ends_on >= %s ORDER BY ends_on LIMIT 500 FOR UPDATE SKIP LOCKED""",
            today + timedelta(days=TOLD_BEFORE[0]), today,
        )  # fmt: skip
        for fingerprint, client_id, ends_on, before in rows:
            step = min(days for days in TOLD_BEFORE if (ends_on - today).days <= days)
            if before is not None and before <= step:
                continue
            scope = uuid5(_OWNERS, client_id)
            work.enter(scope)
            outbox.notify(work, scope, "certificate-ending", _owner(client_id), at)
            outbox.notify(work, scope, "certificate-ending", outbox.OPERATOR, at)
            work.run("UPDATE signin_certificate SET told_days = %s WHERE fingerprint = %s", step, fingerprint)
            told += 1
    return told


TIMERS = (Timer("certificates-ending", timedelta(hours=6), tell_ending),)
