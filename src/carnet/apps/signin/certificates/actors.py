"""The actor behind a client certificate: who the card names, in a situation of exercise that the directory knows."""

from datetime import datetime, timedelta

from carnet.apps.identity import api as identity
from carnet.apps.signin.certificates.reading import CPE, CPF, STRUCTURE, Certificate
from carnet.apps.storage.api import Work, unit
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means, Situation
from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
from carnet.kernel.refusal import No, Refusal

CARD_LEVEL = "APPPRIP3"
"""A card with its code is the highest palier of TRE_R231."""
CARD_PROOF_LASTS = timedelta(hours=1)
"""A connection proves the card now; what is decided on it later asks again."""


def proof_of(certificate: Certificate, means: Means, at: datetime, level: str = "") -> Authentication:
    """What a certificate proves of whoever holds it, for now. It says of no moment that somebody typed a code then."""
    return Authentication(
        means=means,
        level=level,
        expires_at=min(certificate.not_after, at + CARD_PROOF_LASTS),
        certificate=certificate.thumbprint.hex(),
        revoked=certificate.revoked,
        regulation=certificate.regulation,
        software_is_regulation=certificate.regulation,
    )


def place_of(structure: str, name: str) -> Situation:
    """The structure as the directory knows it: without its word, the exercise is not open."""
    with unit() as work:
        return place_in(work, structure, name)


def place_in(work: Work, structure: str, name: str) -> Situation:
    """The same, inside a unit of work."""
    found = work.once(identity.structure, structure)
    if found is None:
        return Situation(structure=structure, structure_name=name, open=False)
    return Situation(structure=found.id, structure_name=found.name or name, sector=found.sector)


def _situation(work: Work, certificate: Certificate, chosen: str) -> Situation:
    """The situation of a person: the only one of the card's profession, or the one that the caller names by its structure."""
    system = TRAINEE_SYSTEM if certificate.kind == CPF else PROFESSION_SYSTEM
    profession = Code(system, certificate.profession)
    person = work.once(identity.professional, certificate.id)
    place = work.once(identity.structure, chosen) if chosen else None
    known = [s for s in (person.situations if person else ()) if s.profession == profession]
    if chosen:
        here = [s for s in known if s.structure == (place.id if place else chosen)]
        return here[0] if here else Situation(profession, structure=chosen, structure_linked=False)
    opened = [s for s in known if s.open] or known
    if len(opened) > 1:
        places = ", ".join(s.structure for s in opened)
        raise Refusal(No.SITUATION_CHOICE, {"structures": places})
    return opened[0] if opened else Situation(profession, open=False)


def actor_of_certificate(certificate: Certificate, at: datetime, situation: str = "") -> Actor:
    """Who acts by this certificate. `situation` names the structure when the person has several.

    Raises Refusal `situation-choice` when the directory knows several and none was named.
    """
    with unit() as work:
        return certificate_actor(work, certificate, at, situation)


def certificate_actor(work: Work, certificate: Certificate, at: datetime, situation: str = "") -> Actor:
    """The same, inside a unit of work."""
    if certificate.kind == STRUCTURE:
        place = place_in(work, certificate.structure, certificate.structure_name)
        return Actor(ActorKind.STRUCTURE, place.structure, certificate.name, proof_of(certificate, Means.CERTIFICATE, at), place)
    if certificate.kind == CPE:
        place = place_in(work, certificate.structure, certificate.structure_name)
        proof = proof_of(certificate, Means.CPE, at, CARD_LEVEL)
        return Actor(ActorKind.EMPLOYEE, certificate.id, certificate.name, proof, place)
    proof = proof_of(certificate, Means.CPS_CPF, at, CARD_LEVEL)
    return Actor(ActorKind.PROFESSIONAL, certificate.id, certificate.name, proof, _situation(work, certificate, situation))
