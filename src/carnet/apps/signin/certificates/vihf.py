"""The actor behind a VIHF: an assertion signed by a card or a structure, over a connection that the same one opened.

The TLS certificate proves who is connected, the assertion says in which situation and for which patient. Both must tell of the
same card or structure, each by the pair of keys made for it (CI-SIS, volet transport; dmp.md §2.1 and §2.3).
"""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from lxml import etree

from carnet.apps.identity import api as identity
from carnet.apps.signin.certificates.actors import CARD_LEVEL, certificate_actor, place_in, proof_of
from carnet.apps.signin.certificates.reading import CPE, CPF, STRUCTURE, Certificate, Purpose, read_certificate
from carnet.apps.storage.api import Answer, Work, unit
from carnet.formats.distinguished_name import same_subject
from carnet.formats.vihf import AIR, DIRECT, Algorithms, Vihf, VihfError, read_vihf, verified
from carnet.formats.vihf.signature import signature_of, signed_by
from carnet.kernel.actor import Actor, ActorKind, Means, Situation
from carnet.kernel.codes import DOCTOR, PROFESSION_SYSTEM, Code
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

SKEW = timedelta(seconds=60)
_SPECIALITY_NEEDED = frozenset({DOCTOR.code, "21"})
"""Doctors and pharmacists state their speciality, or the section of their order."""


def _refused(code: No, /, **details: str) -> Refusal:
    return Refusal(code, details)


def algorithms() -> Algorithms:
    """Signatures that are accepted here."""
    return Algorithms.KIT if settings.CARNET.vendor_kit else Algorithms.STRONG


def signer_of(der: bytes, at: datetime, transport: Certificate) -> Certificate:
    """The certificate of a signature: of the signing pair, and of the card or structure that opened the connection."""
    try:
        signer = read_certificate(der, at, Purpose.SIGNATURE)
    except Refusal as refusal:
        raise _refused(No.VIHF_CERTIFICATE_REFUSED, **refusal.details) from None
    if (signer.kind, signer.id) != (transport.kind, transport.id):
        raise _refused(No.VIHF_CERTIFICATE_REFUSED, problem="not the card or structure of the connection")
    return signer


def _check_time(vihf: Vihf, at: datetime) -> None:
    longest = timedelta(seconds=settings.CARNET.vihf_seconds)
    ends = min(vihf.issued_at + longest, vihf.not_on_or_after or vihf.issued_at + longest)
    begins = max(vihf.issued_at, vihf.not_before or vihf.issued_at)
    if not begins - SKEW <= at < ends + SKEW:
        raise _refused(No.VIHF_EXPIRED, begins=begins.isoformat(), ends=ends.isoformat(), now=at.isoformat(timespec="seconds"))
    proved = vihf.authenticated_at or vihf.issued_at
    if proved > at + SKEW or at - proved > timedelta(hours=settings.CARNET.vihf_authentication_hours):
        raise _refused(No.AUTHENTICATION_EXPIRED)


def _check_audience(vihf: Vihf) -> None:
    if any(audience not in settings.CARNET.vihf_audiences for audience in vihf.audiences):
        raise _refused(No.VIHF_AUDIENCE_REFUSED)


_SWEPT = 8
"""Of 256 assertions, those whose coming takes away what ended: what is too old is refused by its time in any case."""


def _take(work: Work, digest: bytes, vihf: Vihf, at: datetime) -> Answer:
    """Let an assertion serve once: what its signature covers, and whose it is; what stands around a signature is signed by nobody.

    The answer has a row for one that never came before. It is read with those about who acts.
    """
    until = vihf.issued_at + timedelta(seconds=settings.CARNET.vihf_seconds) + SKEW
    if digest[0] < _SWEPT:
        work.run("DELETE FROM signin_assertion WHERE until < %s", at - SKEW)
    insert = "INSERT INTO signin_assertion (digest, until) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1"
    return work.send((insert, (digest, until)))[0]


def _read(assertion: etree._Element | None, transport: Certificate, at: datetime) -> tuple[Vihf, Certificate, bytes]:
    """Verify an assertion and read it: what it says, who signed it, and the digest of what the signature covers. Raises Refusal."""
    try:
        if assertion is None:
            raise VihfError(No.VIHF_MISSING)
        signer = signer_of(signed_by(signature_of(assertion)), at, transport)
        covered = verified(assertion, signer.public, at, algorithms())
        vihf = read_vihf(covered)
    except VihfError as error:
        raise _refused(error.code, problem=error.problem) from None
    if not settings.CARNET.vendor_kit and not same_subject(vihf.issuer, signer.subject):
        raise _refused(No.VIHF_IDENTITY_MISMATCH, fields="Issuer", expected=signer.subject.rfc4514_string())
    _check_time(vihf, at)
    _check_audience(vihf)
    return vihf, signer, hashlib.sha256(signer.thumbprint + etree.tostring(covered, method="c14n", exclusive=True)).digest()


def _check_speciality(vihf: Vihf, known: frozenset[str]) -> None:
    profession = vihf.profession
    if profession is None or profession.system != PROFESSION_SYSTEM or profession.code not in _SPECIALITY_NEEDED:
        return
    if not vihf.states_speciality:
        raise _refused(No.VIHF_SPECIALITY_MISSING)
    if profession == DOCTOR and known and vihf.speciality not in known:
        raise _refused(No.VIHF_IDENTITY_MISMATCH, fields="speciality")


