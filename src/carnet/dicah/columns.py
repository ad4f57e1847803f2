"""Which column of the functional matrix an actor stands in."""

from carnet.dicah.facts import Facts
from carnet.dicah.settings import LawSettings
from carnet.kernel.actor import Actor, ActorKind, Means
from carnet.kernel.ask import Ask, Mode
from carnet.kernel.codes import DOCTOR, PROFESSION_SYSTEM, Code

_AUTH = {
    Means.CPS_CPF: "cps_cpf",
    # Pro Santé Connect used directly counts as the card; with a structure certificate it is AIR.
    Means.PRO_SANTE_CONNECT: "cps_cpf",
    Means.CPE: "cpe",
    Means.CERTIFICATE: "certificate",
}


def profession_counted(actor: Actor, settings: LawSettings) -> Code | None:
    """The profession that the matrices see: a trainee counts as the profession in training."""
    profession = actor.situation.profession
    return settings.counted_as(profession) if profession else None


def is_health_professional(actor: Actor, settings: LawSettings) -> bool:
    """Whether the actor practises a profession of TRE_G15 (or trains for one): social roles do not."""
    profession = profession_counted(actor, settings)
    return profession is not None and profession.system == PROFESSION_SYSTEM


def is_doctor(actor: Actor, settings: LawSettings) -> bool:
    """Whether the actor is a doctor, or counts as one."""
    return profession_counted(actor, settings) == DOCTOR


def is_occupational_doctor(actor: Actor, settings: LawSettings) -> bool:
    """A doctor in a situation of occupational medicine: by speciality or by the sector of this situation."""
    occupational = (
        actor.situation.savoir_faire in settings.occupational_savoir_faire
        or actor.situation.sector in settings.occupational_sectors
    )
    return is_doctor(actor, settings) and occupational


def authentication_column(actor: Actor) -> str:
    """`cps_cpf`, `air_ps`, `air_pe`, `cpe`, `certificate`, or nothing that the matrix knows."""
    if actor.authentication.means is Means.AIR:
        return "air_pe" if actor.kind is ActorKind.EMPLOYEE else "air_ps"
    return _AUTH.get(actor.authentication.means, "none")


def actor_column(ask: Ask, facts: Facts) -> str:
    """The actor column. A treating doctor acting in regulation counts as an ordinary doctor (access law §1)."""
    settings = facts.settings
    if ask.actor.kind is ActorKind.STRUCTURE:
        return "any"
    if ask.actor.kind is ActorKind.EMPLOYEE:
        return "non_ps"
    if is_occupational_doctor(ask.actor, settings):
        return "occupational_doctor"
    if not is_doctor(ask.actor, settings):
        return "ps"
    treating = facts.access.treating_doctor and ask.mode is not Mode.REGULATION
    return "treating_doctor" if treating else "doctor"


def mode_column(ask: Ask, facts: Facts) -> str:
    """The mode column: an occupational doctor has one without a mode, and none in the emergency modes."""
    if actor_column(ask, facts) == "occupational_doctor":
        return "sans_objet" if ask.mode is Mode.NORMAL else "none"
    return ask.mode.value
