"""H — Habilitation: functional right, context, profession × type; and the proofs that the emergency modes need."""

from carnet.dicah.acts import ABOUT_SHOWN, ACTS_OF, NAMES_PROFESSION, NATURE, OF_UNATTACHED
from carnet.dicah.columns import (
    actor_column,
    authentication_column,
    is_doctor,
    is_health_professional,
    mode_column,
    profession_counted,
)
from carnet.dicah.conditions import Denial, rule
from carnet.dicah.conditions.authentication import PROFESSIONALS
from carnet.dicah.facts import Facts
from carnet.dicah.functional_rights import NO_RIGHT, Right, right
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask, Mode
from carnet.kernel.refusal import No


def functional_right(ask: Ask, facts: Facts, transaction: str = "") -> Right:
    """The cell of the functional matrix for this question."""
    if ask.act is Act.OPEN_EMERGENCY and ask.mode not in EMERGENCY_MODES:
        return NO_RIGHT
    transaction = transaction or NATURE[ask.act].row
    if ask.act is Act.REPLACE and ask.actor.kind is ActorKind.EMPLOYEE:
        transaction = NATURE[Act.FEED_AS_EMPLOYEE].row
    return right(transaction, authentication_column(ask.actor), actor_column(ask, facts), mode_column(ask, facts))


def _not_allowed(ask: Ask, facts: Facts) -> Denial:
    """The refusal, with the line of the table that says it: nothing in it comes from the record."""
    profile = actor_column(ask, facts) if ask.actor.kind in PROFESSIONALS else ask.actor.kind.value
    return Denial(No.FUNCTION_NOT_ALLOWED, {"profile": profile, "function": ask.act.value, "mode": ask.mode.value})


@rule("H", "access law §1: an act outside the table is refused; PDT-INF-526, PDT-INF-606")
def function_not_allowed(ask: Ask, facts: Facts) -> Denial | None:
    """The functional right: transaction × actor × mode for professionals, the list of acts for everybody else."""
    if ask.actor.kind in PROFESSIONALS:
        return None if functional_right(ask, facts).allowed else _not_allowed(ask, facts)
    return None if ask.act in ACTS_OF.get(ask.actor.kind, frozenset()) else _not_allowed(ask, facts)


@rule("H", "TD0.3, role MEDECIN_TRAITANT; setting treating_doctor_by_declaration")
def treating_doctor_undeclared(ask: Ask, facts: Facts) -> Denial | None:
    """A doctor alone says that the patient chose them as treating doctor, where the setting lets doctors say it."""
    if ask.act is not Act.DECLARE_TREATING_DOCTOR:
        return None
    may = facts.settings.treating_doctor_by_declaration and is_doctor(ask.actor, facts.settings)
    return None if may else _not_allowed(ask, facts)


@rule("H", "R.1111-36 CSP; PDT-INF-526, note 10 (who: ours)")
def unattached_by_professionals(ask: Ask, facts: Facts) -> Denial | None:
    """A record without a Mon espace is closed, reopened and kept up by a health professional in person, at the patient's word: in
    normal mode, never in secret; reopened by a doctor or by somebody whom the patient had let in."""
    if ask.act not in OF_UNATTACHED:
        return None
    person = ask.actor.kind is ActorKind.PROFESSIONAL and is_health_professional(ask.actor, facts.settings)
    may = person and actor_column(ask, facts) != "occupational_doctor" and ask.mode is Mode.NORMAL and not ask.secret
    if ask.act is Act.REOPEN_UNATTACHED:
        may = may and (is_doctor(ask.actor, facts.settings) or facts.access.authorisation is not None)
    return None if may else _not_allowed(ask, facts)


@rule("H", "setting occupational_metadata_with_consent; L.1111-18 CSP")
def occupational_doctor_closed(ask: Ask, facts: Facts) -> Denial | None:
    """An occupational doctor sees metadata only with express consent, where the setting allows it at all."""
    if actor_column(ask, facts) != "occupational_doctor" or ask.act not in ABOUT_SHOWN | {Act.READ_PROFILE}:
        return None
    opened = facts.settings.occupational_metadata_with_consent and facts.access.occupational_consent
    return None if opened else _not_allowed(ask, facts)


@rule("H", "L.1111-17 I CSP")
def emergency_for_health_professions(ask: Ask, facts: Facts) -> Denial | None:
    """The emergency modes are for health professionals: never social roles, whatever the matrix column."""
    asked = ask.mode in EMERGENCY_MODES and ask.actor.kind is ActorKind.PROFESSIONAL
    return _not_allowed(ask, facts) if asked and not is_health_professional(ask.actor, facts.settings) else None


@rule("H", "L.1111-17 I CSP; claim Acces_Regulation_Medicale; setting regulation_doctors_only")
def regulation_not_proved(ask: Ask, facts: Facts) -> Denial | None:
    """Regulation needs its proof, a doctor (setting), and regulation software where the setting says so."""
    if ask.mode is not Mode.REGULATION:
        return None
    proof, settings = ask.actor.authentication, facts.settings
    doctor = is_doctor(ask.actor, settings) or not settings.regulation_doctors_only
    software = proof.software_is_regulation or not settings.regulation_software_required
    person = doctor or ask.actor.kind is ActorKind.STRUCTURE
    return None if proof.regulation and person and software else Denial(No.REGULATION_NOT_PROVED)


@rule("H", "R.1111-48 CSP; access law §2")
def emergency_reason_missing(ask: Ask, facts: Facts) -> Denial | None:
    """Opening an emergency access states in words why the person cannot answer and what the danger is."""
    asked = ask.act is Act.OPEN_EMERGENCY and len(ask.reason.strip()) < facts.settings.emergency_reason_length
    return Denial(No.EMERGENCY_REASON_MISSING) if asked else None


@rule("H", "order of 26 October 2023, context; L.1111-18 CSP")
def habilitation_context(ask: Ask, facts: Facts) -> Denial | None:
    """The sector of this situation must be one of care: town, hospital or medico-social."""
    if ask.actor.kind not in PROFESSIONALS or facts.settings.context_of(ask.actor.situation.sector):
        return None
    return Denial(No.HABILITATION_CONTEXT, {"sector": ask.actor.situation.sector})


@rule("H", "order of 26 October 2023, matrix")
def habilitation_profession(ask: Ask, facts: Facts) -> Denial | None:
    """The matrix in force must name the profession. Roles outside the health professions are not in force."""
    if ask.actor.kind is not ActorKind.PROFESSIONAL or ask.act not in NAMES_PROFESSION:
        return None
    named = profession_counted(ask.actor, facts.settings) in facts.edition.professions()
    return None if named else Denial(No.HABILITATION_PROFESSION, {"edition": facts.edition.name})


@rule("H", "order of 26 October 2023, matrix")
def habilitation_document_type(ask: Ask, facts: Facts) -> Denial | None:
    """A search that names only types closed to this profession is told so: the matrix is public, the record is not."""
    asked = facts.requested_types
    if ask.actor.kind is not ActorKind.PROFESSIONAL or ask.act is not Act.SEARCH or not asked:
        return None
    profession = profession_counted(ask.actor, facts.settings)
    open_types = facts.edition.consultable(profession) if profession else frozenset()
    return (
        None
        if asked & open_types
        else Denial(No.HABILITATION_DOCUMENT_TYPE, {"types": ", ".join(sorted(asked)), "edition": facts.edition.name})
    )
