"""A — Authentification: card, Pro Santé Connect, structure certificate or AIR, alive, exercise open."""

from carnet.dicah.conditions import Denial, rule
from carnet.dicah.facts import Facts
from carnet.kernel.actor import ActorKind, Means
from carnet.kernel.ask import Ask
from carnet.kernel.refusal import No

CONNECTED = frozenset({ActorKind.SERVICE, ActorKind.ASSISTANT})
"""What a person connected: software that acts for them, within their consent."""
PERSONS = frozenset({ActorKind.HOLDER, ActorKind.REPRESENTATIVE, ActorKind.CARER}) | CONNECTED
PROFESSIONALS = frozenset({ActorKind.PROFESSIONAL, ActorKind.EMPLOYEE, ActorKind.STRUCTURE})
INTERNALS = frozenset({ActorKind.TIMER, ActorKind.OPERATOR})

_MEANS = {
    ActorKind.PROFESSIONAL: frozenset({Means.CPS_CPF, Means.PRO_SANTE_CONNECT, Means.AIR}),
    ActorKind.EMPLOYEE: frozenset({Means.CPE, Means.AIR}),
    ActorKind.STRUCTURE: frozenset({Means.CERTIFICATE}),
    ActorKind.TIMER: frozenset({Means.INTERNAL}),
    ActorKind.OPERATOR: frozenset({Means.PERSON_SESSION}),
    ActorKind.CORRESPONDENT: frozenset({Means.TRUSTED_OPERATOR}),
    **{kind: frozenset({Means.PERSON_SESSION}) for kind in PERSONS - CONNECTED},
    **{kind: frozenset({Means.SERVICE_TOKEN}) for kind in CONNECTED},
}


@rule("A", "L.1470-3 CSP; access law §1")
def authentication_missing(ask: Ask, facts: Facts) -> Denial | None:
    """The means must be one that this sort of actor can have."""
    known = _MEANS.get(ask.actor.kind, frozenset())
    return None if ask.actor.authentication.means in known else Denial(No.AUTHENTICATION_MISSING)


@rule("A", "access law §1 (A)")
def authentication_expired(ask: Ask, facts: Facts) -> Denial | None:
    """A proof of authentication ends; only Carnet's own processes have none to end."""
    expires = ask.actor.authentication.expires_at
    if ask.actor.kind in INTERNALS:
        return None
    return Denial(No.AUTHENTICATION_EXPIRED) if expires is None or expires <= ask.at else None


@rule("A", "référentiel Pro Santé Connect; setting accepted_levels")
def authentication_too_weak(ask: Ask, facts: Facts) -> Denial | None:
    """A person proves the accepted palier; a structure certificate carries none."""
    needs_level = ask.actor.kind in (ActorKind.PROFESSIONAL, ActorKind.EMPLOYEE)
    accepted = ask.actor.authentication.level in facts.settings.accepted_levels
    return Denial(No.AUTHENTICATION_TOO_WEAK) if needs_level and not accepted else None


@rule("A", "politique de certification IGC-Santé")
def certificate_revoked(ask: Ask, facts: Facts) -> Denial | None:
    """A revoked or opposed certificate opens nothing."""
    return Denial(No.CERTIFICATE_REVOKED) if ask.actor.authentication.revoked else None


@rule("A", "access law §1 (A)")
def exercise_closed(ask: Ask, facts: Facts) -> Denial | None:
    """The situation of exercise must be open in the national directory."""
    asked = ask.actor.kind in PROFESSIONALS
    return Denial(No.EXERCISE_CLOSED) if asked and not ask.actor.situation.open else None


@rule("A", "R.1111-37 CSP; doctrine of Mon espace santé, states of a referenced service")
def service_not_referenced(ask: Ask, facts: Facts) -> Denial | None:
    """A service that is suspended or no longer referenced reads and writes nothing, whatever its person agreed to."""
    closed = ask.actor.kind in CONNECTED and not ask.actor.situation.open
    return Denial(No.SERVICE_NOT_REFERENCED) if closed else None


@rule("A", "EX_GEN; DMP message « PS et Structure non liés »")
def structure_mismatch(ask: Ask, facts: Facts) -> Denial | None:
    """The structure presented must be one that the directory links to this person."""
    asked = ask.actor.kind in (ActorKind.PROFESSIONAL, ActorKind.EMPLOYEE)
    return Denial(No.STRUCTURE_MISMATCH) if asked and not ask.actor.situation.structure_linked else None