def _check_place(work: Work, vihf: Vihf, situation: Situation) -> None:
    """The structure is one of the directory, and the sector is its own."""
    if work.once(identity.structure, vihf.structure) is None:
        raise _refused(No.VIHF_STRUCTURE_UNKNOWN)
    if situation.structure_linked and situation.sector and situation.sector != vihf.sector.code:
        raise _refused(No.VIHF_SECTOR_MISMATCH)


def _direct(work: Work, vihf: Vihf, transport: Certificate, at: datetime) -> Actor:
    """A card: the person, the profession and the structure are those of the card and of the directory."""
    if vihf.subject != transport.id:
        raise _refused(No.VIHF_IDENTITY_MISMATCH, fields="NameID")
    if transport.kind == CPE:
        actor = certificate_actor(work, transport, at)
        _check_same_structure(work, vihf, actor)
        return actor
    profession = vihf.profession
    right_table = transport.kind == CPF or (profession is not None and profession.system == PROFESSION_SYSTEM)
    if profession is None or profession.code != transport.profession or not right_table:
        raise _refused(No.VIHF_IDENTITY_MISMATCH, fields="profession")
    known = _specialities(work.once(identity.professional, vihf.subject))
    _check_speciality(vihf, known | frozenset(filter(None, [transport.savoir_faire])))
    return certificate_actor(work, transport, at, vihf.structure)


def _specialities(person: identity.Professional | None) -> frozenset[str]:
    return frozenset(s.savoir_faire for s in (person.situations if person else ()) if s.savoir_faire)


def _check_same_structure(work: Work, vihf: Vihf, actor: Actor) -> None:
    """The structure of the assertion is that of the certificate, under any of its identifiers."""
    if place_in(work, vihf.structure, "").structure != actor.situation.structure:
        raise _refused(No.VIHF_STRUCTURE_MISMATCH)


def _indirect(work: Work, vihf: Vihf, transport: Certificate, at: datetime) -> Actor:
    """A structure that feeds: the person named is responsible, and opens nothing."""
    actor = certificate_actor(work, transport, at)
    _check_same_structure(work, vihf, actor)
    return replace(actor, on_behalf_of=vihf.subject)


def _air(work: Work, vihf: Vihf, transport: Certificate, at: datetime) -> Actor:
    """A structure that vouches for a person whom it authenticated strongly: the person reads, in this structure."""
    structure = certificate_actor(work, transport, at)
    _check_same_structure(work, vihf, structure)
    if not {vihf.context_class, vihf.context_declared} & set(settings.CARNET.vihf_strong_contexts):
        raise _refused(No.AUTHENTICATION_TOO_WEAK)
    # When the person signed in is the software's word alone: it answers no step-up.
    proof = proof_of(transport, Means.AIR, at, CARD_LEVEL)
    if vihf.profession is None or vihf.profession.system != PROFESSION_SYSTEM:
        return Actor(ActorKind.EMPLOYEE, vihf.subject, vihf.name, proof, structure.situation)
    person = work.once(identity.professional, vihf.subject)
    _check_speciality(vihf, _specialities(person))
    name = f"{person.given} {person.family}".strip() if person else vihf.name
    return Actor(ActorKind.PROFESSIONAL, vihf.subject, name, proof, _situation_in(structure.situation, vihf.profession, person))


def _situation_in(place: Situation, profession: Code, person: identity.Professional | None) -> Situation:
    here = [s for s in (person.situations if person else ()) if s.profession == profession and s.structure == place.structure]
    return here[0] if here else replace(place, profession=profession, structure_linked=False)


def actor_of_assertion(assertion: etree._Element | None, transport: Certificate, at: datetime) -> tuple[Vihf, Actor]:
    """What an assertion says and who acts by it; it serves once.

    Raises Refusal for what the assertion, the certificate and the directory say otherwise of each other, and `vihf-replayed`. One
    that is refused did not serve.
    """
    vihf, signer, digest = _read(assertion, transport, at)
    if (vihf.mode == DIRECT) is (transport.kind == STRUCTURE):
        raise _refused(No.VIHF_MODE_MISMATCH, mode=vihf.mode)
    ways = {DIRECT: _direct, AIR: _air}
    with unit() as work:
        taken = _take(work, digest, vihf, at) if settings.CARNET.vihf_reuse == "refuse" else None
        # One wait for all of them.
        subject = [identity.professional_of(vihf.subject)] if vihf.mode in ways else []
        work.ahead(identity.structure_of(vihf.structure), *subject)
        actor = ways.get(vihf.mode, _indirect)(work, vihf, transport, at)
        _check_place(work, vihf, actor.situation)
        if taken is not None and not taken.fetchall():
            raise _refused(No.VIHF_REPLAYED)
    proof = replace(actor.authentication, revoked=actor.authentication.revoked or signer.revoked)
    software = f"{vihf.software.name} {vihf.software.version}".strip()[:120]
    return vihf, replace(actor, authentication=proof, software=software)
